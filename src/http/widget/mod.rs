//! The widget: what the person's browser sees. Pages are static; their scripts fetch what they show.

pub(super) mod assets;
pub(super) mod page;
pub(super) mod session;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};
use serde::Serialize;

/// Scripts and styles come from the mock alone. There is no `form-action` and no `frame-ancestors`: a finished widget
/// redirects anywhere, and any page may embed it.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'";

fn response(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    const HEADERS: [(HeaderName, &str); 4] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
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

/// A page in that language. Its own texts are English; those of the company are in the session's language.
fn html(status: StatusCode, language: &'static str, page: &str) -> Response<Body> {
    let page = page.replacen(r#"<html lang="en">"#, &format!(r#"<html lang="{language}">"#), 1);
    response(status, "text/html; charset=utf-8", page)
}

fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    response(status, "application/json", serde_json::to_vec(body).expect("an answer is JSON"))
}
