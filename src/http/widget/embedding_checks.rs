//! `/__widget/doctor/{token}/{finding}`: the widget found out something about where it runs.
//!
//! It is a GET that a picture makes: a frame without scripts or without an origin can call in no other way.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{Method, Response, StatusCode, Uri},
};
use serde_json::{Map, Value, json};

use super::{super::error, response};
use crate::{embedding::Finding, mock::MockService};

/// Notes a finding, and answers nothing: whoever was sent here stays where they are.
pub(in crate::http) async fn note(
    State(mock): State<Arc<MockService>>,
    path: Result<Path<(String, String)>, PathRejection>,
    method: Method,
    uri: Uri,
) -> Response<Body> {
    let named = path.ok().and_then(|Path((token, name))| Some((token, Finding::from_name(&name)?)));
    match named {
        Some((token, finding)) if mock.note_finding(&token, finding) => {
            response(StatusCode::NO_CONTENT, "text/plain", Body::empty())
        }
        _ => error::no_such_path(&method, &uri),
    }
}

/// All that can be found, as the script of the page reads it.
pub(super) fn findings() -> Value {
    let told = Finding::ALL.into_iter().map(|finding| {
        let told = json!({
            "isMistake": finding.is_mistake(), "problem": finding.problem(), "remedy": finding.remedy(),
        });
        (finding.as_str().to_owned(), told)
    });
    told.collect::<Map<_, _>>().into()
}
