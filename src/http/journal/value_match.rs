//! Conditions on the values of parameters and headers.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;

use super::mask;
use crate::{foreign_text::shortened, json_text, tree};

/// A condition on the value of a parameter or header.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ValueMatch {
    /// Equals this value, sent as JSON or as text.
    Exact(Value),
    /// Contains this part, as text.
    Contains(String),
    /// Contains a match of this regular expression, as text.
    Matches(String),
    /// Is present, or with `false` absent.
    Present(bool),
    /// Is absent, or with `false` present.
    Absent(bool),
}

impl<'de> Deserialize<'de> for ValueMatch {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case", deny_unknown_fields)]
        enum RawValueMatch {
            Exact(Value),
            Contains(String),
            Matches(String),
            Present(bool),
            Absent(bool),
        }

        match Value::deserialize(reader)? {
            value @ Value::Object(_) => {
                let said = tree::read_value(value).map_err(D::Error::custom)?;
                Ok(match said {
                    RawValueMatch::Exact(value) => Self::Exact(value),
                    RawValueMatch::Contains(part) => Self::Contains(part),
                    RawValueMatch::Matches(expression) => Self::Matches(expression),
                    RawValueMatch::Present(is) => Self::Present(is),
                    RawValueMatch::Absent(is) => Self::Absent(is),
                })
            }
            value => Ok(Self::Exact(value)),
        }
    }
}

/// Implements conversions of values to exact conditions.
macro_rules! exact {
    ($($kind:ty),*) => {
        $(
            impl From<$kind> for ValueMatch {
                fn from(value: $kind) -> Self {
                    Self::Exact(value.into())
                }
            }
        )*
    };
}

exact!(&str, String, Value, bool, i32, u32, i64, u64, f64);

impl From<&String> for ValueMatch {
    fn from(value: &String) -> Self {
        value.as_str().into()
    }
}

impl ValueMatch {
    /// Describes the condition: `contains "app/"`.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Exact(value) => format!("is {value}"),
            Self::Contains(part) => format!("contains {part:?}"),
            Self::Matches(expression) => format!("matches `{expression}`"),
            Self::Present(true) | Self::Absent(false) => "is present".into(),
            Self::Present(false) | Self::Absent(true) => "is absent".into(),
        }
    }
}

/// Describes the difference between the received value and the condition.
pub(super) fn difference(
    (what, name): (&str, &str),
    wanted: &ValueMatch,
    given: Option<&Value>,
    is_secret: bool,
) -> String {
    let Some(given) = given else { return format!("the {what} `{name}` is missing") };
    let shown = match given {
        Value::String(text) if is_secret => format!("{:?}", mask(text)),
        other => shortened(&other.to_string()).into_owned(),
    };
    match wanted {
        ValueMatch::Exact(_) if is_secret => format!("the {what} `{name}` is {shown}, not the expected one"),
        ValueMatch::Exact(value) => format!("the {what} `{name}` is {shown}, not {}", shortened(&value.to_string())),
        ValueMatch::Contains(part) => format!("the {what} `{name}` is {shown}, which does not contain {part:?}"),
        ValueMatch::Matches(expression) => {
            format!("the {what} `{name}` is {shown}, which does not match `{expression}`")
        }
        ValueMatch::Present(_) | ValueMatch::Absent(_) => format!("the {what} `{name}` is present: {shown}"),
    }
}

/// Whether two values are equal, sent as JSON or as text.
pub(super) fn are_the_same(given: &Value, wanted: &Value) -> bool {
    let reads_as = |text: &str, value: &Value| json_text::tree(text).is_some_and(|read| read == *value);
    given == wanted
        || match (given, wanted) {
            (Value::String(given), Value::String(_)) => reads_as(given, wanted),
            (Value::String(text), value) | (value, Value::String(text)) => reads_as(text, value),
            _ => false,
        }
}

/// Returns a value as text: a string unquoted, other JSON as written.
pub(super) fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}
