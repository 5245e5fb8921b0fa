//! The page at `/` without a token.

use reqwest::Method;
use serde_json::json;

use crate::harness::{TestApp, form_body, send};

#[tokio::test]
async fn the_page_says_what_this_is_and_shows_sessions_and_scenarios() {
    let app = TestApp::start_with(|builder| builder.company("<b>company</b>")).await;
    let empty = app.get("/").await;
    empty.assert_status(200);
    assert!(empty.text().contains("<h1>identomat-mock</h1>") && empty.text().contains("No session has begun yet."));
    let (older, newer) = (app.begin(json!({})).await, app.begin(json!({})).await);
    let page = app.get("/?utm=x").await.text();
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
    assert!(at(&newer) < at(&older), "the newest comes first");
    at(&format!("<a href=\"/?session_token={older}\">"));
    at("&lt;b&gt;company&lt;/b&gt;");
    assert!(!page.contains("<b>company"), "{page}");
    for name in app.scenario_names().await {
        at(&format!("<th scope=\"row\">{name}</th>"));
    }
    for link in page.split("href=\"/__").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        app.get(&format!("/__{link}")).await.assert_status(200);
    }
}

#[tokio::test]
async fn sessions_are_finished_from_the_page() {
    let app = TestApp::start().await;
    for (outcome, result) in [("scenario", "APPROVED"), ("REJECTED", "REJECTED")] {
        let token = app.begin(json!({"flags": {"return_url": "https://example.com/"}})).await;
        let form = form_body([("session_token", token.as_str()), ("outcome", outcome)]);
        let reply = app.post("/", form.clone()).await;
        assert_eq!((reply.status.as_u16(), reply.header("location")), (303, Some("/")));
        assert_eq!(app.word(&token).await, result);
        let again = app.post("/", form).await;
        again.assert_status(410);
        assert!(again.text().contains("<h1>This verification is finished</h1>"), "{again}");
    }
    for (form, status, said) in [
        ("session_token=x", 404, "This link does not belong to a verification."),
        ("outcome=x", 400, "`x` is not an outcome"),
        ("{", 400, "the body is not JSON"),
    ] {
        let reply = app.post("/", form).await;
        reply.assert_status(status);
        assert!(reply.text().contains(said), "{reply}");
    }
    let more = app.begin(json!({})).await;
    for _ in 0..50 {
        app.begin(json!({})).await;
    }
    let page = app.get("/").await.text();
    assert!(page.contains("Only the newest 50") && !page.contains(&more), "{page}");
    let links: Vec<_> = page.split("href=\"").filter(|rest| rest.starts_with("/__admin/sessions\"")).collect();
    assert_eq!(links, [""; 0], "all lists begin with the newest");
    assert_eq!(page.matches("href=\"/__admin/sessions?order=newest\"").count(), 2);
}

#[tokio::test]
async fn the_page_shows_no_more_than_the_control_api_may() {
    let app = TestApp::start_with(|builder| builder.settings(|config| config.control_api.enabled = false)).await;
    app.get("/").await.assert_status(404);
    app.post("/", "").await.assert_status(404);
    let demo = app.get("/__widget/demo").await;
    demo.assert_status(404);
    assert_eq!(demo.hint(), "this page needs the control API, which is disabled (--no-admin)");

    let app = TestApp::start_with(|builder| {
        builder.settings(|config| config.control_api.token = Some("not-a-real-token".into()))
    })
    .await;
    let token = app.begin(json!({})).await;
    let page = app.get("/").await.text();
    assert!(page.contains("the control API requires a token") && !page.contains(&token), "{page}");
    app.post("/", format!("session_token={token}")).await.assert_status(401);

    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    send(app.request(Method::GET, "/__widget/demo").header("host", "evil.test").body("")).await.assert_status(403);
    for method in [Method::GET, Method::POST] {
        let foreign = app.request(method, "/").header("host", "evil.test").body(format!("session_token={token}"));
        let reply = send(foreign).await;
        reply.assert_status(403);
        assert!(!reply.text().contains(&token));
    }
    let foreign = app.request(Method::POST, "/").header("origin", "https://evil.test");
    send(foreign.body(format!("session_token={token}"))).await.assert_status(403);
    assert!(!app.mock.last_session().await.unwrap().unwrap().is_finished);
    app.get("/?session_token=").await.assert_status(404);
}
