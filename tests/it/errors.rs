//! The error answers: bodies of the vendor, statuses of the settings, advice in the hint header.

use identomat_mock::{ErrorCode, ErrorStatus};
use reqwest::Method;
use serde_json::json;

use crate::harness::{Reply, TestApp, send};

const UNKNOWN_TOKEN: &str = "0000000000000000000000000000000000000000";

/// One call for each error, on a mock whose company has a secret, or none.
async fn each_error(signed: &TestApp, plain: &TestApp) -> [(Reply, &'static str); 4] {
    [
        (plain.post_json("/external-api/result/", &json!({"company_key": "x"})).await, "COMPANY_KEY_INVALID"),
        (plain.result(UNKNOWN_TOKEN).await, "SESSION_NOT_FOUND"),
        (plain.result("short").await, "SESSION_INVALID"),
        (signed.result(UNKNOWN_TOKEN).await, "SIGNATURE_INVALID"),
    ]
}

#[tokio::test]
async fn errors_have_the_vendors_words_and_statuses() {
    let plain = TestApp::start().await;
    let signed = TestApp::start_with(|builder| builder.secret("not-a-real-secret")).await;
    let statuses = [403, 404, 400, 401];
    for ((reply, word), status) in each_error(&signed, &plain).await.into_iter().zip(statuses) {
        reply.assert_error(status, word);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("authorization"), None, "an error is not signed");
    }
    let missing = plain.post_json("/external-api/result/", &plain.with_key(json!({}))).await;
    assert_eq!(missing.argument_error(), "`session_token` is missing; the call was read as JSON with `company_key`");
}

#[tokio::test]
async fn one_setting_answers_200_everywhere() {
    let all = |config: &mut identomat_mock::Config| config.error_status = ErrorStatus::all(200).unwrap();
    let plain = TestApp::start_with(|builder| builder.settings(all)).await;
    let signed = TestApp::start_with(|builder| builder.secret("not-a-real-secret").settings(all)).await;
    for (reply, word) in each_error(&signed, &plain).await {
        reply.assert_error(200, word);
    }
    let missing = plain.post_json("/external-api/result/", &plain.with_key(json!({}))).await;
    missing.assert_status(200);
    assert!(missing.json()["argumentError"].is_string(), "{missing}");
}

#[tokio::test]
async fn each_error_has_a_status_of_its_own() {
    let app = TestApp::start_with(|builder| {
        builder.settings(|config| config.error_status.set(ErrorCode::SessionNotFound, 410).unwrap())
    })
    .await;
    app.result(UNKNOWN_TOKEN).await.assert_error(410, "SESSION_NOT_FOUND");
    app.result("short").await.assert_error(400, "SESSION_INVALID");
}

#[tokio::test]
async fn a_wrong_key_hint_lists_the_keys() {
    let app = TestApp::start_with(|builder| builder.company("my-company")).await;
    let reply = app.post_json("/external-api/begin/", &json!({"company_key": "მცდარი"})).await;
    reply.assert_error(403, "COMPANY_KEY_INVALID");
    assert_eq!(
        reply.hint(),
        "there is no company key `\\u{10db}\\u{10ea}\\u{10d3}\\u{10d0}\\u{10e0}\\u{10d8}`; known: my-company"
    );
}

#[tokio::test]
async fn a_missing_key_hint_says_what_was_read() {
    let app = TestApp::start().await;
    for (body, hint) in [
        ("", "`company_key` is missing; the call has no parameters: its query and its body are empty"),
        (
            "--x\r\nContent-Disposition: form-data; name=\"company_key\"; filename=\"f\"\r\n\r\na\r\n--x--\r\n",
            "`company_key` is missing; the call was read as multipart, and has no parameters, and with file names, so \
             not as parameters, `company_key`",
        ),
        ("companykey=a&flags=b", "`company_key` is missing; the call was read as form with `companykey`, `flags`"),
        ("{\"company_key\": 7}", "`company_key` is not text: 7; the call was read as JSON with `company_key`"),
    ] {
        let reply = app.post("/external-api/begin/", body).await;
        reply.assert_error(403, "COMPANY_KEY_INVALID");
        assert_eq!(reply.hint(), hint);
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_one_is_invalid() {
    let app = TestApp::start().await;
    let too_long = format!("{UNKNOWN_TOKEN}0");
    let upper = UNKNOWN_TOKEN.replace('0', "A");
    for token in ["", "x", &too_long, &upper, "ა".repeat(40).as_str(), "' OR 1=1 --"] {
        app.result(token).await.assert_error(400, "SESSION_INVALID");
        app.delete(token).await.assert_error(400, "SESSION_INVALID");
    }
    let reply = app.result("x").await;
    assert_eq!(reply.hint(), "`x` cannot be a session token: one has 40 characters of a-z and 0-9");
    let number = app.post_json("/external-api/result/", &app.with_key(json!({"session_token": 7}))).await;
    assert_eq!(number.argument_error(), "`session_token` is not text: 7");
}

#[tokio::test]
async fn malformed_flags_and_steps_are_named() {
    let app = TestApp::start().await;
    for (parameters, words) in [
        (json!({"flags": "{"}), "`flags` is not JSON: EOF while parsing an object at line 1 column 1"),
        (json!({"flags": 7}), "`flags` is not a JSON object: 7"),
        (json!({"flags": ["a"]}), "`flags` is not a JSON object: [\"a\"]"),
        (json!({"steps": {"a": 1}}), "`steps` is not a JSON array: {\"a\":1}"),
        (json!({"steps": "true"}), "`steps` is not a JSON array: true"),
        (json!({"steps": [{}, "liveness"]}), "`steps[1]` is not a JSON object: \"liveness\""),
        (json!({"config_id": 7}), "`config_id` is not text: 7"),
        (json!({"flags": {"mock_scenario": 7}}), "`flags`: `mock_scenario` takes a string, not `7`"),
        (
            json!({"config_id": "0123456789abcdef01234567"}),
            "there is no configuration `0123456789abcdef01234567`; known: none",
        ),
    ] {
        let reply = app.post_json("/external-api/begin/", &app.with_key(parameters)).await;
        assert_eq!(reply.argument_error(), words);
    }
}

#[tokio::test]
async fn an_unknown_parent_is_a_session_not_found() {
    let app = TestApp::start().await;
    let begin = async |parent: &str| {
        app.post_json("/external-api/begin/", &app.with_key(json!({"parent_session_id": parent}))).await
    };
    begin(UNKNOWN_TOKEN).await.assert_error(404, "SESSION_NOT_FOUND");
    begin("nonsense").await.assert_error(404, "SESSION_NOT_FOUND");
    let parent = app.begin(json!({"flags": {"multiple_participants": true}})).await;
    begin(&parent).await.assert_status(200);
}

#[tokio::test]
async fn every_refusal_has_a_hint() {
    let app = TestApp::start().await;
    let readiness = "The readiness check is at /__admin/health/ready; `identomat-mock health` asks it.";
    let elsewhere = "The vendor's calls are under /external-api/, the widget is at /?session_token=TOKEN.";
    let nothing_at = |call: &str, advice: &str| format!("there is no `{call}`. {advice}");
    for (method, path, status, hint) in [
        (Method::PUT, "/external-api/begin/", 405, "the method PUT is not GET or POST".to_owned()),
        (Method::DELETE, "/external-api/result", 405, "the method DELETE is not GET or POST".into()),
        (Method::PUT, "/", 405, "`/` does not take PUT".into()),
        (Method::POST, "/__widget/page.css", 405, "`/__widget/page.css` does not take POST".into()),
        (Method::POST, "/__admin/health/ready", 405, "`/__admin/health/ready` does not take POST".into()),
        (
            Method::GET,
            "/external-api/result/selfie/",
            501,
            "`GET /external-api/result/selfie/` is not implemented; FIDELITY.md lists what is".into(),
        ),
        (
            Method::GET,
            "/external-api/%ff",
            501,
            "`GET /external-api/%ff/` is not implemented; FIDELITY.md lists what is".into(),
        ),
        (Method::GET, "/begin/", 404, nothing_at("GET /begin/", elsewhere)),
        (Method::GET, "/__widget/no.css", 404, nothing_at("GET /__widget/no.css", elsewhere)),
        (Method::GET, "/__widget/%ff", 404, nothing_at("GET /__widget/%ff", elsewhere)),
        (Method::GET, "/health", 404, nothing_at("GET /health", readiness)),
        (Method::GET, "/healthz", 404, nothing_at("GET /healthz", readiness)),
        (Method::GET, "/livez", 404, nothing_at("GET /livez", readiness)),
        (Method::GET, "/readyz", 404, nothing_at("GET /readyz", readiness)),
    ] {
        let reply = send(app.request(method, path)).await;
        reply.assert_status(status);
        assert_eq!(reply.hint(), hint);
        let content_type = if path.starts_with("/__admin/") { "application/problem+json" } else { "application/json" };
        assert_eq!(reply.header("content-type"), Some(content_type));
        assert_eq!(reply.header("allow").is_some(), status == 405, "{reply}");
    }
    for path in ["/__widget/sessions/%ff", "/__widget/sessions/nonsense", "/?session_token=%ff"] {
        app.get(path).await.assert_status(404);
    }
    app.answer("%ff", json!({"screen": ""})).await.assert_status(404);
}

#[tokio::test]
async fn calls_that_are_not_imitated_say_so() {
    let app = TestApp::start().await;
    let mistyped = app.post_json("/external-api/result/card-frnt/", &app.with_key(json!({}))).await;
    let instructions = mistyped.json()["instructions"].as_str().unwrap().to_owned();
    assert!(instructions.starts_with("Did you mean /external-api/result/card-front/? "), "{instructions}");
    for path in ["/external-api/result/selfie/", "/external-api/blacklist", "/external-api"] {
        let reply = app.post_json(path, &app.with_key(json!({}))).await;
        reply.assert_status(501);
        let error = reply.json()["error"].as_str().unwrap().to_owned();
        let tidy = format!("{}/", path.trim_end_matches('/'));
        assert_eq!(error, format!("identomat-mock does not implement `POST {tidy}`"));
        let instructions = reply.json()["instructions"].as_str().unwrap().to_owned();
        assert!(instructions.contains("begin/, result/, delete/, get-screening-person-details/, "), "{instructions}");
        assert!(instructions.contains("answer it in front of the mock") && !instructions.contains("feature"));
    }
    for (method, path) in [(Method::POST, "/api/sdk/session"), (Method::GET, "/api/"), (Method::PUT, "/api//v2")] {
        let reply = send(app.request(method.clone(), path).body("{}")).await;
        reply.assert_status(501);
        let path = path.replace("//", "/");
        let sdk =
            format!("identomat-mock does not implement `{method} {path}`: that is the protocol of the mobile SDKs");
        assert_eq!(reply.json()["error"], sdk);
        assert!(reply.json()["instructions"].as_str().unwrap().contains("WebView") && reply.hint().contains("SDKs"));
    }
    let noted = app.mock.calls().list().await.unwrap();
    assert!(noted.iter().any(|call| call.path == "/api/sdk/session" && call.status == Some(501)), "{noted:?}");
    app.get("/apis").await.assert_status(404);
    // The newer guide's path without the prefix is called by no client and not served.
    app.post_json("/begin/", &app.with_key(json!({}))).await.assert_status(404);
}

#[tokio::test]
async fn other_methods_than_get_and_post_are_refused() {
    let app = TestApp::start().await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let reply = send(app.request(method.clone(), "/external-api/begin/")).await;
        reply.assert_status(405);
        assert_eq!(reply.header("allow"), Some("GET, POST"));
        assert_eq!(reply.json(), json!({"argumentError": format!("the method {method} is not GET or POST")}));
    }
}

#[tokio::test]
async fn long_texts_of_a_caller_are_cut_in_messages() {
    let app = TestApp::start().await;
    let long = "x".repeat(500_000);
    for parameters in [
        json!({"company_key": long}),
        app.with_key(json!({"config_id": long})),
        app.with_key(json!({"flags": {"mock_scenario": long}})),
        app.with_key(json!({"flags": {&long: true}})),
        app.with_key(json!({"steps": [long]})),
    ] {
        let reply = app.post_json("/external-api/begin/", &parameters).await;
        assert!(reply.hint().len() < 1500, "{} characters", reply.hint().len());
        assert!(reply.body.len() < 1500, "{} bytes", reply.body.len());
    }
    let many: serde_json::Map<_, _> = (0..5000).map(|number| (format!("flag-{number}"), json!(true))).collect();
    let reply = app.post_json("/external-api/begin/", &app.with_key(json!({"flags": many}))).await;
    reply.assert_status(200);
    assert_eq!(reply.hint().matches("unknown flag `").count(), 10);
}
