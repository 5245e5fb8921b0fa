//! The origin and host name of requests: foreign pages, and names that may be used for DNS rebinding.

use std::{borrow::Cow, net::IpAddr};

use axum::http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
        ACCESS_CONTROL_REQUEST_METHOD, HOST, ORIGIN, VARY,
    },
};

use crate::config::{Config, Cors};

/// Returns the origin of the foreign page that sent a request, if one did.
pub(super) fn foreign_origin<'a>(headers: &'a HeaderMap, config: &Config) -> Option<&'a str> {
    let origin = headers.get(ORIGIN)?;
    // `Sec-Fetch-Site` is more reliable: it works behind a proxy that changes the host, and no page can forge it.
    if headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin") {
        return None;
    }
    // A value that is not text is not one of our origins.
    let origin = origin.to_str().unwrap_or("null");
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    (!is_own(origin, host, config.public_url.as_deref())).then_some(origin)
}

/// Whether a page of another site or port sent a request, according to browsers that send no origin. A followed link is
/// none: its page cannot read the response.
pub(super) fn is_sent_by_another_site(method: &Method, headers: &HeaderMap) -> bool {
    let says = |name, value: &str| headers.get(name).is_some_and(|header| header == value);
    let is_other = says("sec-fetch-site", "cross-site") || says("sec-fetch-site", "same-site");
    let is_followed = matches!(*method, Method::GET | Method::HEAD)
        && says("sec-fetch-mode", "navigate")
        && headers.get("sec-fetch-dest").is_none_or(|kind| kind == "document");
    is_other && !is_followed
}

/// Returns the host name of a request if it is not a known name of the mock, as with DNS rebinding.
pub(super) fn unknown_host<'a>(headers: &'a HeaderMap, config: &Config) -> Option<Cow<'a, str>> {
    let host = headers.get(HOST).map(|host| String::from_utf8_lossy(host.as_bytes()))?;
    (!is_known_host(&host, config)).then_some(host)
}

/// Whether the mock may be called by this `Host`.
fn is_known_host(host: &str, config: &Config) -> bool {
    let name = name_of(host);
    let is_address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let public = config.public_url.as_deref().and_then(|url| url.split_once("://")).map(|(_, rest)| name_of(rest));
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    is_address
        || !name.contains('.')
        || name.to_ascii_lowercase().ends_with(".localhost")
        || public.is_some_and(is)
        || tls_names(config).iter().any(|known| is(known))
        || config.control_api.hosts.iter().any(|known| is(known))
}

/// Returns the names of the certificate (`--tls`), which the user chose.
fn tls_names(config: &Config) -> &[String] {
    config.tls.names.as_deref().unwrap_or_default()
}

/// Returns host and port without the port.
fn name_of(host: &str) -> &str {
    let host = host.trim_end_matches('/');
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}

/// Whether the mock itself served the page that sent the request.
fn is_own(origin: &str, host: Option<&str>, public_url: Option<&str>) -> bool {
    let is_public = public_url.is_some_and(|url| url.trim_end_matches('/').eq_ignore_ascii_case(origin));
    let authority = origin.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"));
    is_public || authority.is_some_and(|(_, name)| host.is_some_and(|host| host.eq_ignore_ascii_case(name)))
}

/// Returns the response to a CORS preflight; `None` for other requests.
pub(super) fn preflight<B: Default>(method: &Method, headers: &HeaderMap, cors: &Cors) -> Option<Response<B>> {
    let is_preflight = *method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !is_preflight {
        return None;
    }
    let mut response = Response::new(B::default());
    if !add_cors_headers(&mut response, headers, cors) {
        return None;
    }
    *response.status_mut() = StatusCode::NO_CONTENT;
    let answer = response.headers_mut();
    answer.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, POST"));
    answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if let Some(wanted) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    Some(response)
}

/// Adds CORS headers if the settings allow the page to read the response. Returns whether they do.
pub(super) fn add_cors_headers<B>(response: &mut Response<B>, headers: &HeaderMap, cors: &Cors) -> bool {
    let Some(origin) = headers.get(ORIGIN).filter(|_| *cors != Cors::None) else { return false };
    if matches!(cors, Cors::Origins(_)) {
        response.headers_mut().append(VARY, HeaderValue::from_static("origin"));
    }
    if !origin.to_str().is_ok_and(|origin| cors.allows(origin)) {
        return false;
    }
    let allowed = if *cors == Cors::Any { HeaderValue::from_static("*") } else { origin.clone() };
    let answer = response.headers_mut();
    answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    let exposed = HeaderValue::from_static("authorization, etag, retry-after, x-identomat-mock, x-identomat-mock-hint");
    answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_another_port_or_of_no_scheme_of_ours_is_foreign() {
        let own = |origin: &str| is_own(origin, Some("localhost:8080"), Some("https://mock.example.com:8443/"));
        assert!(own("http://localhost:8080") && own("https://localhost:8080") && own("https://mock.example.com:8443"));
        for origin in [
            "null",
            "http://localhost:3000",
            "http://localhost",
            "file://localhost:8080",
            "https://mock.example.com",
            "",
        ] {
            assert!(!own(origin), "{origin}");
        }
    }

    #[test]
    fn names_that_a_foreign_page_cannot_have_are_known() {
        let config = Config { public_url: Some("https://mock.example.com:8443/".into()), ..Config::default() };
        for host in [
            "127.0.0.1",
            "127.0.0.1:8080",
            "[::1]:8080",
            "[::1]",
            "10.1.2.3",
            "localhost",
            "LOCALHOST:1",
            "any.localhost",
            "identomat",
            "identomat:8080",
            "mock.example.com:8443",
            "Mock.Example.Com",
        ] {
            assert!(is_known_host(host, &config), "{host}");
        }
        for host in [
            "example.com",
            "example.com:8080",
            "mock.example.com.evil.test",
            "127.0.0.1.evil.test",
            "localhost.evil.test",
        ] {
            assert!(!is_known_host(host, &config), "{host}");
        }
    }
}
