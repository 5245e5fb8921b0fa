//! What a result document says about the outcome.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::vendor::{Outcome, ResultCase};

/// An outcome with all that a result document says about it.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Verdict {
    pub(crate) result: ResultValue,
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
    pub(crate) const IN_PROGRESS: Self = Self::of(ResultValue::Listed(Outcome::InProgress));

    pub(super) const fn of(result: ResultValue) -> Self {
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

    /// Whether the vendor saw what the person brought.
    pub(crate) fn went_through(&self) -> bool {
        !matches!(self.result, ResultValue::Listed(Outcome::InProgress | Outcome::DisagreedWithTerms))
    }
}

/// The member `result`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum ResultValue {
    Listed(Outcome),
    /// A word that no document lists.
    Unlisted(String),
}

impl ResultValue {
    pub(crate) fn word(&self, case: ResultCase) -> Cow<'_, str> {
        match (self, case) {
            (Self::Listed(outcome), ResultCase::Upper) => outcome.as_str().into(),
            (Self::Listed(outcome), ResultCase::Lower) => outcome.as_lower_str().into(),
            (Self::Unlisted(word), ResultCase::Upper) => word.into(),
            (Self::Unlisted(word), ResultCase::Lower) => word.to_lowercase().into(),
        }
    }
}

/// The words for why a person was rejected that were seen (specification, section 5).
pub(super) const REJECT_REASONS: [&str; 13] = [
    "face_mismatch",
    "face_blurry",
    "document_blurry",
    "document_covered",
    "document_grayscale",
    "document_format_mismatch",
    "document_type_mismatch",
    "document_type_unknown",
    "document_page_mismatch",
    "document_not_readable",
    "document_face_blurry",
    "document_spoofing_detected",
    "no_document_in_image",
];

/// Why a person was rejected (specification, section 5).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct RejectReason {
    pub(crate) value: String,
    pub(crate) description: String,
}

impl RejectReason {
    /// Recorded rejections have no description.
    pub(super) fn new(value: String, description: Option<String>) -> Self {
        Self { description: description.unwrap_or_default(), value }
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

/// An outcome that is asked for instead of what the scenario says.
///
/// ```
/// use identomat_mock::{Decision, Outcome};
///
/// let decision = Decision::from(Outcome::Rejected).reason("document_covered").comment("A thumb is on the photo");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    outcome: Outcome,
    reason: Option<String>,
    comment: String,
    pub(crate) answers: Option<Value>,
}

impl Decision {
    /// The word that becomes `reject_reason`, for a rejection. Without one, a rejection takes the one reason that was
    /// seen in live answers, or one of the same style when no face is checked.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// What becomes `result_comment`.
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = comment.into();
        self
    }

    /// What the person filled in, as a JSON object: questionnaire key → question key → answer. Without it the answers
    /// are invented. Only for finishing the widget.
    pub fn answers(mut self, answers: Value) -> Self {
        self.answers = Some(answers);
        self
    }

    /// The outcome.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Says what does not go together.
    pub(crate) fn problem(&self) -> Option<String> {
        if self.reason.is_some() && self.outcome != Outcome::Rejected {
            return Some(format!(
                "a reason (`reject_reason`) goes with the outcome REJECTED, not with {}",
                self.outcome
            ));
        }
        None
    }

    pub(crate) fn verdict(self, face_is_checked: bool) -> Verdict {
        let Self { outcome, reason, comment, answers: _ } = self;
        let mut verdict = Verdict::of(ResultValue::Listed(outcome));
        verdict.result_comment = comment;
        if outcome == Outcome::Rejected {
            if reason.is_none() {
                verdict.similarity = face_is_checked.then_some(0.218_430_659_177_302_6);
                verdict.document_read = face_is_checked;
            }
            let usual = if face_is_checked { "face_mismatch" } else { "document_not_readable" };
            let value = reason.unwrap_or_else(|| usual.to_owned());
            verdict.reject_reason = Some(RejectReason::new(value, None));
        }
        verdict
    }
}

impl From<Outcome> for Decision {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, reason: None, comment: String::new(), answers: None }
    }
}
