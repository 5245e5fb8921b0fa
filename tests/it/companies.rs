//! Companies do not see each other.

use identomat_mock::{Company, Configuration, ResultCase};
use serde_json::{Value, json};

use crate::harness::TestApp;

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
async fn each_company_has_its_scenario_and_case() {
    let app = two_companies().await;
    for (key, result) in [("first", "APPROVED"), ("second", "rejected")] {
        let token = app.begin(json!({"company_key": key})).await;
        app.mock.finish(&token).unwrap();
        let call = json!({"company_key": key, "session_token": token});
        assert_eq!(app.post_json("/external-api/result/", &call).await.json()["result"], result);
    }
}

#[tokio::test]
async fn a_saved_configuration_gives_flags_steps_and_scenario() {
    let id = "0123456789abcdef01234567";
    let question = |key: &str| json!({"type": "boolean", "key": key});
    let step = |key: &str, question: Value| json!({"type": "user-questionnaire", "key": key, "questions": [question]});
    let saved = Configuration::new()
        .scenario("manual-check")
        .flags(json!({"document_types": ["passport"], "skip_face": true}))
        .steps(json!([step("one", question("saved")), step("two", question("saved"))]));
    let app = TestApp::start_with(|builder| builder.company(Company::new("configured").configuration(id, saved))).await;
    let begin = json!({
        "company_key": "configured", "config_id": id, "flags": {"skip_face": false},
        "steps": [step("two", question("given")), step("three", question("given"))],
    });
    let token = app.begin(begin.clone()).await;
    app.mock.finish(&token).unwrap();
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
    assert_eq!(wrong.hint(), "there is no company key `x`; the keys are: `zebra`, `aardvark`");
}

#[tokio::test]
async fn a_configuration_that_is_none_stops_the_start() {
    for (configuration, problem) in [
        (Configuration::new().flags(json!([])), "its `flags` are not a JSON object"),
        (Configuration::new().steps(json!([1])), "its `steps` are not a JSON array of objects"),
    ] {
        let company = Company::new("a-company").configuration("0123456789abcdef01234567", configuration);
        let error = identomat_mock::MockServer::builder().company(company).start().await.unwrap_err().to_string();
        let place = "the configuration `0123456789abcdef01234567` of the company key `a-company`";
        assert_eq!(error, format!("{place}: {problem}"));
    }
    let company = Company::new("a-company").configuration("short", Configuration::new());
    let error = identomat_mock::MockServer::builder().company(company).start().await.unwrap_err().to_string();
    assert!(error.ends_with("an id has 24 characters of 0-9 a-f"), "{error}");
}
