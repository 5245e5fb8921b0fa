//! What the control API cannot read.

use reqwest::Method;
use serde_json::json;

use crate::harness::{TestApp, send};

#[tokio::test]
async fn a_body_that_is_no_json_is_refused_with_its_place() {
    let app = TestApp::start_with(|builder| builder.settings(|config| config.limits.body = 1000)).await;
    let post = async |body: String| {
        let call = app.request(Method::POST, "/__admin/clock/advance").header("content-type", "application/json");
        send(call.body(body)).await
    };
    for (body, detail) in [
        ("{\n \"by\": }", "line 2 column"),
        ("{\"by\": \"1s\"} x", "trailing characters"),
        ("by=1s", "is not JSON"),
        ("[\"1s\"]", "the body is not a JSON object"),
    ] {
        let problem = post(body.to_owned()).await.problem(400);
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{body}: {problem}");
    }
    let deep = "[".repeat(40) + &"]".repeat(40);
    let problem = post(format!("{{\"by\": {deep}}}")).await.problem(400);
    assert!(problem["detail"].as_str().unwrap().contains("32 levels"), "{problem}");
    let problem = post(format!("{{\"by\": \"{}\"}}", "1".repeat(1000))).await.problem(413);
    assert_eq!(problem["detail"], "the body is larger than 1000 bytes (--max-body)");
}

#[tokio::test]
async fn no_body_is_an_empty_one() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    app.admin(Method::POST, &format!("sessions/{token}/finish"), None).await.assert_status(200);
    let problem = app.admin(Method::POST, "clock/advance", None).await.problem(400);
    assert_eq!(problem["detail"], "missing field `by`");
}

#[tokio::test]
async fn a_path_that_is_no_text_is_nothing() {
    let app = TestApp::start().await;
    app.admin(Method::GET, "sessions/%ff", None).await.problem(404);
    app.remove("faults/%ff").await.problem(404);
}
