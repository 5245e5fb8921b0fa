//! The file form of a scenario.

use serde_json::{Map, Value, json};

use super::{PersonPatch, ResultValue, Scenario, Stage, StageEffect, Verdict};
use crate::{clock::format_duration, vendor::ResultCase};

impl Scenario {
    /// Returns the keys of a scenario file, and `name`.
    pub(crate) fn to_file_value(&self) -> Map<String, Value> {
        let Self {
            name,
            description,
            matches,
            refuse_begin,
            begin_fault,
            session_lifetime,
            form,
            person,
            operator_answers,
            stages,
            origin: _,
            problem: _,
        } = self;
        let mut keys = Map::new();
        let mut say = |key: &str, value: Value| drop(keys.insert(key.to_owned(), value));
        say("name", name.as_str().into());
        say("description", description.as_str().into());
        matches.iter().for_each(|matches| say("match", matches.to_file_value()));
        refuse_begin.iter().for_each(|code| say("refuse_begin", code.as_str().into()));
        begin_fault.iter().for_each(|fault| say("begin_fault", json!(fault)));
        session_lifetime.iter().for_each(|time| say("session_lifetime", format_duration(*time).into()));
        for (key, text) in [("flags", form.flags()), ("steps", form.steps())] {
            if !text.is_empty() {
                say(key, serde_json::from_str(text).expect("what is asked for is JSON"));
            }
        }
        person.iter().for_each(|person| say("person", person.to_file_value()));
        if !operator_answers.is_empty() {
            say("operator_answers", operator_answers.clone().into());
        }
        if refuse_begin.is_none() {
            say("stages", stages.iter().map(|stage| Value::Object(stage.to_file_value())).collect());
        }
        keys
    }
}

impl Stage {
    fn to_file_value(&self) -> Map<String, Value> {
        let mut keys = Map::new();
        if !self.when.is_empty() {
            keys.insert("when".into(), self.when.iter().map(ToString::to_string).collect());
        }
        for effect in &self.effects {
            let (key, value) = match effect {
                StageEffect::Verdict(verdict) => {
                    keys.extend(verdict.to_file_value("result"));
                    continue;
                }
                StageEffect::Error(code) => ("error", code.as_str().into()),
                StageEffect::Document(name) => ("document", name.as_str().into()),
                StageEffect::Person(members) => ("person", members.clone().into()),
                StageEffect::DocumentPatch(members) => ("change", members.clone().into()),
                StageEffect::Fault(fault) => ("fault", json!(fault)),
            };
            keys.insert(key.into(), value);
        }
        keys
    }
}

impl PersonPatch {
    fn to_file_value(&self) -> Value {
        match &self.name {
            Some(name) if self.members.is_empty() => name.as_str().into(),
            Some(name) => {
                let mut members = self.members.clone();
                members.insert("like".into(), name.as_str().into());
                members.into()
            }
            None => self.members.clone().into(),
        }
    }
}

impl Verdict {
    /// Returns the keys of a verdict in a stage, with the outcome under `word_key`; absent details are omitted.
    pub(crate) fn to_file_value(&self, word_key: &str) -> Map<String, Value> {
        let mut keys = Map::from_iter([(word_key.to_owned(), self.result.word(ResultCase::Upper).into())]);
        if let ResultValue::Unlisted(_) = self.result {
            keys.insert("unlisted".into(), true.into());
        }
        let Value::Object(details) = json!(self.details) else { unreachable!("details are a struct") };
        keys.extend(details);
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        built_in::SCENARIOS,
        data_file::DataFile,
        scenario::{ScenarioFile, ScenarioSource, ScreeningMatch},
    };

    fn read(mut written: Map<String, Value>) -> Scenario {
        let name = written.shift_remove("name").unwrap();
        let file: ScenarioFile = serde_json::from_value(written.into()).unwrap();
        file.named(name.as_str().unwrap(), ScenarioSource::File)
    }

    #[test]
    fn every_built_in_scenario_that_is_written_is_read_as_it_was() {
        for file in SCENARIOS {
            let parsed: ScenarioFile = DataFile::built_in(file).parse().unwrap();
            let scenario = parsed.named(file.name, ScenarioSource::File);
            assert_eq!(format!("{:?}", read(scenario.to_file_value())), format!("{scenario:?}"), "{}", file.name);
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
        let parsed: Result<ScenarioFile, _> = serde_json::from_value(file);
        let Ok(parsed) = parsed else { panic!("{}", parsed.err().unwrap()) };
        let scenario = parsed.named("all", ScenarioSource::File);
        assert_eq!(format!("{:?}", read(scenario.to_file_value())), format!("{scenario:?}"));
    }
}
