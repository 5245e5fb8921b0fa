//! How a test talks to a mock.
//!
//! [`TestApp::start`] gives each test a mock of its own; there is one method for each endpoint. A [`Reply`] keeps
//! everything that came back, and a status that was not expected prints it all at the caller's line.

use std::time::{Duration, Instant};

use identomat_mock::{Config, MockServer, MockServerBuilder};
use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderMap, redirect::Policy};
use serde_json::{Value, json};

use crate::documented;
pub(crate) use crate::thorough::thorough;

/// How long is waited for what comes within a second or two where the machine has nothing else to do. It is shorter than
/// the time that a client usually has for a body, so that what only came by that is not taken for what was asked for.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// How long it is until a condition is looked at again.
const PAUSE: Duration = Duration::from_millis(1);

/// Waits until `holds` says so.
///
/// # Panics
///
/// When it does not say so within `limit`, with `what` was waited for.
pub(crate) async fn eventually(limit: Duration, what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let held = async {
        while !holds().await {
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(limit, held).await.unwrap_or_else(|_| panic!("not within {limit:?}: {what}"));
}

/// [`eventually`], for tests without a runtime.
pub(crate) fn eventually_blocking(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(PAUSE);
    }
}

pub(crate) struct TestApp {
    pub(crate) mock: MockServer,
    client: Client,
}

#[derive(Clone)]
pub(crate) struct Reply {
    call: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::start_with(|builder| builder).await
    }

    pub(crate) async fn start_with(settings: impl FnOnce(MockServerBuilder) -> MockServerBuilder) -> Self {
        let mock = settings(MockServer::builder()).start().await.expect("the mock starts");
        let client = Client::builder().redirect(Policy::none()).timeout(LIMIT).build();
        Self { mock, client: client.expect("a client") }
    }

    /// A mock whose default scenario is this one; it is called `scripted`.
    pub(crate) async fn scripted(scenario: &str) -> Self {
        Self::scripted_with(scenario, |builder| builder).await
    }

    pub(crate) async fn scripted_with(
        scenario: &str,
        settings: impl FnOnce(MockServerBuilder) -> MockServerBuilder,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("scripted.yaml"), scenario).expect("written");
        let named = |config: &mut Config| config.scenarios = Some(folder.path().to_owned());
        Self::start_with(|builder| settings(builder.scenario("scripted").settings(named))).await
    }

    /// Calls `result/` and answers the word of the result, or of the error.
    pub(crate) async fn word(&self, token: &str) -> String {
        let answer = self.result(token).await.json();
        answer["result"].as_str().or(answer.as_str()).expect("a word").to_owned()
    }

    /// A request to a path below the mock's base URL.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.mock.url()))
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Reply {
        send(self.request(Method::POST, path).body(body)).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Reply {
        send(self.request(Method::POST, path).json(body)).await
    }

    /// `parameters` and the key of the first company, where they have none.
    pub(crate) fn with_key(&self, mut parameters: Value) -> Value {
        let members = parameters.as_object_mut().expect("parameters are an object");
        members.entry("company_key").or_insert_with(|| self.mock.company_key().into());
        parameters
    }

    /// Calls `begin/` and answers the token.
    #[track_caller]
    pub(crate) fn begin(&self, parameters: Value) -> impl Future<Output = String> {
        let caller = std::panic::Location::caller();
        async move {
            let reply = self.post_json("/external-api/begin/", &self.with_key(parameters)).await;
            assert_eq!(reply.status, 200, "begin at {caller}: {reply}");
            reply.json().as_str().expect("a token").to_owned()
        }
    }

    pub(crate) async fn result(&self, token: &str) -> Reply {
        self.post_json("/external-api/result/", &self.with_key(json!({"session_token": token}))).await
    }

    pub(crate) async fn delete(&self, token: &str) -> Reply {
        self.post_json("/external-api/delete/", &self.with_key(json!({"session_token": token}))).await
    }

    /// Opens the widget.
    pub(crate) async fn widget(&self, token: &str) -> Reply {
        self.get(&format!("/?session_token={token}")).await
    }

    /// What the page of the widget shows of a session.
    pub(crate) async fn view(&self, token: &str) -> Value {
        let reply = self.get(&format!("/__widget/sessions/{token}")).await;
        reply.assert_status(200);
        reply.json()
    }

    /// Answers a screen of the widget.
    pub(crate) async fn answer(&self, token: &str, answer: Value) -> Reply {
        self.post_json(&format!("/__widget/sessions/{token}"), &answer).await
    }

    /// Goes through all screens of the widget with whatever fits, and answers their ids.
    pub(crate) async fn walk(&self, token: &str) -> Vec<String> {
        let (mut view, mut seen) = (self.view(token).await, Vec::new());
        while let Some(screen) = view["screen"]["id"].as_str() {
            seen.push(screen.to_owned());
            let reply = self.answer(token, json!({"screen": screen, "auto": true})).await;
            reply.assert_status(200);
            view = reply.json();
        }
        seen
    }

    /// Posts the form at the end of the widget.
    pub(crate) async fn finish(&self, token: &str, form: &[(&str, &str)]) -> Reply {
        let body = form_body(form.iter().copied());
        self.post(&format!("/?session_token={token}"), body).await
    }

    /// The names of all scenarios.
    pub(crate) async fn scenario_names(&self) -> Vec<String> {
        let scenarios = self.mock.scenarios().await.expect("they are listed");
        scenarios.into_iter().map(|scenario| scenario.name).collect()
    }

    /// The tokens of the child sessions.
    pub(crate) async fn children(&self, token: &str) -> Vec<String> {
        self.mock.session(token).await.expect("the session is there").children
    }

    /// How many companies have been evicted.
    pub(crate) async fn evicted_companies(&self) -> u64 {
        let metrics = self.get("/__admin/metrics").await.text();
        let line =
            metrics.lines().find_map(|line| line.strip_prefix("identomat_mock_evicted_total{what=\"company\"} "));
        line.expect("it is counted").parse().expect("a number")
    }

    /// Begins a session, finishes it as its scenario says, and answers its result document.
    pub(crate) async fn result_of(&self, parameters: Value) -> Value {
        let token = self.begin(parameters).await;
        self.mock.finish(&token).await.expect("the session is open");
        let reply = self.result(&token).await;
        reply.assert_status(200);
        reply.json()
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Reply {
    let (client, request) = request.build_split();
    let request = request.expect("the request can be built");
    let call = format!("{} {}", request.method(), request.url());
    let (method, path) = (request.method().to_string(), request.url().path().to_owned());
    let response = client.execute(request).await.unwrap_or_else(|error| panic!("{call}: no answer: {error:?}"));
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await.unwrap_or_else(|error| panic!("{call}: no body: {error:?}")).to_vec();
    let reply = Reply { call, status, headers, body };
    documented::check(&method, &path, &reply);
    reply
}

pub(crate) fn form_body<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

impl Reply {
    #[track_caller]
    pub(crate) fn assert_status(&self, status: u16) {
        assert_eq!(self.status, status, "{self}");
    }

    /// Asserts a vendor error: its status and, byte for byte, its body.
    #[track_caller]
    pub(crate) fn assert_error(&self, status: u16, word: &str) {
        self.assert_status(status);
        assert_eq!(self.text(), format!("\"{word}\""), "{self}");
    }

    /// Asserts a complaint about a parameter and answers its words.
    #[track_caller]
    pub(crate) fn argument_error(&self) -> String {
        self.assert_status(400);
        let body = self.json();
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "{self}");
        body["argumentError"].as_str().unwrap_or_else(|| panic!("{self}")).to_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("no JSON: {error}\n{self}"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a header of ASCII"))
    }

    #[track_caller]
    pub(crate) fn hint(&self) -> &str {
        self.header("x-identomat-mock-hint").unwrap_or_else(|| panic!("no hint\n{self}"))
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} answered {}\n{:#?}\n{}", self.call, self.status, self.headers, self.text())
    }
}
