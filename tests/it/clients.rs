//! What clients of other languages see, which send and connect in ways of their own.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    command_line::Serving,
    harness::{LIMIT, TestApp},
};

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
    // A connection that finds no room in the queue is retried after a second.
    let asked_again = printed("python3", "burst.py", serving.url().trim_start_matches("http://"));
    assert_eq!(asked_again, "0\n");
}

/// While nobody accepts, the queue alone decides who is let in.
#[tokio::test]
async fn many_connections_can_wait_to_be_accepted() {
    let app = TestApp::start().await;
    let connect = |_| std::net::TcpStream::connect_timeout(&app.mock.address(), LIMIT).expect("there is room");
    let waiting: Vec<_> = (0..200).map(connect).collect();
    drop(waiting);
    app.get("/__admin/health/ready").await.assert_status(200);
}
