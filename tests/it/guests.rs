//! Companies that come to be at their first call: each has all of its own, and goes when it is idle.

use std::time::{Duration, SystemTime};

use identomat_mock::{Due, Endpoint, Fault};
use serde_json::{Value, json};

use crate::harness::TestApp;

const HOUR: Duration = Duration::from_secs(60 * 60);

async fn welcoming(pattern: &str) -> TestApp {
    let settings = |config: &mut identomat_mock::Config| config.any_company_key = Some(pattern.to_owned());
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
    let hint = "there is no company key `toast-1`; the keys are: `configured`, any like `test-*` of at most 200 bytes";
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
    let (one, two) = (app.mock.company("one").unwrap(), app.mock.company("two").unwrap());
    one.next_scenario("rejected").unwrap();
    one.fault(Fault::status(503).on(Endpoint::Result));
    one.freeze_clock();
    one.set_clock(SystemTime::UNIX_EPOCH);
    let (first, second) =
        (app.begin(json!({"company_key": "one"})).await, app.begin(json!({"company_key": "two"})).await);
    app.mock.finish(&first).unwrap();
    app.mock.finish(&second).unwrap();
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
    assert_eq!(one.now(), SystemTime::UNIX_EPOCH);
    assert!(two.now() > SystemTime::UNIX_EPOCH + 10_000 * HOUR);
}

#[tokio::test]
async fn an_idle_company_goes_with_all_it_has() {
    let app = welcoming("*").await;
    let token = app.begin(json!({"company_key": "idle"})).await;
    app.begin(json!({"company_key": "configured"})).await;
    app.mock.company("idle").unwrap().next_scenario("rejected").unwrap();
    app.mock.advance(HOUR - Duration::from_secs(60));
    let kept = app.begin(json!({"company_key": "busy"})).await;
    assert_eq!(app.mock.evicted_companies(), 0);

    let due = app.mock.advance(Duration::from_secs(60));
    let gone: Vec<_> =
        due.iter().filter(|due| due.what == Due::CompanyLeft).map(|due| due.company_key.clone()).collect();
    assert_eq!(gone, [Some("idle".to_owned())]);
    assert_eq!(app.mock.evicted_companies(), 1);
    result(&app, "idle", &token).await.assert_error(404, "SESSION_NOT_FOUND");
    app.widget(&token).await.assert_status(404);
    result(&app, "busy", &kept).await.assert_status(200);
    let begun = app.post_json("/external-api/begin/", &json!({"company_key": "idle"})).await;
    assert_eq!(begun.hint(), "scenario `approved`, from the server's default", "the queue went too");

    app.mock.advance(100 * HOUR);
    let configured = app.mock.company("configured").unwrap();
    assert_eq!(configured.key(), "configured", "configured companies never go");
    assert_eq!(app.mock.evicted_companies(), 3);
}

#[tokio::test]
async fn the_idlest_company_makes_room() {
    let app = TestApp::start_with(|builder| {
        builder.settings(|config| {
            config.any_company_key = Some("*".into());
            config.max_companies = 2;
            config.frozen_at = Some(SystemTime::UNIX_EPOCH);
        })
    })
    .await;
    let second = Duration::from_secs(1);
    let mut tokens = Vec::new();
    for key in ["one", "two"] {
        tokens.push(app.begin(json!({"company_key": key})).await);
        app.mock.advance(second);
    }
    result(&app, "one", &tokens[0]).await.assert_status(200);
    app.mock.advance(second);
    app.begin(json!({"company_key": "three"})).await;
    assert_eq!(app.mock.evicted_companies(), 1);
    app.mock.advance(second);
    result(&app, "one", &tokens[0]).await.assert_status(200);
    app.widget(&tokens[1]).await.assert_status(404);
}

#[tokio::test]
async fn a_reset_company_is_as_at_the_start_and_no_other_is_touched() {
    let settings = |config: &mut identomat_mock::Config| {
        config.any_company_key = Some("*".into());
        config.seed = Some(7);
    };
    let app = TestApp::start_with(|builder| builder.settings(settings).frozen_at(SystemTime::UNIX_EPOCH)).await;
    let begin = async |key: &str| app.begin(json!({"company_key": key, "flags": {"mock_scenario": "approved"}})).await;
    let (one, two) = (app.mock.company("one").unwrap(), app.mock.company("two").unwrap());
    let (first, other) = (begin("one").await, begin("two").await);
    for company in [&one, &two] {
        company.next_scenario("rejected").unwrap();
        company.fault(Fault::status(503).forever().on(Endpoint::Delete));
        company.advance(HOUR);
    }
    one.reset();
    result(&app, "one", &first).await.assert_error(404, "SESSION_NOT_FOUND");
    app.widget(&first).await.assert_status(404);
    assert_eq!(one.now(), SystemTime::UNIX_EPOCH);
    assert_eq!(begin("one").await, first, "with a seed, the first token again");
    let call = json!({"company_key": "one", "session_token": first});
    app.post_json("/external-api/delete/", &call).await.assert_status(200);
    let hint = app.post_json("/external-api/begin/", &json!({"company_key": "one"})).await.hint().to_owned();
    assert_eq!(hint, "scenario `approved`, from the server's default");

    result(&app, "two", &other).await.assert_status(200);
    assert_eq!(two.now(), SystemTime::UNIX_EPOCH + HOUR);
    let hint = app.post_json("/external-api/begin/", &json!({"company_key": "two"})).await.hint().to_owned();
    assert_eq!(hint, "scenario `rejected`, from the company's queue");
    let call = json!({"company_key": "two", "session_token": other});
    app.post_json("/external-api/delete/", &call).await.assert_status(503);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_companies_at_once_do_not_see_each_other() {
    const COMPANIES: usize = 8;
    const SESSIONS: usize = 200;
    let scenarios = ["approved", "rejected", "manual-check", "disagreed-with-terms", "in-progress"];
    let words = ["APPROVED", "REJECTED", "MANUAL_CHECK", "DISAGREED_WITH_TERMS", "IN_PROGRESS"];
    let app = std::sync::Arc::new(welcoming("company-*").await);
    let companies = (0..COMPANIES).map(|company| {
        let app = app.clone();
        tokio::spawn(async move {
            let key = format!("company-{company}");
            // Each company has a day of its own, which its documents show.
            let own = app.mock.company(&key).unwrap();
            own.freeze_clock();
            own.set_clock(SystemTime::UNIX_EPOCH + (company as u32 + 1) * 365 * 24 * HOUR);
            let mut sessions = Vec::new();
            for number in 0..SESSIONS {
                let which = (number + company) % scenarios.len();
                own.next_scenario(scenarios[which]).unwrap();
                if number % 50 == 0 {
                    own.fault(Fault::status(500 + company as u16).on(Endpoint::Result).named("own"));
                }
                let token = app.begin(json!({"company_key": key})).await;
                if number % 50 == 0 {
                    result(&app, &key, &token).await.assert_status(500 + company as u16);
                }
                app.mock.finish(&token).unwrap();
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
        assert_eq!(sessions, SESSIONS);
        let now = 1970 + company as i32 + 1;
        assert!((now - 5..=now).contains(&issued), "company-{company} lives in {now}, its document is of {issued}");
    }
}
