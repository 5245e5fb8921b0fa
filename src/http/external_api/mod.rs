//! The vendor's calls: one file an endpoint, and the course that all of them take.

pub(super) mod begin;
#[cfg(feature = "media")]
pub(super) mod compare_faces;
pub(super) mod delete;
pub(super) mod get_screening_person_details;
#[cfg(feature = "media")]
pub(super) mod media;
pub(super) mod result;

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Method, Response, request::Parts},
};
use hyper::body::Incoming;

use super::{
    auth::{Answer, Call, Content, json_response},
    error::{self, HINT_HEADER, with_hint},
    harm,
    params::{Params, Received},
};
use crate::{
    clock::Stopwatch,
    company::Tenant,
    faults::{Endpoint, Strike},
    mock::{Mock, Refusal},
};
#[cfg(feature = "media")]
use crate::{mock::Picture, vendor::VendorError};

/// What an endpoint does with a call that was let in.
pub(super) type Handler = fn(&Mock, &Call<'_>) -> Result<Answer, Refusal>;

/// An endpoint with all that stands around it: parameters, company key, signatures, faults, errors, one log line.
pub(super) async fn vendor_call(
    mock: &Mock,
    endpoint: Endpoint,
    handler: Handler,
    head: &Parts,
    body: &mut Incoming,
) -> Response<Body> {
    let stopwatch = tracing::enabled!(tracing::Level::DEBUG).then(Stopwatch::start);
    let mut course = Course { stopwatch, ..Course::default() };
    let (method, path) = (&head.method, head.uri.path());
    let is_media = matches!(endpoint, Endpoint::Media(_));
    let response = match *method {
        Method::HEAD if !is_media => wrong_method(head, is_media),
        Method::GET | Method::POST | Method::HEAD => {
            let answered = answer(mock, endpoint, handler, head, body, &mut course).await;
            let response = match answered {
                Ok(response) => response,
                Err(Refusal::Error(error)) => {
                    tracing::warn!(%method, path, error = %error.code, "{}", error.message);
                    error::response(&error, &mock.config.error_status)
                }
                Err(Refusal::Fault(strike)) => course.instead(strike),
            };
            course.harm(response, mock, path).await
        }
        _ => wrong_method(head, is_media),
    };
    if let Some(stopwatch) = course.stopwatch {
        let (status, took) = (response.status().as_u16(), stopwatch.elapsed().as_micros() as u64);
        let session = course.session.unwrap_or_default();
        let hint = response.headers().get(HINT_HEADER).and_then(|hint| hint.to_str().ok()).unwrap_or_default();
        tracing::debug!(%method, path, status, took, session, hint, "vendor call");
    }
    response
}

/// What becomes known of a call on its course: who makes it, about which session, and the faults that are on it.
#[derive(Debug, Default)]
struct Course {
    /// Where the log wants to know how long it took; then it wants the session, too.
    stopwatch: Option<Stopwatch>,
    tenant: Option<Arc<Tenant>>,
    session: Option<String>,
    strikes: Vec<Strike>,
}

impl Course {
    /// The answer of a call that this fault keeps from being carried out.
    fn instead(&mut self, strike: Strike) -> Response<Body> {
        let response = harm::instead(strike.harm.as_ref());
        self.strikes.push(strike);
        response
    }

    async fn harm(&self, response: Response<Body>, mock: &Mock, path: &str) -> Response<Body> {
        if self.strikes.is_empty() {
            return response;
        }
        for strike in &self.strikes {
            tracing::info!(path, "{}", strike.note);
        }
        let clock = self.tenant.as_ref().map_or(&mock.clock, |tenant| &tenant.clock);
        harm::inflict(response, &self.strikes, clock).await
    }
}

async fn answer(
    mock: &Mock,
    endpoint: Endpoint,
    handler: Handler,
    head: &Parts,
    body: &mut Incoming,
    course: &mut Course,
) -> Result<Response<Body>, Refusal> {
    let mut limits = mock.config.limits;
    if endpoint == Endpoint::CompareFaces {
        // Pictures are large, however they come.
        limits.body = limits.body.max(limits.multipart_body);
    }
    let received = Received::read(head, body, &limits).await?;
    let params = Params::read(head, &received, &limits)?;
    let tenant = Call::tenant(mock, &params);
    course.tenant = tenant.as_ref().ok().cloned();
    let token = params.text("session_token").unwrap_or_default();
    if course.stopwatch.is_some() {
        course.session = token.as_deref().map(str::to_owned);
    }
    for strike in mock.strike(endpoint, course.tenant.as_deref(), token.as_deref()) {
        if strike.comes_first() {
            return Err(Refusal::Fault(strike));
        }
        course.strikes.push(strike);
    }
    let call = Call::admit(endpoint, tenant?, params, &head.headers)?;
    let mut answer = handler(mock, &call)?;
    course.strikes.extend(answer.strike.take());
    if let Some(token) = answer.begun.filter(|_| course.stopwatch.is_some()) {
        course.session = Some(token.to_string());
    }
    let response = match answer.content {
        Content::Json(json) => json_response(json, &call.tenant),
        #[cfg(feature = "media")]
        Content::Picture(Picture::Uploaded(media)) => super::media::response(&media, head, &call.tenant),
        #[cfg(feature = "media")]
        Content::Picture(Picture::Specimen(specimen)) => {
            let lacks = |why| VendorError::missing_media(format!("the session has no `{}`: {why}", endpoint.as_str()));
            super::media::response(&mock.specimens.get(*specimen).await.map_err(lacks)?, head, &call.tenant)
        }
    };
    Ok(match answer.hint {
        Some(hint) => with_hint(response, &hint),
        None => response,
    })
}

fn wrong_method(head: &Parts, is_media: bool) -> Response<Body> {
    tracing::warn!(method = %head.method, path = head.uri.path(), "this method is not taken here");
    error::method_not_allowed(&head.method, is_media)
}

/// Answers a call below `/external-api/` that is none of the endpoints.
pub(super) fn not_imitated(head: &Parts) -> Response<Body> {
    let (method, uri) = (&head.method, &head.uri);
    tracing::warn!(%method, path = uri.path(), "this call is not imitated");
    error::not_imitated(method, uri)
}
