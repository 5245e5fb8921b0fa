//! Pages of other origins: what they may post, and what they may read.

use identomat_mock::Cors;
use reqwest::Method;
use serde_json::json;

use crate::harness::{Reply, TestApp, send};

/// An answer to the first screen.
const AGREED: &str = r#"{"screen": "agreement", "agree": true}"#;

async fn from(app: &TestApp, origin: &str, method: Method, path: &str, body: &str) -> Reply {
    send(app.request(method, path).header("origin", origin).body(body.to_owned())).await
}

#[tokio::test]
async fn the_form_of_the_widget_is_posted_by_the_mocks_own_page_alone() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    let (form, door) = (format!("/?session_token={token}"), format!("/__widget/sessions/{token}"));
    for origin in ["https://evil.test", "null", "http://localhost:3000"] {
        for path in [&form, &door] {
            let reply = from(&app, origin, Method::POST, path, "").await;
            reply.assert_status(403);
            assert!(reply.hint().contains(&format!("a page of `{origin}` posted this form")), "{reply}");
        }
    }
    assert!(!app.mock.last_session().await.unwrap().unwrap().is_finished);
    from(&app, app.mock.url(), Method::POST, &door, AGREED).await.assert_status(200);
    from(&app, app.mock.url(), Method::POST, &form, "").await.assert_status(200);
}

#[tokio::test]
async fn the_public_url_is_the_mocks_own_origin() {
    let public = "https://identomat.example.com:8443";
    let app =
        TestApp::start_with(|builder| builder.settings(|config| config.public_url = Some(format!("{public}/")))).await;
    let body = json!({"company_key": app.mock.company_key()}).to_string();
    let begin = reqwest::Client::new().post(app.mock.local_url() + "/external-api/begin/").body(body);
    let token = send(begin).await.json().as_str().unwrap().to_owned();
    let url = format!("{}/?session_token={token}", app.mock.local_url());
    send(reqwest::Client::new().post(url).header("origin", public)).await.assert_status(200);
}

#[tokio::test]
async fn pages_read_answers_where_that_is_set() {
    let nobody = TestApp::start().await;
    let reply = from(&nobody, "https://app.example.com", Method::POST, "/external-api/begin/", "company_key=x").await;
    assert_eq!(reply.header("access-control-allow-origin"), None);

    let some = || Cors::Origins(vec!["https://app.example.com".into(), "http://localhost:3000".into()]);
    let app = TestApp::start_with(|builder| builder.settings(|config| config.cors = some())).await;
    let token = app.begin(json!({})).await;
    for path in
        ["/external-api/begin/".to_owned(), "/external-api/nowhere/".into(), format!("/__widget/sessions/{token}")]
    {
        let reply = from(&app, "http://localhost:3000", Method::GET, &path, "").await;
        assert_eq!(reply.header("access-control-allow-origin"), Some("http://localhost:3000"), "{reply}");
        assert!(reply.header("access-control-expose-headers").unwrap().contains("x-identomat-mock-hint"));
        let foreign = from(&app, "https://evil.test", Method::GET, &path, "").await;
        assert_eq!((foreign.header("access-control-allow-origin"), foreign.header("vary")), (None, Some("origin")));
    }
    let door = format!("/__widget/sessions/{token}");
    from(&app, "http://localhost:3000", Method::POST, &door, AGREED).await.assert_status(200);
    from(&app, "https://evil.test", Method::POST, &door, AGREED).await.assert_status(403);
    from(&app, "http://localhost:3000", Method::POST, &format!("/?session_token={token}"), "").await.assert_status(403);
    from(&app, "http://localhost:3000", Method::GET, "/__admin/sessions", "").await.assert_status(403);

    let all = TestApp::start_with(|builder| builder.settings(|config| config.cors = Cors::Any)).await;
    let reply = from(&all, "https://any.test", Method::POST, "/external-api/begin/", "").await;
    assert_eq!((reply.status.as_u16(), reply.header("access-control-allow-origin")), (403, Some("*")));
}

#[tokio::test]
async fn a_browser_that_asks_first_is_answered() {
    let app = TestApp::start_with(|builder| builder.settings(|config| config.cors = Cors::Any)).await;
    let ask = async |app: &TestApp, path: &str| {
        let ask = app.request(Method::OPTIONS, path).header("origin", "https://app.example.com");
        let ask = ask.header("access-control-request-method", "POST");
        send(ask.header("access-control-request-headers", "content-type, authorization")).await
    };
    let reply = ask(&app, "/external-api/begin").await;
    reply.assert_status(204);
    assert_eq!(reply.header("access-control-allow-headers"), Some("content-type, authorization"));
    assert!(reply.header("access-control-allow-methods").unwrap().contains("POST"));
    ask(&app, "/__admin/reset").await.assert_status(403);
    ask(&TestApp::start().await, "/external-api/begin/").await.assert_status(405);
}
