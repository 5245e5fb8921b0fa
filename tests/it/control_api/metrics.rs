//! `/__admin/metrics`: what is counted, read by the parser of Prometheus' own Python client.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use identomat_mock::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::harness::{LIMIT, TestApp, eventually};

const READ: &str = "
import json, sys
from prometheus_client.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(sys.stdin.read()))
assert all(family.documentation for family in families)
samples = [sample for family in families for sample in family.samples]
print(json.dumps([[sample.name, sample.labels, sample.value] for sample in samples]))
";

/// Name, labels and value of every sample.
struct Samples(Vec<(String, Value, f64)>);

impl Samples {
    async fn of(app: &TestApp) -> Self {
        let reply = app.admin(reqwest::Method::GET, "metrics", None).await;
        assert_eq!(reply.headers["content-type"], "text/plain; version=0.0.4");
        let mut python = Command::new("python3")
            .args(["-c", READ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 runs");
        python.stdin.take().unwrap().write_all(&reply.body).unwrap();
        let read = python.wait_with_output().unwrap();
        assert!(read.status.success(), "{reply}");
        Self(serde_json::from_slice(&read.stdout).expect("JSON"))
    }

    #[track_caller]
    fn value(&self, name: &str, labels: Value) -> f64 {
        let found = self.0.iter().find(|(its, of, _)| its == name && *of == labels);
        found.unwrap_or_else(|| panic!("no {name} {labels} among {:?}", self.0)).2
    }
}

#[tokio::test]
async fn everything_that_is_counted_is_told_to_prometheus() {
    let app = TestApp::start_with(|builder| {
        builder.company("one").company("two").settings(|config| {
            config.max_sessions = 3;
            config.journal.calls = 5;
        })
    })
    .await;
    let empty = Samples::of(&app).await;
    assert_eq!(empty.value("identomat_mock_companies", json!({})), 2.0);
    assert_eq!(empty.value("identomat_mock_evicted_total", json!({"what": "session"})), 0.0);
    for _ in 0..4 {
        app.begin(json!({})).await;
    }
    let token = app.begin(json!({"company_key": "two"})).await;
    app.mock.finish(&token).await.unwrap();
    app.mock.add_fault(Fault::status(503).endpoint(Endpoint::Result).times(5)).await.unwrap();
    app.result(&token).await.assert_status(503);
    app.get("/external-api/selfie/").await.assert_status(501);

    let samples = Samples::of(&app).await;
    let calls = "identomat_mock_calls_total";
    assert_eq!(samples.value(calls, json!({"endpoint": "begin", "status": "200"})), 5.0);
    assert_eq!(samples.value(calls, json!({"endpoint": "result", "status": "503"})), 1.0);
    assert_eq!(samples.value(calls, json!({"endpoint": "other", "status": "501"})), 1.0);
    assert_eq!(samples.value("identomat_mock_call_seconds_count", json!({"endpoint": "begin"})), 5.0);
    assert!(samples.value("identomat_mock_call_seconds_sum", json!({"endpoint": "begin"})) > 0.0);
    assert_eq!(samples.value("identomat_mock_call_seconds_bucket", json!({"endpoint": "begin", "le": "+Inf"})), 5.0);
    let sessions = "identomat_mock_sessions";
    assert_eq!(samples.value(sessions, json!({"scenario": "approved", "stage": "0"})), 3.0);
    assert_eq!(samples.value(sessions, json!({"scenario": "approved", "stage": "1"})), 1.0);
    assert_eq!(samples.value("identomat_mock_faults_in_force", json!({})), 1.0);
    assert_eq!(samples.value("identomat_mock_faults_struck_total", json!({})), 1.0);
    assert_eq!(samples.value("identomat_mock_waiting", json!({})), 0.0);
    let evicted = "identomat_mock_evicted_total";
    assert_eq!(samples.value(evicted, json!({"what": "session"})), 1.0);
    assert_eq!(samples.value(evicted, json!({"what": "call"})), 0.0);
    assert_eq!(samples.value(evicted, json!({"what": "company"})), 0.0);
    let memory = "identomat_mock_memory_bytes";
    for of in ["sessions", "journals"] {
        assert!(samples.value(memory, json!({"of": of})) > empty.value(memory, json!({"of": of})), "{of}");
    }
    assert_eq!(samples.value(memory, json!({"of": "uploads"})), 0.0);
    for _ in 0..4 {
        app.begin(json!({})).await;
    }
    assert_eq!(Samples::of(&app).await.value(evicted, json!({"what": "call"})), 4.0);
}

#[tokio::test]
async fn those_who_wait_are_counted_and_bounded() {
    let app = TestApp::start_with(|builder| builder.settings(|config| config.clients.connections = 4)).await;
    let token = app.begin(json!({})).await;
    let path = format!("wait/session/{token}?until=finished&timeout=20s");
    let wait = async || app.admin(reqwest::Method::GET, &path, None).await;
    let refused = async {
        // Three of the four connections may wait.
        let waiting = async || Samples::of(&app).await.value("identomat_mock_waiting", json!({}));
        eventually(LIMIT, "three wait", async || waiting().await == 3.0).await;
        let problem = wait().await.problem(503);
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .starts_with("too many clients are waiting or listening: the limit is 3 "),
            "{problem}"
        );
        app.mock.finish(&token).await.unwrap();
    };
    let (one, two, three, ()) = tokio::join!(wait(), wait(), wait(), refused);
    for waited in [one, two, three] {
        waited.assert_status(200);
    }
}
