//! The language of conditions on values: of `match` in a scenario, and of patterns of calls.

mod expression;

use std::borrow::Cow;

use regex_lite::Regex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub(crate) use self::expression::{MAX_SIZE, MAX_SIZE_IN_BEGIN};
use crate::{
    foreign_text::shortened,
    glob::Glob,
    json_text,
    problem::{Problem, member_path},
};

/// A condition on the value of a parameter or header: [`crate::expect::contains`] and the others. A value is the
/// condition to be equal to it.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "WrittenCondition", into = "Value")]
pub struct ValueMatch(Condition);

#[derive(Debug, Clone, PartialEq)]
enum Condition {
    /// Equals this value, sent as JSON or as text. Null is no value.
    Is(Value),
    /// An element of a list, or a part of a text. An object matches elements that have all its members.
    Contains(Value),
    /// A text that fits the pattern: `*` stands for any characters, `?` for one.
    Glob(Glob),
    /// A text with a match of a regular expression.
    Matches(Expression),
    /// Is present, or with `false` absent.
    Present(bool),
}

/// A regular expression. It matches nothing before it is compiled.
#[derive(Debug, Clone)]
struct Expression {
    text: String,
    compiled: Option<Regex>,
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// The words of conditions.
const WORDS: [&str; 5] = ["is", "contains", "glob", "matches", "present"];

/// A condition as it is written: a value, or an object with one of the words.
#[derive(Deserialize)]
struct WrittenCondition(Value);

impl TryFrom<WrittenCondition> for ValueMatch {
    type Error = Problem;

    fn try_from(WrittenCondition(value): WrittenCondition) -> Result<Self, Problem> {
        let members = match value {
            Value::Object(members) => members,
            Value::Null => return Err(Problem::rule("no value is not a condition; write `{present: false}`")),
            value => return Ok(Self(Condition::Is(value))),
        };
        let mut members = members.into_iter();
        let (Some((word, value)), None) = (members.next(), members.next()) else {
            let words = WORDS.map(|word| format!("`{word}`")).join(", ");
            let message = format!("a condition has one of {words}; for an object, write `{{is: {{…}}}}`");
            return Err(Problem::rule(message));
        };
        let wrong_type = |expected: &'static str| {
            Problem::wrong_type(expected).with_given(Some(value.to_string())).at(&member_path![&*word])
        };
        let text = || value.as_str().ok_or_else(|| wrong_type("a string"));
        let is_true = || value.as_bool().ok_or_else(|| wrong_type("true or false"));
        Ok(Self(match word.as_str() {
            "is" | "exact" => Condition::Is(value),
            "contains" if value.is_null() => return Err(wrong_type("a value")),
            "contains" => Condition::Contains(value),
            "glob" => Condition::Glob(Glob::new(text()?).map_err(|problem| problem.at(&member_path!["glob"]))?),
            "matches" => Condition::Matches(Expression { text: text()?.to_owned(), compiled: None }),
            "present" => Condition::Present(is_true()?),
            "absent" => Condition::Present(!is_true()?),
            _ => return Err(Problem::unknown_key(&*word, WORDS).at(&member_path![&*word])),
        }))
    }
}

impl From<ValueMatch> for Value {
    fn from(ValueMatch(condition): ValueMatch) -> Self {
        match condition {
            Condition::Is(value @ (Self::Object(_) | Self::Null)) => json!({ "is": value }),
            Condition::Is(value) => value,
            Condition::Contains(part) => json!({ "contains": part }),
            Condition::Glob(pattern) => json!({ "glob": pattern.pattern() }),
            Condition::Matches(expression) => json!({ "matches": expression.text }),
            Condition::Present(is) => json!({ "present": is }),
        }
    }
}

/// Implements conversions of values to the condition to be equal.
macro_rules! is_value {
    ($($kind:ty),*) => {
        $(
            impl From<$kind> for ValueMatch {
                fn from(value: $kind) -> Self {
                    Self(Condition::Is(value.into()))
                }
            }
        )*
    };
}

is_value!(&str, String, Value, bool, i32, u32, i64, u64, f64);

impl From<&String> for ValueMatch {
    fn from(value: &String) -> Self {
        value.as_str().into()
    }
}

impl ValueMatch {
    pub(crate) fn contains(part: Value) -> Self {
        Self(Condition::Contains(part))
    }

    pub(crate) fn matches(expression: String) -> Self {
        Self(Condition::Matches(Expression { text: expression, compiled: None }))
    }

    /// Creates a condition with a pattern.
    ///
    /// # Errors
    ///
    /// [`Problem`] if it is too long.
    pub(crate) fn glob(pattern: &str) -> Result<Self, Problem> {
        Glob::new(pattern).map(|pattern| Self(Condition::Glob(pattern)))
    }

    pub(crate) fn present(is: bool) -> Self {
        Self(Condition::Present(is))
    }

    /// Whether comparing a value takes hardly longer than reading it.
    pub(crate) fn is_quick(&self) -> bool {
        !matches!(self.0, Condition::Matches(_) | Condition::Glob(_))
    }

    /// Compiles its regular expression, of at most `max_size` bytes.
    ///
    /// # Errors
    ///
    /// [`Problem`] with the remedy.
    pub(crate) fn compile(&mut self, max_size: usize) -> Result<(), Problem> {
        if let Self(Condition::Matches(expression)) = self {
            expression.compiled = Some(expression::compile(&expression.text, max_size)?);
        }
        Ok(())
    }

    /// Whether the value matches. Null is no value.
    pub(crate) fn holds(&self, value: Option<&Value>) -> bool {
        let value = value.filter(|value| !value.is_null());
        match (&self.0, value) {
            (Condition::Present(is), value) => value.is_some() == *is,
            (Condition::Is(Value::Null), value) => value.is_none(),
            (_, None) => false,
            (Condition::Is(wanted), Some(value)) => are_equal(value, wanted),
            (Condition::Contains(wanted), Some(Value::Array(list))) => list.iter().any(|element| has(element, wanted)),
            (Condition::Contains(part), Some(value)) => text_of(value).contains(&*text_of(part)),
            (Condition::Glob(_), Some(Value::Array(_) | Value::Object(_))) => false,
            (Condition::Glob(pattern), Some(value)) => pattern.matches(&text_of(value)),
            (Condition::Matches(Expression { compiled, .. }), Some(value)) => {
                compiled.as_ref().is_some_and(|compiled| compiled.is_match(&text_of(value)))
            }
        }
    }

    /// Whether it matches everything that the other one matches; only obvious cases are recognized.
    pub(crate) fn subsumes(&self, other: &Self) -> bool {
        match &other.0 {
            _ if self == other => true,
            // `true` may also be sent as a string.
            Condition::Is(value @ Value::Bool(_)) => {
                self.holds(Some(value)) && self.holds(Some(&value.to_string().into()))
            }
            Condition::Is(value) => self.holds(Some(value)),
            Condition::Contains(_) | Condition::Glob(_) | Condition::Matches(_) => self.0 == Condition::Present(true),
            Condition::Present(_) => false,
        }
    }

    /// Describes the condition: `contains "app/"`.
    pub(crate) fn in_words(&self) -> String {
        match &self.0 {
            Condition::Is(value) => format!("is {value}"),
            Condition::Contains(part) => format!("contains {part}"),
            Condition::Glob(pattern) => format!("fits `{}`", pattern.pattern()),
            Condition::Matches(expression) => format!("matches `{}`", expression.text),
            Condition::Present(true) => "is present".into(),
            Condition::Present(false) => "is absent".into(),
        }
    }

    /// Describes the difference to a value that is `shown`: `is "b", not "a"`.
    pub(crate) fn difference(&self, shown: &str, is_secret: bool) -> String {
        match &self.0 {
            Condition::Is(_) if is_secret => format!("is {shown}, not the expected one"),
            Condition::Is(value) => format!("is {shown}, not {}", shortened(&value.to_string())),
            Condition::Contains(part) => format!("is {shown}, which does not contain {part}"),
            Condition::Glob(pattern) => format!("is {shown}, which does not fit `{}`", pattern.pattern()),
            Condition::Matches(expression) => format!("is {shown}, which does not match `{}`", expression.text),
            Condition::Present(_) => format!("is present: {shown}"),
        }
    }
}

/// Whether two values are equal, sent as JSON or as text.
fn are_equal(given: &Value, wanted: &Value) -> bool {
    let reads_as = |text: &str, value: &Value| json_text::tree(text).is_some_and(|read| read == *value);
    given == wanted
        || match (given, wanted) {
            (Value::String(given), Value::String(_)) => given.starts_with('"') && reads_as(given, wanted),
            (Value::String(text), value) | (value, Value::String(text)) => reads_as(text, value),
            _ => false,
        }
}

/// Whether an element has what is wanted: all members of an object, otherwise the same value.
fn has(element: &Value, wanted: &Value) -> bool {
    match (element, wanted) {
        (Value::Object(members), Value::Object(wanted)) => has_all(members, wanted),
        _ => are_equal(element, wanted),
    }
}

fn has_all(members: &Map<String, Value>, wanted: &Map<String, Value>) -> bool {
    wanted.iter().all(|(name, wanted)| members.get(name).is_some_and(|value| has(value, wanted)))
}

/// Returns a value as text: a string unquoted, other JSON as written.
fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}

#[cfg(test)]
mod schema;
#[cfg(test)]
mod tests;
