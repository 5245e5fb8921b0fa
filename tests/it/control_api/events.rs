//! `/__admin/events`: what happens, as it happens.

use std::time::Duration;

use identomat_mock::{Endpoint, Fault, MockServer, Outcome};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    documented,
    harness::{LIMIT, TestApp, send},
};

/// Somebody who listens.
pub(super) struct Listener {
    response: reqwest::Response,
    read: String,
}

impl Listener {
    /// Listens from now on; `query` says to what.
    pub(super) async fn new(app: &TestApp, query: &str, last: Option<u64>) -> Self {
        let mut request = app.request(Method::GET, &format!("/__admin/events?{query}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (200, &"text/event-stream".parse().unwrap())
        );
        Self { response, read: String::new() }
    }

    /// The next event; `None` when there are no more.
    pub(super) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                let (id, name) = (field("id:").map(str::to_owned), field("event:").map(str::to_owned));
                let data = field("data:").map(str::to_owned);
                self.read = rest.to_owned();
                // A comment keeps the connection alive.
                let Some(data) = data else { continue };
                let data: Value = serde_json::from_str(&data).expect("data is JSON");
                if name.as_deref() != Some("missed") {
                    assert_eq!((data["id"].to_string(), data["what"].as_str()), (id.unwrap(), name.as_deref()));
                    documented::check_event(&data);
                }
                return Some(data);
            }
            let chunk = timeout(LIMIT, self.response.chunk()).await;
            match chunk.expect("something happens").expect("the stream goes on") {
                Some(chunk) => self.read.push_str(std::str::from_utf8(&chunk).expect("text")),
                None => return None,
            }
        }
    }

    /// The next events, without what is different each time.
    pub(super) async fn take(&mut self, number: usize) -> Vec<Value> {
        let mut events = Vec::new();
        while events.len() < number {
            let mut event = self.next().await.expect("an event");
            for name in ["id", "at", "company_key"] {
                event.as_object_mut().unwrap().remove(name);
            }
            events.push(event);
        }
        events
    }
}

#[tokio::test]
async fn everything_that_happens_is_told_in_its_order() {
    let scenario = "description: A verdict that changes.\nstages:\n  - {when: begin, result: IN_PROGRESS}\n  \
                    - {when: widget, result: MANUAL_CHECK}\n  - {when: after=1h, result: APPROVED}\n";
    let app = TestApp::scripted_with(scenario, |builder| {
        builder.frozen_at(std::time::UNIX_EPOCH + Duration::from_secs(1_767_182_400))
    })
    .await;
    let mut listener = Listener::new(&app, "", None).await;
    app.mock.add_fault(Fault::status(503).endpoint(Endpoint::Result)).await.unwrap();
    let token = app.begin(json!({})).await;
    app.widget(&token).await;
    app.mock.reach_step(&token, "agreement").await.unwrap();
    app.mock.finish(&token).await.unwrap();
    app.result(&token).await.assert_status(503);
    app.mock.advance(Duration::from_secs(3600)).await.unwrap();
    app.mock.decide(&token, Outcome::Rejected).await.unwrap();
    app.delete(&token).await.assert_status(200);
    let other = app.begin(json!({})).await;
    app.mock.advance(Duration::from_secs(3600)).await.unwrap();
    let call = |number: u64, endpoint: &str, method: &str, path: &str, status: u16, session: &str| {
        json!({
            "session": session, "what": "call", "call": number, "endpoint": endpoint, "method": method, "path": path,
            "status": status,
        })
    };
    let event = |what: &str, more: Value| {
        let mut event = json!({"session": token, "what": what});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let clock = |now: &str| json!({"session": null, "what": "clock", "now": now, "is_frozen": true});
    let chosen_by = "the server's default";
    let expected = [
        event("begun", json!({"scenario": "scripted", "chosen_by": chosen_by})),
        event("stage", json!({"stage": 1})),
        call(1, "begin", "POST", "/external-api/begin/", 200, &token),
        event("opened", json!({})),
        call(2, "widget", "GET", "/", 200, &token),
        event("step", json!({"step": "agreement"})),
        event("finished", json!({})),
        event("stage", json!({"stage": 2})),
        event("fault", json!({"fault": "fault `result: status 503` (status 503), call 1 of 1"})),
        call(3, "result", "POST", "/external-api/result/", 503, &token),
        clock("2025-12-31T13:00:00Z"),
        event("stage", json!({"stage": 3})),
        clock("2025-12-31T13:00:00Z"),
        event("decided", json!({"verdict": "result REJECTED, reject reason `face_mismatch`"})),
        event("deleted", json!({})),
        call(4, "delete", "POST", "/external-api/delete/", 200, &token),
        json!({"session": other, "what": "begun", "scenario": "scripted", "chosen_by": chosen_by}),
        json!({"session": other, "what": "stage", "stage": 1}),
        call(5, "begin", "POST", "/external-api/begin/", 200, &other),
        clock("2025-12-31T14:00:00Z"),
        json!({"session": other, "what": "expired"}),
        clock("2025-12-31T14:00:00Z"),
    ];
    let heard = listener.take(expected.len()).await;
    for (heard, expected) in heard.iter().zip(&expected) {
        if expected["what"] == "decided" {
            assert_eq!(heard["what"], "decided", "{heard}");
            assert!(heard["verdict"].as_str().unwrap().contains("REJECTED"), "{heard}");
        } else {
            assert_eq!(heard, expected);
        }
    }
}

#[tokio::test]
async fn what_is_done_to_all_is_told_too() {
    let app = TestApp::start().await;
    let mut listener = Listener::new(&app, "", None).await;
    app.mock.reload().unwrap();
    assert_eq!(listener.take(1).await, [json!({"session": null, "what": "reloaded"})]);
    app.mock.freeze_clock().await.unwrap();
    let frozen = listener.take(2).await;
    assert!(frozen.iter().all(|event| event["what"] == "clock" && event["is_frozen"] == true), "{frozen:?}");
    app.mock.reset().await.unwrap();
    let event = listener.next().await.unwrap();
    assert!(event["what"] == "reset" || event["why"].as_str().is_some_and(|why| why.contains("reset")), "{event}");
}

#[tokio::test]
async fn a_listener_can_ask_for_one_company_or_one_session_and_for_what_was_before() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    let first = app.begin(json!({"company_key": "one"})).await;
    let second = app.begin(json!({"company_key": "two"})).await;
    app.mock.finish(&first).await.unwrap();
    app.mock.finish(&second).await.unwrap();
    let mut of_company = Listener::new(&app, "company_key=two&after=0", None).await;
    let heard = of_company.take(4).await;
    assert!(heard.iter().all(|event| event["session"] == *second), "{heard:?}");
    let mut of_session = Listener::new(&app, &format!("session={first}&after=0"), None).await;
    let names: Vec<_> = of_session.take(4).await.iter().map(|event| event["what"].clone()).collect();
    assert_eq!(names, ["begun", "call", "finished", "stage"]);
    // What is on its way of another company is not waited for.
    app.mock.decide(&second, Outcome::Rejected).await.unwrap();
    app.mock.decide(&first, Outcome::Rejected).await.unwrap();
    assert_eq!(of_session.take(1).await[0]["session"], *first);
    assert_eq!(of_company.take(1).await[0]["session"], *second);
    assert_eq!(app.remove("companies/two").await.status, 204);
    assert_eq!(of_company.next().await.unwrap()["why"], "removed the company");
    assert_eq!(of_company.next().await, None);
}

#[tokio::test]
async fn what_comes_by_the_clock_alone_is_told_though_nobody_asks() {
    let scenario = "description: Soon.\nsession_lifetime: 200ms\nstages:\n  - {when: begin, result: IN_PROGRESS}\n  \
                    - {when: after=100ms, result: APPROVED}\n";
    let app = TestApp::scripted(scenario).await;
    let mut listener = Listener::new(&app, "", None).await;
    let token = app.begin(json!({})).await;
    let events = listener.take(5).await;
    assert_eq!(events[3], json!({"session": token, "what": "stage", "stage": 2}));
    assert_eq!(events[4], json!({"session": token, "what": "expired"}));
}

#[tokio::test]
async fn a_listener_that_is_too_slow_is_told_what_it_missed() {
    let app = TestApp::start_with(|builder| builder.settings(|config| config.journal.calls = 10)).await;
    for _ in 0..30 {
        app.begin(json!({})).await;
    }
    // 30 calls and 30 sessions that began; of the calls 10 are left, and of the other events 40 would be.
    let mut listener = Listener::new(&app, "after=0", None).await;
    let missed = listener.next().await.unwrap();
    assert_eq!(missed, json!({"up_to": 40, "why": "they are no longer in the journal"}));
    let mut events = Vec::new();
    while events.last() != Some(&60) {
        events.push(listener.next().await.unwrap()["id"].as_u64().unwrap());
    }
    assert_eq!(events.len(), 40, "{events:?}");

    // It does not read while more happens than is remembered, and then finds out.
    let mut idle = Listener::new(&app, "", None).await;
    app.begin(json!({})).await;
    idle.next().await.unwrap();
    for _ in 0..200 {
        app.mock.begin(json!({})).await.unwrap();
    }
    app.mock.reset().await.unwrap();
    let mut last = Value::Null;
    while let Some(event) = idle.next().await {
        last = event;
        if last["what"] == "reset" {
            break;
        }
    }
    assert!(last["what"] == "reset" || last["why"].as_str().unwrap().contains("the reader was too slow"), "{last}");
}

#[tokio::test]
async fn a_reader_that_is_cut_off_again_and_again_misses_nothing() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    let work = async {
        for number in 0..300 {
            let key = ["one", "two"][number % 2];
            let token = app.begin(json!({"company_key": key})).await;
            app.mock.finish(&token).await.unwrap();
        }
    };
    let read = async {
        let (mut seen, mut last) = (Vec::new(), 0);
        let mut random = fastrand::Rng::with_seed(7);
        for turn in 0.. {
            let mut listener = Listener::new(&app, "", Some(last)).await;
            let most = if turn < 100 { random.usize(0..20) } else { usize::MAX };
            for _ in 0..most {
                let event = listener.next().await.unwrap();
                assert!(event["why"].is_null(), "{event}");
                last = event["id"].as_u64().unwrap();
                seen.push(last);
                if last == 1200 {
                    return seen;
                }
            }
        }
        seen
    };
    let ((), seen) = tokio::join!(work, read);
    assert!(seen.iter().copied().eq(1..=1200), "{seen:?}");
}

#[tokio::test]
async fn what_nobody_can_hear_is_refused() {
    let app = TestApp::start().await;
    app.admin(Method::GET, "events?company_key=nobodys", None).await.problem(404);
    app.admin(Method::GET, "events?session=x", None).await.problem(400);
    let wrong = app.request(Method::GET, "/__admin/events").header("last-event-id", "seven");
    assert_eq!(send(wrong).await.problem(400)["detail"], "Last-Event-ID: `seven` is not an event id");
    // Another server ran before this one.
    let mut listener = Listener::new(&app, "", Some(1000)).await;
    assert_eq!(listener.next().await.unwrap()["why"], "they are from a server that ran before this one");
    let silent = TestApp::start_with(|builder| builder.settings(|config| config.journal.enabled = false)).await;
    assert!(
        silent.admin(Method::GET, "events", None).await.problem(409)["detail"]
            .as_str()
            .unwrap()
            .contains("--no-journal")
    );
}

#[tokio::test]
async fn a_server_stops_though_somebody_listens() {
    let app = TestApp::start().await;
    let mut listener = Listener::new(&app, "", None).await;
    let url = app.mock.url().to_owned();
    let TestApp { mock, .. } = app;
    let stopped: MockServer = mock;
    timeout(LIMIT, stopped.shutdown()).await.expect("it stops");
    assert!(reqwest::get(url).await.is_err());
    assert!(listener.response.chunk().await.is_err() || listener.read.is_empty());
}
