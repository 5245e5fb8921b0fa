//! Each language, once through.

use std::fs;

use serde_json::{Value, json};

use crate::visit::{Visit, bare, questionnaire};

/// Goes through everything in a language; the title of each screen is that of its file.
async fn through(code: &str, html: &str) {
    let visit = Visit::start().await;
    let texts =
        fs::read_to_string(format!("src/http/widget/languages/{code}.json")).expect("the language has its file");
    let texts: Value = serde_json::from_str(&texts).expect("the file is JSON");
    let text = |key: &str| texts[key].as_str().expect("the text is there");
    let question = json!({"type": "boolean", "key": "q", "title": {"en": "English", code: "own"}, "mandatory": false});
    let mut steps = questionnaire(json!([question]));
    steps[0]["title"] = json!({"en": "English", code: "own"});
    let flags = json!({
        "language": code, "require_email_check": true, "require_phone_number": true, "require_face_document": true,
        "allow_general_document_capture": true, "document_types": ["id"],
    });
    let token = visit.begin_and_open(flags, steps).await;
    let mut seen = Vec::new();
    loop {
        // The last screen goes by itself.
        let screen = visit.screen().await;
        if screen == "processing" {
            break;
        }
        assert_eq!(visit.browser.eval::<String>("document.documentElement.lang").await, html);
        seen.push(visit.browser.text("h1").await);
        // The buttons are the same in each.
        if code == "en" { visit.pass_by_hand(&screen).await } else { visit.pass(&screen).await }
    }
    visit.browser.element("done").await;
    assert_eq!(visit.browser.text("h1").await, texts["done-title"]);
    visit.browser.take_pictures(&format!("done-{code}")).await;
    let titles = [
        "agreement-title",
        "email-title",
        "code-title",
        "phone-title",
        "document-title",
        "capture-card-front",
        "capture-card-back",
        "capture-face",
        "capture-face-with-document",
        "paper-title",
        "capture-paper",
        "more-title",
    ];
    let mut titles: Vec<_> = titles.iter().map(|key| text(key).replace("{page}", "1")).collect();
    titles.push("own".into());
    assert_eq!(seen, titles);
    assert_eq!(visit.result(&token).await["result"], "APPROVED");
    assert_eq!(visit.browser.complaints().await, [""; 0]);
}

#[tokio::test]
async fn english() {
    through("en", "en").await;
}

#[tokio::test]
async fn spanish() {
    through("es", "es").await;
}

#[tokio::test]
async fn georgian() {
    through("ka", "ka").await;
}

#[tokio::test]
async fn russian() {
    through("ru", "ru").await;
}

#[tokio::test]
async fn ukrainian() {
    through("uk", "uk").await;
}

#[tokio::test]
async fn greek() {
    through("gr", "el").await;
}

#[tokio::test]
async fn uzbek() {
    through("uz", "uz").await;
}

#[tokio::test]
async fn countries_have_names_in_every_language() {
    let visit = Visit::start().await;
    for (code, georgia, uzbekistan) in [
        ("en", "Georgia", "Uzbekistan"),
        ("es", "Georgia", "Uzbekistán"),
        ("gr", "Γεωργία", "Ουζμπεκιστάν"),
        ("ka", "საქართველო", "უზბეკეთი"),
        ("ru", "Грузия", "Узбекистан"),
        ("uk", "Грузія", "Узбекистан"),
        ("uz", "Gruziya", "Oʻzbekiston"),
    ] {
        visit.begin_and_open(json!({"skip_agreement": true, "language": code}), json!([])).await;
        visit.browser.element("country").await;
        let name = |country: &str| format!("document.querySelector('#country [value={country}]').textContent");
        assert_eq!(visit.browser.eval::<String>(&name("GEO")).await, georgia);
        assert_eq!(visit.browser.eval::<String>(&name("UZB")).await, uzbekistan);
        let bare =
            "[...document.querySelectorAll('#country option')].filter((it) => it.textContent === it.value).length";
        assert_eq!(visit.browser.eval::<usize>(bare).await, 0, "{code}");
    }
    visit.browser.take_pictures("countries-uz").await;
}

#[tokio::test]
async fn words_that_live_apps_look_for_are_there() {
    let visit = Visit::start().await;
    visit.begin_and_open(bare(json!({"language": "ka"})), json!([])).await;
    visit.browser.element("done").await;
    assert!(visit.browser.text("main").await.contains("დასრულებულია"));
    visit.begin_and_open(bare(json!({"optional_continue_on_another_device": true})), json!([])).await;
    visit.see("device").await;
    assert!(visit.browser.text("main").await.contains("following methods"));
}
