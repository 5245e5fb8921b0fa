//! How every screen looks: whether it fits, whether everybody can use it, and pictures of it.

use std::time::Duration;

use identomat_mock::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::{
    browser::{Camera, SIZES},
    site::Site,
    visit::{Visit, bare, both, question_of_each_type, questionnaire},
};

/// The narrowest page that has to do.
const NARROW: u32 = 320;

impl Visit {
    /// Asserts that the page fits a narrow screen and that axe-core finds nothing wrong with it, light and dark, and
    /// leaves pictures of it.
    async fn look(&self, name: &str) {
        let phone = SIZES[0];
        self.browser.resize(NARROW, 568).await;
        self.assert_usable(name).await;
        self.browser.resize(phone.0, phone.1).await;
        // The schemes differ in their colours alone.
        self.browser.prefer("dark").await;
        assert_eq!(self.browser.unreadable().await, [""; 0], "{name}, dark");
        self.browser.prefer("light").await;
        assert_eq!(self.browser.violations().await, [""; 0], "{name}, light");
        self.browser.take_pictures(name).await;
    }

    /// Asserts that the person can see everything without scrolling sideways, and hit every control with a thumb.
    async fn assert_usable(&self, name: &str) {
        let beside = "[...document.querySelectorAll('body *')]
            .filter((element) => element.checkVisibility() && element.getClientRects().length > 0)
            .filter((element) => !element.matches('.unseen, .view *'))
            .filter((element) => {
                const { left, right, height } = element.getBoundingClientRect();
                // What is there for developers is smaller than what a person needs.
                const least = element.closest('.rail, .panel, .demo') ? 24 : 44;
                const isLow = height < least && element.matches('button, select, .field input, .choice');
                return isLow || left < 0 || right > document.documentElement.clientWidth;
            })
            .map((element) => element.outerHTML)";
        let beside: Vec<String> = self.browser.eval(beside).await;
        assert_eq!(beside, [""; 0], "{name}: too low, or beside a page of {NARROW} pixels");
        let wanted: u32 = self.browser.eval("document.documentElement.scrollWidth").await;
        assert!(wanted <= NARROW, "{name}: {wanted} pixels are wanted, {NARROW} are there");
    }
}

/// Steps with everything that there is, in long words.
fn long_steps() -> Value {
    let long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".repeat(2);
    let mut questions = question_of_each_type();
    for question in questions.as_array_mut().expect("a list") {
        question["mandatory"] = false.into();
        question["title"] = long.clone().into();
        if question["options"].is_array() {
            question["options"].as_array_mut().expect("a list").push(long.clone().into());
        }
    }
    let mut steps = questionnaire(questions);
    steps[0]["title"] = long.clone().into();
    let others = [json!({"type": "language"}), json!({"type": "geolocation"}), json!({"type": "video-call"})];
    steps.as_array_mut().expect("a list").extend(others);
    steps
}

#[tokio::test]
async fn every_screen_fits_and_shuts_nobody_out() {
    let visit = Visit::start().await;
    let flags = json!({
        "optional_continue_on_another_device": true, "multiple_participants": true, "require_email_check": true,
        "require_phone_number_check": true, "require_face_document": true, "allow_general_document_upload": true,
        "allow_document_upload": true, "mock_scenario": "rejected-document-spoofing-detected",
    });
    let token = visit.begin_and_open(flags, long_steps()).await;
    loop {
        let screen = visit.screen().await;
        if screen == "processing" {
            break;
        }
        if screen == "document.front" || screen.ends_with("page-1") || screen == "face" {
            visit.browser.until("!document.querySelector('.stage .waiting:not([hidden])')").await;
        }
        visit.look(&format!("screen-{screen}")).await;
        if screen == "agreement" {
            visit.browser.click("drawer-open").await;
            visit.browser.element("stages").await;
            visit.look("drawer").await;
            visit.browser.click("drawer-close").await;
        }
        visit.pass(&screen).await;
    }
    visit.see_done().await;
    visit.look("done").await;
    visit.open(&token).await;
    visit.browser.element("closed").await;
    visit.look("closed").await;
}

#[tokio::test]
async fn every_state_of_a_picture_fits_and_shuts_nobody_out() {
    let visit = Visit::start().await;
    let flags = bare(json!({
        "skip_document": false, "document_types": ["passport"], "document_countries": ["GEO"], "skip_face": false,
        "capture_double_page_passport": true, "liveness": true,
    }));
    visit.begin_and_open(flags, json!([])).await;
    visit.browser.element("take").await;
    visit.look("picture-passport").await;
    visit.browser.click("take").await;
    visit.browser.element("use").await;
    visit.look("picture-taken").await;
    visit.browser.click("use").await;
    visit.browser.element("start").await;
    visit.look("picture-liveness").await;
    visit.browser.click("start").await;
    visit.browser.element("prompt").await;
    visit.browser.take_pictures("picture-prompt").await;
    visit.see_done().await;
}

#[tokio::test]
async fn what_stands_instead_of_a_camera_fits_and_shuts_nobody_out() {
    let visit = Visit::with_camera(Camera::None).await;
    for (name, flags) in [
        ("no-camera-elsewhere", json!({})),
        ("no-camera-upload", json!({"allow_face_upload": true})),
        ("no-camera-stuck", json!({"restrict_url_sharing": true})),
    ] {
        visit.begin_and_open(both(bare(json!({"skip_face": false})), flags), json!([])).await;
        visit.browser.element("camera-problem").await;
        visit.look(name).await;
    }
}

#[tokio::test]
async fn what_is_wrong_fits_and_shuts_nobody_out() {
    let visit = Visit::start().await;
    let flags = bare(json!({"require_email": true}));
    visit.begin_and_open(flags, questionnaire(question_of_each_type())).await;
    visit.browser.click("continue").await;
    visit.browser.element("problem").await;
    visit.look("problem-email").await;
    visit.pass_to("about-you").await;
    visit.browser.click("continue").await;
    visit.browser.element("answer-missing").await;
    visit.look("problem-questions").await;
}

#[tokio::test]
async fn what_only_lasts_a_moment_shuts_nobody_out() {
    let visit = Visit::start().await;
    for (name, flags, calls) in [
        ("processing", json!({}), 2..=2),
        ("check", json!({"skip_face": false, "cascading_identity_verification": true}), 3..=3),
    ] {
        let token = visit.begin(bare(flags), json!([])).await;
        // The call that would lead to the next screen does not come back.
        let fault =
            Fault::delay(Duration::from_secs(600)).endpoint(Endpoint::WidgetData).for_session(&token).calls(calls);
        visit.mock.add_fault(fault).await.unwrap();
        visit.open(&token).await;
        if name == "check" {
            visit.browser.click("sample").await;
        }
        visit.browser.until(&format!("document.querySelector('main')?.dataset.kind === {}", json!(name))).await;
        visit.look(name).await;
    }
}

#[tokio::test]
async fn the_embedding_page_is_pictured_and_hears_no_complaint() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let token = visit.begin(json!({}), json!([])).await;
    visit.browser.open(&site.embedding(&visit.mock.widget_url(&token))).await;
    visit.browser.enter_frame("#widget").await;
    visit.see("agreement").await;
    visit.browser.leave_frame().await;
    visit.browser.take_pictures("parent").await;
    visit.browser.enter_frame("#widget").await;
    visit.pass_all().await;
    visit.browser.leave_frame().await;
    visit.browser.until("messages.length >= 2").await;
    assert_eq!(visit.browser.complaints().await, [""; 0]);
}

#[tokio::test]
async fn the_demo_fits_and_shuts_nobody_out() {
    let visit = Visit::start().await;
    visit.browser.open(&format!("{}/__widget/demo", visit.mock.url())).await;
    visit.browser.until("document.querySelector('[data-testid=demo-company]').value !== ''").await;
    visit.look("demo").await;
    visit.browser.run("document.querySelector('.demo summary').click()").await;
    visit.browser.click("begin").await;
    visit.browser.enter_frame("#identomat").await;
    visit.see("agreement").await;
    visit.browser.leave_frame().await;
    visit.browser.run("document.querySelector('[data-testid=happened-call] summary').click()").await;
    visit
        .browser
        .until(
            "document.querySelector('[data-testid=happened-call] pre').textContent.includes('\"endpoint\": \"begin\"')",
        )
        .await;
    visit.look("demo-begun").await;
}

#[tokio::test]
async fn the_first_screen_is_there_with_less_than_100_kilobytes() {
    let visit = Visit::start().await;
    for language in ["en", "ka"] {
        visit.begin_and_open(json!({"language": language}), json!([])).await;
        visit.see("agreement").await;
        let sent: u32 = visit
            .browser
            .eval(
                "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
                    .reduce((sum, entry) => sum + entry.transferSize, 0)",
            )
            .await;
        assert!((5_000..100_000).contains(&sent), "{sent} bytes");
        let foreign: Vec<String> = visit
            .browser
            .eval(
                "performance.getEntriesByType('resource').map(({ name }) => name)
                    .filter((name) => !name.startsWith(location.origin))",
            )
            .await;
        assert_eq!(foreign, [""; 0]);
    }
}

#[tokio::test]
async fn what_shuts_people_out_would_be_found() {
    let visit = Visit::start().await;
    visit.begin_and_open(json!({}), json!([])).await;
    visit.see("agreement").await;
    visit.browser.run("document.querySelector('main').append(document.createElement('select'))").await;
    let found = visit.browser.violations().await;
    assert!(found.iter().any(|violation| violation.starts_with("select-name: <select>")), "{found:?}");
}
