//! `get-screening-person-details/`: whom a screening found.

use identomat_mock::{ScreeningMatch, Verdict};
use serde_json::{Value, json};

use crate::harness::{Reply, TestApp};

const MEMBERS: [&str; 12] = [
    "personId",
    "entityType",
    "name",
    "firstName",
    "middleName",
    "lastName",
    "gender",
    "birthdayTime",
    "nationality",
    "birthPlace",
    "aliases",
    "topics",
];

async fn details(app: &TestApp, parameters: Value) -> Reply {
    app.post_json("/external-api/get-screening-person-details/", &app.with_key(parameters)).await
}

#[tokio::test]
async fn every_match_of_the_built_in_scenario_is_described() {
    let app = TestApp::start_with(|builder| builder.scenario("screening-match")).await;
    let result = app.result_of(json!({})).await;
    let matches = result["screeningMatches"].as_array().unwrap();
    assert_eq!(matches.len(), 2);
    for found in matches {
        for parameter in ["person_id", "personId"] {
            let person = details(&app, json!({parameter: found["personId"]})).await;
            person.assert_status(200);
            let person = person.json();
            assert_eq!(person.as_object().unwrap().keys().collect::<Vec<_>>(), MEMBERS);
            assert_eq!((&person["personId"], &person["name"]), (&found["personId"], &found["name"]));
        }
    }
    let person = details(&app, json!({"person_id": "Q00000001"})).await.json();
    assert_eq!(person["topics"], json!(["role.pep"]), "as the fixture says");
}

#[tokio::test]
async fn whom_no_file_describes_is_invented_from_id_and_name() {
    let app = TestApp::scripted(
        "description: x\nstages:\n  - result: MANUAL_CHECK\n    screening_matches:\n      - {score: 50, name: Anna Maria Exempla, \
         personId: NK-7, reviewStatus: pending}\n  - when: operator\n    change: {screeningMatches: [{score: 3, name: \
         Acme, personId: NK-8, reviewStatus: pending}]}\n",
    )
    .await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    let person = details(&app, json!({"person_id": "NK-7"})).await.json();
    let names = ["firstName", "middleName", "lastName"].map(|member| person[member].as_str().unwrap());
    assert_eq!(names, ["Anna", "Maria", "Exempla"]);
    assert_eq!(person["aliases"], json!(["Exempla, Anna"]));
    assert!(person["birthdayTime"].as_str().unwrap().ends_with("T00:00:00.000Z"));
    assert_eq!(person["nationality"].as_str().unwrap().len(), 3);
    assert_eq!(details(&app, json!({"person_id": "NK-7"})).await.json(), person, "always the same");

    details(&app, json!({"person_id": "NK-8"})).await.assert_status(400);
    app.mock.decide_as_scripted(&token).await.unwrap();
    assert_eq!(details(&app, json!({"person_id": "NK-8"})).await.json()["lastName"], "Acme");
    details(&app, json!({"person_id": "NK-7"})).await.assert_status(200);
}

#[tokio::test]
async fn whom_a_decision_names_has_been_met_too() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    let (name, person_id, review_status) = ("Anna Exempla".into(), "NK-9".into(), "pending".into());
    let found = ScreeningMatch { score: 50.0, name, person_id, review_status };
    app.mock.decide(&token, Verdict::manual_check().screening_match(found)).await.unwrap();
    assert_eq!(app.result(&token).await.json()["screeningMatches"][0]["personId"], "NK-9");
    assert_eq!(details(&app, json!({"person_id": "NK-9"})).await.json()["firstName"], "Anna");
}

#[tokio::test]
async fn whom_no_session_of_the_company_has_met_is_a_clear_error() {
    let app = TestApp::start_with(|builder| builder.company("one").company("other").scenario("screening-match")).await;
    let id = json!({"person_id": "Q00000001"});
    let problem = "no session of the company matches the person `Q00000001`";
    let token = app.begin(json!({})).await;
    assert!(details(&app, id.clone()).await.argument_error().starts_with(problem), "nobody is through yet");
    app.mock.finish(&token).await.unwrap();
    details(&app, id.clone()).await.assert_status(200);

    let of_other = details(&app, json!({"company_key": "other", "person_id": "Q00000001"})).await;
    assert!(of_other.argument_error().starts_with(problem), "another company's");
    app.delete(&token).await.assert_status(200);
    assert!(details(&app, id).await.argument_error().starts_with(problem), "deleted");

    let missing = details(&app, json!({})).await.argument_error();
    assert!(missing.starts_with("`person_id` is missing"), "{missing}");
    details(&app, json!({"company_key": "nobody", "person_id": "x"})).await.assert_error(403, "COMPANY_KEY_INVALID");
}
