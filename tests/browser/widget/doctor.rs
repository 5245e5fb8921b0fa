//! What the widget finds out about where it runs. Each mistake is made in a real frame of a page of another origin.

use std::time::Duration;

use identomat_mock::Finding;
use serde_json::{Value, json};

use crate::{
    browser::Camera,
    site::Site,
    visit::{Visit, bare, both},
};

/// What a frame needs where it has a `sandbox`.
const ALL: &str = "allow-scripts allow-same-origin allow-forms";

impl Visit {
    /// Waits until the server was told so much of a session, and answers all that it was told.
    async fn found(&self, token: &str, finding: Finding) -> Vec<Finding> {
        let mut tries = 0..500;
        while tries.next().is_some() {
            let session = self.mock.session(token).await.expect("the control API answers");
            let found: Vec<_> = session.findings.iter().map(|found| found.finding).collect();
            if found.contains(&finding) {
                return found;
            }
            self.browser.until("true").await;
        }
        panic!("{finding:?} is not found");
    }

    /// Waits until the server was told of these two and no others. Each is a request of its own, so their order is open.
    async fn found_both(&self, token: &str, both: [Finding; 2]) {
        self.found(token, both[0]).await;
        let found = self.found(token, both[1]).await;
        assert!(found.len() == 2 && both.iter().all(|finding| found.contains(finding)), "{found:?}");
    }

    /// What the page has found out.
    async fn findings(&self) -> Vec<String> {
        self.browser.eval("Object.keys(identomatMockFindings)").await
    }
}

#[tokio::test]
async fn nothing_is_wrong_where_nothing_is() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let token = visit.begin(bare(json!({"skip_agreement": false})), json!([])).await;
    let widget = visit.mock.widget_url(&token);
    for page in [site.embedding(&widget), site.embedding_in_sandbox(&widget, ALL)] {
        visit.browser.open(&page).await;
        visit.browser.enter_frame("#widget").await;
        visit.see("agreement").await;
        assert_eq!(visit.findings().await, [""; 0], "{page}");
        assert_eq!(visit.browser.text(".mark").await, "Mock");
        assert_eq!(visit.browser.complaints().await, [""; 0]);
        visit.browser.leave_frame().await;
    }
}

#[tokio::test]
async fn a_frame_without_leave_for_the_camera() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let token = visit.begin(json!({}), json!([])).await;
    visit.browser.open(&site.embedding_without_camera(&visit.mock.widget_url(&token))).await;
    visit.browser.enter_frame("#widget").await;
    visit.see("agreement").await;
    assert_eq!(visit.findings().await, ["no-camera-permission"]);
    assert_eq!(visit.found(&token, Finding::NoCameraPermission).await, [Finding::NoCameraPermission]);
    assert_eq!(visit.browser.text(".mark").await, "Mock · 1");
    visit.browser.click("drawer-open").await;
    assert!(visit.browser.text("[data-testid=finding-no-camera-permission]").await.contains("allow=\"camera"));
    assert_eq!(visit.browser.violations().await, [""; 0]);
    visit.browser.leave_frame().await;
    visit.browser.take_pictures("doctor").await;
}

#[tokio::test]
async fn a_sandbox_without_scripts() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let token = visit.begin(json!({}), json!([])).await;
    visit
        .browser
        .open(&site.embedding_in_sandbox(&visit.mock.widget_url(&token), "allow-same-origin allow-forms"))
        .await;
    assert_eq!(visit.found(&token, Finding::SandboxScripts).await, [Finding::SandboxScripts]);
}

#[tokio::test]
async fn a_sandbox_without_an_origin_or_forms() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let token = visit.begin(json!({}), json!([])).await;
    let widget = visit.mock.widget_url(&token);
    visit.browser.open(&site.embedding_in_sandbox(&widget, "allow-scripts allow-forms")).await;
    assert_eq!(visit.found(&token, Finding::SandboxOrigin).await, [Finding::SandboxOrigin]);
    visit.browser.enter_frame("#widget").await;
    assert!(visit.browser.text("[data-testid=finding]").await.contains("Add allow-same-origin"));
    visit.browser.leave_frame().await;
    visit.browser.take_pictures("doctor-sandbox").await;

    visit.browser.open(&site.embedding_in_sandbox(&widget, "allow-scripts allow-same-origin")).await;
    visit.found_both(&token, [Finding::SandboxOrigin, Finding::SandboxForms]).await;
}

#[tokio::test]
async fn a_return_url_in_a_frame() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let flags = both(bare(json!({"skip_agreement": false})), json!({"return_url": site.url("/return")}));
    for (sandbox, finds_more) in [
        (ALL.to_owned(), true),
        (format!("{ALL} allow-top-navigation"), false),
        (format!("{ALL} allow-top-navigation-by-user-activation"), false),
    ] {
        let token = visit.begin(flags.clone(), json!([])).await;
        let page = site.embedding_in_sandbox(&visit.mock.widget_url(&token), &sandbox);
        visit.browser.open(&page).await;
        visit.browser.enter_frame("#widget").await;
        visit.see("agreement").await;
        visit.browser.click("agree").await;
        visit.browser.until("location.pathname === '/return'").await;
        visit.browser.leave_frame().await;
        assert_eq!(visit.browser.url().await, page, "the window stays where it is");
        let wanted = if finds_more { Finding::SandboxTopNavigation } else { Finding::ReturnUrlFramed };
        let found = visit.found(&token, wanted).await;
        assert_eq!(found.contains(&Finding::SandboxTopNavigation), finds_more, "{sandbox}");
        assert!(found.contains(&Finding::ReturnUrlFramed));
    }
}

#[tokio::test]
async fn a_widget_in_no_frame_that_nobody_hears_of() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let token = visit.begin_and_open(json!({}), json!([])).await;
    visit.see("agreement").await;
    assert_eq!(visit.found(&token, Finding::NotFramed).await, [Finding::NotFramed]);
    assert_eq!(visit.browser.complaints().await, [""; 0], "it is no mistake in a WebView");
    visit.begin_and_open(json!({"return_url": site.url("/return")}), json!([])).await;
    visit.see("agreement").await;
    assert_eq!(visit.findings().await, [""; 0]);
}

#[tokio::test]
async fn a_page_that_does_nothing_at_the_end() {
    let patience = |config: &mut identomat_mock::Config| config.done_timeout = Duration::from_millis(50);
    let (visit, site) = (Visit::with_settings(|mock| mock.settings(patience)).await, Site::start().await);
    let token = visit.begin(bare(json!({})), json!([])).await;
    visit.browser.open(&site.embedding(&visit.mock.widget_url(&token))).await;
    visit.found_both(&token, [Finding::ParentSilent, Finding::OriginCompared]).await;
    visit.browser.enter_frame("#widget").await;
    visit.browser.click("drawer-open").await;
    assert!(visit.browser.text("[data-testid=finding-origin-compared]").await.contains("--tls"));
    visit.browser.leave_frame().await;

    // One that takes the frame away has heard of it.
    let token = visit.begin(bare(json!({})), json!([])).await;
    visit.browser.open(&site.embedding_until_done(&visit.mock.widget_url(&token))).await;
    visit.browser.until("!document.getElementById('widget')").await;
    let session = visit.mock.session(&token).await.unwrap();
    assert_eq!(session.findings, []);
}

#[tokio::test]
async fn a_browser_that_blocks_storage_and_a_context_that_is_not_secure() {
    let (visit, site) = (Visit::with_camera(Camera::FakeWithoutCookies).await, Site::start().await);
    let token = visit.begin(json!({}), json!([])).await;
    let url = visit.mock.widget_url(&token);
    visit.browser.open(&site.embedding(&url)).await;
    assert_eq!(visit.found(&token, Finding::StorageBlocked).await, [Finding::StorageBlocked]);

    let flags = json!({"return_url": site.url("/return"), "skip_agreement": true, "skip_document": true});
    let token = visit.begin(flags, json!([])).await;
    visit.browser.open(&visit.mock.widget_url(&token).replace("127.0.0.1", "mock.test")).await;
    assert_eq!(visit.found(&token, Finding::InsecureContext).await, [Finding::InsecureContext]);
    visit.browser.element("camera-problem").await;
    // The browser's log has what pages say that are in no frame of another site.
    let complaints = visit.browser.complaints().await.join("\n");
    assert!(complaints.contains("identomat-mock: The browser allows the camera only on https"), "{complaints}");
}

/// The journal tells of it as it happens.
#[tokio::test]
async fn what_is_found_is_an_event() {
    let visit = Visit::start().await;
    let token = visit.begin_and_open(json!({}), json!([])).await;
    visit.found(&token, Finding::NotFramed).await;
    let url = format!("{}/__admin/events?after=0&session={token}", visit.mock.url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut answer = client.get(url).send().await.unwrap();
    let mut heard = String::new();
    while !heard.contains("\"what\":\"finding\"") {
        heard += &String::from_utf8_lossy(&answer.chunk().await.unwrap().expect("more comes"));
    }
    let event = heard.lines().find(|line| line.contains("\"what\":\"finding\"")).unwrap();
    let event: Value =
        serde_json::from_str(event.strip_prefix("data: ").or(event.strip_prefix("data:")).unwrap()).unwrap();
    assert_eq!((&event["finding"], &event["session"]), (&json!("not-framed"), &json!(token)));
}
