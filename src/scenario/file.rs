//! The format of a scenario file, and what is checked when one is read.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Effect, Match, RejectReason, ResultValue, Scenario, ScreeningMatch, Stage, Trigger, Verdict};
use crate::{
    clock::parse_duration,
    faults::{Endpoint, FaultFile},
    vendor::{ErrorCode, Form, Outcome},
};

/// Checked where it is read, as its parts are, so that an error has a line and a column.
#[derive(Deserialize)]
#[serde(try_from = "RawScenario")]
pub(super) struct ScenarioFile(RawScenario);

/// A scenario: what happens to the sessions that take it, and when.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScenario {
    /// What happens, in a sentence.
    description: String,
    /// The calls of `begin/` that take this scenario without asking for it.
    #[serde(rename = "match")]
    matches: Option<Match>,
    /// `begin/` answers this error, and no session comes to be.
    refuse_begin: Option<ErrorCode>,
    /// Something goes wrong with `begin/`; once it has healed, the next session begins, and after that it starts over.
    begin_fault: Option<FaultFile>,
    /// How long a token opens the widget: `2m`; `0s` for one that never does.
    session_lifetime: Option<Lifetime>,
    /// Laid over the flags of the call.
    #[serde(default)]
    flags: Map<String, Value>,
    /// Laid over the steps of the call; a step replaces the one of the same `key`.
    #[serde(default)]
    steps: Vec<Map<String, Value>>,
    /// What the vendor's operator answers in questionnaires: question key and answer.
    #[serde(default)]
    operator_answers: BTreeMap<String, OperatorAnswer>,
    /// What happens, one after the other.
    stages: Option<Stages>,
}

/// A length of time such as `90s`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Lifetime(Duration);

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
    effects: Vec<Effect>,
}

/// One stage: when it comes, and what it changes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStage {
    /// What brings it about, counted from the stage before. The first stage that gives an outcome may leave it out.
    when: Option<Trigger>,
    /// The outcome from now on.
    result: Option<Outcome>,
    /// An outcome that no document of the vendor lists.
    unlisted_result: Option<String>,
    /// The error that `result/` and `delete/` answer from now on.
    error: Option<ErrorCode>,
    /// The document of the fixtures that they answer from now on, by its name.
    document: Option<String>,
    /// Members laid over every document from now on, at any depth; null takes a member away.
    change: Option<Map<String, Value>>,
    /// Something that goes wrong with calls for the session.
    fault: Option<FaultFile>,
    /// The word for why the person was rejected.
    reject_reason: Option<String>,
    /// The reason in a sentence; otherwise an empty text.
    reject_description: Option<String>,
    /// The comment of an operator.
    result_comment: Option<String>,
    /// Whether the person was found to be alive; otherwise as the flags imply.
    live: Option<bool>,
    /// How similar face and document are, 0 to 1.
    similarity: Option<f64>,
    /// Whether a document could be read; without one there is no person in the answer.
    document_read: Option<bool>,
    /// People on screening lists who may be the person.
    screening_matches: Option<Vec<ScreeningMatch>>,
}

impl TryFrom<String> for Lifetime {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        parse_duration(&text).map(Self)
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

impl TryFrom<RawScenario> for ScenarioFile {
    type Error = String;

    fn try_from(raw: RawScenario) -> Result<Self, String> {
        let begin_fault = raw.begin_fault.as_ref().and_then(|FaultFile(fault)| fault.endpoint());
        match (&raw.refuse_begin, &raw.stages) {
            _ if begin_fault.is_some_and(|on| on != Endpoint::Begin) => {
                Err("`begin_fault` is on `begin/`: leave `on` out, or give the fault to a stage".into())
            }
            (Some(_), Some(_)) => {
                Err("where `begin/` is refused there is no session: `refuse_begin` goes without `stages`".into())
            }
            (None, None) => Err("a scenario needs `stages` ([] for one in which nothing ever comes)".into()),
            _ => Ok(Self(raw)),
        }
    }
}

impl TryFrom<Vec<StageFile>> for Stages {
    type Error = String;

    fn try_from(stages: Vec<StageFile>) -> Result<Self, String> {
        let is_outcome = |stage: &StageFile| {
            stage.effects.iter().any(|effect| matches!(effect, Effect::Verdict(_) | Effect::Document(_)))
        };
        let first_outcome = stages.iter().position(is_outcome);
        let mut numbered = stages.iter().enumerate();
        if let Some((at, _)) = numbered.find(|(at, stage)| stage.when.is_none() && first_outcome != Some(*at)) {
            return Err(format!(
                "stage {} has no `when`: only the first one with an outcome may leave it out, and comes as --finish says",
                at + 1
            ));
        }
        // What happens once in a widget cannot bring a stage about after something that happens later.
        let moments = stages.iter().map(|stage| stage.when.as_ref().and_then(Trigger::moment_in_widget));
        let moments: Vec<_> = moments.enumerate().filter_map(|(at, moment)| Some((at, moment?))).collect();
        for pair in moments.windows(2) {
            let [(earlier_at, earlier), (at, moment)] = [pair[0], pair[1]];
            let (when, steps) = (stages[at].when.as_ref(), Trigger::Step(String::new()).moment_in_widget());
            let is_late = moment < earlier || (moment == earlier && Some(moment) != steps);
            if let Some(when) = when.filter(|_| is_late) {
                return Err(format!(
                    "stage {} would come together with stage {}: `{when}` has happened by then; give one stage both \
                     effects, or wait with `after=`, `polls=` or `operator`",
                    at + 1,
                    earlier_at + 1,
                ));
            }
        }
        Ok(Self(stages))
    }
}

impl TryFrom<RawStage> for StageFile {
    type Error = String;

    fn try_from(mut raw: RawStage) -> Result<Self, String> {
        let when = raw.when.take();
        let result = match (raw.result.take(), raw.unlisted_result.take()) {
            (Some(_), Some(_)) => return Err("a stage has either `result` or `unlisted_result`, not both".into()),
            (Some(listed), None) => Some(ResultValue::Listed(listed)),
            (None, Some(word)) => Some(unlisted(word)?),
            (None, None) => None,
        };
        let mut effects = Vec::new();
        effects.extend(raw.error.take().map(Effect::Error));
        effects.extend(raw.document.take().map(Effect::Document));
        if effects.len() + usize::from(result.is_some()) > 1 {
            return Err("a stage answers one thing: `result`, `error` or `document`".into());
        }
        effects.extend(raw.change.take().map(Effect::Change));
        if let Some(FaultFile(fault)) = raw.fault.take() {
            match fault.endpoint() {
                Some(Endpoint::Begin) => {
                    return Err("a stage comes after `begin/`: a fault on it is the scenario's `begin_fault`".into());
                }
                Some(endpoint @ (Endpoint::CompareFaces | Endpoint::GetScreeningPersonDetails)) => {
                    return Err(format!(
                        "`{endpoint}/` names no session, so no stage lets it go wrong: give the fault to the company or \
                         the server"
                    ));
                }
                Some(Endpoint::Result | Endpoint::Delete | Endpoint::Media(_)) | None => {}
            }
            effects.push(Effect::Fault(fault));
        }
        match result {
            Some(result) => effects.insert(0, Effect::Verdict(verdict(result, raw)?)),
            None => {
                if let Some(name) = raw.first_detail() {
                    return Err(format!("`{name}` says more about a result: it goes with `result`"));
                }
            }
        }
        if effects.is_empty() {
            return Err("a stage changes something: `result`, `error`, `document`, `change` or `fault`".into());
        }
        Ok(Self { when, effects })
    }
}

/// A word that is listed would be read as a mistake by whoever meets it later.
fn unlisted(word: String) -> Result<ResultValue, String> {
    match word.parse::<Outcome>() {
        Ok(listed) => Err(format!("`{listed}` is a result that the vendor lists: write it as `result`")),
        Err(_) if word.trim().is_empty() => Err("`unlisted_result` is empty".into()),
        Err(_) => Ok(ResultValue::Unlisted(word)),
    }
}

impl RawStage {
    /// What is said about a result, if anything.
    fn first_detail(&self) -> Option<&'static str> {
        let details = [
            (self.reject_reason.is_some(), "reject_reason"),
            (self.reject_description.is_some(), "reject_description"),
            (self.result_comment.is_some(), "result_comment"),
            (self.live.is_some(), "live"),
            (self.similarity.is_some(), "similarity"),
            (self.document_read.is_some(), "document_read"),
            (self.screening_matches.is_some(), "screening_matches"),
        ];
        details.into_iter().find_map(|(is_there, name)| is_there.then_some(name))
    }
}

fn verdict(result: ResultValue, raw: RawStage) -> Result<Verdict, String> {
    if let ResultValue::Listed(outcome) = result
        && raw.reject_reason.is_some()
        && outcome != Outcome::Rejected
    {
        return Err(format!("`reject_reason` goes with the result REJECTED, not with {outcome}"));
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
    /// The scenario `name`; a first outcome without `when` comes at `finish`.
    pub(super) fn into_scenario(self, name: String, finish: &Trigger) -> Scenario {
        let Self(raw) = self;
        let stages = raw.stages.map_or(Vec::new(), |Stages(stages)| stages);
        let faults = stages.iter().flat_map(|stage| &stage.effects).filter(|it| matches!(it, Effect::Fault(_))).count();
        let stage = |(at, stage): (usize, StageFile)| {
            // Hints and log call a fault after its scenario, where it has no name.
            let named = |effect| match effect {
                Effect::Fault(fault) if faults == 1 => Effect::Fault(fault.or_named(&name)),
                Effect::Fault(fault) => Effect::Fault(fault.or_named(&format!("{name}, stage {}", at + 1))),
                other => other,
            };
            let effects = stage.effects.into_iter().map(named).collect();
            Stage { when: stage.when.unwrap_or_else(|| finish.clone()), effects }
        };
        let stages = stages.into_iter().enumerate().map(stage).collect();
        let answers = raw.operator_answers.into_iter().map(|(key, OperatorAnswer(value))| (key, value));
        Scenario {
            description: raw.description,
            matches: raw.matches,
            refuse_begin: raw.refuse_begin,
            begin_fault: raw.begin_fault.map(|FaultFile(fault)| fault.on(Endpoint::Begin).or_named(&name)),
            session_lifetime: raw.session_lifetime.map(|Lifetime(time)| time),
            form: Form::from_values(raw.flags, &raw.steps.into_iter().map(Value::Object).collect::<Vec<_>>()),
            operator_answers: answers.collect(),
            stages,
            name,
        }
    }
}
