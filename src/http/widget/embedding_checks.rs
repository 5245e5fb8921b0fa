//! `/__widget/embedding-checks/{token}/{finding}`: receives findings of the embedding checks.
//!
//! An image requests it with GET: a frame without scripts or without an origin has no other way to send a request.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Request,
    http::{Response, StatusCode},
};
use serde_json::{Map, Value, json};

use super::{
    super::{error, handler::path_params},
    response,
};
use crate::{embedding::Finding, mock::MockService};

/// Records a finding, and returns no content: a navigating browser stays on its page.
pub(in crate::http) async fn note(mock: Arc<MockService>, request: Request) -> Response<Body> {
    let (mut head, _) = request.into_parts();
    let is_noted = match path_params(&mut head).await.as_deref() {
        Ok([token, name]) => Finding::from_name(name).is_some_and(|finding| mock.note_finding(token, finding)),
        _ => false,
    };
    match is_noted {
        true => response(StatusCode::NO_CONTENT, "text/plain", Body::empty()),
        false => error::no_such_path(&head.method, &head.uri),
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
