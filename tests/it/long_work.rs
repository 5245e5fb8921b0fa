//! Work that lasts keeps nobody else waiting: who asks meanwhile is answered first, and who leaves ends it.

use std::time::Duration;

use identomat_mock::Config;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    command_line::Serving,
    harness::{TestApp, send},
};

/// An expression that meets too many states of a text to remember them, and takes long for each letter then.
const SLOW: &str = "(a|b)*a(a|b){60}c";

/// A request as it is sent.
fn post(path: &str, body: &Value) -> String {
    let body = body.to_string();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(url.trim_start_matches("http://")).await.unwrap()
}

/// Calls with long texts, on which the slow expression is slow.
async fn long_calls(app: &TestApp, count: usize) {
    let text: String = (0..15_000_usize).map(|at| if at.wrapping_mul(at) % 7 < 3 { 'a' } else { 'b' }).collect();
    for _ in 0..count {
        app.post_json("/external-api/result/", &json!({"company_key": "none", "text": text})).await;
    }
}

fn remember_all(config: &mut Config) {
    config.journal.calls = 100_000;
    config.journal.bytes = 1 << 30;
}

fn slow_count() -> String {
    post("/__admin/calls/count", &json!({"parameters": {"text": {"matches": SLOW}}}))
}

/// Sends a request that takes long, and asks for health until it was answered three times: the long one is not answered by
/// then.
async fn health_comes_first(url: &str, what: &str, long: &str) {
    let (mut busy, mut other) = (connect(url).await, connect(url).await);
    busy.write_all(long.as_bytes()).await.unwrap();
    let mut response = [0; 4096];
    for _ in 0..3 {
        other.write_all(get("/__admin/health/ready").as_bytes()).await.unwrap();
        let length = other.read(&mut response).await.unwrap();
        assert!(response[..length].starts_with(b"HTTP/1.1 200"), "{what}");
    }
    let early = busy.try_read(&mut response);
    assert!(early.is_err(), "{what} was answered first: {}", String::from_utf8_lossy(&response));
    let length = busy.read(&mut response).await.unwrap();
    let answered = String::from_utf8_lossy(&response[..length]);
    assert!(answered.starts_with("HTTP/1.1 2") || answered.starts_with("HTTP/1.1 3"), "{what}: {answered}");
}

#[tokio::test]
async fn health_is_answered_while_all_else_is_busy() {
    let app = TestApp::start_with(|builder| builder.settings(remember_all)).await;
    let url = app.mock.url();
    let late = json!({"name": "late", "description": "A", "stages": [{"when": "after=1h", "result": "APPROVED"}]});
    app.post_json("/__admin/scenarios", &late).await.assert_status(201);
    for _ in 0..2000 {
        app.begin(json!({"flags": {"mock_scenario": "late"}})).await;
    }
    long_calls(&app, 30).await;
    let steps: Vec<_> = (0..2000)
        .map(|at| json!({"type": "user-questionnaire", "key": format!("k{at}"), "questions": [{"type": "text", "key": "q"}]}))
        .collect();
    let flags = json!({"skip_agreement": true, "skip_document": true, "skip_face": true});
    let large = app.begin(json!({"steps": steps, "flags": flags})).await;
    let matches = json!({"text": {"matches": SLOW}});
    for (what, request) in [
        ("counting", slow_count()),
        ("verifying", post("/__admin/calls/verify", &json!({"parameters": matches, "never": true}))),
        ("finding", post("/__admin/calls/find", &json!({"parameters": matches}))),
        ("waiting", post("/__admin/wait/calls", &json!({"parameters": matches, "count": 0}))),
        ("listing sessions", get("/__admin/sessions?limit=1000&answer=NONE")),
        ("listing calls", get("/__admin/calls?limit=1000")),
        ("metrics", get("/__admin/metrics")),
        ("the page of sessions", get("/")),
        ("a screen of many steps", get(&format!("/__widget/sessions/{large}"))),
        ("moving the clock", post("/__admin/clock/advance", &json!({"by": "2h"}))),
        ("resetting", post("/__admin/reset", &json!({}))),
    ] {
        health_comes_first(&url, what, &request).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_answered_while_large_calls_are_read() {
    let app = TestApp::start().await;
    let url = app.mock.url();
    let flags: serde_json::Map<_, _> = (0..40_000).map(|at| (format!("flag{at}"), at.into())).collect();
    let begin = json!({"company_key": app.mock.company_key(), "flags": flags});
    health_comes_first(&url, "begin/", &post("/external-api/begin/", &begin)).await;
    let token = app.begin(begin).await;
    let result = json!({"company_key": app.mock.company_key(), "session_token": token});
    health_comes_first(&url, "result/", &post("/external-api/result/", &result)).await;
    health_comes_first(&url, "the page", &get(&format!("/?session_token={token}"))).await;
    health_comes_first(&url, "its screen", &get(&format!("/__widget/sessions/{token}"))).await;
}

#[tokio::test]
async fn counting_stops_when_nobody_waits_for_it() {
    let endless = |config: &mut Config| {
        remember_all(config);
        config.control_api.timeout = Duration::from_secs(3600);
    };
    let app = TestApp::start_with(|builder| builder.settings(endless)).await;
    long_calls(&app, 400).await;
    let url = app.mock.url();
    // As many as work at a time, each for minutes.
    for _ in 0..8 {
        let mut client = connect(&url).await;
        client.write_all(slow_count().as_bytes()).await.unwrap();
        drop(client);
    }
    app.post_json("/__admin/calls/count", &json!({"endpoint": "begin"})).await.assert_status(200);
}

#[tokio::test]
async fn counting_stops_after_its_time() {
    let short = |config: &mut Config| config.control_api.timeout = Duration::from_millis(1);
    let app = TestApp::start_with(|builder| builder.settings(short)).await;
    long_calls(&app, 100).await;
    for path in ["count", "find", "verify"] {
        let body = json!({"parameters": {"text": {"matches": SLOW}}});
        let reply = app.post_json(&format!("/__admin/calls/{path}"), &body).await;
        reply.assert_status(408);
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(
            detail.starts_with("looked at ") && detail.contains(" of 100 calls within 1ms (--admin-timeout)"),
            "{detail}"
        );
    }
}

#[tokio::test]
async fn an_ordinary_expression_counts_and_a_large_one_is_refused() {
    let app = TestApp::start().await;
    for number in 0..850 {
        let mail = if number % 2 == 0 { format!("user.{number}@example.com") } else { "none".into() };
        app.post_json("/external-api/result/", &json!({"company_key": "none", "mail": mail})).await;
    }
    let count = async |expression: &str| {
        let body = json!({"parameters": {"mail": {"matches": expression}}});
        app.post_json("/__admin/calls/count", &body).await
    };
    assert_eq!(count(r"[\w.]{1,64}@[\w.]{1,255}").await.json(), json!({"count": 425}));
    let refused = count("(a{100}){100}").await;
    refused.assert_status(400);
    assert_eq!(refused.json()["field"], "parameters.mail");
    assert_eq!(
        refused.json()["detail"],
        "`(a{100}){100}` is too large a regular expression: repeat less, such as `+` instead of `{1,999}`"
    );
    let conditions =
        |count: usize| (0..count).map(|at| (format!("p{at}"), json!(1))).collect::<serde_json::Map<_, _>>();
    let with = async |parameters: usize, headers: usize| {
        let body = json!({"parameters": conditions(parameters), "headers": conditions(headers)});
        app.post_json("/__admin/calls/count", &body).await
    };
    with(150, 50).await.assert_status(200);
    let refused = with(150, 51).await;
    refused.assert_status(400);
    assert_eq!(refused.json()["detail"], "there are 201 conditions, and a pattern has at most 200");
}

#[tokio::test]
async fn a_long_glob_is_refused() {
    let app = TestApp::start().await;
    app.get(&format!("/__admin/scenarios?like={}", "*a".repeat(100))).await.assert_status(200);
    let refused = app.get(&format!("/__admin/scenarios?like={}", "*a".repeat(101))).await;
    refused.assert_status(400);
    assert_eq!(refused.json()["detail"], "a pattern has at most 200 characters");
}

#[tokio::test]
async fn a_server_stops_while_it_is_busy() {
    let server = Serving::start(&["--admin-timeout", "1h"]);
    let url = server.url().to_owned();
    let text: String = (0..15_000_usize).map(|at| if at.wrapping_mul(at) % 7 < 3 { 'a' } else { 'b' }).collect();
    let client = reqwest::Client::new();
    for _ in 0..400 {
        let call = client.request(Method::POST, format!("{url}/external-api/result/"));
        send(call.json(&json!({"company_key": "none", "text": text}))).await;
    }
    let mut busy = connect(&url).await;
    busy.write_all(slow_count().as_bytes()).await.unwrap();
    send(client.get(format!("{url}/__admin/health/live"))).await.assert_status(200);
    let (_, status, _) = server.terminate();
    assert_eq!(status, Some(0));
    let mut response = Vec::new();
    let _ = busy.read_to_end(&mut response).await;
    assert!(!response.starts_with(b"HTTP/1.1 200"), "it stopped before it had counted");
}
