//! Faults: each kind on the wire, how long it goes on, and whom it strikes. Nothing sleeps; the clock is moved.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use identomat_mock::{CloseAt, Company, Endpoint, Fault};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::{Reply, TestApp};

const HOUR: Duration = Duration::from_secs(60 * 60);
const RESULT: &str = "/external-api/result/";

/// A mock with a fault on `result/`, and a session of it.
async fn with_fault(fault: Fault) -> (TestApp, String) {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).unwrap();
    app.mock.add_fault(fault.on(Endpoint::Result));
    (app, token)
}

/// Asserts that the next call is as ever: the fault has healed.
async fn assert_healed(app: &TestApp, token: &str) {
    let reply = app.result(token).await;
    assert_eq!(reply.json()["result"], "APPROVED", "{reply}");
    assert_eq!(reply.header("x-identomat-mock-hint"), None);
}

/// Sends calls of `result/` on one connection; answers the raw bytes of the last answer, up to the connection's end.
async fn raw_answers(app: &TestApp, token: &str, calls: usize) -> Vec<u8> {
    let (address, key) = (app.mock.address(), app.mock.company_key().to_owned());
    let request = format!("GET {RESULT}?company_key={key}&session_token={token} HTTP/1.1\r\nhost: mock\r\n\r\n");
    let read = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        for call in 1..=calls {
            stream.write_all(request.as_bytes()).unwrap();
            if call < calls {
                let mut length = 0;
                for line in (&mut reader).lines().map(Result::unwrap).take_while(|line| !line.is_empty()) {
                    if let Some(value) = line.strip_prefix("content-length: ") {
                        length = value.parse().unwrap();
                    }
                }
                reader.read_exact(&mut vec![0; length]).unwrap();
            }
        }
        let mut answer = Vec::new();
        // A reset is an end too.
        let _ = reader.read_to_end(&mut answer);
        answer
    };
    tokio::task::spawn_blocking(read).await.unwrap()
}

/// Waits for a call while the clock is moved on again and again; answers how often it was moved before the answer came.
pub(crate) async fn moving(app: &TestApp, by: Duration, call: impl Future<Output = Reply>) -> (Reply, usize) {
    let mut moves = 0;
    tokio::pin!(call);
    loop {
        tokio::select! {
            biased;
            reply = &mut call => return (reply, moves),
            () = tokio::task::yield_now() => {
                app.mock.advance(by);
                moves += 1;
            }
        }
    }
}

#[tokio::test]
async fn a_status_is_answered_as_a_proxy_would_and_the_call_not_carried_out() {
    for (status, body) in [
        (
            503,
            "<html><head><title>503 Service Unavailable</title></head><body><h1>503 Service Unavailable</h1></body></html>\n",
        ),
        (204, ""),
        (200, "<html><head><title>200 OK</title></head><body><h1>200 OK</h1></body></html>\n"),
        (
            599,
            "<html><head><title>599 <unknown status code></title></head><body><h1>599 <unknown status code></h1></body></html>\n",
        ),
    ] {
        let app = TestApp::start_with(|builder| builder.scenario("manual-check-then-approved")).await;
        let token = app.begin(json!({})).await;
        app.mock.finish(&token).unwrap();
        app.mock.add_fault(Fault::status(status).calls(5));
        for _ in 0..5 {
            let reply = app.result(&token).await;
            reply.assert_status(status);
            assert_eq!(reply.text(), body);
        }
        assert_eq!(app.word(&token).await, "MANUAL_CHECK", "none of them was a poll");
    }
}

#[tokio::test]
async fn a_status_on_begin_begins_nothing() {
    let app = TestApp::start_with(|builder| builder.seed(7)).await;
    app.mock.add_fault(Fault::status(500).on(Endpoint::Begin));
    app.post_json("/external-api/begin/", &app.with_key(json!({}))).await.assert_status(500);
    let first = app.begin(json!({})).await;
    let other = TestApp::start_with(|builder| builder.seed(7)).await;
    assert_eq!(first, other.begin(json!({})).await, "the first token was not used up");
}

#[tokio::test]
async fn too_many_requests_say_when_to_come_again() {
    let (app, token) = with_fault(Fault::too_many_requests(Duration::from_millis(1500))).await;
    let reply = app.result(&token).await;
    reply.assert_status(429);
    assert_eq!(reply.header("retry-after"), Some("2"), "whole seconds, rounded up");
    assert_eq!(reply.hint(), "fault `result: 429, retry after 1.5s` (429, retry after 1.5s), call 1 of 1");
    assert_healed(&app, &token).await;
}

#[tokio::test]
async fn a_delay_ends_when_the_clock_is_moved() {
    let (app, token) = with_fault(Fault::delay(HOUR)).await;
    app.mock.company(app.mock.company_key()).unwrap().freeze_clock();
    let started = Instant::now();
    let (reply, moves) = moving(&app, HOUR / 4, app.result(&token)).await;
    assert_eq!(reply.json()["result"], "APPROVED");
    assert!(moves >= 4, "{moves} quarters of an hour are less than an hour");
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(reply.hint(), "fault `result: a delay of 3600s` (a delay of 3600s), call 1 of 1");
    assert_healed(&app, &token).await;
}

#[tokio::test]
async fn a_delay_passes_in_real_time_too() {
    let (app, token) = with_fault(Fault::delay(Duration::from_millis(20))).await;
    app.mock.company(app.mock.company_key()).unwrap().freeze_clock();
    let started = Instant::now();
    app.result(&token).await.assert_status(200);
    assert!(started.elapsed() >= Duration::from_millis(20));
}

#[tokio::test]
async fn a_delay_goes_with_another_harm() {
    let (app, token) = with_fault(Fault::status(504).delayed_by(HOUR)).await;
    let (reply, _) = moving(&app, HOUR, app.result(&token)).await;
    reply.assert_status(504);
    assert_eq!(
        reply.hint(),
        "fault `result: a delay of 3600s, then status 504` (a delay of 3600s, then status 504), call 1 of 1"
    );
}

#[tokio::test]
async fn a_delay_between_bounds_is_drawn_from_the_seed() {
    let took = async |seed: u64| {
        let app = TestApp::start_with(|builder| builder.seed(seed)).await;
        let token = app.begin(json!({})).await;
        app.mock.add_fault(Fault::delay_between(HOUR, 3 * HOUR).calls(2).on(Endpoint::Result));
        let first = moving(&app, HOUR / 60, app.result(&token)).await.0;
        first.assert_status(200);
        first.hint().to_owned()
    };
    let expected = "fault `result: a delay of 3600s to 10800s` (a delay of 3600s to 10800s), call 1 of 2";
    assert_eq!(took(1).await, expected);
    assert_eq!(took(2).await, expected);
}

#[tokio::test]
async fn a_connection_closed_before_the_answer_gets_no_byte() {
    for earlier in 0..2 {
        let (app, token) = with_fault(Fault::close(CloseAt::BeforeAnswer)).await;
        app.mock.remove_fault("result: connection closed before the answer");
        if earlier > 0 {
            app.mock.add_fault(Fault::delay(Duration::ZERO).on(Endpoint::Result).named("first"));
        }
        app.mock.add_fault(Fault::close(CloseAt::BeforeAnswer).on(Endpoint::Result));
        assert_eq!(raw_answers(&app, &token, earlier + 1).await, b"", "after {earlier} answers");
        assert_healed(&app, &token).await;
    }
}

#[tokio::test]
async fn a_connection_closed_in_the_headers_breaks_one_off() {
    let (app, token) = with_fault(Fault::close(CloseAt::InHeaders)).await;
    assert_eq!(raw_answers(&app, &token, 1).await, b"HTTP/1.1 200 OK\r\ncont");
    assert_healed(&app, &token).await;
}

#[tokio::test]
async fn a_connection_closed_in_the_body_says_how_long_it_would_be() {
    for earlier in 0..2 {
        let app = TestApp::start().await;
        let token = app.begin(json!({})).await;
        let whole = app.result(&token).await.text();
        for number in 0..earlier {
            app.mock.add_fault(Fault::delay(Duration::ZERO).on(Endpoint::Result).named(number.to_string()));
        }
        app.mock.add_fault(Fault::close(CloseAt::InBody).on(Endpoint::Result));
        let answer = String::from_utf8(raw_answers(&app, &token, earlier + 1).await).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", whole.len())), "{head}");
        assert_eq!(body, &whole[..whole.len() / 2]);
    }
}

#[tokio::test]
async fn a_client_sees_a_closed_connection_as_an_error() {
    for at in [CloseAt::BeforeAnswer, CloseAt::InHeaders, CloseAt::InBody] {
        let (app, token) = with_fault(Fault::close(at).calls(10)).await;
        let call = app.request(reqwest::Method::POST, RESULT).json(&app.with_key(json!({"session_token": token})));
        let answered = match call.send().await {
            Ok(response) => response.bytes().await,
            Err(error) => Err(error),
        };
        answered.expect_err("there is no whole answer");
    }
}

#[tokio::test]
async fn a_call_whose_answer_is_lost_was_carried_out() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    app.mock.add_fault(Fault::close(CloseAt::InHeaders).on(Endpoint::Delete));
    let call = app.request(reqwest::Method::POST, "/external-api/delete/");
    call.json(&app.with_key(json!({"session_token": token}))).send().await.expect_err("the answer is lost");
    app.delete(&token).await.assert_error(404, "SESSION_NOT_FOUND");
}

#[tokio::test]
async fn a_body_that_is_cut_off_has_the_length_it_says() {
    let (app, token) = with_fault(Fault::cut_off()).await;
    let cut = app.result(&token).await;
    cut.assert_status(200);
    assert_eq!(cut.hint(), "fault `result: body cut off` (body cut off), call 1 of 1");
    let whole = app.result(&token).await;
    assert_eq!(cut.body, whole.body[..whole.body.len() / 2]);
    assert_eq!(cut.header("content-length"), Some(&*cut.body.len().to_string()));
}

#[tokio::test]
async fn broken_json_is_broken_from_its_first_byte() {
    let app = TestApp::start().await;
    app.mock.add_fault(Fault::broken_json());
    let begun = app.post_json("/external-api/begin/", &app.with_key(json!({}))).await;
    begun.assert_status(200);
    assert!(begun.text().starts_with("{\"") && begun.body.len() == 43, "{begun}");
    serde_json::from_slice::<Value>(&begun.body).unwrap_err();
    let hint =
        "scenario `approved`, from the server's default; fault `any call: broken JSON` (broken JSON), call 1 of 1";
    assert_eq!(begun.hint(), hint);
}

#[tokio::test]
async fn a_wrong_content_type_leaves_the_body_alone() {
    let (app, token) = with_fault(Fault::content_type("text/html; charset=utf-8")).await;
    let reply = app.result(&token).await;
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(reply.json()["result"], "APPROVED");
    assert_eq!(app.result(&token).await.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_body_can_come_byte_by_byte() {
    let (app, token) = with_fault(Fault::drip(HOUR)).await;
    let (reply, moves) = moving(&app, HOUR, app.result(&token)).await;
    assert_eq!(reply.json()["result"], "APPROVED");
    assert!(moves >= reply.body.len(), "{moves} moves are less than a byte each");
    assert_eq!(reply.header("content-length"), Some(&*reply.body.len().to_string()));
    assert_eq!(reply.hint(), "fault `result: a byte every 3600s` (a byte every 3600s), call 1 of 1");
    assert_healed(&app, &token).await;
}

#[tokio::test]
async fn a_slow_answer_does_not_hold_the_stop_up() {
    for (fault, is_dripping) in [(Fault::drip(HOUR), true), (Fault::delay(HOUR), false)] {
        let (app, token) = with_fault(fault).await;
        let request = format!(
            "GET {RESULT}?company_key={}&session_token={token} HTTP/1.1\r\nhost: mock\r\n\r\n",
            app.mock.company_key()
        );
        let mut stream = tokio::net::TcpStream::connect(app.mock.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        if is_dripping {
            stream.read_exact(&mut [0; 8]).await.unwrap();
        }
        let started = Instant::now();
        app.mock.shutdown().await;
        assert!(started.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn a_fault_ends_after_its_calls_or_its_time_or_when_it_is_removed() {
    let (app, token) = with_fault(Fault::status(500).calls(2)).await;
    for _ in 0..2 {
        app.result(&token).await.assert_status(500);
    }
    assert_healed(&app, &token).await;

    app.mock.company(app.mock.company_key()).unwrap().freeze_clock();
    app.mock.add_fault(Fault::status(502).lasting(HOUR).on(Endpoint::Result).named("an hour"));
    app.mock.advance(HOUR - Duration::from_secs(60));
    let during = app.result(&token).await;
    during.assert_status(502);
    assert!(during.hint().starts_with("fault `an hour` (status 502), until 2"), "{}", during.hint());
    let due = app.mock.advance(Duration::from_secs(60));
    let ended: Vec<_> = due.into_iter().map(|due| (due.company_key, due.what)).collect();
    assert_eq!(ended, [(None, identomat_mock::Due::FaultEnded("an hour".into()))]);
    assert_healed(&app, &token).await;

    app.mock.add_fault(Fault::status(503).forever().on(Endpoint::Result).named("down"));
    app.mock.advance(1000 * HOUR);
    for _ in 0..3 {
        let reply = app.result(&token).await;
        assert_eq!(reply.hint(), "fault `down` (status 503), until it is removed");
    }
    assert!(app.mock.remove_fault("down"));
    assert!(!app.mock.remove_fault("down"));
    assert_healed(&app, &token).await;
}

#[tokio::test]
async fn a_fault_replaces_the_one_of_its_name() {
    let (app, token) = with_fault(Fault::status(500).forever().named("same")).await;
    app.mock.add_fault(Fault::status(501).named("same"));
    app.result(&token).await.assert_status(501);
    assert_healed(&app, &token).await;
}

#[tokio::test]
async fn a_fault_is_on_its_endpoint_company_and_session_alone() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    let (one, other) = (app.begin(json!({})).await, app.begin(json!({})).await);
    let two = app.begin(json!({"company_key": "two"})).await;
    let result = async |key: &str, token: &str| {
        app.post_json(RESULT, &json!({"company_key": key, "session_token": token})).await.status.as_u16()
    };
    app.mock.add_fault(Fault::status(500).on(Endpoint::Delete).forever().named("endpoint"));
    assert_eq!((result("one", &one).await, app.delete(&one).await.status.as_u16()), (200, 500));
    app.mock.remove_fault("endpoint");

    app.mock.company("two").unwrap().add_fault(Fault::status(500).calls(2));
    assert_eq!((result("one", &one).await, result("two", &two).await), (200, 500));
    app.post_json("/external-api/begin/", &json!({"company_key": "two"})).await.assert_status(500);

    app.mock.add_fault(Fault::status(500).for_session(&one).calls(2));
    assert_eq!((result("one", &other).await, result("two", &two).await, result("one", &one).await), (200, 200, 500));
    app.delete(&one).await.assert_status(500);
    app.delete(&one).await.assert_status(200);
}

#[tokio::test]
async fn of_several_faults_the_first_strikes_first() {
    let (app, token) = with_fault(Fault::status(500).named("first")).await;
    app.mock.add_fault(Fault::status(501).named("second").on(Endpoint::Result));
    app.result(&token).await.assert_status(500);
    app.result(&token).await.assert_status(501);
    assert_healed(&app, &token).await;
}

#[tokio::test]
async fn faults_of_server_and_company_come_together() {
    let (app, token) = with_fault(Fault::content_type("text/plain")).await;
    let company = app.mock.company(app.mock.company_key()).unwrap();
    company.add_fault(Fault::drip(Duration::ZERO).named("drip"));
    company.add_fault(Fault::cut_off().named("cut"));
    let both = app.result(&token).await;
    assert_eq!(both.header("content-type"), Some("text/plain"));
    assert!(both.hint().contains("content type text/plain") && both.hint().contains("fault `drip`"), "{}", both.hint());
    assert_eq!(both.json()["result"], "APPROVED");
    app.mock.add_fault(Fault::status(500));
    app.result(&token).await.assert_status(500);
    assert!(app.result(&token).await.hint().starts_with("fault `cut`"), "it did not meet the call before");
}

#[tokio::test]
async fn a_fault_stands_in_front_of_key_and_signature() {
    let app = TestApp::start_with(|builder| builder.company(Company::new("signed").secret("not-a-real-secret"))).await;
    for key in ["signed", "nobody"] {
        app.mock.add_fault(Fault::status(503));
        app.post_json("/external-api/begin/", &json!({"company_key": key})).await.assert_status(503);
    }
    app.mock.add_fault(Fault::cut_off());
    let cut = app.post_json("/external-api/begin/", &json!({"company_key": "nobody"})).await;
    cut.assert_status(403);
    assert_eq!(cut.text(), "\"COMPANY_K");
    assert!(cut.hint().starts_with("there is no company key `nobody`"), "{}", cut.hint());
}

#[tokio::test]
async fn a_harmed_answer_keeps_the_signature_of_the_whole() {
    use hmac::{Hmac, KeyInit, Mac};
    let app = TestApp::start_with(|builder| builder.company("signed").secret("not-a-real-secret").seed(7)).await;
    let body = json!({"company_key": "signed"}).to_string();
    let sign = |text: &str| {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"not-a-real-secret").unwrap();
        mac.update(text.as_bytes());
        let code = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, mac.finalize().into_bytes());
        format!("signature=\"{code}\"")
    };
    app.mock.add_fault(Fault::broken_json());
    let request = app.request(reqwest::Method::POST, "/external-api/begin/").header("authorization", sign(&body));
    let reply = crate::harness::send(request.body(body)).await;
    let whole = reply.text().strip_prefix('{').unwrap().to_owned();
    assert_eq!(reply.header("authorization"), Some(&*sign(&whole)));
}

#[tokio::test]
async fn what_has_no_body_is_harmed_without_harm() {
    let (app, token) = with_fault(Fault::status(204)).await;
    let company = app.mock.company(app.mock.company_key()).unwrap();
    for fault in [Fault::cut_off(), Fault::broken_json(), Fault::drip(HOUR), Fault::close(CloseAt::InBody)] {
        company.add_fault(fault);
    }
    app.result(&token).await.assert_status(204);
}
