//! The camera, and what comes where there is none.

use std::{fs, path::Path, process::Command};

use serde_json::json;

use crate::{
    browser::{Camera, shell},
    site::Site,
    visit::{Visit, bare, both},
};

fn face() -> serde_json::Value {
    bare(json!({"skip_face": false}))
}

#[tokio::test]
async fn what_the_camera_sees_is_what_the_media_calls_serve() {
    let visit = Visit::start().await;
    let token = visit.begin_and_open(face(), json!([])).await;
    visit.browser.element("video").await;
    visit.browser.until("document.querySelector('video').videoWidth > 0").await;
    visit.browser.click("take").await;
    visit.browser.element("retake").await;
    assert!(!visit.browser.shows("video").await, "the camera rests while the picture is looked at");
    visit.browser.click("retake").await;
    visit.browser.click("take").await;
    visit.browser.click("use").await;
    visit.see_done().await;
    let (label, picture) = visit.media(&token, "face", json!({})).await;
    assert_eq!(label, "image/jpeg");
    assert!(picture.starts_with(b"\xff\xd8\xff") && !picture.windows(8).any(|part| part == b"specimen"));
}

#[tokio::test]
async fn a_sample_needs_no_camera() {
    for camera in [Camera::None, Camera::Denied] {
        let visit = Visit::with_camera(camera).await;
        let token = visit.begin_and_open(face(), json!([])).await;
        let problem = visit.browser.text("[data-testid=camera-problem]").await;
        let expected = if camera == Camera::None { "No camera was found." } else { "The camera is blocked." };
        assert!(problem.starts_with(expected), "{problem}");
        visit.browser.find("svg.code").await;
        visit.browser.take_pictures(&format!("camera-{camera:?}").to_lowercase()).await;
        visit.browser.click("sample").await;
        visit.see_done().await;
        let picture = visit.media(&token, "face", json!({})).await.1;
        assert!(picture.windows(8).any(|part| part == b"specimen"));
    }
}

#[tokio::test]
async fn a_file_takes_the_place_of_a_denied_camera() {
    let visit = Visit::with_camera(Camera::Denied).await;
    let flags = bare(json!({"skip_face": false, "allow_face_upload": true}));
    let token = visit.begin_and_open(flags, json!([])).await;
    visit.browser.element("camera-problem").await;
    assert!(!visit.browser.shows("elsewhere").await);

    let folder = tempfile::tempdir().unwrap();
    let other_kind = "This file is neither a JPEG nor a PNG. Please choose another one.";
    // A picture of one pixel that browsers can show.
    let webp = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0";
    for (name, bytes, problem) in [
        ("notes.jpg", &b"Not a picture."[..], other_kind),
        ("me.webp", webp, other_kind),
        ("empty.png", b"", other_kind),
        ("cut.jpg", b"\xff\xd8\xff\xe0", "This picture cannot be read. Please choose another one."),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        visit.browser.attach("file", &file).await;
        let said = format!("document.querySelector('[data-testid=problem]')?.textContent === {}", json!(problem));
        visit.browser.until(&said).await;
        assert!(!visit.browser.shows("use").await, "{name}");
    }

    let picture = fs::read("docs/media/face.jpg").unwrap();
    let file = folder.path().join("me.jpg");
    fs::write(&file, &picture).unwrap();
    visit.browser.attach("file", &file).await;
    assert_eq!(visit.browser.text("[data-testid=file-name]").await, "me.jpg");
    assert!(!visit.browser.shows("problem").await);
    assert_eq!(visit.browser.text("[data-testid=retake]").await, "Choose another file");
    visit.browser.take_pictures("file").await;
    visit.browser.click("use").await;
    visit.see_done().await;
    assert_eq!(visit.media(&token, "face", json!({})).await.1, picture, "byte for byte");
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_by_name() {
    let visit = Visit::with_settings(|mock| mock.settings(|config| config.limits.upload = 1000)).await;
    visit.begin_and_open(bare(json!({"skip_face": false, "allow_face_upload": true})), json!([])).await;
    visit.browser.element("upload").await;
    let file = fs::canonicalize("docs/media/face.jpg").unwrap();
    visit.browser.attach("file", &file).await;
    let problem = "This file is larger than 1 kB. Please choose a smaller one.";
    assert_eq!(visit.browser.text("[data-testid=problem]").await, problem);
    assert!(!visit.browser.shows("use").await);

    // What the camera took is too large only for the mock.
    visit.browser.click("take").await;
    visit.browser.click("use").await;
    let problem = "This file is too large. Please choose a smaller one.";
    let said = format!("document.querySelector('[data-testid=problem]')?.textContent === {}", json!(problem));
    visit.browser.until(&said).await;
    visit.browser.element("retake").await;
}

#[tokio::test]
async fn an_iframe_needs_leave_for_the_camera() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    for (is_allowed, shown) in [(true, "video"), (false, "camera-problem")] {
        let token = visit.begin(face(), json!([])).await;
        let widget = visit.mock.widget_url(&token);
        let page = if is_allowed { site.embedding(&widget) } else { site.embedding_without_camera(&widget) };
        visit.browser.open(&page).await;
        visit.browser.enter_frame("#widget").await;
        visit.browser.element(shown).await;
        visit.browser.click("sample").await;
        visit.see_done().await;
        visit.browser.leave_frame().await;
        visit.browser.until("messages.length >= 2").await;
    }
}

#[tokio::test]
async fn a_picture_from_before_can_be_kept_or_replaced() {
    let visit = Visit::start().await;
    let token = visit.begin_and_open(face(), json!([{"type": "video-call"}])).await;
    visit.browser.click("take").await;
    visit.browser.click("use").await;
    visit.see("video-call").await;
    visit.browser.click("back").await;
    visit.see("face").await;
    visit.browser.click("keep").await;
    visit.see("video-call").await;
    visit.browser.click("back").await;
    visit.see("face").await;
    visit.browser.click("sample").await;
    visit.see("video-call").await;
    visit.pass_all().await;
    let picture = visit.media(&token, "face", json!({})).await.1;
    assert!(picture.windows(8).any(|part| part == b"specimen"));
}

/// Lets the camera open only when `openNow()` is called in the page.
const SLOW_CAMERA: &str = "const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const leave = new Promise((resolve) => { window.openNow = resolve; });
    navigator.mediaDevices.getUserMedia = (wish) => leave.then(() => open(wish));";

#[tokio::test]
async fn a_button_keeps_the_focus_while_the_camera_opens() {
    let visit = Visit::start().await;
    visit.begin_and_open(bare(json!({"skip_agreement": false, "skip_face": false})), json!([])).await;
    visit.see("agreement").await;
    visit.browser.run(SLOW_CAMERA).await;
    visit.browser.click("agree").await;
    visit.see("face").await;
    visit.browser.tab_to("sample").await;
    visit.browser.run("openNow()").await;
    visit.browser.element("video").await;
    assert_eq!(visit.browser.focused().await, "sample");
}

#[tokio::test]
async fn whatever_has_a_test_id_stays_as_long_as_its_screen() {
    let visit = Visit::start().await;
    let flags = bare(json!({"skip_agreement": false, "skip_face": false, "allow_face_upload": true}));
    for liveness in [false, true] {
        let flags = both(flags.clone(), json!({"liveness": liveness}));
        let token = visit.begin_and_open(flags, json!([])).await;
        visit.see("agreement").await;
        visit.browser.run(SLOW_CAMERA).await;
        visit.browser.click("agree").await;
        visit.see("face").await;
        let start = if liveness { "start" } else { "take" };
        let hold = "window.held = [...document.querySelectorAll('main [data-testid]')];
            window.stay = () => document.querySelector('main').dataset.screen !== 'face'
                || (held.every((one) => one.isConnected)
                    && [...document.querySelectorAll('main [data-testid]')].every((one) => held.includes(one)));";
        visit.browser.run(hold).await;
        let disabled = format!("document.querySelector('[data-testid={start}]').disabled");
        assert!(visit.browser.eval::<bool>(&disabled).await);
        visit.browser.run("openNow()").await;
        visit.browser.element("video").await;
        assert!(visit.browser.eval::<bool>("stay()").await, "the camera is open");
        // What was found while it was disabled is what is clicked.
        let click = format!("held.find((one) => one.dataset.testid === '{start}').click()");
        visit.browser.run(&click).await;
        if !liveness {
            visit.browser.element("retake").await;
            assert!(visit.browser.eval::<bool>("stay()").await, "a picture was taken");
            visit.browser.click("retake").await;
            visit.browser.element("video").await;
            assert!(visit.browser.eval::<bool>("stay()").await, "another one can be");
            visit.browser.run(&click).await;
            visit.browser.click("use").await;
        } else {
            visit.browser.element("prompt").await;
            assert!(visit.browser.eval::<bool>("stay()").await, "the prompts come");
        }
        visit.see_done().await;
        assert_eq!(visit.result(&token).await["live"], liveness);
    }
}

#[tokio::test]
async fn the_locators_of_puppeteer_find_the_buttons_that_can_be_clicked() {
    let visit = Visit::start().await;
    let mut script = Command::new("node");
    script.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/puppeteer.mjs"));
    script.arg(shell().unwrap_or("chromium".into()));
    for person in 0..10 {
        let is_live = person == 0;
        let token = visit.begin(both(face(), json!({"liveness": is_live})), json!([])).await;
        script.arg(visit.mock.widget_url(&token) + if is_live { "#live" } else { "" });
    }
    let done = tokio::task::spawn_blocking(move || script.output()).await.unwrap().expect("`make tools` installs node");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
