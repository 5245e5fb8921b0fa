//! Valid files for the tests.

use serde_json::{Map, Value, json};

use super::super::{super::super::settings::ALL, SchemaKind};
use crate::{
    built_in::{PEOPLE, SCENARIOS},
    data_file::DataFile,
    settings::{DeclaredSetting, FlagUse, Setting},
};

/// Valid files with every key.
pub(super) fn seeds(of: SchemaKind) -> Vec<Value> {
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
pub(super) fn settings() -> Vec<Value> {
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
