//! The whole route table, grouped by who calls.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Method, Response, Uri, uri::PathAndQuery},
    routing::{any, get, post},
};

use super::{
    admin::health,
    error,
    external_api::{begin::begin, delete::delete, not_imitated, result::result, vendor_call},
    widget::{assets, page, session},
};
use crate::{faults::Endpoint, mock::Mock};

pub(crate) fn router(mock: Arc<Mock>) -> Router {
    Router::new()
        // The company's backend. See `tidy_path` for the last slash.
        .route("/external-api/begin/", vendor_call(Endpoint::Begin, begin))
        .route("/external-api/result/", vendor_call(Endpoint::Result, result))
        .route("/external-api/delete/", vendor_call(Endpoint::Delete, delete))
        .route("/external-api/", any(not_imitated))
        .route("/external-api/{*path}", any(not_imitated))
        // The person's browser.
        .route("/", get(page::show).post(page::finish))
        .route("/__widget/sessions/{token}", get(session::show))
        .route("/__widget/sessions/{token}/steps/{step}", post(session::reach))
        .route("/__widget/{asset}", get(assets::show))
        // Test runners and health checks.
        .route("/__admin/health/ready", get(health::ready))
        .fallback(no_such_path)
        .method_not_allowed_fallback(wrong_method)
        .with_state(mock)
}

/// Whether a path is one of the company's backend.
pub(crate) fn is_vendor_path(path: &str) -> bool {
    path.starts_with("/external-api/")
}

async fn no_such_path(method: Method, uri: Uri) -> Response<Body> {
    error::no_such_path(&method, &uri)
}

async fn wrong_method(method: Method, uri: Uri) -> Response<Body> {
    error::wrong_method(&method, &uri)
}

/// Makes doubled slashes single, and gives vendor paths their last slash.
///
/// The live service answers all forms directly; a redirect would lose a POST body (specification, section 1).
pub(crate) fn tidy_path(uri: &mut Uri) {
    let path = uri.path();
    let below = path.trim_start_matches('/').strip_prefix("external-api");
    let lacks_slash = below.is_some_and(|below| below.is_empty() || below.starts_with('/')) && !path.ends_with('/');
    if !path.contains("//") && !lacks_slash {
        return;
    }
    let mut tidy = String::with_capacity(path.len() + 1);
    for character in path.chars() {
        if !(character == '/' && tidy.ends_with('/')) {
            tidy.push(character);
        }
    }
    if lacks_slash {
        tidy.push('/');
    }
    if let Some(query) = uri.query() {
        tidy.push('?');
        tidy.push_str(query);
    }
    if let Ok(tidy) = PathAndQuery::try_from(tidy) {
        let mut parts = std::mem::take(uri).into_parts();
        parts.path_and_query = Some(tidy);
        *uri = Uri::from_parts(parts).expect("the other parts are as they were");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendor_paths_get_one_slash_each() {
        for (path, tidied) in [
            ("/external-api/begin/", "/external-api/begin/"),
            ("/external-api/begin", "/external-api/begin/"),
            ("//external-api//begin//?a=//b", "/external-api/begin/?a=//b"),
            ("/external-api/result/card-back//", "/external-api/result/card-back/"),
            ("/external-api", "/external-api/"),
            ("/external-apis", "/external-apis"),
            ("//?session_token=a", "/?session_token=a"),
            ("/__widget/page.css", "/__widget/page.css"),
        ] {
            let mut uri: Uri = path.parse().unwrap();
            tidy_path(&mut uri);
            assert_eq!(uri.to_string(), tidied);
        }
    }
}
