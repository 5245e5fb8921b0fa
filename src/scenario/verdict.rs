//! The verdict: the outcome and its details.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::VerdictDetails;
use crate::{
    foreign_text::shortened,
    json_text::members_of,
    problem::{Problem, member_path, nearest},
    vendor::{Outcome, ResultCase},
};

/// An outcome with its details in a result document, set by a stage or a decision.
///
/// ```
/// use identomat_mock::{Outcome, Verdict};
///
/// let rejected = Verdict::rejected("document_covered").result_comment("A thumb is on the photo");
/// let known = Verdict::from(Outcome::ManualCheck);
/// let unknown = Verdict::unlisted("UNDER_INVESTIGATION");
/// ```
#[must_use]
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Verdict {
    pub(crate) result: ResultValue,
    pub(crate) details: VerdictDetails,
}

impl Verdict {
    /// The result of an unfinished session.
    pub(crate) const IN_PROGRESS: Self = Self::with_result(ResultValue::Listed(Outcome::InProgress));

    pub(super) const fn with_result(result: ResultValue) -> Self {
        Self { result, details: VerdictDetails::NONE }
    }

    /// Creates a verdict from the word of its outcome, which is `unlisted` or documented.
    ///
    /// # Errors
    ///
    /// [`Problem`] if a word is neither.
    pub(crate) fn from_word(word: String, unlisted: bool, details: VerdictDetails) -> Result<Self, Problem> {
        let result = if unlisted { ResultValue::Unlisted(word) } else { ResultValue::Listed(word.parse()?) };
        Ok(Self { result, details })
    }

    /// Creates an approval.
    pub fn approved() -> Self {
        Outcome::Approved.into()
    }

    /// Creates a rejection with a reason such as `document_covered`.
    ///
    /// `Verdict::from(Outcome::Rejected)` has no reason; as a decision it gets the reason seen in live responses, or a
    /// similar one if no face is checked.
    pub fn rejected(reason: impl Into<String>) -> Self {
        Self::from(Outcome::Rejected).reject_reason(reason)
    }

    /// Creates the result of a pending manual check.
    pub fn manual_check() -> Self {
        Outcome::ManualCheck.into()
    }

    /// Creates a result that the vendor does not document.
    pub fn unlisted(word: impl Into<String>) -> Self {
        Self::with_result(ResultValue::Unlisted(word.into()))
    }

    /// Sets `reject_reason`, for a rejection.
    pub fn reject_reason(mut self, reason: impl Into<String>) -> Self {
        self.details.reject_reason = Some(reason.into());
        self
    }

    /// Sets the reason as a sentence; empty by default.
    pub fn reject_description(mut self, description: impl Into<String>) -> Self {
        self.details.reject_description = Some(description.into());
        self
    }

    /// Sets `result_comment`.
    pub fn result_comment(mut self, comment: impl Into<String>) -> Self {
        self.details.result_comment = Some(comment.into());
        self
    }

    /// Sets whether liveness was confirmed; by default as the flags imply.
    pub fn live(mut self, is_live: bool) -> Self {
        self.details.live = Some(is_live);
        self
    }

    /// Sets the similarity of face and document, 0 to 1; by default above 0.9 if a face is checked.
    pub fn similarity(mut self, similarity: f64) -> Self {
        self.details.similarity = Some(similarity);
        self
    }

    /// Sets whether the document could be read; otherwise the response has no person.
    pub fn document_read(mut self, is_read: bool) -> Self {
        self.details.document_read = Some(is_read);
        self
    }

    /// Sets a note on the quality of the person's data, such as `FIELDS_MISMATCH`
    /// ([source](crate::fidelity#the-result-document)).
    pub fn person_status(mut self, status: impl Into<String>) -> Self {
        self.details.person_status = Some(status.into());
        self
    }

    /// Adds an entry of a screening list that may be the person; may be repeated.
    pub fn screening_match(mut self, found: ScreeningMatch) -> Self {
        self.details.screening_matches.get_or_insert_default().push(found);
        self
    }

    /// Validates the combination of details.
    ///
    /// # Errors
    ///
    /// [`Problem`] with the member and the remedy.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        if self.reason().is_some_and(|reason| reason.value.is_empty() && !reason.description.is_empty()) {
            return Err(Problem::of_key("reject_description", "`reject_description` needs a `reject_reason`"));
        }
        match &self.result {
            ResultValue::Unlisted(word) if word.trim().is_empty() => {
                return Err(Problem::of_key("result", "`result` is empty"));
            }
            ResultValue::Unlisted(word) => {
                if let Ok(listed) = word.parse::<Outcome>() {
                    return Err(Problem::of_key(
                        "unlisted",
                        format!("`{listed}` is a documented outcome; remove `unlisted`"),
                    ));
                }
            }
            ResultValue::Listed(outcome) if self.reason().is_some() && *outcome != Outcome::Rejected => {
                return Err(Problem::of_key(
                    "reject_reason",
                    format!("`reject_reason` needs the result REJECTED, not {outcome}"),
                ));
            }
            ResultValue::Listed(_) => {}
        }
        if self.details.similarity.is_some_and(|similarity| !(0.0..=1.0).contains(&similarity)) {
            return Err(Problem::of_key("similarity", "`similarity` is a number from 0 to 1"));
        }
        match self.screening_matches().iter().position(|found| !(0.0..=100.0).contains(&found.score)) {
            Some(at) => Err(Problem::rule("`score` is a number from 0 to 100").at(&member_path![
                "screening_matches",
                at,
                "score"
            ])),
            None => Ok(()),
        }
    }

    /// Returns a warning about an unknown reason.
    pub(crate) fn doubt(&self) -> Option<Problem> {
        let reason = self.details.reject_reason.as_deref()?;
        if reason.is_empty() || REJECT_REASONS.contains(&reason) {
            return None;
        }
        let rest = match nearest(reason, REJECT_REASONS) {
            Some(seen) => format!(", did you mean `{seen}`?"),
            None => format!("; seen were {}", REJECT_REASONS.join(", ")),
        };
        Some(Problem::rule(format!("the reject_reason `{}` is not a known one{rest}", shortened(reason))))
    }

    /// Completes the verdict for a decision: a rejection without a reason gets `usual`, and its details.
    pub(crate) fn completed_for_decision(mut self, usual: &str) -> Self {
        if self.result == ResultValue::Listed(Outcome::Rejected) && self.reason().is_none() {
            let details = &mut self.details;
            details.reject_reason = Some(usual.into());
            details.similarity = details.similarity.or((usual == "face_mismatch").then_some(0.218_430_659_177_302_6));
            if usual == "document_not_readable" {
                details.document_read = Some(false);
            }
        }
        self
    }

    /// Returns the reason of a rejection.
    pub(crate) fn reason(&self) -> Option<RejectReason> {
        let VerdictDetails { reject_reason: value, reject_description: description, .. } = &self.details;
        value.as_ref().or(description.as_ref())?;
        let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
        Some(RejectReason { value: or_empty(value), description: or_empty(description) })
    }

    /// Removes the reason of a rejection.
    pub(crate) fn without_reason(mut self) -> Self {
        (self.details.reject_reason, self.details.reject_description) = (None, None);
        self
    }

    /// Whether the document could be read; otherwise there is no similarity either.
    pub(crate) fn is_document_read(&self) -> bool {
        self.details.document_read.unwrap_or(true)
    }

    /// Returns the entries of screening lists.
    pub(crate) fn screening_matches(&self) -> &[ScreeningMatch] {
        self.details.screening_matches.as_deref().unwrap_or_default()
    }

    /// Whether the reason of the rejection is about the face.
    pub(crate) fn is_about_face(&self) -> bool {
        self.details.reject_reason.as_ref().is_some_and(|reason| reason.starts_with("face_"))
    }

    /// Whether the person disagreed with the terms.
    pub(crate) fn disagrees(&self) -> bool {
        self.result == ResultValue::Listed(Outcome::DisagreedWithTerms)
    }

    /// Whether the vendor processed the person's input.
    pub(crate) fn was_processed(&self) -> bool {
        !matches!(self.result, ResultValue::Listed(Outcome::InProgress | Outcome::DisagreedWithTerms))
    }
}

impl Verdict {
    /// Returns the members of a body, with the outcome under `word_key`; absent details are omitted.
    pub(crate) fn to_members(&self, word_key: &str) -> Map<String, Value> {
        let mut keys = Map::from_iter([(word_key.to_owned(), self.result.word(ResultCase::Upper).into())]);
        if self.result.is_unlisted() {
            keys.insert("unlisted".into(), true.into());
        }
        keys.extend(members_of(&self.details));
        keys
    }
}

/// Describes the verdict: ``result REJECTED, `face_mismatch` ``.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "result {}", self.result.word(ResultCase::Upper))?;
        match &self.details.reject_reason {
            Some(reason) if !reason.is_empty() => write!(f, ", `{reason}`"),
            _ => Ok(()),
        }
    }
}

impl From<Outcome> for Verdict {
    fn from(outcome: Outcome) -> Self {
        Self::with_result(ResultValue::Listed(outcome))
    }
}

/// The value of `result`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum ResultValue {
    Listed(Outcome),
    /// A word that the vendor does not document.
    Unlisted(String),
}

impl ResultValue {
    pub(crate) fn is_unlisted(&self) -> bool {
        matches!(self, Self::Unlisted(_))
    }

    pub(crate) fn word(&self, case: ResultCase) -> Cow<'_, str> {
        match (self, case) {
            (Self::Listed(outcome), ResultCase::Upper) => outcome.as_str().into(),
            (Self::Listed(outcome), ResultCase::Lower) => outcome.as_lower_str().into(),
            (Self::Unlisted(word), ResultCase::Upper) => word.into(),
            (Self::Unlisted(word), ResultCase::Lower) => word.to_lowercase().into(),
        }
    }
}

/// The reject reasons that were seen ([source](crate::fidelity#the-result-document)).
pub(crate) const REJECT_REASONS: [&str; 13] = [
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

/// The reason of a rejection. Recorded rejections have no description.
///
/// [Source](crate::fidelity#the-result-document).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RejectReason {
    pub(crate) value: String,
    pub(crate) description: String,
}

/// An entry of a screening list that may be the person.
///
/// [Source](crate::fidelity#the-result-document).
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScreeningMatch {
    /// Likelihood that it is the person, 0 to 100.
    #[cfg_attr(test, schemars(range(min = 0, max = 100)))]
    pub score: f64,
    /// The name on the list.
    pub name: String,
    /// The parameter of `get-screening-person-details/`, which returns more if the fixtures have more.
    pub person_id: String,
    /// Status of the operator's review: `pending`.
    pub review_status: String,
}
