//! The format of a scenario file.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    BeginMatch, PersonPatch, RejectReason, ResultValue, Scenario, ScenarioSource, ScreeningMatch, Stage, StageEffect,
    Verdict,
    check::{check_answer, check_order},
    trigger::Triggers,
};
use crate::{
    clock::parse_duration,
    faults::FaultFile,
    vendor::{ErrorCode, FlagsAndSteps},
};

/// Checked where it is read, as its parts are, so that an error has a line and a column.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "RawScenario")]
pub(crate) struct ScenarioFile(#[cfg_attr(test, schemars(with = "RawScenario"))] Scenario);

/// A scenario: what happens to the sessions that take it, and when.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RawScenario {
    /// What happens, in a sentence.
    description: String,
    /// The calls of `begin/` that take this scenario without asking for it.
    #[serde(rename = "match")]
    matches: Option<BeginMatch>,
    /// `begin/` answers this error, and no session comes to be.
    refuse_begin: Option<ErrorCode>,
    /// Something goes wrong with `begin/`; once it has healed, the next session begins, and after that it starts over.
    begin_fault: Option<FaultFile>,
    /// How long a token opens the widget: `2m`; `0s` for one that never does.
    session_lifetime: Option<Lifetime>,
    /// Who goes through: a name from `people` of the fixtures, or members that are different about the person.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    person: Option<PersonPatch>,
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
    /// The schema of such files, for editors.
    #[serde(rename = "$schema")]
    #[cfg_attr(test, schemars(skip))]
    _schema: Option<String>,
}

/// A length of time such as `90s`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "String")]
struct Lifetime(#[cfg_attr(test, schemars(with = "String"))] Duration);

/// A text, a boolean, or a list of texts (specification, section 5).
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "Value")]
struct OperatorAnswer(Value);

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "Vec<StageFile>")]
struct Stages(#[cfg_attr(test, schemars(with = "Vec<StageFile>"))] Vec<Stage>);

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "RawStage")]
struct StageFile(#[cfg_attr(test, schemars(with = "RawStage"))] Stage);

/// One stage: when it comes, and what it changes.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RawStage {
    /// What brings it about, counted from the stage before: a trigger, or a list of them. The first stage that gives an
    /// outcome may leave it out.
    when: Option<Triggers>,
    /// The outcome from now on.
    result: Option<String>,
    /// The outcome is a word that no document of the vendor lists.
    #[serde(default)]
    unlisted: bool,
    /// The error that `result/` and `delete/` answer from now on.
    error: Option<ErrorCode>,
    /// The document of the fixtures that they answer from now on, by its name.
    document: Option<String>,
    /// What is different about the person from now on: members of the file of a person; null takes a member away.
    person: Option<Map<String, Value>>,
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
        check_answer(&answer)?;
        Ok(Self(answer))
    }
}

impl TryFrom<RawScenario> for ScenarioFile {
    type Error = String;

    fn try_from(raw: RawScenario) -> Result<Self, String> {
        if raw.stages.is_none() && raw.refuse_begin.is_none() {
            return Err("a scenario needs `stages` (`[]` if no stage is ever reached)".into());
        }
        let steps: Vec<_> = raw.steps.into_iter().map(Value::Object).collect();
        let answers = raw.operator_answers.into_iter().map(|(key, OperatorAnswer(value))| (key, value));
        let scenario = Scenario {
            description: raw.description,
            matches: raw.matches,
            refuse_begin: raw.refuse_begin,
            begin_fault: raw.begin_fault.map(|FaultFile(fault)| fault),
            session_lifetime: raw.session_lifetime.map(|Lifetime(time)| time),
            form: FlagsAndSteps::from_values(raw.flags, &steps),
            person: raw.person,
            operator_answers: answers.collect(),
            stages: raw.stages.map_or(Vec::new(), |Stages(stages)| stages),
            ..Scenario::new("")
        };
        scenario.check_begin()?;
        Ok(Self(scenario))
    }
}

impl TryFrom<Vec<StageFile>> for Stages {
    type Error = String;

    fn try_from(stages: Vec<StageFile>) -> Result<Self, String> {
        let stages: Vec<_> = stages.into_iter().map(|StageFile(stage)| stage).collect();
        check_order(&stages)?;
        Ok(Self(stages))
    }
}

impl TryFrom<RawStage> for StageFile {
    type Error = String;

    fn try_from(mut raw: RawStage) -> Result<Self, String> {
        let mut stage = Stage::with_default_trigger();
        stage.when = raw.when.take().map_or(Vec::new(), |Triggers(triggers)| triggers);
        let others = [
            raw.error.take().map(StageEffect::Error),
            raw.document.take().map(StageEffect::Document),
            raw.person.take().map(StageEffect::Person),
            raw.change.take().map(StageEffect::DocumentPatch),
            raw.fault.take().map(|FaultFile(fault)| StageEffect::Fault(fault)),
        ];
        stage.effects = match raw.result.take() {
            Some(word) => vec![StageEffect::Verdict(raw.verdict(word)?)],
            None => match raw.first_detail() {
                Some(name) => return Err(format!("`{name}` needs a `result`")),
                None => Vec::new(),
            },
        };
        stage.effects.extend(others.into_iter().flatten());
        stage.check()?;
        Ok(Self(stage))
    }
}

impl RawStage {
    /// What is said about a result, if anything.
    fn first_detail(&self) -> Option<&'static str> {
        let details = [
            (self.unlisted, "unlisted"),
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

    fn verdict(self, word: String) -> Result<Verdict, String> {
        let result = if self.unlisted {
            ResultValue::Unlisted(word)
        } else {
            ResultValue::Listed(word.parse().map_err(|problem| {
                format!("{problem}; another word, to see what a client does with it, needs `unlisted: true`")
            })?)
        };
        let reject_reason = match (self.reject_reason, self.reject_description) {
            (None, None) => None,
            (value, description) => {
                Some(RejectReason { value: value.unwrap_or_default(), description: description.unwrap_or_default() })
            }
        };
        Ok(Verdict {
            reject_reason,
            result_comment: self.result_comment.unwrap_or_default(),
            live: self.live,
            similarity: self.similarity,
            document_read: self.document_read.unwrap_or(true),
            screening_matches: self.screening_matches.unwrap_or_default(),
            ..Verdict::with_result(result)
        })
    }
}

impl ScenarioFile {
    /// The scenario, under that name.
    pub(crate) fn named(self, name: &str, origin: ScenarioSource) -> Scenario {
        let Self(scenario) = self;
        Scenario { name: name.to_owned(), origin, ..scenario }
    }
}
