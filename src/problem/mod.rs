//! A problem with a value: its path, its kind, what was given, allowed and meant. It becomes a sentence at the edge.

mod nearest;
mod path;
mod sentence;
mod transport;

use std::{borrow::Cow, convert::Infallible, fmt};

use serde::{Deserialize, Serialize};

pub(crate) use self::{
    nearest::nearest,
    path::{Member, MemberPath, member_path},
    transport::read_as_text,
};

/// A problem with a value in a file, a flag, a body or a query.
///
/// It is displayed as one sentence: the problem, then the remedy.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem(Box<ProblemParts>);

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ProblemParts {
    /// What the value belongs to, such as a company; begins the sentence.
    context: Option<String>,
    path: MemberPath,
    /// The word, key or value that was given; `None` if it is secret, or if the problem is not about one.
    given: Option<String>,
    /// What to do, besides what the kind implies.
    remedy: Option<Cow<'static, str>>,
    kind: ProblemKind,
}

/// Lets `Debug` of an error print its message, so that `unwrap` in a test shows it.
macro_rules! debug_as_display {
    ($Error:ty) => {
        impl std::fmt::Debug for $Error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}
pub(crate) use debug_as_display;

debug_as_display!(Problem);

/// Returns the value of a builder.
///
/// # Panics
///
/// At the caller, with the problem.
#[track_caller]
pub(crate) fn or_panic<T>(value: Result<T, Problem>) -> T {
    match value {
        Ok(value) => value,
        Err(problem) => panic!("{problem}"),
    }
}

/// The kinds of problems.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum ProblemKind {
    /// The mapping does not know the key.
    UnknownKey {
        allowed: Vec<String>,
    },
    /// A required key.
    MissingKey(String),
    DuplicateKey,
    /// A required value.
    MissingValue,
    /// A value of another type; `found` is that of a mapping or a list.
    WrongType {
        expected: Cow<'static, str>,
        found: Option<Cow<'static, str>>,
    },
    /// Not one of a few words.
    UnknownWord {
        noun: Option<Cow<'static, str>>,
        allowed: Vec<String>,
    },
    /// Nothing has this name.
    UnknownName {
        noun: Cow<'static, str>,
        allowed: Vec<String>,
    },
    /// Not written as such a value is.
    Malformed {
        noun: Cow<'static, str>,
    },
    /// Not YAML or JSON.
    Syntax(Cow<'static, str>),
    /// A rule about several values, or about a file.
    Rule(Cow<'static, str>),
}

impl Problem {
    fn new(given: Option<String>, kind: ProblemKind) -> Self {
        Self(ProblemParts { context: None, path: MemberPath::default(), given, remedy: None, kind }.into())
    }

    /// Creates a problem about several values, or about none: a whole sentence.
    pub(crate) fn rule(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(None, ProblemKind::Rule(message.into()))
    }

    /// Creates a problem about several values at this key: a whole sentence.
    pub(crate) fn of_key(key: impl Into<Member>, message: impl Into<Cow<'static, str>>) -> Self {
        Self::rule(message).at(&MemberPath(vec![key.into()]))
    }

    /// Creates a problem of a setting, whose flag begins the sentence.
    pub(crate) fn of_setting(flag: &str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::rule(message).in_setting(flag)
    }

    /// Creates a problem about text that is not YAML or JSON: a whole sentence.
    pub(crate) fn syntax(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(None, ProblemKind::Syntax(message.into()))
    }

    /// Creates a problem about a value that is not `noun`: `a duration`.
    pub(crate) fn malformed(given: impl fmt::Display, noun: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Some(given.to_string()), ProblemKind::Malformed { noun: noun.into() })
    }

    /// Creates a problem about a word that is not `noun`, which is one of `allowed`.
    pub(crate) fn unknown_word(
        given: impl Into<String>,
        noun: impl Into<Cow<'static, str>>,
        allowed: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::new(Some(given.into()), ProblemKind::UnknownWord { noun: Some(noun.into()), allowed: owned(allowed) })
    }

    /// Creates a problem about the name of a `noun` that does not exist: `scenario`.
    pub(crate) fn unknown_name(
        given: impl Into<String>,
        noun: impl Into<Cow<'static, str>>,
        known: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::new(Some(given.into()), ProblemKind::UnknownName { noun: noun.into(), allowed: owned(known) })
    }

    /// Creates a problem about a key that a mapping does not know.
    pub(crate) fn unknown_key(key: impl Into<String>, known: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::new(Some(key.into()), ProblemKind::UnknownKey { allowed: owned(known) })
    }

    /// Adds a key that the mapping knows, if the problem is about an unknown one.
    pub(crate) fn with_known_key(mut self, key: &str) -> Self {
        if let ProblemKind::UnknownKey { allowed } = &mut self.0.kind
            && self.0.path.0.len() == 1
        {
            allowed.push(key.to_owned());
        }
        self
    }

    pub(crate) fn missing_key(key: impl Into<String>) -> Self {
        Self::new(None, ProblemKind::MissingKey(key.into()))
    }

    pub(crate) fn duplicate_key(key: impl Into<String>) -> Self {
        Self::new(Some(key.into()), ProblemKind::DuplicateKey)
    }

    /// Returns the key that a mapping lacks.
    pub(crate) fn as_missing_key(&self) -> Option<&str> {
        match &self.0.kind {
            ProblemKind::MissingKey(key) => Some(key),
            _ => None,
        }
    }

    pub(crate) fn missing_value() -> Self {
        Self::new(None, ProblemKind::MissingValue)
    }

    /// Creates a problem about a value of another type than `expected`: `a list`.
    pub(crate) fn wrong_type(expected: impl Into<Cow<'static, str>>) -> Self {
        Self::new(None, ProblemKind::WrongType { expected: expected.into(), found: None })
    }

    /// Adds a remedy that its kind does not imply.
    #[must_use]
    pub(crate) fn with_remedy(mut self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.0.remedy = Some(remedy.into());
        self
    }

    /// Adds the value that has another type than expected: its text, or its type if it has none.
    #[must_use]
    pub(crate) fn with_found(mut self, text: Option<String>, noun: &'static str) -> Self {
        if let ProblemKind::WrongType { found, .. } = &mut self.0.kind {
            *found = Some(noun.into()).filter(|_| text.is_none());
            self.0.given = text;
        }
        self
    }

    /// Begins the sentence with what the value belongs to.
    #[must_use]
    pub(crate) fn with_context(mut self, context: impl fmt::Display) -> Self {
        let inner = self.0.context.map(|inner| format!(": {inner}")).unwrap_or_default();
        self.0.context = Some(format!("{context}{inner}"));
        self
    }

    /// Moves the problem to a setting, whose flag begins the sentence.
    #[must_use]
    pub(crate) fn in_setting(self, flag: &str) -> Self {
        self.at(&member_path![flag]).with_context(format!("--{flag}"))
    }

    /// Moves the problem to the value at `path`, inside which its own path begins.
    #[must_use]
    pub(crate) fn at(mut self, path: &MemberPath) -> Self {
        self.0.path = path.join(&self.0.path);
        self
    }

    /// Replaces the path.
    #[cfg(feature = "cli")]
    #[must_use]
    pub(crate) fn moved(mut self, path: MemberPath) -> Self {
        self.0.path = path;
        self
    }

    /// Replaces the given value; `None` for a secret.
    #[must_use]
    pub(crate) fn with_given(mut self, given: Option<String>) -> Self {
        self.0.given = given;
        self
    }

    pub(crate) fn given(&self) -> Option<&str> {
        self.0.given.as_deref()
    }

    pub(crate) fn path(&self) -> &MemberPath {
        &self.0.path
    }

    /// Returns the key, if the problem is about a key and not about its value.
    pub(crate) fn key(&self) -> Option<&str> {
        match self.0.kind {
            ProblemKind::UnknownKey { .. } | ProblemKind::DuplicateKey => self.0.given.as_deref(),
            _ => None,
        }
    }

    /// Whether the problem is about one value alone, so that no other problem can be its cause.
    pub(crate) fn is_of_value(&self) -> bool {
        !matches!(self.0.kind, ProblemKind::Rule(_) | ProblemKind::MissingKey(_))
    }

    /// Returns the name of its kind, for programs.
    #[cfg(any(feature = "cli", test))]
    pub(crate) fn kind(&self) -> &'static str {
        match self.0.kind {
            ProblemKind::UnknownKey { .. } => "unknown_key",
            ProblemKind::MissingKey(_) => "missing_key",
            ProblemKind::DuplicateKey => "duplicate_key",
            ProblemKind::MissingValue => "missing_value",
            ProblemKind::WrongType { .. } => "wrong_type",
            ProblemKind::UnknownWord { .. } => "unknown_word",
            ProblemKind::UnknownName { .. } => "unknown_name",
            ProblemKind::Malformed { .. } => "malformed",
            ProblemKind::Syntax(_) => "syntax",
            ProblemKind::Rule(_) => "rule",
        }
    }

    /// Returns the allowed words, keys or names; none if it is not about a word.
    pub(crate) fn allowed(&self) -> &[String] {
        match &self.0.kind {
            ProblemKind::UnknownKey { allowed, .. }
            | ProblemKind::UnknownWord { allowed, .. }
            | ProblemKind::UnknownName { allowed, .. } => allowed,
            _ => &[],
        }
    }

    /// Returns the allowed word nearest to the given one.
    pub(crate) fn nearest(&self) -> Option<&str> {
        nearest(self.0.given.as_deref()?, self.allowed().iter().map(String::as_str))
    }
}

fn owned(words: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    words.into_iter().map(Into::into).collect()
}

impl std::error::Error for Problem {}

impl From<String> for Problem {
    fn from(message: String) -> Self {
        Self::rule(message)
    }
}

impl From<&'static str> for Problem {
    fn from(message: &'static str) -> Self {
        Self::rule(message)
    }
}

impl From<Infallible> for Problem {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde::de::Error;

    use super::*;

    /// One of each kind.
    fn of_each_kind() -> Vec<Problem> {
        let many = (1..=20).map(|number| format!("case-{number}"));
        vec![
            Problem::unknown_key("aftr", ["after", "by"]),
            Problem::unknown_key("foo", ["after", "by"]),
            Problem::unknown_key("port", ["key"]).with_remedy("it belongs at the top of the file"),
            Problem::missing_key("key"),
            Problem::duplicate_key("key"),
            Problem::missing_value().at(&member_path!["description"]),
            Problem::wrong_type("a list").with_found(None, "a mapping").at(&member_path!["companies"]),
            Problem::wrong_type("a number")
                .with_found(Some("high".into()), "a single value")
                .at(&member_path!["stages", 0]),
            Problem::unknown_word("manul", "a dialect", ["manual", "live"]),
            Problem::unknown_variant("x", &["one", "other"]),
            Problem::unknown_name("cas-7", "scenario", many).with_context("the queue"),
            Problem::malformed("a\nb", "a duration").with_remedy("write it like 90s"),
            Problem::malformed("hush", "a duration").with_given(None),
            Problem::syntax("unclosed quote"),
            Problem::of_setting("max-parts", "with 0 no call could be read"),
        ]
    }

    #[test]
    fn a_problem_is_said_in_one_sentence() {
        let sentences: Vec<_> = of_each_kind().iter().map(|it| format!("{}: {it}", it.kind())).collect();
        assert_snapshot!(sentences.join("\n"), @r"
        unknown_key: unknown key `aftr`, did you mean `after`?
        unknown_key: unknown key `foo`; known: after, by
        unknown_key: unknown key `port`; it belongs at the top of the file
        missing_key: the key `key` is missing
        duplicate_key: duplicate key `key`; remove one of the two
        missing_value: `description` has no value; write a string, or remove the key
        wrong_type: `companies` takes a list, not a mapping
        wrong_type: expected a number, not `high`
        unknown_word: `manul` is not a dialect; allowed: manual, live; did you mean `manual`?
        unknown_word: unknown value `x`; allowed: one, other
        unknown_name: the queue: there is no scenario `cas-7`; known: case-7, case-17, case-1, case-2, case-3, case-4, case-5, case-6 and 12 more; did you mean `case-7`?
        malformed: `a\nb` is not a duration; write it like 90s
        malformed: the value is not a duration
        syntax: unclosed quote
        rule: --max-parts: with 0 no call could be read
        ");
    }

    #[test]
    fn a_problem_passes_through_serde_as_it_is() {
        for problem in of_each_kind() {
            assert_eq!(Problem::custom(&problem), problem);
            assert_eq!(<serde_json::Error as Error>::custom(&problem).to_string(), problem.to_string());
        }
        assert_eq!(Problem::custom("a sentence"), Problem::rule("a sentence"));
        assert_eq!(Problem::custom("{\"path\": []}").kind(), "rule");
    }

    #[test]
    fn the_nearest_word_is_one_that_is_like_the_given_one() {
        for (given, meant) in [("manul", Some("manual")), ("MANUAL", Some("manual")), ("klingon", None)] {
            assert_eq!(Problem::unknown_word(given, "a dialect", ["manual", "live"]).nearest(), meant);
        }
        let long = "x".repeat(1 << 20);
        assert_eq!(Problem::unknown_name(&*long, "scenario", [&*long]).nearest(), Some(&*long));
    }
}
