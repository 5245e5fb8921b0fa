//! Scenarios: what each one answers, when, and how one is chosen.

use std::{fs, path::Path, time::Duration};

use identomat_mock::{Company, MockServer, SavedConfiguration, Trigger};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{TestApp, send};

async fn result_of(scenario: &str) -> Value {
    let app = TestApp::start_with(|builder| builder.scenario(scenario)).await;
    app.result_of(json!({"flags": {"liveness": true}})).await
}

#[tokio::test]
async fn every_reject_reason_of_the_specification_has_a_scenario() {
    for reason in [
        "face_mismatch",
        "face_blurry",
        "document_blurry",
        "document_covered",
        "document_grayscale",
        "document_format_mismatch",
        "document_type_mismatch",
        "document_type_unknown",
        "document_page_mismatch",
        "document_not_readable",
        "document_face_blurry",
        "document_spoofing_detected",
        "no_document_in_image",
    ] {
        let result = result_of(&format!("rejected-{}", reason.replace('_', "-"))).await;
        assert_eq!(result["result"], "REJECTED", "{reason}");
        assert_eq!(result["reject_reason"]["value"], reason);
        assert_eq!(result["reject_reason"]["description"], "", "{reason}");
    }
}

#[tokio::test]
async fn a_face_mismatch_has_a_low_similarity() {
    for scenario in ["rejected", "rejected-face-mismatch"] {
        let result = result_of(scenario).await;
        assert_eq!(result["reject_reason"]["value"], "face_mismatch");
        assert_eq!(result["similarity"], json!(0.218_430_659_177_302_6));
    }
}

#[tokio::test]
async fn a_document_that_cannot_be_read_gives_no_person() {
    let result = result_of("rejected-document-not-readable").await;
    assert_eq!((&result["document_type"], &result["person"]), (&json!(""), &json!({})));
}

#[tokio::test]
async fn manual_check_is_followed_by_approval_after_two_polls() {
    let app = TestApp::start_with(|builder| builder.scenario("manual-check-then-approved")).await;
    let token = app.begin(json!({})).await;
    assert_eq!(app.result(&token).await.json()["result"], "IN_PROGRESS");
    app.mock.finish(&token).await.unwrap();
    for word in ["MANUAL_CHECK", "MANUAL_CHECK", "APPROVED", "APPROVED"] {
        assert_eq!(app.result(&token).await.json()["result"], word);
    }
    assert_eq!(app.result(&token).await.json()["result_comment"], "Checked by an operator");
}

#[tokio::test]
async fn who_disagrees_shows_neither_document_nor_face() {
    let result = result_of("disagreed-with-terms").await;
    assert_eq!(result["result"], "DISAGREED_WITH_TERMS");
    assert_eq!((&result["person"], &result["similarity"], &result["live"]), (&json!({}), &json!(0), &json!(false)));
}

#[tokio::test]
async fn in_progress_stays_so_after_the_widget() {
    let result = result_of("in-progress").await;
    assert_eq!((&result["result"], &result["person"]), (&json!("IN_PROGRESS"), &json!({})));
}

#[tokio::test]
async fn a_proof_of_address_is_a_general_document_alone() {
    let result = result_of("proof-of-address").await;
    assert_eq!(result["result"], "APPROVED");
    assert_eq!((&result["document_type"], &result["person"]), (&json!(""), &json!({})));
    assert_eq!((&result["similarity"], &result["live"]), (&json!(0), &json!(false)));
    let document = &result["generalDocuments"][0];
    assert_eq!(document["documentType"], "UTILITY_BILL");
    assert_eq!((&document["typeId"], &document["final"]), (&json!("utility_bill"), &Value::Null));
    let page = &document["pages"][0];
    assert_eq!((&page["typeId"], &page["documentPages"]), (&json!("utility-bill"), &json!([{"pageNumber": 1}])));
    assert!(page["final"]["fullName"].as_str().unwrap().contains(page["final"]["lastName"].as_str().unwrap()));
    assert!(page["final"]["documentIssued"].as_str().unwrap().ends_with("T00:00:00.000Z"), "{page}");
}

#[tokio::test]
async fn a_screening_match_is_in_the_document() {
    let result = result_of("screening-match").await;
    assert_eq!(result["result"], "MANUAL_CHECK");
    assert_eq!(
        result["screeningMatches"][0],
        json!({"score": 93.5, "name": "Sample Person", "personId": "Q00000001", "reviewStatus": "pending"})
    );
    assert_eq!(result_of("manual-check").await.get("screeningMatches"), None);
}

#[tokio::test]
async fn an_operators_questionnaire_is_answered_by_the_scenario() {
    let app = TestApp::start_with(|builder| builder.scenario("operator-questionnaire")).await;
    let token = app.begin(json!({})).await;
    let shown = app.walk(&token).await;
    assert!(!shown.iter().any(|screen| screen.contains("operator")), "{shown:?}");
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    let result = app.result(&token).await.json();
    assert_eq!(
        result["questionnaires"],
        json!([{"key": "operator-check", "questions": [
            {"key": "documents-are-genuine", "answer": true}, {"key": "remark", "answer": "Nothing unusual"},
        ]}])
    );
}

#[tokio::test]
async fn scenarios_that_are_errors_answer_the_error() {
    let app = TestApp::start().await;
    for (scenario, status, word) in
        [("session-not-found", 404, "SESSION_NOT_FOUND"), ("session-invalid", 400, "SESSION_INVALID")]
    {
        let token = app.begin(json!({"flags": {"mock_scenario": scenario}})).await;
        app.result(&token).await.assert_error(status, word);
        app.delete(&token).await.assert_error(status, word);
        app.result(&token).await.assert_error(status, word);
        assert_eq!(app.result(&token).await.hint(), format!("the scenario `{scenario}` returns this error"));
    }
    let begin = app.with_key(json!({"flags": {"mock_scenario": "company-key-invalid"}}));
    app.post_json("/external-api/begin/", &begin).await.assert_error(403, "COMPANY_KEY_INVALID");
}

/// A mock where a scenario that does not say so reaches its outcome at `trigger`.
async fn finishing(trigger: Trigger) -> TestApp {
    TestApp::start_with(|builder| builder.settings(|config| config.outcome_trigger = trigger)).await
}

#[tokio::test]
async fn an_outcome_can_come_at_once() {
    let app = finishing(Trigger::Begin).await;
    let token = app.begin(json!({})).await;
    assert_eq!(app.result(&token).await.json()["result"], "APPROVED");
}

#[tokio::test]
async fn an_outcome_can_come_after_polls() {
    let app = finishing(Trigger::Polls(2)).await;
    let token = app.begin(json!({})).await;
    for word in ["IN_PROGRESS", "IN_PROGRESS", "APPROVED"] {
        assert_eq!(app.result(&token).await.json()["result"], word);
    }
}

#[tokio::test]
async fn an_outcome_can_come_after_a_time() {
    let app = finishing(Trigger::After(Duration::from_secs(90))).await;
    let token = app.begin(json!({})).await;
    app.mock.advance(Duration::from_secs(60)).await.unwrap();
    assert_eq!(app.result(&token).await.json()["result"], "IN_PROGRESS");
    app.mock.advance(Duration::from_secs(30)).await.unwrap();
    assert_eq!(app.result(&token).await.json()["result"], "APPROVED");
}

#[tokio::test]
async fn an_abandoned_session_stays_in_progress_and_readable() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    app.mock.advance(Duration::from_secs(16 * 60)).await.unwrap();
    assert!(app.mock.finish(&token).await.is_err());
    assert_eq!(app.result(&token).await.json()["result"], "IN_PROGRESS");
}

/// Begins with that header and flags, and answers which scenario was chosen and why.
async fn chosen(app: &TestApp, header: Option<&str>, parameters: Value) -> String {
    let mut request = app.request(Method::POST, "/external-api/begin/").json(&parameters);
    if let Some(name) = header {
        request = request.header("x-identomat-mock-scenario", name);
    }
    let reply = send(request).await;
    reply.assert_status(200);
    reply.hint().to_owned()
}

#[tokio::test]
async fn the_strongest_wish_chooses_the_scenario() {
    let id = "0123456789abcdef01234567";
    let company = Company::new("choosy")
        .scenario("in-progress")
        .configuration(id, SavedConfiguration::new().scenario("screening-match"));
    let app = TestApp::start_with(|builder| {
        builder.company(identomat_mock::DEFAULT_COMPANY_KEY).scenario("manual-check").company(company)
    })
    .await;
    let mut flags = json!({
        "mock_scenario": "rejected", "return_url": "https://example.com/?a=b&mock_scenario=proof-of-address",
    });
    let begin = |flags: &Value| json!({"company_key": "choosy", "config_id": id, "flags": flags});

    let hint = chosen(&app, Some("approved"), begin(&flags)).await;
    assert_eq!(hint, "scenario `approved`, from the request header `x-identomat-mock-scenario`");
    assert_eq!(chosen(&app, None, begin(&flags)).await, "scenario `rejected`, from the flag `mock_scenario`");
    flags.as_object_mut().unwrap().remove("mock_scenario");
    let hint = chosen(&app, None, begin(&flags)).await;
    assert_eq!(hint, "scenario `proof-of-address`, from `mock_scenario` in the query of `return_url`");
    let hint = chosen(&app, None, begin(&json!({}))).await;
    assert_eq!(hint, "scenario `screening-match`, from the configuration of `config_id`");
    let hint = chosen(&app, None, json!({"company_key": "choosy"})).await;
    assert_eq!(hint, "scenario `in-progress`, from the company's default");
    let hint = chosen(&app, None, app.with_key(json!({}))).await;
    assert_eq!(hint, "scenario `manual-check`, from the server's default");
}

#[tokio::test]
async fn an_unknown_scenario_is_refused_with_the_known_names() {
    let app = TestApp::start().await;
    let reply =
        app.post_json("/external-api/begin/", &app.with_key(json!({"flags": {"mock_scenario": "aproved"}}))).await;
    let words = reply.argument_error();
    let rest = app.scenario_names().await.len() - 8;
    assert!(
        words.starts_with("the flag `mock_scenario`: there is no scenario `aproved`; known: approved, "),
        "{words}"
    );
    assert!(words.ends_with(&format!(" and {rest} more; did you mean `approved`?")), "{words}");
}

fn folder_with(name: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    folder
}

async fn with_folder(folder: &Path) -> Result<MockServer, identomat_mock::StartError> {
    MockServer::builder().settings(|config| config.scenarios = Some(folder.to_owned())).start().await
}

#[tokio::test]
async fn a_folder_adds_scenarios_and_replaces_those_of_its_names() {
    let folder = folder_with("approved.yaml", "description: mine\nstages: [{result: MANUAL_CHECK}]");
    fs::write(
        folder.path().join("own.json"),
        r#"{"description": "", "stages": [{"when": "begin", "result": "approved"}]}"#,
    )
    .unwrap();
    fs::write(folder.path().join("README.md"), "not a scenario").unwrap();
    let settings = |config: &mut identomat_mock::Config| config.scenarios = Some(folder.path().to_owned());
    let app = TestApp::start_with(|builder| builder.settings(settings)).await;
    assert_eq!(app.result_of(json!({})).await["result"], "MANUAL_CHECK");
    assert_eq!(app.result_of(json!({"flags": {"mock_scenario": "own"}})).await["result"], "APPROVED");
    assert!(app.scenario_names().await.contains(&"rejected".to_owned()));

    let alone =
        TestApp::start_with(|builder| builder.settings(settings).settings(|config| config.builtin_scenarios = false))
            .await;
    assert_eq!(alone.scenario_names().await, ["approved", "own"]);
}

#[tokio::test]
async fn a_broken_scenario_stops_the_start_with_file_line_and_column() {
    let text = "description: a\nstages:\n  - result: APROVED\n    wen: begin\n  - when: begin\n    document: nowhere\n";
    let folder = folder_with("broken.yaml", text);
    let error = with_folder(folder.path()).await.expect_err(text).to_string();
    let file = folder.path().join("broken.yaml").display().to_string();
    let places: Vec<_> = error.lines().filter_map(|line| line.strip_prefix(&*file)).collect();
    let said =
        [":3:13: `APROVED` is not an outcome", ":4:5: unknown key `wen`", ":6:15: there is no document `nowhere`"];
    assert_eq!(places.len(), said.len(), "{error}");
    assert!(places.iter().zip(said).all(|(place, said)| place.starts_with(said)), "{error}");
}

#[tokio::test]
async fn two_files_of_one_name_stop_the_start() {
    let folder = folder_with("a.yaml", "description: one\nstages: []");
    fs::write(folder.path().join("a.json"), r#"{"description": "other", "stages": []}"#).unwrap();
    let error = with_folder(folder.path()).await.unwrap_err().to_string();
    let at = |name: &str| folder.path().join(name).display().to_string();
    assert_eq!(error, format!("{}: `{}` has the same name; rename one of them", at("a.yaml"), at("a.json")));
}

#[tokio::test]
async fn a_rejection_can_be_described() {
    let text =
        "description: a\nstages: [{result: REJECTED, reject_reason: own_word, reject_description: In own words}]";
    let folder = folder_with("own.yaml", text);
    let app = TestApp::start_with(|builder| {
        builder.scenario("own").settings(|config| config.scenarios = Some(folder.path().to_owned()))
    })
    .await;
    let reason = json!({"value": "own_word", "description": "In own words"});
    assert_eq!(app.result_of(json!({})).await["reject_reason"], reason);
}

#[tokio::test]
async fn a_scenarios_steps_leave_the_calls_own_alone() {
    let app = TestApp::start_with(|builder| builder.scenario("operator-questionnaire")).await;
    let own =
        json!([{"type": "operator-questionnaire", "key": "own", "questions": [{"type": "boolean", "key": "sure"}]}]);
    let answered = app.result_of(json!({"steps": own})).await["questionnaires"].clone();
    assert_eq!((&answered[0]["key"], &answered[1]["key"]), (&json!("own"), &json!("operator-check")));
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_compared_with_no_face() {
    for scenario in ["rejected-document-not-readable", "rejected-no-document-in-image", "rejected-document-blurry"] {
        assert_eq!(result_of(scenario).await["similarity"], 0, "{scenario}");
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_stops_the_start() {
    let error = with_folder(Path::new("no/such/folder")).await.unwrap_err().to_string();
    assert!(error.starts_with("no/such/folder: cannot be read: "), "{error}");
    let odd = tempfile::tempdir().unwrap();
    fs::create_dir(odd.path().join("folder.yaml")).unwrap();
    let error = with_folder(odd.path()).await.unwrap_err().to_string();
    let words = "this is a folder; only regular files are read";
    assert_eq!(error, format!("{}: {words}", odd.path().join("folder.yaml").display()));
    let empty = tempfile::tempdir().unwrap();
    let error = with_folder(empty.path()).await.unwrap_err().to_string();
    assert!(error.ends_with("has no .yaml, .yml or .json file"), "{error}");
}
