//! The vendor's calls: one file an endpoint, and the course that all of them take.

pub(super) mod begin;
pub(super) mod delete;
pub(super) mod result;

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{Method, Request, Response, Uri, request::Parts},
    routing::{MethodRouter, any},
};

use super::{
    auth::{Answer, Call},
    error::{self, HINT_HEADER},
    params::Params,
};
use crate::{clock::Stopwatch, mock::Mock, vendor_error::VendorError};

/// What an endpoint does with a call that was let in.
pub(super) type Endpoint = fn(&Mock, &mut Call<'_>) -> Result<Answer, VendorError>;

/// An endpoint with all that stands around it: parameters, company key, signatures, errors, one log line.
pub(super) fn vendor_call(endpoint: Endpoint) -> MethodRouter<Arc<Mock>> {
    any(async move |State(mock): State<Arc<Mock>>, request: Request<Body>| {
        let stopwatch = tracing::enabled!(tracing::Level::DEBUG).then(Stopwatch::start);
        let (head, body) = request.into_parts();
        let (method, path) = (&head.method, head.uri.path());
        let response = match *method {
            Method::GET | Method::POST => match answer(&mock, endpoint, &head, body).await {
                Ok(response) => response,
                Err(error) => {
                    tracing::warn!(%method, path, error = %error.code, "{}", error.message);
                    error::response(&error, &mock.config.error_status)
                }
            },
            _ => {
                tracing::warn!(%method, path, "only GET and POST are taken here");
                error::method_not_allowed(method)
            }
        };
        if let Some(stopwatch) = stopwatch {
            let (status, took) = (response.status().as_u16(), stopwatch.elapsed());
            let hint = response.headers().get(HINT_HEADER).and_then(|hint| hint.to_str().ok()).unwrap_or_default();
            tracing::debug!(%method, path, status, ?took, hint, "vendor call");
        }
        response
    })
}

async fn answer(mock: &Mock, endpoint: Endpoint, head: &Parts, body: Body) -> Result<Response<Body>, VendorError> {
    let params = Params::read(head, body, &mock.config.limits).await?;
    let mut call = Call::admit(mock, params, &head.headers)?;
    Ok(endpoint(mock, &mut call)?.into_response(&call.tenant))
}

/// Answers a call below `/external-api/` that is none of the endpoints.
pub(super) async fn not_imitated(method: Method, uri: Uri) -> Response<Body> {
    tracing::warn!(%method, path = uri.path(), "this call is not imitated");
    error::not_imitated(&method, &uri)
}
