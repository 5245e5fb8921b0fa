//! Who gets hints that name company keys and expected signatures.

use identomat_mock::{Company, Config, Endpoint, Fault, Scenario, Stage, Verdict};
use reqwest::Method;
use serde_json::json;

use crate::harness::{Reply, TestApp, send};

/// A call with a wrong key, and one with a wrong signature.
async fn refused(app: &TestApp, headers: &[(&str, &str)]) -> [Reply; 2] {
    let call = async |key: &str| {
        let call = app.request(Method::POST, "/external-api/begin/").body(json!({"company_key": key}).to_string());
        send(headers.iter().fold(call, |call, (name, value)| call.header(*name, *value))).await
    };
    [call("wrong").await, call("signed").await]
}

async fn start(settings: impl FnOnce(&mut Config)) -> TestApp {
    let signed = Company::new("signed").secret("not-a-real-secret");
    TestApp::start_with(|builder| builder.company("first").company(signed).settings(settings)).await
}

fn names_secrets(replies: &[Reply; 2]) -> bool {
    let [key, signature] = replies.each_ref().map(|reply| reply.header("x-identomat-mock-hint").unwrap_or_default());
    assert_eq!(key.contains("; known: "), signature.contains("expected"), "{key}\n{signature}");
    key.contains("; known: ")
}

/// What a call has when it may come from farther away than its connection, or from a page of another origin.
const DISTANT: [&[(&str, &str)]; 9] = [
    &[("host", "evil.test")],
    &[("host", "mock.trycloudflare.com:443")],
    &[("origin", "https://evil.test")],
    &[("origin", "null")],
    &[("sec-fetch-site", "cross-site")],
    &[("x-forwarded-for", "203.0.113.7")],
    &[("x-forwarded-for", "127.0.0.1")],
    &[("forwarded", "for=203.0.113.7")],
    &[("via", "1.1 proxy")],
];

#[tokio::test]
async fn keys_and_signatures_are_told_to_callers_from_near_alone() {
    let app = start(|config| config.public_url = Some("https://identomat.example.com".into())).await;
    let call = async |headers: &[(&str, &str)]| {
        let call = |key: &str| {
            let call = reqwest::Client::new().post(app.mock.local_url() + "/external-api/begin/");
            let call = call.body(json!({"company_key": key}).to_string());
            send(headers.iter().fold(call, |call, (name, value)| call.header(*name, *value)))
        };
        [call("wrong").await, call("signed").await]
    };
    for headers in DISTANT {
        let replies = call(headers).await;
        assert!(!names_secrets(&replies), "{headers:?}");
        for reply in replies {
            assert!(
                reply.hint().contains("--verbose-hints") && !reply.hint().contains("signed"),
                "{headers:?} {reply}"
            );
        }
    }
    for headers in
        [&[("host", "identomat:8080")][..], &[("host", "identomat.example.com")], &[("sec-fetch-site", "none")], &[]]
    {
        assert!(names_secrets(&call(headers).await), "{headers:?}");
    }
}

#[tokio::test]
async fn verbose_hints_are_for_everybody_and_no_hints_for_nobody() {
    let verbose = start(|config| config.verbose_hints = true).await;
    let none = start(|config| config.hints = false).await;
    for headers in DISTANT.into_iter().chain([&[][..]]) {
        assert!(names_secrets(&refused(&verbose, headers).await), "{headers:?}");
        for reply in refused(&none, headers).await {
            assert_eq!(reply.header("x-identomat-mock-hint"), None, "{reply}");
        }
    }
    let token = none.begin(json!({"company_key": none.mock.company_key()})).await;
    for path in ["/__admin/sessions/x".to_owned(), "/nowhere".into(), format!("/__widget/sessions/{token}"), "/".into()]
    {
        let reply = none.get(&path).await;
        assert_eq!(reply.header("x-identomat-mock-hint"), None, "{reply}");
    }
    let calls = none.get("/__admin/calls?status=401&order=newest&limit=1").await.json();
    assert!(calls["items"][0]["hint"].as_str().unwrap().contains("expected"), "the journal has it: {calls}");
}

#[tokio::test]
async fn every_answer_names_the_mock_where_that_is_not_off() {
    let named = start(|_| ()).await;
    let unnamed = start(|config| config.version_header = false).await;
    for (app, expected) in [(named, Some(env!("CARGO_PKG_VERSION"))), (unnamed, None)] {
        app.mock.add_fault(Fault::html().endpoint(Endpoint::Delete)).await.unwrap();
        let token = app.begin(json!({"company_key": "first"})).await;
        let link = format!("/?session_token={token}");
        for path in [
            "/external-api/begin/?company_key=first",
            "/external-api/begin/?company_key=nobody",
            "/external-api/delete/",
            "/external-api/unknown/",
            "/api/sdk",
            "/",
            &link,
            "/?session_token=x",
            "/__widget/page.css",
            "/__admin/sessions",
            "/__admin/sessions/x",
            "/nowhere",
        ] {
            let reply = app.get(path).await;
            assert_eq!(reply.header("x-identomat-mock"), expected, "{path}: {reply}");
        }
    }
}

#[tokio::test]
async fn a_reason_that_nobody_has_seen_is_hinted_at() {
    let scenario = Scenario::new("own").stage(Stage::widget().result(Verdict::rejected("documnt_covered")));
    let app = TestApp::start_with(|builder| builder.scenario(scenario)).await;
    let meant = "the reject_reason `documnt_covered` is not a known one, did you mean `document_covered`?";
    let hint = async |token: &str| app.result(token).await.header("x-identomat-mock-hint").map(str::to_owned);

    let scripted = app.begin(json!({})).await;
    assert_eq!(hint(&scripted).await, None);
    app.mock.finish(&scripted).await.unwrap();
    assert_eq!(hint(&scripted).await.as_deref(), Some(meant));

    let decided = app.begin(json!({})).await;
    app.mock.decide(&decided, Verdict::rejected("documnt_covered")).await.unwrap();
    assert_eq!(hint(&decided).await.as_deref(), Some(meant));
    app.mock.decide(&decided, Verdict::rejected("document_covered")).await.unwrap();
    assert_eq!(hint(&decided).await, None);
    app.mock.decide(&decided, Verdict::rejected("a moustache")).await.unwrap();
    let unlike = "the reject_reason `a moustache` is not a known one; seen were face_mismatch, ";
    assert!(hint(&decided).await.unwrap().starts_with(unlike));
}

#[tokio::test]
async fn a_form_by_an_unknown_name_finishes_nothing() {
    let app = start(|config| config.control_api.hosts = vec!["mock.example.com".into()]).await;
    let token = app.begin(json!({"company_key": app.mock.company_key()})).await;
    let post = async |host: &str| {
        send(app.request(Method::POST, &format!("/?session_token={token}")).header("host", host)).await
    };
    let reply = post("evil.test:8080").await;
    reply.assert_status(403);
    assert_eq!(reply.hint(), "`evil.test:8080` is not a known host name of the mock; add it with --admin-host");
    assert!(!app.mock.last_session().await.unwrap().unwrap().is_finished);
    post("mock.example.com").await.assert_status(200);
    assert!(app.mock.last_session().await.unwrap().unwrap().is_finished);
}
