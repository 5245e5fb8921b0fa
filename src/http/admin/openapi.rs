//! `GET /__admin/openapi.json`: the vendor paths and the control API in OpenAPI. A test generates the document from the
//! actions; it is checked in.

use axum::{body::Body, http::Response};

use super::{
    action::{Action, Context},
    action_params::{ActionResponse, json_response},
    described::described_as,
    extract::EmptyBody,
    problem::ProblemResponse,
};

/// The document.
const DOCUMENT: &str = include_str!("openapi/openapi.json");

/// A response with the document.
pub(super) struct OpenApiText;

described_as!(OpenApiText, serde_json::Map<String, serde_json::Value>);

impl ActionResponse for OpenApiText {
    fn into_http(self) -> Response<Body> {
        json_response(DOCUMENT)
    }
}

pub(super) static SHOW: Action<EmptyBody, OpenApiText> =
    Action::get("/openapi.json", show).named("getOpenApi", "Returns this document");

fn show(_: Context<'_>, EmptyBody {}: EmptyBody) -> Result<OpenApiText, ProblemResponse> {
    Ok(OpenApiText)
}

#[cfg(test)]
pub(super) mod generate;
