//! What is there for developers: the mark, and the drawer behind it.

use serde_json::{Value, json};
use thirtyfour::Key;

use crate::visit::{Visit, bare};

/// What the drawer says of the session.
const STATE: &str = "document.querySelector('[data-testid=drawer-state]')?.innerText ?? ''";

impl Visit {
    /// Opens a session in the drawer and waits until it says so much of it.
    async fn open_drawer(&self, flags: Value) -> String {
        let token = self.begin_and_open(flags, json!([])).await;
        self.screen().await;
        self.browser.click("drawer-open").await;
        self.see_state(&token).await;
        token
    }

    async fn see_state(&self, text: &str) {
        self.browser.until(&format!("{STATE}.includes({})", json!(text))).await;
    }

    async fn see_said(&self, text: &str) {
        self.browser
            .until(&format!("document.querySelector('[data-testid=drawer-said]').textContent === {}", json!(text)))
            .await;
    }
}

#[tokio::test]
async fn the_drawer_says_how_the_session_stands() {
    let visit = Visit::start().await;
    let flags = json!({"skip_agreement": true, "require_email_check": true, "mock_scenario": "verdict-after-24h"});
    let token = visit.begin_and_open(flags, json!([])).await;
    visit.pass_to("email.code").await;
    visit.browser.click("drawer-open").await;
    visit.see_state(&token).await;
    visit.see_state(visit.mock.company_key()).await;
    visit.see_state("verdict-after-24h").await;
    visit.see_state("waits for widget").await;
    assert!(visit.browser.text("[data-testid=drawer-codes]").await.contains(&visit.last_code().await));
    assert_eq!(visit.browser.violations().await, [""; 0]);
    visit.browser.take_pictures("drawer-code").await;
    visit.browser.prefer("dark").await;
    assert_eq!(visit.browser.violations().await, [""; 0]);
    visit.browser.take_pictures("drawer-dark").await;

    // After the end it is still there; time moves on, and the operator decides.
    visit.browser.click("finish-scenario").await;
    visit.browser.element("done").await;
    visit.see_state("due at").await;
    visit.browser.click("advance-next").await;
    visit.see_said("The clock was changed.").await;
    assert_eq!(visit.result(&token).await["result"], "APPROVED");
    // What is said for the end has no part in it.
    visit.browser.choose("reason", "document_covered").await;
    visit.browser.choose("decide-reason", "face_mismatch").await;
    visit.browser.fill_in("decide-comment", "Not the same person").await;
    visit.browser.click("decide-REJECTED").await;
    visit.see_said("The decision is applied: REJECTED.").await;
    let result = visit.result(&token).await;
    let expected = (json!("REJECTED"), json!("face_mismatch"), json!("Not the same person"));
    assert_eq!(
        (&result["result"], &result["reject_reason"]["value"], &result["result_comment"]),
        (&expected.0, &expected.1, &expected.2)
    );
}

#[tokio::test]
async fn a_code_is_copied_and_filled_in_from_the_drawer() {
    let visit = Visit::start().await;
    let flags = json!({"skip_agreement": true, "require_email_check": true, "require_phone_number_check": true});
    let token = visit.begin_and_open(flags, json!([])).await;
    visit.pass_to("email.code").await;
    let email_code = visit.last_code().await;
    visit.browser.click("drawer-open").await;
    visit.see_state(&token).await;
    let order = "[...document.querySelectorAll('.panel [data-testid]')].map((it) => it.dataset.testid)
        .filter((id) => ['drawer-codes', 'finish-APPROVED', 'decide-APPROVED', 'drawer-state'].includes(id))";
    let wanted = ["drawer-codes", "finish-APPROVED", "decide-APPROVED", "drawer-state"];
    assert_eq!(visit.browser.eval::<Vec<String>>(order).await, wanted);
    visit.browser.click("copy-code").await;
    visit.see_said(&format!("Copied: {email_code}")).await;
    visit.browser.click("copy-token").await;
    visit.see_said(&format!("Copied: {token}")).await;

    visit.browser.click("fill-in-code").await;
    visit.browser.until("!document.querySelector('dialog')").await;
    assert_eq!(visit.browser.focused().await, "code");
    visit.browser.click("continue").await;
    visit.pass_to("phone-number.code").await;
    // Each code goes where it was asked for.
    visit.browser.click("drawer-open").await;
    visit.see_state(&token).await;
    let ways =
        "[...document.querySelectorAll('[data-testid=fill-in-code]')].filter((it) => it.checkVisibility()).length";
    assert_eq!(visit.browser.eval::<usize>(ways).await, 1);
    visit.browser.click("fill-in-code").await;
    visit.browser.click("continue").await;
    visit.see("document").await;
}

#[tokio::test]
async fn what_the_drawer_did_is_said_where_it_is_seen() {
    let visit = Visit::start().await;
    let flags = bare(json!({"skip_agreement": false, "mock_scenario": "rejected-document-covered"}));
    for (width, height) in crate::browser::SIZES {
        visit.browser.resize(width, height).await;
        visit.open_drawer(flags.clone()).await;
        // Its own style sheet holds: outcomes stand side by side, not one below the other as the page's buttons.
        let top = |id: &str| format!("document.querySelector('[data-testid={id}]').getBoundingClientRect().top");
        let beside = format!("{} === {}", top("finish-APPROVED"), top("finish-REJECTED"));
        assert!(visit.browser.eval::<bool>(&beside).await);
        let code = "document.querySelector('[data-testid=stages] code')?.textContent";
        visit.browser.until(&format!("{code} === 'document_covered'")).await;
        let seen = "(() => { const said = document.querySelector('[data-testid=drawer-said]');
            const { left, top, bottom } = said.getBoundingClientRect();
            return top >= 0 && bottom <= innerHeight && document.elementFromPoint(left + 1, (top + bottom) / 2) === said; })()";
        for (button, said) in [
            ("decide-REJECTED", "The decision is applied: REJECTED."),
            ("advance-next", "No stage is waiting for the clock."),
            ("play", "The scenario was switched."),
        ] {
            visit.browser.click(button).await;
            visit.see_said(said).await;
            assert!(visit.browser.eval::<bool>(seen).await, "{button} at {width}×{height}");
        }
        visit.browser.take_pictures("drawer-said").await;
    }
}

#[tokio::test]
async fn the_drawer_finishes_with_reason_and_comment() {
    let visit = Visit::start().await;
    let token = visit.open_drawer(json!({})).await;
    visit.browser.choose("reason", "document_covered").await;
    visit.browser.fill_in("comment", "A thumb").await;
    visit.browser.click("finish-REJECTED").await;
    visit.browser.element("done").await;
    let result = visit.result(&token).await;
    assert_eq!(
        (&result["reject_reason"]["value"], &result["result_comment"]),
        (&json!("document_covered"), &json!("A thumb"))
    );
}

#[tokio::test]
async fn another_scenario_plays_from_now_on() {
    let visit = Visit::start().await;
    let token = visit.open_drawer(bare(json!({"skip_agreement": false}))).await;
    visit.browser.until("document.querySelector('[data-testid=scenario]').value === 'approved'").await;
    visit.browser.choose("scenario", "rejected").await;
    visit.browser.click("play").await;
    visit.see_state("rejected, from the control API").await;
    visit.browser.click("skip").await;
    visit.see_done().await;
    assert_eq!(visit.result(&token).await["result"], "REJECTED");
}

#[tokio::test]
async fn the_drawer_skips_to_the_end_and_lets_the_token_expire() {
    let visit = Visit::start().await;
    let flags = json!({"require_email_check": true, "allow_general_document_upload": true});
    let token = visit.open_drawer(flags.clone()).await;
    visit.browser.click("skip").await;
    visit.see_done().await;
    let session = visit.mock.session(&token).await.unwrap();
    let reached: Vec<_> = session.reached_steps.iter().map(|reached| &*reached.step).collect();
    assert_eq!(reached, ["agreement", "email", "document", "face", "general-document"]);

    visit.open_drawer(flags.clone()).await;
    visit.browser.click("expire").await;
    visit.browser.element("closed").await;
    assert_eq!(visit.browser.text("h1").await, "This link has expired");

    visit.open_drawer(flags).await;
    visit.browser.replace("advance-by", "a while").await;
    visit.browser.click("advance").await;
    visit
        .browser
        .until("document.querySelector('[data-testid=drawer-said].wrong')?.textContent.includes('a while')")
        .await;
    visit.browser.replace("advance-by", "15m").await;
    visit.browser.click("advance").await;
    visit.browser.element("closed").await;
}

#[tokio::test]
async fn the_drawer_works_with_the_keyboard_alone() {
    let visit = Visit::start().await;
    let token = visit.begin_and_open(bare(json!({"skip_agreement": false})), json!([])).await;
    visit.see("agreement").await;
    visit.browser.tab_to("drawer-open").await;
    // It moves, and keeps the focus.
    for (key, edge) in [(Key::Up, "firstElementChild"), (Key::Down, "lastElementChild")] {
        visit.browser.press(key).await;
        assert_eq!(visit.browser.eval::<String>(&format!("document.body.{edge}.className")).await, "rail");
        assert_eq!(visit.browser.focused().await, "drawer-open");
    }
    visit.browser.press(Key::Left).await;
    visit.browser.reload().await;
    visit.see("agreement").await;
    assert_eq!(visit.browser.eval::<String>("document.querySelector('.rail').dataset.side").await, "center");

    visit.browser.tab_to("drawer-open").await;
    visit.browser.press(Key::Enter).await;
    visit.see_state(&token).await;
    visit.browser.press(Key::Escape).await;
    visit.browser.until("!document.querySelector('dialog')").await;
    assert_eq!(visit.browser.focused().await, "drawer-open");
    visit.browser.press(Key::Enter).await;
    visit.see_state(&token).await;
    visit.browser.tab_to("comment").await;
    visit.browser.fill_in("comment", "By hand").await;
    visit.browser.tab_to("finish-MANUAL_CHECK").await;
    visit.browser.press(Key::Enter).await;
    visit.browser.element("done").await;
    let result = visit.result(&token).await;
    assert_eq!((&result["result"], &result["result_comment"]), (&json!("MANUAL_CHECK"), &json!("By hand")));
}

#[tokio::test]
async fn the_mark_can_be_dragged_and_covers_nothing() {
    let visit = Visit::start().await;
    visit.begin_and_open(json!({}), json!([])).await;
    visit.see("agreement").await;
    let covers = "(() => { const mark = document.querySelector('.mark').getBoundingClientRect();
        const sheet = document.querySelector('.sheet').getBoundingClientRect();
        return mark.bottom > sheet.top && mark.top < sheet.bottom; })()";
    for (width, height) in [(320, 640), (390, 844), (1280, 800), (1280, 300)] {
        visit.browser.resize(width, height).await;
        assert!(!visit.browser.eval::<bool>(covers).await, "{width}×{height}");
    }
    visit.browser.resize(1280, 800).await;
    visit.browser.drag("drawer-open", -1200, -700).await;
    let place = "document.body.firstElementChild.className + ' ' + document.querySelector('.rail').dataset.side";
    visit.browser.until(&format!("{place} === 'rail start'")).await;
    assert!(!visit.browser.shows("drawer").await, "a drag is no click");
    assert!(!visit.browser.eval::<bool>(covers).await);
    visit.browser.click("drawer-open").await;
    assert!(visit.browser.shows("drawer").await);
}

#[tokio::test]
async fn without_the_panel_there_is_neither_mark_nor_drawer() {
    let visit = Visit::with_settings(|mock| mock.settings(|config| config.panel = false)).await;
    visit.begin_and_open(json!({}), json!([])).await;
    visit.see("agreement").await;
    assert!(!visit.browser.shows("drawer-open").await);
    assert!(
        !visit
            .browser
            .eval::<bool>("performance.getEntriesByType('resource').some(({ name }) => name.includes('panel'))")
            .await
    );
}

#[tokio::test]
async fn the_drawer_can_do_no_more_than_the_control_api_lets_it() {
    let visit =
        Visit::with_settings(|mock| mock.settings(|config| config.control_api.token = Some("letmein".into()))).await;
    let token = visit.begin_and_open(json!({}), json!([])).await;
    visit.see("agreement").await;
    visit.browser.click("drawer-open").await;
    visit.browser.until(&format!("{STATE}.includes('--admin-token')")).await;
    // Whatever is tried meanwhile, what was typed stays.
    visit.browser.fill_in("admin-token", "letme").await;
    visit.browser.run("window.field = document.querySelector('[data-testid=admin-token]')").await;
    visit.browser.click("expire").await;
    visit.browser.until("document.querySelector('[data-testid=drawer-said].wrong') !== null").await;
    visit.browser.fill_in("admin-token", "in").await;
    assert!(visit.browser.eval::<bool>("window.field.isConnected").await);
    visit.browser.click("admin-token-use").await;
    visit.see_state(&token).await;

    let visit = Visit::with_settings(|mock| mock.settings(|config| config.control_api.enabled = false)).await;
    let token = visit.begin_and_open(json!({}), json!([])).await;
    visit.see("agreement").await;
    visit.browser.click("drawer-open").await;
    visit.browser.until(&format!("{STATE}.includes('--no-admin')")).await;
    // The form of the page is there all the same.
    visit.browser.click("finish-REJECTED").await;
    visit.browser.element("done").await;
    assert_eq!(visit.result(&token).await["result"], "REJECTED");
}
