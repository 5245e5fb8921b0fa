//! `/__admin/wait/…`: an answer as soon as something is so.

use std::{pin::Pin, time::Duration};

use identomat_mock::Outcome;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{LIMIT, Reply, TestApp, eventually};

impl TestApp {
    async fn wait(&self, token: &str, until: &str, patience: &str) -> Reply {
        self.admin(Method::GET, &format!("wait/session/{token}?until={until}&timeout={patience}"), None).await
    }

    async fn waited(&self, token: &str, until: &str) -> Value {
        let reply = self.wait(token, until, "20s").await;
        reply.assert_status(200);
        reply.json()
    }
}

const TWO_STAGES: &str = "description: A verdict that changes.\nstages:\n  - {when: begin, result: IN_PROGRESS}\n  \
                          - {when: widget, result: APPROVED}\n  - {when: after=1h, result: REJECTED}\n";

#[tokio::test]
async fn whoever_waits_hears_as_soon_as_it_is_so() {
    let app = TestApp::scripted(TWO_STAGES).await;
    let token = app.begin(json!({"steps": [{"type": "document", "key": "papers"}]})).await;
    let both = async |until: &str, act: Pin<Box<dyn Future<Output = ()> + '_>>| {
        let (waited, ()) = tokio::join!(app.waited(&token, until), act);
        assert_eq!(waited["session"]["token"], *token, "{until}");
        waited["session"].clone()
    };
    let (waited, _) = tokio::join!(app.waited(&token, "opened"), app.widget(&token));
    assert_eq!(waited["session"]["is_opened"], true);
    both("step=papers", Box::pin(async { drop(app.mock.reach_step(&token, "papers").await.unwrap()) })).await;
    both("finished", Box::pin(async { drop(app.mock.finish(&token).await.unwrap()) })).await;
    assert_eq!(both("result=approved", Box::pin(async {})).await["current_result"], "APPROVED");
    assert_eq!(
        both("stage=3", Box::pin(async { drop(app.mock.advance(Duration::from_secs(3600)).await.unwrap()) })).await["stage"],
        3
    );
    assert_eq!(
        both(
            "result=MANUAL_CHECK",
            Box::pin(async { drop(app.mock.decide(&token, Outcome::ManualCheck).await.unwrap()) })
        )
        .await["stage"],
        3
    );
    let (waited, _) = tokio::join!(app.waited(&token, "deleted"), app.delete(&token));
    assert_eq!(waited["session"], Value::Null);
}

#[tokio::test]
async fn a_stage_that_comes_by_the_clock_alone_is_waited_for() {
    let app = TestApp::scripted(
        "description: d\nstages: [{when: begin, result: IN_PROGRESS}, {when: after=30ms, result: APPROVED}]",
    )
    .await;
    // The clock runs, and nobody calls.
    let token = app.begin(json!({})).await;
    assert_eq!(app.waited(&token, "stage=2").await["session"]["current_result"], "APPROVED");
    let token = app.begin(json!({})).await;
    assert_eq!(app.mock.wait_for(&token).timeout(LIMIT).any_result().await.unwrap().stage, Some(2));
}

#[tokio::test]
async fn a_result_that_no_session_can_have_is_refused() {
    let scenario = "description: d\nstages: [{when: widget, result: PENDING, unlisted: true}]";
    let app = TestApp::scripted(scenario).await;
    let token = app.begin(json!({})).await;
    let problem = app.wait(&token, "result=APROVED", "20s").await.problem(400);
    assert_eq!((&problem["field"], &problem["nearest"]), (&json!("until"), &json!("APPROVED")));
    assert!(problem["allowed"].as_array().unwrap().contains(&json!("SESSION_NOT_FOUND")), "{problem}");
    // Words of the scenario, and of a decision, are none of the vendor's.
    let (waited, finished) = tokio::join!(app.waited(&token, "result=pending"), app.mock.finish(&token));
    assert_eq!(
        (&waited["session"]["current_result"], finished.unwrap().current_result),
        (&json!("PENDING"), "PENDING".into())
    );
    app.tell(&format!("sessions/{token}/decide"), &json!({"outcome": "ODD", "unlisted": true}))
        .await
        .assert_status(200);
    app.waited(&token, "result=ODD").await;
}

#[tokio::test]
async fn what_is_so_already_is_answered_at_once() {
    let app = TestApp::scripted(TWO_STAGES).await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    for until in ["opened", "step=agreement", "finished", "stage=1", "stage=2", "result", "result=APPROVED"] {
        let reply = app.wait(&token, until, "0s").await;
        reply.assert_status(200);
        assert_eq!(reply.json()["session"]["current_result"], "APPROVED", "{until}");
    }
    let late = app.begin(json!({})).await;
    app.mock.advance(Duration::from_secs(15 * 60)).await.unwrap();
    app.wait(&late, "expired", "0s").await.assert_status(200);
    app.delete(&late).await.assert_status(200);
    assert_eq!(app.wait(&late, "deleted", "0s").await.json()["session"], Value::Null);
}

#[tokio::test]
async fn a_running_clock_brings_it_about() {
    let scenario = "description: Soon.\nsession_lifetime: 150ms\nstages:\n  - {when: begin, result: IN_PROGRESS}\n  \
                    - {when: after=50ms, result: APPROVED}\n";
    let app = TestApp::scripted(scenario).await;
    let token = app.begin(json!({})).await;
    assert_eq!(app.waited(&token, "result").await["session"]["current_result"], "APPROVED");
    assert_eq!(app.waited(&token, "expired").await["session"]["is_finished"], false);
    // So does one that is moved, frozen or not.
    let frozen = TestApp::scripted_with(scenario, |builder| builder.frozen_at(std::time::UNIX_EPOCH)).await;
    let token = frozen.begin(json!({})).await;
    frozen.wait(&token, "result", "200ms").await.problem(408);
    let (waited, _) = tokio::join!(frozen.waited(&token, "stage=2"), async {
        frozen.mock.advance(Duration::from_secs(60)).await.unwrap()
    });
    assert_eq!(waited["session"]["stage"], 2);
}

#[tokio::test]
async fn whoever_waits_in_vain_hears_how_things_stand() {
    let app = TestApp::scripted(TWO_STAGES).await;
    let token = app.begin(json!({})).await;
    app.widget(&token).await;
    app.result(&token).await;
    let problem = app.wait(&token, "finished", "10ms").await.problem(408);
    assert_eq!(
        problem["detail"],
        "`finished` was not reached within 10ms: the session was opened; `result/` would return IN_PROGRESS, stage 1 of the scenario `scripted` was reached; calls in the journal: 3, the last to /external-api/result/"
    );
    assert_eq!(problem["session"]["is_opened"], true);
    let paths: Vec<_> = problem["calls"].as_array().unwrap().iter().map(|call| call["path"].clone()).collect();
    assert_eq!(paths, ["/external-api/begin/", "/", "/external-api/result/"]);
}

#[tokio::test]
async fn whoever_went_away_does_not_keep_a_place() {
    use tokio::io::AsyncWriteExt;

    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    let host = app.mock.address();
    let are_waiting = async |number: usize| {
        app.get("/__admin/metrics").await.text().contains(&format!("identomat_mock_waiting {number}\n"))
    };
    for path in [format!("session/{token}?until=opened&timeout=10m"), "calls?endpoint=delete&timeout=10m".into()] {
        let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
        let request = format!("GET /__admin/wait/{path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        eventually(LIMIT, "one waits", async || are_waiting(1).await).await;
        drop(stream);
        eventually(LIMIT, "nobody waits", async || are_waiting(0).await).await;
    }
}

#[tokio::test]
async fn what_cannot_come_is_not_waited_for() {
    let app = TestApp::scripted(TWO_STAGES).await;
    let (finished, expired, skipped) =
        (app.begin(json!({})).await, app.begin(json!({})).await, app.begin(json!({})).await);
    app.mock.finish(&finished).await.unwrap();
    app.mock.finish_as(&skipped, Outcome::Rejected).await.unwrap();
    app.mock.advance(Duration::from_secs(15 * 60)).await.unwrap();
    let refused = async |token: &str, until: &str, status| {
        app.wait(token, until, "20s").await.problem(status)["detail"].as_str().unwrap().to_owned()
    };
    let never = "can no longer be reached";
    assert_eq!(refused(&finished, "expired", 409).await, format!("`expired` {never}: the person has finished"));
    let ran_out = format!("`opened` {never}: the token expired before the person finished");
    assert_eq!(refused(&expired, "opened", 409).await, ran_out);
    refused(&expired, "finished", 409).await;
    let decided = format!("`stage=2` {never}: a decision replaced it");
    assert_eq!(refused(&skipped, "stage=2", 409).await, decided);
    assert_eq!(refused(&finished, "stage=4", 400).await, "the scenario `scripted` has no stage 4; it has 3");
    assert!(refused(&finished, "step=liveliness", 400).await.starts_with("there is no step `liveliness`"));
    refused(&"a".repeat(40), "finished", 404).await;
    refused("short", "finished", 400).await;
    let problem = app.wait(&finished, "finnished", "1s").await.problem(400);
    assert_eq!((&problem["field"], &problem["nearest"]), (&json!("until"), &json!("finished")));
    let problem = app.wait(&finished, "finished", "1d").await.problem(400);
    assert_eq!(problem["field"], "timeout");

    let (gone, _) = tokio::join!(app.wait(&expired, "result", "20s"), app.delete(&expired));
    assert!(gone.problem(410)["detail"].as_str().unwrap().contains("was deleted before `result`"));
    let waits = app.begin(json!({})).await;
    let (gone, _) = tokio::join!(app.wait(&waits, "opened", "20s"), app.mock.reset());
    gone.problem(404);
}
