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

/// A text without a rule, in which the slow expression meets new states all the time.
fn long_text() -> String {
    let mut random = fastrand::Rng::with_seed(7);
    (0..15_000).map(|_| if random.bool() { 'a' } else { 'b' }).collect()
}

/// Calls with long texts, on which the slow expression is slow.
async fn long_calls(app: &TestApp, count: usize) {
    let text = long_text();
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

/// Asks for health some times, one after the other. All that was sent before has been taken up then.
async fn ask_for_health(url: &str) {
    let mut client = connect(url).await;
    let mut response = [0; 4096];
    for _ in 0..10 {
        client.write_all(get("/__admin/health/ready").as_bytes()).await.unwrap();
        let length = client.read(&mut response).await.unwrap();
        assert!(response[..length].starts_with(b"HTTP/1.1 200"));
    }
}

/// Sends as many requests that last as are worked on at a time.
async fn keep_busy(url: &str) -> Vec<TcpStream> {
    let mut busy = Vec::new();
    for _ in 0..8 {
        let mut client = connect(url).await;
        client.write_all(slow_count().as_bytes()).await.unwrap();
        busy.push(client);
    }
    ask_for_health(url).await;
    busy
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_answered_while_all_else_waits_for_work_that_lasts() {
    let endless = |config: &mut Config| {
        remember_all(config);
        config.control_api.timeout = Duration::from_secs(3600);
    };
    let app = TestApp::start_with(|builder| builder.settings(endless)).await;
    let url = app.mock.url();
    long_calls(&app, 300).await;
    let flags: serde_json::Map<_, _> = (0..5000).map(|at| (format!("flag {at}"), at.into())).collect();
    let begin = json!({"company_key": app.mock.company_key(), "flags": flags});
    let (large, usual) = (app.begin(begin.clone()).await, app.begin(json!({})).await);
    let result = json!({"company_key": app.mock.company_key(), "session_token": large});
    let busy = keep_busy(url).await;
    let mut waiting = Vec::new();
    for request in [
        post("/__admin/calls/count", &json!({"endpoint": "begin"})),
        post("/__admin/calls/verify", &json!({"endpoint": "begin"})),
        post("/__admin/calls/find", &json!({"endpoint": "begin"})),
        post("/__admin/wait/calls", &json!({"endpoint": "begin"})),
        get("/__admin/calls"),
        get("/__admin/sessions"),
        get("/__admin/companies"),
        get("/__admin/metrics"),
        post("/__admin/clock/advance", &json!({"by": "1s"})),
        post("/__admin/scenarios/queue", &json!({"scenarios": ["approved"]})),
        get("/"),
        get(&format!("/?session_token={usual}")),
        get(&format!("/__widget/sessions/{usual}")),
        post("/external-api/begin/", &begin),
        post("/external-api/result/", &result),
        post("/__admin/reset", &json!({})),
    ] {
        let mut client = connect(url).await;
        client.write_all(request.as_bytes()).await.unwrap();
        waiting.push((client, request.lines().next().unwrap_or_default().to_owned()));
    }
    ask_for_health(url).await;
    // A call that is not large has no need of it.
    app.begin(json!({})).await;
    let mut response = [0; 4096];
    for (client, request) in &waiting {
        let early = client.try_read(&mut response);
        assert!(early.is_err(), "{request} did not wait: {}", String::from_utf8_lossy(&response));
    }
    drop(busy);
    for (mut client, request) in waiting {
        let length = client.read(&mut response).await.unwrap();
        // Which of them comes first is not said, and after the reset there are no sessions.
        let status = String::from_utf8_lossy(&response[9..length.min(12)]).into_owned();
        assert!(["200", "204", "404", "409"].contains(&&*status), "{request}: {status}");
    }
}

#[tokio::test]
async fn health_is_answered_while_a_video_is_drawn() {
    let app = TestApp::start().await;
    let url = app.mock.url();
    let token = app.begin(json!({"flags": {"liveness": true}})).await;
    app.mock.finish(&token).await.unwrap();
    let mut drawing = connect(url).await;
    let video = json!({"company_key": app.mock.company_key(), "session_token": token});
    drawing.write_all(post("/external-api/result/face-video/", &video).as_bytes()).await.unwrap();
    ask_for_health(url).await;
    let mut response = [0; 4096];
    assert!(drawing.try_read(&mut response).is_err(), "it was drawn first");
    let length = drawing.read(&mut response).await.unwrap();
    assert!(response[..length].starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn health_is_answered_while_files_are_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let stages: String =
        (1..100).map(|hours| format!("  - {{when: after={hours}h, result: MANUAL_CHECK}}\n")).collect();
    for number in 0..100 {
        let text = format!("description: One of many.\nstages:\n{stages}");
        std::fs::write(folder.path().join(format!("many-{number}.yaml")), text).unwrap();
    }
    let mut server = Serving::start(&["--scenarios", folder.path().to_str().unwrap()]);
    let (log, url) = (server.log(), server.url().to_owned());
    server.signal("HUP");
    ask_for_health(&url).await;
    assert!(!log.has_said("reloaded all files"), "they were read first");
    log.line_with("reloaded all files");
}

#[tokio::test]
async fn counting_stops_when_nobody_waits_for_it() {
    let endless = |config: &mut Config| {
        remember_all(config);
        config.control_api.timeout = Duration::from_secs(3600);
    };
    let app = TestApp::start_with(|builder| builder.settings(endless)).await;
    long_calls(&app, 400).await;
    // As many as are worked on at a time, each for minutes.
    drop(keep_busy(app.mock.url()).await);
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
            detail.starts_with("checked ") && detail.contains(" of 100 calls within 1ms (--admin-timeout)"),
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
        "`(a{100}){100}` is too large a regular expression; use fewer repetitions, such as `+` instead of `{1,999}`"
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
    assert_eq!(refused.json()["detail"], "the pattern has 201 conditions; the maximum is 200");
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
    let text = long_text();
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
