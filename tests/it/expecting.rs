//! The harness waits and asserts: in this process, over HTTP, without an async runtime, and for one company.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use futures_util::FutureExt;
use identomat_mock::{
    ControlError, Endpoint, ExpectationGuard, Fault, MockClient, MockServer, Outcome, Times, blocking,
    expect::{absent, any_call, begin, calls_of_endpoint, contains, delete, matches, present, result},
};
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::{LIMIT, TestApp, eventually};

async fn fixed() -> TestApp {
    let at = std::time::UNIX_EPOCH + Duration::from_secs(1_767_182_400);
    TestApp::start_with(|builder| builder.seed(7).frozen_at(at).company("one").company("two")).await
}

/// What a panic says, without the place.
fn said(panic: Box<dyn Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().expect("a text").clone();
    let (what, place) = text.split_once("tests/it/expecting.rs:").expect("it says where");
    format!("{what}[here]{}", &place[place.find(" failed").expect("a line")..])
}

fn dropped<C>(expectation: ExpectationGuard<C>) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| drop(expectation))).map_err(said)
}

#[tokio::test]
async fn calls_are_counted_listed_and_verified_where_they_are() {
    let app = fixed().await;
    let token = app.begin(json!({"flags": {"language": "ka"}})).await;
    app.begin(json!({"company_key": "two"})).await;
    app.result(&token).await;
    let calls = || app.mock.calls();
    assert_eq!(calls().count().await.unwrap(), 3);
    assert_eq!(calls().endpoint(Endpoint::Result).with("session_token", &token).count().await.unwrap(), 1);
    assert_eq!(calls().of_session(&format!("\"{token}\"")).count().await.unwrap(), 2);
    assert_eq!(calls().with("flags.language", contains("k")).header("user-agent", absent()).count().await.unwrap(), 1);
    assert_eq!(calls().with("flags.language", matches("^[a-j]")).count().await.unwrap(), 0);
    assert_eq!(
        calls().with("flags", present()).method("post").body_format("JSON").status(200).count().await.unwrap(),
        1
    );
    assert_eq!(
        calls()
            .after(1)
            .from(std::time::UNIX_EPOCH)
            .before(app.mock.company("one").now().await.unwrap())
            .count()
            .await
            .unwrap(),
        0
    );
    assert_eq!(calls().matching(begin()).list().await.unwrap().iter().map(|call| call.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(app.mock.company("two").calls().count().await.unwrap(), 1);
    assert_eq!(calls().endpoint(Endpoint::Begin).verify(2).await.unwrap(), 2);
    assert_eq!(calls().endpoint(Endpoint::Begin).verify(1..).await.unwrap(), 2);
    assert_eq!(calls().verify(2..=3).await.unwrap(), 3);
    assert_eq!(calls().verify(Times::from(..=3)).await.unwrap(), 3);
    for times in [Times::exactly(3), Times::at_least(3), Times::at_most(3)] {
        assert_eq!(calls().verify(times).await.unwrap(), 3);
    }
    let Err(ControlError::Refused(refused)) = calls().endpoint(Endpoint::Delete).verify(1).await else {
        panic!("it is wrong")
    };
    assert_eq!(refused.status, 409);
    assert!(refused.detail.starts_with("expected exactly 1 call where\n  the endpoint is `delete`"), "{refused}");
    let broken = calls().with("x", matches("(")).count().await.unwrap_err();
    assert!(broken.to_string().starts_with("`(` is not a regular expression"), "{broken}");
}

#[tokio::test]
async fn all_variants_wait_and_count_alike() {
    let app = fixed().await;
    let token = app.begin(json!({"company_key": "two"})).await;
    app.result(&token).await.assert_status(404);
    let client = MockClient::connect(app.mock.url()).await.unwrap();
    assert_eq!(client.calls().await.unwrap(), app.mock.calls().list().await.unwrap());
    assert_eq!(client.company("two").calls().count().await.unwrap(), 1);
    assert_eq!(
        client.company("two").calls().list().await.unwrap(),
        app.mock.company("two").calls().list().await.unwrap()
    );
    let refused = client.calls().endpoint(Endpoint::Delete).verify(1).await.unwrap_err();
    assert_eq!(refused, app.mock.calls().endpoint(Endpoint::Delete).verify(1).await.unwrap_err());

    let (waited, finished) = tokio::join!(client.wait_for(&token).finished(), async { app.mock.finish(&token).await });
    finished.unwrap();
    assert!(waited.unwrap().is_finished);
    assert!(!app.mock.wait_for(&token).result(Outcome::Approved).await.unwrap().is_opened);
    let two = app.mock.company("two");
    for waits in [
        two.wait_for(&token).opened().await,
        client.wait_for(&token).step("agreement").await,
        app.mock.wait_for(&token).any_result().await,
        client.wait_for(&token).stage(1).await,
    ] {
        assert_eq!(waits.unwrap().token, token);
    }
    let calls = client.calls().endpoint(Endpoint::Result).timeout(LIMIT);
    let (waited, _) = tokio::join!(calls.wait_for(2), app.result(&token));
    assert_eq!(waited.unwrap(), 2);
    assert_eq!(app.mock.calls().endpoint(Endpoint::Result).wait_for(2).await.unwrap(), 2);
    let late = app.mock.wait_for(&token).timeout(Duration::from_millis(1)).deleted().await.unwrap_err();
    assert!(late.to_string().contains("was not reached within 1ms: the session is finished"), "{late}");
    let late =
        client.calls().endpoint(Endpoint::Delete).timeout(Duration::from_millis(1)).wait_for(1).await.unwrap_err();
    assert!(
        late.to_string().starts_with("the calls did not arrive within 1ms: expected at least 1 call where"),
        "{late}"
    );
    let never = client.wait_for(&token).expired().await.unwrap_err();
    assert!(matches!(never, ControlError::Refused(refused) if refused.status == 409));
}

#[test]
fn there_is_the_same_without_an_async_runtime() {
    let mock = blocking::MockServer::start();
    let client = blocking::MockClient::connect(mock.url()).unwrap();
    let key = mock.company_key().to_owned();
    let call = |path: &str, body: serde_json::Value| {
        let url = format!("{}/external-api/{path}/", mock.url());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer =
            runtime.block_on(async { reqwest::Client::new().post(url).json(&body).send().await?.json().await });
        answer.map(|answer: serde_json::Value| answer).unwrap()
    };
    let once = client.expect(begin().times(1)).unwrap();
    let kept = mock.expect(delete().never()).unwrap();
    let token = call("begin", json!({"company_key": key})).as_str().unwrap().to_owned();
    assert_eq!(once.verify().unwrap(), 1);
    mock.finish(&token).unwrap();
    assert!(mock.wait_for(&token).finished().unwrap().is_finished);
    assert_eq!(client.wait_for(&token).result("approved").unwrap().current_result, "APPROVED");
    call("result", json!({"company_key": key, "session_token": token}));
    assert_eq!(client.calls().endpoint(Endpoint::Result).wait_for(1).unwrap(), 1);
    assert_eq!(client.calls().of_session(&token).count().unwrap(), 2);
    assert_eq!(client.company(&key).calls().list().unwrap().len(), 2);
    assert_eq!(mock.calls().verify(2).unwrap(), 2);
    assert!(client.calls().verify(3).is_err());
    assert!(client.wait_for(&token).timeout(Duration::from_millis(1)).deleted().is_err());
    drop(kept);
    // What is dropped asks the mock by itself, wherever it is.
    let missing = client.expect(delete().of_session(&token).times(1)).unwrap();
    let text = catch_unwind(AssertUnwindSafe(|| drop(missing))).map_err(said).unwrap_err();
    assert!(text.starts_with("the expectation at [here] failed: expected exactly 1 call from then on where"), "{text}");
}

#[tokio::test]
async fn what_is_expected_is_verified_when_it_is_dropped() {
    let app = fixed().await;
    app.begin(json!({})).await;
    let once = app.mock.expect(begin().with("flags.language", "ka").times(1)).await.unwrap();
    let two = app.mock.company("two").expect(any_call().never()).await.unwrap();
    let later = app.mock.expect(result()).await.unwrap();
    let too_many = app.mock.expect(calls_of_endpoint(Endpoint::Begin).times(..=1)).await.unwrap();
    let token = app.begin(json!({"flags": {"language": "ka"}})).await;
    app.begin(json!({"flags": {"language": "en"}})).await;
    dropped(once).unwrap();
    dropped(two).unwrap();
    assert_snapshot!(dropped(later).unwrap_err(), @r"
        the expectation at [here] failed: expected at least 1 call from then on where
          the endpoint is `result`
        but there is none; the nearest of 3 others:
          call 3: POST /external-api/begin/ → 200, at 2025-12-31T12:00:00Z
            the endpoint is `begin`, not `result`
          call 2: POST /external-api/begin/ → 200, at 2025-12-31T12:00:00Z
            the endpoint is `begin`, not `result`
          call 1: POST /external-api/begin/ → 200, at 2025-12-31T12:00:00Z
            the endpoint is `begin`, not `result`
            it came before
    ");
    assert_snapshot!(dropped(too_many).unwrap_err(), @r"
        the expectation at [here] failed: expected at most 1 call from then on where
          the endpoint is `begin`
        but there are 2; the last of them:
          call 3: POST /external-api/begin/ → 200, at 2025-12-31T12:00:00Z
          call 2: POST /external-api/begin/ → 200, at 2025-12-31T12:00:00Z
    ");
    let wrong = app.mock.expect(result().with("session_token", &token).status(200).times(2)).await.unwrap();
    app.result(&token).await;
    app.result("short").await;
    assert_snapshot!(dropped(wrong).unwrap_err(), @r#"
        the expectation at [here] failed: expected exactly 2 calls from then on where
          the endpoint is `result`
          the status is 200
          the parameter `session_token` is "kcj6fy64c1vsip3e1nqutsx9jyy7p441ai4fsdvg"
        but there is 1; the nearest of 4 others:
          call 5: POST /external-api/result/ → 400, at 2025-12-31T12:00:00Z
            hint: `short` cannot be a session token: one has 40 characters of a-z and 0-9
            the status is `400`, not `200`
            the parameter `session_token` is "short", not "kcj6fy64c1vsip3e1nqutsx9jyy7p441ai4fsdvg"
          call 3: POST /external-api/begin/ → 200, at 2025-12-31T12:00:00Z
            the endpoint is `begin`, not `result`
            the parameter `session_token` is missing
            it came before
          call 2: POST /external-api/begin/ → 200, at 2025-12-31T12:00:00Z
            the endpoint is `begin`, not `result`
            the parameter `session_token` is missing
            it came before
    "#);
    let early = app.mock.expect(begin().times(1)).await.unwrap();
    assert!(matches!(early.verify().await, Err(ControlError::Refused(_))));

    // What was wrong first is what the test says; the text is printed beside it.
    let expected = app.mock.expect(delete().times(1)).await.unwrap();
    let first = catch_unwind(AssertUnwindSafe(|| {
        let _expected = expected;
        panic!("first");
    }));
    assert_eq!(first.unwrap_err().downcast_ref::<&str>(), Some(&"first"));
}

#[tokio::test]
async fn a_call_counts_as_soon_as_it_has_arrived() {
    let app = fixed().await;
    let token = app.begin(json!({})).await;
    let slow = Fault::delay(Duration::from_secs(3600)).endpoint(Endpoint::Result);
    app.mock.add_fault(slow).await.unwrap();
    let results = || app.mock.calls().endpoint(Endpoint::Result);
    let once = app.mock.expect(result().times(1)).await.unwrap();
    let call = app.with_key(json!({"session_token": token}));
    let mut call = Box::pin(app.request(reqwest::Method::POST, "/external-api/result/").json(&call).send());
    tokio::select! {
        answered = &mut call => panic!("it is delayed: {answered:?}"),
        arrived = results().timeout(LIMIT).wait_for(1) => assert_eq!(arrived.unwrap(), 1),
    }
    assert_eq!((results().count().await.unwrap(), results().list().await.unwrap()), (1, Vec::new()));
    assert_snapshot!(results().status(200).verify(1).await.unwrap_err(), @r"
        expected exactly 1 call where
          the endpoint is `result`
          the status is 200
        but there is none, and 1 more is being answered; the other one:
          call 1: POST /external-api/begin/ → 200, at 2025-12-31T12:00:00Z
            the endpoint is `begin`, not `result`
    ");
    assert_snapshot!(results().verify(0).await.unwrap_err(), @r"
        expected no call where
          the endpoint is `result`
        but there is 1; the last of them:
          POST /external-api/result/ → being answered, at 2025-12-31T12:00:00Z
    ");
    assert_snapshot!(results().verify_only([result().status(200)]).await.unwrap_err(), @r"
        of the calls where
          the endpoint is `result`
        expected only calls where
          the endpoint is `result`
          the status is 200
        but there is 1 other:
          POST /external-api/result/ → being answered, at 2025-12-31T12:00:00Z
            it has no status yet
    ");
    assert_eq!(results().verify_only([result().status(200), result()]).await.unwrap(), 1);
    // The client gives up.
    drop(call);
    assert_eq!((results().count().await.unwrap(), once.verify().await.unwrap()), (1, 1));
    eventually(LIMIT, "the server notices", async || !results().list().await.unwrap().is_empty()).await;
    let noticed = results().list().await.unwrap();
    assert_eq!((noticed.len(), noticed[0].status, results().count().await.unwrap()), (1, None, 1));
}

#[tokio::test]
async fn what_runs_meanwhile_cannot_end_before_the_expectation() {
    let app = fixed().await;
    let token = app.begin(json!({})).await;
    for never in [delete().never(), delete().exactly(0), delete().at_most(0)] {
        app.mock.expect_during(never, async {}).await.unwrap();
    }
    assert!(app.mock.expect_during(delete().at_least(1), async {}).await.is_err());
    let kept = app.mock.expect_during(delete().never(), async { 7 }).await;
    assert_eq!(kept.unwrap(), 7);
    let broken = app.mock.expect_during(delete().never(), app.delete(&token)).await.err().unwrap();
    assert!(
        broken.to_string().starts_with("expected no call from then on where\n  the endpoint is `delete`"),
        "{broken}"
    );

    let mock = tokio::task::spawn_blocking(|| {
        let mock = blocking::MockServer::start();
        assert_eq!(mock.expect_during(delete().never(), || 7).unwrap(), 7);
        assert!(mock.expect_during(begin(), || 7).is_err());
        mock
    });
    drop(mock.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_expected_of_another_process_is_verified_too() {
    let app = fixed().await;
    let client = MockClient::connect(app.mock.url()).await.unwrap();
    app.begin(json!({})).await;
    let right = client.company("one").expect(begin().times(1)).await.unwrap();
    let wrong = client.expect(delete()).await.unwrap();
    app.begin(json!({})).await;
    tokio::task::block_in_place(|| {
        dropped(right).unwrap();
        assert_snapshot!(dropped(wrong).unwrap_err(), @r"
        the expectation at [here] failed: expected at least 1 call from then on where
          the endpoint is `delete`
        but there is none; the nearest of 2 others:
          call 2: POST /external-api/begin/ → 200, at 2025-12-31T12:00:00Z
            the endpoint is `begin`, not `delete`
          call 1: POST /external-api/begin/ → 200, at 2025-12-31T12:00:00Z
            the endpoint is `begin`, not `delete`
            it came before
    ");
    });
    assert_eq!(client.expect(begin().never()).await.unwrap().verify().await.unwrap(), 0);

    let silent = TestApp::start_with(|builder| builder.settings(|config| config.journal.enabled = false)).await;
    let nobody_knows = silent.mock.expect(begin()).await.unwrap();
    assert!(dropped(nobody_knows).unwrap_err().contains("`config.journal.enabled`"));
    let gone = MockServer::start().await;
    let client = MockClient::connect(gone.url()).await.unwrap();
    let expectation = client.expect(begin().never()).await.unwrap();
    gone.shutdown().await;
    let unreachable = AssertUnwindSafe(expectation.verify()).catch_unwind().await.unwrap();
    assert!(matches!(unreachable, Err(ControlError::Unreachable(_))));
}
