//! `GET /__widget/demo`: a page that embeds the widget as an application does, and shows all messages and calls.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Request,
    http::{Response, StatusCode},
};
use serde_json::json;

use super::{closed_to_developers, html, page::meta, with_head, with_policy};
use crate::{
    mock::MockService,
    vendor::{BooleanFlag, Language},
};

/// The widget may come from any name of the mock.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
     frame-src http: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Shows the page.
pub(in crate::http) async fn show(mock: Arc<MockService>, request: Request) -> Response<Body> {
    if let Some(refusal) = closed_to_developers(&mock, request.headers()) {
        return refusal;
    }
    let boolean_flags = BooleanFlag::NAMED.iter().map(|(name, _)| *name);
    let words = json!({
        "flags": boolean_flags.chain(["mock_autopilot"]).collect::<Vec<_>>(),
        "languages": Language::ALL.map(Language::code),
        // The numeric address of `localhost`.
        "loopback": if mock.config.host.is_ipv6() { "[::1]" } else { "127.0.0.1" },
    });
    let page = with_head(include_str!("demo/demo.html"), &meta("identomat-mock-demo", &words));
    with_policy(html(StatusCode::OK, page), CONTENT_SECURITY_POLICY)
}
