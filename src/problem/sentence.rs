//! The sentence of a problem.

use std::fmt;

use super::{Problem, ProblemKind, nearest, transport};
use crate::foreign_text::{on_one_line, shortened};

/// Maximum number of known words that a sentence lists in their own order.
const MAX_LISTED: usize = 16;

/// Number of words that a sentence lists of more: those most like the given one.
const NEAREST_LISTED: usize = 8;

/// The sentence; as `{:#}`, the whole problem as JSON, which `transport.rs` reads.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f.write_str(&transport::encode(self));
        }
        if let Some(context) = &self.0.context {
            write!(f, "{context}: ")?;
        }
        let given = self.0.given.as_deref().map(|given| format!("`{}`", shortened(&on_one_line(given))));
        let subject = given.as_deref().unwrap_or("the value");
        let remedy = self.0.remedy.as_ref().map(|remedy| format!("; {remedy}")).unwrap_or_default();
        let suggestion = self.nearest().map(|word| format!("; did you mean `{word}`?")).unwrap_or_default();
        match &self.0.kind {
            ProblemKind::UnknownKey { .. } => match self.nearest() {
                _ if self.0.remedy.is_some() => write!(f, "unknown key {subject}{remedy}"),
                Some(nearest) => write!(f, "unknown key {subject}, did you mean `{nearest}`?"),
                None => write!(f, "unknown key {subject}; known: {}", self.list()),
            },
            ProblemKind::MissingKey(key) => write!(f, "the key `{key}` is missing"),
            ProblemKind::DuplicateKey => write!(f, "duplicate key {subject}; remove one of the two"),
            ProblemKind::MissingValue => match self.0.path.last_key() {
                Some(key) => write!(f, "`{key}` has no value; write a string, or remove the key"),
                None => f.write_str("the value is missing; write a string"),
            },
            ProblemKind::WrongType { expected, found } => {
                match self.0.path.last_key() {
                    Some(key) => write!(f, "`{key}` takes {expected}")?,
                    None => write!(f, "expected {expected}")?,
                }
                match given.as_deref().or(found.as_deref()) {
                    Some(found) => write!(f, ", not {found}{remedy}"),
                    None => f.write_str(&remedy),
                }
            }
            ProblemKind::UnknownWord { noun, .. } => {
                match noun {
                    Some(noun) => write!(f, "{subject} is not {noun}")?,
                    None => write!(f, "unknown value {subject}")?,
                }
                write!(f, "; allowed: {}{remedy}{suggestion}", self.list())
            }
            ProblemKind::UnknownName { noun, .. } => {
                write!(f, "there is no {noun} {subject}; known: {}{remedy}{suggestion}", self.list())
            }
            ProblemKind::Malformed { noun } => write!(f, "{subject} is not {noun}{remedy}"),
            ProblemKind::Syntax(message) | ProblemKind::Rule(message) => write!(f, "{message}{remedy}"),
        }
    }
}

impl Problem {
    /// Returns the list of allowed words for a sentence; of many, those most like the given one.
    fn list(&self) -> String {
        match (self.allowed(), &self.0.given) {
            ([], _) => "none".into(),
            (words, Some(given)) if words.len() > MAX_LISTED => {
                let nearest = &nearest::by_likeness(given, words)[..NEAREST_LISTED];
                format!("{} and {} more", nearest.join(", "), words.len() - NEAREST_LISTED)
            }
            (words, _) => words.join(", "),
        }
    }
}
