//! The schemas accept what the parser accepts: tested with valid files, and with each of them after one change.
//! `make test-all` tries every change, `make test` a sample. Both refuse one change of each kind.

mod files;

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    path::PathBuf,
};

use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use self::files::{seeds, settings};
use super::{super::SchemaKind, FileSettings};
use crate::{
    data_file::{DataFile, LoadError},
    result::Person,
    scenario::Scenario,
    thorough::thorough,
};

/// Values that may be written by mistake.
fn others() -> Vec<Value> {
    let others = json!([
        null, true, false, 0, 1, 5, -1, 0.5, 1000, "", " ", "text", "TEXT", "5", "0.5", "1000", "true", "yes", "begin",
        "rejected", "90s", "PT90S", "00:01:30", "90 sec", "0123456789abcdef01234567", [], ["text"], [5], [null],
        {}, {"text": "text"}, {"present": true}, {"present": 1}, {"glob": "*"}, {"contains": null}, {"like": "text"}, {"like": 5}, [{}],
    ]);
    others.as_array().expect("a list").clone()
}

fn read<T: DeserializeOwned>(file: &DataFile) -> Result<T, LoadError> {
    Ok(file.parse()?)
}

/// Parses a value.
fn parsed(of: SchemaKind, value: &Value) -> Result<(), Box<dyn Error>> {
    // JSON is YAML, too.
    let file = DataFile::new(String::new(), PathBuf::new(), value.to_string().into());
    match of {
        SchemaKind::Scenario => drop(read::<Scenario>(&file)?),
        SchemaKind::Person => drop(read::<Person>(&file)?),
        SchemaKind::Config => {
            let problems = read::<FileSettings>(&file)?.0.into_config()?.problems();
            if let Some(problem) = problems.into_iter().next() {
                return Err(problem.into());
            }
        }
    }
    Ok(())
}

/// Returns the value with one change, for every change.
fn changed(value: &Value, members: &BTreeMap<String, Value>) -> Vec<Value> {
    let mut all = others();
    match value {
        Value::Object(object) => {
            for key in object.keys() {
                let mut fewer = object.clone();
                fewer.shift_remove(key);
                all.push(fewer.into());
            }
            for (key, member) in members.iter().filter(|(key, _)| !object.contains_key(*key)) {
                for member in [member, &Value::Null] {
                    let mut more = object.clone();
                    more.insert(key.clone(), member.clone());
                    all.push(more.into());
                }
            }
            for (key, member) in object {
                let with = |member| {
                    let mut with = object.clone();
                    with.insert(key.clone(), member);
                    Value::from(with)
                };
                all.extend(changed(member, members).into_iter().map(with));
            }
        }
        Value::Array(elements) => {
            for (at, element) in elements.iter().enumerate() {
                let with = |element| {
                    let mut with = elements.clone();
                    with[at] = element;
                    Value::from(with)
                };
                all.extend(changed(element, members).into_iter().map(with));
                let mut fewer = elements.clone();
                fewer.remove(at);
                all.push(fewer.into());
            }
        }
        Value::String(text) => {
            all.extend(
                [format!("{text}x"), format!("x{text}"), text.to_uppercase(), format!("{text} ")].map(Value::from),
            );
        }
        _ => {}
    }
    all
}

/// Returns a value for each key.
fn members(value: &Value, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(object) => {
            for (key, member) in object {
                into.entry(key.clone()).or_insert_with(|| member.clone());
                members(member, into);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| members(element, into)),
        _ => {}
    }
}

/// Returns the keys of a schema.
fn keys(of: SchemaKind) -> BTreeSet<String> {
    let schema: Value = serde_json::from_str(of.text()).expect("it is JSON");
    let objects = std::iter::once(&schema).chain(schema["$defs"].as_object().into_iter().flat_map(Map::values));
    objects.filter_map(|object| object["properties"].as_object()).flat_map(Map::keys).cloned().collect()
}

/// Checks that no schema refuses what the parser accepts.
fn agree(of: SchemaKind) {
    let validator = validator(of);
    let (seeds, mut known) =
        (seeds(of), BTreeMap::from(["unknown", "scenario", "session"].map(|key| (key.to_owned(), json!("text")))));
    seeds.iter().for_each(|seed| members(seed, &mut known));
    let untried: Vec<_> = keys(of).into_iter().filter(|key| !known.contains_key(key)).collect();
    assert!(untried.is_empty(), "no file has these: {untried:?}");
    // A prime number, so that the next key gets another change.
    let step = thorough(11, 1);
    let (mut accepted, mut refused, mut wrong) = (0, 0, BTreeMap::new());
    for (number, seed) in seeds.iter().enumerate() {
        parsed(of, seed).unwrap_or_else(|problem| panic!("{seed}: {problem}"));
        assert!(validator.is_valid(seed), "{seed}: {:?}", validator.validate(seed));
        for value in changed(seed, &known).into_iter().skip(number % step).step_by(step) {
            match validator.validate(&value) {
                Ok(()) => accepted += 1,
                Err(error) if parsed(of, &value).is_ok() => {
                    wrong
                        .entry(format!("the schema refuses {}: {error}", error.instance_path()))
                        .or_insert(value.clone());
                }
                Err(_) => refused += 1,
            }
        }
    }
    let some: Vec<_> = wrong.iter().take(40).map(|(problem, value)| format!("{problem}\n    {value}")).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), accepted + refused, some.join("\n"));
    assert!(accepted > 1000 / step && refused > 1000 / step, "{accepted} accepted, {refused} refused");
}

fn validator(of: SchemaKind) -> Validator {
    let schema = serde_json::from_str(of.text()).expect("it is JSON");
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).expect("it is a schema")
}

#[test]
fn a_variable_can_stand_for_every_setting() {
    let validator = validator(SchemaKind::Config);
    for seed in settings() {
        let each = changed_to(&seed, &json!("${NAME}"));
        assert!(each.len() > 5);
        for value in each {
            assert!(validator.is_valid(&value), "{value}: {:?}", validator.validate(&value));
        }
    }
}

/// Returns the value with each nested value replaced.
fn changed_to(value: &Value, other: &Value) -> Vec<Value> {
    match value {
        Value::Object(object) => object
            .iter()
            .flat_map(|(key, member)| {
                changed_to(member, other).into_iter().map(|member| {
                    let mut with = object.clone();
                    with.insert(key.clone(), member);
                    with.into()
                })
            })
            .collect(),
        Value::Array(elements) => (0..elements.len())
            .flat_map(|at| {
                changed_to(&elements[at], other).into_iter().map(move |element| {
                    let mut with = elements.clone();
                    with[at] = element;
                    with.into()
                })
            })
            .collect(),
        _ => vec![other.clone()],
    }
}

#[test]
fn schema_and_parser_agree_on_scenarios() {
    agree(SchemaKind::Scenario);
}

#[test]
fn schema_and_parser_agree_on_settings() {
    agree(SchemaKind::Config);
}

#[test]
fn schema_and_parser_agree_on_people() {
    agree(SchemaKind::Person);
}

/// Checks that schema and parser refuse a file in which one value was replaced or added.
fn refuse(of: SchemaKind, valid: &Value, changes: &[(&str, &str, Value)]) {
    let validator = validator(of);
    parsed(of, valid).unwrap_or_else(|problem| panic!("{valid}: {problem}"));
    for (kind, path, value) in changes {
        let mut file = valid.clone();
        let (parent, key) = path.rsplit_once('/').expect("a path");
        match file.pointer_mut(parent) {
            Some(Value::Object(members)) => _ = members.insert(key.to_owned(), value.clone()),
            Some(Value::Array(elements)) => elements[key.parse::<usize>().expect("a position")] = value.clone(),
            other => panic!("{path}: {other:?}"),
        }
        assert!(!validator.is_valid(&file), "{kind}: the schema accepts {file}");
        assert!(parsed(of, &file).is_err(), "{kind}: the parser accepts {file}");
    }
}

#[test]
fn schema_and_parser_refuse_each_kind_of_mistake() {
    let stage = json!({"when": "polls=2", "result": "REJECTED", "fault": {"close": "reset", "times": 2}});
    let scenario = json!({
        "description": "A scenario", "match": {"flags": {"liveness": true}}, "session_lifetime": "2m",
        "operator_answers": {"a": "b"}, "stages": [stage],
    });
    refuse(
        SchemaKind::Scenario,
        &scenario,
        &[
            ("an unknown key", "/stage", json!([])),
            ("an unknown key of a stage", "/stages/0/results", "APPROVED".into()),
            ("an unknown key of a condition", "/match/flags/liveness", json!({"like": "a"})),
            ("a type", "/stages", "operator".into()),
            ("the type of an element", "/stages/0", "operator".into()),
            ("the type of a member", "/operator_answers/a", json!({})),
            ("a word", "/refuse_begin", "NO".into()),
            ("a word of a fault", "/stages/0/fault/close", "reset-it".into()),
            ("a trigger", "/stages/0/when", "poll=2".into()),
            ("a list without elements", "/stages/0/when", json!([])),
            ("a number below the range", "/stages/0/fault/times", 0.into()),
            ("a number above the range", "/stages/0/similarity", 1.5.into()),
            ("a fraction", "/stages/0/fault/times", 1.5.into()),
            ("a text", "/session_lifetime", "soon".into()),
            ("a time without its unit", "/session_lifetime", 90.into()),
            ("null", "/description", Value::Null),
        ],
    );
    let company = json!({"key": "a", "frozen-at": "2026-01-31T12:00:00Z", "configurations": {}});
    refuse(
        SchemaKind::Config,
        &json!({"port": 8080, "companies": [company]}),
        &[
            ("an unknown setting", "/ports", 8080.into()),
            ("an unknown key of a company", "/companies/0/name", "a".into()),
            ("a missing key", "/companies/0", json!({"secret": "b"})),
            ("a type", "/companies", "a".into()),
            ("a word", "/dialect", "spoken".into()),
            ("a number above the range", "/port", 65_536.into()),
            ("a number below the range", "/companies/0/max-sessions", 0.into()),
            ("a moment", "/companies/0/frozen-at", "today".into()),
            ("the name of a member", "/companies/0/configurations/mine", json!({})),
            ("an empty text", "/companies/0/key", "".into()),
        ],
    );
    refuse(
        SchemaKind::Person,
        &seeds(SchemaKind::Person)[0],
        &[
            ("an unknown key", "/name", "a".into()),
            ("a type", "/address", "a".into()),
            ("a word", "/sex", "X".into()),
            ("a date", "/birthday", "2000-02-31".into()),
            ("a text", "/country", "Georgia".into()),
            ("an object without members", "/documents", json!({})),
        ],
    );
}

#[test]
fn schemas_accept_the_files_of_the_docs() {
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut accepted = 0;
    for page in docs.read_dir().expect("a folder").map(|page| page.expect("a page").path()) {
        let text = std::fs::read_to_string(&page).unwrap_or_default();
        for block in text.split("```yaml\n").skip(1) {
            let block = block.split("```").next().expect("its text");
            let file = DataFile::new(String::new(), page.clone(), block.to_owned().into());
            let Ok(value) = file.parse::<Value>() else { continue };
            for of in [SchemaKind::Scenario, SchemaKind::Config, SchemaKind::Person] {
                if parsed(of, &value).is_ok() {
                    let validator = validator(of);
                    assert!(validator.is_valid(&value), "{page:?}: {block}{:?}", validator.validate(&value));
                    accepted += 1;
                }
            }
        }
    }
    assert!(accepted > 10, "only {accepted}");
}
