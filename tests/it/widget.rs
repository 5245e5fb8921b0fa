//! The widget over HTTP, without a browser.

use std::time::Duration;

use identomat_mock::{FinishError, Outcome};
use reqwest::{Method, header::USER_AGENT};
use serde_json::json;

use crate::harness::{TestApp, form_body, send};

#[tokio::test]
async fn the_form_finishes_as_the_scenario_says_or_otherwise() {
    let app = TestApp::start_with(|builder| builder.scenario("screening-match")).await;
    for (form, result) in [
        (&[][..], "MANUAL_CHECK"),
        (&[("outcome", "scenario")], "MANUAL_CHECK"),
        (&[("outcome", "APPROVED")], "APPROVED"),
        (&[("outcome", "rejected")], "REJECTED"),
        (&[("outcome", "DISAGREED_WITH_TERMS")], "DISAGREED_WITH_TERMS"),
    ] {
        let token = app.begin(json!({})).await;
        let done = app.finish(&token, form).await;
        done.assert_status(200);
        assert!(done.text().contains("<h1>Done</h1>"), "{done}");
        assert_eq!(app.result(&token).await.json()["result"], result);
    }
}

#[tokio::test]
async fn the_return_url_is_gone_to_unchanged() {
    let app = TestApp::start().await;
    for (url, location) in [
        ("https://example.com/", "https://example.com/"),
        ("http://localhost:3000/back?order=7&x=%20#part", "http://localhost:3000/back?order=7&x=%20#part"),
        ("https://example.com/უკან\r\nX: y", "https://example.com/%E1%83%A3%E1%83%99%E1%83%90%E1%83%9C%0D%0AX:%20y"),
    ] {
        let token = app.begin(json!({"flags": {"return_url": url}})).await;
        let done = app.finish(&token, &[]).await;
        done.assert_status(303);
        assert_eq!(done.header("location"), Some(location));
        assert_eq!(done.header("x"), None);
    }
}

#[tokio::test]
async fn the_return_url_can_get_the_token() {
    let app = TestApp::start_with(|builder| builder.settings(|config| config.return_url_token = true)).await;
    let token = app.begin(json!({"flags": {"return_url": "https://example.com/?a=1#b"}})).await;
    let expected = format!("https://example.com/?a=1&session_token={token}#b");
    assert_eq!(app.finish(&token, &[]).await.header("location"), Some(&*expected));
}

#[tokio::test]
async fn a_return_url_that_is_no_web_address_is_not_gone_to() {
    let app = TestApp::start().await;
    for url in ["javascript:alert(1)", "data:text/html,x", "myapp://done"] {
        let begun = app.post_json("/external-api/begin/", &app.with_key(json!({"flags": {"return_url": url}}))).await;
        begun.assert_status(200);
        assert!(begun.hint().ends_with("`return_url` is not http or https: the widget will not go there"));
        let done = app.finish(begun.json().as_str().unwrap(), &[]).await;
        done.assert_status(200);
        assert_eq!(done.header("location"), None);
    }
}

#[tokio::test]
async fn unknown_finished_and_expired_tokens_have_their_pages() {
    let app = TestApp::start().await;
    let finished = app.begin(json!({})).await;
    app.finish(&finished, &[]).await;
    let expired = app.begin(json!({})).await;
    app.mock.advance(Duration::from_secs(15 * 60));
    for (token, status, title) in [
        ("0000000000000000000000000000000000000000", 404, "This link is not valid"),
        ("", 404, "This link is not valid"),
        ("nonsense", 404, "This link is not valid"),
        (&finished, 410, "This verification is finished"),
        (&expired, 410, "This link has expired"),
    ] {
        for reply in [app.widget(token).await, app.finish(token, &[]).await] {
            reply.assert_status(status);
            assert!(reply.text().contains(&format!("<h1>{title}</h1>")), "{reply}");
        }
        if !token.is_empty() {
            app.get(&format!("/__widget/sessions/{token}")).await.assert_status(status);
        }
    }
    app.get("/").await.assert_status(404);
}

#[tokio::test]
async fn a_token_opens_the_widget_to_the_last_moment() {
    let app = TestApp::start_with(|builder| {
        builder
            .frozen_at(std::time::SystemTime::UNIX_EPOCH)
            .settings(|config| config.session_lifetime = Duration::from_secs(60))
    })
    .await;
    let token = app.begin(json!({})).await;
    app.mock.advance(Duration::from_millis(59_999));
    app.widget(&token).await.assert_status(200);
    app.mock.advance(Duration::from_millis(1));
    app.widget(&token).await.assert_status(410);
}

#[tokio::test]
async fn the_harness_says_why_a_session_cannot_be_finished() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&format!("\"{token}\"")).unwrap();
    assert_eq!(app.mock.finish_as(&token, Outcome::Approved), Err(FinishError::AlreadyFinished));
    assert_eq!(app.mock.finish("nonsense"), Err(FinishError::NoSuchSession));
    let late = app.begin(json!({})).await;
    app.mock.advance(Duration::from_secs(15 * 60));
    assert_eq!(app.mock.finish(&late), Err(FinishError::Expired));
}

#[tokio::test]
async fn answers_are_checked_and_arrive_in_the_result() {
    let app = TestApp::start().await;
    let steps = json!([{"type": "client-questionnaire", "key": "work", "questions": [
        {"type": "boolean", "key": "employed", "mandatory": true}, {"type": "text", "key": "where"},
    ]}]);
    let token = app.begin(json!({"steps": steps})).await;
    for (answers, problem) in [
        ("{}", "the question `employed` of `work` is mandatory and has no answer"),
        (r#"{"work": {"employed": "yes"}}"#, "the question `employed` of `work` takes true or false, not \"yes\""),
        (r#"{"work": {"employed": true, "y": 1}}"#, "`work` has no question `y`"),
        (r#"{"work": {"employed": true}, "x": {}}"#, "the session has no questionnaire `x` for the person"),
        ("[1]", "`answers` is not a JSON object: [1]"),
        ("{", "`answers` is not JSON: EOF while parsing an object at line 1 column 1"),
    ] {
        let refused = app.finish(&token, &[("answers", answers)]).await;
        refused.assert_status(400);
        assert_eq!(refused.text(), format!("{problem}\n"));
        assert_eq!(refused.header("content-type"), Some("text/plain; charset=utf-8"));
    }
    app.finish(&token, &[("answers", r#"{"work": {"employed": false}}"#)]).await.assert_status(200);
    assert_eq!(
        app.result(&token).await.json()["questionnaires"],
        json!([{"key": "work", "questions": [{"key": "employed", "answer": false}]}])
    );
}

#[tokio::test]
async fn an_unknown_outcome_is_refused_and_nothing_happens() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    let refused = app.finish(&token, &[("outcome", "FINE")]).await;
    refused.assert_status(400);
    assert_eq!(
        refused.text(),
        "`outcome`: `FINE` is not an outcome; allowed: APPROVED, REJECTED, MANUAL_CHECK, DISAGREED_WITH_TERMS, \
         IN_PROGRESS, or scenario: as the scenario says\n"
    );
    app.widget(&token).await.assert_status(200);
}

#[tokio::test]
async fn the_browser_that_opened_the_widget_is_in_the_result() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    let path = format!("/?session_token={token}");
    for agent in ["Sample Browser", "Another Browser"] {
        send(app.request(Method::GET, &path).header(USER_AGENT, agent)).await.assert_status(200);
    }
    let form = form_body([("outcome", "APPROVED")]);
    send(app.request(Method::POST, &path).header(USER_AGENT, "A Third").body(form)).await.assert_status(200);
    assert_eq!(app.result(&token).await.json()["technicalDetails"]["userAgent"], "Sample Browser");
}

#[tokio::test]
async fn pages_allow_embedding_and_no_foreign_script() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    let page = app.widget(&token).await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("frame-ancestors"), "{policy}");
    assert_eq!(page.header("x-frame-options"), None);
    for asset in ["page.css", "page.js", "done.js", "icon.svg"] {
        let reply = app.get(&format!("/__widget/{asset}")).await;
        reply.assert_status(200);
        let foreign = reply.text().replace("http://www.w3.org/2000/svg", "");
        assert!(!foreign.contains("http://") && !foreign.contains("https://"), "{asset}");
    }
    app.get("/__widget/page.html").await.assert_status(404);
}
