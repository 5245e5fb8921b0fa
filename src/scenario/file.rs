//! A scenario as it is written: in files, in bodies of the control API, and back.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    BeginMatch, PersonPatch, Scenario, ScenarioSource, Stage, StageEffect, Verdict, VerdictDetails,
    check::{check_answer, check_order},
    trigger::Triggers,
    verdict_details::{verdict_details, with_details},
};
use crate::{
    clock::DurationText,
    faults::Fault,
    json_text::members_of,
    problem::{Problem, member_path},
    vendor::{ErrorCode, FlagsAndSteps, ResultCase},
};

/// A scenario: what happens to its sessions, and when. Its parts are validated while they are read, so that problems
/// have a position.
#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(description = "A scenario: what happens to its sessions, and when."))]
#[serde(rename = "Scenario", deny_unknown_fields)]
pub(super) struct ScenarioKeys {
    /// Description of the scenario, in one sentence.
    description: String,
    /// The calls of `begin/` that select this scenario without naming it.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    matches: Option<BeginMatch>,
    /// The error of `begin/`; no session is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    refuse_begin: Option<ErrorCode>,
    /// A fault on `begin/`; after it expires, the next session begins, then the fault starts over.
    #[serde(skip_serializing_if = "Option::is_none")]
    begin_fault: Option<Fault>,
    /// How long a token opens the widget: `2m`; `0s` if it never does.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_lifetime: Option<DurationText>,
    /// The person: a name from `people` of the fixtures, or members that differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonPatch>,
    /// Flags that override those of the call.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    flags: Map<String, Value>,
    /// Steps that are added to those of the call; a step replaces the step with the same `key`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    steps: Vec<Map<String, Value>>,
    /// Answers of the vendor's operator in questionnaires, by question key.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    operator_answers: IndexMap<String, OperatorAnswer>,
    /// The stages, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    stages: Option<Stages>,
    /// The schema of this kind of file, for editors.
    #[serde(rename = "$schema", skip_serializing)]
    #[cfg_attr(test, schemars(skip))]
    _schema: Option<String>,
}

/// A string, a boolean, or a list of strings.
///
/// [Source](crate::fidelity#the-result-document).
#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(extend("anyOf" = [
    {"type": "string"},
    {"type": "boolean"},
    {"type": "array", "items": {"type": "string"}},
])))]
#[serde(try_from = "Value")]
struct OperatorAnswer(Value);

#[derive(Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "Vec<Stage>")]
struct Stages(Vec<Stage>);

verdict_details!(with_details! {
    /// A stage: its triggers and its effects.
    #[derive(Default, Deserialize, Serialize)]
    #[cfg_attr(test, derive(schemars::JsonSchema))]
    #[serde(rename = "Stage", deny_unknown_fields)]
    pub(super) struct StageKeys {
        /// A trigger or a list of triggers, counted from the previous stage. The first stage with an outcome may omit it.
        #[serde(skip_serializing_if = "Option::is_none")]
        when: Option<Triggers>,
        /// The outcome.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, schemars(schema_with = "described::outcomes"))]
        result: Option<String>,
        /// Whether the outcome is a word that the vendor does not document.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unlisted: bool,
        /// The error of `result/` and `delete/`.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<ErrorCode>,
        /// The fixture document that `result/` and `delete/` return, by name.
        #[serde(skip_serializing_if = "Option::is_none")]
        document: Option<String>,
        /// A change to the person: members of a person file; null removes a member.
        #[serde(skip_serializing_if = "Option::is_none")]
        person: Option<Map<String, Value>>,
        /// A change to every document: members are merged at any depth; null removes a member.
        #[serde(skip_serializing_if = "Option::is_none")]
        change: Option<Map<String, Value>>,
        /// A fault for calls of the session.
        #[serde(skip_serializing_if = "Option::is_none")]
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

impl TryFrom<ScenarioKeys> for Scenario {
    type Error = Problem;

    fn try_from(keys: ScenarioKeys) -> Result<Self, Problem> {
        if keys.stages.is_none() && keys.refuse_begin.is_none() {
            return Err(Problem::rule("a scenario needs `stages` (`[]` if no stage is ever reached)"));
        }
        let answers = keys.operator_answers.into_iter().map(|(key, OperatorAnswer(value))| (key, value));
        let scenario = Self {
            description: keys.description,
            matches: keys.matches,
            refuse_begin: keys.refuse_begin,
            begin_fault: keys.begin_fault,
            session_lifetime: keys.session_lifetime.map(|DurationText(time)| time),
            form: FlagsAndSteps::from_values(keys.flags, &keys.steps),
            person: keys.person,
            operator_answers: answers.collect(),
            stages: keys.stages.map_or(Vec::new(), |Stages(stages)| stages),
            ..Self::new("")
        };
        scenario.check_begin()?;
        Ok(scenario)
    }
}

impl From<Scenario> for ScenarioKeys {
    fn from(scenario: Scenario) -> Self {
        let answers = scenario.operator_answers.into_iter().map(|(key, value)| (key, OperatorAnswer(value)));
        Self {
            description: scenario.description,
            matches: scenario.matches,
            refuse_begin: scenario.refuse_begin,
            begin_fault: scenario.begin_fault,
            session_lifetime: scenario.session_lifetime.map(DurationText),
            person: scenario.person,
            flags: parsed_or_default(scenario.form.flags()),
            steps: parsed_or_default(scenario.form.steps()),
            operator_answers: answers.collect(),
            stages: scenario.refuse_begin.is_none().then_some(Stages(scenario.stages)),
            _schema: None,
        }
    }
}

/// Returns the flags or steps of a scenario.
fn parsed_or_default<T: DeserializeOwned + Default>(text: &str) -> T {
    if text.is_empty() { T::default() } else { serde_json::from_str(text).expect("flags and steps are JSON") }
}

impl TryFrom<Vec<Stage>> for Stages {
    type Error = Problem;

    fn try_from(stages: Vec<Stage>) -> Result<Self, Problem> {
        check_order(&stages)?;
        Ok(Self(stages))
    }
}

impl TryFrom<StageKeys> for Stage {
    type Error = Problem;

    fn try_from(mut keys: StageKeys) -> Result<Self, Problem> {
        let mut stage = Self::with_default_trigger();
        stage.when = keys.when.take().map_or(Vec::new(), |Triggers(triggers)| triggers);
        let others = [
            keys.error.take().map(StageEffect::Error),
            keys.document.take().map(StageEffect::Document),
            keys.person.take().map(StageEffect::Person),
            keys.change.take().map(StageEffect::DocumentPatch),
            keys.fault.take().map(StageEffect::Fault),
        ];
        stage.effects = keys.verdict()?.map(StageEffect::Verdict).into_iter().collect();
        stage.effects.extend(others.into_iter().flatten());
        stage.check()?;
        Ok(stage)
    }
}

impl From<Stage> for StageKeys {
    fn from(stage: Stage) -> Self {
        let when = Some(stage.when).filter(|triggers| !triggers.is_empty()).map(Triggers);
        let mut keys = Self { when, ..Self::default() };
        for effect in stage.effects {
            match effect {
                StageEffect::Verdict(verdict) => {
                    keys.result = Some(verdict.result.word(ResultCase::Upper).into_owned());
                    keys.unlisted = verdict.result.is_unlisted();
                    keys.swap_details(verdict.details);
                }
                StageEffect::Error(code) => keys.error = Some(code),
                StageEffect::Document(name) => keys.document = Some(name),
                StageEffect::Person(members) => keys.person = Some(members),
                StageEffect::DocumentPatch(members) => keys.change = Some(members),
                StageEffect::Fault(fault) => keys.fault = Some(fault),
            }
        }
        keys
    }
}

impl StageKeys {
    fn verdict(mut self) -> Result<Option<Verdict>, Problem> {
        let details = self.swap_details(VerdictDetails::NONE);
        let Some(word) = self.result else {
            let name = Some("unlisted").filter(|_| self.unlisted).or(details.first_name());
            return name.map_or(Ok(None), |name| Err(Problem::of_key(name, format!("`{name}` needs a `result`"))));
        };
        let remedy = "another word, to see what a client does with it, needs `unlisted: true`";
        let verdict = Verdict::from_word(word, self.unlisted, details);
        verdict.map(Some).map_err(|problem| problem.with_remedy(remedy).at(&member_path!["result"]))
    }
}

impl Scenario {
    /// Returns the scenario with this name.
    pub(crate) fn named(self, name: &str, origin: ScenarioSource) -> Self {
        Self { name: name.to_owned(), origin, ..self }
    }

    /// Returns the keys of a scenario file, and `name`.
    pub(crate) fn to_members(&self) -> Map<String, Value> {
        let mut members = Map::from_iter([("name".to_owned(), self.name.as_str().into())]);
        members.extend(members_of(self));
        members
    }
}

#[cfg(test)]
mod described {
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use serde_json::json;

    use crate::vendor::Outcome;

    /// Lists the documented outcomes, each with its description; a stage can have others.
    pub(super) fn outcomes(generator: &mut SchemaGenerator) -> Schema {
        let mut listed = Outcome::json_schema(generator).remove("oneOf").expect("it has variants");
        let forms = listed.as_array_mut().expect("a list");
        forms.extend([json!({"type": "string"}), json!({"type": "null"})]);
        json_schema!({"anyOf": listed})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        built_in::SCENARIOS,
        data_file::DataFile,
        scenario::{ScenarioSource, ScreeningMatch},
    };

    fn read(mut written: Map<String, Value>) -> Scenario {
        let name = written.shift_remove("name").unwrap();
        let file: Scenario = serde_json::from_value(written.into()).unwrap();
        file.named(name.as_str().unwrap(), ScenarioSource::File)
    }

    #[test]
    fn every_built_in_scenario_that_is_written_is_read_as_it_was() {
        for file in SCENARIOS {
            let parsed: Scenario = DataFile::built_in(file).parse().unwrap();
            let scenario = parsed.named(file.name, ScenarioSource::File);
            assert_eq!(format!("{:?}", read(scenario.to_members())), format!("{scenario:?}"), "{}", file.name);
        }
    }

    #[test]
    fn all_that_can_be_said_is_written() {
        let found = ScreeningMatch {
            score: 81.5,
            name: "Somebody".into(),
            person_id: "Q1".into(),
            review_status: "pending".into(),
        };
        let file = json!({
            "description": "All of it.",
            "match": {
                "company": "a", "flags": {"liveness": true, "language": {"present": false}}, "steps": {"contains": {"key": "k"}},
                "header": {"x-test": {"glob": "a*"}}, "return_url": {"contains": "late"},
            },
            "begin_fault": {"status": 503}, "session_lifetime": "2m", "flags": {"skip_face": true},
            "steps": [{"type": "liveness", "key": "k"}], "person": {"like": "somebody", "first_name": "Other"},
            "operator_answers": {"q": "a"},
            "stages": [
                {"when": ["opened", "after=1500ms"], "person": {"last_name": null}, "change": {"name": "x"}, "fault": {"delay": "1s to 2s"}},
                {"when": "step=k", "change": {"name": "y"}},
                {"when": "widget", "document": "a"},
                {"when": "polls=2", "error": "SESSION_NOT_FOUND"},
                {"when": "operator", "result": "rejected", "reject_reason": "face_mismatch", "reject_description": "No",
                 "result_comment": "c", "live": false, "similarity": 0.25, "document_read": false, "screening_matches": [found]},
                {"when": "after=1s", "result": "ON_HOLD", "unlisted": true},
            ],
        });
        let parsed: Result<Scenario, _> = serde_json::from_value(file);
        let Ok(parsed) = parsed else { panic!("{}", parsed.err().unwrap()) };
        let scenario = parsed.named("all", ScenarioSource::File);
        assert_eq!(format!("{:?}", read(scenario.to_members())), format!("{scenario:?}"));
    }
}
