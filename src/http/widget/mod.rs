//! The widget. Its pages are static; their scripts fetch the content.

pub(super) mod assets;
#[cfg(not(feature = "page"))]
mod bare;
#[cfg(feature = "page")]
mod countries;
pub(super) mod demo;
pub(super) mod embedding_checks;
#[cfg(feature = "page")]
mod markdown;
pub(super) mod page;
#[cfg(feature = "page")]
mod qr;
pub(super) mod session;
mod texts;
mod view;
pub(super) mod watch;

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header, request::Parts},
};
use serde::Serialize;

#[cfg(not(feature = "page"))]
use self::bare::{countries, markdown, qr};
pub(super) use self::page::{location_of, refusal};
use super::{error::with_hint, handler::path_params, origin};
use crate::{foreign_text::shortened, mock::MockService, vendor::Language};

/// Scripts and styles come only from the mock. There is no `form-action` and no `frame-ancestors`: a finished widget
/// redirects anywhere, and any page may embed it.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'";

/// Returns the parameter of the path. A token and the name of an asset are text: it is empty if it is none.
async fn path_param(head: &mut Parts) -> String {
    path_params(head).await.unwrap_or_default().into_iter().next().unwrap_or_default()
}

fn response(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    const HEADERS: [(HeaderName, &str); 4] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Returns a closed page, with the texts `{name}-title` and `{name}-text`, or a given text.
pub(super) fn closed(status: StatusCode, language: Language, name: &str, text: Option<&str>) -> Response<Body> {
    let page = include_str!("closed.html").replace("{title}", &format!("{{{name}-title}}"));
    match text {
        Some(text) => filled_in(status, language, &page, &[("text", text)]),
        None => filled_in(status, language, &page.replace("{text}", &format!("{{{name}-text}}")), &[]),
    }
}

/// Returns a closed page for developers, in English.
pub(super) fn closed_with(status: StatusCode, text: &str) -> Response<Body> {
    closed(status, Language::English, "not-valid", Some(text))
}

/// Returns the closed page instead of a page that needs the control API.
pub(super) fn closed_to_developers(mock: &MockService, headers: &HeaderMap) -> Option<Response<Body>> {
    if !mock.config.control_api.enabled {
        let page = closed_with(StatusCode::NOT_FOUND, "This link does not belong to a verification.");
        return Some(with_hint(page, "this page needs the control API, which is disabled (--no-admin)"));
    }
    refused_host(mock, headers)
}

/// Refuses a request with an unknown `Host`, which may be a page that reaches the mock by DNS rebinding.
fn refused_host(mock: &MockService, headers: &HeaderMap) -> Option<Response<Body>> {
    let host = origin::unknown_host(headers, &mock.config)?;
    let hint = format!("`{}` is not a known host name of the mock; add it with --admin-host", shortened(&host));
    let page =
        closed_with(StatusCode::FORBIDDEN, "This is not a known host name of the mock; add it with --admin-host.");
    Some(with_hint(page, &hint))
}

/// Responds on a thread for long work: a session may have thousands of steps.
pub(super) async fn off_runtime(
    mock: Arc<MockService>,
    respond: impl FnOnce(&MockService) -> Response<Body> + Send + 'static,
) -> Response<Body> {
    let job_mock = mock.clone();
    mock.workers.run(move |_| respond(&job_mock)).await
}

/// Returns the response to a foreign page that posts a form of the mock.
pub(super) fn refused(origin: &str) -> Response<Body> {
    let origin = shortened(origin);
    tracing::warn!(%origin, "refused a form that a page of another origin posted");
    let problem = format!("a page of `{origin}` posted this form: only the mock's own page may (see --public-url)");
    with_hint(closed(StatusCode::FORBIDDEN, Language::English, "misfit", Some(&problem)), &problem)
}

/// Returns a page with the texts of a language, and given values.
fn filled_in(status: StatusCode, language: Language, page: &str, given: &[(&str, &str)]) -> Response<Body> {
    html(status, texts::filled_in(page, language, given))
}

/// Returns a page.
pub(super) fn html(status: StatusCode, page: impl Into<Body>) -> Response<Body> {
    response(status, "text/html; charset=utf-8", page)
}

/// Adds to the head of a page.
fn with_head(page: &str, more: &str) -> String {
    page.replacen("</head>", &format!("{more}</head>"), 1)
}

/// Replaces the content security policy of a page.
pub(super) fn with_policy(mut page: Response<Body>, policy: &'static str) -> Response<Body> {
    page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    page
}

fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    response(status, "application/json", serde_json::to_vec(body).expect("an answer is JSON"))
}
