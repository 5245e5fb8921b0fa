//! The outcome in a body: of a finished session, or of the vendor's operator.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::problem::ProblemResponse;
use crate::{
    mock::FinishRequest,
    scenario::{ScreeningMatch, Verdict},
    vendor::Outcome,
};

/// An outcome with its details; without one the scenario decides.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct VerdictBody {
    outcome: Option<String>,
    /// Whether the outcome is a word that the vendor does not document.
    #[serde(default)]
    unlisted: bool,
    reject_reason: Option<String>,
    reject_description: Option<String>,
    result_comment: Option<String>,
    /// Whether liveness was confirmed.
    live: Option<bool>,
    /// Similarity of face and document, 0 to 1.
    similarity: Option<f64>,
    /// Whether the document could be read.
    document_read: Option<bool>,
    #[serde(default)]
    screening_matches: Vec<ScreeningMatch>,
    /// The person's answers: questionnaire key → question key → answer; invented by default.
    answers: Option<Map<String, Value>>,
}

impl VerdictBody {
    /// Converts to the end of a session.
    pub(super) fn into_finish(mut self) -> Result<FinishRequest, ProblemResponse> {
        let answers = self.answers.take();
        let finish = self.verdict()?.map_or_else(FinishRequest::default, FinishRequest::from);
        Ok(match answers {
            Some(answers) => finish.answers(answers.into()),
            None => finish,
        })
    }

    /// Converts to a decision.
    pub(super) fn into_decision(self) -> Result<Option<Verdict>, ProblemResponse> {
        if self.answers.is_some() {
            return Err(ProblemResponse::invalid("`answers` conflicts with a decision; send the answers to `finish`")
                .with_field("answers"));
        }
        self.verdict()
    }

    fn verdict(self) -> Result<Option<Verdict>, ProblemResponse> {
        let Some(word) = self.outcome else {
            let details = [
                (self.unlisted, "unlisted"),
                (self.reject_reason.is_some(), "reject_reason"),
                (self.reject_description.is_some(), "reject_description"),
                (self.result_comment.is_some(), "result_comment"),
                (self.live.is_some(), "live"),
                (self.similarity.is_some(), "similarity"),
                (self.document_read.is_some(), "document_read"),
                (!self.screening_matches.is_empty(), "screening_matches"),
            ];
            return match details.iter().find(|(is_there, _)| *is_there) {
                Some((_, name)) => {
                    Err(ProblemResponse::invalid(format!("`{name}` needs an `outcome`")).with_field(*name))
                }
                None => Ok(None),
            };
        };
        let mut verdict = if self.unlisted {
            Verdict::unlisted(word)
        } else {
            word.parse::<Outcome>().map_err(|problem| ProblemResponse::invalid(problem).with_field("outcome"))?.into()
        };
        if let Some(reason) = self.reject_reason {
            verdict = verdict.reject_reason(reason);
        }
        if let Some(description) = self.reject_description {
            verdict = verdict.reject_description(description);
        }
        if let Some(live) = self.live {
            verdict = verdict.live(live);
        }
        if let Some(similarity) = self.similarity {
            verdict = verdict.similarity(similarity);
        }
        verdict = verdict.result_comment(self.result_comment.unwrap_or_default());
        verdict = verdict.document_read(self.document_read.unwrap_or(true));
        Ok(Some(self.screening_matches.into_iter().fold(verdict, Verdict::screening_match)))
    }
}
