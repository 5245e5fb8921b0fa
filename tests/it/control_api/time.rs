//! `/__admin/clock`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::TestApp;

#[tokio::test]
async fn clocks_are_moved_and_answer_what_fell_due() {
    let scenario = "description: In time.\nstages:\n  - {when: after=10m, result: APPROVED}\n";
    let app = TestApp::scripted_with(scenario, |builder| builder.company("one").company("two")).await;
    let token = app.begin(json!({"company_key": "one"})).await;
    app.begin(json!({"company_key": "two"})).await;
    app.tell("clock/freeze", &json!({"company_key": "one"})).await.assert_status(200);
    let clock = app.look("clock?company_key=one").await["clocks"][0].clone();
    assert_eq!((&clock["company_key"], &clock["is_frozen"]), (&json!("one"), &json!(true)));

    let moved = app.tell("clock/advance", &json!({"company_key": "one", "by": "15m"})).await.json();
    assert_eq!((&moved["fell_due_count"], moved["clocks"].as_array().unwrap().len()), (&json!(2), 1));
    let due = &moved["fell_due"][0];
    assert_eq!((&due["company_key"], &due["session"]), (&json!("one"), &json!(token)));
    assert_eq!(due["what"], json!({"stage": "stage 1 of the scenario `scripted` (after=600s)"}));
    assert_eq!(moved["fell_due"][1]["what"], "expired");
    assert_eq!(app.word(&token).await, "APPROVED");

    let set = app.tell("clock/set", &json!({"company_key": "one", "to": "2030-01-01T00:00:00Z"})).await.json();
    assert_eq!(set["clocks"][0], json!({"company_key": "one", "now": "2030-01-01T00:00:00Z", "is_frozen": true}));
    let resumed = app.tell("clock/resume", &json!({"company_key": "one"})).await.json();
    assert_eq!(resumed["clocks"][0]["is_frozen"], false);
    let now = resumed["clocks"][0]["now"].as_str().unwrap();
    assert!(now.starts_with("2030-01-01T00:00:"), "{now}");
}

#[tokio::test]
async fn without_a_company_every_clock_is_meant_and_the_servers() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    app.begin(json!({"company_key": "two"})).await;
    app.tell("faults", &json!({"delay": "1ms", "lasts": "10m", "name": "slow"})).await.assert_status(201);
    let frozen = app.tell("clock/freeze", &json!({})).await.json();
    let whose = |clocks: &Value| -> Vec<Value> {
        clocks["clocks"].as_array().unwrap().iter().map(|clock| clock["company_key"].clone()).collect()
    };
    assert_eq!(whose(&frozen), [Value::Null, json!("one"), json!("two")]);
    let moved = app.tell("clock/advance", &json!({"by": "1h"})).await.json();
    let what: Vec<_> = moved["fell_due"].as_array().unwrap().iter().map(|due| due["what"].clone()).collect();
    assert_eq!(what, [json!("expired"), json!({"fault_ended": "slow"})]);
    let set = app.tell("clock/set", &json!({"to": "2031-05-06T07:08:09Z"})).await.json();
    for clock in set["clocks"].as_array().unwrap() {
        assert_eq!((&clock["now"], &clock["is_frozen"]), (&json!("2031-05-06T07:08:09Z"), &json!(true)));
    }
}

#[tokio::test]
async fn times_that_are_none_are_named() {
    let app = TestApp::start().await;
    for (path, body, field, detail) in [
        ("advance", json!({"by": "soon"}), "by", "`soon` is not a duration; write it like 500ms, 90s, 15m, 24h or 7d"),
        ("advance", json!({"by": 15}), "by", "`15` is not a duration; add a unit: `15s` is in seconds"),
        ("advance", json!({}), "", "the key `by` is missing"),
        ("advance", json!({"bye": "15m"}), "bye", "unknown key `bye`, did you mean `by`?"),
        ("set", json!({"to": "noon"}), "to", "`noon` is not a timestamp"),
        ("freeze", json!({"company": "x"}), "company", "unknown key `company`, did you mean `company_key`?"),
    ] {
        let problem = app.tell(&format!("clock/{path}"), &body).await.problem(400);
        assert!(problem["detail"].as_str().unwrap().starts_with(detail), "{body}: {problem}");
        assert_eq!(problem["field"].as_str().unwrap_or_default(), field, "{body}: {problem}");
    }
    let problem = app.tell("clock/advance", &json!({"bye": "15m"})).await.problem(400);
    assert_eq!(problem["nearest"], "by");
    app.tell("clock/freeze", &json!({"company_key": "nobody"})).await.problem(404);
    app.admin(Method::GET, "clock?company_key=nobody", None).await.problem(404);
}
