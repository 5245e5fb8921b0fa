//! Servers for tests start on ports of their own and leave nothing behind.

use std::{
    io::Write,
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use identomat_mock::{ClientLimits, Endpoint, Fault, MockClient, MockServer, Outcome, blocking};
use serde_json::json;
use tokio::runtime::Handle;

use crate::harness::{LIMIT, TestApp, eventually, eventually_blocking};

fn is_listened_on(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok()
}

/// In a runtime whose time is paused, its tasks can be counted.
#[tokio::test(start_paused = true)]
async fn two_hundred_servers_leave_no_port_and_no_task() {
    let before = Handle::current().metrics().num_alive_tasks();
    let mut addresses = Vec::new();
    let mut clients = Vec::new();
    for _ in 0..10 {
        let mut servers = Vec::new();
        for _ in 0..20 {
            let mock = MockServer::start().await;
            // A connection that stays open, with half a request sent.
            let mut client = TcpStream::connect(mock.address()).unwrap();
            client.write_all(b"POST /external-api/begin/ HTTP/1.1\r\nContent-Length: 10\r\n").unwrap();
            clients.push(client);
            addresses.push(mock.address());
            servers.push(mock);
        }
        // Each has accepted: its loop and its connection are tasks.
        eventually(LIMIT, "all connections are accepted", async || {
            Handle::current().metrics().num_alive_tasks() >= before + 40
        })
        .await;
        drop(servers);
        eventually(LIMIT, "all tasks are gone", async || Handle::current().metrics().num_alive_tasks() <= before).await;
    }
    assert_eq!(addresses.len(), 200);
    eventually(LIMIT, "all ports are free", async || !addresses.iter().any(|address| is_listened_on(*address))).await;
}

#[tokio::test]
async fn servers_at_the_same_time_do_not_share_sessions() {
    let (one, other) = (TestApp::start().await, TestApp::start().await);
    assert_ne!(one.mock.address(), other.mock.address());
    let token = one.begin(json!({})).await;
    other.result(&token).await.assert_error(404, "SESSION_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_shutdown_does_not_wait_for_half_a_request() {
    let mock = MockServer::start().await;
    let address = mock.address();
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(b"POST /external-api/begin/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{").unwrap();
    // Connections are accepted one after the other: when a later one is answered, this one was accepted.
    let health = reqwest::get(format!("{}/__admin/health/ready", mock.url())).await.unwrap();
    assert_eq!(health.status(), 200);
    // The rest of the request may take longer to come.
    assert!(ClientLimits::default().body > LIMIT);
    tokio::time::timeout(LIMIT, mock.shutdown()).await.expect("it does not wait for the rest");
    assert!(!is_listened_on(address));
}

#[test]
fn a_blocking_server_needs_no_runtime() {
    let mock = blocking::MockServer::builder().company("my-company").start_blocking().unwrap();
    let address = mock.address();
    assert_eq!(mock.company_key(), "my-company");
    assert_eq!(mock.widget_url("\"abc\""), format!("http://{address}/?session_token=abc"));
    assert!(mock.finish_as("nonsense", Outcome::Approved).is_err());

    let answer = curl(&format!("http://{address}/external-api/begin/"), r#"{"company_key": "my-company"}"#);
    mock.finish(&answer).unwrap();
    let call = format!(r#"{{"company_key": "my-company", "session_token": {answer}}}"#);
    let result = curl(&format!("http://{address}/external-api/result/"), &call);
    assert!(result.starts_with(r#"{"result":"APPROVED""#), "{result}");

    drop(mock);
    eventually_blocking(LIMIT, "the port is closed", || !is_listened_on(address));
}

/// As a `static` that tests share: it was started in the runtime of the first one, which has ended.
#[test]
fn a_server_outlives_the_runtime_that_started_it() {
    let new_runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mock = new_runtime().block_on(MockServer::start());
    for _ in 0..2 {
        new_runtime().block_on(async {
            let health = reqwest::get(format!("{}/__admin/health/ready", mock.url())).await.unwrap();
            assert_eq!(health.status(), 200);
            let session = mock.begin(json!({})).await.unwrap();
            let (waited, finished) =
                tokio::join!(mock.wait_for(&session.token).finished(), mock.finish(&session.token));
            assert_eq!(waited.unwrap().token, finished.unwrap().token);
        });
    }
    // A client, too.
    let client = new_runtime().block_on(MockClient::connect(mock.url())).unwrap();
    assert_eq!(new_runtime().block_on(client.sessions()).unwrap().len(), 2);
    // And without a runtime.
    let blocking = blocking::MockClient::connect(mock.url()).unwrap();
    assert_eq!(blocking.sessions().unwrap().len(), 2);
    new_runtime().block_on(mock.shutdown());
}

/// A runtime whose time is paused has the server itself, or its delays would be real.
#[tokio::test(start_paused = true)]
async fn delays_follow_paused_time() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    let slow = Fault::delay(Duration::from_secs(10)).endpoint(Endpoint::Result);
    app.mock.add_fault(slow).await.unwrap();
    let (began, real) = (tokio::time::Instant::now(), std::time::Instant::now());
    app.result(&token).await.assert_status(200);
    assert!(began.elapsed() >= Duration::from_secs(10) && real.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_return_url_is_followed_as_a_browser_does() {
    let app = TestApp::start_with(|builder| builder.settings(|config| config.return_url_token = true)).await;
    let page = format!("{}/__admin/health/live?", app.mock.url());
    let token = app.begin(json!({"flags": {"return_url": page}})).await;
    let client = MockClient::connect(app.mock.url()).await.unwrap();
    let early = client.follow_return_url(&token).await.unwrap_err();
    assert_eq!((early.status(), early.to_string()), (Some(409), format!("the session `{token}` is not finished")));
    client.finish(&token).await.unwrap();
    // The page does not know the parameter.
    assert_eq!(client.follow_return_url(&token).await.unwrap(), 400);
    let url = app.mock.session(&token).await.unwrap().return_url.unwrap();
    assert!(url.ends_with(&format!("session_token={token}")), "{url}");
    let other = app.begin(json!({})).await;
    app.mock.finish(&other).await.unwrap();
    let none = app.mock.follow_return_url(&other).await.unwrap_err().to_string();
    assert_eq!(none, format!("the session `{other}` has no `return_url`"));
}

fn curl(url: &str, body: &str) -> String {
    let output = std::process::Command::new("curl").args(["-sS", url, "-d", body]).output();
    let output = output.expect("curl is there; `make test` installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocking_server_may_be_dropped_inside_a_runtime() {
    let mock = tokio::task::spawn_blocking(blocking::MockServer::start).await.unwrap();
    drop(mock);
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let mock = MockServer::start().await;
    let port = mock.address().port();
    let error = MockServer::builder().settings(|config| config.port = port).start().await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot listen on 127.0.0.1:{port}: ")), "{error}");
    assert!(
        error.ends_with("choose another with `config.host` and `config.port` (port 0 picks a free one)"),
        "{error}"
    );
}

#[tokio::test]
async fn the_public_url_is_what_others_are_told() {
    let mock = MockServer::builder().settings(|config| config.public_url = Some("https://identomat.test/".into()));
    let mock = mock.start().await.unwrap();
    assert_eq!(mock.url(), "https://identomat.test");
    assert_eq!(mock.widget_url("abc"), "https://identomat.test/?session_token=abc");
}

#[test]
fn a_server_is_shown_in_one_short_line() {
    let mock =
        blocking::MockServer::builder().company("my-company").secret("not-a-real-secret").start_blocking().unwrap();
    let shown = format!("{mock:?}");
    assert_eq!(shown, format!("MockServer {{ url: \"{}\", company_key: \"my-company\", .. }}", mock.url()));
    assert_eq!(
        format!("{:?}", mock.company("my-company")),
        format!("Control {{ url: {:?}, company_key: Some(\"my-company\") }}", mock.url())
    );
}
