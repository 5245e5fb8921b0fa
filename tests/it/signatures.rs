//! HMAC authorization against codes that another implementation computed.

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    process::{Command, Stdio},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{
    Method,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use serde::Deserialize;
use serde_json::json;

use crate::harness::{Reply, TestApp, send};

#[derive(Clone, Deserialize)]
struct Vector {
    name: String,
    secret: String,
    method: String,
    content_type: Option<String>,
    body_base64: String,
    signature: String,
}

fn vectors() -> Vec<Vector> {
    let text = fs::read_to_string("fixtures/signatures/vectors.json").expect("the vectors are there");
    serde_json::from_str(&text).expect("the vectors are JSON")
}

async fn app(secret: &str) -> TestApp {
    TestApp::start_with(|builder| builder.secret(secret)).await
}

/// Sends the body of a vector, signed with `code`. The company key is in the query where the body has none.
async fn call(app: &TestApp, vector: &Vector, code: &str) -> Reply {
    let method = Method::from_bytes(vector.method.as_bytes()).expect("a method");
    let path = format!("/external-api/begin/?company_key={}", app.mock.company_key());
    let mut request = app.request(method, &path).header(AUTHORIZATION, format!("signature=\"{code}\""));
    if let Some(content_type) = &vector.content_type {
        request = request.header(CONTENT_TYPE, content_type);
    }
    send(request.body(STANDARD.decode(&vector.body_base64).expect("base64"))).await
}

#[tokio::test]
async fn requests_signed_elsewhere_are_taken() {
    let mut encodings = BTreeSet::new();
    for vector in vectors().iter().filter(|vector| vector.method != "RESPONSE") {
        let app = app(&vector.secret).await;
        let reply = call(&app, vector, &vector.signature).await;
        assert_eq!(reply.status, 200, "{}: {reply}", vector.name);
        encodings.insert(vector.content_type.as_deref().map(|label| label.split(';').next().unwrap().to_owned()));

        // Another code over the same body is refused, and so is the same code over another body.
        let other = if vector.signature.starts_with('A') { "B" } else { "A" };
        let wrong = format!("{other}{}", &vector.signature[1..]);
        let refused = call(&app, vector, &wrong).await;
        refused.assert_error(401, "SIGNATURE_INVALID");
        assert_eq!(refused.header("authorization"), None, "a refusal is not signed");
        let other_body = Vector { body_base64: STANDARD.encode("{\"a\": 1}"), content_type: None, ..vector.clone() };
        call(&app, &other_body, &vector.signature).await.assert_error(401, "SIGNATURE_INVALID");
    }
    assert_eq!(encodings.len(), 4, "JSON, form, multipart and no label are among the vectors: {encodings:?}");
}

#[tokio::test]
async fn answers_are_signed_as_elsewhere() {
    // The vectors fix how a body is signed; the answer's own bytes go through the same code in `python3`.
    let app = app("not-a-real-secret").await;
    let body = json!({"company_key": app.mock.company_key()}).to_string();
    let signed = async |path: &str, body: &str| {
        let code = code_by_python("not-a-real-secret", body.as_bytes());
        let request = app.request(Method::POST, path).header(AUTHORIZATION, format!("signature=\"{code}\""));
        send(request.body(body.to_owned())).await
    };
    let begun = signed("/external-api/begin/", &body).await;
    begun.assert_status(200);
    let token = begun.json().as_str().unwrap().to_owned();
    let body = json!({"company_key": app.mock.company_key(), "session_token": token}).to_string();
    let result = signed("/external-api/result/", &body).await;
    let deleted = signed("/external-api/delete/", &body).await;
    for reply in [begun, result, deleted] {
        reply.assert_status(200);
        let expected = format!("signature=\"{}\"", code_by_python("not-a-real-secret", &reply.body));
        assert_eq!(reply.header("authorization"), Some(&*expected));
    }
    let gone = signed("/external-api/result/", &body).await;
    gone.assert_error(404, "SESSION_NOT_FOUND");
    assert_eq!(gone.header("authorization"), None, "an error is not signed");
}

pub(crate) fn code_by_python(secret: &str, body: &[u8]) -> String {
    let script = "import base64, hashlib, hmac, sys; \
                  body = sys.stdin.buffer.read(); \
                  print(base64.b64encode(hmac.new(sys.argv[1].encode(), body, hashlib.sha256).digest()).decode())";
    let python =
        Command::new("python3").args(["-c", script, secret]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut python = python.expect("python3 is there; `make test` installs it");
    python.stdin.take().expect("a pipe").write_all(body).expect("python3 reads all");
    let output = python.wait_with_output().expect("python3 ends");
    assert!(output.status.success(), "{}", output.status);
    String::from_utf8(output.stdout).expect("a code").trim().to_owned()
}

#[tokio::test]
async fn the_vectors_are_what_their_script_writes() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("make_vectors.py");
    fs::copy("fixtures/signatures/make_vectors.py", &script).unwrap();
    let status = Command::new("python3").arg(&script).status().expect("python3 is there");
    assert!(status.success());
    let written = fs::read(folder.path().join("vectors.json")).unwrap();
    assert_eq!(written, fs::read("fixtures/signatures/vectors.json").unwrap());
}

#[tokio::test]
async fn a_missing_signature_is_explained() {
    let app = app("not-a-real-secret").await;
    let reply = app.post_json("/external-api/begin/", &app.with_key(json!({}))).await;
    reply.assert_error(401, "SIGNATURE_INVALID");
    let hint = reply.hint();
    assert!(hint.starts_with("signed: the 58 bytes of the raw body; expected `"), "{hint}");
    assert!(hint.ends_with("`; received no Authorization header"), "{hint}");
}

#[tokio::test]
async fn a_company_without_a_secret_needs_no_signature_and_signs_nothing() {
    let app = TestApp::start().await;
    let request = app.request(Method::POST, "/external-api/begin/").header(AUTHORIZATION, "signature=\"nonsense\"");
    let reply = send(request.json(&app.with_key(json!({})))).await;
    reply.assert_status(200);
    assert_eq!(reply.header("authorization"), None);
}
