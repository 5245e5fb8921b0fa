//! Two devices, and several people, in one session.

use identomat_mock::MockServer;
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    site::Site,
    visit::{Visit, bare, both},
};

/// The screen that the first page says the person is at.
const THERE: &str = "document.querySelector('[data-testid=companion-screen]')?.textContent";

/// The person's phone, which has no page open yet.
async fn phone() -> Browser {
    let phone = Browser::start().await;
    phone.resize(390, 844).await;
    phone.be_phone().await;
    phone
}

#[tokio::test]
async fn a_phone_goes_on_where_the_code_leads_and_the_computer_ends_with_it() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let flags = bare(json!({"skip_desktop": true, "skip_agreement": false, "require_email": true, "skip_face": false}));
    let token = visit.begin(flags, json!([])).await;
    visit.browser.open(&site.embedding(&visit.mock.widget_url(&token))).await;
    visit.browser.enter_frame("#widget").await;
    visit.see("device").await;
    let link = visit.browser.scan(".code").await;
    assert_eq!(link, visit.mock.widget_url(&token));

    let phone = phone().await;
    phone.open(&link).await;
    phone.element("agree").await;
    visit.see("elsewhere").await;
    visit.browser.until(&format!("{THERE} === 'Before we start'")).await;
    assert_eq!(visit.browser.text("[data-testid=companion] span").await, "On your phone");
    assert_eq!(visit.browser.violations().await, [""; 0]);
    visit.browser.take_pictures("companion").await;
    phone.click("agree").await;
    visit.browser.until(&format!("{THERE} === 'Your e-mail address'")).await;
    phone.fill_in("email", "somebody@example.com").await;
    phone.click("continue").await;
    visit.browser.until(&format!("{THERE} === 'Your face'")).await;
    phone.until("!document.querySelector('.stage .waiting:not([hidden])')").await;
    phone.click("sample").await;
    phone.element("done").await;

    visit.see_done().await;
    visit.browser.leave_frame().await;
    visit.browser.until("messages.length >= 2").await;
    let heard = visit.browser.eval::<Value>("messages.map(({ data }) => data)").await;
    assert_eq!(heard, json!(["DONE", {"type": "done", "sessionId": token}]));
    assert_eq!(visit.result(&token).await["result"], "APPROVED");
}

#[tokio::test]
async fn the_first_page_takes_the_flow_back() {
    let visit = Visit::start().await;
    let token = visit
        .begin_and_open(bare(json!({"require_email": true, "optional_continue_on_another_device": true})), json!([]))
        .await;
    visit.see("device").await;
    let phone = phone().await;
    phone.open(&visit.mock.widget_url(&token)).await;
    phone.fill_in("email", "somebody@example.com").await;
    visit.browser.click("take-back").await;
    visit.see("device").await;
    phone.until("document.querySelector('main').dataset.screen === 'elsewhere'").await;
    assert_eq!(phone.text("[data-testid=companion] span").await, "On another page");
    visit.browser.click("continue").await;
    phone.until(&format!("{THERE} === 'Your e-mail address'")).await;
    visit.pass_all().await;
    phone.element("done").await;
    assert_eq!(visit.browser.complaints().await, [""; 0]);
}

#[tokio::test]
async fn the_first_page_goes_to_the_return_url_too() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let flags =
        both(bare(json!({"skip_desktop": true, "skip_agreement": false})), json!({"return_url": site.url("/return")}));
    let token = visit.begin_and_open(flags, json!([])).await;
    visit.see("device").await;
    let phone = phone().await;
    phone.open(&visit.mock.widget_url(&token)).await;
    phone.click("agree").await;
    for browser in [&phone, &visit.browser] {
        browser.until("location.pathname === '/return'").await;
    }
}

/// A session that the control API ends is over in the page as well.
#[tokio::test]
async fn a_session_that_is_ended_from_outside_ends_in_the_page() {
    let visit = Visit::start().await;
    for (path, test_id, title) in
        [("finish", "done", "Process finished"), ("expire", "closed", "This link has expired")]
    {
        let token = visit.begin_and_open(json!({}), json!([])).await;
        visit.see("agreement").await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/__admin/sessions/{token}/{path}", visit.mock.url());
        client.post(url).send().await.unwrap().error_for_status().unwrap();
        visit.browser.element(test_id).await;
        assert_eq!(visit.browser.text("h1").await, title);
    }
}

#[tokio::test]
async fn restrict_url_sharing_refuses_a_second_browser() {
    let visit = Visit::start().await;
    let flags = json!({"restrict_url_sharing": true});
    let token = visit.begin_and_open(flags, json!([])).await;
    visit.see("agreement").await;
    let other = Browser::start().await;
    other.open(&visit.mock.widget_url(&token)).await;
    other.element("closed").await;
    assert_eq!(other.text("h1").await, "This link is open in another browser");
    other.take_pictures("other-browser").await;
    assert_eq!(other.violations().await, [""; 0]);
    // The first goes on, after loading the page again too.
    visit.browser.reload().await;
    visit.pass_all().await;
    assert_eq!(visit.result(&token).await["result"], "APPROVED");
}

#[tokio::test]
async fn the_page_of_several_participants_shows_who_is_through() {
    let visit = Visit { mock: MockServer::start().await, browser: Browser::start().await };
    let parent = visit.begin_and_open(bare(json!({"multiple_participants": true})), json!([])).await;
    visit.see("participants").await;
    let child = |scenario: &str| {
        let flags = bare(json!({"mock_scenario": scenario, "skip_agreement": false}));
        visit.call("begin", json!({"flags": flags, "parent_session_id": parent}))
    };
    let (first, second) = (child("approved").await, child("rejected").await);
    let rows = "[...document.querySelectorAll('[data-testid^=participant-]')].map(({ lastChild }) => lastChild.textContent).join()";
    visit.browser.until(&format!("{rows} === 'has not started yet,has not started yet'")).await;
    let other = Browser::start().await;
    other.open(&visit.mock.widget_url(second.as_str().unwrap())).await;
    other.element("agree").await;
    visit.browser.until(&format!("{rows} === 'has not started yet,has started'")).await;
    visit.browser.take_pictures("participants-under-way").await;
    assert_eq!(visit.browser.violations().await, [""; 0]);
    other.click("agree").await;
    other.element("done").await;
    visit.browser.until(&format!("{rows} === 'has not started yet,has finished'")).await;
    visit.pass_all().await;
    for (token, result) in [(json!(parent), "APPROVED"), (second, "REJECTED"), (first, "IN_PROGRESS")] {
        assert_eq!(visit.result(token.as_str().unwrap()).await["result"], result);
    }
}

#[tokio::test]
async fn the_link_is_copied_in_a_page_without_https_too() {
    let visit = Visit::start().await;
    let token = visit.begin_and_open(bare(json!({"skip_desktop": true})), json!([])).await;
    visit.see("device").await;
    // As it is where a page is neither of https nor of localhost.
    visit.browser.run("Object.defineProperty(navigator, 'clipboard', { value: undefined })").await;
    visit.browser.run("addEventListener('copy', ({ target }) => { window.copied = target.value })").await;
    visit.browser.click("link-copy").await;
    visit.browser.until(&format!("window.copied === {}", json!(visit.mock.widget_url(&token)))).await;
    visit.browser.until("document.querySelector('[data-testid=link-copy]').textContent === 'Copied'").await;
}
