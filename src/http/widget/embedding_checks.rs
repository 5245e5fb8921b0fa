//! `/__widget/embedding-checks/{token}/{finding}`: receives findings of the embedding checks.
//!
//! An image requests it with GET: a frame without scripts or without an origin has no other way to send a request.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{Method, Response, StatusCode, Uri},
};
use serde_json::{Map, Value, json};

use super::{super::error, response};
use crate::{embedding::Finding, mock::MockService};

/// Records a finding, and returns no content: a navigating browser stays on its page.
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

/// Returns all findings, as the page's script reads them.
pub(super) fn findings() -> Value {
    let told = Finding::ALL.into_iter().map(|finding| {
        let told = json!({
            "isMistake": finding.is_mistake(), "problem": finding.problem(), "remedy": finding.remedy(),
        });
        (finding.as_str().to_owned(), told)
    });
    told.collect::<Map<_, _>>().into()
}
