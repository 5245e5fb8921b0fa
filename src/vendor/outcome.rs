//! The outcomes of a verification.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, Serializer};

use crate::problem::{Problem, read_as_text};

/// The `result` of a session ([source](crate::fidelity#the-result-document)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(!try_from, rename_all = "SCREAMING_SNAKE_CASE"))]
pub enum Outcome {
    /// The person was verified.
    Approved,
    /// The person was not verified.
    Rejected,
    /// The vendor's operator has to check.
    ManualCheck,
    /// The person disagreed with the terms.
    DisagreedWithTerms,
    /// The person has not finished, or there is no verdict yet.
    InProgress,
}

impl Outcome {
    /// All outcomes, in the order of the vendor's manual.
    pub const ALL: [Self; 5] =
        [Self::Approved, Self::Rejected, Self::ManualCheck, Self::DisagreedWithTerms, Self::InProgress];

    /// Returns the word of the vendor's manual.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
            Self::ManualCheck => "MANUAL_CHECK",
            Self::DisagreedWithTerms => "DISAGREED_WITH_TERMS",
            Self::InProgress => "IN_PROGRESS",
        }
    }

    /// Returns the word of recorded live responses.
    pub fn as_lower_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::ManualCheck => "manual_check",
            Self::DisagreedWithTerms => "disagreed_with_terms",
            Self::InProgress => "in_progress",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.serialize_str(self.as_str())
    }
}

/// Parses either case.
impl FromStr for Outcome {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let unknown = || Problem::unknown_word(text, "an outcome", Self::ALL.map(Self::as_str));
        Self::ALL.into_iter().find(|outcome| outcome.as_str().eq_ignore_ascii_case(text)).ok_or_else(unknown)
    }
}

read_as_text!(Outcome);
