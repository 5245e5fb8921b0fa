//! How every screen looks: pictures of all, on a phone and on a computer.

use serde_json::json;

use crate::visit::{Visit, question_of_each_type, questionnaire};

#[tokio::test]
async fn dark_pages_are_pictured() {
    let visit = Visit::start().await;
    visit.browser.prefer("dark").await;
    visit.begin_and_open(json!({"require_email": true}), json!([])).await;
    for screen in ["agreement", "email", "document", "document.front"] {
        if visit.screen().await == screen {
            visit.browser.take_pictures(&format!("dark-{screen}")).await;
            visit.pass().await;
        }
    }
}

#[tokio::test]
async fn every_screen_is_pictured() {
    let visit = Visit::start().await;
    let mut questions = question_of_each_type();
    for question in questions.as_array_mut().unwrap() {
        question["mandatory"] = false.into();
    }
    let mut steps = questionnaire(questions);
    let kinds = ["language", "geolocation", "video-call"];
    let others = kinds.map(|kind| json!({"type": kind}));
    steps.as_array_mut().unwrap().extend(others);
    let flags = json!({
        "optional_continue_on_another_device": true, "multiple_participants": true, "require_email_check": true,
        "require_phone_number_check": true, "liveness": true, "require_face_document": true,
        "allow_general_document_upload": true, "cascading_identity_verification": true, "allow_document_upload": true,
    });
    visit.begin_and_open(flags, steps).await;
    loop {
        let screen = visit.screen().await;
        if screen == "processing" {
            break;
        }
        visit.browser.take_pictures(&format!("screen-{screen}")).await;
        visit.pass().await;
    }
}
