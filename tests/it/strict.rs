//! Results as strict typed clients read them: every member that one of them reads has to be there, of its type.

use std::collections::BTreeMap;

use identomat_mock::{Company, Dialect};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::harness::{Reply, TestApp, thorough};

/// With how many seeds; a person of each kind comes in a few.
fn seeds() -> u64 {
    thorough(8, 50)
}

/// Scenarios in which `result/` never answers a document.
const NO_DOCUMENT: [&str; 3] = ["session-not-found", "session-invalid", "company-key-invalid"];

/// Scenarios that answer what `approved` answers, after faults that take real time or break the connection.
const AS_APPROVED: [&str; 2] = ["slow-result", "result-cut-off"];

/// A member that has to be there and may be null.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// `2026-08-02T00:00:00.000Z`
#[derive(Debug, PartialEq)]
struct Midnight(String);

impl<'de> Deserialize<'de> for Midnight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let day = text.strip_suffix("T00:00:00.000Z").and_then(|day| day.parse::<jiff::civil::Date>().ok());
        day.ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a day with time")))?;
        Ok(Self(text))
    }
}

/// What is always there, whatever the scenario.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "reading the members is the test")]
struct Always {
    result: String,
    similarity: f64,
    live: bool,
    document_type: String,
    #[serde(rename = "generalDocuments")]
    general_documents: Vec<GeneralDocument>,
    reject_reason: RejectReason,
    result_comment: String,
    person: BTreeMap<String, Value>,
    id_card_front: Option<Card>,
    id_card_back: Option<Card>,
}

/// What is there unless a scenario takes it away.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "reading the members is the test")]
struct Usual {
    name: String,
    face_images: u32,
    suggested: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
struct RejectReason {
    value: String,
    description: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "reading the members is the test")]
struct GeneralDocument {
    document_type: String,
    type_id: String,
    pages: Vec<Page>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "reading the members is the test")]
struct Page {
    type_id: String,
    r#final: Final,
    document_pages: Vec<PageNumber>,
    page_number: u32,
    statuses: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "reading the members is the test")]
struct PageNumber {
    page_number: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "reading the members is the test")]
struct Final {
    full_name: String,
    first_name: String,
    last_name: String,
    formatted_address: String,
    address: String,
    street: String,
    street_number: String,
    #[serde(deserialize_with = "nullable")]
    house_number: Option<String>,
    city: String,
    state: String,
    #[serde(deserialize_with = "nullable")]
    county: Option<String>,
    #[serde(deserialize_with = "nullable")]
    sublocality: Option<String>,
    #[serde(deserialize_with = "nullable")]
    postal_town: Option<String>,
    postal_code: String,
    country: String,
    country_code: String,
    latitude: f64,
    longitude: f64,
    local_type: String,
    authority: String,
    issuing_authority: String,
    #[serde(deserialize_with = "nullable")]
    registration_number: Option<String>,
    document_issued: Midnight,
    document_issued_time: Midnight,
    #[serde(deserialize_with = "nullable")]
    document_expires: Option<Midnight>,
}

/// Either side of a card.
#[derive(Debug, PartialEq, Deserialize)]
struct Card {
    #[serde(rename = "Given_Names_en_US")]
    given_names: String,
    #[serde(rename = "Surname_en_US")]
    surname: String,
    #[serde(rename = "Nationality_en_US")]
    nationality: String,
    #[serde(rename = "Nationality_Code_en_US")]
    nationality_code: String,
    #[serde(rename = "Sex_en_US")]
    sex: String,
    #[serde(rename = "Document_Number_en_US")]
    document_number: String,
    #[serde(rename = "Personal_Number_en_US")]
    personal_number: String,
    #[serde(rename = "Issuing_State_Code_en_US")]
    issuing_state_code: String,
    #[serde(rename = "Authority_en_US")]
    authority: String,
    #[serde(rename = "Address_en_US")]
    address: String,
    #[serde(rename = "Date_of_Birth_en_US")]
    date_of_birth: String,
    #[serde(rename = "Date_of_Birth_ISO")]
    date_of_birth_iso: Midnight,
    #[serde(rename = "Date_of_Expiry_en_US")]
    date_of_expiry: String,
    #[serde(rename = "Date_of_Expiry_ISO")]
    date_of_expiry_iso: Midnight,
    #[serde(rename = "Date_of_Issue_en_US")]
    date_of_issue: String,
    #[serde(rename = "Place_of_Birth_en_US")]
    place_of_birth: String,
}

/// `person` where the vendor read a document and nobody changed it.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "reading the members is the test")]
struct Person {
    first_name: String,
    last_name: String,
    sex: String,
    age: u32,
    birthday: String,
    birthday_time: Midnight,
    citizenship: String,
    nationality: String,
    issuing_state: String,
    personal_number: String,
    document_number: String,
    document_issued: String,
    document_expires: String,
    document_expires_time: Midnight,
    local_first_name: Option<String>,
    local_authority: Option<String>,
}

/// What a Georgian client reads off the back of a card.
#[derive(Debug, Deserialize)]
struct GeorgianBack {
    #[serde(rename = "Place_of_Birth_ka_GE")]
    place_of_birth: String,
    #[serde(rename = "Authority_ka_GE")]
    authority: String,
}

fn read<'de, T: Deserialize<'de>>(document: &'de Value, scenario: &str) -> T {
    T::deserialize(document).unwrap_or_else(|error| panic!("{scenario}: {error}\n{document:#}"))
}

fn check(document: &Value, dialect: Dialect, scenario: &str, is_through: bool) {
    let always: Always = read(document, scenario);
    let word = match dialect {
        Dialect::Manual => always.result.to_uppercase(),
        Dialect::Live => always.result.to_lowercase(),
    };
    assert_eq!(always.result, word, "{scenario}: {document:#}");
    assert_eq!(always.reject_reason.description, "", "{scenario}");
    assert_eq!(always.reject_reason.value.is_empty(), word.to_uppercase() != "REJECTED", "{scenario}: {document:#}");
    if scenario == "sparse-document" {
        return;
    }
    let usual: Usual = read(document, scenario);
    let without_face = ["disagreed-with-terms", "proof-of-address", "address-rejected"];
    let has_face = always.similarity != 0.0 || (is_through && !without_face.contains(&scenario));
    assert_eq!(usual.face_images, u32::from(has_face), "{scenario}: {document:#}");
    assert!(always.id_card_front == always.id_card_back || scenario == "sides-disagree", "{scenario}: {document:#}");
    if !always.document_type.is_empty() {
        let person: Person = read(&document["person"], scenario);
        assert_eq!(person.local_first_name.is_some(), person.local_authority.is_some(), "{document:#}");
        if person.nationality == "GEO" && always.document_type != "passport" {
            let back: GeorgianBack = read(&document["id_card_back"], scenario);
            assert_eq!(Some(back.authority), person.local_authority);
            assert!(!back.place_of_birth.is_empty());
        }
    }
}

/// Polls until there is a document: some scenarios fail or wait first.
async fn document(app: &TestApp, company: &str, token: &str) -> Reply {
    let parameters = json!({"company_key": company, "session_token": token});
    for _ in 0..4 {
        let reply = app.post_json("/external-api/result/", &parameters).await;
        if reply.status == 200 {
            return reply;
        }
        if let Some(seconds) = reply.header("retry-after") {
            app.mock.advance(std::time::Duration::from_secs(seconds.parse().unwrap())).await.unwrap();
        }
    }
    panic!("there is never a document for {token}");
}

#[tokio::test]
async fn strict_clients_can_read_every_scenario_in_both_dialects() {
    for seed in 0..seeds() {
        let live = Company::new("live").dialect(Dialect::Live);
        let app = TestApp::start_with(|builder| builder.seed(seed).company("manual").company(live)).await;
        let left_out = [&NO_DOCUMENT[..], &AS_APPROVED].concat();
        for scenario in app.scenario_names().await.iter().filter(|scenario| !left_out.contains(&scenario.as_str())) {
            for (company, dialect) in [("manual", Dialect::Manual), ("live", Dialect::Live)] {
                let begin = json!({"company_key": company, "flags": {"mock_scenario": scenario}});
                let mut begun = app.post_json("/external-api/begin/", &begin).await;
                if scenario.starts_with("begin-") {
                    begun = app.post_json("/external-api/begin/", &begin).await;
                }
                let token = begun.json().as_str().unwrap_or_else(|| panic!("{begun}")).to_owned();
                check(&document(&app, company, &token).await.json(), dialect, scenario, false);
                let is_through = app.mock.finish(&token).await.is_ok();
                assert_eq!(is_through, scenario != "expired-before-open");
                check(&document(&app, company, &token).await.json(), dialect, scenario, is_through);
            }
        }
    }
}

#[tokio::test]
async fn a_dialect_is_the_servers_or_the_companys_and_single_switches_hold_above_it() {
    use identomat_mock::ResultCase::{Lower, Upper};
    let word = async |app: &TestApp, key: &str| {
        let begun = app.post_json("/external-api/begin/", &json!({"company_key": key})).await;
        let token = begun.json().as_str().expect("a token").to_owned();
        document(app, key, &token).await.json()["result"].as_str().expect("a word").to_owned()
    };
    let companies = |builder: identomat_mock::MockServerBuilder| {
        builder
            .company("none")
            .company(Company::new("manual").dialect(Dialect::Manual))
            .company(Company::new("live").dialect(Dialect::Live))
            .company(Company::new("switched").dialect(Dialect::Live).result_case(Upper))
    };
    let manual = TestApp::start_with(companies).await;
    let live = TestApp::start_with(|builder| companies(builder).dialect(Dialect::Live)).await;
    let switched =
        TestApp::start_with(|builder| companies(builder).settings(|config| config.result_case = Some(Lower))).await;
    for (app, words) in [
        (manual, ["IN_PROGRESS", "IN_PROGRESS", "in_progress", "IN_PROGRESS"]),
        (live, ["in_progress", "IN_PROGRESS", "in_progress", "IN_PROGRESS"]),
        (switched, ["in_progress", "IN_PROGRESS", "in_progress", "IN_PROGRESS"]),
    ] {
        for (key, expected) in ["none", "manual", "live", "switched"].into_iter().zip(words) {
            assert_eq!(word(&app, key).await, expected, "{key}");
        }
    }
}
