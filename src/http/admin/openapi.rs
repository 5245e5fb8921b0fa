//! `GET /__admin/openapi.json`: the vendor paths and the control API in OpenAPI. A test generates the document from the
//! code; it is checked in.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

use super::{extract::EmptyBody, plain_handler::Context};

/// The document.
const DOCUMENT: &str = include_str!("openapi/openapi.json");

pub(super) fn show(_: Context<'_>, EmptyBody {}: EmptyBody) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}

#[cfg(test)]
mod generate;
