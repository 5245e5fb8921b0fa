//! What a call of the control API says: its body, and its query.

use std::{fmt::Display, sync::Arc};

use axum::{
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::request::Parts,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::problem::Problem;
use crate::{
    http::body::{self, BodyProblem, ReadBody},
    json_text,
    mock::Mock,
};

/// The JSON of a body; no body stands for an empty object.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Mock>> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, mock: &Arc<Mock>) -> Result<Self, Problem> {
        let mut body = request.into_body();
        let read = body::read(&mut body, "application/json", &mock.config.limits).await;
        let ReadBody { bytes, .. } = read.map_err(|problem| match problem {
            BodyProblem::TooLarge(limit) => {
                Problem::too_large(format!("the body is larger than {limit} bytes (--max-body)"))
            }
            BodyProblem::Broken => Problem::invalid("the body ended before it was complete"),
            BodyProblem::TooSlow(problem) => Problem::too_slow(problem),
        })?;
        let text = if bytes.trim_ascii().is_empty() { &b"{}"[..] } else { &bytes };
        json_text::check(text, mock.config.limits.depth)
            .map_err(|problem| Problem::invalid(format!("the body {problem}")))?;
        if !text.trim_ascii_start().starts_with(b"{") {
            return Err(Problem::invalid("the body is not a JSON object"));
        }
        let mut reader = serde_json::Deserializer::from_slice(text);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| misfit(&error))?;
        Ok(Self(value))
    }
}

/// A body that says nothing: whoever names something in it means something else.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// What a part of a body says.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| misfit(&error))
}

/// The parameters of a query.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
        let reader = serde_html_form::Deserializer::new(query);
        serde_path_to_error::deserialize(reader).map(Self).map_err(|error| misfit(&error))
    }
}

/// What a path names: a key, a token, a name or an id.
pub(super) struct Named(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, state: &S) -> Result<Self, Problem> {
        let name = Path::<String>::from_request_parts(head, state).await;
        name.map(|Path(name)| Self(name)).map_err(|_| Problem::not_found("the name in the path is not UTF-8 text"))
    }
}

/// What serde says does not fit, and where.
fn misfit<E: Display>(error: &serde_path_to_error::Error<E>) -> Problem {
    let message = error.inner().to_string();
    // The field says where it is.
    let message = message.rsplit_once(" at line ").map_or(&*message, |(message, _)| message);
    let (path, unknown) = (error.path().to_string(), message.strip_prefix("unknown field `"));
    let unknown = unknown.and_then(|rest| rest.split_once('`')).map(|(name, _)| name);
    let field = match (&*path, unknown) {
        ("." | "", Some(name)) => name.to_owned(),
        (path, Some(name)) if !path.ends_with(name) => format!("{path}.{name}"),
        _ => path,
    };
    Problem::invalid(message).at(field)
}
