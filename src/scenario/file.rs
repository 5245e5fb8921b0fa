//! The format of a scenario file, and what is checked when one is read.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Effect, RejectReason, Scenario, ScreeningMatch, Stage, Trigger, Verdict};
use crate::{
    session::{Outcome, Steps},
    vendor_error::ErrorCode,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenarioFile {
    description: String,
    #[serde(default)]
    refuse_begin: Option<ErrorCode>,
    #[serde(default)]
    flags: Map<String, Value>,
    #[serde(default)]
    steps: Vec<Map<String, Value>>,
    #[serde(default)]
    operator_answers: Map<String, Value>,
    #[serde(default)]
    stages: Vec<StageFile>,
}

/// Checked where it is read, so that an error has a line and a column.
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
    reject_reason: Option<RawReason>,
    result_comment: Option<String>,
    live: Option<bool>,
    similarity: Option<f64>,
    document_read: Option<bool>,
    screening_matches: Option<Vec<ScreeningMatch>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawReason {
    Value(String),
    Described { value: String, description: String },
}

impl TryFrom<RawStage> for StageFile {
    type Error = String;

    fn try_from(raw: RawStage) -> Result<Self, String> {
        let effect = match (raw.result, raw.error) {
            (Some(result), None) => Effect::Verdict(verdict(result, &raw)?),
            (None, Some(error)) => {
                if raw.says_more_than_an_error() {
                    return Err("a stage with `error` answers no document: it takes `when` and nothing else".into());
                }
                Effect::Error(error)
            }
            (Some(_), Some(_)) => return Err("a stage has either `result` or `error`, not both".into()),
            (None, None) => return Err("a stage needs `result` or `error`".into()),
        };
        Ok(Self { when: raw.when, effect })
    }
}

impl RawStage {
    fn says_more_than_an_error(&self) -> bool {
        self.reject_reason.is_some()
            || self.result_comment.is_some()
            || self.live.is_some()
            || self.similarity.is_some()
            || self.document_read.is_some()
            || self.screening_matches.is_some()
    }
}

fn verdict(result: Outcome, raw: &RawStage) -> Result<Verdict, String> {
    if raw.reject_reason.is_some() && result != Outcome::Rejected {
        return Err(format!("`reject_reason` goes with the result REJECTED, not with {result}"));
    }
    if raw.similarity.is_some_and(|similarity| !(0.0..=1.0).contains(&similarity)) {
        return Err("`similarity` is a number from 0 to 1".into());
    }
    let reject_reason = raw.reject_reason.as_ref().map(|reason| match reason {
        RawReason::Value(value) => RejectReason::described(value.clone(), None),
        RawReason::Described { value, description } => {
            RejectReason::described(value.clone(), Some(description.clone()))
        }
    });
    Ok(Verdict {
        reject_reason,
        result_comment: raw.result_comment.clone().unwrap_or_default(),
        live: raw.live,
        similarity: raw.similarity,
        document_read: raw.document_read.unwrap_or(true),
        screening_matches: raw.screening_matches.clone().unwrap_or_default(),
        ..Verdict::of(result)
    })
}

impl ScenarioFile {
    /// The scenario `name`; a first stage without `when` comes at `finish`.
    ///
    /// # Errors
    ///
    /// A message that says which later stage has no `when`.
    pub(super) fn into_scenario(self, name: String, finish: Trigger) -> Result<Scenario, String> {
        let mut stages = Vec::with_capacity(self.stages.len());
        for (number, stage) in self.stages.into_iter().enumerate() {
            let when = match (stage.when, number) {
                (Some(when), _) => when,
                (None, 0) => finish,
                (None, _) => {
                    return Err(format!("stage {} has no `when`: only the first may leave it out", number + 1));
                }
            };
            stages.push(Stage { when, effect: stage.effect });
        }
        Ok(Scenario {
            name,
            description: self.description,
            refuse_begin: self.refuse_begin,
            flags: self.flags,
            steps: Steps::new(self.steps.into_iter().map(Value::Object).collect())?,
            operator_answers: self.operator_answers,
            stages,
        })
    }
}
