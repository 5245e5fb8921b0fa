//! `GET /__admin/openapi.json`: the vendor paths and the control API in OpenAPI. A test generates the document from the
//! code; it is checked in.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

use super::extract::{EmptyBody, Parameters};

/// The document.
const DOCUMENT: &str = include_str!("openapi/openapi.json");

pub(super) async fn show(Parameters(EmptyBody {}): Parameters<EmptyBody>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}

#[cfg(test)]
mod generate;
