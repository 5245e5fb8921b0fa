//! Texts of others that would run something if they could.

use std::fs;

use serde_json::json;

use crate::{
    browser::Camera,
    visit::{Visit, bare},
};

const HOSTILE: [&str; 4] = [
    "<img src=x onerror=\"window.pwned=1\">",
    "</script><script>window.pwned=1</script>",
    "\"><svg onload=\"window.pwned=1\">",
    "'-alert(1)-'",
];

impl Visit {
    /// Asserts that nothing ran, nothing foreign is in the page, and nothing had to be stopped.
    async fn assert_harmless(&self) {
        let foreign = "[...document.querySelectorAll('img, svg:not(.code), iframe, script')]
            .filter((element) => !/^.__widget.(embedding-checks|panel.panel|page).js$/.test(element.getAttribute('src')))
            .map((element) => element.outerHTML)";
        assert_eq!(self.browser.eval::<Vec<String>>(foreign).await, [""; 0]);
        assert!(!self.browser.eval::<bool>("'pwned' in window").await);
        assert_eq!(self.browser.complaints().await, [""; 0]);
    }
}

#[tokio::test]
async fn texts_of_a_questionnaire_run_nothing() {
    let visit = Visit::start().await;
    for hostile in HOSTILE {
        let kinds = ["boolean", "text", "select", "multiselect", "number", "date", hostile];
        let question = |kind: &str| {
            json!({
                "type": kind, "key": format!("{hostile} {kind}"), "title": {"en": hostile},
                "options": [hostile, {"key": format!("{hostile} 2"), "title": hostile}],
            })
        };
        let steps = json!([{
            "type": "user-questionnaire", "key": hostile, "title": hostile, "description": hostile,
            "questions": kinds.map(question),
        }]);
        let flags = bare(json!({"language": hostile, "platform": hostile, hostile: hostile}));
        let token = visit.begin_and_open(flags, steps).await;
        visit.see(hostile).await;
        assert_eq!(visit.browser.text("h1").await, hostile);
        assert!(visit.browser.eval::<bool>("document.querySelector('.text').innerText !== ''").await);
        // Title, seven questions, two options each of a list and of boxes; Markdown may show it otherwise.
        let times = format!("document.querySelector('main').innerText.split({}).length - 1", json!(hostile));
        let times: usize = visit.browser.eval(&times).await;
        assert!(times >= 1 + 7 + 2 + 2, "{hostile}: {times}");
        visit.assert_harmless().await;
        visit.browser.click("drawer-open").await;
        visit.browser.element("stages").await;
        visit.assert_harmless().await;
        visit.browser.click("drawer-close").await;
        visit.browser.fill_in(&format!("{hostile}.{hostile} text"), hostile).await;
        visit.browser.click(&format!("question-3-{hostile} 2")).await;
        visit.browser.click("continue").await;
        visit.see_done().await;
        visit.assert_harmless().await;
        let answered = json!([{"key": hostile, "questions": [
            {"key": format!("{hostile} text"), "answer": hostile},
            {"key": format!("{hostile} multiselect"), "answer": [format!("{hostile} 2")]},
        ]}]);
        assert_eq!(visit.result(&token).await["questionnaires"], answered);
    }
}

#[tokio::test]
async fn links_and_markdown_run_nothing() {
    let visit = Visit::with_camera(Camera::None).await;
    for hostile in HOSTILE {
        let link = format!("javascript:{hostile}");
        let description =
            format!("[click]({link}) ![see](https://example.com/x.png) <b onclick=\"window.pwned=1\">b</b>");
        let steps = json!([{"type": "user-questionnaire", "key": "k", "description": description, "questions": []}]);
        let flags = bare(json!({"skip_face": false, "switch_device_url": link, "return_url": link}));
        visit.begin_and_open(flags, steps).await;
        visit.browser.element("elsewhere").await;
        assert_eq!(visit.browser.eval::<String>("document.getElementById('link').value").await, link);
        visit.assert_harmless().await;
        visit.browser.click("sample").await;
        visit.see("k").await;
        assert!(!visit.browser.eval::<bool>("document.querySelector('main a, main b') !== null").await);
        visit.assert_harmless().await;
    }
}

#[tokio::test]
async fn names_of_files_and_addresses_run_nothing() {
    let visit = Visit::start().await;
    let folder = tempfile::tempdir().unwrap();
    for hostile in ["<img src=x onerror=\"window.pwned=1\">.jpg", "'-alert(1)-'.jpg"] {
        let flags = bare(json!({"skip_face": false, "allow_face_upload": true, "require_email_check": true}));
        visit.begin_and_open(flags, json!([])).await;
        let address = "<img/src=x/onerror=pwned=1>@example.com";
        visit.browser.fill_in("email", address).await;
        visit.browser.click("continue").await;
        visit.see("email.code").await;
        assert!(visit.browser.text(".lead").await.contains(address));
        visit.assert_harmless().await;
        visit.pass("email.code").await;
        visit.browser.element("upload").await;
        let file = folder.path().join(hostile);
        fs::copy("docs/media/face.jpg", &file).unwrap();
        visit.browser.attach("file", &file).await;
        assert_eq!(visit.browser.text("[data-testid=file-name]").await, hostile);
        visit.assert_harmless().await;
    }
}

#[tokio::test]
async fn what_is_said_of_scenarios_and_people_runs_nothing() {
    let scenarios = tempfile::tempdir().unwrap();
    let hostile = json!(HOSTILE[0]);
    let person = format!("person: {{birth_place: {hostile}, authority: {hostile}}}");
    let scenario = format!("description: {hostile}\n{person}\nstages: [{{when: widget, result: APPROVED}}]\n");
    fs::write(scenarios.path().join("scripted.yaml"), scenario).unwrap();
    let settings = |config: &mut identomat_mock::Config| config.scenarios = Some(scenarios.path().to_owned());
    let visit = Visit::with_settings(|mock| mock.scenario("scripted").settings(settings)).await;
    let token = visit.begin_and_open(json!({}), json!([])).await;
    visit.see("agreement").await;
    visit.browser.click("drawer-open").await;
    visit.browser.element("stages").await;
    assert!(visit.browser.text("[data-testid=drawer]").await.contains(HOSTILE[0]));
    visit.assert_harmless().await;
    visit.browser.click("drawer-close").await;
    visit.pass_all().await;
    visit.assert_harmless().await;
    assert_eq!(visit.result(&token).await["person"]["birth_place"], HOSTILE[0]);
}

#[tokio::test]
async fn names_of_javascript_are_names_like_others() {
    let visit = Visit::start().await;
    for name in ["__proto__", "constructor", "toString"] {
        let question = json!({"type": name, "key": name, "title": {"en": "English"}, "mandatory": true});
        let steps = json!([{"type": "user-questionnaire", "key": name, "title": name, "questions": [question]}]);
        let token = visit.begin_and_open(bare(json!({"language": name})), steps).await;
        visit.see(name).await;
        assert_eq!(visit.browser.text("label").await, "English");
        visit.browser.fill_in(&format!("{name}.{name}"), "answer").await;
        visit.browser.click("continue").await;
        visit.see_done().await;
        let answered = json!([{"key": name, "questions": [{"key": name, "answer": "answer"}]}]);
        assert_eq!(visit.result(&token).await["questionnaires"], answered);
    }
}
