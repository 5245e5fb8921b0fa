//! A person with a browser, who goes through the widget of a mock.

use identomat_mock::{MockServer, MockServerBuilder};
use serde_json::{Value, json};

use crate::browser::{Browser, Camera};

/// Does what has to be done on that screen, with the code that was sent last, unless it is gone. Answers false where it
/// cannot be done yet.
const PASS: &str = "(screen, code) => {
    const main = document.querySelector('main');
    const kind = main?.dataset.kind;
    if (main?.dataset.screen !== screen || ['check', 'processing'].includes(kind)) return true;
    if (document.querySelector('.stage .waiting:not([hidden])')) return false;
    const find = (id) => document.querySelector(`[data-testid=${id}]:not(:disabled)`);
    const button = find({ agreement: 'agree', capture: 'sample', geolocation: 'sample' }[kind] ?? 'continue');
    const text = { email: 'somebody@example.com', phone: '+1 202 555 0100', code }[kind];
    const field = text === undefined ? undefined : find(kind);
    if (!button || field === null) return false;
    if (field) {
        field.value = text;
        field.dispatchEvent(new Event('input', { bubbles: true }));
    }
    button.click();
    return true;
}";

/// A mock, and a person with a browser.
pub(crate) struct Visit {
    pub(crate) mock: MockServer,
    pub(crate) browser: Browser,
}

impl Visit {
    pub(crate) async fn start() -> Self {
        Self::with_camera(Camera::Fake).await
    }

    pub(crate) async fn with_camera(camera: Camera) -> Self {
        Self { mock: MockServer::start().await, browser: Browser::with_camera(camera).await }
    }

    pub(crate) async fn with_settings(settings: impl FnOnce(MockServerBuilder) -> MockServerBuilder) -> Self {
        let mock = settings(MockServer::builder()).start().await.expect("the settings fit");
        Self { mock, browser: Browser::start().await }
    }

    /// Begins a session as the company's backend does.
    pub(crate) async fn begin(&self, flags: Value, steps: Value) -> String {
        let token = self.call("begin", json!({"flags": flags, "steps": steps})).await;
        token.as_str().unwrap_or_else(|| panic!("not a token: {token}")).to_owned()
    }

    pub(crate) async fn result(&self, token: &str) -> Value {
        self.call("result", json!({"session_token": token})).await
    }

    pub(crate) async fn call(&self, method: &str, parameters: Value) -> Value {
        self.answer(method, parameters).await.json().await.expect("the answer is JSON")
    }

    /// The bytes of a picture or video of a session, and what they are labelled as.
    pub(crate) async fn media(&self, token: &str, kind: &str, parameters: Value) -> (String, Vec<u8>) {
        let parameters = both(json!({"session_token": token}), parameters);
        let answer = self.answer(&format!("result/{kind}"), parameters).await;
        let label = answer.headers()["content-type"].to_str().expect("a label is text").to_owned();
        (label, answer.bytes().await.expect("the answer comes").to_vec())
    }

    async fn answer(&self, method: &str, mut parameters: Value) -> reqwest::Response {
        parameters["company_key"] = self.mock.company_key().into();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client without TLS can be built");
        let call = client.post(format!("{}/external-api/{method}/", self.mock.url())).json(&parameters);
        call.send().await.expect("the mock answers")
    }

    /// Begins a session and opens its widget.
    pub(crate) async fn begin_and_open(&self, flags: Value, steps: Value) -> String {
        let token = self.begin(flags, steps).await;
        self.open(&token).await;
        token
    }

    pub(crate) async fn open(&self, token: &str) {
        self.browser.open(&self.mock.widget_url(token)).await;
    }

    /// Waits for a screen.
    pub(crate) async fn see(&self, screen: &str) {
        self.browser.until(&format!("document.querySelector('main')?.dataset.screen === {}", json!(screen))).await;
    }

    /// The id of the screen, as soon as there is one. The last one, `processing`, goes by itself: where the end has come
    /// already, or the page of the company, it was that.
    pub(crate) async fn screen(&self) -> String {
        let screen = "document.querySelector('main')?.dataset.screen";
        let ended = "(document.querySelector('[data-testid=done]') || location.pathname !== '/')";
        self.browser.until(&format!("{screen} || {ended}")).await;
        self.browser.eval(&format!("{screen} ?? 'processing'")).await
    }

    /// Does what has to be done on that screen, with samples where there are some, and waits until it is gone. A script
    /// does it, which is several times as fast as hands.
    pub(crate) async fn pass(&self, screen: &str) {
        let code = if screen.ends_with("code") { self.last_code().await } else { String::new() };
        self.browser.until(&format!("({PASS})({}, {})", json!(screen), json!(code))).await;
        self.gone(screen).await;
    }

    /// Does the same with mouse and keys.
    pub(crate) async fn pass_by_hand(&self, screen: &str) {
        let main = json!(format!("main[data-screen={}]", json!(screen)));
        // Some screens go by themselves.
        let kind: String = self.browser.eval(&format!("document.querySelector({main})?.dataset.kind ?? 'check'")).await;
        match &*kind {
            "agreement" => self.browser.click("agree").await,
            "email" => {
                self.browser.replace("email", "somebody@example.com").await;
                self.browser.click("continue").await;
            }
            "phone" => {
                self.browser.replace("phone", "+1 202 555 0100").await;
                self.browser.click("continue").await;
            }
            "code" => {
                self.browser.replace("code", &self.last_code().await).await;
                self.browser.click("continue").await;
            }
            "capture" => {
                self.browser.until("!document.querySelector('.stage .waiting:not([hidden])')").await;
                self.browser.click("sample").await;
            }
            "geolocation" => self.browser.click("sample").await,
            "check" | "processing" => {}
            _ => self.browser.click("continue").await,
        }
        self.gone(screen).await;
    }

    /// Waits until a screen is gone, for the next one or the end.
    pub(crate) async fn gone(&self, screen: &str) {
        self.browser.until(&format!("document.querySelector('main')?.dataset.screen !== {}", json!(screen))).await;
    }

    /// Goes through all screens up to that one.
    ///
    /// # Panics
    ///
    /// When the end comes first.
    pub(crate) async fn pass_to(&self, screen: &str) {
        loop {
            let current = self.screen().await;
            if current == screen {
                return;
            }
            assert_ne!(current, "processing", "`{screen}` does not come before the end");
            self.pass(&current).await;
        }
    }

    /// Goes through all screens, and answers their ids.
    pub(crate) async fn pass_all(&self) -> Vec<String> {
        self.each_screen(async |screen| self.pass(screen).await).await
    }

    /// Does the same with mouse and keys.
    pub(crate) async fn pass_all_by_hand(&self) -> Vec<String> {
        self.each_screen(async |screen| self.pass_by_hand(screen).await).await
    }

    async fn each_screen(&self, pass: impl AsyncFn(&str)) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            let screen = self.screen().await;
            if screen == "processing" {
                seen.push(screen);
                self.see_done().await;
                return seen;
            }
            pass(&screen).await;
            seen.push(screen);
        }
    }

    /// The code that would have been sent last, as the journal has it.
    pub(crate) async fn last_code(&self) -> String {
        let calls = self.mock.calls().list().await.expect("the control API answers");
        let hints = calls.iter().rev().filter_map(|call| call.hint.as_deref());
        let code = hints.filter_map(|hint| hint.rsplit_once(" is ")).map(|(_, code)| code.to_owned()).next();
        code.expect("a code was sent")
    }

    /// Waits for the page that says that all is done.
    pub(crate) async fn see_done(&self) {
        self.browser.element("done").await;
        assert_eq!(self.browser.text("h1").await, "Process finished");
        assert_eq!(self.browser.eval::<String>("document.title").await, "Process finished");
        assert!(self.browser.text("footer").await.contains("mock"));
    }
}

/// One questionnaire with these questions.
pub(crate) fn questionnaire(questions: Value) -> Value {
    json!([{
        "type": "user-questionnaire",
        "key": "about-you",
        "title": {"en": "About you", "ka": "თქვენ შესახებ"},
        "description": "The law **wants us** to ask.\n\nIt takes a *minute*: [why](https://example.com/why)",
        "questions": questions,
    }])
}

/// A question of each type, in an order that is no other order.
pub(crate) fn question_of_each_type() -> Value {
    json!([
        {"type": "boolean", "key": "is-politically-exposed", "mandatory": true, "title": {
            "en": "Are you a politically exposed person?", "ka": "ხართ თუ არა პოლიტიკურად აქტიური პირი?",
        }},
        {"type": "text", "key": "occupation", "title": "What do you do?", "mandatory": true},
        {"type": "select", "key": "income", "title": "Where is your income from?", "mandatory": true, "options": [
            {"key": "salary", "title": {"en": "A salary", "ka": "ხელფასი"}}, {"key": "savings", "title": "Savings"},
        ]},
        {"type": "multiselect", "key": "services", "title": "What do you need?", "mandatory": true, "options": [
            "card", {"key": "loan", "title": "A loan"}, {"key": "deposit", "title": "A deposit"},
        ]},
        {"type": "number", "key": "turnover", "title": "How much a month?", "mandatory": true},
        {"type": "date", "key": "resident-since", "title": "Since when do you live here?", "mandatory": true},
    ])
}

/// Flags that leave nothing of the automatic steps, and these.
pub(crate) fn bare(flags: Value) -> Value {
    both(json!({"skip_agreement": true, "skip_document": true, "skip_face": true}), flags)
}

/// The members of both; where both have one, that of the second holds.
pub(crate) fn both(mut below: Value, above: Value) -> Value {
    let (Value::Object(members), Value::Object(others)) = (&mut below, above) else { panic!("flags are objects") };
    members.extend(others);
    below
}
