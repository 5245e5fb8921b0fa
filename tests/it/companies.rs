//! Companies do not see each other.

use identomat_mock::{Company, Config, Control, MediaKind, MockClient, Outcome, ResultCase, SavedConfiguration};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Reply, TestApp, send};

async fn two_companies() -> TestApp {
    TestApp::start_with(|builder| {
        builder.company("first").company(Company::new("second").scenario("rejected").result_case(ResultCase::Lower))
    })
    .await
}

#[tokio::test]
async fn companys_session_is_not_found() {
    let app = two_companies().await;
    let token = app.begin(json!({"company_key": "second"})).await;
    app.result(&token).await.assert_error(404, "SESSION_NOT_FOUND");
    app.delete(&token).await.assert_error(404, "SESSION_NOT_FOUND");
    let child = json!({"company_key": "first", "parent_session_id": token});
    app.post_json("/external-api/begin/", &child).await.assert_error(404, "SESSION_NOT_FOUND");
    let own = json!({"company_key": "second", "session_token": token});
    app.post_json("/external-api/result/", &own).await.assert_status(200);
}

#[tokio::test]
async fn a_child_knows_its_parent_and_a_parent_lists_its_children() {
    let app = TestApp::start().await;
    let parent = app.begin(json!({"flags": {"multiple_participants": true}})).await;
    let mut children = Vec::new();
    for _ in 0..3 {
        children.push(app.begin(json!({"parent_session_id": parent})).await);
    }
    assert_eq!(app.children(&parent).await, children);
    for child in &children {
        let child = app.mock.session(child).await.unwrap();
        assert_eq!((child.session.parent, child.children), (Some(parent.clone()), Vec::new()));
    }
    assert_eq!(app.mock.session(&parent).await.unwrap().session.parent, None);
    app.delete(&children.remove(1)).await.assert_status(200);
    assert_eq!(app.children(&parent).await, children, "those that are left");
}

#[tokio::test]
async fn each_company_has_its_scenario_and_case() {
    let app = two_companies().await;
    for (key, result) in [("first", "APPROVED"), ("second", "rejected")] {
        let token = app.begin(json!({"company_key": key})).await;
        app.mock.finish(&token).await.unwrap();
        let call = json!({"company_key": key, "session_token": token});
        assert_eq!(app.post_json("/external-api/result/", &call).await.json()["result"], result);
    }
}

#[tokio::test]
async fn a_saved_configuration_gives_flags_steps_and_scenario() {
    let id = "0123456789abcdef01234567";
    let question = |key: &str| json!({"type": "boolean", "key": key});
    let step = |key: &str, question: Value| json!({"type": "user-questionnaire", "key": key, "questions": [question]});
    let saved = SavedConfiguration::new()
        .scenario("manual-check")
        .flags(json!({"document_types": ["passport"], "skip_face": true}))
        .steps(json!([step("one", question("saved")), step("two", question("saved"))]));
    let app = TestApp::start_with(|builder| builder.company(Company::new("configured").configuration(id, saved))).await;
    let begin = json!({
        "company_key": "configured", "config_id": id, "flags": {"skip_face": false},
        "steps": [step("two", question("given")), step("three", question("given"))],
    });
    let token = app.begin(begin.clone()).await;
    app.mock.finish(&token).await.unwrap();
    let call = json!({"company_key": "configured", "session_token": token});
    let result = app.post_json("/external-api/result/", &call).await.json();

    assert_eq!(result["result"], "MANUAL_CHECK");
    assert_eq!(result["configId"], id);
    assert_eq!(result["document_type"], "passport", "a saved flag holds");
    assert!(result["similarity"].as_f64().unwrap() > 0.0, "a given flag holds above a saved one");
    let answered: Vec<_> = result["questionnaires"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["key"].as_str().unwrap(), step["questions"][0]["key"].as_str().unwrap()))
        .collect();
    // A step without a counterpart of the same key takes the place of the first free one of its type.
    assert_eq!(answered, [("three", "given"), ("two", "given")]);
}

#[tokio::test]
async fn the_first_company_is_the_one_that_was_given_first() {
    let app = TestApp::start_with(|builder| builder.company("zebra").company(Company::new("aardvark"))).await;
    assert_eq!(app.mock.company_key(), "zebra");
    let wrong = app.post_json("/external-api/begin/", &json!({"company_key": "x"})).await;
    assert_eq!(wrong.hint(), "there is no company key `x`; known: zebra, aardvark");
}

#[tokio::test]
async fn a_configuration_that_is_none_stops_the_start() {
    for (configuration, problem) in [
        (SavedConfiguration::new().flags(json!([])), "its `flags` are not a JSON object"),
        (SavedConfiguration::new().steps(json!([1])), "its `steps` are not a JSON array of objects"),
    ] {
        let company = Company::new("a-company").configuration("0123456789abcdef01234567", configuration);
        let error = identomat_mock::MockServer::builder().company(company).start().await.unwrap_err().to_string();
        let place = "the configuration `0123456789abcdef01234567` of the company key `a-company`";
        assert_eq!(error, format!("{place}: {problem}"));
    }
    let company = Company::new("a-company").configuration("short", SavedConfiguration::new());
    let error = identomat_mock::MockServer::builder().company(company).start().await.unwrap_err().to_string();
    assert!(error.ends_with("an id has 24 characters of 0-9 a-f"), "{error}");
}

/// Begins so many sessions of a company; answers their tokens and the last hint.
async fn begin(app: &TestApp, key: &str, sessions: usize) -> (Vec<String>, String) {
    let (mut tokens, mut hint) = (Vec::new(), String::new());
    for _ in 0..sessions {
        let begun = app.post_json("/external-api/begin/", &json!({"company_key": key})).await;
        begun.assert_status(200);
        tokens.push(begun.json().as_str().expect("a token").to_owned());
        hint = begun.hint().to_owned();
    }
    (tokens, hint)
}

async fn result(app: &TestApp, key: &str, token: &str) -> Reply {
    app.post_json("/external-api/result/", &json!({"company_key": key, "session_token": token})).await
}

fn at_most_three(config: &mut Config) {
    config.max_sessions = 3;
    config.any_company_key = Some("guest-*".into());
}

#[tokio::test]
async fn at_the_ceiling_the_oldest_finished_session_goes_or_else_the_oldest() {
    let app = TestApp::start_with(|builder| builder.company("one").company("other").settings(at_most_three)).await;
    let (others, _) = begin(&app, "other", 3).await;
    let (mut tokens, hint) = begin(&app, "one", 3).await;
    assert_eq!(hint, "scenario `approved`, from the server's default");
    let one = app.mock.company("one");
    app.mock.finish(&tokens[2]).await.unwrap();
    app.mock.finish(&tokens[1]).await.unwrap();

    // Of the finished ones the one that began first, though it was finished last.
    for goes in [1, 2, 0] {
        let gone = tokens[goes].clone();
        let (new, hint) = begin(&app, "one", 1).await;
        let says = format!("evicted session `{gone}`: the company reached its maximum of 3 sessions (--max-sessions)");
        assert_eq!(hint, format!("scenario `approved`, from the server's default; {says}"));
        let refused = result(&app, "one", &gone).await;
        refused.assert_error(404, "SESSION_NOT_FOUND");
        assert!(
            refused
                .hint()
                .ends_with("it was evicted for a new one, because the company reached its maximum (--max-sessions)"),
            "{refused}"
        );
        app.widget(&gone).await.assert_status(404);
        tokens.extend(new);
    }
    assert_eq!(tokens_of(&one).await, tokens[3..], "in the order in which they began");
    let state = one.company_info().await.unwrap().state;
    assert_eq!((state.sessions, state.evicted_sessions), (3, 3));
    let other = app.mock.company("other");
    let evicted = other.company_info().await.unwrap().state.evicted_sessions;
    assert_eq!((tokens_of(&other).await, evicted), (others, 0));
}

async fn tokens_of(company: &Control) -> Vec<String> {
    company.sessions().await.unwrap().into_iter().map(|session| session.token).collect()
}

#[tokio::test]
async fn begin_is_refused_at_the_ceiling_where_that_is_set() {
    let settings = |config: &mut Config| {
        at_most_three(config);
        config.refuse_at_max_sessions = true;
    };
    let app = TestApp::start_with(|builder| builder.company("one").company("other").settings(settings)).await;
    let (tokens, _) = begin(&app, "one", 3).await;
    let one = app.mock.company("one");
    one.queue_scenario("rejected").await.unwrap();
    let refused = app.post_json("/external-api/begin/", &json!({"company_key": "one"})).await;
    refused.assert_status(400);
    let problem = "the company has its maximum of 3 sessions (--max-sessions) and refuses more (--refuse-at-max-sessions); delete some";
    assert_eq!(refused.argument_error(), problem);
    begin(&app, "other", 1).await;
    assert_eq!(tokens_of(&one).await, tokens);

    // A deleted session makes room, and the scenario that waited in the queue was not lost.
    let call = json!({"company_key": "one", "session_token": tokens[0]});
    app.post_json("/external-api/delete/", &call).await.assert_status(200);
    let (_, hint) = begin(&app, "one", 1).await;
    assert_eq!(hint, "scenario `rejected`, from the company's queue");
    assert_eq!(one.company_info().await.unwrap().state.sessions, 3);
}

#[tokio::test]
async fn a_company_can_have_a_ceiling_of_its_own() {
    let settings = |config: &mut Config| {
        at_most_three(config);
        config.companies = vec![Company::new("one").max_sessions(1).refuse_at_max_sessions(true), "other".into()];
    };
    let app = TestApp::start_with(|builder| builder.settings(settings)).await;
    begin(&app, "one", 1).await;
    let refused = app.post_json("/external-api/begin/", &json!({"company_key": "one"})).await;
    assert!(refused.argument_error().starts_with("the company has its maximum of 1 sessions "), "{refused}");
    let (_, hint) = begin(&app, "other", 4).await;
    assert!(hint.contains("the company reached its maximum of 3 sessions (--max-sessions)"), "{hint}");

    // It can be changed while the server runs.
    let change = json!({"max_sessions": 2, "refuse_at_max_sessions": null});
    let patch = async |change: Value| send(app.request(Method::PATCH, "/__admin/companies/one").json(&change)).await;
    patch(change).await.assert_status(200);
    let (_, hint) = begin(&app, "one", 1).await;
    assert_eq!(hint, "scenario `approved`, from the server's default");
    let (_, hint) = begin(&app, "one", 1).await;
    assert!(hint.contains("the company reached its maximum of 2 sessions (--max-sessions)"), "{hint}");
    let none = patch(json!({"max_sessions": 0})).await;
    none.assert_status(400);
    assert!(none.text().contains("with 0 no session could begin"), "{none}");
}

#[tokio::test]
async fn a_companys_handle_cannot_touch_the_sessions_of_another() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    let client = MockClient::connect(app.mock.url()).await.unwrap();
    let token = app.begin(json!({"company_key": "two"})).await;
    for one in [app.mock.company("one"), client.company("one")] {
        for refused in [
            one.finish(&token).await.map(drop),
            one.finish_as(&token, Outcome::Approved).await.map(drop),
            one.decide(&token, Outcome::Rejected).await.map(drop),
            one.decide_as_scripted(&token).await.map(drop),
            one.reach_step(&token, "agreement").await.map(drop),
            one.switch_scenario(&token, "rejected").await.map(drop),
            one.expire(&token).await.map(drop),
            one.session(&token).await.map(drop),
            one.wait_for(&token).finished().await.map(drop),
            one.upload(&token, MediaKind::Face, *b"a face").await.map(drop),
            one.remove_session(&token).await,
        ] {
            let refused = refused.unwrap_err();
            assert_eq!(refused.status(), Some(404), "{refused}");
            let text = format!("the company `one` has no session `{token}`: it is another company's session");
            assert_eq!(refused.to_string(), text);
        }
    }
    let session = app.mock.company("two").session(&token).await.unwrap();
    assert!(!session.session.is_finished && session.reached_steps.is_empty() && session.uploads.is_empty());
}

#[tokio::test]
async fn reset_drops_the_sessions_of_one_company() {
    let app = TestApp::start_with(|builder| builder.company("one").settings(at_most_three)).await;
    let (tokens, _) = begin(&app, "one", 2).await;
    let (guests, _) = begin(&app, "guest-1", 3).await;
    app.mock.company("one").reset().await.unwrap();
    assert_eq!(app.mock.company("one").company_info().await.unwrap().state.sessions, 0);
    for token in &tokens {
        result(&app, "one", token).await.assert_error(404, "SESSION_NOT_FOUND");
        app.widget(token).await.assert_status(404);
    }
    for token in &guests {
        result(&app, "one", token).await.assert_error(404, "SESSION_NOT_FOUND");
        result(&app, "guest-1", token).await.assert_status(200);
        app.widget(token).await.assert_status(200);
    }
}
