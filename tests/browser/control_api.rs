//! The control API and the page at `/`, in a browser: what the mock's own page does, and what a foreign one cannot.

use identomat_mock::MockServer;
use serde_json::json;

use crate::{browser::Browser, site::Site};

async fn begin(mock: &MockServer) -> String {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let call = client.post(format!("{}/external-api/begin/", mock.url()));
    let answer = call.json(&json!({"company_key": mock.company_key()})).send().await.expect("an answer");
    answer.json().await.expect("a token")
}

/// What came of a request that the page tried: `NAME of the error`, or type, status and length of the answer.
async fn attempt(browser: &Browser, url: &str, options: &str) -> String {
    browser
        .run(&format!("window.came = null; attempt('{url}', {options}).then((it) => {{ window.came = it; }});"))
        .await;
    browser.until("window.came !== null").await;
    browser.eval("window.came").await
}

#[tokio::test]
async fn a_page_of_a_foreign_origin_can_neither_read_nor_change_anything() {
    let (mock, site, browser) = (MockServer::start().await, Site::start().await, Browser::start().await);
    let token = begin(&mock).await;
    browser.open(&site.url("/evil")).await;
    // What is not sent without asking is not sent at all, and what is sent cannot be read.
    for path in ["sessions", "calls", "settings", "health/ready", "companies"] {
        let url = format!("{}/__admin/{path}", mock.url());
        assert_eq!(attempt(&browser, &url, "{}").await, "TypeError", "{path}");
        assert_eq!(attempt(&browser, &url, "{mode: 'no-cors'}").await, "opaque 0 0", "{path}");
    }
    let json = "{method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'}";
    let plain = "{method: 'POST', mode: 'no-cors', body: '{}'}";
    let bare = "{method: 'POST', mode: 'no-cors'}";
    for path in ["reset".to_owned(), format!("sessions/{token}/finish"), format!("sessions/{token}/expire")] {
        let url = format!("{}/__admin/{path}", mock.url());
        assert_eq!(attempt(&browser, &url, json).await, "TypeError", "{path}");
        for options in [plain, bare] {
            assert_eq!(attempt(&browser, &url, options).await, "opaque 0 0", "{path}");
        }
        assert_eq!(attempt(&browser, &url, "{method: 'DELETE'}").await, "TypeError", "{path}");
    }
    for url in [
        format!("{}/__admin/sessions/{token}/finish", mock.url()),
        format!("{}/?session_token={token}", mock.url()),
        format!("{}/", mock.url()),
    ] {
        browser.run(&format!("window.came = null; post('{url}').then(() => {{ window.came = true; }});")).await;
        browser.until("window.came !== null").await;
    }
    let session = mock.last_session().await.unwrap().expect("a reset would have removed it");
    assert_eq!((session.token, session.is_finished), (token, false));
    // A page of the mock's own reads all of it.
    browser.open(&format!("{}/__admin/health/ready", mock.url())).await;
    browser.run("window.came = null; fetch('/__admin/sessions').then((it) => { window.came = it.status; });").await;
    browser.until("window.came !== null").await;
    assert_eq!(browser.eval::<u16>("window.came").await, 200);
}

#[tokio::test]
async fn the_page_at_the_root_leads_to_the_widget_and_finishes_sessions() {
    let (mock, browser) = (MockServer::start().await, Browser::start().await);
    let (first, second) = (begin(&mock).await, begin(&mock).await);
    browser.open(&format!("{}/", mock.url())).await;
    browser.element("home").await;
    assert_eq!(browser.eval::<usize>("document.querySelectorAll('form').length").await, 2);
    browser.take_pictures("home").await;
    browser.run("document.querySelector('select').value = 'REJECTED'; document.querySelector('button').click();").await;
    browser.until("document.querySelectorAll('form').length === 1").await;
    assert_eq!(browser.url().await, format!("{}/", mock.url()));
    let sessions = mock.sessions().await.unwrap();
    let (answer, open) = (&sessions[1].current_result, &sessions[0]);
    assert_eq!((&sessions[1].token, &answer[..], open.is_finished), (&second, "REJECTED", false));
    browser.run(&format!("document.querySelector('a[href=\"/?session_token={first}\"]').click();")).await;
    browser.until("document.querySelector('[data-testid=widget], form') !== null && location.search !== ''").await;
    assert!(mock.sessions().await.unwrap()[0].is_opened);
    assert_eq!(browser.complaints().await, [""; 0]);
}
