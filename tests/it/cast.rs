//! Who goes through a session: chosen when it begins, and what is different about them.

use std::{fs, time::Duration};

use identomat_mock::{MockServer, Scenario, Stage, Verdict};
use serde_json::{Value, json};

use crate::harness::TestApp;

async fn with_person(person: impl Into<Value>) -> TestApp {
    let scenario = Scenario::new("cast").person(person).stage(Stage::widget().approved());
    TestApp::start_with(|builder| builder.scenario(scenario)).await
}

#[tokio::test]
async fn a_scenario_picks_somebody_by_name() {
    let app = with_person("zofia-przykladowska").await;
    for flags in [json!({}), json!({"document_types": ["passport"]}), json!({"document_countries": ["GEO"]})] {
        assert_eq!(app.result_of(json!({"flags": flags})).await["person"]["first_name"], "Zofia");
    }
    let german = app.result_of(json!({"flags": {"document_countries": ["DEU"]}})).await;
    assert_eq!(german["person"]["issuing_state"], "DEU", "with a document of the country that is asked for");
}

#[tokio::test]
async fn a_picked_person_comes_though_the_company_has_others() {
    let scenario = Scenario::new("cast").person("zofia-przykladowska").stage(Stage::widget().approved());
    let company = identomat_mock::Company::new("one").people(["nino-magalitidze"]);
    let app = TestApp::start_with(|builder| builder.company(company).scenario(scenario)).await;
    assert_eq!(app.result_of(json!({})).await["person"]["first_name"], "Zofia");
}

#[tokio::test]
async fn members_change_the_person_and_all_that_follows_from_them() {
    let app = with_person(json!({
        "like": "nino-magalitidze", "last_name": "Changed", "middle_name": "Extra", "birthday": "2009-12-31",
        "documents": {"id": null, "driver_license": null, "residence_license": null, "passport": "NEW123456"},
        "local": null,
    }))
    .await;
    let result = app.result_of(json!({})).await;
    let person = &result["person"];
    assert_eq!(result["name"], "Nino Extra Changed");
    assert_eq!((&person["first_name"], &person["last_name"]), (&json!("Nino"), &json!("Changed")));
    assert_eq!((&result["document_type"], &person["document_number"]), (&json!("passport"), &json!("NEW123456")));
    assert_eq!(person["birthday"], "12/31/2009");
    assert_eq!(person.get("local_first_name"), None);
    let zone = person["mrz"].as_str().unwrap();
    assert!(
        zone.contains("GEOCHANGED<<NINO<EXTRA<") && zone.contains("NEW123456") && zone.contains("091231"),
        "{zone}"
    );
}

#[tokio::test]
async fn members_without_a_name_change_whoever_comes() {
    let app = with_person(json!({"address": {"city": "Elsewhere"}})).await;
    let results = [app.result_of(json!({})).await, app.result_of(json!({})).await];
    for result in results {
        assert!(result["person"]["address"].as_str().unwrap().contains("Elsewhere"), "{result}");
    }
}

#[tokio::test]
async fn a_stage_changes_the_person_from_then_on() {
    let scenario = Scenario::new("corrected")
        .person(json!({"like": "nino-magalitidze", "last_name": "Wrong"}))
        .stage(Stage::widget().approved())
        .stage(Stage::after("1h").person(json!({"last_name": "Right", "documents": {
            "id": "R1", "passport": "R1", "driver_license": "R1", "residence_license": "R1",
        }})))
        .stage(Stage::after("1h").result(Verdict::rejected("own")).person(json!({"birthday": "2000-01-01"})));
    let app = TestApp::start_with(|builder| builder.scenario(scenario)).await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    let before = app.result(&token).await.json();
    assert_eq!(before["name"], "Nino Wrong");
    app.mock.advance(Duration::from_secs(60 * 60)).await.unwrap();
    let after = app.result(&token).await.json();
    assert_eq!((&after["name"], &after["result"]), (&json!("Nino Right"), &json!("APPROVED")));
    assert_eq!(after["document_type"], before["document_type"], "it is the same document");
    assert_eq!(after["person"]["document_number"], "R1");
    app.mock.advance(Duration::from_secs(60 * 60)).await.unwrap();
    let last = app.result(&token).await.json();
    assert_eq!((&last["name"], &last["result"]), (&json!("Nino Right"), &json!("REJECTED")));
    assert_eq!(last["person"]["birthday"], "1/1/2000");
}

#[tokio::test]
async fn whoever_chooses_a_country_comes_from_there() {
    let app = TestApp::start().await;
    for (country, place, letters) in [("GRC", "Greece", "el_GR"), ("UKR", "Ukraine", "uk_UA"), ("DEU", "Germany", "")] {
        for _ in 0..3 {
            let token = app.begin(json!({"flags": {"skip_agreement": true, "skip_face": true}})).await;
            let chosen = json!({"screen": "document", "document": "id", "country": country});
            app.answer(&token, chosen).await.assert_status(200);
            app.walk(&token).await;
            let result = app.result(&token).await.json();
            let person = &result["person"];
            for member in ["nationality", "citizenship", "issuing_state"] {
                assert_eq!(person[member], country, "{result:#}");
            }
            for member in ["authority", "address"] {
                assert!(person[member].as_str().unwrap().ends_with(place), "{member}: {result:#}");
            }
            let local = format!("Surname_{letters}");
            assert_eq!(result["id_card_front"].get(&local).is_some(), !letters.is_empty(), "{result:#}");
        }
    }
}

#[tokio::test]
async fn georgians_go_through_sessions_in_georgian() {
    let by_default = TestApp::start().await;
    let off = TestApp::start_with(|builder| builder.settings(|config| config.people_by_language = false)).await;
    let countries = async |app: &TestApp| {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..10 {
            let result = app.result_of(json!({"flags": {"language": "ka", "document_types": ["id"]}})).await;
            seen.insert(result["person"]["nationality"].to_string());
            let is_georgian = result["id_card_back"].get("Authority_ka_GE").is_some();
            assert_eq!(is_georgian, result["person"]["nationality"] == "GEO");
        }
        seen.len()
    };
    assert_eq!(countries(&by_default).await, 1);
    assert!(countries(&off).await > 2);
    // The widget offers the document that would be shown anyway.
    let token = by_default.begin(json!({"flags": {"language": "ka", "skip_agreement": true}})).await;
    let screen = by_default.view(&token).await["screen"].clone();
    assert_eq!(screen["country"], "GEO");
    let names = screen["countries"].as_array().unwrap();
    assert!(names.contains(&json!({"code": "DEU", "name": "გერმანია"})), "{names:?}");
}

#[tokio::test]
async fn who_goes_through_stays_whatever_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let people = folder.path().join("people");
    fs::create_dir(&people).unwrap();
    let write = |name: &str, text: &str| fs::write(people.join(name), text).unwrap();
    let nino = fs::read_to_string("fixtures/people/nino-magalitidze.yaml").unwrap();
    write("somebody.yaml", &nino);
    let settings = |config: &mut identomat_mock::Config| config.fixtures = Some(folder.path().to_owned());
    let app = TestApp::start_with(|builder| builder.settings(settings)).await;
    let unseen = app.begin(json!({})).await;
    let seen = app.begin(json!({})).await;
    app.mock.finish(&seen).await.unwrap();
    let before = app.result(&seen).await.text();

    let named = Scenario::new("named").person("somebody").stage(Stage::begin().approved());
    app.mock.queue_scenario(named.clone()).await.unwrap();
    write("somebody.yaml", &nino.replace("Nino", "Nina"));
    write("another.yaml", &nino.replace("Nino", "Another"));
    app.mock.reload().unwrap();
    app.mock.finish(&unseen).await.unwrap();
    assert_eq!(app.result(&unseen).await.json()["person"]["first_name"], "Nino");
    assert_eq!(app.result(&seen).await.text(), before);
    app.begin(json!({})).await;
    let new = app.mock.last_session().await.unwrap().unwrap().token;
    assert_eq!(app.result(&new).await.json()["person"]["first_name"], "Nina");

    // Somebody who is gone cannot come.
    app.mock.queue_scenario(named).await.unwrap();
    fs::remove_file(people.join("somebody.yaml")).unwrap();
    app.mock.reload().unwrap();
    let refused = app.post_json("/external-api/begin/", &app.with_key(json!({}))).await.argument_error();
    assert!(refused.contains("there is no person `somebody`; known: another"), "{refused}");
}

#[tokio::test]
async fn a_person_that_cannot_be_stops_the_start() {
    for (scenario, problem) in [
        (Scenario::new("s").person("nobody"), "there is no person `nobody`; known: aigul-primerova, "),
        (
            Scenario::new("s").person(json!({"like": "j-q", "frist_name": "X"})),
            "`person.frist_name`, merged into `j-q`: unknown key `frist_name`, did you mean `first_name`?",
        ),
        (Scenario::new("s").person(json!({"last_name": "Ünïcode"})), "`Ünïcode` is not a Latin name"),
        (
            Scenario::new("s").person(json!({"sex": null})),
            "`person`, merged into `aigul-primerova`: the key `sex` is missing",
        ),
        (Scenario::new("s").person(json!(5)), "`person` is the name of a person"),
        (
            Scenario::new("s").stage(Stage::begin().person(json!({"birthday": "yesterday"}))),
            "`person.birthday`, merged into `aigul-primerova`: ",
        ),
        (Scenario::new("s").stage(Stage::begin().person(json!("j-q"))), "stage 1: `person` is not a JSON object"),
    ] {
        let error = MockServer::builder().scenario(scenario).start().await.unwrap_err().to_string();
        assert!(error.starts_with("the scenario `s`: ") && error.contains(problem), "{error}\nshould say {problem}");
    }
}
