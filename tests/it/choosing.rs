//! Scenarios that are chosen by what a call carries, and queues.

use std::fs;

use identomat_mock::{Company, SavedConfiguration};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{TestApp, send};

const CONFIG_ID: &str = "0123456789abcdef01234567";

/// A mock with these scenarios, each a name and its `match`, and a company with a configuration.
async fn matching(scenarios: &[(&str, &str)]) -> (TempDir, TestApp) {
    let folder = tempfile::tempdir().unwrap();
    for (name, condition) in scenarios {
        let text = format!("description: a\nmatch: {condition}\nstages: [{{when: begin, result: MANUAL_CHECK}}]\n");
        fs::write(folder.path().join(format!("{name}.yaml")), text).unwrap();
    }
    let saved = SavedConfiguration::new().flags(json!({"language": "ka"}));
    let settings = |config: &mut identomat_mock::Config| config.scenarios = Some(folder.path().to_owned());
    let app = TestApp::start_with(|builder| {
        builder.company(Company::new("one").configuration(CONFIG_ID, saved)).company("two").settings(settings)
    })
    .await;
    (folder, app)
}

async fn hint(app: &TestApp, begin: Value) -> String {
    app.post_json("/external-api/begin/", &app.with_key(begin)).await.hint().to_owned()
}

/// Asserts that the condition holds for the first call and not for the second.
async fn assert_match(condition: &str, on: &str, matching_call: Value, other_call: Value) {
    let (_folder, app) = matching(&[("mine", condition)]).await;
    let chosen = hint(&app, matching_call).await;
    assert!(chosen.starts_with(&format!("scenario `mine`, from its `match` on {on}")), "{condition}: {chosen}");
    let other = hint(&app, other_call).await;
    assert!(other.starts_with("scenario `approved`, from the server's default"), "{condition}: {other}");
}

#[tokio::test]
async fn every_part_of_a_call_can_be_matched() {
    assert_match("{company: two}", "company", json!({"company_key": "two"}), json!({})).await;
    let flags = |flags: Value| json!({"flags": flags});
    assert_match("{flags: {liveness: true}}", "flags.liveness", flags(json!({"liveness": true})), flags(json!({})))
        .await;
    let countries = |countries: Value| json!({"flags": {"document_countries": countries}});
    let contains = "{flags: {document_countries: {contains: GEO}}}";
    assert_match(contains, "flags.document_countries", countries(json!(["UKR", "GEO"])), countries(json!(["UKR"])))
        .await;
    let steps = |steps: Value| json!({"steps": steps});
    let liveness = "{steps: {contains: {type: liveness}}}";
    assert_match(liveness, "steps", steps(json!([{"type": "email"}, {"type": "liveness"}])), steps(json!([]))).await;
    let config = json!({"config_id": CONFIG_ID});
    assert_match(&format!("{{config_id: {CONFIG_ID}}}"), "config_id", config.clone(), json!({})).await;
    assert_match("{config_id: {present: true}}", "config_id", config.clone(), json!({})).await;
    assert_match("{flags: {language: ka}}", "flags.language", config, json!({})).await;
    let url = |url: &str| json!({"flags": {"return_url": url}});
    let checkout = "{return_url: {contains: /checkout}}";
    assert_match(checkout, "return_url", url("https://example.com/checkout"), url("https://example.com/")).await;
    let exact = "{return_url: 'https://example.com/'}";
    assert_match(exact, "return_url", url("https://example.com/"), url("https://example.com/checkout")).await;
    let glob = "{return_url: {glob: 'https://*.example.com/done?*'}}";
    assert_match(glob, "return_url", url("https://a.example.com/done?b=c"), url("https://example.com/done?b=c")).await;
    assert_match("{company: {glob: tw*}}", "company", json!({"company_key": "two"}), json!({})).await;
    assert_match("{return_url: {present: false}}", "return_url", json!({}), url("https://example.com/")).await;
}

#[tokio::test]
async fn a_parent_and_a_header_can_be_matched() {
    let (_folder, app) =
        matching(&[("child", "{parent: {present: true}}"), ("tested", "{header: {X-Test-Case: second}}")]).await;
    let parent = app.begin(json!({})).await;
    let chosen = hint(&app, json!({"parent_session_id": parent})).await;
    assert_eq!(chosen, "scenario `child`, from its `match` on parent");
    for (case, expected) in
        [("second", "scenario `tested`, from its `match` on header.x-test-case"), ("first", "default")]
    {
        let request = app.request(Method::POST, "/external-api/begin/").header("x-test-case", case);
        let reply = send(request.json(&app.with_key(json!({})))).await;
        assert!(reply.hint().contains(expected), "{}", reply.hint());
    }
}

#[tokio::test]
async fn every_condition_has_to_hold_and_the_first_name_wins() {
    let both = "{company: one, flags: {liveness: true}}";
    let (_folder, app) =
        matching(&[("b-both", both), ("c-company", "{company: one}"), ("a-other", "{company: two}")]).await;
    assert_eq!(
        hint(&app, json!({"flags": {"liveness": true}})).await,
        "scenario `b-both`, from its `match` on company, flags.liveness"
    );
    assert_eq!(hint(&app, json!({})).await, "scenario `c-company`, from its `match` on company");
}

#[tokio::test]
async fn explicit_ways_hold_above_a_match() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.yaml"), "description: a\nmatch: {company: {present: true}}\nstages: []")
        .unwrap();
    let saved = SavedConfiguration::new().scenario("manual-check");
    let app = TestApp::start_with(|builder| {
        builder
            .company(Company::new("one").configuration(CONFIG_ID, saved).scenario("rejected"))
            .settings(|config| config.scenarios = Some(folder.path().to_owned()))
    })
    .await;
    assert!(hint(&app, json!({"flags": {"mock_scenario": "approved"}})).await.starts_with("scenario `approved`"));
    assert!(hint(&app, json!({"config_id": CONFIG_ID})).await.starts_with("scenario `manual-check`"));
    assert!(hint(&app, json!({})).await.starts_with("scenario `mine`"), "a default is no explicit way");
    app.mock.queue_scenario("screening-match").await.unwrap();
    assert_eq!(hint(&app, json!({})).await, "scenario `screening-match`, from the company's queue");
    assert!(hint(&app, json!({})).await.starts_with("scenario `mine`"));
}

#[tokio::test]
async fn a_queue_is_taken_in_order_and_by_its_company_alone() {
    let app =
        TestApp::start_with(|builder| builder.company(Company::new("one").queue(["rejected"])).company("two")).await;
    app.mock.company("one").queue_scenarios(["manual-check"; 2]).await.unwrap();
    let results = async |key: &str, sessions: usize| {
        let mut results = Vec::new();
        for _ in 0..sessions {
            let token = app.begin(json!({"company_key": key})).await;
            app.mock.finish(&token).await.unwrap();
            let call = json!({"company_key": key, "session_token": token});
            results.push(
                app.post_json("/external-api/result/", &call).await.json()["result"].as_str().unwrap().to_owned(),
            );
        }
        results
    };
    assert_eq!(results("two", 1).await, ["APPROVED"]);
    assert_eq!(results("one", 4).await, ["REJECTED", "MANUAL_CHECK", "MANUAL_CHECK", "APPROVED"]);
}

#[tokio::test]
async fn a_session_that_asks_for_a_scenario_leaves_the_queue_alone() {
    let app = TestApp::start().await;
    app.mock.queue_scenario("rejected").await.unwrap();
    assert!(
        hint(&app, json!({"flags": {"mock_scenario": "manual-check"}})).await.starts_with("scenario `manual-check`")
    );
    assert_eq!(hint(&app, json!({})).await, "scenario `rejected`, from the company's queue");
}

#[tokio::test]
async fn an_unknown_scenario_cannot_be_queued() {
    let app = TestApp::start().await;
    let problem = app.mock.queue_scenario("aproved").await.unwrap_err().to_string();
    assert!(problem.starts_with("there is no scenario `aproved`"), "{problem}");
    let problem = app.mock.company("nobody").sessions().await.unwrap_err().to_string();
    assert_eq!(problem, format!("there is no company key `nobody`; known: {}", app.mock.company_key()));
}

#[tokio::test]
async fn only_the_companys_people_go_through_its_sessions() {
    let people = ["nino-magalitidze", "luka-gamogonidze"];
    let app = TestApp::start_with(|builder| builder.company(Company::new("one").people(people))).await;
    for _ in 0..20 {
        let person = app.result_of(json!({})).await["person"]["first_name"].clone();
        assert!(person == "Nino" || person == "Luka", "{person}");
    }
}
