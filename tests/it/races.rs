//! The built-in race scenarios: each does to a client what its file says.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use identomat_mock::DueEventKind;
use serde_json::{Value, json};

use crate::harness::TestApp;

async fn with(scenario: &str) -> TestApp {
    TestApp::start_with(|builder| builder.scenario(scenario)).await
}

#[tokio::test]
async fn done_before_verdict() {
    let app = with("done-before-verdict").await;
    let token = app.begin(json!({})).await;
    let page = app.finish(&token, &[]).await;
    assert!(page.text().contains("done.js"), "the page tells its parent\n{page}");
    for word in ["IN_PROGRESS", "IN_PROGRESS", "APPROVED", "APPROVED"] {
        assert_eq!(app.word(&token).await, word);
    }
}

#[tokio::test]
async fn verdict_after_done() {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
    let app = TestApp::start_with(|builder| builder.scenario("verdict-after-done").frozen_at(at)).await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    app.mock.advance(Duration::from_secs(7)).await.unwrap();
    assert_eq!(app.word(&token).await, "IN_PROGRESS");
    app.mock.advance(Duration::from_secs(1)).await.unwrap();
    assert_eq!(app.word(&token).await, "APPROVED");
}

#[tokio::test]
async fn name_differs() {
    let app = with("name-differs").await;
    let result = app.result_of(json!({})).await;
    assert_eq!((&result["result"], &result["person"]["last_name"]), (&json!("APPROVED"), &json!("Named")));
    assert!(result["name"].as_str().unwrap().starts_with("Otherwise "), "{result}");
}

#[tokio::test]
async fn sides_disagree() {
    let app = with("sides-disagree").await;
    let result = app.result_of(json!({"flags": {"skip_document": true, "document_countries": ["GEO"]}})).await;
    let code = |side: &str| result[side]["Nationality_Code_en_US"].clone();
    assert_eq!((code("id_card_front"), code("id_card_back")), (json!("DEU"), json!("HRV")));
    assert_eq!((&result["result"], &result["person"]["status"]), (&json!("APPROVED"), &json!("FIELDS_MISMATCH")));
    let lasting = |side: &str| result[side]["Surname_en_US"].clone();
    assert_eq!(lasting("id_card_front"), lasting("id_card_back"));
}

#[tokio::test]
async fn address_rejected() {
    let app = with("address-rejected").await;
    let result = app.result_of(json!({})).await;
    assert_eq!(result["result"], "REJECTED");
    assert_eq!(result["reject_reason"]["value"], "document_type_mismatch");
    assert_eq!(result["generalDocuments"][0]["typeId"], "utility_bill");
    assert_eq!((&result["document_type"], &result["face_images"]), (&json!(""), &json!(0)));
}

#[tokio::test]
async fn not_found_at_first() {
    let app = with("not-found-at-first").await;
    let token = app.begin(json!({})).await;
    app.result(&token).await.assert_error(404, "SESSION_NOT_FOUND");
    assert_eq!(app.word(&token).await, "IN_PROGRESS");
    app.mock.finish(&token).await.unwrap();
    assert_eq!(app.word(&token).await, "APPROVED");
}

#[tokio::test]
async fn verdict_after_24h() {
    let app = with("verdict-after-24h").await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    app.mock.advance(Duration::from_secs(24 * 60 * 60 - 60)).await.unwrap();
    assert_eq!(app.word(&token).await, "IN_PROGRESS");
    app.mock.advance(Duration::from_secs(60)).await.unwrap();
    assert_eq!(app.word(&token).await, "APPROVED");
}

#[tokio::test]
async fn verdict_changes() {
    let app = with("verdict-changes").await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    app.mock.advance(Duration::from_secs(60 * 60)).await.unwrap();
    assert_eq!(app.word(&token).await, "APPROVED");
    app.mock.decide_as_scripted(&token).await.unwrap();
    let result = app.result(&token).await.json();
    assert_eq!(result["result"], "REJECTED");
    assert_eq!(result["reject_reason"]["value"], "document_spoofing_detected");
}

#[tokio::test]
async fn abandoned() {
    let app = with("abandoned").await;
    let token = app.begin(json!({})).await;
    app.widget(&token).await.assert_status(200);
    let due = app.mock.advance(Duration::from_secs(120)).await.unwrap();
    assert_eq!(due.into_iter().map(|due| due.what).collect::<Vec<_>>(), [DueEventKind::SessionAbandoned]);
    app.widget(&token).await.assert_status(410);
    app.mock.advance(Duration::from_secs(24 * 60 * 60)).await.unwrap();
    assert_eq!(app.word(&token).await, "IN_PROGRESS");
}

#[tokio::test]
async fn expired_before_open() {
    let app = with("expired-before-open").await;
    let token = app.begin(json!({})).await;
    let page = app.widget(&token).await;
    page.assert_status(410);
    assert!(page.text().contains("This link has expired"), "{page}");
    assert_eq!(app.word(&token).await, "IN_PROGRESS");
}

#[tokio::test]
async fn unknown_result_value() {
    let app = with("unknown-result-value").await;
    let result = app.result_of(json!({})).await;
    assert_eq!(result["result"], "UNDER_INVESTIGATION");
    assert_ne!(result["person"], json!({}), "the rest is as ever");

    let lower = TestApp::start_with(|builder| {
        builder.scenario("unknown-result-value").settings(|config| {
            config.result_case = Some(identomat_mock::ResultCase::Lower);
        })
    })
    .await;
    assert_eq!(lower.result_of(json!({})).await["result"], "under_investigation");
}

#[tokio::test]
async fn sparse_document() {
    let app = with("sparse-document").await;
    for flags in
        [json!({}), json!({"liveness": true, "document_types": ["id"]}), json!({"document_types": ["passport"]})]
    {
        let steps = json!([{"type": "user-questionnaire", "key": "k", "questions": [{"type": "text", "key": "q"}]}]);
        let token = app.begin(json!({"flags": flags, "steps": steps})).await;
        app.finish(&token, &[]).await.assert_status(200);
        let result = app.result(&token).await.json();
        let members: Vec<_> = result.as_object().unwrap().keys().map(String::as_str).collect();
        let always = [
            "result",
            "similarity",
            "live",
            "document_type",
            "generalDocuments",
            "reject_reason",
            "result_comment",
            "person",
        ];
        assert_eq!(members, always);
        assert_eq!((&result["result"], &result["person"]), (&json!("APPROVED"), &json!({})));
    }
}

#[tokio::test]
async fn person_changes() {
    let app = with("person-changes").await;
    let token = app.begin(json!({"flags": {"document_types": ["passport"]}})).await;
    app.mock.finish(&token).await.unwrap();
    for (name, zone) in [("Sarnple", "SARNPLE<<"), ("Sample", "SAMPLE<<")] {
        let result = app.result(&token).await.json();
        assert_eq!((&result["result"], &result["person"]["last_name"]), (&json!("APPROVED"), &json!(name)));
        assert!(result["name"].as_str().unwrap().ends_with(name), "{result}");
        assert!(result["person"]["mrz"].as_str().unwrap().contains(zone), "{result}");
        app.mock.advance(Duration::from_secs(60 * 60)).await.unwrap();
    }
    let decided = app.begin(json!({})).await;
    app.mock.finish(&decided).await.unwrap();
    app.mock.decide_as_scripted(&decided).await.unwrap();
    assert_eq!(app.result(&decided).await.json()["person"]["last_name"], "Sample");
}

/// Clients with a time-out: the third of them at the earliest gets an answer.
#[tokio::test]
async fn slow_result() {
    let app = with("slow-result").await;
    let token = app.begin(json!({})).await;
    let patience = Duration::from_millis(200);
    let mut in_vain = 0;
    let reply = loop {
        match tokio::time::timeout(patience, app.result(&token)).await {
            Ok(reply) => break reply,
            Err(_) => in_vain += 1,
        }
    };
    assert!((2..10).contains(&in_vain), "{in_vain} calls took longer than {patience:?}");
    assert_eq!(reply.header("x-identomat-mock-hint"), None);
}

#[tokio::test]
async fn result_cut_off() {
    let app = with("result-cut-off").await;
    let token = app.begin(json!({})).await;
    let call = app.request(reqwest::Method::POST, "/external-api/result/");
    let call = call.json(&app.with_key(json!({"session_token": token}))).send().await.unwrap();
    assert_eq!(call.status(), 200);
    call.bytes().await.expect_err("the body is not whole");
    assert_eq!(app.word(&token).await, "IN_PROGRESS");
}

#[tokio::test]
async fn rate_limited() {
    let app = with("rate-limited").await;
    let token = app.begin(json!({})).await;
    assert_eq!(app.word(&token).await, "IN_PROGRESS");
    app.mock.company(app.mock.company_key()).freeze_clock().await.unwrap();
    app.mock.finish(&token).await.unwrap();
    for _ in 0..3 {
        let reply = app.result(&token).await;
        reply.assert_status(429);
        assert_eq!(reply.header("retry-after"), Some("2"), "who asks again at once is told the same");
    }
    app.mock.advance(Duration::from_secs(2)).await.unwrap();
    assert_eq!(app.word(&token).await, "APPROVED");
}

#[tokio::test]
async fn begin_answers_html() {
    let app = with("begin-answers-html").await;
    let reply = app.post_json("/external-api/begin/", &app.with_key(json!({}))).await;
    reply.assert_status(200);
    assert_eq!(reply.header("content-type"), Some("text/html"));
    assert!(reply.text().starts_with("<html>"), "{reply}");
    assert_eq!(reply.hint(), "fault `begin-answers-html` (HTML instead of JSON), call 1 of 1");
    assert_eq!(app.result_of(json!({})).await["result"], "APPROVED");
}

#[tokio::test]
async fn result_fails_twice() {
    let app = with("result-fails-twice").await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    for _ in 0..2 {
        app.result(&token).await.assert_status(503);
    }
    assert_eq!(app.word(&token).await, "APPROVED");
}

#[tokio::test]
async fn begin_fails_once() {
    let app = with("begin-fails-once").await;
    for _ in 0..2 {
        let reply = app.post_json("/external-api/begin/", &app.with_key(json!({}))).await;
        reply.assert_status(503);
        assert_eq!(reply.hint(), "fault `begin-fails-once` (status 503), call 1 of 1");
        assert_eq!(app.result_of(json!({})).await["result"], "APPROVED");
    }
    // One that was queued is not lost with the failed call.
    app.mock.queue_scenario("begin-fails-once").await.unwrap();
    let other = TestApp::start().await;
    other.mock.queue_scenario("begin-fails-once").await.unwrap();
    other.post_json("/external-api/begin/", &other.with_key(json!({}))).await.assert_status(503);
    let reply = other.post_json("/external-api/begin/", &other.with_key(json!({}))).await;
    assert_eq!(reply.hint(), "scenario `begin-fails-once`, from the company's queue");
}

/// Each race scenario has a test of its name here, and says in a comment what it finds.
#[test]
fn every_race_scenario_says_what_it_finds_and_has_a_test() {
    let tests = include_str!("races.rs");
    let mut found = 0;
    for entry in fs::read_dir("scenarios").unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        if text.contains("# Finds clients that ") || text.contains("# Finds clients without ") {
            let name = path.file_stem().unwrap().to_str().unwrap().replace('-', "_");
            assert!(tests.contains(&format!("async fn {name}()")), "{name} has no test");
            found += 1;
        }
    }
    assert_eq!(found, 19);
}

#[tokio::test]
async fn a_race_can_be_asked_for_like_any_scenario() {
    let app = TestApp::start().await;
    let token = app.begin(json!({"flags": {"mock_scenario": "not-found-at-first"}})).await;
    assert_eq!(app.result(&token).await.json(), Value::from("SESSION_NOT_FOUND"));
}
