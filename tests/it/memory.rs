//! What journals may take together, what is said of memory, and that it goes back to the system.

use std::fs;

use identomat_mock::Config;
use reqwest::Client;
use serde_json::{Value, json};

use crate::{
    command_line::Serving,
    harness::{LIMIT, TestApp, eventually, send, thorough},
};

const MIB: f64 = (1 << 20) as f64;

/// What the metrics say that something takes, in bytes.
fn memory_of(what: &str, metrics: &str) -> f64 {
    let start = format!("identomat_mock_memory_bytes{{of=\"{what}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap_or_else(|| panic!("{metrics}")).parse().unwrap()
}

#[tokio::test]
async fn all_journals_together_have_a_bound_and_the_oldest_make_room() {
    let bounded = |config: &mut Config| {
        config.any_company_key = Some("test-*".into());
        config.journal.total = 1 << 20;
    };
    let app = TestApp::start_with(|builder| builder.settings(bounded)).await;
    let call = async |number: usize| {
        let parameters = json!({"company_key": format!("test-{}", number % 50), "text": "x".repeat(4000)});
        app.post_json("/external-api/result/", &parameters).await;
    };
    for number in 0..600 {
        call(number).await;
        if number % 50 == 0 {
            let metrics = app.get("/__admin/metrics").await.text();
            assert!(memory_of("journals", &metrics) <= MIB, "{metrics}");
        }
    }
    let calls = app.get("/__admin/calls?limit=1000").await.json();
    let ids: Vec<_> = calls["items"].as_array().unwrap().iter().map(|call| call["id"].as_u64().unwrap()).collect();
    assert!((150..400).contains(&ids.len()), "{} calls are there", ids.len());
    let expected: Vec<_> = (601 - ids.len() as u64..=600).collect();
    assert_eq!(ids, expected, "the oldest of all companies made room");
    assert_eq!(calls["evicted"], 600 - ids.len());
    let reply = app.post_json("/__admin/calls/verify", &json!({"endpoint": "delete", "never": true})).await;
    reply.assert_status(410);
}

#[tokio::test]
async fn a_result_that_is_asked_for_again_is_remembered_once() {
    let settings = |config: &mut Config| config.journal.bytes = 1 << 20;
    let app = TestApp::start_with(|builder| builder.seed(7).settings(settings)).await;
    // With both sides of a card, and another document: always a long result.
    let flags = json!({"document_types": ["id"], "allow_general_document_upload": true});
    let token = app.begin(json!({"flags": flags})).await;
    app.mock.finish(&token).await.unwrap();
    let length = app.result(&token).await.body.len();
    for _ in 0..800 {
        app.result(&token).await;
    }
    assert!(length * 800 > 1 << 20, "each with a result of its own would not fit: {length}");
    let calls = app.get("/__admin/calls?limit=1").await.json();
    assert_eq!(calls["evicted"], 0);
}

/// A binary that serves, and what it takes.
struct Measured {
    server: Serving,
    client: Client,
}

impl Measured {
    fn start() -> Self {
        Self {
            server: Serving::start(&["--journal-bytes", "1024MiB", "--journal-calls", "1000000"]),
            client: Client::new(),
        }
    }

    async fn tell(&self, path: &str, body: &Value) -> Value {
        let request = self.client.post(format!("{}{path}", self.server.url())).json(body);
        let reply = request.send().await.unwrap().error_for_status().unwrap().bytes().await.unwrap();
        serde_json::from_slice(&reply).unwrap_or_default()
    }

    async fn metrics(&self) -> String {
        send(self.client.get(format!("{}/__admin/metrics", self.server.url()))).await.text()
    }

    /// The memory that is the process's own, in bytes.
    fn taken(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.server.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[tokio::test]
async fn metrics_say_what_sessions_and_journals_take_and_a_reset_gives_it_back() {
    let measured = Measured::start();
    let key = identomat_mock::DEFAULT_COMPANY_KEY;
    let call = async |number: usize| {
        let flags = json!({"language": "ka", "return_url": format!("https://shop.example.com/{number}")});
        let token = measured.tell("/external-api/begin/", &json!({"company_key": key, "flags": flags})).await;
        let token = token.as_str().unwrap();
        measured.tell(&format!("/__admin/sessions/{token}/finish"), &json!({})).await;
        for _ in 0..3 {
            measured.tell("/external-api/result/", &json!({"company_key": key, "session_token": token})).await;
        }
    };
    // Connections, buffers and what is built once are there before it counts.
    for number in 0..50 {
        call(number).await;
    }
    measured.tell("/__admin/reset", &json!({})).await;
    measured.metrics().await;
    let before = measured.taken();
    for number in 0..thorough(800, 1500) {
        call(number).await;
    }
    let grown = measured.taken() - before;
    let metrics = measured.metrics().await;
    let said = memory_of("sessions", &metrics) + memory_of("journals", &metrics);
    assert!(grown > thorough(3.0, 5.0) * MIB, "{grown}");
    assert!((0.8..1.2).contains(&(said / grown)), "it grew by {} MiB, and says {}", grown / MIB, said / MIB);
    measured.tell("/__admin/reset", &json!({})).await;
    // The memory goes back when the reset is over, at most once a second.
    eventually(LIMIT, "half of it goes back", async || measured.taken() - before <= grown / 2.0).await;
}
