//! A person goes through the widget, and the company's backend reads what came of it.

use std::time::Duration;

use identomat_mock::MockServer;
use serde_json::{Value, json};
use thirtyfour::Key;

use crate::{browser::Browser, site::Site};

const SESSION_LIFETIME: Duration = Duration::from_secs(15 * 60);
const UNKNOWN_TOKEN: &str = "0000000000000000000000000000000000000000";

/// A mock, and a person with a browser.
struct Visit {
    mock: MockServer,
    browser: Browser,
}

impl Visit {
    async fn start() -> Self {
        Self { mock: MockServer::start().await, browser: Browser::start().await }
    }

    /// Begins a session as the company's backend does.
    async fn begin(&self, flags: Value, steps: Value) -> String {
        let token = self.call("begin", json!({"flags": flags, "steps": steps})).await;
        token.as_str().unwrap_or_else(|| panic!("not a token: {token}")).to_owned()
    }

    async fn result(&self, token: &str) -> Value {
        self.call("result", json!({"session_token": token})).await
    }

    async fn call(&self, method: &str, mut parameters: Value) -> Value {
        parameters["company_key"] = self.mock.company_key().into();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client without TLS can be built");
        let call = client.post(format!("{}/external-api/{method}/", self.mock.url())).json(&parameters);
        let answer = call.send().await.expect("the mock answers");
        answer.json().await.expect("the answer is JSON")
    }

    /// Begins a session and opens its widget.
    async fn begin_and_open(&self, flags: Value, steps: Value) -> String {
        let token = self.begin(flags, steps).await;
        self.open(&token).await;
        token
    }

    async fn open(&self, token: &str) {
        self.browser.open(&self.mock.widget_url(token)).await;
    }

    /// Opens the fold with what the session is about.
    async fn show_session(&self) {
        self.browser.find("summary").await.click().await.expect("the fold can be opened");
    }

    /// Waits for the page that says that all is done.
    async fn see_done(&self) {
        self.browser.element("done").await;
        assert_eq!(self.browser.text("h1").await, "Process finished");
        assert_eq!(self.browser.eval::<String>("document.title").await, "Process finished");
        assert_eq!(self.browser.text(".mock").await, "mock");
    }

    /// Asserts which page the person is shown instead of the widget.
    async fn see_closed(&self, title: &str, text: &str) {
        self.browser.element("closed").await;
        assert_eq!(self.browser.title().await, title);
        assert_eq!(self.browser.text("h1").await, title);
        assert_eq!(self.browser.text("main > p").await, text);
        assert_eq!(self.browser.text(".mock").await, "mock");
    }

    /// Asserts that the person can see everything without scrolling sideways, and hit every button with a thumb.
    async fn assert_usable(&self, width: u32) {
        let beside: Vec<String> = self
            .browser
            .eval(
                "[...document.querySelectorAll('body *')]
                    .filter((element) => element.getClientRects().length > 0)
                    .filter((element) => {
                        const { left, right, height } = element.getBoundingClientRect();
                        const isLow = height < 44 && element.matches('button, select, .field input');
                        return isLow || left < 0 || right > document.documentElement.clientWidth;
                    })
                    .map((element) => element.outerHTML)",
            )
            .await;
        assert_eq!(beside, [""; 0], "too low, or beside a page of {width} pixels");
        let wanted: u32 = self.browser.eval("document.documentElement.scrollWidth").await;
        assert!(wanted <= width, "{wanted} pixels are wanted, {width} are there");
    }
}

/// One questionnaire with these questions.
fn questionnaire(questions: Value) -> Value {
    json!([{
        "type": "user-questionnaire",
        "key": "about-you",
        "title": "About you",
        "description": "The law wants us to ask.\nIt takes a minute.",
        "questions": questions,
    }])
}

/// The manual's example: a boolean question in several languages.
fn political_question() -> Value {
    json!({
        "type": "boolean",
        "key": "is-politically-exposed",
        "mandatory": true,
        "title": {
            "en": "Are you a politically exposed person?",
            "ka": "ხართ თუ არა პოლიტიკურად აქტიური პირი?",
        },
    })
}

/// A question of each type, in an order that is no other order.
fn question_of_each_type() -> Value {
    json!([
        political_question(),
        {"type": "text", "key": "occupation", "title": "What do you do?", "mandatory": true},
        {"type": "select", "key": "income", "title": "Where is your income from?", "mandatory": true, "options": [
            {"key": "salary", "title": {"en": "A salary", "ka": "ხელფასი"}},
            {"key": "savings", "title": "Savings"},
        ]},
        {"type": "multiselect", "key": "services", "title": "What do you need?", "mandatory": true, "options": [
            "card", {"key": "loan", "title": "A loan"}, {"key": "deposit", "title": "A deposit"},
        ]},
        {"type": "number", "key": "turnover", "title": "How much a month?", "mandatory": true},
        {"type": "date", "key": "resident-since", "title": "Since when do you live here?", "mandatory": true},
    ])
}

/// Answers the [`question_of_each_type`].
async fn answer_each_type(browser: &Browser) {
    browser.click("question-0-0-false").await;
    browser.fill_in("about-you.occupation", "Schäferin & <Weberin>").await;
    browser.choose("about-you.income", "Savings").await;
    browser.click("question-0-3-card").await;
    browser.click("question-0-3-deposit").await;
    browser.fill_in("about-you.turnover", "1234.5").await;
    browser.fill_in("about-you.resident-since", "02292024").await;
}

#[tokio::test]
async fn an_approved_person_returns_to_the_company() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let return_url = site.url("/return?order=7");
    let flags = json!({"language": "ka", "return_url": return_url});
    let token = visit.begin_and_open(flags, questionnaire(json!([political_question()]))).await;

    assert_eq!(visit.browser.title().await, "Identity verification");
    assert_eq!(visit.browser.text("#agreement h2").await, "Terms");
    visit.browser.click("agree").await;
    assert_eq!(visit.browser.text("#questionnaires h2").await, "About you");
    assert_eq!(visit.browser.text("legend").await, "ხართ თუ არა პოლიტიკურად აქტიური პირი? *");
    assert_eq!(visit.browser.text("#scenario").await, "approved: The person is approved.");
    visit.browser.take_pictures("steps-georgian").await;
    visit.browser.click("question-0-0-true").await;
    visit.browser.click("finish").await;

    visit.browser.until("location.pathname === '/return'").await;
    assert_eq!(visit.browser.text("h1").await, "Welcome back");
    assert_eq!(visit.browser.url().await, return_url);

    let result = visit.result(&token).await;
    assert_eq!(result["result"], "APPROVED");
    let answers = json!([{
        "key": "about-you",
        "questions": [{"key": "is-politically-exposed", "answer": true}],
    }]);
    assert_eq!(result["questionnaires"], answers);
    let user_agent = result["technicalDetails"]["userAgent"].as_str().unwrap();
    assert!(user_agent.contains("Chrome"), "{user_agent}");
}

#[tokio::test]
async fn the_page_tells_which_steps_the_person_came_to() {
    let scenarios = tempfile::tempdir().unwrap();
    let scenario = "description: a\nstages: [{when: step=agreement, result: MANUAL_CHECK}, {when: step=about-you, \
                    result: REJECTED}]";
    std::fs::write(scenarios.path().join("scripted.yaml"), scenario).unwrap();
    let settings = |config: &mut identomat_mock::Config| config.scenarios = Some(scenarios.path().to_owned());
    let mock = MockServer::builder().scenario("scripted").settings(settings).start().await.unwrap();
    let visit = Visit { mock, browser: Browser::start().await };
    let told = async |step: &str| {
        let is_there =
            format!("performance.getEntriesByType('resource').some(it => it.name.endsWith('/steps/{step}'))");
        visit.browser.until(&is_there).await;
    };
    let token = visit.begin(json!({}), questionnaire(json!([political_question()]))).await;
    assert_eq!(visit.result(&token).await["result"], "IN_PROGRESS");
    visit.open(&token).await;
    told("agreement").await;
    assert_eq!(visit.result(&token).await["result"], "MANUAL_CHECK");
    visit.browser.click("agree").await;
    told("about-you").await;
    assert_eq!(visit.result(&token).await["result"], "REJECTED");
}

#[tokio::test]
async fn the_parent_hears_of_every_outcome() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    for (outcome, button) in [
        ("APPROVED", "finish-APPROVED"),
        ("REJECTED", "finish-REJECTED"),
        ("MANUAL_CHECK", "finish-MANUAL_CHECK"),
        ("DISAGREED_WITH_TERMS", "disagree"),
    ] {
        let token = visit.begin(json!({}), json!([])).await;
        visit.browser.open(&site.embedding(&visit.mock.widget_url(&token))).await;
        visit.browser.enter_frame("#widget").await;
        if button != "disagree" {
            visit.browser.click("agree").await;
        }
        visit.browser.element(button).await;
        visit.browser.leave_frame().await;
        assert_eq!(visit.browser.eval::<Value>("messages").await, json!([]), "{outcome}: nothing is done yet");

        visit.browser.enter_frame("#widget").await;
        visit.browser.click(button).await;
        visit.see_done().await;
        assert_eq!(visit.browser.text("#done").await, "Thank you. You can close this page.");
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

/// As the app around a web view does it: the listener comes when the page has loaded, and into that page alone.
#[tokio::test]
async fn a_listener_injected_at_top_level_hears_the_end() {
    let visit = Visit::start().await;
    for (flags, buttons, outcome) in [
        (json!({"language": "gr"}), &["agree", "finish"][..], "APPROVED"),
        (json!({"skip_agreement": true}), &["finish-REJECTED"], "REJECTED"),
        (json!({}), &["disagree"], "DISAGREED_WITH_TERMS"),
    ] {
        let token = visit.begin_and_open(flags.clone(), questionnaire(json!([]))).await;
        visit.browser.element(buttons[0]).await;
        let language = if flags["language"] == "gr" { "el" } else { "en" };
        assert_eq!(visit.browser.eval::<String>("document.documentElement.lang").await, language);
        visit.browser.run("window.heard = []; addEventListener('message', ({ data }) => heard.push(data));").await;
        for button in buttons {
            let step: Option<String> = visit.browser.eval("new URLSearchParams(location.search).get('step')").await;
            let expected = if matches!(*button, "agree" | "disagree") { "agreement" } else { "document" };
            assert_eq!(step.as_deref(), Some(expected));
            visit.browser.click(button).await;
        }
        visit.see_done().await;
        visit.browser.until("heard.length >= 2").await;
        let heard = json!(["DONE", {"type": "done", "sessionId": token}]);
        assert_eq!(visit.browser.eval::<Value>("heard").await, heard, "{outcome}");
        assert_eq!(visit.browser.url().await, visit.mock.widget_url(&token));
        assert_eq!(visit.result(&token).await["result"], outcome);
        assert_eq!(visit.browser.complaints().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_form_posted_without_the_script_tells_the_end_too() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let token = visit.begin(json!({}), json!([])).await;
    visit.browser.open(&site.embedding(&visit.mock.widget_url(&token))).await;
    visit.browser.enter_frame("#widget").await;
    visit.browser.element("agree").await;
    // Unlike a click, this asks no listener.
    visit.browser.run("document.querySelector('#agreement form').submit()").await;
    visit.see_done().await;
    visit.browser.leave_frame().await;
    visit.browser.until("messages.length >= 2").await;
    assert_eq!(visit.browser.eval::<Value>("messages[0].data").await, "DONE");
}

#[tokio::test]
async fn a_form_that_no_button_sent_ends_as_the_scenario_says() {
    let visit = Visit::start().await;
    let flags = json!({"skip_agreement": true, "mock_scenario": "manual-check"});
    let token = visit.begin_and_open(flags, json!([])).await;
    visit.browser.element("finish").await;
    visit.browser.run("document.getElementById('steps').requestSubmit()").await;
    visit.see_done().await;
    assert_eq!(visit.result(&token).await["result"], "MANUAL_CHECK");
}

#[tokio::test]
async fn what_is_refused_is_said_and_can_be_sent_again() {
    let visit = Visit::start().await;
    let token = visit.begin_and_open(json!({"skip_agreement": true}), json!([])).await;
    visit.browser.run("document.querySelector('[data-testid=finish]').value = '<i>'").await;
    visit.browser.click("finish").await;
    let problem = "This cannot be sent: `outcome`: `<i>` is not an outcome; allowed: APPROVED, REJECTED, MANUAL_CHECK, \
                   DISAGREED_WITH_TERMS, IN_PROGRESS, or scenario: as the scenario says";
    assert_eq!(visit.browser.text("#problem").await, problem);
    visit.browser.take_pictures("refused").await;
    visit.browser.run("document.querySelector('[data-testid=finish]').value = 'scenario'").await;
    visit.browser.click("finish").await;
    visit.see_done().await;
    assert!(visit.browser.eval::<bool>("document.getElementById('problem').hidden").await);
    assert_eq!(visit.result(&token).await["result"], "APPROVED");
}

#[tokio::test]
async fn disagreeing_needs_no_mandatory_answer() {
    let visit = Visit::start().await;
    let token = visit.begin_and_open(json!({}), questionnaire(question_of_each_type())).await;
    visit.browser.click("disagree").await;
    visit.see_done().await;
    assert_eq!(visit.result(&token).await["result"], "DISAGREED_WITH_TERMS");
}

#[tokio::test]
async fn an_open_mandatory_question_keeps_the_person() {
    let visit = Visit::start().await;
    // Each type on its own: the browser complains of the first question only.
    for question in question_of_each_type().as_array().unwrap() {
        let token = visit.begin_and_open(json!({}), questionnaire(json!([question]))).await;
        visit.browser.click("agree").await;
        for button in ["finish", "finish-REJECTED"] {
            visit.browser.click(button).await;
            // A form that is sent leaves the page before chromedriver takes the next command.
            assert_eq!(visit.browser.text("h2").await, "About you", "{question}");
            let missing = "document.querySelector('input:invalid, select:invalid') !== null";
            assert!(visit.browser.eval::<bool>(missing).await, "{question}");
        }
        assert_eq!(visit.result(&token).await["result"], "IN_PROGRESS", "{question}");
    }
}

#[tokio::test]
async fn optional_questions_may_be_left_open() {
    let visit = Visit::start().await;
    let mut questions = question_of_each_type();
    for question in questions.as_array_mut().unwrap() {
        question["mandatory"] = false.into();
    }
    let token = visit.begin_and_open(json!({}), questionnaire(questions)).await;
    visit.browser.click("agree").await;
    visit.browser.fill_in("about-you.occupation", "Weaver").await;
    visit.browser.click("finish").await;
    visit.see_done().await;
    let answered = json!([{"key": "about-you", "questions": [{"key": "occupation", "answer": "Weaver"}]}]);
    assert_eq!(visit.result(&token).await["questionnaires"], answered);
}

#[tokio::test]
async fn answers_of_every_type_arrive_as_given() {
    let visit = Visit::start().await;
    let token = visit.begin_and_open(json!({}), questionnaire(question_of_each_type())).await;
    visit.browser.click("agree").await;
    answer_each_type(&visit.browser).await;
    visit.browser.click("finish").await;
    visit.see_done().await;
    let answered = json!([{"key": "about-you", "questions": [
        {"key": "is-politically-exposed", "answer": false},
        {"key": "occupation", "answer": "Schäferin & <Weberin>"},
        {"key": "income", "answer": "savings"},
        {"key": "services", "answer": ["card", "deposit"]},
        {"key": "turnover", "answer": "1234.5"},
        {"key": "resident-since", "answer": "2024-02-29"},
    ]}]);
    assert_eq!(visit.result(&token).await["questionnaires"], answered);
}

#[tokio::test]
async fn enter_in_a_field_does_not_disagree() {
    let visit = Visit::start().await;
    let question = json!({"type": "text", "key": "occupation", "title": "What do you do?", "mandatory": true});
    let token = visit.begin_and_open(json!({}), questionnaire(json!([question]))).await;
    visit.browser.click("agree").await;
    visit.browser.fill_in("about-you.occupation", "Weaver" + Key::Enter).await;
    visit.see_done().await;
    let result = visit.result(&token).await;
    assert_eq!(result["result"], "APPROVED");
    assert_eq!(result["questionnaires"][0]["questions"][0]["answer"], "Weaver");
}

#[tokio::test]
async fn a_second_click_does_not_lose_the_end() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let return_url = site.url("/return?order=7");
    visit.begin_and_open(json!({"skip_agreement": true, "return_url": return_url}), json!([])).await;
    // The second click comes while the answer to the first one is on its way.
    visit.browser.slow_down(Duration::from_millis(500)).await;
    visit.browser.double_click("finish").await;
    visit.browser.until("location.search === '?order=7' || document.querySelector('[data-testid=closed]')").await;
    assert_eq!(visit.browser.text("h1").await, "Welcome back");
    assert_eq!(visit.browser.url().await, return_url);
}

#[tokio::test]
async fn closed_links_say_why_they_are_closed() {
    let visit = Visit::start().await;

    for token in [UNKNOWN_TOKEN, "", "no-token", "<img src=x onerror=\"window.pwned=1\">"] {
        visit.open(token).await;
        visit.see_closed("This link is not valid", "There is no verification under this link.").await;
        assert!(!visit.browser.eval::<bool>("'pwned' in window || document.querySelector('img') !== null").await);
    }
    visit.open(UNKNOWN_TOKEN).await;
    visit.browser.take_pictures("closed-not-valid").await;

    let finished = visit.begin(json!({"skip_agreement": true}), json!([])).await;
    visit.mock.finish(&finished).unwrap();
    visit.open(&finished).await;
    let nothing_left = "There is nothing left to do. You can close this page.";
    visit.see_closed("This verification is finished", nothing_left).await;
    visit.browser.take_pictures("closed-finished").await;

    // One link expires before it is opened, and one while the person looks at the page.
    let (unopened, opened) = (visit.begin(json!({}), json!([])).await, visit.begin(json!({}), json!([])).await);
    visit.open(&opened).await;
    visit.browser.click("agree").await;
    visit.browser.element("finish").await;
    visit.mock.advance(SESSION_LIFETIME);
    visit.browser.click("finish").await;
    let ask_again = "Ask the company that sent you here for a new one.";
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
async fn hostile_texts_are_shown_and_run_nothing() {
    let visit = Visit::start().await;
    for hostile in [
        "<img src=x onerror=\"window.pwned=1\">",
        "</script><script>window.pwned=1</script>",
        "\"><svg onload=\"window.pwned=1\">",
        "'-alert(1)-'",
    ] {
        let question = |kind: &str| {
            json!({
                "type": kind,
                "key": format!("{hostile} {kind}"),
                "title": {"en": hostile},
                "options": [hostile, {"key": format!("{hostile} 2"), "title": hostile}],
            })
        };
        let kinds = ["boolean", "text", "select", "multiselect", "number", "date", hostile];
        let steps = json!([{
            "type": "user-questionnaire",
            "key": hostile,
            "title": hostile,
            "description": hostile,
            "questions": kinds.map(question),
        }]);
        let flags = json!({"language": hostile, "platform": hostile, hostile: hostile, "document_types": [hostile]});
        let token = visit.begin_and_open(flags, steps).await;
        visit.browser.click("agree").await;
        visit.show_session().await;

        assert_eq!(visit.browser.text("#questionnaires h2").await, hostile);
        assert_eq!(visit.browser.text("#questionnaires p").await, hostile);
        // Title and description, seven questions, two options each of a list and of boxes.
        let times = format!("document.getElementById('questionnaires').innerText.split({}).length - 1", json!(hostile));
        let times: usize = visit.browser.eval(&times).await;
        assert_eq!(times, 2 + 7 + 2 + 2, "{hostile}");
        let language: String = visit.browser.eval("[...document.querySelectorAll('#session dd')][2].innerText").await;
        assert_eq!(language, hostile);
        let foreign: Vec<String> = visit
            .browser
            .eval(
                "[...document.querySelectorAll('img, svg, iframe, script')]
                    .filter((element) => element.getAttribute('src') !== '/__widget/page.js')
                    .map((element) => element.outerHTML)",
            )
            .await;
        assert_eq!(foreign, [""; 0]);

        visit.browser.fill_in(&format!("{hostile}.{hostile} text"), hostile).await;
        visit.browser.click(&format!("question-0-3-{hostile} 2")).await;
        assert!(!visit.browser.eval::<bool>("'pwned' in window").await);
        // A policy that has to stop something complains; there is nothing to stop.
        assert_eq!(visit.browser.complaints().await, [""; 0]);
        visit.browser.click("finish").await;
        visit.see_done().await;
        assert!(!visit.browser.eval::<bool>("'pwned' in window").await);
        assert_eq!(visit.browser.complaints().await, [""; 0]);

        let answered = json!([{"key": hostile, "questions": [
            {"key": format!("{hostile} text"), "answer": hostile},
            {"key": format!("{hostile} multiselect"), "answer": [format!("{hostile} 2")]},
        ]}]);
        assert_eq!(visit.result(&token).await["questionnaires"], answered);
    }
}

#[tokio::test]
async fn names_of_javascript_are_names_like_others() {
    let visit = Visit::start().await;
    for name in ["__proto__", "constructor", "toString"] {
        let question = json!({"type": name, "key": name, "title": {"en": "English"}, "mandatory": true});
        let steps = json!([{"type": "user-questionnaire", "key": name, "title": name, "questions": [question]}]);
        let token = visit.begin_and_open(json!({"language": name}), steps).await;
        visit.browser.click("agree").await;
        assert_eq!(visit.browser.text("label").await, "English *");
        visit.browser.fill_in(&format!("{name}.{name}"), "answer").await;
        visit.browser.click("finish").await;
        visit.see_done().await;
        let answered = json!([{"key": name, "questions": [{"key": name, "answer": "answer"}]}]);
        assert_eq!(visit.result(&token).await["questionnaires"], answered);
    }
}

#[tokio::test]
async fn a_script_as_return_url_is_not_followed() {
    let visit = Visit::start().await;
    for url in ["javascript:window.pwned=1", "data:text/html,<h1>Elsewhere</h1>", "file:///etc/hostname"] {
        let token = visit.begin_and_open(json!({"return_url": url}), json!([])).await;
        visit.browser.click("agree").await;
        visit.browser.click("finish").await;
        visit.see_done().await;
        assert_eq!(visit.browser.url().await, visit.mock.widget_url(&token));
        assert!(!visit.browser.eval::<bool>("'pwned' in window").await);
    }
}

#[tokio::test]
async fn ordinary_pages_give_no_complaint() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let token = visit.begin(json!({}), questionnaire(question_of_each_type())).await;
    visit.open(&token).await;
    visit.browser.element("agree").await;
    assert_eq!(visit.browser.complaints().await, [""; 0]);

    visit.browser.open(&site.embedding(&visit.mock.widget_url(&token))).await;
    visit.browser.enter_frame("#widget").await;
    visit.browser.click("agree").await;
    answer_each_type(&visit.browser).await;
    visit.browser.click("finish").await;
    visit.see_done().await;
    visit.browser.leave_frame().await;
    visit.browser.until("messages.length >= 2").await;
    assert_eq!(visit.browser.complaints().await, [""; 0]);
}

#[tokio::test]
async fn a_skipped_agreement_leads_to_the_steps() {
    let visit = Visit::start().await;
    visit.begin_and_open(json!({"skip_agreement": true}), questionnaire(json!([political_question()]))).await;
    // All steps come at once: when the last of them is there, so is the first heading.
    visit.browser.element("finish").await;
    assert_eq!(visit.browser.text("h2").await, "About you");
    assert!(visit.browser.eval::<bool>("document.getElementById('agreement').hidden").await);
}

#[tokio::test]
async fn the_keyboard_alone_gets_through() {
    let visit = Visit::start().await;
    let token = visit.begin_and_open(json!({}), questionnaire(json!([political_question()]))).await;
    visit.browser.element("agree").await;
    visit.browser.tab_to("agree").await;
    visit.browser.press(Key::Enter).await;
    visit.browser.element("finish").await;
    assert_eq!(visit.browser.focused().await, "question-0-0-true", "the first question takes the focus");
    visit.browser.press(Key::Space).await;
    visit.browser.tab_to("finish").await;
    visit.browser.press(Key::Enter).await;
    visit.see_done().await;
    let result = visit.result(&token).await;
    assert_eq!(result["result"], "APPROVED");
    assert_eq!(result["questionnaires"][0]["questions"][0]["answer"], true);
}

#[tokio::test]
async fn nothing_scrolls_sideways_at_320_pixels() {
    const WIDTH: u32 = 320;
    let visit = Visit::start().await;
    visit.browser.resize(WIDTH, 568).await;
    let long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".repeat(2);
    let mut steps = questionnaire(question_of_each_type());
    for place in ["title", "description"] {
        steps[0][place] = long.clone().into();
    }
    for question in steps[0]["questions"].as_array_mut().unwrap() {
        question["title"] = long.clone().into();
        if question["key"] == "income" || question["key"] == "services" {
            question["options"].as_array_mut().unwrap().push(long.clone().into());
        }
    }
    let token = visit.begin_and_open(json!({"mock_scenario": "rejected-document-spoofing-detected"}), steps).await;
    visit.browser.element("agree").await;
    visit.assert_usable(WIDTH).await;
    visit.browser.click("agree").await;
    visit.show_session().await;
    visit.assert_usable(WIDTH).await;
    answer_each_type(&visit.browser).await;
    visit.browser.click("finish").await;
    visit.see_done().await;
    visit.assert_usable(WIDTH).await;
    assert_eq!(visit.result(&token).await["result"], "REJECTED");

    visit.open(&token).await;
    visit.browser.element("closed").await;
    visit.assert_usable(WIDTH).await;
}

#[tokio::test]
async fn every_page_fits_phone_and_desktop() {
    let (visit, site) = (Visit::start().await, Site::start().await);
    let steps = questionnaire(question_of_each_type());
    let token = visit.begin(json!({}), steps).await;

    visit.browser.open(&site.embedding(&visit.mock.widget_url(&token))).await;
    visit.browser.enter_frame("#widget").await;
    visit.browser.element("agree").await;
    visit.browser.leave_frame().await;
    visit.browser.take_pictures("parent").await;

    for scheme in ["light", "dark"] {
        visit.browser.prefer(scheme).await;
        visit.open(&token).await;
        visit.browser.element("agree").await;
        visit.browser.take_pictures(&format!("agreement-{scheme}")).await;
        visit.browser.click("agree").await;
        visit.show_session().await;
        visit.browser.take_pictures(&format!("steps-{scheme}")).await;
    }
    visit.browser.prefer("light").await;
    for (width, height) in crate::browser::SIZES {
        visit.browser.resize(width, height).await;
        visit.assert_usable(width).await;
    }
    answer_each_type(&visit.browser).await;
    visit.browser.click("finish").await;
    visit.see_done().await;
    visit.browser.take_pictures("done").await;
}
