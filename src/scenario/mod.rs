//! Scenarios: named courses of a verification, read from YAML files.

mod book;
mod file;
mod trigger;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use self::book::ScenarioBook;
pub use self::trigger::Trigger;
#[cfg(feature = "cli")]
pub(crate) use self::trigger::parse_duration;
use crate::{
    session::{Outcome, Steps},
    vendor_error::ErrorCode,
};

/// What happens to the sessions that take this scenario.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) description: String,
    /// `begin/` answers this error and no session comes to be.
    pub(crate) refuse_begin: Option<ErrorCode>,
    /// Laid over the flags and steps of the session.
    pub(crate) flags: Map<String, Value>,
    pub(crate) steps: Steps,
    /// What the vendor's operator answers: question key → answer.
    pub(crate) operator_answers: Map<String, Value>,
    pub(crate) stages: Vec<Stage>,
}

/// One stage of a scenario: it comes once, after the one before it.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) when: Trigger,
    pub(crate) effect: Effect,
}

/// What `result/` and `delete/` answer from a stage on.
#[derive(Debug)]
pub(crate) enum Effect {
    Verdict(Verdict),
    Error(ErrorCode),
}

/// An outcome with all that a result document says about it.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) result: Outcome,
    pub(crate) reject_reason: Option<RejectReason>,
    pub(crate) result_comment: String,
    /// Instead of what the flags imply.
    pub(crate) live: Option<bool>,
    /// Instead of one above 0.9, where a face step ran; 0 to 1.
    pub(crate) similarity: Option<f64>,
    /// Whether a document could be read at all; without one there is nothing to compare a face with either.
    pub(crate) document_read: bool,
    pub(crate) screening_matches: Vec<ScreeningMatch>,
}

impl Verdict {
    /// The person is not through.
    pub(crate) const IN_PROGRESS: Self = Self::of(Outcome::InProgress);

    const fn of(result: Outcome) -> Self {
        Self {
            result,
            reject_reason: None,
            result_comment: String::new(),
            live: None,
            similarity: None,
            document_read: true,
            screening_matches: Vec::new(),
        }
    }

    /// The verdict for an outcome that was asked for without saying more.
    ///
    /// A rejection takes the one reason that was seen in live answers, or one of the same style when no face is checked.
    pub(crate) fn forced(result: Outcome, face_is_checked: bool) -> Self {
        let mut verdict = Self::of(result);
        if result == Outcome::Rejected {
            let value = if face_is_checked { "face_mismatch" } else { "document_not_readable" };
            verdict.reject_reason = Some(RejectReason::new(value.to_owned(), None));
            verdict.similarity = face_is_checked.then_some(0.218_430_659_177_302_6);
            verdict.document_read = face_is_checked;
        }
        verdict
    }
}

/// Why a person was rejected (specification, section 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RejectReason {
    pub(crate) value: String,
    pub(crate) description: String,
}

impl RejectReason {
    /// Without a description, the words of `value` make one.
    fn new(value: String, description: Option<String>) -> Self {
        let words = || {
            let words = value.replace('_', " ");
            let (first, rest) = words.split_at(words.chars().next().map_or(0, char::len_utf8));
            first.to_uppercase() + rest
        };
        Self { description: description.unwrap_or_else(words), value }
    }
}

/// Somebody on a list who may be the person (specification, section 5).
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ScreeningMatch {
    /// 0 to 100.
    pub(crate) score: f64,
    pub(crate) name: String,
    pub(crate) person_id: String,
    pub(crate) review_status: String,
}
