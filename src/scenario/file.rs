//! The format of a scenario file.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    BeginMatch, PersonPatch, Scenario, ScenarioSource, Stage, StageEffect, Verdict,
    check::{check_answer, check_order},
    trigger::Triggers,
    verdict_details::{verdict_details, with_details},
};
use crate::{
    clock::DurationText,
    faults::Fault,
    problem::{Problem, member_path},
    vendor::{ErrorCode, FlagsAndSteps},
};

/// A validated scenario file. Its parts are validated while they are parsed, so errors have a position.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "RawScenario")]
pub(crate) struct ScenarioFile(#[cfg_attr(test, schemars(with = "RawScenario"))] Scenario);

/// A scenario: what happens to its sessions, and when.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RawScenario {
    /// Description of the scenario, in one sentence.
    description: String,
    /// The calls of `begin/` that select this scenario without naming it.
    #[serde(rename = "match")]
    matches: Option<BeginMatch>,
    /// The error of `begin/`; no session is created.
    refuse_begin: Option<ErrorCode>,
    /// A fault on `begin/`; after it expires, the next session begins, then the fault starts over.
    begin_fault: Option<Fault>,
    /// How long a token opens the widget: `2m`; `0s` if it never does.
    session_lifetime: Option<DurationText>,
    /// The person: a name from `people` of the fixtures, or members that differ.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    person: Option<PersonPatch>,
    /// Flags that override those of the call.
    #[serde(default)]
    flags: Map<String, Value>,
    /// Steps that are added to those of the call; a step replaces the step with the same `key`.
    #[serde(default)]
    steps: Vec<Map<String, Value>>,
    /// Answers of the vendor's operator in questionnaires, by question key.
    #[serde(default)]
    operator_answers: BTreeMap<String, OperatorAnswer>,
    /// The stages, in order.
    stages: Option<Stages>,
    /// The schema of this kind of file, for editors.
    #[serde(rename = "$schema")]
    #[cfg_attr(test, schemars(skip))]
    _schema: Option<String>,
}

/// A string, a boolean, or a list of strings (specification, section 5).
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

verdict_details!(with_details! {
    /// A stage: its triggers and its effects.
    #[derive(Deserialize)]
    #[cfg_attr(test, derive(schemars::JsonSchema))]
    #[serde(deny_unknown_fields)]
    struct RawStage {
        /// A trigger or a list of triggers, counted from the previous stage. The first stage with an outcome may omit it.
        when: Option<Triggers>,
        /// The outcome.
        result: Option<String>,
        /// Whether the outcome is a word that the vendor does not document.
        #[serde(default)]
        unlisted: bool,
        /// The error of `result/` and `delete/`.
        error: Option<ErrorCode>,
        /// The fixture document that `result/` and `delete/` return, by name.
        document: Option<String>,
        /// A change to the person: members of a person file; null removes a member.
        person: Option<Map<String, Value>>,
        /// A change to every document: members are merged at any depth; null removes a member.
        change: Option<Map<String, Value>>,
        /// A fault for calls of the session.
        fault: Option<Fault>,
    }
});

impl TryFrom<Value> for OperatorAnswer {
    type Error = Problem;

    fn try_from(answer: Value) -> Result<Self, Problem> {
        check_answer(&answer)?;
        Ok(Self(answer))
    }
}

impl TryFrom<RawScenario> for ScenarioFile {
    type Error = Problem;

    fn try_from(raw: RawScenario) -> Result<Self, Problem> {
        if raw.stages.is_none() && raw.refuse_begin.is_none() {
            return Err(Problem::rule("a scenario needs `stages` (`[]` if no stage is ever reached)"));
        }
        let answers = raw.operator_answers.into_iter().map(|(key, OperatorAnswer(value))| (key, value));
        let scenario = Scenario {
            description: raw.description,
            matches: raw.matches,
            refuse_begin: raw.refuse_begin,
            begin_fault: raw.begin_fault,
            session_lifetime: raw.session_lifetime.map(|DurationText(time)| time),
            form: FlagsAndSteps::from_values(raw.flags, &raw.steps),
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
    type Error = Problem;

    fn try_from(stages: Vec<StageFile>) -> Result<Self, Problem> {
        let stages: Vec<_> = stages.into_iter().map(|StageFile(stage)| stage).collect();
        check_order(&stages)?;
        Ok(Self(stages))
    }
}

impl TryFrom<RawStage> for StageFile {
    type Error = Problem;

    fn try_from(mut raw: RawStage) -> Result<Self, Problem> {
        let mut stage = Stage::with_default_trigger();
        stage.when = raw.when.take().map_or(Vec::new(), |Triggers(triggers)| triggers);
        let others = [
            raw.error.take().map(StageEffect::Error),
            raw.document.take().map(StageEffect::Document),
            raw.person.take().map(StageEffect::Person),
            raw.change.take().map(StageEffect::DocumentPatch),
            raw.fault.take().map(StageEffect::Fault),
        ];
        stage.effects = raw.verdict()?.map(StageEffect::Verdict).into_iter().collect();
        stage.effects.extend(others.into_iter().flatten());
        stage.check()?;
        Ok(Self(stage))
    }
}

impl RawStage {
    fn verdict(mut self) -> Result<Option<Verdict>, Problem> {
        let details = self.take_details();
        let Some(word) = self.result else {
            let name = Some("unlisted").filter(|_| self.unlisted).or(details.first_name());
            return name.map_or(Ok(None), |name| Err(Problem::of_key(name, format!("`{name}` needs a `result`"))));
        };
        let remedy = "another word, to see what a client does with it, needs `unlisted: true`";
        let verdict = Verdict::from_word(word, self.unlisted, details);
        verdict.map(Some).map_err(|problem| problem.with_remedy(remedy).at(&member_path!["result"]))
    }
}

impl ScenarioFile {
    /// Returns the scenario with this name.
    pub(crate) fn named(self, name: &str, origin: ScenarioSource) -> Scenario {
        let Self(scenario) = self;
        Scenario { name: name.to_owned(), origin, ..scenario }
    }
}
