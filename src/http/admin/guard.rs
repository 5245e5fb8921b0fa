//! Who may use the control API: nobody whom a page of somebody else sent.

use std::net::IpAddr;

use axum::http::{
    HeaderMap, Method,
    header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING},
};

use super::problem::Problem;
use crate::{
    config::{Config, ControlApi},
    foreign_text::shortened,
    http::origin,
    signature::is_same,
};

/// Says why a call is not let in.
///
/// # Errors
///
/// The answer: 404 where the control API is off, 401 without the token, 403 for a foreign page, 415 for a body that is
/// not labelled as JSON, which no form of a foreign page can be.
pub(super) fn check(method: &Method, headers: &HeaderMap, config: &Config) -> Result<(), Problem> {
    let ControlApi { enabled, token, .. } = &config.control_api;
    if !enabled {
        return Err(Problem::not_found("the control API is switched off (--no-admin)"));
    }
    let text = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let host = text(HOST);
    if let Some(host) = &host
        && !is_known_host(host, config)
    {
        return Err(Problem::forbidden(format!(
            "the control API is not known as `{}`, and a page of that name must not get to it: call it by address, as \
             localhost, by a name without a dot, or name it with --admin-host",
            shortened(host)
        )));
    }
    if let Some(origin) = origin::foreign(headers, config) {
        return Err(Problem::forbidden(format!(
            "a page of `{}` called, and only the mock's own pages may use the control API",
            shortened(origin)
        )));
    }
    if let Some(token) = token {
        let given = text(AUTHORIZATION);
        let given = given.as_deref().and_then(|value| value.split_once(' '));
        let given = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        if !given.is_some_and(|given| is_same(given, token)) {
            return Err(Problem::unauthorized(match given {
                None => "send the token of --admin-token, as `Authorization: Bearer TOKEN`",
                Some(_) => "the token is not that of --admin-token",
            }));
        }
    }
    let has_body = headers.contains_key(TRANSFER_ENCODING) || text(CONTENT_LENGTH).is_some_and(|length| length != "0");
    if has_body && *method != Method::GET && *method != Method::HEAD {
        let content_type = text(CONTENT_TYPE).unwrap_or_default();
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Problem::no_json(format!(
                "the body is labelled as `{}`: send `Content-Type: application/json`",
                shortened(&content_type)
            )));
        }
    }
    Ok(())
}

/// Whether the mock can be meant by that `Host`.
pub(in crate::http) fn is_known_host(host: &str, config: &Config) -> bool {
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

/// The names that the server has a certificate for: whoever gave them means it.
fn tls_names(config: &Config) -> &[String] {
    config.tls.as_ref().map_or(&[], |tls| &tls.names)
}

/// Host and port without the port.
fn name_of(host: &str) -> &str {
    let host = host.trim_end_matches('/');
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
