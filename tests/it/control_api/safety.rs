//! Who may use the control API.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Reply, TestApp, send};

async fn with(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = app.request(method, &format!("/__admin/{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(request).await
}

#[tokio::test]
async fn a_foreign_page_is_refused_whatever_it_wants() {
    let app = TestApp::start().await;
    for origin in ["https://evil.test", "null", "http://127.0.0.1:1", "http://localhost"] {
        for method in [Method::GET, Method::POST] {
            let problem = with(&app, method, "sessions", &[("origin", origin)]).await.problem(403);
            assert!(
                problem["detail"].as_str().unwrap().contains(&format!("a page of `{origin}` sent this request")),
                "{problem}"
            );
        }
    }
    with(&app, Method::POST, "reset", &[("origin", app.mock.url())]).await.assert_status(204);
    with(&app, Method::GET, "health/live", &[("origin", "https://evil.test")]).await.assert_status(200);
}

#[tokio::test]
async fn a_page_that_loads_it_as_a_picture_is_refused_and_a_link_is_not() {
    let app = TestApp::start().await;
    let fetch = |site, mode, kind| [("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", kind)];
    for site in ["cross-site", "same-site"] {
        for (mode, kind) in [("no-cors", "image"), ("no-cors", "script"), ("cors", "empty"), ("navigate", "iframe")] {
            let problem = with(&app, Method::GET, "sessions", &fetch(site, mode, kind)).await.problem(403);
            assert!(
                problem["detail"].as_str().unwrap().starts_with("a page of another site sent this request"),
                "{problem}"
            );
        }
        let link = fetch(site, "navigate", "document");
        with(&app, Method::GET, "sessions", &link).await.assert_status(200);
        with(&app, Method::GET, "sessions", &link[..2]).await.assert_status(200);
        with(&app, Method::POST, "reset", &link).await.problem(403);
        let page = link.iter().fold(app.request(Method::GET, "/"), |page, (name, value)| page.header(*name, *value));
        send(page).await.assert_status(200);
    }
    for site in ["same-origin", "none"] {
        with(&app, Method::GET, "sessions", &fetch(site, "cors", "empty")).await.assert_status(200);
    }
}

#[tokio::test]
async fn a_name_that_somebody_else_could_lead_here_is_refused() {
    let app = TestApp::start_with(|builder| {
        builder.settings(|config| {
            config.public_url = Some("https://identomat.example.com:8443".into());
            config.control_api.hosts = vec!["mock.example.com".into()];
        })
    })
    .await;
    for host in ["evil.test", "evil.test:8080", "identomat.example.com.evil.test"] {
        let request = app.mock.local_url() + "/__admin/reset";
        let reply = send(reqwest::Client::new().post(request).header("host", host)).await;
        let problem = reply.problem(403);
        assert!(problem["detail"].as_str().unwrap().contains("--admin-host"), "{problem}");
    }
    for host in [
        "identomat",
        "localhost:99",
        "a.localhost",
        "10.0.0.1",
        "[::1]:8080",
        "identomat.example.com",
        "mock.example.com:1",
    ] {
        let request = app.mock.local_url() + "/__admin/reset";
        send(reqwest::Client::new().post(request).header("host", host)).await.assert_status(204);
    }
}

#[tokio::test]
async fn a_body_is_labelled_as_json_which_no_form_can_be() {
    let app = TestApp::start().await;
    for label in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
        for path in ["reset", "clock/advance", "nowhere"] {
            let request = app.request(Method::POST, &format!("/__admin/{path}")).header("content-type", label);
            let problem = send(request.body("{\"by\": \"1s\"}")).await.problem(415);
            assert!(problem["detail"].as_str().unwrap().contains("`Content-Type: application/json`"), "{problem}");
        }
    }
    for label in ["application/json", "Application/JSON; charset=utf-8"] {
        let request = app.request(Method::POST, "/__admin/clock/advance").header("content-type", label);
        send(request.body("{\"by\": \"1s\"}")).await.assert_status(200);
    }
}

#[tokio::test]
async fn a_token_is_asked_for_where_one_is_set() {
    let app = TestApp::start_with(|builder| {
        builder.settings(|config| config.control_api.token = Some("not-a-real-token".into()))
    })
    .await;
    let reply = with(&app, Method::GET, "sessions", &[]).await;
    assert_eq!(reply.headers["www-authenticate"], "Bearer");
    assert_eq!(reply.problem(401)["detail"], "send the token of --admin-token, as `Authorization: Bearer TOKEN`");
    for wrong in
        ["Bearer not-a-real-toke", "Bearer not-a-real-token2", "Basic not-a-real-token", "Bearer", "not-a-real-token"]
    {
        with(&app, Method::POST, "reset", &[("authorization", wrong)]).await.problem(401);
    }
    for right in ["Bearer not-a-real-token", "bearer  not-a-real-token "] {
        with(&app, Method::POST, "reset", &[("authorization", right)]).await.assert_status(204);
    }
    with(&app, Method::GET, "health/ready", &[]).await.assert_status(200);
    let said = with(&app, Method::GET, "settings", &[("authorization", "Bearer not-a-real-token")]).await.text();
    assert!(!said.contains("not-a-real-token"), "{said}");
}

#[tokio::test]
async fn the_control_api_can_be_switched_off() {
    let app = TestApp::start_with(|builder| builder.settings(|config| config.control_api.enabled = false)).await;
    let token = app.begin(json!({})).await;
    for (method, path) in [(Method::GET, "sessions".to_owned()), (Method::POST, format!("sessions/{token}/finish"))] {
        let problem = with(&app, method, &path, &[]).await.problem(404);
        assert_eq!(problem["detail"], "the control API is disabled (--no-admin)");
    }
    with(&app, Method::GET, "health/ready", &[]).await.assert_status(200);
    assert!(!app.mock.last_session().await.unwrap().unwrap().is_finished);
}
