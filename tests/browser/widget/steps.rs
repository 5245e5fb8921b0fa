//! Each type of step and of question, and the way back and forth between them.

use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::Key;

use crate::visit::{Visit, bare, question_of_each_type, questionnaire};

/// A step of each type that the person sees, with the screens that it has.
fn each_type() -> Vec<(Value, &'static [&'static str])> {
    let questions = json!([{"type": "text", "key": "q"}]);
    vec![
        (json!({"type": "language"}), &["language"]),
        (json!({"type": "user-questionnaire", "key": "k", "questions": questions}), &["k"]),
        (json!({"type": "client-questionnaire", "questions": questions}), &["client-questionnaire"]),
        (json!({"type": "liveness", "key": "alive"}), &["alive"]),
        (
            json!({"type": "identity-document", "key": "own", "document_types": ["id"], "document_countries": ["GEO"]}),
            &["own.front", "own.back"],
        ),
        (
            json!({"type": "general-document", "key": "paper", "general_document_types": ["utility_bill"]}),
            &["paper.page-1", "paper.more-1"],
        ),
        (json!({"type": "phone-number", "require_phone_number_check": true}), &["phone-number", "phone-number.code"]),
        (json!({"type": "email"}), &["email"]),
        (json!({"type": "selfie-with-document"}), &["selfie-with-document"]),
        (json!({"type": "video-call"}), &["video-call"]),
        (json!({"type": "geolocation"}), &["geolocation"]),
        (json!({"type": "operator-questionnaire", "key": "hidden"}), &[]),
        (json!({"type": "unheard-of"}), &[]),
    ]
}

#[tokio::test]
async fn every_type_of_step_is_gone_through_in_the_order_of_the_company() {
    let visit = Visit::start().await;
    let (steps, screens): (Vec<_>, Vec<_>) = each_type().into_iter().unzip();
    let token = visit.begin_and_open(bare(json!({})), json!(steps)).await;
    let expected: Vec<_> = screens.concat().into_iter().chain(["processing"]).collect();
    assert_eq!(visit.pass_all_by_hand().await, expected);
    let result = visit.result(&token).await;
    assert_eq!((&result["result"], &result["document_type"]), (&json!("APPROVED"), &json!("id")));
    assert_eq!(result["generalDocuments"][0]["typeId"], "utility_bill");
}

#[tokio::test]
async fn reloading_stays_at_every_screen_and_the_link_leads_back_to_it() {
    let visit = Visit::start().await;
    let steps: Vec<_> = each_type().into_iter().map(|(step, _)| step).collect();
    let token = visit.begin_and_open(json!({"multiple_participants": true}), json!(steps)).await;
    loop {
        let screen = visit.screen().await;
        if screen == "processing" {
            break;
        }
        visit.browser.reload().await;
        visit.see(&screen).await;
        visit.open(&token).await;
        visit.see(&screen).await;
        visit.pass(&screen).await;
    }
    visit.see_done().await;
}

#[tokio::test]
async fn the_way_back_is_open_by_button_and_by_browser() {
    let visit = Visit::start().await;
    visit
        .begin_and_open(bare(json!({"skip_agreement": false, "require_email": true})), json!([{"type": "language"}]))
        .await;
    visit.pass_to("language").await;
    visit.pass("agreement").await;
    visit.see("language").await;
    visit.browser.click("back").await;
    visit.see("email").await;
    let address: String = visit.browser.eval("document.getElementById('address').value").await;
    assert_eq!(address, "somebody@example.com", "what was given is there");
    visit.browser.go_back().await;
    visit.see("agreement").await;
    assert!(!visit.browser.shows("back").await);
    visit.pass("agreement").await;
    visit.see("language").await;
}

#[tokio::test]
async fn whoever_goes_back_while_an_answer_is_on_its_way_sees_what_the_url_says() {
    let visit = Visit::start().await;
    visit
        .begin_and_open(bare(json!({"skip_agreement": false, "require_email": true})), json!([{"type": "language"}]))
        .await;
    visit.pass_to("language").await;
    visit.browser.slow_down(Duration::from_millis(200)).await;
    visit.browser.run("document.querySelector('[data-testid=continue]').click(); history.back()").await;
    let agrees = "!document.body.ariaBusy
        && document.querySelector('main').dataset.screen === new URLSearchParams(location.search).get('step')";
    visit.browser.until(&format!("({agrees}) || document.querySelector('[data-testid=done]')")).await;
}

#[tokio::test]
async fn every_type_of_question_is_answered() {
    let visit = Visit::start().await;
    let token = visit.begin_and_open(bare(json!({})), questionnaire(question_of_each_type())).await;
    visit.see("about-you").await;
    assert_eq!(visit.browser.text("h1").await, "About you");
    visit.browser.click("question-0-false").await;
    visit.browser.fill_in("about-you.occupation", "Schäferin & <Weberin>").await;
    visit.browser.choose("about-you.income", "Savings").await;
    visit.browser.click("question-3-card").await;
    visit.browser.click("question-3-deposit").await;
    visit.browser.fill_in("about-you.turnover", "1234.5").await;
    visit.browser.fill_in("about-you.resident-since", "02292024").await;
    visit.browser.click("continue").await;
    visit.see_done().await;
    let answered = visit.result(&token).await["questionnaires"][0]["questions"].clone();
    let expected = json!([
        {"key": "is-politically-exposed", "answer": false},
        {"key": "occupation", "answer": "Schäferin & <Weberin>"},
        {"key": "income", "answer": "savings"},
        {"key": "services", "answer": ["card", "deposit"]},
        {"key": "turnover", "answer": "1234.5"},
        {"key": "resident-since", "answer": "2024-02-29"},
    ]);
    assert_eq!(answered, expected);
}

#[tokio::test]
async fn an_open_mandatory_question_keeps_the_person() {
    let visit = Visit::start().await;
    visit.begin_and_open(bare(json!({})), questionnaire(question_of_each_type())).await;
    visit.see("about-you").await;
    visit.browser.click("continue").await;
    // The number of complaints, and of the fields that name theirs.
    let marked = "(() => {
        const complaints = [...document.querySelectorAll('[data-testid=answer-missing]')];
        const named = complaints.filter(({ id }) => document.querySelector(`[aria-invalid=true][aria-describedby='${id}']`));
        return [complaints.length, named.length, document.querySelectorAll('[aria-invalid]').length]; })()";
    assert_eq!(visit.browser.text("[data-testid=answer-missing]").await, "Please answer this question.");
    assert_eq!(visit.screen().await, "about-you");
    let check_boxes_more = 2;
    assert_eq!(visit.browser.eval::<Vec<usize>>(marked).await, [6, 6, 6 + check_boxes_more]);
    assert_eq!(visit.browser.violations().await, [""; 0]);
    visit.browser.take_pictures("questions-open").await;
    let left = |number: usize| format!("document.querySelectorAll('[data-testid=answer-missing]').length === {number}");
    visit.browser.click("question-0-false").await;
    visit.browser.until(&left(5)).await;
    visit.browser.fill_in("about-you.occupation", "Shepherd").await;
    visit.browser.until(&left(4)).await;
    visit.browser.choose("about-you.income", "Savings").await;
    visit.browser.until(&left(3)).await;
    visit.browser.click("question-3-card").await;
    visit.browser.until(&left(2)).await;
    assert_eq!(visit.browser.eval::<Vec<usize>>(marked).await, [2, 2, 2]);
    visit.browser.fill_in("about-you.turnover", "1").await;
    visit.browser.fill_in("about-you.resident-since", "02292024").await;
    visit.browser.until(&left(0)).await;
    visit.browser.click("continue").await;
    visit.see_done().await;
}

#[tokio::test]
async fn an_optional_question_may_stay_open() {
    let visit = Visit::start().await;
    let mut questions = question_of_each_type();
    for question in questions.as_array_mut().unwrap() {
        question["mandatory"] = false.into();
    }
    let token = visit.begin_and_open(bare(json!({})), questionnaire(questions)).await;
    visit.browser.click("continue").await;
    visit.see_done().await;
    assert_eq!(visit.result(&token).await["questionnaires"][0]["questions"], json!([]));
}

#[tokio::test]
async fn answers_are_there_when_the_person_comes_back() {
    let visit = Visit::start().await;
    let question = json!([{"type": "boolean", "key": "q", "title": "Q?"}, {"type": "text", "key": "t", "title": "T?"}]);
    let mut steps = questionnaire(question);
    steps.as_array_mut().unwrap().push(json!({"type": "video-call"}));
    visit.begin_and_open(bare(json!({})), steps).await;
    visit.browser.click("question-0-true").await;
    visit.browser.fill_in("about-you.t", "kept").await;
    visit.browser.click("continue").await;
    visit.see("video-call").await;
    visit.browser.click("back").await;
    visit.see("about-you").await;
    let shown: Value = visit
        .browser
        .eval("[document.querySelector(':checked').value, document.querySelector('#question-1').value]")
        .await;
    assert_eq!(shown, json!(["true", "kept"]));
}

#[tokio::test]
async fn markdown_of_a_description_is_rendered() {
    let visit = Visit::start().await;
    visit.begin_and_open(bare(json!({})), questionnaire(json!([]))).await;
    assert_eq!(visit.browser.text(".text strong").await, "wants us");
    let link: Vec<String> =
        visit.browser.eval("['href', 'target', 'rel'].map((it) => document.querySelector('.text a')[it])").await;
    assert_eq!(link, ["https://example.com/why", "_blank", "noopener noreferrer"]);
}

#[tokio::test]
async fn a_general_document_has_as_many_pages_as_are_added() {
    let visit = Visit::start().await;
    let flags = bare(json!({"allow_general_document_capture": true, "general_document_types": ["bank_statement"]}));
    let token = visit.begin_and_open(flags, json!([])).await;
    visit.pass_to("general-document.more-1").await;
    visit.browser.click("add-page").await;
    visit.see("general-document.page-2").await;
    assert_eq!(visit.browser.text("h1").await, "Page 2 of your document");
    visit.pass_all().await;
    assert_eq!(visit.result(&token).await["generalDocuments"][0]["pages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn another_language_can_be_chosen() {
    let visit = Visit::start().await;
    visit.begin_and_open(bare(json!({})), json!([{"type": "language"}, {"type": "video-call"}])).await;
    visit.browser.click("language-ka").await;
    visit.browser.click("continue").await;
    visit.see("video-call").await;
    assert_eq!(visit.browser.text("h1").await, "ვიდეოზარი");
    assert_eq!(visit.browser.eval::<String>("document.documentElement.lang").await, "ka");
}

#[tokio::test]
async fn the_keyboard_alone_gets_through() {
    let visit = Visit::start().await;
    let question = json!([{"type": "boolean", "key": "q", "title": "Q?", "mandatory": true}]);
    let flags = bare(json!({"skip_agreement": false, "skip_face": false, "require_email": true}));
    let token = visit.begin_and_open(flags, questionnaire(question)).await;
    visit.see("agreement").await;
    visit.browser.tab_to("agree").await;
    visit.browser.press(Key::Enter).await;
    visit.see("email").await;
    assert_eq!(visit.browser.focused().await, "email", "the field has the focus");
    visit.browser.fill_in("email", "somebody@example.com").await;
    visit.browser.press(Key::Enter).await;
    visit.see("face").await;
    visit.browser.element("take").await;
    visit.browser.tab_to("sample").await;
    visit.browser.press(Key::Enter).await;
    visit.see("about-you").await;
    visit.browser.tab_to("question-0-true").await;
    visit.browser.press(Key::Space).await;
    visit.browser.press(Key::Enter).await;
    visit.see_done().await;
    assert_eq!(visit.result(&token).await["questionnaires"][0]["questions"][0]["answer"], true);
}
