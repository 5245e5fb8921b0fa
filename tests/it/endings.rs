//! What ends for those who wait, or are held by a delay: faults that are cleared, resets, companies that go, and the server.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use identomat_mock::{Config, Fault};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    command_line::Serving,
    harness::{LIMIT, Reply, TestApp, eventually, send},
};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// A call of a company that is under way.
fn begin(app: &TestApp, key: &str) -> JoinHandle<Reply> {
    let url = format!("{}/external-api/begin/", app.mock.url());
    let call = reqwest::Client::new().post(url).json(&json!({"company_key": key}));
    tokio::spawn(send(call))
}

/// Waits until a delay holds so many calls.
async fn held(app: &TestApp, count: u64) {
    let hits = |fault: &Value| fault["hits"].as_u64().unwrap();
    let held = async || {
        let faults = app.get("/__admin/faults").await.json();
        faults["items"].as_array().unwrap().iter().map(hits).sum::<u64>() >= count
    };
    eventually(LIMIT, "as many calls are held", held).await;
}

#[tokio::test]
async fn clearing_faults_frees_the_calls_that_they_hold() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    let delay = |key: &str| json!({"company_key": key, "delay": "1h", "forever": true});
    for key in ["one", "two"] {
        app.post_json("/__admin/faults", &delay(key)).await.assert_status(201);
    }
    for (method, path) in
        [("DELETE", "faults?company_key=one"), ("POST", "reset?company_key=one"), ("POST", "companies/one/reset")]
    {
        let (one, two) = (begin(&app, "one"), begin(&app, "two"));
        held(&app, 2).await;
        let request = app.request(method.parse().unwrap(), &format!("/__admin/{path}"));
        assert!(send(request).await.status.is_success(), "{path}");
        let freed = one.await.unwrap();
        freed.assert_status(200);
        assert!(freed.hint().contains("a delay of 3600s"), "{freed}");
        assert!(!two.is_finished(), "{path} is no word of the other company");
        send(app.request("DELETE".parse().unwrap(), "/__admin/faults")).await.assert_status(204);
        two.await.unwrap().assert_status(200);
        for key in ["one", "two"] {
            app.post_json("/__admin/faults", &delay(key)).await.assert_status(201);
        }
    }
}

#[tokio::test]
async fn a_delay_of_the_server_is_ended_by_the_server_alone() {
    let app = TestApp::start_with(|builder| builder.company("one")).await;
    let all = ["DELETE faults", "POST reset"];
    for ends in all {
        app.mock.add_fault(Fault::delay(HOUR).forever()).await.unwrap();
        let call = begin(&app, "one");
        held(&app, 1).await;
        let tell = async |what: &str| {
            let (method, path) = what.split_once(' ').unwrap();
            send(app.request(method.parse().unwrap(), &format!("/__admin/{path}"))).await
        };
        tell("DELETE faults?company_key=one").await.assert_status(204);
        tell("POST reset?company_key=one").await.assert_status(204);
        assert!(!call.is_finished());
        tell(ends).await.assert_status(204);
        call.await.unwrap().assert_status(200);
    }
}

#[test]
#[should_panic(expected = "a fault with 0 time never begins; give at least 1ms")]
fn a_fault_that_lasts_no_time_is_none() {
    let _ = Fault::status(503).for_duration(Duration::ZERO);
}

#[tokio::test]
async fn a_fault_that_lasts_no_time_is_refused() {
    let app = TestApp::start().await;
    let reply = app.post_json("/__admin/faults", &json!({"status": 503, "lasts": "0s"})).await;
    reply.assert_status(400);
    assert_eq!(reply.json()["detail"], "a fault with 0 time never begins; give at least 1ms");
}

#[tokio::test]
async fn a_company_that_somebody_waits_in_does_not_go_idle() {
    let idle = |config: &mut Config| {
        config.any_company_key = Some("test-*".into());
        config.company_idle = Duration::from_secs(1);
    };
    let app = TestApp::start_with(|builder| builder.settings(idle)).await;
    let token = app.begin(json!({"company_key": "test-1"})).await;
    let session = format!("/__admin/wait/session/{token}?until=finished&timeout=1500ms");
    // Longer than it may be idle.
    let waits = [
        app.get("/__admin/wait/calls?company_key=test-1&count=9&timeout=1500ms"),
        app.get("/__admin/wait/calls?company_key=test-1&endpoint=delete&timeout=1500ms"),
        app.get(&session),
    ];
    for waited in futures_util::future::join_all(waits).await {
        waited.assert_status(408);
    }
    assert_eq!(app.evicted_companies().await, 0, "it was waited in until just now");
    eventually(LIMIT, "the company goes", async || app.evicted_companies().await > 0).await;
    let body = json!({"company_key": "test-1", "session_token": token});
    let gone = app.post_json("/external-api/result/", &body).await;
    gone.assert_error(404, "SESSION_NOT_FOUND");
    assert!(
        gone.hint().ends_with(
            "or was removed with its company, which was idle too long or evicted (--company-idle, --max-companies)"
        ),
        "{gone}"
    );
}

#[tokio::test]
async fn what_is_not_there_may_have_been_before_a_restart() {
    let app = TestApp::start().await;
    let token = "a".repeat(40);
    let gone = app.result(&token).await;
    assert!(gone.hint().ends_with("or the mock has restarted since"), "{gone}");
    for path in [format!("/__admin/sessions/{token}"), format!("/__admin/wait/session/{token}?until=opened")] {
        let gone = app.get(&path).await;
        gone.assert_status(404);
        assert!(gone.json()["detail"].as_str().unwrap().ends_with("or the mock has restarted since"), "{gone}");
    }
}

/// A request that is not answered yet.
fn open(url: &str, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    write!(stream, "{request}\r\nhost: localhost\r\n\r\n").unwrap();
    stream
}

fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    text
}

#[tokio::test]
async fn who_waits_when_the_server_stops_is_told_so() {
    // Longer than anybody would wait here.
    let server = Serving::start(&["--grace", "1h"]);
    let url = server.url().to_owned();
    let client = reqwest::Client::new();
    let fault = client.post(format!("{url}/__admin/faults")).json(&json!({"delay": "1h", "endpoint": "begin"}));
    send(fault).await.assert_status(201);
    let begun = client.post(format!("{url}/__admin/sessions")).json(&json!({}));
    let token = send(begun).await.json()["token"].as_str().unwrap().to_owned();
    let key = identomat_mock::DEFAULT_COMPANY_KEY;
    let waiting = [
        open(&url, "GET /__admin/wait/calls?count=99&timeout=10m HTTP/1.1"),
        open(&url, &format!("GET /__admin/wait/session/{token}?until=finished&timeout=10m HTTP/1.1")),
        open(&url, &format!("GET /external-api/begin/?company_key={key} HTTP/1.1")),
    ];
    let events = open(&url, "GET /__admin/events HTTP/1.1");
    // All of them wait: the fault has struck, and three have places.
    let all_wait = async || {
        let metrics = send(client.get(format!("{url}/__admin/metrics"))).await.text();
        let faults = send(client.get(format!("{url}/__admin/faults"))).await.json();
        let waits = metrics.lines().any(|line| line.starts_with("identomat_mock_waiting") && line.ends_with(" 3"));
        waits && faults["items"] == json!([])
    };
    eventually(LIMIT, "all of them wait", all_wait).await;
    let (_, status, _) = server.terminate();
    assert_eq!(status, Some(0));
    for stream in waiting {
        let response = rest(stream);
        assert!(response.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{response}");
        assert!(response.contains("connection: close\r\n") && response.contains("the mock is stopping"), "{response}");
    }
    assert!(rest(events).ends_with("0\r\n\r\n"), "the stream of events has an end");
}

#[test]
fn a_control_api_that_is_open_to_all_is_warned_of_once() {
    let warnings = |arguments: &[&str]| {
        let (_, _, log) = Serving::start(arguments).terminate();
        log.lines().filter(|line| line.contains("any client that reaches this address can use the control API")).count()
    };
    assert_eq!(warnings(&["--host", "0.0.0.0"]), 1);
    for closed in
        [&["--host", "0.0.0.0", "--admin-token", "not-a-real-token"][..], &["--host", "0.0.0.0", "--no-admin"], &[]]
    {
        assert_eq!(warnings(closed), 0, "{closed:?}");
    }
}
