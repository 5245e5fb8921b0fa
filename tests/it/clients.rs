//! What clients of other languages see, which send and connect in ways of their own.

use std::process::Command;

use serde_json::{Value, json};

use crate::{command_line::Serving, harness::TestApp};

/// Runs a client and answers what it printed.
fn printed(program: &str, script: &str, argument: &str) -> String {
    let output = Command::new(program).args([&format!("tests/it/clients/{script}"), argument]).output();
    let output = output.unwrap_or_else(|error| panic!("{program} runs ({error}); `make tools` installs it"));
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn early_refusals_reach_a_node_client_that_is_still_sending() {
    let serving = Serving::start(&[]);
    let seen: Value = serde_json::from_str(&printed("node", "uploads.mjs", serving.url())).unwrap();
    assert_eq!(seen, json!({"404": 50, "405": 50, "501": 100}));
}

#[test]
fn early_refusals_reach_a_python_client_that_is_still_sending() {
    let serving = Serving::start(&[]);
    let seen = printed("python3", "uploads.py", serving.url());
    let expected = ["501\n", "404\n", "405\n"].map(|status| status.repeat(10)).concat();
    assert_eq!(seen, expected);
}

#[test]
fn a_thousand_connections_at_once_are_taken_at_once() {
    let serving = Serving::start(&[]);
    let slowest = printed("python3", "burst.py", serving.url().trim_start_matches("http://"));
    let slowest: f64 = slowest.trim().parse().unwrap();
    assert!(slowest < 0.5, "{slowest} s");
}

/// While nobody accepts, the queue alone decides who is let in.
#[tokio::test]
async fn many_connections_can_wait_to_be_accepted() {
    let app = TestApp::start().await;
    let (address, started) = (app.mock.address(), std::time::Instant::now());
    let waiting: Vec<_> = (0..200).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
    assert!(started.elapsed() < std::time::Duration::from_millis(500), "{:?}", started.elapsed());
    drop(waiting);
    app.get("/__admin/health/ready").await.assert_status(200);
}
