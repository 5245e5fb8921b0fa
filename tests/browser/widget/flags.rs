//! What a person sees of each flag of the manual: one test a flag, named after it.

use std::time::Duration;

use identomat_mock::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::{
    browser::Camera,
    site::Site,
    visit::{Visit, bare, both},
};

impl Visit {
    /// The values of a group of choices, in the order in which they are shown.
    async fn choices(&self, name: &str) -> Vec<String> {
        self.browser.until(&format!("document.querySelector('[name={name}]')")).await;
        self.browser.eval(&format!("[...document.querySelectorAll('[name={name}]')].map((it) => it.value)")).await
    }

    /// The values of the list of countries, in their order of code.
    async fn countries(&self) -> Vec<String> {
        self.browser.element("country").await;
        self.browser.eval("[...document.querySelectorAll('#country option')].map((it) => it.value).sort()").await
    }

    /// The ways to go on that the screen of a picture offers, once it is clear whether there is a camera.
    async fn ways(&self) -> Vec<String> {
        let settled = "!document.querySelector('.stage .waiting:not([hidden])') && document.querySelector('[data-testid=sample]')";
        self.browser.until(settled).await;
        let ways = "['take', 'start', 'upload', 'elsewhere', 'stuck', 'camera-problem', 'sample']
            .filter((id) => document.querySelector(`[data-testid=${id}]`)?.checkVisibility())";
        self.browser.eval(ways).await
    }
}

/// Flags with which a picture of the face is the first screen.
fn face(flags: Value) -> Value {
    both(bare(json!({"skip_face": false})), flags)
}

/// Flags with which a picture of the passport is the first screen.
fn passport(flags: Value) -> Value {
    let passport = json!({
        "skip_agreement": true, "skip_face": true, "document_types": ["passport"], "document_countries": ["GEO"],
    });
    both(passport, flags)
}

#[tokio::test]
async fn return_url() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let url = site.url("/return?a=1#b");
    visit.begin_and_open(bare(json!({"return_url": url})), json!([])).await;
    visit.browser.until("location.pathname === '/return'").await;
    assert_eq!(visit.browser.url().await, url);
}

#[tokio::test]
async fn liveness() {
    let visit = Visit::start().await;
    let token = visit.begin_and_open(face(json!({"liveness": true})), json!([])).await;
    assert_eq!(visit.ways().await, ["start", "sample"]);
    let watch = "window.prompts = new Set();
        const look = () => prompts.add(document.querySelector('.prompt')?.textContent);
        new MutationObserver(look).observe(document.body, { childList: true, subtree: true });";
    visit.browser.run(watch).await;
    visit.browser.click("start").await;
    visit.browser.until("prompts.has('Smile')").await;
    visit.see_done().await;
    let prompts: Vec<String> = visit.browser.eval("[...prompts].filter(Boolean)").await;
    assert_eq!(prompts, ["Look straight ahead", "Turn your head slowly", "Smile"]);
    assert_eq!(visit.result(&token).await["live"], true);
    let (label, video) = visit.media(&token, "face-video", json!({})).await;
    assert!(label.starts_with("video/") && video.len() > 5_000, "{label}: {} bytes", video.len());

    visit.begin_and_open(face(json!({})), json!([])).await;
    assert_eq!(visit.ways().await, ["take", "sample"], "without it there are no prompts");
}

#[tokio::test]
async fn language() {
    let visit = Visit::start().await;
    for (code, title) in [("ka", "სანამ დავიწყებთ"), ("gr", "Πριν ξεκινήσουμε"), ("xx", "Before we start")]
    {
        visit.begin_and_open(json!({"language": code}), json!([])).await;
        visit.see("agreement").await;
        assert_eq!(visit.browser.text("h1").await, title);
    }
}

#[tokio::test]
async fn document_types() {
    let visit = Visit::start().await;
    let flags = json!({"skip_agreement": true, "document_types": ["passport", "driver_license"]});
    visit.begin_and_open(flags, json!([])).await;
    assert_eq!(visit.choices("document").await, ["passport", "driver_license"]);
    visit.begin_and_open(json!({"skip_agreement": true}), json!([])).await;
    assert_eq!(visit.choices("document").await, ["id", "passport", "driver_license", "residence_license"]);
}

#[tokio::test]
async fn document_countries() {
    let visit = Visit::start().await;
    let flags = json!({"skip_agreement": true, "document_countries": ["UKR", "GEO"]});
    visit.begin_and_open(flags, json!([])).await;
    assert_eq!(visit.countries().await, ["GEO", "UKR"]);
    let names: Vec<String> =
        visit.browser.eval("[...document.querySelectorAll('#country option')].map((it) => it.textContent)").await;
    assert_eq!(names, ["Georgia", "Ukraine"]);
    visit.begin_and_open(json!({"skip_agreement": true}), json!([])).await;
    assert!(visit.countries().await.len() > 200);
}

#[tokio::test]
async fn general_document_types() {
    let visit = Visit::start().await;
    let flags = |kinds: Value| bare(json!({"allow_general_document_upload": true, "general_document_types": kinds}));
    visit.begin_and_open(flags(json!(["bank_statement", "utility_bill"])), json!([])).await;
    assert_eq!(visit.choices("paper").await, ["bank_statement", "utility_bill"]);
    visit.begin_and_open(flags(json!(["bank_statement"])), json!([])).await;
    visit.see("general-document.page-1").await;
}

#[tokio::test]
async fn allow_general_document_capture() {
    let visit = Visit::start().await;
    let flags = json!({"allow_general_document_capture": true, "general_document_types": ["bank_statement"]});
    visit.begin_and_open(bare(flags), json!([])).await;
    assert_eq!(visit.ways().await, ["take", "sample"]);
}

#[tokio::test]
async fn allow_general_document_upload() {
    let visit = Visit::start().await;
    let flags = json!({"allow_general_document_upload": true, "general_document_types": ["bank_statement"]});
    visit.begin_and_open(bare(flags), json!([])).await;
    assert_eq!(visit.ways().await, ["upload", "sample"]);
}

#[tokio::test]
async fn skip_agreement() {
    let visit = Visit::start().await;
    visit.begin_and_open(json!({"skip_agreement": true}), json!([])).await;
    assert_eq!(visit.screen().await, "document");
    visit.begin_and_open(json!({}), json!([])).await;
    assert_eq!(visit.screen().await, "agreement");
}

#[tokio::test]
async fn skip_document() {
    let visit = Visit::start().await;
    visit.begin_and_open(json!({"skip_document": true}), json!([])).await;
    assert_eq!(visit.pass_all().await, ["agreement", "face", "processing"]);
}

#[tokio::test]
async fn skip_face() {
    let visit = Visit::start().await;
    visit.begin_and_open(passport(json!({})), json!([])).await;
    assert_eq!(visit.pass_all().await, ["document.passport", "processing"]);
}

#[tokio::test]
async fn allow_document_upload() {
    let visit = Visit::start().await;
    visit.begin_and_open(passport(json!({"allow_document_upload": true})), json!([])).await;
    assert_eq!(visit.ways().await, ["take", "upload", "sample"]);
}

#[tokio::test]
async fn allow_face_upload() {
    let visit = Visit::start().await;
    visit.begin_and_open(face(json!({"allow_face_upload": true})), json!([])).await;
    assert_eq!(visit.ways().await, ["take", "upload", "sample"]);
}

#[tokio::test]
async fn allow_face_doc_upload() {
    let visit = Visit::start().await;
    let flags = json!({"require_face_document": true, "allow_face_doc_upload": true});
    visit.begin_and_open(bare(flags), json!([])).await;
    assert_eq!(visit.ways().await, ["take", "upload", "sample"]);
}

#[tokio::test]
async fn require_face_document() {
    let visit = Visit::start().await;
    let token = visit.begin_and_open(json!({"require_face_document": true}), json!([])).await;
    visit.pass_to("face-document").await;
    assert_eq!(visit.browser.text("h1").await, "You with your document");
    visit.pass_all().await;
    assert_eq!(visit.media(&token, "face-document", json!({})).await.0, "image/jpeg");
}

#[tokio::test]
async fn disable_document_capture() {
    let visit = Visit::start().await;
    visit.begin_and_open(passport(json!({"disable_document_capture": true})), json!([])).await;
    assert_eq!(visit.ways().await, ["stuck", "sample"]);
    let flags = json!({"disable_document_capture": true, "allow_document_upload": true});
    visit.begin_and_open(passport(flags), json!([])).await;
    assert_eq!(visit.ways().await, ["upload", "sample"]);
}

#[tokio::test]
async fn skip_desktop() {
    let visit = Visit::start().await;
    let token = visit.begin_and_open(json!({"skip_desktop": true}), json!([])).await;
    visit.see("device").await;
    visit.browser.find("svg.code path").await;
    let link: String = visit.browser.eval("document.getElementById('link').value").await;
    assert_eq!(link, visit.mock.widget_url(&token));
    assert!(!visit.browser.shows("continue").await, "there is no way on with a computer");
    visit.browser.be_phone().await;
    visit.open(&token).await;
    visit.see("agreement").await;
}

#[tokio::test]
async fn skip_desktop_without_a_link_to_share() {
    let visit = Visit::start().await;
    visit.begin_and_open(json!({"skip_desktop": true, "restrict_url_sharing": true}), json!([])).await;
    assert_eq!(visit.browser.text("[data-testid=stuck]").await, "Please continue on your phone.");
}

#[tokio::test]
async fn capture_double_page_passport() {
    let visit = Visit::start().await;
    visit.begin_and_open(passport(json!({"capture_double_page_passport": true})), json!([])).await;
    visit.see("document.passport").await;
    assert_eq!(visit.browser.text("h1").await, "Both open pages of your passport");
    visit.begin_and_open(passport(json!({})), json!([])).await;
    visit.see("document.passport").await;
    assert_eq!(visit.browser.text("h1").await, "Photo page of your passport");
}

#[tokio::test]
async fn require_email_check() {
    let visit = Visit::start().await;
    visit.begin_and_open(bare(json!({"require_email_check": true})), json!([])).await;
    visit.pass_to("email.code").await;
    assert_eq!(visit.browser.text(".lead").await, "A code was sent to somebody@example.com.");
    let code = visit.last_code().await;
    let problem =
        |text: &str| format!("document.querySelector('[data-testid=problem]')?.textContent === {}", json!(text));
    visit.browser.click("continue").await;
    visit.browser.until(&problem("Please enter the code.")).await;
    visit.browser.fill_in("code", if code == "0000" { "1111" } else { "0000" }).await;
    visit.browser.click("continue").await;
    visit.browser.until(&problem("This is not the code that was sent.")).await;

    // Another one is asked for in the same field: whoever types meanwhile loses nothing.
    visit.browser.run("window.field = document.querySelector('[data-testid=code]')").await;
    visit.browser.click("resend").await;
    assert_eq!(visit.browser.text("[data-testid=code-resent]").await, "A new code was sent.");
    let new_code = visit.last_code().await;
    assert!(visit.browser.eval::<bool>("window.field.isConnected").await);
    let resend = "document.querySelector('[data-testid=resend]')";
    assert!(visit.browser.eval::<bool>(&format!("{resend}.disabled")).await);
    visit.browser.until(&format!("/^Send a new code in 2\\d s$/.test({resend}.textContent)")).await;
    visit.browser.take_pictures("code-resent").await;
    visit.browser.run("const now = performance.now.bind(performance); performance.now = () => now() + 30_000").await;
    visit.browser.until(&format!("!{resend}.disabled && {resend}.textContent === 'Send a new code'")).await;

    visit.browser.replace("code", &code).await;
    visit.browser.click("continue").await;
    visit.browser.until(&problem("This is not the code that was sent.")).await;
    visit.browser.replace("code", &new_code).await;
    visit.browser.click("continue").await;
    visit.see_done().await;
}

#[tokio::test]
async fn require_email() {
    let visit = Visit::start().await;
    visit.begin_and_open(bare(json!({"require_email": true})), json!([])).await;
    visit.browser.fill_in("email", "somebody").await;
    visit.browser.click("continue").await;
    let problem = "Please enter an e-mail address, such as name@example.com.";
    assert_eq!(visit.browser.text("[data-testid=problem]").await, problem);
    assert_eq!(visit.pass_all().await, ["email", "processing"]);
}

#[tokio::test]
async fn require_phone_number_check() {
    let visit = Visit::start().await;
    visit.begin_and_open(bare(json!({"require_phone_number_check": true})), json!([])).await;
    assert_eq!(visit.pass_all().await, ["phone-number", "phone-number.code", "processing"]);
}

#[tokio::test]
async fn require_phone_number() {
    let visit = Visit::start().await;
    visit.begin_and_open(bare(json!({"require_phone_number": true})), json!([])).await;
    visit.browser.fill_in("phone", "12").await;
    visit.browser.click("continue").await;
    visit.browser.element("problem").await;
    assert_eq!(visit.pass_all().await, ["phone-number", "processing"]);
}

#[tokio::test]
async fn switch_device_url() {
    let visit = Visit::with_camera(Camera::None).await;
    let flags = json!({"switch_device_url": "https://example.com/go?a=1", "restrict_url_sharing": true});
    visit.begin_and_open(face(flags), json!([])).await;
    assert_eq!(visit.ways().await, ["elsewhere", "camera-problem", "sample"]);
    assert_eq!(
        visit.browser.eval::<String>("document.getElementById('link').value").await,
        "https://example.com/go?a=1"
    );
}

#[tokio::test]
async fn restrict_url_sharing() {
    let visit = Visit::with_camera(Camera::None).await;
    visit.begin_and_open(face(json!({"restrict_url_sharing": true})), json!([])).await;
    assert_eq!(visit.ways().await, ["stuck", "camera-problem", "sample"]);
    visit.begin_and_open(face(json!({})), json!([])).await;
    assert_eq!(visit.ways().await, ["elsewhere", "camera-problem", "sample"]);
}

#[tokio::test]
async fn optional_continue_on_another_device() {
    let visit = Visit::start().await;
    visit.begin_and_open(bare(json!({"optional_continue_on_another_device": true})), json!([])).await;
    visit.see("device").await;
    visit.browser.element("elsewhere").await;
    assert_eq!(visit.pass_all().await, ["device", "processing"]);
}

#[tokio::test]
async fn multiple_participants() {
    let visit = Visit::start().await;
    visit.begin_and_open(bare(json!({"multiple_participants": true})), json!([])).await;
    visit.see("participants").await;
    assert_eq!(visit.browser.text("h1").await, "Several people take part");
    assert_eq!(visit.pass_all().await, ["participants", "processing"]);
}

#[tokio::test]
async fn cascading_identity_verification() {
    let visit = Visit::start().await;
    let token = visit.begin(passport(json!({"cascading_identity_verification": true})), json!([])).await;
    // The call that leads on takes so long that nobody can miss what is between.
    let slow = Fault::delay(Duration::from_secs(2)).endpoint(Endpoint::WidgetData).for_session(&token).calls(3..=3);
    visit.mock.add_fault(slow).await.unwrap();
    visit.open(&token).await;
    assert_eq!(visit.pass_all().await, ["document.passport", "document.check", "processing"]);
}

#[tokio::test]
async fn require_hd_media() {
    let visit = Visit::start().await;
    visit.begin_and_open(face(json!({"requireHdMedia": true})), json!([])).await;
    assert_eq!(visit.ways().await, ["take", "sample"], "the test camera has 1080 lines");
    // A camera that has fewer.
    visit.browser.run("MediaStreamTrack.prototype.getSettings = () => ({ width: 1280, height: 720 })").await;
    visit.browser.click("take").await;
    visit.browser.click("retake").await;
    visit.browser.element("camera-problem").await;
    assert_eq!(visit.ways().await, ["elsewhere", "camera-problem", "sample"]);
    let problem = visit.browser.text("[data-testid=camera-problem]").await;
    assert_eq!(problem, "The resolution of this camera is too low.");
}

#[tokio::test]
async fn document_type_booleans_of_older_clients() {
    let visit = Visit::start().await;
    let flags = json!({"skip_agreement": true, "document_type_passport": false, "document_type_id": false});
    visit.begin_and_open(flags, json!([])).await;
    assert_eq!(visit.choices("document").await, ["driver_license", "residence_license"]);
}
