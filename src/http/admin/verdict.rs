//! The outcome in a body: of a finished session, or of the vendor's operator.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::problem::ProblemResponse;
use crate::{
    mock::FinishRequest,
    scenario::{Verdict, VerdictDetails, verdict_details, with_details},
};

verdict_details!(with_details! {
    /// An outcome with its details; without one the scenario decides.
    #[derive(Debug, Deserialize)]
    #[cfg_attr(test, derive(schemars::JsonSchema))]
    #[serde(deny_unknown_fields)]
    pub(super) struct VerdictBody {
        /// The outcome.
        outcome: Option<String>,
        /// Whether the outcome is a word that the vendor does not document.
        #[serde(default)]
        unlisted: bool,
        /// The person's answers: questionnaire key → question key → answer; invented by default.
        answers: Option<Map<String, Value>>,
    }
});

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

    fn verdict(mut self) -> Result<Option<Verdict>, ProblemResponse> {
        let details = self.swap_details(VerdictDetails::NONE);
        let Some(word) = self.outcome else {
            let name = Some("unlisted").filter(|_| self.unlisted).or(details.first_name());
            let needs_outcome =
                |name| ProblemResponse::invalid(format!("`{name}` needs an `outcome`")).with_field(name);
            return name.map_or(Ok(None), |name| Err(needs_outcome(name)));
        };
        let verdict = Verdict::from_word(word, self.unlisted, details);
        verdict.map(Some).map_err(|problem| ProblemResponse::invalid(problem).with_field("outcome"))
    }
}
