//! The format of a scenario file, and what is checked when one is read.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Effect, RejectReason, Scenario, ScreeningMatch, Stage, Trigger, Verdict};
use crate::{
    session::{Outcome, Steps},
    vendor_error::ErrorCode,
};

/// Checked where it is read, as its parts are, so that an error has a line and a column.
#[derive(Deserialize)]
#[serde(try_from = "RawScenario")]
pub(super) struct ScenarioFile(RawScenario);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScenario {
    description: String,
    refuse_begin: Option<ErrorCode>,
    #[serde(default)]
    flags: Map<String, Value>,
    #[serde(default)]
    steps: Vec<Map<String, Value>>,
    #[serde(default)]
    operator_answers: BTreeMap<String, OperatorAnswer>,
    stages: Option<Stages>,
}

/// A text, a boolean, or a list of texts (specification, section 5).
#[derive(Deserialize)]
#[serde(try_from = "Value")]
struct OperatorAnswer(Value);

#[derive(Deserialize)]
#[serde(try_from = "Vec<StageFile>")]
struct Stages(Vec<StageFile>);

#[derive(Deserialize)]
#[serde(try_from = "RawStage")]
struct StageFile {
    when: Option<Trigger>,
    effect: Effect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStage {
    when: Option<Trigger>,
    result: Option<Outcome>,
    error: Option<ErrorCode>,
    reject_reason: Option<String>,
    reject_description: Option<String>,
    result_comment: Option<String>,
    live: Option<bool>,
    similarity: Option<f64>,
    document_read: Option<bool>,
    screening_matches: Option<Vec<ScreeningMatch>>,
}

impl TryFrom<RawScenario> for ScenarioFile {
    type Error = String;

    fn try_from(raw: RawScenario) -> Result<Self, String> {
        match (&raw.refuse_begin, &raw.stages) {
            (Some(_), Some(_)) => {
                Err("where `begin/` is refused there is no session: `refuse_begin` goes without `stages`".into())
            }
            (None, None) => Err("a scenario needs `stages` ([] for one in which nothing ever comes)".into()),
            _ => Ok(Self(raw)),
        }
    }
}

impl TryFrom<Value> for OperatorAnswer {
    type Error = String;

    fn try_from(answer: Value) -> Result<Self, String> {
        let is_texts = |list: &Vec<Value>| list.iter().all(Value::is_string);
        if answer.is_string() || answer.is_boolean() || answer.as_array().is_some_and(is_texts) {
            return Ok(Self(answer));
        }
        Err(format!("an answer is a text, true, false, or a list of texts, not {answer}"))
    }
}

impl TryFrom<Vec<StageFile>> for Stages {
    type Error = String;

    fn try_from(stages: Vec<StageFile>) -> Result<Self, String> {
        match stages.iter().skip(1).position(|stage| stage.when.is_none()) {
            Some(at) => Err(format!("stage {} has no `when`: only the first may leave it out", at + 2)),
            None => Ok(Self(stages)),
        }
    }
}

impl TryFrom<RawStage> for StageFile {
    type Error = String;

    fn try_from(raw: RawStage) -> Result<Self, String> {
        let when = raw.when.clone();
        let effect = match (raw.result, raw.error) {
            (Some(result), None) => Effect::Verdict(verdict(result, raw)?),
            (None, Some(error)) if raw.says_nothing_more() => Effect::Error(error),
            (None, Some(_)) => {
                return Err("a stage with `error` answers no document: it takes `when` and nothing else".into());
            }
            (Some(_), Some(_)) => return Err("a stage has either `result` or `error`, not both".into()),
            (None, None) => return Err("a stage needs `result` or `error`".into()),
        };
        Ok(Self { when, effect })
    }
}

impl RawStage {
    fn says_nothing_more(&self) -> bool {
        self.reject_reason.is_none()
            && self.reject_description.is_none()
            && self.result_comment.is_none()
            && self.live.is_none()
            && self.similarity.is_none()
            && self.document_read.is_none()
            && self.screening_matches.is_none()
    }
}

fn verdict(result: Outcome, raw: RawStage) -> Result<Verdict, String> {
    if raw.reject_reason.is_some() && result != Outcome::Rejected {
        return Err(format!("`reject_reason` goes with the result REJECTED, not with {result}"));
    }
    if raw.reject_reason.is_none() && raw.reject_description.is_some() {
        return Err("`reject_description` goes with a `reject_reason`".into());
    }
    if raw.similarity.is_some_and(|similarity| !(0.0..=1.0).contains(&similarity)) {
        return Err("`similarity` is a number from 0 to 1".into());
    }
    let screening_matches = raw.screening_matches.unwrap_or_default();
    if screening_matches.iter().any(|found| !(0.0..=100.0).contains(&found.score)) {
        return Err("`score` is a number from 0 to 100".into());
    }
    Ok(Verdict {
        reject_reason: raw.reject_reason.map(|value| RejectReason::new(value, raw.reject_description)),
        result_comment: raw.result_comment.unwrap_or_default(),
        live: raw.live,
        similarity: raw.similarity,
        document_read: raw.document_read.unwrap_or(true),
        screening_matches,
        ..Verdict::of(result)
    })
}

impl ScenarioFile {
    /// The scenario `name`; a first stage without `when` comes at `finish`.
    pub(super) fn into_scenario(self, name: String, finish: &Trigger) -> Scenario {
        let Self(raw) = self;
        let stage = |stage: StageFile| Stage { when: stage.when.unwrap_or(finish.clone()), effect: stage.effect };
        Scenario {
            name,
            description: raw.description,
            refuse_begin: raw.refuse_begin,
            flags: raw.flags,
            steps: Steps::from_objects(raw.steps.into_iter().map(Value::Object).collect()),
            operator_answers: raw
                .operator_answers
                .into_iter()
                .map(|(key, OperatorAnswer(value))| (key, value))
                .collect(),
            stages: raw.stages.map_or(Vec::new(), |Stages(stages)| stages.into_iter().map(stage).collect()),
        }
    }
}
