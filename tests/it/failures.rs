//! What a failing test prints: the message of the mock, in the words of Rust, at the line of the test.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
};

use futures_util::FutureExt;
use identomat_mock::{
    Endpoint, Fault, MockClient, MockServer, blocking,
    expect::{begin, glob},
};
use serde_json::json;

use crate::harness::TestApp;

fn text(panic: Box<dyn Any + Send>) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| Some((*panic.downcast_ref::<&str>()?).to_owned()))
        .expect("a text")
}

#[tokio::test]
async fn unwrap_shows_the_message() {
    let app = TestApp::start().await;
    let failed = AssertUnwindSafe(async { app.mock.queue_scenario("aproved").await.unwrap() }).catch_unwind().await;
    let text = text(failed.unwrap_err());
    assert!(text.contains("on an `Err` value: there is no scenario `aproved`"), "{text}");
    assert!(text.ends_with("; did you mean `approved`?"), "{text}");

    let start = async |builder: identomat_mock::MockServerBuilder| format!("{:?}", builder.start().await.unwrap_err());
    let text = start(MockServer::builder().scenario("aproved")).await;
    assert!(text.starts_with("the default scenario (`.scenario(…)`): there is no scenario `aproved`"), "{text}");
    let text = start(MockServer::builder().settings(|config| config.limits.parts = 0)).await;
    assert_eq!(text, "`config.limits.parts`: with 0 no call could be read; give at least 1");
}

#[tokio::test]
async fn messages_name_settings_as_a_test_sets_them() {
    let app = TestApp::start_with(|builder| {
        builder.settings(|config| {
            config.max_sessions = 1;
            config.journal.calls = 1;
            config.limits.upload = 3;
        })
    })
    .await;
    let first = app.begin(json!({})).await;
    app.begin(json!({})).await;
    let client = MockClient::connect(app.mock.url()).await.unwrap();
    let text = app.mock.wait_for(&first).finished().await.unwrap_err().to_string();
    assert_eq!(text, format!("the session `{first}` was evicted for a new one (`config.max_sessions`)"));
    let text = client.wait_for(&first).finished().await.unwrap_err().to_string();
    assert!(text.ends_with("(--max-sessions)"), "another process is started with flags: {text}");
    let text = app.mock.calls().verify(5).await.unwrap_err().to_string();
    assert!(text.ends_with("or raise `config.journal.calls` or `config.journal.bytes`"), "{text}");
    let silent = MockServer::builder().settings(|config| config.journal.enabled = false).start().await.unwrap();
    let text = silent.calls().count().await.unwrap_err().to_string();
    assert_eq!(text, "the journal is disabled (`config.journal.enabled`), so calls cannot be counted");
}

#[tokio::test]
async fn a_refused_call_is_shown_with_its_hint() {
    let app = TestApp::start().await;
    let refused = app.post_json("/external-api/begin/", &json!({"company_key": "nobody"})).await;
    let hint = refused.hint();
    let text = app.mock.calls().endpoint(Endpoint::Begin).status(200).verify(1).await.unwrap_err().to_string();
    assert!(text.contains("→ 403, at ") && text.contains(&format!("\n    hint: {hint}\n")), "{text}");
    let session = app.begin(json!({})).await;
    app.post_json(
        "/external-api/result/",
        &json!({"company_key": app.mock.company_key(), "session_token": session, "x": 1}),
    )
    .await;
    let late = app.mock.wait_for(&session).timeout(std::time::Duration::ZERO).finished().await.unwrap_err();
    assert_eq!(late.status(), Some(408));
    let identomat_mock::ControlError::Refused(problem) = late else { panic!("{late}") };
    assert_eq!(problem.session.unwrap().token, session);
    assert!(problem.calls.iter().all(|call| call.hint.is_none() == call.status.is_some_and(|status| status < 400)));
}

/// Runs a part of a test that fails, and returns the file that the panic names.
fn place_of(fails: impl FnOnce()) -> String {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let place = Arc::new(Mutex::new(None));
    let (seen, thread) = (place.clone(), std::thread::current().id());
    let before = std::panic::take_hook();
    let other = Arc::new(before);
    let usual = other.clone();
    std::panic::set_hook(Box::new(move |info| match std::thread::current().id() == thread {
        true => *seen.lock().unwrap() = info.location().map(|place| place.file().to_owned()),
        false => usual(info),
    }));
    let failed = catch_unwind(AssertUnwindSafe(fails));
    std::panic::set_hook(Box::new(move |info| other(info)));
    assert!(failed.is_err(), "it fails");
    place.lock().unwrap().take().expect("a place")
}

#[test]
fn a_panic_is_at_the_line_of_the_test() {
    let zero = std::time::Duration::ZERO;
    let fails: [fn(std::time::Duration); 11] = [
        |_| drop(Fault::status(99)),
        |_| drop(Fault::content_type("\n")),
        |_| drop(Fault::throttle(0)),
        |zero| drop(Fault::html().retry_after(zero)),
        |_| drop(Fault::html().body("x")),
        |_| drop(Fault::html().header("location", "x")),
        |_| drop(Fault::status(302).header("a b", "x")),
        |_| drop(Fault::status(503).times(0)),
        |_| drop(Fault::html().calls(0..=0)),
        |zero| drop(Fault::html().for_duration(zero)),
        |_| drop(glob(&"*".repeat(201))),
    ];
    for (number, fails) in fails.into_iter().enumerate() {
        assert_eq!(place_of(|| fails(zero)), file!(), "{number}");
    }
    let mock = blocking::MockServer::start();
    let missing = mock.expect(begin()).unwrap();
    let line = line!() - 1;
    let text = text(catch_unwind(AssertUnwindSafe(|| drop(missing))).unwrap_err());
    assert!(text.starts_with(&format!("the expectation at {}:{line}:", file!())), "{text}");
}
