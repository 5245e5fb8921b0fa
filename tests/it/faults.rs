//! Faults: each kind over a plain socket, how long it goes on, and whom it strikes.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    time::{Duration, Instant},
};

use identomat_mock::{ClosePoint, Company, Control, DueEventKind, Endpoint, Fault, FaultInfo};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::{LIMIT, TestApp, eventually};

const HOUR: Duration = Duration::from_secs(60 * 60);
/// Long enough to be measured, short enough to be waited for.
const MOMENT: Duration = Duration::from_millis(50);
const RESULT: &str = "/external-api/result/";

/// A mock with a fault on `result/`, and a session of it.
async fn with_fault(fault: Fault) -> (TestApp, String) {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    app.mock.add_fault(fault.endpoint(Endpoint::Result)).await.unwrap();
    (app, token)
}

/// Asserts that the next call is as ever: the fault has healed.
async fn assert_healed(app: &TestApp, token: &str) {
    let reply = app.result(token).await;
    assert_eq!(reply.json()["result"], "APPROVED", "{reply}");
    assert_eq!(reply.header("x-identomat-mock-hint"), None);
}

/// What came over a socket until the connection ended, and how it ended.
struct Heard {
    head: String,
    body: Vec<u8>,
    end: io::Result<usize>,
}

impl Heard {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    fn hint(&self) -> &str {
        self.header("x-identomat-mock-hint").unwrap_or_else(|| panic!("no hint: {}", self.head))
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn assert_whole(&self) {
        let promised = self.header("content-length").map(|length| length.parse::<usize>().unwrap());
        assert_eq!((promised, self.end.is_ok()), (Some(self.body.len()), true), "{}", self.head);
    }
}

/// The request line and headers of a call of `result/`; the connection stays open behind it, or not.
fn request(app: &TestApp, token: &str, connection: &str) -> String {
    let query = format!("company_key={}&session_token={token}", app.mock.company_key());
    format!("GET {RESULT}?{query} HTTP/1.1\r\nhost: mock\r\nconnection: {connection}\r\n\r\n")
}

/// Sends `earlier` calls of `result/` that are answered as ever, and then one more on the same connection.
async fn heard_after(earlier: usize, app: &TestApp, token: &str) -> Heard {
    let address = app.mock.address();
    let requests = [request(app, token, "keep-alive"), request(app, token, "close")];
    let talk = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        for call in 0..=earlier {
            stream.write_all(requests[usize::from(call == earlier)].as_bytes()).unwrap();
            if call < earlier {
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
        let end = reader.read_to_end(&mut answer);
        let split = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let body = split.map_or(Vec::new(), |at| answer.split_off(at + 4));
        Heard { head: String::from_utf8(answer).unwrap(), body, end }
    };
    tokio::task::spawn_blocking(talk).await.unwrap()
}

async fn heard(app: &TestApp, token: &str) -> Heard {
    heard_after(0, app, token).await
}

#[tokio::test]
async fn a_status_is_answered_as_a_proxy_would_and_the_call_not_carried_out() {
    let page =
        |status: &str| format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n");
    for (status, body) in [
        (503, page("503 Service Unavailable")),
        (204, String::new()),
        (200, page("200 OK")),
        (599, page("599 <unknown status code>")),
    ] {
        let app = TestApp::start_with(|builder| builder.scenario("manual-check-then-approved")).await;
        let token = app.begin(json!({})).await;
        app.mock.finish(&token).await.unwrap();
        app.mock.add_fault(Fault::status(status).times(5)).await.unwrap();
        for _ in 0..5 {
            let heard = heard(&app, &token).await;
            assert!(heard.head.starts_with(&format!("HTTP/1.1 {status} ")), "{}", heard.head);
            assert_eq!(heard.text(), body);
        }
        assert_eq!(app.word(&token).await, "MANUAL_CHECK", "none of them was a poll");
    }
}

#[tokio::test]
async fn a_status_can_have_a_body_of_its_own() {
    for (fault, content_type, body) in [
        (Fault::status(500).body(r#"{"error": "down"}"#), "application/json", r#"{"error": "down"}"#),
        (Fault::status(502).body("<h1>Bad</h1>"), "text/html", "<h1>Bad</h1>"),
        (Fault::status(503).body("later"), "text/plain", "later"),
        (Fault::status(503).body_of_type("application/problem+json", "{}"), "application/problem+json", "{}"),
    ] {
        let (app, token) = with_fault(fault).await;
        let heard = heard(&app, &token).await;
        assert_eq!((heard.header("content-type"), heard.text()), (Some(content_type), body));
        assert_healed(&app, &token).await;
    }
}

#[tokio::test]
async fn a_status_on_begin_begins_nothing() {
    let app = TestApp::start_with(|builder| builder.seed(7)).await;
    app.mock.add_fault(Fault::status(500).endpoint(Endpoint::Begin)).await.unwrap();
    app.post_json("/external-api/begin/", &app.with_key(json!({}))).await.assert_status(500);
    let first = app.begin(json!({})).await;
    let other = TestApp::start_with(|builder| builder.seed(7)).await;
    assert_eq!(first, other.begin(json!({})).await, "the first token was not used up");
}

#[tokio::test]
async fn who_is_turned_away_is_told_when_to_come_again() {
    let time = Duration::from_millis(1500);
    for (fault, status) in [(Fault::too_many_requests(time), 429), (Fault::status(503).retry_after(time), 503)] {
        let (app, token) = with_fault(fault).await;
        let heard = heard(&app, &token).await;
        assert!(heard.head.starts_with(&format!("HTTP/1.1 {status} ")), "{}", heard.head);
        assert_eq!(heard.header("retry-after"), Some("2"), "whole seconds, rounded up");
        let effect = format!("status {status}, retry after 1.5s");
        assert_eq!(heard.hint(), format!("fault `result: {effect}` ({effect}), call 1 of 1"));
        assert_healed(&app, &token).await;
    }
}

#[tokio::test]
async fn a_response_in_place_has_the_headers_that_it_was_given() {
    let (app, token) = with_fault(Fault::status(302).header("Location", "https://login.example.com/?a=b")).await;
    let heard = heard(&app, &token).await;
    assert!(heard.head.starts_with("HTTP/1.1 302 "), "{}", heard.head);
    assert_eq!(heard.header("location"), Some("https://login.example.com/?a=b"));
    assert_healed(&app, &token).await;
    let many = |number: usize| (0..number).map(|n| (format!("x-{n}"), "1".to_owned())).collect::<BTreeMap<_, _>>();
    app.post_json("/__admin/faults", &json!({"status": 503, "headers": many(100)})).await.assert_status(201);
    assert_eq!(self::heard(&app, &token).await.header("x-99"), Some("1"));
    for (fault, detail) in [
        (json!({"headers": {"a": "b"}, "delay": "1s"}), "`headers` needs a `status`"),
        (json!({"status": 302, "headers": {"a b": "c"}}), "`a b` is not a header name"),
        (json!({"status": 302, "headers": {"a": "\n"}}), "is not a header value; use visible ASCII characters"),
        (json!({"status": 302, "headers": {"a": "b", "A": "c"}}), "is given twice"),
        (json!({"status": 429, "headers": {"Retry-After": "1"}}), "cannot be set as a header; use `retry_after`"),
        (json!({"status": 200, "headers": {"Content-Length": "1"}}), "`content-length` cannot be set as a header"),
        (json!({"status": 200, "headers": {"a".repeat(70_000): "1"}}), "has more than 8192 bytes; make it shorter"),
        (json!({"status": 200, "headers": {"a": "b".repeat(9_000)}}), "the header `a` has more than 8192 bytes"),
        (json!({"status": 200, "headers": many(101)}), "a fault has at most 100 headers, not 101"),
    ] {
        let refused = app.post_json("/__admin/faults", &fault).await;
        refused.assert_status(400);
        assert!(refused.text().contains(detail), "{refused}");
        assert!(refused.json()["field"].as_str().unwrap().starts_with("headers"), "{refused}");
    }
}

#[tokio::test]
async fn html_comes_in_place_of_json_and_the_call_is_not_carried_out() {
    let app = TestApp::start_with(|builder| builder.scenario("manual-check-then-approved")).await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    app.mock.add_fault(Fault::html()).await.unwrap();
    let heard = heard(&app, &token).await;
    assert!(heard.head.starts_with("HTTP/1.1 200 OK\r\n"), "{}", heard.head);
    assert_eq!(heard.header("content-type"), Some("text/html"));
    assert!(heard.text().starts_with("<html>"));
    assert_eq!(app.word(&token).await, "MANUAL_CHECK", "it was no poll");
}

#[tokio::test]
async fn a_delay_is_real_time_whatever_the_clock_says() {
    let (app, token) = with_fault(Fault::delay(MOMENT)).await;
    let company = app.mock.company(app.mock.company_key());
    company.freeze_clock().await.unwrap();
    let started = Instant::now();
    let (heard, ()) = tokio::join!(heard(&app, &token), async {
        // The delay has begun when the fault has struck.
        eventually(LIMIT, "the fault strikes", async || app.mock.faults().await.unwrap().is_empty()).await;
        company.advance(HOUR).await.unwrap();
    });
    assert!(started.elapsed() >= MOMENT, "{:?}", started.elapsed());
    heard.assert_whole();
    assert_eq!(heard.hint(), "fault `result: a delay of 50ms` (a delay of 50ms), call 1 of 1");
    assert_healed(&app, &token).await;
}

#[tokio::test]
async fn a_delay_goes_with_another_harm() {
    let (app, token) = with_fault(Fault::status(504).delayed_by(MOMENT)).await;
    let started = Instant::now();
    let heard = heard(&app, &token).await;
    assert!(heard.head.starts_with("HTTP/1.1 504 "), "{}", heard.head);
    assert!(started.elapsed() >= MOMENT);
    let effect = "a delay of 50ms, then status 504";
    assert_eq!(heard.hint(), format!("fault `result: {effect}` ({effect}), call 1 of 1"));
}

#[tokio::test]
async fn a_delay_between_bounds_is_drawn_from_the_seed() {
    let drawn = async |seed: u64| {
        let app = TestApp::start_with(|builder| builder.seed(seed)).await;
        let token = app.begin(json!({})).await;
        app.mock
            .add_fault(Fault::delay_between(Duration::from_millis(1), 2 * MOMENT).times(2).endpoint(Endpoint::Result))
            .await
            .unwrap();
        let mut drawn = Vec::new();
        for _ in 0..2 {
            let started = Instant::now();
            let hint = app.result(&token).await.hint().to_owned();
            let millis = hint.split_once(", here ").unwrap().1.split_once("ms)").unwrap().0.parse::<f64>().unwrap();
            assert!((1.0..=100.0).contains(&millis), "{hint}");
            assert!(started.elapsed().as_secs_f64() * 1000.0 >= millis, "{hint}");
            drawn.push(hint);
        }
        drawn
    };
    let (first, again, other) = (drawn(1).await, drawn(1).await, drawn(2).await);
    assert_eq!(first, again);
    assert_ne!(first[0], other[0]);
    assert_ne!(first[0].replace("call 1", "call 2"), first[1], "each call has its own");
}

/// The strike is over before the answer: a lock that it held would keep the other calls waiting.
#[tokio::test]
async fn a_delay_holds_no_lock() {
    let (app, token) = with_fault(Fault::delay(HOUR)).await;
    let mut slow = tokio::net::TcpStream::connect(app.mock.address()).await.unwrap();
    slow.write_all(request(&app, &token, "close").as_bytes()).await.unwrap();
    eventually(LIMIT, "the fault strikes", async || app.mock.faults().await.unwrap().is_empty()).await;
    assert_healed(&app, &token).await;
    app.begin(json!({})).await;
    app.mock.company(app.mock.company_key()).reset().await.unwrap();
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_delay() {
    let (app, token) = with_fault(Fault::delay(HOUR)).await;
    let (address, request) = (app.mock.address(), request(&app, &token, "close"));
    let talk = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        // As far as the mock can see, it has gone; who has not gets the answer early.
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let started = Instant::now();
    let answer = tokio::task::spawn_blocking(talk).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("APPROVED"), "{answer}");
    assert!(started.elapsed() < LIMIT, "{:?} of an hour", started.elapsed());
}

#[tokio::test]
async fn a_connection_closed_before_the_answer_gets_no_byte() {
    for earlier in 0..2 {
        let calls = earlier + 1..=earlier + 1;
        let (app, token) = with_fault(Fault::close(ClosePoint::BeforeAnswer).calls(calls)).await;
        let heard = heard_after(earlier as usize, &app, &token).await;
        assert_eq!((&*heard.head, heard.end.ok()), ("", Some(0)), "after {earlier} answers");
        assert_healed(&app, &token).await;
    }
}

#[tokio::test]
async fn a_connection_that_is_reset_gets_no_byte_and_no_end() {
    for earlier in 0..2 {
        let (app, token) = with_fault(Fault::reset().calls(earlier + 1..=earlier + 1)).await;
        let heard = heard_after(earlier as usize, &app, &token).await;
        assert_eq!(heard.head, "");
        assert_eq!(heard.end.unwrap_err().kind(), ErrorKind::ConnectionReset, "after {earlier} answers");
        assert_healed(&app, &token).await;
    }
}

#[tokio::test]
async fn a_connection_closed_in_the_headers_breaks_one_off() {
    let (app, token) = with_fault(Fault::close(ClosePoint::InHeaders)).await;
    let heard = heard(&app, &token).await;
    assert_eq!((&*heard.head, heard.end.is_ok()), ("HTTP/1.1 200 OK\r\ncont", true));
    assert_healed(&app, &token).await;
}

#[tokio::test]
async fn a_connection_closed_in_the_body_leaves_a_chunk_without_its_end() {
    for earlier in 0..2 {
        let (app, token) = with_fault(Fault::close(ClosePoint::InBody).calls(earlier + 1..=earlier + 1)).await;
        let heard = heard_after(earlier as usize, &app, &token).await;
        let whole = app.result(&token).await.text();
        assert_eq!((heard.header("transfer-encoding"), heard.header("content-length")), (Some("chunked"), None));
        let (size, chunk) = heard.text().split_once("\r\n").unwrap();
        assert_eq!(usize::from_str_radix(size, 16), Ok(whole.len()));
        assert!(whole.starts_with(chunk) && chunk.len() > whole.len() / 3 && chunk.len() < whole.len(), "{chunk}");
        assert!(heard.end.is_ok());
    }
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_shorter_than_its_head_promises() {
    for earlier in 0..2 {
        let (app, token) = with_fault(Fault::truncate().calls(earlier + 1..=earlier + 1)).await;
        let heard = heard_after(earlier as usize, &app, &token).await;
        let whole = app.result(&token).await.text();
        assert_eq!(heard.header("content-length"), Some(&*whole.len().to_string()));
        assert_eq!((heard.text(), heard.end.is_ok()), (&whole[..whole.len() / 2], true));
        assert!(heard.hint().contains("(body cut off)"), "{}", heard.hint());
    }
}

#[tokio::test]
async fn a_client_sees_a_broken_connection_as_an_error() {
    let closed = [ClosePoint::BeforeAnswer, ClosePoint::InHeaders, ClosePoint::InBody].map(Fault::close);
    for fault in closed.into_iter().chain([Fault::reset(), Fault::truncate()]) {
        let (app, token) = with_fault(fault.times(10)).await;
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
    for fault in [Fault::close(ClosePoint::InHeaders), Fault::reset()] {
        let app = TestApp::start().await;
        let token = app.begin(json!({})).await;
        app.mock.add_fault(fault.endpoint(Endpoint::Delete)).await.unwrap();
        let call = app.request(reqwest::Method::POST, "/external-api/delete/");
        call.json(&app.with_key(json!({"session_token": token}))).send().await.expect_err("the answer is lost");
        app.delete(&token).await.assert_error(404, "SESSION_NOT_FOUND");
    }
}

#[tokio::test]
async fn broken_json_is_broken_from_its_first_byte() {
    let (app, token) = with_fault(Fault::broken_json()).await;
    let heard = heard(&app, &token).await;
    heard.assert_whole();
    assert!(heard.text().starts_with("{{"), "{}", heard.text());
    serde_json::from_slice::<Value>(&heard.body).unwrap_err();
    app.mock.add_fault(Fault::broken_json()).await.unwrap();
    let begun = app.post_json("/external-api/begin/", &app.with_key(json!({}))).await;
    assert!(begun.text().starts_with("{\"") && begun.body.len() == 43, "{begun}");
    let hint =
        "scenario `approved`, from the server's default; fault `any call: broken JSON` (broken JSON), call 1 of 1";
    assert_eq!(begun.hint(), hint);
}

#[tokio::test]
async fn a_wrong_content_type_leaves_the_body_alone() {
    let (app, token) = with_fault(Fault::content_type("text/html; charset=utf-8")).await;
    let heard = heard(&app, &token).await;
    heard.assert_whole();
    assert_eq!(heard.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(serde_json::from_slice::<Value>(&heard.body).unwrap()["result"], "APPROVED");
    assert_eq!(app.result(&token).await.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_body_can_come_slowly() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    let whole = app.result(&token).await.text();
    // Ten pieces a second: the pauses before four of them are 0.4 seconds.
    let rate = whole.len() as u32 * 10 / 4;
    app.mock.add_fault(Fault::throttle(rate).endpoint(Endpoint::Result)).await.unwrap();
    let started = Instant::now();
    let heard = heard(&app, &token).await;
    assert!(started.elapsed() >= Duration::from_millis(399), "{:?}", started.elapsed());
    heard.assert_whole();
    assert_eq!(heard.text(), whole);
    let effect = format!("{rate} bytes a second");
    assert_eq!(heard.hint(), format!("fault `result: {effect}` ({effect}), call 1 of 1"));
}

#[tokio::test]
async fn a_wrong_signature_is_well_formed_and_of_another_answer() {
    let company = Company::new("signed").secret("not-a-real-secret");
    let app = TestApp::start_with(|builder| builder.company(company).company("unsigned").seed(7)).await;
    let body = json!({"company_key": "signed"}).to_string();
    app.mock.add_fault(Fault::wrong_signature()).await.unwrap();
    let request = app.request(reqwest::Method::POST, "/external-api/begin/").header("authorization", signed(&body));
    let reply = crate::harness::send(request.body(body)).await;
    reply.assert_status(200);
    let (right, given) = (signed(&reply.text()), reply.header("authorization").unwrap());
    assert_ne!(given, right);
    assert_eq!((given.len(), &given[..11], &given[12..]), (right.len(), &right[..11], &right[12..]));
    let code = given[11..].trim_end_matches('"');
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, code).expect("base64");

    app.mock.add_fault(Fault::wrong_signature()).await.unwrap();
    let unsigned = app.post_json("/external-api/begin/", &json!({"company_key": "unsigned"})).await;
    unsigned.assert_status(200);
    assert_eq!(unsigned.header("authorization"), None);
}

/// The header of a message of a company with that secret, by another implementation.
pub(crate) fn signed_with(secret: &str, text: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    let code = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, mac.finalize().into_bytes());
    format!("signature=\"{code}\"")
}

pub(crate) fn signed(text: &str) -> String {
    signed_with("not-a-real-secret", text)
}

#[tokio::test]
async fn a_slow_answer_does_not_hold_the_stop_up() {
    for (fault, is_dripping) in [(Fault::throttle(1), true), (Fault::delay(HOUR), false)] {
        let (app, token) = with_fault(fault).await;
        let mut stream = tokio::net::TcpStream::connect(app.mock.address()).await.unwrap();
        stream.write_all(request(&app, &token, "keep-alive").as_bytes()).await.unwrap();
        if is_dripping {
            stream.read_exact(&mut [0; 8]).await.unwrap();
        }
        tokio::time::timeout(LIMIT, app.mock.shutdown()).await.expect("the answer would take an hour");
    }
}

#[tokio::test]
async fn a_fault_ends_after_its_calls_or_its_time_or_when_it_is_removed() {
    let (app, token) = with_fault(Fault::status(500).times(2)).await;
    for _ in 0..2 {
        app.result(&token).await.assert_status(500);
    }
    assert_healed(&app, &token).await;

    app.mock.company(app.mock.company_key()).freeze_clock().await.unwrap();
    app.mock
        .add_fault(Fault::status(502).for_duration(HOUR).endpoint(Endpoint::Result).named("an hour"))
        .await
        .unwrap();
    app.mock.advance(HOUR - Duration::from_secs(60)).await.unwrap();
    let during = app.result(&token).await;
    during.assert_status(502);
    assert!(during.hint().starts_with("fault `an hour` (status 502), until 2"), "{}", during.hint());
    let due = app.mock.advance(Duration::from_secs(60)).await.unwrap();
    let ended: Vec<_> = due.into_iter().map(|due| (due.company_key, due.what)).collect();
    assert_eq!(ended, [(None, DueEventKind::FaultExpired("an hour".into()))]);
    assert_healed(&app, &token).await;

    app.mock.add_fault(Fault::status(503).forever().endpoint(Endpoint::Result).named("down")).await.unwrap();
    app.mock.advance(1000 * HOUR).await.unwrap();
    for _ in 0..3 {
        let reply = app.result(&token).await;
        assert_eq!(reply.hint(), "fault `down` (status 503), until it is removed");
    }
    app.mock.remove_fault("down").await.unwrap();
    assert_eq!(app.mock.remove_fault("down").await.unwrap_err().status(), Some(404));
    assert_healed(&app, &token).await;
}

#[tokio::test]
async fn a_fault_replaces_the_one_of_its_name() {
    let (app, token) = with_fault(Fault::status(500).forever().named("same")).await;
    app.mock.add_fault(Fault::status(501).named("same")).await.unwrap();
    app.result(&token).await.assert_status(501);
    assert_healed(&app, &token).await;
}

#[tokio::test]
async fn faults_without_a_name_replace_none() {
    let app = TestApp::start().await;
    let (one, other) = (app.begin(json!({})).await, app.begin(json!({})).await);
    let fault = Fault::status(503).endpoint(Endpoint::Result);
    for token in [&one, &other] {
        app.mock.add_fault(fault.clone().for_session(token)).await.unwrap();
    }
    let late = fault.for_scenario("rejected");
    assert_eq!(app.mock.add_fault(late).await.unwrap().name, "result: status 503 #3");
    let names: Vec<_> = app.mock.faults().await.unwrap().into_iter().map(|fault| fault.name).collect();
    assert_eq!(names, ["result: status 503", "result: status 503 #2", "result: status 503 #3"]);
    for token in [&one, &other] {
        app.result(token).await.assert_status(503);
        app.result(token).await.assert_status(200);
    }
    app.mock.remove_fault("result: status 503 #3").await.unwrap();
    assert_eq!(app.mock.faults().await.unwrap(), []);
}

#[tokio::test]
async fn faults_of_what_does_not_exist_are_refused() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    let token = app.begin(json!({"company_key": "one"})).await;
    let refused = async |control: &Control, fault: Fault| control.add_fault(fault).await.unwrap_err();
    let unknown = refused(&app.mock, Fault::status(503).for_scenario("aproved")).await;
    assert_eq!(unknown.status(), Some(400));
    assert!(unknown.to_string().ends_with("; did you mean `approved`?"), "{unknown}");
    let unknown = refused(&app.mock, Fault::status(503).for_session("nobody")).await.to_string();
    assert!(unknown.starts_with("there is no session `nobody`; it may have been deleted"), "{unknown}");
    let unknown = refused(&app.mock.company("two"), Fault::status(503).for_session(&token)).await.to_string();
    assert!(unknown.starts_with(&format!("there is no session `{token}` of the company `two`")), "{unknown}");
    app.mock.company("one").add_fault(Fault::status(503).for_session(&token)).await.unwrap();
    assert_eq!(app.mock.faults().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_call_without_a_response_has_no_status() {
    let (app, token) = with_fault(Fault::reset().endpoint(Endpoint::Result)).await;
    for fault in [Fault::close(ClosePoint::BeforeAnswer), Fault::close(ClosePoint::InHeaders)] {
        app.mock.add_fault(fault.endpoint(Endpoint::Result)).await.unwrap();
    }
    app.mock.add_fault(Fault::close(ClosePoint::InBody).endpoint(Endpoint::Result)).await.unwrap();
    let result = app.with_key(json!({"session_token": token}));
    for _ in 0..4 {
        let call = app.request(reqwest::Method::POST, RESULT).json(&result).send().await;
        assert!(call.is_err() || call.unwrap().bytes().await.is_err(), "it is cut off");
    }
    let results = app.mock.calls().endpoint(Endpoint::Result);
    let statuses: Vec<_> = results.clone().list().await.unwrap().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [None, None, None, Some(200)], "the last has sent its head");
    assert_eq!(results.clone().status(200).count().await.unwrap(), 1);
    let missed = results.status(200).verify(4).await.unwrap_err().to_string();
    assert!(
        missed.contains("POST /external-api/result/ → no response") && missed.contains("the status is none, not `200`"),
        "{missed}"
    );
}

#[tokio::test]
async fn faults_have_a_ceiling() {
    let app = TestApp::start().await;
    for _ in 0..1000 {
        app.mock.add_fault(Fault::status(503).endpoint(Endpoint::Delete)).await.unwrap();
    }
    let full = app.mock.add_fault(Fault::status(503)).await.unwrap_err().to_string();
    assert_eq!(full, "there are 1000 faults already; remove some, or let them expire");
}

#[tokio::test]
async fn a_fault_is_on_its_endpoint_company_and_session_alone() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    let (one, other) = (app.begin(json!({})).await, app.begin(json!({})).await);
    let two = app.begin(json!({"company_key": "two"})).await;
    let result = async |key: &str, token: &str| {
        app.post_json(RESULT, &json!({"company_key": key, "session_token": token})).await.status.as_u16()
    };
    app.mock.add_fault(Fault::status(500).endpoint(Endpoint::Delete).forever().named("endpoint")).await.unwrap();
    assert_eq!((result("one", &one).await, app.delete(&one).await.status.as_u16()), (200, 500));
    app.mock.remove_fault("endpoint").await.unwrap();

    app.mock.company("two").add_fault(Fault::status(500).times(2)).await.unwrap();
    assert_eq!((result("one", &one).await, result("two", &two).await), (200, 500));
    app.post_json("/external-api/begin/", &json!({"company_key": "two"})).await.assert_status(500);

    app.mock.add_fault(Fault::status(500).for_session(&one).times(2)).await.unwrap();
    assert_eq!((result("one", &other).await, result("two", &two).await, result("one", &one).await), (200, 200, 500));
    app.delete(&one).await.assert_status(500);
    app.delete(&one).await.assert_status(200);
}

#[tokio::test]
async fn of_several_faults_the_first_strikes_first() {
    let (app, token) = with_fault(Fault::status(500).named("first")).await;
    app.mock.add_fault(Fault::status(501).named("second").endpoint(Endpoint::Result)).await.unwrap();
    app.result(&token).await.assert_status(500);
    app.result(&token).await.assert_status(501);
    assert_healed(&app, &token).await;
}

#[tokio::test]
async fn faults_of_server_and_company_come_together() {
    let (app, token) = with_fault(Fault::content_type("text/plain")).await;
    let company = app.mock.company(app.mock.company_key());
    company.add_fault(Fault::throttle(1_000_000).named("drip")).await.unwrap();
    company.add_fault(Fault::broken_json().named("broken")).await.unwrap();
    let both = app.result(&token).await;
    assert_eq!(both.header("content-type"), Some("text/plain"));
    assert!(both.hint().contains("content type text/plain") && both.hint().contains("fault `drip`"), "{}", both.hint());
    assert_eq!(both.json()["result"], "APPROVED");
    app.mock.add_fault(Fault::status(500)).await.unwrap();
    app.result(&token).await.assert_status(500);
    assert!(app.result(&token).await.hint().starts_with("fault `broken`"), "it did not meet the call before");
}

#[tokio::test]
async fn a_fault_stands_in_front_of_key_and_signature() {
    let app = TestApp::start_with(|builder| builder.company(Company::new("signed").secret("not-a-real-secret"))).await;
    for key in ["signed", "nobody"] {
        app.mock.add_fault(Fault::status(503)).await.unwrap();
        app.post_json("/external-api/begin/", &json!({"company_key": key})).await.assert_status(503);
    }
    app.mock.add_fault(Fault::broken_json()).await.unwrap();
    let broken = app.post_json("/external-api/begin/", &json!({"company_key": "nobody"})).await;
    broken.assert_status(403);
    assert_eq!(broken.text(), "{\"COMPANY_KEY_INVALID\"");
    assert!(broken.hint().starts_with("there is no company key `nobody`"), "{}", broken.hint());
}

#[tokio::test]
async fn a_harmed_answer_keeps_the_signature_of_the_whole() {
    let app = TestApp::start_with(|builder| builder.company(Company::new("signed").secret("not-a-real-secret"))).await;
    let body = json!({"company_key": "signed"}).to_string();
    app.mock.add_fault(Fault::broken_json()).await.unwrap();
    let request = app.request(reqwest::Method::POST, "/external-api/begin/").header("authorization", signed(&body));
    let reply = crate::harness::send(request.body(body)).await;
    assert_eq!(reply.header("authorization"), Some(&*signed(reply.text().strip_prefix('{').unwrap())));
}

#[tokio::test]
async fn what_has_no_body_is_harmed_without_harm() {
    let (app, token) = with_fault(Fault::status(204)).await;
    let company = app.mock.company(app.mock.company_key());
    for fault in [Fault::truncate(), Fault::broken_json(), Fault::throttle(1), Fault::close(ClosePoint::InBody)] {
        company.add_fault(fault).await.unwrap();
    }
    app.result(&token).await.assert_status(204);
}

#[tokio::test]
async fn refused_calls_take_the_same_course() {
    let app = TestApp::start().await;
    let send = async |method: &str, path: &str, body: &str| {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        crate::harness::send(app.request(method, path).body(body.to_owned())).await
    };
    let key = app.mock.company_key();
    let own = app.mock.company(key);
    let with_key = json!({"company_key": key}).to_string();
    for (method, path, body, status) in [
        ("PUT", RESULT, "", 405),
        ("POST", "/external-api/no-such-call/", "", 501),
        ("POST", RESULT, "{\"company_key\": }", 400),
        ("POST", RESULT, r#"{"company_key": "nobody"}"#, 403),
        ("POST", RESULT, &with_key, 400),
    ] {
        send(method, path, body).await.assert_status(status);
        app.mock.add_fault(Fault::status(503).named("any")).await.unwrap();
        let struck = send(method, path, body).await;
        struck.assert_status(503);
        assert_eq!(struck.hint(), "fault `any` (status 503), call 1 of 1");
        app.mock.add_fault(Fault::content_type("text/html").named("label")).await.unwrap();
        let labelled = send(method, path, body).await;
        labelled.assert_status(status);
        assert_eq!(labelled.header("content-type"), Some("text/html"));
        assert!(labelled.hint().ends_with("; fault `label` (content type text/html), call 1 of 1"), "{labelled}");
    }
    for (method, path) in [("PUT", RESULT), ("POST", "/external-api/no-such-call/")] {
        own.add_fault(Fault::status(500)).await.unwrap();
        send(method, path, &with_key).await.assert_status(500);
    }
    app.mock.add_fault(Fault::status(503).endpoint(Endpoint::Result)).await.unwrap();
    send("POST", "/external-api/no-such-call/", "").await.assert_status(501);
    send("PUT", RESULT, "").await.assert_status(503);
}

#[tokio::test]
async fn an_error_that_the_scenario_answers_is_harmed_like_any_answer() {
    let app = TestApp::scripted(
        "description: a\nstages:\n  - {when: begin, error: SESSION_INVALID, fault: {content_type: text/html, times: 3}}\n",
    )
    .await;
    let token = app.begin(json!({})).await;
    let face = app.post_json("/external-api/result/face/", &app.with_key(json!({"session_token": token}))).await;
    for (call, reply) in [app.result(&token).await, app.delete(&token).await, face].iter().enumerate() {
        reply.assert_status(400);
        assert_eq!(reply.header("content-type"), Some("text/html"), "{call}: {reply}");
        assert!(reply.hint().contains("; fault `scripted` (content type text/html), call "), "{reply}");
    }
    app.result(&token).await.assert_error(400, "SESSION_INVALID");

    let full = TestApp::start_with(|builder| {
        builder.settings(|config| {
            config.max_sessions = 1;
            config.refuse_at_max_sessions = true;
        })
    })
    .await;
    full.begin(json!({})).await;
    full.mock.add_fault(Fault::content_type("text/html").for_scenario("approved")).await.unwrap();
    let refused = full.post_json("/external-api/begin/", &full.with_key(json!({}))).await;
    refused.assert_status(400);
    assert_eq!(refused.header("content-type"), Some("text/html"));
}

#[tokio::test]
async fn a_fault_can_be_on_the_widget_and_on_its_data() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    let (one, two) = (app.begin(json!({})).await, app.begin(json!({"company_key": "two"})).await);
    app.mock.add_fault(Fault::status(500).named("vendor")).await.unwrap();
    app.widget(&one).await.assert_status(200);
    app.mock.remove_fault("vendor").await.unwrap();

    app.mock.company("two").add_fault(Fault::status(502).endpoint(Endpoint::Widget).times(2)).await.unwrap();
    app.widget(&one).await.assert_status(200);
    app.widget(&two).await.assert_status(502);
    let form = app.request(reqwest::Method::POST, &format!("/?session_token={two}")).body("outcome=APPROVED");
    crate::harness::send(form).await.assert_status(502);
    assert!(
        !app.mock.company("two").last_session().await.unwrap().unwrap().is_finished,
        "the form was not carried out"
    );
    app.widget(&two).await.assert_status(200);

    let data = format!("/__widget/sessions/{one}");
    app.mock.add_fault(Fault::broken_json().endpoint(Endpoint::WidgetData).for_session(&one)).await.unwrap();
    app.get(&format!("/__widget/sessions/{two}")).await.json();
    let broken = app.get(&data).await;
    serde_json::from_slice::<Value>(&broken.body).unwrap_err();
    assert_eq!(broken.hint(), "fault `widget-data: broken JSON` (broken JSON), call 1 of 1");
    app.get(&data).await.json();
}

#[tokio::test]
async fn a_stage_can_be_hard_on_the_widget() {
    let app = TestApp::scripted(
        "description: a\nstages:\n  - {when: opened, fault: {endpoint: widget-data, status: 503}}\n  - result: APPROVED\n",
    )
    .await;
    let token = app.begin(json!({})).await;
    app.widget(&token).await.assert_status(200);
    let data = app.get(&format!("/__widget/sessions/{token}")).await;
    data.assert_status(503);
    assert_eq!(data.hint(), "fault `scripted` (status 503), call 1 of 1");
    app.get(&format!("/__widget/sessions/{token}")).await.assert_status(200);
}

#[tokio::test]
async fn a_fault_can_be_for_one_scenario() {
    let app = TestApp::start().await;
    let begin = async |scenario: &str| {
        app.post_json("/external-api/begin/", &app.with_key(json!({"flags": {"mock_scenario": scenario}}))).await
    };
    let token = |reply: &crate::harness::Reply| reply.json().as_str().unwrap().to_owned();
    let (rejected, approved) = (token(&begin("rejected").await), token(&begin("approved").await));
    app.mock.add_fault(Fault::status(503).for_scenario("rejected").times(3).named("rejected only")).await.unwrap();
    app.result(&approved).await.assert_status(200);
    begin("approved").await.assert_status(200);
    app.result(&rejected).await.assert_status(503);
    app.mock.queue_scenario("rejected").await.unwrap();
    let queued = app.post_json("/external-api/begin/", &app.with_key(json!({}))).await;
    queued.assert_status(503);
    app.delete(&rejected).await.assert_status(503);
    let again = app.post_json("/external-api/begin/", &app.with_key(json!({}))).await;
    assert_eq!(again.hint(), "scenario `rejected`, from the company's queue", "it was put back");
}

#[tokio::test]
async fn a_fault_can_go_from_one_call_to_another() {
    let (app, token) = with_fault(Fault::status(503).calls(2..=3).named("window")).await;
    // It meets the calls that another fault answers, too.
    app.mock.add_fault(Fault::status(500).calls(4..=5).endpoint(Endpoint::Result)).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..6 {
        let reply = app.result(&token).await;
        if reply.status == 503 {
            assert_eq!(reply.hint(), format!("fault `window` (status 503), call {} of calls 2 to 3", seen.len() + 1));
        }
        seen.push(reply.status.as_u16());
    }
    assert_eq!(seen, [200, 503, 503, 500, 500, 200]);
    assert_eq!(app.mock.faults().await.unwrap(), []);
}

#[tokio::test]
async fn a_delay_does_not_hide_the_fault_behind_it() {
    let (app, token) = with_fault(Fault::delay(Duration::from_millis(1)).forever().named("slow network")).await;
    app.mock.add_fault(Fault::status(503).endpoint(Endpoint::Result).named("down")).await.unwrap();
    let reply = app.result(&token).await;
    reply.assert_status(503);
    let hint = "fault `slow network` (a delay of 1ms), until it is removed; fault `down` (status 503), call 1 of 1";
    assert_eq!(reply.hint(), hint);
    let reply = app.result(&token).await;
    assert_eq!((reply.status.as_u16(), &reply.hint()[..20]), (200, "fault `slow network`"));
}

#[tokio::test]
async fn faults_in_force_are_listed() {
    let app =
        TestApp::start_with(|builder| builder.company("one").company("two").frozen_at(std::time::UNIX_EPOCH)).await;
    let token = app.begin(json!({})).await;
    let two = app.mock.company("two");
    app.mock.add_fault(Fault::status(503).endpoint(Endpoint::Result).times(2)).await.unwrap();
    app.mock.add_fault(Fault::delay(HOUR).for_duration(HOUR).for_session(&token).named("slow")).await.unwrap();
    two.add_fault(Fault::reset().calls(3..=5).for_scenario("rejected")).await.unwrap();
    app.result(&token).await.assert_status(503);
    let shown = |fault: &FaultInfo| {
        let (company, endpoint) =
            (fault.company_key.as_deref().unwrap_or("-"), fault.endpoint.map_or("-", Endpoint::as_str));
        let (session, scenario) = (fault.session.is_some(), fault.scenario.as_deref().unwrap_or("-"));
        format!(
            "{company} {endpoint} {session} {scenario} {} {} {} {}",
            fault.name, fault.effect, fault.ends, fault.hits
        )
    };
    let listed: Vec<_> = app.mock.faults().await.unwrap().iter().map(shown).collect();
    let third = "two - false rejected any call: connection reset connection reset after calls 3 to 5 0";
    assert_eq!(
        listed,
        [
            "- result false - result: status 503 status 503 after 2 calls 1",
            "- - true - slow a delay of 3600s at 1970-01-01T01:00:00Z 0",
            third,
        ]
    );
    assert_eq!(two.faults().await.unwrap().iter().map(shown).collect::<Vec<_>>(), [third]);
    app.mock.advance(HOUR).await.unwrap();
    app.mock.remove_fault("result: status 503").await.unwrap();
    assert_eq!(app.mock.faults().await.unwrap().iter().map(shown).collect::<Vec<_>>(), [third]);
}

#[tokio::test]
async fn a_fault_for_a_scenario_that_is_not_there_stops_the_start() {
    let faulty = |config: &mut identomat_mock::Config| config.faults = vec![Fault::status(503).for_scenario("rejcted")];
    let builder = identomat_mock::MockServer::builder().settings(faulty);
    let error =
        builder.company(Company::new("one").fault(Fault::reset().for_scenario("none"))).start().await.unwrap_err();
    let error = error.to_string();
    assert!(error.contains("a fault: there is no scenario `rejcted`; known: rejected, "), "{error}");
    assert!(error.contains("a fault of the company key `one`: there is no scenario `none`"), "{error}");
}
