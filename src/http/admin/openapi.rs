//! `GET /__admin/openapi.json`: the vendor's paths and the control API in OpenAPI. The document is written from the code
//! by a test, and checked in.

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
