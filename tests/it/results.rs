//! The result document is whole and agrees with itself.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use identomat_mock::{Outcome, ResultCase};
use insta::assert_json_snapshot;
use jiff::{Timestamp, civil::Date, tz::Offset};
use serde_json::{Value, json};

use crate::harness::TestApp;

/// 2026-03-01, 12:00 UTC.
fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_772_366_400)
}

/// A mock whose answers are the same at every run.
async fn fixed() -> TestApp {
    TestApp::start_with(|builder| builder.seed(42).frozen_at(noon())).await
}

#[tokio::test]
async fn an_approved_document_is_whole() {
    let app = fixed().await;
    let flags = json!({"liveness": true, "document_types": ["id"], "document_countries": ["GEO"]});
    let token = app.begin(json!({"flags": flags})).await;
    app.widget(&token).await;
    app.mock.finish(&token).await.unwrap();
    assert_json_snapshot!(app.result(&token).await.json());
}

#[tokio::test]
async fn a_passport_has_no_card_sides() {
    let app = fixed().await;
    assert_json_snapshot!(app.result_of(json!({"flags": {"document_types": ["passport"]}})).await);
}

#[tokio::test]
async fn before_the_person_is_through_the_document_is_empty() {
    let app = fixed().await;
    let token = app.begin(json!({"flags": {"liveness": true}})).await;
    let reply = app.result(&token).await;
    // The order of members is that of recorded results; `similarity` is a plain 0.
    assert_eq!(
        reply.text(),
        r#"{"result":"IN_PROGRESS","similarity":0,"live":false,"document_type":"","generalDocuments":[],"reject_reason":{"value":"","description":""},"result_comment":"","name":"","face_images":0,"suggested":{},"person":{}}"#
    );
}

#[tokio::test]
async fn the_same_seed_and_clock_answer_the_same_bytes() {
    let mut answers = Vec::new();
    for _ in 0..2 {
        let app = fixed().await;
        let mut bytes = Vec::new();
        for scenario in ["approved", "rejected", "proof-of-address", "operator-questionnaire"] {
            let begun = app
                .post_json("/external-api/begin/", &app.with_key(json!({"flags": {"mock_scenario": scenario}})))
                .await;
            let token = begun.json().as_str().unwrap().to_owned();
            app.mock.finish(&token).await.unwrap();
            bytes.push((begun.body, app.result(&token).await.body));
        }
        answers.push(bytes);
    }
    assert_eq!(answers[0], answers[1]);
}

fn date(text: &Value) -> Date {
    let parts: Vec<i16> = text.as_str().unwrap().split('/').map(|part| part.parse().unwrap()).collect();
    assert_eq!(format!("{}/{}/{}", parts[0], parts[1], parts[2]), text.as_str().unwrap(), "no leading zeros");
    Date::new(parts[2], parts[0] as i8, parts[1] as i8).unwrap()
}

fn check_digit(field: &str) -> char {
    let value = |c: char| if c == '<' { 0 } else { c.to_digit(36).unwrap() };
    let sum: u32 = field.chars().enumerate().map(|(at, c)| value(c) * [7, 3, 1][at % 3]).sum();
    char::from_digit(sum % 10, 10).unwrap()
}

/// Checks the zone digit by digit, and that it says what the rest of `person` says.
fn check_mrz(person: &Value) {
    let mrz = person["mrz"].as_str().unwrap();
    let lines: Vec<_> = mrz.split('\n').collect();
    let (numbers, dates) = if lines.len() == 2 { (lines[1], &lines[1][13..]) } else { (&lines[0][5..], lines[1]) };
    let at = |text: &str, index: usize| text.as_bytes()[index] as char;
    assert_eq!(at(numbers, 9), check_digit(&numbers[..9]), "document number: {mrz}");
    assert_eq!(at(dates, 6), check_digit(&dates[..6]), "birthday: {mrz}");
    assert_eq!(at(dates, 14), check_digit(&dates[8..14]), "expiry: {mrz}");
    let (composite, whole) = if lines.len() == 2 {
        assert!(lines.iter().all(|line| line.len() == 44), "{mrz}");
        assert_eq!(at(lines[1], 42), check_digit(&lines[1][28..42]), "personal number: {mrz}");
        (format!("{}{}{}", &lines[1][..10], &lines[1][13..20], &lines[1][21..43]), at(lines[1], 43))
    } else {
        assert!(lines.len() == 3 && lines.iter().all(|line| line.len() == 30), "{mrz}");
        let second = lines[1];
        (format!("{}{}{}{}", &lines[0][5..], &second[..7], &second[8..15], &second[18..29]), at(second, 29))
    };
    assert_eq!(whole, check_digit(&composite), "whole: {mrz}");

    let short = |date: Date| format!("{:02}{:02}{:02}", date.year() % 100, date.month(), date.day());
    assert_eq!(dates[..6], short(date(&person["birthday"])));
    assert_eq!(dates[8..14], short(date(&person["document_expires"])));
    assert_eq!(dates[7..8], *person["sex"].as_str().unwrap());
    assert_eq!(numbers[..9].trim_end_matches('<'), person["document_number"]);
    let surname = person["last_name"].as_str().unwrap().to_uppercase().replace('\'', "").replace(['-', ' '], "<");
    let surname: String = surname.chars().take(30).collect();
    assert!(mrz.contains(&surname), "{mrz} has not {surname}");
}

fn check_person(person: &Value, document_type: &str, today: Date) {
    for (plain, time) in [
        ("birthday", "birthday_time"),
        ("document_issued", "document_issued_time"),
        ("document_expires", "document_expires_time"),
    ] {
        assert_eq!(person[time], format!("{}T00:00:00.000Z", date(&person[plain])), "{person}");
    }
    let birthday = date(&person["birthday"]);
    let age = today.since((jiff::Unit::Year, birthday)).unwrap().get_years();
    assert_eq!(person["age"], age, "{person}");
    assert!(date(&person["document_issued"]) < today && today < date(&person["document_expires"]), "{person}");
    assert!(date(&person["document_issued"]) > birthday, "{person}");
    assert!(person["sex"] == "F" || person["sex"] == "M");
    for country in ["citizenship", "nationality", "issuing_state"] {
        assert_eq!(person[country].as_str().unwrap().len(), 3);
    }
    match document_type {
        "driver_license" => assert_eq!(person.get("mrz"), None),
        _ => check_mrz(person),
    }
}

#[tokio::test]
async fn every_document_agrees_with_itself_and_the_clock() {
    let app = fixed().await;
    let mut seen = BTreeSet::new();
    for months in [0, 5, 7, 24] {
        app.mock.advance(Duration::from_secs(months * 30 * 86_400 + 3600)).await.unwrap();
        let elapsed: u64 = [0, 5, 7, 24].iter().take_while(|m| **m <= months).map(|m| m * 30 * 86_400 + 3600).sum();
        let now = Timestamp::try_from(noon() + Duration::from_secs(elapsed)).unwrap();
        let today = Offset::UTC.to_datetime(now).date();
        for _ in 0..40 {
            let result = app.result_of(json!({})).await;
            let person = &result["person"];
            let document_type = result["document_type"].as_str().unwrap();
            check_person(person, document_type, today);
            assert_eq!(person["document_type_id"], document_type);
            assert_eq!(result.get("id_card_front").is_some(), document_type != "passport");
            if let Some(back) = result.get("id_card_back") {
                assert_eq!(back.get("mrz"), person.get("mrz"));
                assert_eq!(result["id_card_front"]["Document_Number_en_US"], person["document_number"]);
                assert_eq!(result["id_card_front"]["Date_of_Birth_en_US"], person["birthday"]);
            }
            seen.insert((document_type.to_owned(), person["last_name"].as_str().unwrap().to_owned()));
        }
    }
    let kinds: BTreeSet<_> = seen.iter().map(|(kind, _)| kind).collect();
    let people: BTreeSet<_> = seen.iter().map(|(_, name)| name).collect();
    assert_eq!(kinds.len(), 4, "{kinds:?}");
    assert!(people.len() >= 12, "{people:?}");
}

#[tokio::test]
async fn live_and_similarity_follow_the_flags() {
    let app = fixed().await;
    for (flags, live, has_face) in [
        (json!({}), false, true),
        (json!({"liveness": true}), true, true),
        (json!({"liveness": true, "skip_face": true}), false, false),
        (json!({"skip_face": true}), false, false),
    ] {
        let result = app.result_of(json!({"flags": flags})).await;
        assert_eq!(result["live"], live, "{flags}");
        let similarity = result["similarity"].as_f64().unwrap();
        assert_eq!((0.9..1.0).contains(&similarity), has_face, "{flags}: {similarity}");
        assert_eq!(similarity == 0.0, !has_face, "{flags}: {similarity}");
    }
    let steps = json!([{"type": "liveness", "key": "l"}]);
    let result = app.result_of(json!({"flags": {"skip_face": true}, "steps": steps})).await;
    assert_eq!(result["live"], true, "an explicit step counts");
}

#[tokio::test]
async fn without_a_document_step_there_is_no_person() {
    let app = fixed().await;
    let result = app.result_of(json!({"flags": {"skip_document": true}})).await;
    assert_eq!((&result["document_type"], &result["person"], &result["name"]), (&json!(""), &json!({}), &json!("")));
    assert_eq!((result.get("id_card_front"), result.get("id_card_back")), (None, None));
    assert_eq!(result["result"], "APPROVED");
}

#[tokio::test]
async fn general_documents_come_when_the_flags_ask() {
    let app = fixed().await;
    assert_eq!(app.result_of(json!({})).await["generalDocuments"], json!([]));
    let only_types = json!({"general_document_types": ["bank_statement"]});
    assert_eq!(app.result_of(json!({"flags": only_types})).await["generalDocuments"], json!([]));
    for (kind, kind_upper, page) in [
        ("bank_statement", "BANK_STATEMENT", "bank-statement"),
        ("utility_bill", "UTILITY_BILL", "utility-bill"),
        ("drivers_license", "DRIVERS_LICENSE", "drivers-license"),
    ] {
        let flags = json!({"allow_general_document_capture": true, "general_document_types": [kind]});
        let documents = &app.result_of(json!({"flags": flags})).await["generalDocuments"];
        assert_eq!(documents.as_array().unwrap().len(), 1);
        assert_eq!(documents[0]["documentType"], kind_upper);
        assert_eq!(documents[0]["typeId"], kind);
        assert_eq!(documents[0]["pages"][0]["typeId"], page);
    }
}

#[tokio::test]
async fn a_session_that_nobody_opened_has_no_technical_details() {
    let app = fixed().await;
    assert_eq!(app.result_of(json!({})).await.get("technicalDetails"), None);

    let token = app.begin(json!({})).await;
    app.widget(&token).await.assert_status(200);
    let details = app.result(&token).await.json()["technicalDetails"].clone();
    assert_eq!(details["remoteAddress"], "127.0.0.1");
    assert_eq!(details["userAgent"], "");
    assert_eq!(details["countryCode"].as_str().unwrap().len(), 2);
}

#[tokio::test]
async fn results_are_lower_case_where_that_is_set() {
    let app =
        TestApp::start_with(|builder| builder.settings(|config| config.result_case = Some(ResultCase::Lower))).await;
    for (outcome, word) in [
        (Outcome::Approved, "approved"),
        (Outcome::Rejected, "rejected"),
        (Outcome::ManualCheck, "manual_check"),
        (Outcome::DisagreedWithTerms, "disagreed_with_terms"),
        (Outcome::InProgress, "in_progress"),
    ] {
        let token = app.begin(json!({})).await;
        app.mock.finish_as(&token, outcome).await.unwrap();
        assert_eq!(app.result(&token).await.json()["result"], word);
    }
}

#[tokio::test]
async fn reject_reason_is_null_where_that_is_set() {
    let app = TestApp::start_with(|builder| builder.settings(|config| config.null_reject_reason = Some(true))).await;
    let token = app.begin(json!({})).await;
    assert_eq!(app.result(&token).await.json()["reject_reason"], Value::Null);
    app.mock.finish_as(&token, Outcome::Rejected).await.unwrap();
    assert_eq!(app.result(&token).await.json()["reject_reason"], json!({"value": "face_mismatch", "description": ""}));
}

#[tokio::test]
async fn members_that_typed_clients_need_are_never_null() {
    let app = fixed().await;
    for scenario in app.scenario_names().await {
        let answers_no_document = ["session-not-found", "session-invalid", "company-key-invalid"];
        let goes_wrong_first = [
            "begin-answers-html",
            "begin-fails-once",
            "not-found-at-first",
            "rate-limited",
            "result-cut-off",
            "result-fails-twice",
            "slow-result",
        ];
        if answers_no_document.contains(&&*scenario) || goes_wrong_first.contains(&&*scenario) {
            continue;
        }
        let token = app.begin(json!({"flags": {"mock_scenario": scenario}})).await;
        assert_eq!(app.mock.finish(&token).await.is_ok(), scenario != "expired-before-open");
        let result = app.result(&token).await.json();
        for member in ["result", "live", "similarity", "document_type", "generalDocuments", "person", "result_comment"]
        {
            assert!(!result[member].is_null(), "{scenario}: {member} in {result}");
        }
        let reason = &result["reject_reason"];
        assert!(reason["value"].is_string() && reason["description"].is_string(), "{scenario}: {reason}");
    }
}

#[tokio::test]
async fn a_deleted_session_hands_out_its_result_and_is_gone() {
    let app = fixed().await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    let result = app.result(&token).await;
    let deleted = app.delete(&token).await;
    deleted.assert_status(200);
    assert_eq!(deleted.body, result.body);
    app.delete(&token).await.assert_error(404, "SESSION_NOT_FOUND");
    app.result(&token).await.assert_error(404, "SESSION_NOT_FOUND");
    app.widget(&token).await.assert_status(404);
}

#[tokio::test]
async fn a_forced_rejection_gives_a_reason_of_a_step_that_ran() {
    let app = fixed().await;
    let rejected = async |flags: Value| {
        let token = app.begin(json!({"flags": flags})).await;
        app.mock.finish_as(&token, Outcome::Rejected).await.unwrap();
        app.result(&token).await.json()
    };
    let face = rejected(json!({})).await;
    assert_eq!(
        (&face["reject_reason"]["value"], &face["similarity"]),
        (&json!("face_mismatch"), &json!(0.218_430_659_177_302_6))
    );
    let document = rejected(json!({"skip_face": true})).await;
    assert_eq!(document["reject_reason"]["value"], "document_not_readable");
    assert_eq!((&document["person"], &document["similarity"]), (&json!({}), &json!(0)));
    let paper = json!({"skip_face": true, "skip_document": true, "allow_general_document_upload": true});
    let paper = rejected(paper).await;
    assert_eq!(
        (&paper["reject_reason"]["value"], &paper["generalDocuments"].as_array().unwrap().len().into()),
        (&json!("document_type_mismatch"), &json!(1))
    );
}

#[tokio::test]
async fn nobody_is_rejected_for_a_face_that_was_not_checked() {
    let app = fixed().await;
    for (flags, reason) in [
        (json!({}), "face_mismatch"),
        (json!({"skip_face": true}), "document_not_readable"),
        (
            json!({"skip_face": true, "skip_document": true, "allow_general_document_upload": true}),
            "document_type_mismatch",
        ),
    ] {
        for scenario in ["rejected", "rejected-face-mismatch", "rejected-face-blurry"] {
            let mut flags = flags.clone();
            flags["mock_scenario"] = scenario.into();
            let result = app.result_of(json!({"flags": flags})).await;
            let reason =
                if scenario.ends_with("blurry") && reason.starts_with("face") { "face_blurry" } else { reason };
            assert_eq!(result["reject_reason"]["value"], reason, "{scenario}: {result}");
            assert_eq!(result["face_images"], u32::from(reason.starts_with("face_")), "{result}");
        }
    }
    assert!(
        app.mock.coverage().await.unwrap().to_string().contains("document_type_mismatch"),
        "{}",
        app.mock.coverage().await.unwrap()
    );
}

#[tokio::test]
async fn addresses_are_in_the_result_where_they_were_asked_for() {
    let app = fixed().await;
    let flags = json!({"require_email": true, "require_phone_number_check": true, "skip_document": true});
    let token = app.begin(json!({"flags": flags})).await;
    app.answer(&token, json!({"screen": "agreement", "agree": true})).await.assert_status(200);
    app.answer(&token, json!({"screen": "email", "address": "nino@example.com"})).await.assert_status(200);
    app.answer(&token, json!({"screen": "phone-number", "address": "+995 555 00 00 00"})).await.assert_status(200);
    assert_eq!(app.result(&token).await.json()["person"], json!({}), "nobody is through");
    app.walk(&token).await;
    let person = app.result(&token).await.json()["person"].clone();
    assert_eq!(person, json!({"email": "nino@example.com", "phone": "+995555000000"}));

    let walked_by_nobody = app.result_of(json!({"flags": {"skip_document": true}, "steps": [{"type": "email"}]})).await;
    assert_eq!(walked_by_nobody["person"], json!({"email": "somebody@example.com"}));
    let with_document = app.result_of(json!({"flags": {"require_phone_number": true}})).await["person"].clone();
    assert_eq!((&with_document["phone"], with_document.get("email")), (&json!("+12025550100"), None));
    assert!(with_document["last_name"].is_string());
}

#[tokio::test]
async fn countries_are_three_letters_in_either_case() {
    let app = fixed().await;
    for (countries, expected) in
        [(json!(["geo"]), Some("GEO")), (json!(["fra"]), Some("FRA")), (json!(["", "Georgia", 7]), None)]
    {
        let flags = json!({"document_countries": countries, "document_types": ["passport"]});
        let person = &app.result_of(json!({"flags": flags})).await["person"];
        let country = person["nationality"].as_str().unwrap();
        assert_eq!(expected.unwrap_or(country), country, "{countries}");
        assert_eq!(person["mrz"].as_str().unwrap()[2..5], *country);
        check_mrz(person);
    }
}

#[tokio::test]
async fn a_later_verdict_leaves_the_person_as_they_were() {
    let app = TestApp::start_with(|builder| {
        builder.seed(42).frozen_at(noon()).scenario("late").settings(|config| {
            config.scenarios = Some("tests/it/scenarios".into());
        })
    })
    .await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    let before = app.result(&token).await.json();
    app.mock.advance(Duration::from_secs(400 * 86_400)).await.unwrap();
    let after = app.result(&token).await.json();
    assert_eq!((&before["result"], &after["result"]), (&json!("MANUAL_CHECK"), &json!("APPROVED")));
    assert_eq!(before["person"], after["person"], "the document was read once");
}
