//! The schemas refuse exactly what the parser refuses: tested with valid files, and with each of them after one change.
//! `make test-all` tries every change, `make test` a sample.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    path::PathBuf,
};

use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{
    super::{super::settings::ALL, SchemaKind},
    FileSettings,
};
use crate::{
    built_in::{PEOPLE, SCENARIOS},
    data_file::{DataFile, LoadError},
    result::Person,
    scenario::Scenario,
    settings::{DeclaredSetting, FlagUse, Setting},
    thorough::thorough,
};

/// Problems that a schema cannot express: the order of stages, comparisons, and what two companies share.
const UNSAID: [&str; 11] = [
    "only the first stage with an outcome may omit it",
    "would be reached together with stage",
    "write the shorter time first",
    "starts after its end",
    "is given twice",
    "conflicts with --no-hints",
    "`headers` needs a `status`",
    "is not a header name",
    "cannot be set as a header",
    "is not a header value",
    // A zero duration.
    "with 0 ",
];

/// Values that may be written by mistake.
fn others() -> Vec<Value> {
    let others = json!([
        null, true, false, 0, 1, 5, -1, 0.5, 1000, "", " ", "text", "TEXT", "5", "0.5", "1000", "true", "yes", "begin",
        "rejected", "90s", "0123456789abcdef01234567", [], ["text"], [5], [null], {}, {"text": "text"}, {"present": true},
        {"present": 1}, {"glob": "*"}, {"contains": null}, {"like": "text"}, {"like": 5}, [{}],
    ]);
    others.as_array().expect("a list").clone()
}

/// Valid files with every key.
fn seeds(of: SchemaKind) -> Vec<Value> {
    let read = |file| DataFile::built_in(file).parse::<Value>().expect("it is YAML");
    match of {
        SchemaKind::Person => {
            let mut people: Vec<_> = PEOPLE.iter().map(read).collect();
            people[0]["$schema"] = "../../schemas/person.json".into();
            people
        }
        SchemaKind::Scenario => SCENARIOS.iter().map(read).chain(scenarios()).collect(),
        SchemaKind::Config => settings(),
    }
}

fn faults() -> [Value; 7] {
    [
        json!({"endpoint": "result", "delay": "1s to 3s", "status": 503, "body": "{}", "content_type": "text/html"}),
        json!({"name": "busy", "retry_after": "30s", "headers": {"x-a": "b"}, "calls": "3 to 5"}),
        json!({"content_type": "text/plain", "lasts": "1h 30m"}),
        json!({"close": "in-body", "forever": true}),
        json!({"response": "html", "times": 2}),
        json!({"drip": 100, "forever": false}),
        json!({"delay": "3s"}),
    ]
}

fn scenarios() -> Vec<Value> {
    let stages: Vec<_> = faults().iter().map(|fault| json!({"when": "operator", "fault": fault})).collect();
    let verdict = json!({
        "when": ["polls=2", "after=90s"], "result": "REJECTED", "reject_reason": "face_mismatch", "reject_description": "No",
        "result_comment": "Seen", "live": true, "similarity": 0.5, "document_read": true,
        "person_status": "ODD", "person": {"first_name": "Nina"},
        "change": {"a": null}, "screening_matches":
            [{"score": 91.5, "name": "Somebody", "personId": "1", "reviewStatus": "pending"}],
    });
    vec![
        json!({"$schema": "x", "description": "Faults", "session_lifetime": "2m", "stages": stages}),
        json!({
            "description": "A verdict", "operator_answers": {"a": "b", "c": true, "d": ["e"]}, "flags": {"liveness": true},
            "steps": [{"type": "liveness"}], "person": {"like": "nino-magalitidze", "first_name": "Nina"},
            "stages": [verdict, {"when": "step=a", "result": "ODD", "unlisted": true}, {"when": "widget", "document": "a"}],
        }),
        json!({
            "description": "A match", "person": "nino-magalitidze", "begin_fault": {"endpoint": "begin", "status": 500},
            "match": {
                "company": "a", "flags": {"liveness": {"present": true}}, "steps": {"contains": {"type": "a"}},
                "config_id": {"glob": "*"}, "parent": {"present": false}, "header": {"x-a": "b"}, "return_url": "c",
            },
            "refuse_begin": "SESSION_INVALID",
        }),
    ]
}

/// A value of a setting.
fn sample(setting: &Setting) -> Value {
    let DeclaredSetting { value, flag_use, .. } = &setting.declared;
    match *value {
        "ADDRESS" => "127.0.0.1".into(),
        "DIR" | "FILE" | "TEXT" | "TOKEN" => "a".into(),
        "DURATION" => "1h 30m".into(),
        "KEY[=SECRET]" => json!(["a", "b=c"]),
        "LEVEL" => "debug".into(),
        "MOMENT" => "2026-01-31T12:00:00Z".into(),
        "NAME" if *flag_use == FlagUse::List => json!(["a.test"]),
        "NAME" => "approved".into(),
        "NUMBER" | "PORT" => 10.into(),
        "ORIGIN" => json!(["https://a.test"]),
        "PATTERN[=SECRET]" => "test-*".into(),
        "SIZE" => "64MiB".into(),
        "STATUS" => 404.into(),
        "URL" => "https://a.test".into(),
        "WHEN" => "polls=2".into(),
        "[ERROR=]STATUS" => json!(["SESSION_INVALID=418"]),
        "true|false" => false.into(),
        words => words.split_once('|').unwrap_or_else(|| panic!("`{words}` has no sample")).0.into(),
    }
}

/// Each setting, in each form.
fn settings() -> Vec<Value> {
    let in_file = ALL.iter().filter(|setting| setting.name != "config");
    let mut all: Map<_, _> = in_file.map(|setting| (setting.name.to_owned(), sample(setting))).collect();
    all.extend([("$schema".to_owned(), "x".into()), ("faults".to_owned(), json!([{"delay": "3s"}]))]);
    let company = json!({
        "key": "d", "secret": "e", "scenario": "approved", "dialect": "manual", "result-case": "lower", "people": ["a"],
        "decision-comment": "a",
        "configurations": {"0123456789abcdef01234567": {"scenario": "a", "flags": {"language": "ka"}, "steps": [{}]}},
        "queue": ["rejected"], "faults": faults(),
        "frozen-at": "2026-01-31T12:00:00+01:00", "max-sessions": 5, "refuse-at-max-sessions": false,
    });
    let other = json!({
        "company_key": "f", "result_case": "lower", "decision_comment": "b", "frozen_at": "2026-01-31T12:00Z", "max_sessions": 5,
        "refuse_at_max_sessions": false, "faults": [{"endpoint": "result", "scenario": "a", "status": 503}, {"session": "a", "delay": "1s"}],
    });
    let alone = json!({
        "company-key": "a", "error-status": 418, "admin-host": "a.test", "cors": "*", "any-company-key": false,
        "public-url": "http://127.0.0.1:80/", "max-body": 5, "host": "::1",
    });
    vec![all.into(), alone, json!({"companies": [company, other]})]
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

fn agree(of: SchemaKind) {
    let validator = validator(of);
    let (seeds, mut known) =
        (seeds(of), BTreeMap::from(["unknown", "scenario", "session"].map(|key| (key.to_owned(), json!("text")))));
    seeds.iter().for_each(|seed| members(seed, &mut known));
    let untried: Vec<_> = keys(of).into_iter().filter(|key| !known.contains_key(key)).collect();
    assert!(untried.is_empty(), "no file has these: {untried:?}");
    // A prime number, so that the next key gets another change.
    let step = thorough(11, 1);
    let (mut taken, mut refused, mut wrong) = (0, 0, BTreeMap::new());
    for (number, seed) in seeds.iter().enumerate() {
        parsed(of, seed).unwrap_or_else(|problem| panic!("{seed}: {problem}"));
        assert!(validator.is_valid(seed), "{seed}: {:?}", validator.validate(seed));
        for value in changed(seed, &known).into_iter().skip(number % step).step_by(step) {
            let said = match (validator.is_valid(&value), parsed(of, &value)) {
                (true, Ok(())) => {
                    taken += 1;
                    continue;
                }
                (false, Err(_)) => {
                    refused += 1;
                    continue;
                }
                (true, Err(problem)) if UNSAID.iter().any(|unsaid| problem.to_string().contains(unsaid)) => continue,
                (true, Err(problem)) => format!("the parser refuses: {problem}"),
                (false, Ok(())) => {
                    let error = validator.validate(&value).unwrap_err();
                    format!("the schema refuses {}: {error}", error.instance_path())
                }
            };
            wrong.entry(said).or_insert(value);
        }
    }
    let some: Vec<_> = wrong.iter().take(40).map(|(said, value)| format!("{said}\n    {value}")).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), taken + refused, some.join("\n"));
    assert!(taken > 1000 / step && refused > 1000 / step, "{taken} taken, {refused} refused");
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
