//! Companies that come to be at their first call: each has all of its own, and goes when it is idle.

use std::time::{Duration, SystemTime};

use identomat_mock::{Company, Config, Endpoint, Fault};
use serde_json::{Value, json};

#[cfg(target_os = "linux")]
use crate::slow_clients::resident;
use crate::{
    command_line::Serving,
    faults::signed_with,
    harness::{LIMIT, TestApp, eventually, thorough},
};

const HOUR: Duration = Duration::from_secs(60 * 60);

async fn welcoming(pattern: &str) -> TestApp {
    let settings = |config: &mut Config| config.any_company_key = Some(pattern.into());
    TestApp::start_with(|builder| builder.company("configured").settings(settings)).await
}

async fn result(app: &TestApp, key: &str, token: &str) -> crate::harness::Reply {
    app.post_json("/external-api/result/", &json!({"company_key": key, "session_token": token})).await
}

#[tokio::test]
async fn any_key_is_a_company_where_that_is_set() {
    let app = welcoming("*").await;
    let token = app.begin(json!({"company_key": "anything at all"})).await;
    result(&app, "anything at all", &token).await.assert_status(200);
    result(&app, "somebody else", &token).await.assert_error(404, "SESSION_NOT_FOUND");
}

#[tokio::test]
async fn a_pattern_says_which_keys_are_companies() {
    let app = welcoming("test-*").await;
    app.begin(json!({"company_key": "test-1"})).await;
    let refused = app.post_json("/external-api/begin/", &json!({"company_key": "toast-1"})).await;
    refused.assert_error(403, "COMPANY_KEY_INVALID");
    let hint = "there is no company key `toast-1`; known: configured; so is any key that matches `test-*`, of at most 200 bytes";
    assert_eq!(refused.hint(), hint);
    let long = format!("test-{}", "x".repeat(200));
    app.post_json("/external-api/begin/", &json!({"company_key": long})).await.assert_error(403, "COMPANY_KEY_INVALID");
    for nothing in [json!({}), json!({"company_key": ""})] {
        app.post_json("/external-api/begin/", &nothing).await.assert_error(403, "COMPANY_KEY_INVALID");
    }
}

#[tokio::test]
async fn queue_faults_and_clock_are_a_companys_own() {
    let app = welcoming("*").await;
    let (one, two) = (app.mock.company("one"), app.mock.company("two"));
    one.queue_scenario("rejected").await.unwrap();
    one.add_fault(Fault::status(503).endpoint(Endpoint::Result)).await.unwrap();
    one.freeze_clock().await.unwrap();
    one.set_clock(SystemTime::UNIX_EPOCH).await.unwrap();
    let (first, second) =
        (app.begin(json!({"company_key": "one"})).await, app.begin(json!({"company_key": "two"})).await);
    app.mock.finish(&first).await.unwrap();
    app.mock.finish(&second).await.unwrap();
    assert_eq!(result(&app, "two", &second).await.json()["result"], "APPROVED");
    result(&app, "one", &first).await.assert_status(503);
    let document = result(&app, "one", &first).await.json();
    assert_eq!(document["result"], "REJECTED");
    let issued = document["person"]["document_issued"].as_str().unwrap();
    assert!(
        issued.ends_with("/1969")
            || issued.ends_with("/1968")
            || issued.ends_with("/1967")
            || issued.ends_with("/1966"),
        "{issued}"
    );
    assert_eq!(one.now().await.unwrap(), SystemTime::UNIX_EPOCH);
    assert!(two.now().await.unwrap() > SystemTime::UNIX_EPOCH + 10_000 * HOUR);
}

/// Waits until so many companies have gone.
async fn until_gone(app: &TestApp, number: u64) {
    eventually(LIMIT, "as many companies go", async || app.evicted_companies().await >= number).await;
}

#[tokio::test]
async fn an_idle_company_goes_with_all_it_has() {
    let settings = |config: &mut Config| {
        config.any_company_key = Some("*".into());
        config.company_idle = Duration::from_millis(300);
    };
    let app = TestApp::start_with(|builder| builder.company("configured").settings(settings)).await;
    let token = app.begin(json!({"company_key": "idle"})).await;
    let kept = app.begin(json!({"company_key": "configured"})).await;
    app.mock.company("idle").queue_scenario("rejected").await.unwrap();
    until_gone(&app, 1).await;
    app.widget(&token).await.assert_status(404);
    result(&app, "idle", &token).await.assert_error(404, "SESSION_NOT_FOUND");
    let begun = app.post_json("/external-api/begin/", &json!({"company_key": "idle"})).await;
    assert_eq!(begun.hint(), "scenario `approved`, from the server's default", "the queue went too");
    until_gone(&app, 2).await;
    result(&app, "configured", &kept).await.assert_status(200);
}

#[test]
fn an_idle_company_goes_though_nobody_calls() {
    let mut serving = Serving::start(&["--any-company-key", "--company-idle", "50ms"]);
    let log = serving.log();
    let url = serving.url().to_owned();
    let call = format!("{url}/external-api/begin/?company_key=idle");
    let begun = std::process::Command::new("curl").args(["-s", &call]).output().unwrap();
    assert_eq!(begun.stdout.len(), 42);
    let line = log.line_with("removed an idle company (--company-idle)");
    assert!(line.contains("company=\"idle\" idle=50ms evicted=1"), "{line}");
}

#[tokio::test]
async fn no_clock_makes_a_company_idle() {
    let app = welcoming("*").await;
    let token = app.begin(json!({"company_key": "one"})).await;
    app.mock.advance(100 * HOUR).await.unwrap();
    assert_eq!(app.evicted_companies().await, 0);
    result(&app, "one", &token).await.assert_status(200);
}

#[tokio::test]
async fn the_idlest_company_makes_room() {
    let settings = |config: &mut Config| {
        config.any_company_key = Some("*".into());
        config.max_companies = 2;
    };
    let app = TestApp::start_with(|builder| builder.settings(settings)).await;
    let one = app.begin(json!({"company_key": "one"})).await;
    let two = app.begin(json!({"company_key": "two"})).await;
    app.widget(&one).await.assert_status(200);
    app.begin(json!({"company_key": "three"})).await;
    assert_eq!(app.evicted_companies().await, 1);
    result(&app, "one", &one).await.assert_status(200);
    app.widget(&two).await.assert_status(404);
}

#[tokio::test]
async fn a_handle_is_that_of_the_company_even_when_it_went_in_between() {
    let settings = |config: &mut Config| {
        config.any_company_key = Some("*".into());
        config.max_companies = 1;
    };
    let app = TestApp::start_with(|builder| builder.settings(settings)).await;
    let one = app.mock.company("one");
    one.queue_scenario("manual-check").await.unwrap();
    app.begin(json!({"company_key": "two"})).await;
    one.queue_scenario("rejected").await.unwrap();
    let begun = app.post_json("/external-api/begin/", &json!({"company_key": "one"})).await;
    assert_eq!(begun.hint(), "scenario `rejected`, from the company's queue");
    assert_eq!(one.company_info().await.unwrap().state.sessions, 1);
}

#[tokio::test]
async fn one_rule_says_the_secret_of_every_key() {
    let sign = |key: &str, body: &str| signed_with(&format!("secret-of-{key}"), body);
    let any = Company::new("test-*").secret("secret-of-{key}").scenario("rejected");
    let app = TestApp::start_with(|builder| builder.settings(|config| config.any_company_key = Some(any))).await;
    let begin = async |key: &str, signed_as: &str| {
        let body = json!({"company_key": key}).to_string();
        let call = app.request(reqwest::Method::POST, "/external-api/begin/");
        let call = call.header("authorization", sign(signed_as, &body)).body(body);
        crate::harness::send(call).await
    };
    for key in ["test-1", "test-2"] {
        let begun = begin(key, key).await;
        begun.assert_status(200);
        assert_eq!(begun.hint(), "scenario `rejected`, from the company's default");
        assert_eq!(begun.header("authorization"), Some(&*sign(key, &begun.text())));
    }
    begin("test-1", "test-2").await.assert_error(401, "SIGNATURE_INVALID");
    app.post_json("/external-api/begin/", &json!({"company_key": "test-3"}))
        .await
        .assert_error(401, "SIGNATURE_INVALID");
}

/// A client that keeps its connection, and costs less than the mock.
#[cfg(target_os = "linux")]
struct Wire {
    stream: std::net::TcpStream,
    reader: std::io::BufReader<std::net::TcpStream>,
}

#[cfg(target_os = "linux")]
impl Wire {
    fn new(serving: &Serving) -> Self {
        let stream = std::net::TcpStream::connect(serving.url().strip_prefix("http://").unwrap()).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { reader: std::io::BufReader::new(stream.try_clone().unwrap()), stream }
    }

    /// Status and body of the answer.
    fn call(&mut self, method: &str, path: &str, body: &str) -> (u16, String) {
        use std::io::{BufRead, Read, Write};
        let length = body.len();
        let request = format!("{method} {path} HTTP/1.1\r\nhost: mock\r\ncontent-length: {length}\r\n\r\n{body}");
        self.stream.write_all(request.as_bytes()).unwrap();
        let head: Vec<_> = (&mut self.reader).lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
        let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body).unwrap();
        (head[0][9..12].parse().unwrap(), String::from_utf8(body).unwrap())
    }
}

#[cfg(target_os = "linux")]
#[test]
fn thousands_of_companies_take_the_room_of_a_hundred() {
    let (many, flags) = (thorough(2000, 10_000), json!({"padding": "x".repeat(2000)}));
    let serving = Serving::start(&["--any-company-key=test-*", "--max-companies", "100", "--log-level", "warn"]);
    assert!(serving.said.contains(", any like test-*\n"), "{}", serving.said);
    let mut wire = Wire::new(&serving);
    let mut tokens: Vec<String> = Vec::new();
    let mut after_a_tenth = 0;
    for number in 0..many {
        let body = json!({"company_key": format!("test-{number}"), "flags": flags}).to_string();
        let (status, token) = wire.call("POST", "/external-api/begin/", &body);
        assert_eq!(status, 200, "{token}");
        tokens.push(token.trim_matches('"').to_owned());
        if number == many / 10 {
            after_a_tenth = resident(serving.pid());
        }
    }
    let grown = resident(serving.pid()).saturating_sub(after_a_tenth);
    assert!(grown < 2 << 20, "nine times as many companies took {grown} bytes more");
    for (number, token) in tokens.iter().enumerate() {
        let (status, _) = wire.call("GET", &format!("/?session_token={token}"), "");
        assert_eq!(status, if number < many - 100 { 404 } else { 200 }, "{number}");
    }
    // Nothing is there any more, for the company that comes to be again or for its neighbour.
    for number in (0..many - 100).step_by(9) {
        let key = format!("test-{}", number + number % 2);
        let body = json!({"company_key": key, "session_token": tokens[number]}).to_string();
        let answer = wire.call("POST", "/external-api/result/", &body);
        assert_eq!(answer, (404, "\"SESSION_NOT_FOUND\"".into()));
    }
}

#[tokio::test]
async fn a_reset_company_is_as_at_the_start_and_no_other_is_touched() {
    let settings = |config: &mut Config| {
        config.any_company_key = Some("*".into());
        config.seed = Some(7);
    };
    let app = TestApp::start_with(|builder| builder.settings(settings).frozen_at(SystemTime::UNIX_EPOCH)).await;
    let begin = async |key: &str| app.begin(json!({"company_key": key, "flags": {"mock_scenario": "approved"}})).await;
    let (one, two) = (app.mock.company("one"), app.mock.company("two"));
    let (first, other) = (begin("one").await, begin("two").await);
    for company in [&one, &two] {
        company.queue_scenario("rejected").await.unwrap();
        company.add_fault(Fault::status(503).forever().endpoint(Endpoint::Delete)).await.unwrap();
        company.advance(HOUR).await.unwrap();
    }
    one.reset().await.unwrap();
    result(&app, "one", &first).await.assert_error(404, "SESSION_NOT_FOUND");
    app.widget(&first).await.assert_status(404);
    assert_eq!(one.now().await.unwrap(), SystemTime::UNIX_EPOCH);
    assert_eq!(begin("one").await, first, "with a seed, the first token again");
    let call = json!({"company_key": "one", "session_token": first});
    app.post_json("/external-api/delete/", &call).await.assert_status(200);
    let hint = app.post_json("/external-api/begin/", &json!({"company_key": "one"})).await.hint().to_owned();
    assert_eq!(hint, "scenario `approved`, from the server's default");

    result(&app, "two", &other).await.assert_status(200);
    assert_eq!(two.now().await.unwrap(), SystemTime::UNIX_EPOCH + HOUR);
    let hint = app.post_json("/external-api/begin/", &json!({"company_key": "two"})).await.hint().to_owned();
    assert_eq!(hint, "scenario `rejected`, from the company's queue");
    let call = json!({"company_key": "two", "session_token": other});
    app.post_json("/external-api/delete/", &call).await.assert_status(503);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_companies_at_once_do_not_see_each_other() {
    const COMPANIES: usize = 8;
    let sessions_each = thorough(60, 200);
    let scenarios = ["approved", "rejected", "manual-check", "disagreed-with-terms", "in-progress"];
    let words = ["APPROVED", "REJECTED", "MANUAL_CHECK", "DISAGREED_WITH_TERMS", "IN_PROGRESS"];
    let app = std::sync::Arc::new(welcoming("company-*").await);
    let companies = (0..COMPANIES).map(|company| {
        let app = app.clone();
        tokio::spawn(async move {
            let key = format!("company-{company}");
            // Each company has a day of its own, which its documents show.
            let own = app.mock.company(&key);
            own.freeze_clock().await.unwrap();
            own.set_clock(SystemTime::UNIX_EPOCH + (company as u32 + 1) * 365 * 24 * HOUR).await.unwrap();
            let mut sessions = Vec::new();
            for number in 0..sessions_each {
                let which = (number + company) % scenarios.len();
                own.queue_scenario(scenarios[which]).await.unwrap();
                if number % 50 == 0 {
                    own.add_fault(Fault::status(500 + company as u16).endpoint(Endpoint::Result).named("own"))
                        .await
                        .unwrap();
                }
                let token = app.begin(json!({"company_key": key})).await;
                if number % 50 == 0 {
                    result(&app, &key, &token).await.assert_status(500 + company as u16);
                }
                app.mock.finish(&token).await.unwrap();
                let answer = result(&app, &key, &token).await;
                assert_eq!(answer.json()["result"], words[which], "{key}: {answer}");
                sessions.push((token, answer.text(), which));
            }
            // Again, when all companies have been busy; and nobody else may see them.
            let neighbour = format!("company-{}", (company + 1) % COMPANIES);
            for (token, first_answer, _) in &sessions {
                assert_eq!(&result(&app, &key, token).await.text(), first_answer);
                result(&app, &neighbour, token).await.assert_error(404, "SESSION_NOT_FOUND");
            }
            let born =
                |answer: &str| serde_json::from_str::<Value>(answer).unwrap()["person"]["document_issued_time"].clone();
            let approved = sessions.iter().find(|(_, _, which)| *which == 0).unwrap();
            (sessions.len(), born(&approved.1).as_str().unwrap()[..4].parse::<i32>().unwrap())
        })
    });
    let companies: Vec<_> = companies.collect();
    for (company, done) in companies.into_iter().enumerate() {
        let (sessions, issued) = done.await.unwrap();
        assert_eq!(sessions, sessions_each);
        let now = 1970 + company as i32 + 1;
        assert!((now - 5..=now).contains(&issued), "company-{company} lives in {now}, its document is of {issued}");
    }
}
