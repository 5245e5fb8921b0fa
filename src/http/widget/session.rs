//! `/__widget/sessions/{token}`: what the page shows of a session, and tells about it.

use std::{borrow::Cow, sync::Arc};

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, Response, StatusCode},
};
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    super::{error::with_hint, origin},
    json,
    page::status,
    refused, response,
};
use crate::{
    mock::Mock,
    session::{FinishError, walk},
    vendor::{DocumentType, Flags, Outcome, Question, Questionnaire, Steps, Switch},
};

/// The public view of a session. Texts of the company are in it as they came: the page shows them as text.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    token: &'a str,
    language: &'a str,
    scenario: &'a str,
    scenario_description: &'a str,
    /// Whether the person is asked to agree to the terms.
    asks_agreement: bool,
    asks_document: bool,
    asks_face: bool,
    document_types: Vec<DocumentType>,
    /// The keys of all steps in the order in which the person comes to them.
    steps: Vec<Cow<'a, str>>,
    questionnaires: Vec<Value>,
    outcomes: [&'static str; Outcome::ALL.len()],
    /// What the session is asked for, as it came, unknown members included.
    asked: AskedFor<'a>,
}

#[derive(Serialize)]
struct AskedFor<'a> {
    flags: &'a RawValue,
    steps: &'a RawValue,
}

pub(in crate::http) async fn show(
    State(mock): State<Arc<Mock>>,
    token: Result<Path<String>, PathRejection>,
) -> Response<Body> {
    // What is no text is no token of a session either.
    let token = token.map(|Path(token)| token).unwrap_or_default();
    // What a session is asked for can be long, and is read while nobody has to wait for the session.
    let seen = mock.view(&token, |session| {
        (session.asked.clone(), session.switches, session.has_document_step(), session.has_face_step())
    });
    match seen {
        Ok((asked, switches, asks_document, asks_face)) => {
            let layers = asked.layers();
            let (flags, steps) = (layers.flags(), layers.steps());
            let (read_flags, read_steps) = (Flags::read(&flags), Steps::read(&steps));
            let view = View {
                token: &token,
                language: read_flags.text("language").unwrap_or("en"),
                scenario: &asked.scenario.name,
                scenario_description: &asked.scenario.description,
                asks_agreement: !switches.has(Switch::SkipAgreement),
                asks_document,
                asks_face,
                document_types: read_flags.document_types(),
                steps: walk(switches, &read_steps).into_iter().map(|(key, _)| key).collect(),
                questionnaires: read_steps.questionnaires_of_person().map(questionnaire).collect(),
                outcomes: Outcome::ALL.map(Outcome::as_str),
                asked: AskedFor { flags: raw(&flags, "{}"), steps: raw(&steps, "[]") },
            };
            json(StatusCode::OK, &view)
        }
        Err(error) => refusal(&error),
    }
}

/// `POST …/steps/{step}`: the person came to that step, named by its key or its type.
pub(in crate::http) async fn reach(
    State(mock): State<Arc<Mock>>,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response<Body> {
    if let Some(origin) = origin::foreign(&headers, &mock.config)
        && !mock.config.cors.allows(origin)
    {
        return refused(origin);
    }
    let (token, step) = path.map(|Path(path)| path).unwrap_or_default();
    match mock.reach(&token, &step) {
        Ok(()) => response(StatusCode::NO_CONTENT, "application/json", Body::empty()),
        Err(error) => refusal(&error),
    }
}

fn refusal(error: &FinishError) -> Response<Body> {
    let problem = error.to_string();
    with_hint(json(status(error), &json!({ "error": problem })), &problem)
}

/// A text of JSON as it came; `none` for an empty one.
fn raw<'a>(text: &'a str, none: &'a str) -> &'a RawValue {
    serde_json::from_str(if text.is_empty() { none } else { text }).expect("what is asked for is JSON")
}

fn questionnaire(questionnaire: Questionnaire<'_>) -> Value {
    let question = |question: &Question<'_>| {
        let options = question.options.iter().map(|option| json!({"key": option.key, "title": option.title}));
        json!({
            "key": question.key,
            "type": question.kind,
            "mandatory": question.mandatory,
            "title": question.title,
            "options": options.collect::<Vec<_>>(),
        })
    };
    json!({
        "key": questionnaire.key,
        "title": questionnaire.title,
        "description": questionnaire.description,
        "questions": questionnaire.questions.iter().map(question).collect::<Vec<_>>(),
    })
}
