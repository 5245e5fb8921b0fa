//! The control API below `/__admin/`, over HTTP.

mod calls;
mod companies;
mod counting;
mod crowd;
mod events;
mod faults;
mod metrics;
mod reading;
mod safety;
mod scenarios;
mod sessions;
mod time;
mod waiting;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Reply, TestApp, send};

impl TestApp {
    /// Calls the control API; the path is below `/__admin/`.
    async fn admin(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        let request = self.request(method, &format!("/__admin/{path}"));
        send(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    async fn look(&self, path: &str) -> Value {
        let reply = self.admin(Method::GET, path, None).await;
        reply.assert_status(200);
        reply.json()
    }

    async fn tell(&self, path: &str, body: &Value) -> Reply {
        self.admin(Method::POST, path, Some(body)).await
    }

    async fn remove(&self, path: &str) -> Reply {
        self.admin(Method::DELETE, path, None).await
    }
}

impl Reply {
    /// Asserts an answer of the control API that says what is wrong; answers its members.
    #[track_caller]
    fn problem(&self, status: u16) -> Value {
        self.assert_status(status);
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self}");
        let problem = self.json();
        assert_eq!((&problem["type"], &problem["status"]), (&json!("about:blank"), &json!(status)), "{self}");
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{self}");
        problem
    }
}

#[tokio::test]
async fn health_says_version_and_what_is_loaded() {
    let app = TestApp::start_with(|builder| builder.company("one").company("other")).await;
    app.begin(json!({})).await;
    let live = app.look("health/live").await;
    assert_eq!((&live["status"], &live["version"]), (&json!("live"), &json!(env!("CARGO_PKG_VERSION"))));
    let ready = app.look("health/ready").await;
    assert_eq!((&ready["status"], &ready["companies"], &ready["sessions"]), (&json!("ready"), &json!(2), &json!(1)));
    assert_eq!(ready["scenarios"], app.mock.scenarios().await.unwrap().len());
    assert!(ready["people"].as_u64().unwrap() > 5, "{ready}");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_that_says_so() {
    let app = TestApp::start().await;
    let problem = app.admin(Method::GET, "session", None).await.problem(404);
    assert_eq!(problem["detail"], "there is no `GET /__admin/session`; docs/control-api.md lists all paths");
    let reply = app.admin(Method::PUT, "sessions", None).await;
    assert_eq!(reply.headers["allow"], "GET,HEAD,POST");
    assert_eq!(reply.problem(405)["detail"], "`/__admin/sessions` does not take PUT");
    app.admin(Method::POST, "health/ready", None).await.problem(405);
}

#[tokio::test]
async fn settings_are_shown_without_secrets() {
    let app = TestApp::start_with(|builder| {
        builder.company("signed").secret("not-a-real-secret").settings(|config| {
            config.control_api.hosts = vec!["mock.example.com".into()];
            config.limits.body = 5000;
        })
    })
    .await;
    let settings = app.look("settings").await;
    assert_eq!((&settings["company_key"], &settings["max_body"]), (&json!(["signed"]), &json!(5000)));
    assert_eq!((&settings["scenario"], &settings["session_lifetime"]), (&json!("approved"), &json!(900.0)));
    assert_eq!((&settings["dialect"], &settings["admin_host"]), (&json!("manual"), &json!(["mock.example.com"])));
    assert!(!settings.to_string().contains("not-a-real-secret"), "{settings}");
}
