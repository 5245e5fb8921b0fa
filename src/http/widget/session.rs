//! `/__widget/sessions/{token}`: what the page shows of a session, and tells about it.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{Response, StatusCode},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{super::error::with_hint, json, page::status, response};
use crate::{
    mock::Mock,
    session::{FinishError, Session},
    vendor::{DocumentType, Outcome, Questionnaire},
};

/// The public view of a session. Texts of the company are in it as they came: the page shows them as text.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    token: String,
    language: String,
    scenario: String,
    scenario_description: String,
    /// Whether the person is asked to agree to the terms.
    asks_agreement: bool,
    asks_document: bool,
    asks_face: bool,
    document_types: Vec<DocumentType>,
    /// The keys of all steps in the order in which the person comes to them.
    steps: Vec<String>,
    questionnaires: Vec<Value>,
    outcomes: Vec<&'static str>,
}

pub(in crate::http) async fn show(
    State(mock): State<Arc<Mock>>,
    token: Result<Path<String>, PathRejection>,
) -> Response<Body> {
    // What is no text is no token of a session either.
    let token = token.map(|Path(token)| token).unwrap_or_default();
    // The questionnaires can be long, and are written while nobody has to wait for the session.
    match mock.view(&token, |session| (view(session), session.steps.clone())) {
        Ok((mut view, steps)) => {
            view.questionnaires = steps.questionnaires_of_person().map(questionnaire).collect();
            json(StatusCode::OK, &view)
        }
        Err(error) => refusal(&error),
    }
}

/// `POST …/steps/{step}`: the person came to that step, named by its key or its type.
pub(in crate::http) async fn reach(
    State(mock): State<Arc<Mock>>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response<Body> {
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

fn view(session: &Session) -> View {
    View {
        token: session.token.to_string(),
        language: session.flags.text("language").unwrap_or("en").to_owned(),
        scenario: session.scenario.name.clone(),
        scenario_description: session.scenario.description.clone(),
        asks_agreement: !session.flags.is_on("skip_agreement"),
        asks_document: session.has_document_step(),
        asks_face: session.has_face_step(),
        document_types: session.flags.document_types(),
        steps: session.walk().into_iter().map(|(key, _)| key.into_owned()).collect(),
        questionnaires: Vec::new(),
        outcomes: Outcome::ALL.map(Outcome::as_str).to_vec(),
    }
}

fn questionnaire(questionnaire: Questionnaire<'_>) -> Value {
    let question = |question: &crate::vendor::Question<'_>| {
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
