//! How the widget ends, for whoever embeds it or is returned to.

use std::time::Duration;

use identomat_mock::{ClosePoint, Endpoint, Fault};
use serde_json::{Value, json};

use crate::{
    site::Site,
    visit::{Visit, bare, question_of_each_type, questionnaire},
};

const SESSION_LIFETIME: Duration = Duration::from_secs(15 * 60);
const UNKNOWN_TOKEN: &str = "0000000000000000000000000000000000000000";

impl Visit {
    /// Ends the session with a button of the drawer.
    async fn end_by_drawer(&self, outcome: &str) {
        self.browser.click("drawer-open").await;
        self.browser.click(&format!("finish-{outcome}")).await;
    }

    /// Asserts which page the person is shown instead of the widget.
    async fn see_closed(&self, title: &str, text: &str) {
        self.browser.element("closed").await;
        assert_eq!(self.browser.title().await, title);
        assert_eq!(self.browser.text("h1").await, title);
        assert_eq!(self.browser.text("main > p").await, text);
        assert!(self.browser.text("footer").await.contains("mock"));
    }
}

#[tokio::test]
async fn an_approved_person_returns_to_the_company() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let return_url = site.url("/return?order=7");
    let flags = json!({"return_url": return_url});
    let token = visit.begin_and_open(flags, json!([])).await;
    assert_eq!(visit.browser.title().await, "Identity verification");
    visit.pass_to("processing").await;
    visit.browser.until("location.pathname === '/return'").await;
    assert_eq!(visit.browser.text("h1").await, "Welcome back");
    assert_eq!(visit.browser.url().await, return_url);
    let result = visit.result(&token).await;
    assert_eq!(result["result"], "APPROVED");
    let user_agent = result["technicalDetails"]["userAgent"].as_str().unwrap();
    assert!(user_agent.contains("Chrome"), "{user_agent}");
}

#[tokio::test]
async fn the_parent_hears_of_every_outcome() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    for (scenario, outcome) in [
        ("approved", "APPROVED"),
        ("rejected", "REJECTED"),
        ("manual-check", "MANUAL_CHECK"),
        ("in-progress", "IN_PROGRESS"),
        ("approved", "DISAGREED_WITH_TERMS"),
    ] {
        let disagrees = outcome == "DISAGREED_WITH_TERMS";
        let flags = bare(json!({"mock_scenario": scenario, "skip_agreement": false}));
        let token = visit.begin(flags, json!([])).await;
        visit.browser.open(&site.embedding(&visit.mock.widget_url(&token))).await;
        visit.browser.enter_frame("#widget").await;
        visit.see("agreement").await;
        visit.browser.leave_frame().await;
        assert_eq!(visit.browser.eval::<Value>("messages").await, json!([]), "{outcome}: nothing is done yet");

        visit.browser.enter_frame("#widget").await;
        visit.browser.click(if disagrees { "disagree" } else { "agree" }).await;
        visit.see_done().await;
        assert_eq!(visit.browser.text("[data-testid=done]").await, "Thank you. You can close this page.");
        visit.browser.leave_frame().await;

        visit.browser.until("messages.length >= 2").await;
        let messages = json!([
            {"origin": visit.mock.url(), "data": "DONE"},
            {"origin": visit.mock.url(), "data": {"type": "done", "sessionId": token}},
        ]);
        assert_eq!(visit.browser.eval::<Value>("messages").await, messages, "{outcome}");
        assert_eq!(visit.result(&token).await["result"], outcome);
    }
}

#[tokio::test]
async fn the_drawer_ends_a_session_with_every_outcome() {
    let visit = Visit::start().await;
    for outcome in ["APPROVED", "REJECTED", "MANUAL_CHECK", "DISAGREED_WITH_TERMS", "IN_PROGRESS", "scenario"] {
        let token = visit.begin_and_open(json!({"mock_scenario": "rejected"}), questionnaire(json!([]))).await;
        visit.see("agreement").await;
        visit.end_by_drawer(outcome).await;
        visit.see_done().await;
        let expected = if outcome == "scenario" { "REJECTED" } else { outcome };
        assert_eq!(visit.result(&token).await["result"], expected);
    }
}

/// As the app around a web view does it: the listener comes when the page has loaded, and into that page alone.
#[tokio::test]
async fn a_listener_injected_at_top_level_hears_the_end() {
    let visit = Visit::start().await;
    let token = visit.begin_and_open(json!({"skip_face": true}), json!([])).await;
    visit.see("agreement").await;
    visit.browser.run("window.heard = []; addEventListener('message', ({ data }) => heard.push(data));").await;
    let mut steps = Vec::new();
    loop {
        let screen = visit.screen().await;
        if screen == "processing" {
            break;
        }
        let step: Option<String> = visit.browser.eval("new URLSearchParams(location.search).get('step')").await;
        assert_eq!(step.as_ref(), Some(&screen));
        visit.pass(&screen).await;
        steps.push(screen);
    }
    visit.see_done().await;
    assert_eq!(steps[..2], ["agreement", "document"]);
    visit.browser.until("heard.length >= 2").await;
    assert_eq!(visit.browser.eval::<Value>("heard").await, json!(["DONE", {"type": "done", "sessionId": token}]));
    assert_eq!(visit.browser.url().await, visit.mock.widget_url(&token), "no step is left in it");
    assert_eq!(visit.browser.complaints().await, [""; 0]);
}

#[tokio::test]
async fn nothing_comes_after_the_end_but_the_page_that_says_so() {
    let visit = Visit::start().await;
    let token = visit.begin_and_open(bare(json!({"skip_agreement": false})), json!([{"type": "video-call"}])).await;
    visit.pass_all().await;
    visit.browser.go_back().await;
    assert!(visit.browser.shows("done").await, "nobody goes back from the end");
    visit.open(&token).await;
    let nothing_left = "There is nothing left to do. You can close this page.";
    visit.see_closed("This verification is finished", nothing_left).await;
}

#[tokio::test]
async fn a_form_posted_without_the_script_tells_the_end_too() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let token = visit.begin(json!({}), json!([])).await;
    visit.browser.open(&site.embedding(&visit.mock.widget_url(&token))).await;
    visit.browser.enter_frame("#widget").await;
    visit.see("agreement").await;
    let post = "const form = document.createElement('form'); form.method = 'post'; document.body.append(form);";
    visit.browser.run(&format!("{post} form.submit()")).await;
    visit.see_done().await;
    visit.browser.leave_frame().await;
    visit.browser.until("messages.length >= 2").await;
    assert_eq!(visit.browser.eval::<Value>("messages[0].data").await, "DONE");
}

#[tokio::test]
async fn a_second_click_answers_nothing_more() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let return_url = site.url("/return?order=7");
    visit.browser.slow_down(Duration::from_millis(300)).await;
    visit.begin_and_open(bare(json!({"return_url": return_url, "skip_agreement": false})), json!([])).await;
    visit.see("agreement").await;
    visit.browser.double_click("agree").await;
    visit.browser.until("location.search === '?order=7' || document.querySelector('[data-testid=closed]')").await;
    assert_eq!(visit.browser.text("h1").await, "Welcome back");
}

#[tokio::test]
async fn an_answer_that_does_not_arrive_can_be_given_again() {
    let visit = Visit::start().await;
    let token = visit.begin_and_open(bare(json!({"skip_agreement": false})), json!([])).await;
    visit.see("agreement").await;
    for fault in [Fault::status(503), Fault::close(ClosePoint::InHeaders), Fault::html()] {
        visit.mock.add_fault(fault.endpoint(Endpoint::WidgetData).times(1)).await.unwrap();
        visit.browser.click("agree").await;
        let problem = "The server does not respond. Please try again.";
        assert_eq!(visit.browser.text("[data-testid=problem]").await, problem);
        visit.browser.run("document.getElementById('problem').replaceChildren()").await;
    }
    visit.browser.click("agree").await;
    visit.see_done().await;
    assert_eq!(visit.result(&token).await["result"], "APPROVED");
}

#[tokio::test]
async fn the_last_answer_can_be_given_again_too() {
    let visit = Visit::start().await;
    let token = visit.begin(bare(json!({})), json!([])).await;
    visit.mock.add_fault(Fault::status(503).endpoint(Endpoint::WidgetData).calls(2..=2)).await.unwrap();
    visit.open(&token).await;
    visit.browser.element("problem").await;
    assert_eq!(visit.screen().await, "processing");
    visit.browser.click("retry").await;
    visit.see_done().await;
    assert_eq!(visit.result(&token).await["result"], "APPROVED");
}

#[tokio::test]
async fn a_page_that_gets_nothing_says_so_and_asks_again() {
    let visit = Visit::start().await;
    let token = visit.begin(bare(json!({"skip_agreement": false})), json!([])).await;
    visit.mock.add_fault(Fault::status(503).endpoint(Endpoint::WidgetData).times(2)).await.unwrap();
    visit.open(&token).await;
    for _ in 0..2 {
        let problem = "The server does not respond. Please try again.";
        assert_eq!(visit.browser.text("[data-testid=problem]").await, problem);
        visit.browser.click("retry").await;
    }
    visit.see("agreement").await;
}

#[tokio::test]
async fn closed_links_say_why_they_are_closed() {
    let visit = Visit::start().await;
    for token in [UNKNOWN_TOKEN, "", "no-token", "<img src=x onerror=\"window.pwned=1\">"] {
        visit.open(token).await;
        visit.see_closed("This link is not valid", "This link does not belong to a verification.").await;
        assert!(!visit.browser.eval::<bool>("'pwned' in window || document.querySelector('img') !== null").await);
    }
    visit.browser.take_pictures("closed-not-valid").await;

    let finished = visit.begin(json!({"skip_agreement": true}), json!([])).await;
    visit.mock.finish(&finished).await.unwrap();
    visit.open(&finished).await;
    let nothing_left = "There is nothing left to do. You can close this page.";
    visit.see_closed("This verification is finished", nothing_left).await;
    visit.browser.take_pictures("closed-finished").await;

    // One link expires before it is opened, and one while the person looks at the page.
    let (unopened, opened) = (visit.begin(json!({}), json!([])).await, visit.begin(json!({}), json!([])).await);
    visit.open(&opened).await;
    visit.see("agreement").await;
    visit.mock.advance(SESSION_LIFETIME).await.unwrap();
    let ask_again = "Ask the company that sent you the link for a new one.";
    visit.see_closed("This link has expired", ask_again).await;
    assert_eq!(visit.browser.url().await, visit.mock.widget_url(&opened), "no step is left in it");
    visit.open(&unopened).await;
    visit.see_closed("This link has expired", ask_again).await;
    visit.browser.take_pictures("closed-expired").await;
    for token in [opened, unopened] {
        assert_eq!(visit.result(&token).await["result"], "IN_PROGRESS");
    }
}

#[tokio::test]
async fn a_script_as_return_url_is_not_followed() {
    let visit = Visit::start().await;
    for url in ["javascript:window.pwned=1", "data:text/html,<h1>Elsewhere</h1>", "file:///etc/hostname"] {
        let token = visit.begin_and_open(bare(json!({"return_url": url})), json!([])).await;
        visit.see_done().await;
        assert_eq!(visit.browser.url().await, visit.mock.widget_url(&token));
        assert!(!visit.browser.eval::<bool>("'pwned' in window").await);
    }
}

#[tokio::test]
async fn the_autopilot_goes_through_every_screen_without_a_click() {
    let visit = Visit::start().await;
    let steps = questionnaire(question_of_each_type());
    // By the flag, with a pace of its own, and by the URL.
    let flags = json!({"mock_autopilot": true, "mock_autopilot_pace": 50, "require_email_check": true});
    let token = visit.begin_and_open(flags, steps.clone()).await;
    visit.see_done().await;
    assert_eq!(visit.result(&token).await["result"], "APPROVED");

    let token = visit.begin(json!({"liveness": true, "require_phone_number_check": true}), steps).await;
    let url = format!("{}&mock_autopilot=1&mock_autopilot_pace=50", visit.mock.widget_url(&token));
    visit.browser.open(&url).await;
    visit.see_done().await;
    let result = visit.result(&token).await;
    assert_eq!((&result["result"], &result["live"]), (&json!("APPROVED"), &json!(true)));
    assert_eq!(result["questionnaires"][0]["questions"].as_array().unwrap().len(), 6);
}
