//! Access to the control API: requests of foreign pages are refused.

use axum::http::{
    HeaderMap, Method,
    header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING},
};

use super::problem::ProblemResponse;
use crate::{
    config::{Config, ControlApi},
    foreign_text::shortened,
    http::origin,
    signature::is_same,
};

/// Checks that a request is allowed.
///
/// # Errors
///
/// The response: 404 if the control API is disabled, 401 without the token, 403 for a foreign page. It is 415 if the
/// content type is not that of JSON or a file, which a form of a foreign page cannot send.
pub(super) fn check(method: &Method, headers: &HeaderMap, config: &Config) -> Result<(), ProblemResponse> {
    let ControlApi { enabled, token, .. } = &config.control_api;
    if !enabled {
        return Err(ProblemResponse::not_found("the control API is disabled (--no-admin)"));
    }
    let text = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    if let Some(host) = origin::unknown_host(headers, config) {
        return Err(ProblemResponse::forbidden(format!(
            "`{}` is not a known host name of the control API; call it by address, as localhost, by a name without a \
             dot, or add the name with --admin-host",
            shortened(&host)
        )));
    }
    if let Some(origin) = origin::foreign_origin(headers, config) {
        return Err(ProblemResponse::forbidden(format!(
            "a page of `{}` sent this request; only the mock's own pages may use the control API",
            shortened(origin)
        )));
    }
    if origin::is_sent_by_another_site(method, headers) {
        return Err(ProblemResponse::forbidden(
            "a page of another site sent this request; only the mock's own pages may use the control API",
        ));
    }
    if let Some(token) = token {
        let given = text(AUTHORIZATION);
        let given = given.as_deref().and_then(|value| value.split_once(' '));
        let given = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        if !given.is_some_and(|given| is_same(given, token.expose())) {
            return Err(ProblemResponse::unauthorized(match given {
                None => "send the token of --admin-token, as `Authorization: Bearer TOKEN`",
                Some(_) => "the token does not match --admin-token",
            }));
        }
    }
    let has_body = headers.contains_key(TRANSFER_ENCODING) || text(CONTENT_LENGTH).is_some_and(|length| length != "0");
    if has_body && *method != Method::GET && *method != Method::HEAD {
        let content_type = text(CONTENT_TYPE).unwrap_or_default();
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        let is_patch = *method == Method::PATCH && kind.eq_ignore_ascii_case("application/merge-patch+json");
        let is_file = kind == "application/octet-stream" || kind.starts_with("image/") || kind.starts_with("video/");
        if !is_patch && !is_file && !kind.eq_ignore_ascii_case("application/json") {
            return Err(ProblemResponse::unsupported_media_type(format!(
                "the body is labelled as `{}`: send `Content-Type: application/json`",
                shortened(&content_type)
            )));
        }
    }
    Ok(())
}
