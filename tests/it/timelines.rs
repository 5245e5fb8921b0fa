//! Timelines: what brings a stage about, and what it changes. The clock is moved; nothing waits.

use std::time::{Duration, SystemTime};

use identomat_mock::{DueEvent, DueEventKind, Outcome, Verdict};
use serde_json::{Value, json};

use crate::harness::TestApp;

const MINUTE: Duration = Duration::from_secs(60);

/// What fell due, without the moments.
fn whats(due: Vec<DueEvent>) -> Vec<DueEventKind> {
    due.into_iter().map(|fell_due| fell_due.what).collect()
}

#[tokio::test]
async fn an_operator_can_comment_a_minute_after_the_widget() {
    let app = TestApp::scripted(
        "description: a\nstages:\n  - {when: widget, result: MANUAL_CHECK}\n  \
         - {when: after=60s, result: APPROVED, result_comment: Looks right}\n",
    )
    .await;
    let token = app.begin(json!({})).await;
    assert_eq!(app.word(&token).await, "IN_PROGRESS");
    app.mock.finish(&token).await.unwrap();
    assert_eq!(app.word(&token).await, "MANUAL_CHECK");
    app.mock.advance(MINUTE).await.unwrap();
    let result = app.result(&token).await.json();
    assert_eq!((&result["result"], &result["result_comment"]), (&json!("APPROVED"), &json!("Looks right")));
}

#[tokio::test]
async fn a_stage_can_come_at_begin() {
    let app = TestApp::scripted("description: a\nstages: [{when: begin, result: MANUAL_CHECK}]").await;
    let token = app.begin(json!({})).await;
    assert_eq!(app.word(&token).await, "MANUAL_CHECK");
}

#[tokio::test]
async fn a_stage_can_come_when_the_widget_is_opened() {
    let scenario = "description: a\nstages: [{when: opened, result: MANUAL_CHECK}]";
    let app = TestApp::scripted(scenario).await;
    let token = app.begin(json!({})).await;
    assert_eq!(app.word(&token).await, "IN_PROGRESS");
    app.widget(&token).await.assert_status(200);
    assert_eq!(app.word(&token).await, "MANUAL_CHECK");

    let finished = app.begin(json!({})).await;
    app.mock.finish(&finished).await.unwrap();
    assert_eq!(app.word(&finished).await, "MANUAL_CHECK", "whoever finished has opened");
}

#[tokio::test]
async fn a_stage_can_come_when_a_step_is_reached() {
    let app = TestApp::scripted(
        "description: a\nstages: [{when: step=liveness, result: MANUAL_CHECK}, {when: step=job, result: REJECTED}]",
    )
    .await;
    let steps = json!([{"type": "user-questionnaire", "key": "job", "questions": []}]);
    let token = app.begin(json!({"steps": steps})).await;
    app.mock.reach_step(&token, "document").await.unwrap();
    assert_eq!(app.word(&token).await, "IN_PROGRESS");
    app.mock.reach_step(&token, "face").await.unwrap();
    assert_eq!(app.word(&token).await, "MANUAL_CHECK", "a step is known by its key and its type");
    app.mock.reach_step(&token, "user-questionnaire").await.unwrap();
    assert_eq!(app.word(&token).await, "REJECTED");

    let wrong = app.mock.reach_step(&token, "email").await.unwrap_err();
    let words = "there is no step `email`; known: agreement, document, face, job";
    assert_eq!(wrong.status(), Some(400), "{wrong}");
    assert_eq!(wrong.to_string(), words);
    let other = app.begin(json!({"steps": steps})).await;
    app.mock.finish(&other).await.unwrap();
    assert_eq!(app.word(&other).await, "REJECTED", "whoever finished has been through all steps");
    assert_eq!(app.mock.reach_step(&other, "job").await.unwrap_err().status(), Some(409));
}

#[tokio::test]
async fn whoever_sees_a_screen_has_reached_its_step() {
    let app = TestApp::scripted("description: a\nstages: [{when: step=liveness, result: MANUAL_CHECK}]").await;
    let token = app.begin(json!({})).await;
    assert_eq!(app.view(&token).await["screen"]["id"], "agreement");
    app.answer(&token, json!({"screen": "agreement", "agree": true})).await.assert_status(200);
    assert_eq!(app.word(&token).await, "IN_PROGRESS");
    app.answer(&token, json!({"screen": "document", "document": "id", "country": "GEO"})).await.assert_status(200);
    for screen in ["document.front", "document.back"] {
        app.answer(&token, json!({"screen": screen, "sample": true})).await.assert_status(200);
    }
    assert_eq!(app.word(&token).await, "MANUAL_CHECK");
    let reached = app.mock.session(&token).await.unwrap().reached_steps;
    let reached: Vec<_> = reached.iter().map(|step| &*step.step).collect();
    assert_eq!(reached, ["agreement", "document", "face"]);
}

#[tokio::test]
async fn a_stage_can_come_when_the_widget_is_finished() {
    let app = TestApp::scripted("description: a\nstages: [{when: widget, result: MANUAL_CHECK}]").await;
    let token = app.begin(json!({})).await;
    app.widget(&token).await.assert_status(200);
    assert_eq!(app.word(&token).await, "IN_PROGRESS");
    app.finish(&token, &[]).await.assert_status(200);
    assert_eq!(app.word(&token).await, "MANUAL_CHECK");
}

#[tokio::test]
async fn polls_and_times_count_from_the_stage_before() {
    let app = TestApp::scripted(
        "description: a\nstages:\n  - {when: polls=1, result: MANUAL_CHECK}\n  - {when: after=1m, result: REJECTED}\n  \
         - {when: polls=2, result: APPROVED}\n",
    )
    .await;
    let token = app.begin(json!({})).await;
    app.mock.advance(10 * MINUTE).await.unwrap();
    assert_eq!(app.word(&token).await, "IN_PROGRESS");
    assert_eq!(app.word(&token).await, "MANUAL_CHECK");
    app.mock.advance(MINUTE).await.unwrap();
    for word in ["REJECTED", "REJECTED", "APPROVED", "APPROVED"] {
        assert_eq!(app.word(&token).await, word);
    }
}

#[tokio::test]
async fn a_stage_can_wait_for_an_operator() {
    let app = TestApp::scripted(
        "description: a\nstages: [{result: MANUAL_CHECK}, {when: operator, result: REJECTED, reject_reason: own}]",
    )
    .await;
    let token = app.begin(json!({})).await;
    let early = app.mock.decide_as_scripted(&token).await.unwrap_err().to_string();
    assert_eq!(
        early,
        "the scenario `scripted` waits for `widget` now, not for `operator`; name an outcome, or use a scenario with such a stage"
    );
    app.mock.finish(&token).await.unwrap();
    assert_eq!(app.word(&token).await, "MANUAL_CHECK");
    app.mock.decide_as_scripted(&token).await.unwrap();
    let result = app.result(&token).await.json();
    assert_eq!((&result["result"], &result["reject_reason"]["value"]), (&json!("REJECTED"), &json!("own")));
    let late = app.mock.decide_as_scripted(&token).await.unwrap_err().to_string();
    assert!(late.starts_with("the scenario `scripted` has no pending stage, "), "{late}");
    assert_eq!(app.mock.decide_as_scripted(&"0".repeat(40)).await.unwrap_err().status(), Some(404));
}

#[tokio::test]
async fn a_decision_is_one_stage_more_and_those_behind_it_come_as_ever() {
    let app = TestApp::start_with(|builder| builder.scenario("manual-check-then-approved")).await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    assert_eq!(app.word(&token).await, "MANUAL_CHECK");
    app.mock.decide(&token, Verdict::rejected("own_word").result_comment("No")).await.unwrap();
    for _ in 0..2 {
        let result = app.result(&token).await.json();
        assert_eq!((&result["result"], &result["result_comment"]), (&json!("REJECTED"), &json!("No")));
        assert_eq!(result["reject_reason"]["value"], "own_word");
    }
    assert_eq!(app.word(&token).await, "APPROVED", "two polls after the decision, the next stage has come");
    app.mock.decide(&token, Outcome::Rejected).await.unwrap();
    app.mock.advance(1000 * MINUTE).await.unwrap();
    let last = app.result(&token).await.json();
    assert_eq!((&last["result"], &last["reject_reason"]["value"]), (&json!("REJECTED"), &json!("face_mismatch")));
}

#[tokio::test]
async fn a_decision_stands_in_for_the_stage_that_waits_for_one() {
    let app = TestApp::scripted(
        "description: a\nstages: [{when: widget, result: MANUAL_CHECK}, {when: operator, result: REJECTED}, \
         {when: after=1m, result: DISAGREED_WITH_TERMS}]",
    )
    .await;
    let token = app.begin(json!({})).await;
    app.mock.decide(&token, Outcome::Rejected).await.unwrap();
    assert_eq!(app.word(&token).await, "REJECTED");
    app.mock.finish(&token).await.unwrap();
    assert_eq!(app.word(&token).await, "MANUAL_CHECK", "the widget's stage comes after an early decision");
    app.mock.decide(&token, Outcome::Approved).await.unwrap();
    assert_eq!(app.word(&token).await, "APPROVED");
    app.mock.advance(MINUTE).await.unwrap();
    assert_eq!(app.word(&token).await, "DISAGREED_WITH_TERMS");
    assert_eq!(app.mock.decide(&"0".repeat(40), Outcome::Approved).await.unwrap_err().status(), Some(404));
    let problem = app.mock.decide(&token, Verdict::approved().similarity(2.0)).await.unwrap_err();
    assert_eq!(problem.status(), Some(400), "{problem}");
    assert_eq!(problem.to_string(), "`similarity` is a number from 0 to 1");
}

#[tokio::test]
async fn an_outcome_at_the_finish_stands_in_for_all_that_the_widget_brings_about() {
    let app = TestApp::scripted(
        "description: a\nstages: [{when: begin, error: SESSION_NOT_FOUND}, {when: polls=1, result: IN_PROGRESS}, \
         {when: widget, result: APPROVED, change: {name: X}}, {when: after=1m, result: MANUAL_CHECK}]",
    )
    .await;
    let token = app.begin(json!({})).await;
    app.mock.finish_as(&token, Outcome::Rejected).await.unwrap();
    for _ in 0..3 {
        let result = app.result(&token).await.json();
        assert_eq!(result["result"], "REJECTED");
        assert_ne!(result["name"], "X");
    }
    app.mock.advance(MINUTE).await.unwrap();
    assert_eq!(app.word(&token).await, "MANUAL_CHECK");
}

#[tokio::test]
async fn the_first_of_several_triggers_counts() {
    let app = TestApp::scripted(
        "description: a\nstages:\n  - {when: [widget, after=1h], result: MANUAL_CHECK}\n  \
         - {when: [operator, polls=3, after=1m], result: APPROVED}\n",
    )
    .await;
    let left = app.begin(json!({})).await;
    let due = whats(app.mock.advance(60 * MINUTE).await.unwrap());
    let stage = DueEventKind::StageReached("stage 1 of the scenario `scripted` (widget or after=3600s)".into());
    assert!(due.contains(&stage), "{due:?}");
    assert_eq!(app.word(&left).await, "MANUAL_CHECK");
    app.mock.advance(MINUTE).await.unwrap();
    assert_eq!(app.word(&left).await, "APPROVED", "after a minute");

    let polled = app.begin(json!({})).await;
    app.mock.finish(&polled).await.unwrap();
    for word in ["MANUAL_CHECK", "MANUAL_CHECK", "MANUAL_CHECK", "APPROVED"] {
        assert_eq!(app.word(&polled).await, word);
    }
    let decided = app.begin(json!({})).await;
    app.mock.finish(&decided).await.unwrap();
    app.mock.decide_as_scripted(&decided).await.unwrap();
    assert_eq!(app.word(&decided).await, "APPROVED");
}

#[tokio::test]
async fn a_time_that_passed_before_the_widget_was_finished_counts_from_when_it_had() {
    let app = TestApp::scripted(
        "description: a\nstages:\n  - {when: [widget, after=10m], result: MANUAL_CHECK}\n  \
         - {when: after=10m, result: APPROVED}\n",
    )
    .await;
    let token = app.begin(json!({})).await;
    app.mock.advance(14 * MINUTE).await.unwrap();
    app.mock.finish(&token).await.unwrap();
    assert_eq!(app.word(&token).await, "MANUAL_CHECK");
    app.mock.advance(6 * MINUTE).await.unwrap();
    assert_eq!(app.word(&token).await, "APPROVED", "ten minutes after the first ten");
}

#[tokio::test]
async fn a_stage_can_say_all_about_a_result() {
    let app = TestApp::scripted(
        "description: a\nstages:\n  - result: REJECTED\n    reject_reason: own_word\n    reject_description: In words\n    \
         result_comment: No\n    live: true\n    similarity: 0.25\n",
    )
    .await;
    let result = app.result_of(json!({})).await;
    assert_eq!(result["reject_reason"], json!({"value": "own_word", "description": "In words"}));
    assert_eq!(
        (&result["result_comment"], &result["live"], &result["similarity"]),
        (&json!("No"), &json!(true), &json!(0.25))
    );
}

#[tokio::test]
async fn a_change_is_laid_over_the_document_at_any_depth() {
    let app = TestApp::scripted(
        "description: a\nstages:\n  - result: MANUAL_CHECK\n    change:\n      person: {first_name: Changed, status: \
         FIELDS_MISMATCH, mrz: null}\n      trustedDatabaseRecord: {found: true}\n  - when: after=1m\n    \
         result: APPROVED\n    change: {person: {last_name: Too}}\n  - {when: after=1m, change: {name: Both}}\n",
    )
    .await;
    let token = app.begin(json!({})).await;
    assert_eq!(app.result(&token).await.json()["person"], json!({}), "not before its stage");
    app.mock.finish(&token).await.unwrap();
    let first = app.result(&token).await.json();
    assert_eq!(first["result"], "MANUAL_CHECK");
    assert_eq!(
        (&first["person"]["first_name"], &first["person"]["status"]),
        (&json!("Changed"), &json!("FIELDS_MISMATCH"))
    );
    assert_eq!(first["person"].get("mrz"), None);
    assert_eq!(first["trustedDatabaseRecord"], json!({"found": true}));
    assert_ne!(first["person"]["birthday"], Value::Null, "the rest is generated as ever");
    app.mock.advance(MINUTE).await.unwrap();
    let second = app.result(&token).await.json();
    assert_eq!((&second["person"]["first_name"], &second["person"]["last_name"]), (&json!("Changed"), &json!("Too")));
    app.mock.advance(MINUTE).await.unwrap();
    let third = app.result(&token).await.json();
    assert_eq!((&third["result"], &third["name"]), (&json!("APPROVED"), &json!("Both")));
    let members = |document: &Value| document.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&third)[..4], ["result", "similarity", "live", "document_type"], "members keep their order");
}

#[tokio::test]
async fn a_stage_can_answer_a_whole_document_of_the_fixtures() {
    let app = TestApp::scripted(
        "description: a\nstages: [{when: begin, document: recorded-approved}, {when: after=1m, change: {person: {age: 7}}}, \
         {when: widget, result: REJECTED}]",
    )
    .await;
    let token = app.begin(json!({})).await;
    let fixture: Value =
        serde_json::from_str(&std::fs::read_to_string("fixtures/documents/recorded-approved.json").unwrap()).unwrap();
    let answered = app.result(&token).await;
    assert_eq!(answered.text(), fixture.to_string(), "byte for byte, but for blanks");
    app.mock.advance(MINUTE).await.unwrap();
    assert_eq!(app.result(&token).await.json()["person"]["age"], 7);
    app.mock.finish(&token).await.unwrap();
    let generated = app.result(&token).await.json();
    assert_eq!((&generated["result"], &generated["person"]["age"]), (&json!("REJECTED"), &json!(7)));
}

#[tokio::test]
async fn fixtures_may_have_documents_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("documents")).unwrap();
    std::fs::write(folder.path().join("documents/own.yaml"), "result: odd\nperson: {}\n").unwrap();
    let app = TestApp::scripted_with("description: a\nstages: [{when: begin, document: own}]", |builder| {
        builder.settings(|config| {
            config.fixtures = Some(folder.path().to_owned());
            // The built-in scenarios may name built-in documents.
            config.builtin_scenarios = false;
        })
    })
    .await;
    let token = app.begin(json!({})).await;
    assert_eq!(app.result(&token).await.text(), r#"{"result":"odd","person":{}}"#);
}

#[tokio::test]
async fn a_stage_can_answer_an_error_and_heal() {
    let app = TestApp::scripted(
        "description: a\nstages: [{when: begin, error: SESSION_INVALID}, {when: after=1m, result: APPROVED}]",
    )
    .await;
    let token = app.begin(json!({})).await;
    app.result(&token).await.assert_error(400, "SESSION_INVALID");
    app.delete(&token).await.assert_error(400, "SESSION_INVALID");
    app.mock.advance(MINUTE).await.unwrap();
    assert_eq!(app.word(&token).await, "APPROVED");
}

#[tokio::test]
async fn a_stage_can_let_calls_go_wrong_for_its_session_alone() {
    let app =
        TestApp::scripted("description: a\nstages: [{when: widget, result: APPROVED, fault: {status: 502, times: 2}}]")
            .await;
    let (token, other) = (app.begin(json!({})).await, app.begin(json!({})).await);
    app.result(&token).await.assert_status(200);
    app.mock.finish(&token).await.unwrap();
    let first = app.result(&token).await;
    first.assert_status(502);
    assert_eq!(first.hint(), "fault `scripted` (status 502), call 1 of 2");
    app.result(&other).await.assert_status(200);
    app.delete(&token).await.assert_status(502);
    assert_eq!(app.word(&token).await, "APPROVED");
}

#[tokio::test]
async fn what_fell_due_is_told_when_the_clock_is_moved() {
    let app = TestApp::scripted_with(
        "description: a\nsession_lifetime: 10m\nstages: [{when: after=5m, result: MANUAL_CHECK}, \
         {when: after=15m, result: APPROVED}]",
        |builder| builder.frozen_at(SystemTime::UNIX_EPOCH),
    )
    .await;
    let (token, opened) = (app.begin(json!({})).await, app.begin(json!({})).await);
    app.widget(&opened).await.assert_status(200);
    assert_eq!(app.mock.advance(MINUTE).await.unwrap(), []);
    let due = app.mock.advance(10 * MINUTE).await.unwrap();
    let mut stages = due.iter().take(2).map(|due| due.session.clone().unwrap()).collect::<Vec<_>>();
    stages.sort();
    let mut both = vec![token.clone(), opened.clone()];
    both.sort();
    assert_eq!(stages, both);
    assert_eq!(due[0].at, "1970-01-01T00:05:00Z");
    assert_eq!(due[0].company_key.as_deref(), Some(app.mock.company_key()));
    assert_eq!(due[0].what, DueEventKind::StageReached("stage 1 of the scenario `scripted` (after=300s)".into()));
    let ends: Vec<_> = due[2..].iter().map(|due| (due.session.as_deref() == Some(&opened), due.what.clone())).collect();
    assert!(
        ends.contains(&(true, DueEventKind::SessionAbandoned)) && ends.contains(&(false, DueEventKind::SessionExpired)),
        "{ends:?}"
    );
    assert_eq!(due[2].at, "1970-01-01T00:10:00Z");
    let last = whats(app.mock.advance(60 * MINUTE).await.unwrap());
    assert_eq!(last, vec![DueEventKind::StageReached("stage 2 of the scenario `scripted` (after=900s)".into()); 2]);
    assert_eq!(app.word(&token).await, "APPROVED");
}

#[tokio::test]
async fn each_company_has_a_clock_that_all_of_it_follows() {
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let scenario = "description: a\nstages: [{when: begin, result: MANUAL_CHECK}, {when: after=1h, result: APPROVED}]";
    let app = TestApp::scripted_with(scenario, |builder| builder.company("one").company("other")).await;
    let (one, other) = (app.mock.company("one"), app.mock.company("other"));
    one.freeze_clock().await.unwrap();
    one.set_clock(at(951_782_400)).await.unwrap(); // 29 February 2000
    let frozen = one.now().await.unwrap();
    assert_eq!(one.now().await.unwrap(), frozen);
    assert!(other.now().await.unwrap() > frozen + 1000 * MINUTE, "the other company's goes on");

    let token = app.begin(json!({})).await;
    let result = app.result(&token).await.json();
    assert_eq!(result["result"], "MANUAL_CHECK");
    let issued = result["person"]["document_issued"].as_str().unwrap();
    assert!(["1996", "1997", "1998", "1999", "2000"].iter().any(|year| issued.ends_with(year)), "{issued}");
    let due = one.set_clock(at(951_782_400 + 3600)).await.unwrap();
    assert_eq!(due.len(), 2, "{due:?}");
    assert!(due.iter().all(|due| due.session.as_deref() == Some(&token)), "{due:?}");
    assert_eq!((&due[0].what, &*due[0].at), (&DueEventKind::SessionExpired, "2000-02-29T00:15:00Z"));
    assert_eq!(&*due[1].at, "2000-02-29T01:00:00Z");
    assert_eq!(app.word(&token).await, "APPROVED");
    app.widget(&token).await.assert_status(410);

    assert_eq!(one.set_clock(at(951_782_400)).await.unwrap(), [], "what came stays");
    assert_eq!(app.word(&token).await, "APPROVED");
    one.resume_clock().await.unwrap();
    let running = one.now().await.unwrap();
    assert!(running >= at(951_782_400) && running < at(951_782_400 + 600), "it runs on from where it stood");
    one.reset().await.unwrap();
    assert!(one.now().await.unwrap() > running + 1000 * MINUTE, "as it was at the start");
}
