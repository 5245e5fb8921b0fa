//! Bodies that are too large, too deep, cut off or nonsense are answered, and the server goes on.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use reqwest::{
    Method,
    header::CONTENT_TYPE,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::harness::{LIMIT, TestApp, send};

#[tokio::test]
async fn a_body_over_a_mebibyte_is_refused() {
    let app = TestApp::start().await;
    let body = |length: usize| {
        let empty = app.with_key(json!({"padding": ""})).to_string();
        app.with_key(json!({"padding": "a".repeat(length - empty.len())})).to_string()
    };
    app.post("/external-api/begin/", body(1 << 20)).await.assert_status(200);
    let reply = app.post("/external-api/begin/", body((1 << 20) + 1)).await;
    assert_eq!(reply.argument_error(), "the body is larger than 1048576 bytes");
}

#[tokio::test]
async fn a_far_too_large_body_is_answered_and_not_reset() {
    let app = TestApp::start().await;
    let reply = app.post("/external-api/begin/", vec![b'a'; 64 << 20]).await;
    assert_eq!(reply.argument_error(), "the body is larger than 1048576 bytes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_client_that_sends_all_before_it_reads_is_answered_and_not_reset() {
    let app = TestApp::start().await;
    let body = vec![b'a'; 64 << 20];
    for (call, status) in [
        ("POST /external-api/begin/", "400"),
        ("PUT /external-api/begin/", "405"),
        ("POST /external-api/no-such-call/", "501"),
        ("POST /no-such-path", "404"),
    ] {
        let head = format!("{call} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
        let answer = raw(&app, &[head.as_bytes(), &body].concat());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{call}: {answer}");
    }
}

#[tokio::test]
async fn multipart_may_be_larger_up_to_its_own_limit() {
    let app = TestApp::start().await;
    let begin = async |file: usize| {
        let key = app.mock.company_key().to_owned();
        let form = Form::new().text("company_key", key).part("file", Part::bytes(vec![7; file]).file_name("f"));
        send(app.request(Method::POST, "/external-api/begin/").multipart(form)).await
    };
    begin(15 << 20).await.assert_status(200);
    // The label does not make a body larger or smaller: it is what it looks like.
    let json = app.with_key(json!({"padding": "a".repeat(2 << 20)})).to_string();
    let request = app.request(Method::POST, "/external-api/begin/").header(CONTENT_TYPE, "multipart/form-data");
    assert_eq!(send(request.body(json)).await.argument_error(), "the body is larger than 1048576 bytes");
    assert_eq!(begin(16 << 20).await.argument_error(), "the body is larger than 16777216 bytes");
}

#[tokio::test]
async fn nesting_is_limited_in_bodies_and_in_text() {
    let app = TestApp::start().await;
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let key = app.mock.company_key();
    // The body and its member `extra` are the two levels around.
    let body = |depth| format!("{{\"company_key\": \"{key}\", \"extra\": {}}}", nested(depth));
    app.post("/external-api/begin/", body(31)).await.assert_status(200);
    let refused = app.post("/external-api/begin/", body(32)).await;
    assert_eq!(refused.argument_error(), "the body is nested deeper than 32 levels");
    for depth in [129, 100_000] {
        let words = app.post("/external-api/begin/", body(depth)).await.argument_error();
        assert!(words.starts_with("the body is not JSON: recursion limit exceeded"), "{words}");
    }
    let in_text = app.post_json("/external-api/begin/", &app.with_key(json!({"steps": nested(33)}))).await;
    assert_eq!(in_text.argument_error(), "`steps` is nested deeper than 32 levels");
}

#[tokio::test]
async fn the_number_of_parts_is_limited() {
    let app = TestApp::start().await;
    let begin = async |parts: usize| {
        let form = Form::new().text("company_key", app.mock.company_key().to_owned());
        let form = (1..parts).fold(form, |form, number| form.text(format!("extra-{number}"), ""));
        send(app.request(Method::POST, "/external-api/begin/").multipart(form)).await
    };
    begin(100).await.assert_status(200);
    assert_eq!(begin(101).await.argument_error(), "the multipart body has more than 100 parts");
}

#[tokio::test]
async fn malformed_bodies_say_what_is_malformed() {
    let app = TestApp::start().await;
    for (label, body, words) in [
        ("application/json", &b"{\"a\": }"[..], "the body is not JSON: expected value at line 1 column 7"),
        ("application/json", b"[1]", "the body is not a JSON object: [1]"),
        ("application/json", b"\"text\"", "the body is not a JSON object: \"text\""),
        ("application/json", b"hello", "the body does not match its content type `application/json`"),
        ("text/plain", b"a=\xff", "the body is neither JSON, form nor multipart: it is not UTF-8"),
        (
            "application/json",
            b"{\"a\": \"\xff\"}",
            "the body is not JSON: invalid unicode code point at line 1 column 8",
        ),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb",
            "the multipart body is malformed: field \"a\" received with incomplete data",
        ),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data\r\n\r\nb\r\n--x--\r\n",
            "a part of the multipart body has no name",
        ),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--x--\r\n",
            "the part `a` of the multipart body is not UTF-8 text",
        ),
    ] {
        let request = app.request(Method::POST, "/external-api/begin/").header(CONTENT_TYPE, label);
        assert_eq!(send(request.body(body)).await.argument_error(), words);
    }
    app.begin(json!({})).await;
}

/// Sends bytes over a plain socket, ends the sending side, and answers all that comes back.
fn raw(app: &TestApp, request: &[u8]) -> String {
    let mut socket = TcpStream::connect(app.mock.address()).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    socket.write_all(request).unwrap();
    socket.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_body_that_breaks_off_is_answered() {
    let app = TestApp::start().await;
    for request in [
        &b"POST /external-api/begin/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"company"[..],
        b"POST /external-api/begin/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"com",
        b"POST /external-api/begin/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
    ] {
        let answer = raw(&app, request);
        assert!(answer.starts_with("HTTP/1.1 400"), "{}: {answer}", String::from_utf8_lossy(request));
        assert!(answer.contains(r#"{"argumentError":"the body ended before it was complete"}"#), "{answer}");
    }
    app.begin(json!({})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn hostile_heads_get_an_answer_too() {
    let app = TestApp::start().await;
    for (request, status) in [
        (b"GET /external-api/result/?a=%00%ff%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(), "403"),
        (b"GET /?session_token=%ff%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(), "404"),
        (b"GET /__widget/sessions/%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(), "404"),
        (b"GET /%2e%2e/%2e%2e HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(), "404"),
        (b"NONSENSE\r\n\r\n".to_vec(), "400"),
    ] {
        let answer = raw(&app, &request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{}: {answer}", String::from_utf8_lossy(&request));
    }
    app.begin(json!({})).await;
}

#[tokio::test]
async fn text_in_a_multipart_body_is_held_to_the_limit_of_text() {
    let app = TestApp::start().await;
    let begin = async |text: usize| {
        let form = Form::new().text("company_key", app.mock.company_key().to_owned()).text("flags", " ".repeat(text));
        send(app.request(Method::POST, "/external-api/begin/").multipart(form)).await
    };
    begin(1 << 20).await.assert_status(200);
    let words = begin((1 << 20) + 1).await.argument_error();
    assert_eq!(words, "the part `flags` of the multipart body is larger than 1048576 bytes");
}

#[tokio::test]
async fn an_encoding_that_is_not_read_is_named() {
    let app = TestApp::start().await;
    let begin = async |encoding: &str, body: Vec<u8>| {
        let request = app.request(Method::POST, "/external-api/begin/").header("content-encoding", encoding);
        send(request.body(body)).await
    };
    let packed = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03".to_vec();
    let words = begin("gzip", packed).await.argument_error();
    assert_eq!(words, "the body is `gzip` (Content-Encoding), which is not supported; send it uncompressed");
    // A label alone is no reason to refuse what can be read.
    let plain = app.with_key(json!({})).to_string();
    begin("gzip", plain.clone().into()).await.assert_status(200);
    begin("identity", plain.into()).await.assert_status(200);
}

#[tokio::test]
async fn a_long_user_agent_is_kept_to_half_a_kilobyte() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    // Two bytes each, so that the limit is inside one where the count is odd.
    let agent = format!("x{}", "é".repeat(5000));
    let request = app.request(Method::GET, &format!("/?session_token={token}"));
    send(request.header("user-agent", agent.as_bytes())).await.assert_status(200);
    let kept = app.result(&token).await.json()["technicalDetails"]["userAgent"].as_str().unwrap().to_owned();
    assert_eq!(kept, agent[..511]);
}

/// Finishes a session of that questionnaire with that answer to its question `q`, and says how long it took.
async fn time_to_check(app: &TestApp, question: Value, answers: Value, status: u16) -> Duration {
    let questions = match question {
        Value::Array(questions) => questions,
        question => vec![question],
    };
    let steps = json!([{"type": "user-questionnaire", "key": "s", "questions": questions}]);
    let token = app.begin(json!({"steps": steps})).await;
    let answers = json!({ "s": answers }).to_string();
    let started = std::time::Instant::now();
    app.finish(&token, &[("answers", &answers)]).await.assert_status(status);
    started.elapsed()
}

#[tokio::test]
async fn a_long_form_is_checked_in_the_time_that_it_takes_to_read() {
    let settings =
        |builder: identomat_mock::MockServerBuilder| builder.settings(|config| config.limits.body = 16 << 20);
    let app = TestApp::start_with(settings).await;
    let names: Vec<_> = (0..60_000).map(|number| format!("o{number}")).collect();
    let many_options = json!({"type": "multiselect", "key": "q", "options": names});
    let all_chosen = json!({ "q": names });
    let many_questions: Value = names.iter().map(|key| json!({"type": "text", "key": key})).collect();
    let all_answered: Value =
        names.iter().map(|key| (key.clone(), json!("a"))).collect::<serde_json::Map<_, _>>().into();
    let wrong = json!({ "q": ["o1", "no option"] });
    for (question, answers, status) in
        [(many_options.clone(), all_chosen, 200), (many_options, wrong, 400), (many_questions, all_answered, 200)]
    {
        let took = time_to_check(&app, question, answers, status).await;
        // A search for each answer would take minutes.
        assert!(took < LIMIT, "{took:?}");
    }
}
