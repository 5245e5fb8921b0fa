//! `GET /__admin/openapi.json`: the vendor's paths and the control API in OpenAPI. The document is written from the code
//! by a test, and checked in.

use axum::{http::header, response::IntoResponse};

/// The document.
const DOCUMENT: &str = include_str!("openapi/openapi.json");

pub(super) async fn show() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT)
}

#[cfg(test)]
mod generate;
