//! Problems that pass through serde, whose errors take anything that can be displayed.
//!
//! A type's `TryFrom` fails with a [`Problem`]. Serde hands it to [`de::Error::custom`], which asks for its alternate
//! form: JSON with all of the problem. Other parsers, such as that of `serde_json`, show the sentence.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::{Problem, ProblemKind};

/// Returns the form that [`de::Error::custom`] reads.
pub(super) fn encode(problem: &Problem) -> String {
    serde_json::to_string(&problem.0).expect("a problem is JSON")
}

impl de::Error for Problem {
    fn custom<T: fmt::Display>(error: T) -> Self {
        let text = format!("{error:#}");
        serde_json::from_str(&text).map_or_else(|_| Self::rule(text), Self)
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong_type(expected.to_string())
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn unknown_variant(word: &str, allowed: &'static [&'static str]) -> Self {
        let allowed = allowed.iter().map(|word| (*word).to_owned()).collect();
        Self::new(Some(word.to_owned()), ProblemKind::UnknownWord { noun: None, allowed })
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::unknown_key(key, known.iter().copied())
    }

    fn missing_field(key: &'static str) -> Self {
        Self::missing_key(key)
    }

    fn duplicate_field(key: &'static str) -> Self {
        Self::duplicate_key(key)
    }
}

/// Implements reading from a string in a file or body, as [`FromStr`](std::str::FromStr) does.
macro_rules! read_as_text {
    ($($name:ident),* $(,)?) => {
        $(impl TryFrom<String> for $name {
            type Error = $crate::problem::Problem;

            fn try_from(text: String) -> Result<Self, $crate::problem::Problem> {
                text.parse()
            }
        })*
    };
}
pub(crate) use read_as_text;
