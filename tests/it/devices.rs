//! Two pages of one session, and its participants, over HTTP.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Reply, TestApp, send};

/// A call of a page that names itself so.
async fn as_page(app: &TestApp, method: Method, path: &str, page: &str, body: Option<Value>) -> Reply {
    let request = app.request(method, path).header("x-identomat-mock-page", page);
    send(match body {
        Some(body) => request.body(body.to_string()),
        None => request,
    })
    .await
}

async fn open(app: &TestApp, token: &str, page: &str) -> Reply {
    as_page(app, Method::GET, &format!("/__widget/sessions/{token}"), page, None).await
}

async fn watch(app: &TestApp, token: &str, page: &str, seen: &str) -> Value {
    as_page(app, Method::GET, &format!("/__widget/watch/{token}?seen={seen}"), page, None).await.json()
}

#[tokio::test]
async fn the_page_that_was_opened_last_has_the_flow() {
    let app = TestApp::start().await;
    let token = app.begin(json!({"flags": {"require_email": true}})).await;
    let door = format!("/__widget/sessions/{token}");
    let agree = || Some(json!({"screen": "agreement", "agree": true}));
    open(&app, &token, "a.1").await.assert_status(200);
    open(&app, &token, "b.1").await.assert_status(200);
    let late = as_page(&app, Method::POST, &door, "a.1", agree()).await;
    late.assert_status(400);
    assert_eq!(late.json()["text"], "elsewhere");
    let news = watch(&app, &token, "a.1", "").await;
    assert_eq!((&news["is"], &news["there"]["screen"]["id"]), (&json!("elsewhere"), &json!("agreement")));
    assert_eq!(watch(&app, &token, "b.1", "").await["is"], "open");

    // A page is told as soon as the other gets on; scripts are no page, and go on beside it.
    let mark = news["mark"].as_str().unwrap();
    let (news, reply) = tokio::join!(watch(&app, &token, "a.1", mark), async {
        as_page(&app, Method::POST, &door, "b.1", agree()).await
    });
    reply.assert_status(200);
    assert_eq!(news["there"]["screen"]["id"], "email");
    app.answer(&token, json!({"screen": "email", "auto": true})).await.assert_status(200);
    // Another page of the same browser is another page.
    open(&app, &token, "b.2").await.assert_status(200);
    assert_eq!(watch(&app, &token, "b.1", "").await["is"], "elsewhere");
    app.mock.finish(&token).await.unwrap();
    for page in ["a.1", "b.1", "b.2"] {
        let news = watch(&app, &token, page, "").await;
        assert_eq!((&news["is"], &news["returnUrl"]), (&json!("through"), &Value::Null));
    }
}

#[tokio::test]
async fn whoever_watches_hears_of_the_end() {
    let app = TestApp::start().await;
    for (path, is) in [("expire", "closed"), ("finish", "through")] {
        let token = app.begin(json!({})).await;
        let mark = watch(&app, &token, "a.1", "").await["mark"].as_str().unwrap().to_owned();
        let (news, _) = tokio::join!(watch(&app, &token, "a.1", &mark), async {
            app.post_json(&format!("/__admin/sessions/{token}/{path}"), &json!({})).await.assert_status(200);
        });
        assert_eq!(news["is"], is);
    }
    let token = app.begin(json!({})).await;
    let mark = watch(&app, &token, "a.1", "").await["mark"].as_str().unwrap().to_owned();
    let (news, ()) = tokio::join!(watch(&app, &token, "a.1", &mark), async {
        app.mock.advance(Duration::from_secs(15 * 60)).await.unwrap();
    });
    assert_eq!(news["is"], "closed", "changed the clock");
    for unknown in ["0000000000000000000000000000000000000000", "none"] {
        assert_eq!(watch(&app, unknown, "a.1", "").await["is"], "closed");
    }
}

#[tokio::test]
async fn a_session_that_is_not_shared_stays_in_its_browser() {
    let app = TestApp::start().await;
    let token = app.begin(json!({"flags": {"restrict_url_sharing": true}})).await;
    open(&app, &token, "a.1").await.assert_status(200);
    let refused = open(&app, &token, "b.1").await;
    refused.assert_status(403);
    let problem = refused.json()["error"].as_str().unwrap().to_owned();
    assert_eq!(problem, "the flag `restrict_url_sharing` is on, and another browser opened the widget first");
    open(&app, &token, "a.2").await.assert_status(200);
    assert_eq!(watch(&app, &token, "a.2", "").await["is"], "open");
    // What is no name counts for none.
    open(&app, &token, "<script>").await.assert_status(200);
}

#[tokio::test]
async fn a_parent_hears_of_its_participants() {
    let app = TestApp::start().await;
    let parent = app.begin(json!({"flags": {"multiple_participants": true}})).await;
    let news = watch(&app, &parent, "a.1", "").await;
    assert_eq!(news["participants"], json!([]));
    let mark = news["mark"].as_str().unwrap();
    let (news, child) =
        tokio::join!(watch(&app, &parent, "a.1", mark), app.begin(json!({"parent_session_id": parent})));
    assert_eq!(news["participants"], json!([{"isOpened": false, "isThrough": false}]));
    let mark = news["mark"].as_str().unwrap();
    let (news, _) = tokio::join!(watch(&app, &parent, "a.1", mark), async { app.mock.finish(&child).await.unwrap() });
    assert_eq!(news["participants"], json!([{"isOpened": false, "isThrough": true}]));
    assert_eq!(app.children(&parent).await, std::slice::from_ref(&child));
    app.delete(&child).await.assert_status(200);
    assert_eq!(watch(&app, &parent, "a.1", "").await["participants"], json!([]));
    assert_eq!(app.children(&parent).await, [""; 0]);
}
