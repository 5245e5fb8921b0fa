//! The outcome in a body: of a finished session, or of the vendor's operator.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    action_params::{ActionParams, RequestContent},
    described::described_as,
    extract::AdminParams,
    problem::ProblemResponse,
};
use crate::{
    mock::FinishRequest,
    scenario::{Verdict, VerdictDetails, verdict_details, with_details},
};

verdict_details!(with_details! {
    /// An outcome with its details; without one the scenario decides.
    #[derive(Debug, Deserialize, Serialize)]
    #[cfg_attr(test, derive(schemars::JsonSchema))]
    #[serde(deny_unknown_fields)]
    pub(super) struct FinishSessionBody {
        /// The outcome.
        outcome: Option<String>,
        /// Whether the outcome is a word that the vendor does not document.
        #[serde(default)]
        unlisted: bool,
        /// The person's answers: questionnaire key → question key → answer; invented by default.
        answers: Option<Map<String, Value>>,
    }
});

described_as!(FinishRequest, FinishSessionBody);

impl ActionParams for FinishRequest {
    fn read(request: AdminParams, of_company: bool) -> Result<(Option<String>, Self), ProblemResponse> {
        let (company_key, body) = FinishSessionBody::read(request, of_company)?;
        Ok((company_key, body.into_finish()?))
    }

    fn to_request(&self, is_query: bool) -> RequestContent {
        RequestContent::from_members(self.to_body(), is_query)
    }
}

/// A decision of the vendor's operator; `None` for the one that the scenario waits for.
#[derive(Debug)]
pub(crate) struct DecideBody(pub(crate) Option<Verdict>);

impl ActionParams for DecideBody {
    fn read(request: AdminParams, of_company: bool) -> Result<(Option<String>, Self), ProblemResponse> {
        let (company_key, body) = FinishSessionBody::read(request, of_company)?;
        Ok((company_key, Self(body.into_decision()?)))
    }

    fn to_request(&self, is_query: bool) -> RequestContent {
        let members = self.0.as_ref().map(|verdict| verdict.to_members("outcome"));
        RequestContent::from_members(members.unwrap_or_default(), is_query)
    }
}

impl FinishSessionBody {
    /// Converts to the end of a session.
    fn into_finish(mut self) -> Result<FinishRequest, ProblemResponse> {
        let answers = self.answers.take();
        let finish = self.verdict()?.map_or_else(FinishRequest::default, FinishRequest::from);
        Ok(match answers {
            Some(answers) => finish.answers(answers.into()),
            None => finish,
        })
    }

    /// Converts to a decision.
    fn into_decision(self) -> Result<Option<Verdict>, ProblemResponse> {
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

/// A decision has what a finished session has, apart from the answers.
#[cfg(test)]
impl schemars::JsonSchema for DecideBody {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DecideSessionBody".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut schema = FinishSessionBody::json_schema(generator);
        let members = schema.get_mut("properties").and_then(Value::as_object_mut).expect("it has members");
        members.shift_remove("answers").expect("a decision has none");
        schema
    }
}
