//! Every answer that a test sees is one that the OpenAPI document describes.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

use crate::harness::{Reply, TestApp};

pub(crate) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../src/http/admin/openapi/openapi.json");
    serde_json::from_str(text).expect("the document is JSON")
});

/// What was compiled so far, by the place of the schema.
static VALIDATORS: LazyLock<Mutex<HashMap<String, &'static Validator>>> = LazyLock::new(Mutex::default);

static ERROR: LazyLock<&Validator> = LazyLock::new(|| validator("#/components/schemas/VendorError"));

/// Checks an answer. Answers to calls that the document does not describe are none of its business, and neither are
/// those that a fault or the settings of a test changed.
#[track_caller]
pub(crate) fn check(method: &str, path: &str, reply: &Reply) {
    let path = path.split('?').next().unwrap_or_default();
    let is_vendors = path.starts_with("/external-api/");
    let hint = reply.header("x-identomat-mock-hint").unwrap_or_default();
    if hint.contains("fault `") || matches!(reply.status.as_u16(), 304 | 405) {
        return;
    }
    if is_vendors && ERROR.is_valid(&serde_json::from_slice(&reply.body).unwrap_or_default()) {
        // Settings give errors other statuses.
        return;
    }
    let method = method.to_lowercase();
    let described =
        DOCUMENT["paths"].as_object().expect("paths").iter().filter(|(template, _)| is_like(template, path));
    // A fixed part counts more than one that stands for any.
    let Some((template, methods)) = described.min_by_key(|(template, _)| template.matches('{').count()) else { return };
    let Some(operation) = methods.get(&method) else { return };
    let status = reply.status.as_str();
    let Some(mut answer) = operation["responses"].get(status) else {
        assert!(is_vendors, "{method} {template} answers {status}, which is not in the document: {reply}");
        return;
    };
    let mut place = format!(
        "/paths/{}/{method}/responses/{status}",
        template.replace('/', "~1").replace('{', "%7B").replace('}', "%7D")
    );
    if let Some(shared) = answer["$ref"].as_str() {
        place = shared.trim_start_matches('#').to_owned();
        answer = DOCUMENT.pointer(&place).expect("what is named is there");
    }
    let Some((kind, _)) = answer["content"].as_object().and_then(|content| content.iter().next()) else {
        assert!(reply.body.is_empty(), "{method} {template} answers nothing with {status}: {reply}");
        return;
    };
    if kind.ends_with("/*") {
        assert!(reply.header("content-type").is_some_and(|it| it.starts_with(kind.trim_end_matches('*'))), "{reply}");
        return;
    }
    assert_eq!(reply.header("content-type"), Some(&**kind), "{method} {template}: {reply}");
    if !kind.contains("json") {
        return;
    }
    let place = format!("#{place}/content/{}/schema", kind.replace('/', "~1"));
    let answer = reply.json();
    let problems: Vec<_> = validator(&place)
        .iter_errors(&answer)
        .map(|problem| format!("{}: {problem}", problem.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{method} {template} answers what is not in the document: {problems:#?}\n{reply}");
}

/// Checks the data of an event.
#[track_caller]
pub(crate) fn check_event(event: &Value) {
    let validator = validator("#/components/schemas/Event");
    let problems: Vec<_> = validator.iter_errors(event).map(|problem| problem.to_string()).collect();
    assert!(problems.is_empty(), "an event is not as the document says: {problems:#?}\n{event}");
}

fn is_like(template: &str, path: &str) -> bool {
    let tidy = |path: &str| path.trim_end_matches('/').replace("//", "/");
    let (template, path) = (tidy(template), tidy(path));
    let parts = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let (template, path) = (parts(&template), parts(&path));
    template.len() == path.len()
        && template.iter().zip(&path).all(|(known, part)| known.starts_with('{') || known == part)
}

static REGISTRY: LazyLock<Registry<'static>> = LazyLock::new(|| {
    let mut strict = DOCUMENT.clone();
    make_strict(&mut strict);
    let document = Registry::new().add("mock:document", strict).expect("the document has a name");
    document.prepare().expect("what is named in it is in it")
});

/// Turns the schemas of OpenAPI 3.0 into JSON Schemas that allow no member besides those that they name. The document
/// does not forbid others, so that clients go on reading what a later version answers.
fn make_strict(part: &mut Value) {
    match part {
        Value::Array(parts) => parts.iter_mut().for_each(make_strict),
        Value::Object(members) => {
            members.values_mut().for_each(make_strict);
            if members.get("properties").is_some_and(Value::is_object) {
                members.entry("additionalProperties").or_insert(false.into());
            }
            if members.get("nullable") == Some(&true.into()) {
                members.remove("nullable");
                let schema = std::mem::take(members);
                members.insert("anyOf".into(), json!([schema, {"type": "null"}]));
            }
        }
        _ => {}
    }
}

fn validator(place: &str) -> &'static Validator {
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = validators.get(place) {
        return known;
    }
    let schema = json!({"$ref": format!("mock:document{place}")});
    let options = jsonschema::draft202012::options().with_registry(&REGISTRY);
    let validator = options.build(&schema).expect("the document has schemas");
    validators.entry(place.to_owned()).or_insert(Box::leak(Box::new(validator)))
}

#[tokio::test]
async fn the_document_is_served() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/__admin/openapi.json").await.json(), *DOCUMENT);
}

#[tokio::test]
#[should_panic(expected = "answers what is not in the document")]
async fn an_answer_that_is_not_described_is_found() {
    let app = TestApp::start().await;
    let mut reply = app.get("/__admin/health/live").await;
    reply.body = br#"{"status": "live", "version": 7}"#.to_vec();
    check("GET", "/__admin/health/live", &reply);
}

#[tokio::test]
async fn every_path_of_the_control_api_is_described() {
    let app = TestApp::start().await;
    for (template, methods) in DOCUMENT["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let mut path =
                template.replace("{key}", "x").replace("{token}", "x").replace("{name}", "x").replace("{id}", "x");
            if template.ends_with("/events") {
                // Otherwise it would go on.
                path.push_str("?session=x");
            }
            if template.contains("/wait/") {
                path.push_str("?timeout=1ms");
            }
            let method = method.to_uppercase().parse().unwrap();
            let reply = crate::harness::send(app.request(method, &path)).await;
            assert!(reply.status != 405 && !reply.text().contains("there is no `"), "{reply}");
        }
    }
}
