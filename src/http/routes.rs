//! The whole route table, grouped by client.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Request, Response, Uri, uri::PathAndQuery},
    routing::get,
};
use hyper::body::Incoming;

#[cfg(feature = "media")]
use super::external_api::{compare_faces::compare_faces, media::media};
use super::{
    admin,
    client::ClientConnection,
    drain,
    error::{self, HINT_HEADER, MOCK_HEADER, VERSION},
    exchange::{Handler, vendor_call, widget_call},
    external_api::{
        begin::begin, delete::delete, get_screening_person_details::get_screening_person_details, result::result,
    },
    handler::handler,
    home,
    incoming_body::IncomingBody,
    incomplete_requests::IncompleteRequests,
    origin::{add_cors_headers, preflight},
    widget::{assets, demo, embedding_checks, page, session, watch},
};
#[cfg(feature = "media")]
use crate::vendor::MediaKind;
use crate::{
    config::{Config, Cors},
    faults::Endpoint,
    mock::MockService,
};

/// Returns the endpoint of a vendor path. See [`tidy_path`] for the trailing slash.
///
/// Most calls are vendor calls, and [`super::exchange`] reads head and body itself, so they bypass the router.
fn vendor_calls(path: &str) -> Option<(Endpoint, Handler)> {
    match path {
        "/external-api/begin/" => Some((Endpoint::Begin, begin)),
        "/external-api/result/" => Some((Endpoint::Result, result)),
        "/external-api/delete/" => Some((Endpoint::Delete, delete)),
        "/external-api/get-screening-person-details/" => {
            Some((Endpoint::GetScreeningPersonDetails, get_screening_person_details))
        }
        _ => media_calls(path),
    }
}

/// Returns the endpoints of pictures and videos.
#[cfg(feature = "media")]
fn media_calls(path: &str) -> Option<(Endpoint, Handler)> {
    let kind = match path {
        "/external-api/compare-faces/" => return Some((Endpoint::CompareFaces, compare_faces)),
        "/external-api/result/card-front/" => MediaKind::CardFront,
        "/external-api/result/card-back/" => MediaKind::CardBack,
        "/external-api/result/passport/" => MediaKind::Passport,
        "/external-api/result/face/" => MediaKind::Face,
        "/external-api/result/face-video/" => MediaKind::FaceVideo,
        "/external-api/result/face-document/" => MediaKind::FaceDocument,
        "/external-api/result/general-document/" => MediaKind::GeneralDocument,
        _ => return None,
    };
    Some((Endpoint::Media(kind), media))
}

#[cfg(not(feature = "media"))]
fn media_calls(_path: &str) -> Option<(Endpoint, Handler)> {
    None
}

/// Returns the routes of the widget that faults can apply to: without scripts and styles.
fn widget_calls(path: &str) -> Option<Endpoint> {
    match path {
        "/" => Some(Endpoint::Widget),
        _ if path.starts_with("/__widget/sessions/") => Some(Endpoint::WidgetData),
        _ => None,
    }
}

fn other_calls() -> Router<Arc<MockService>> {
    Router::new()
        // The person's browser.
        .route("/", get(handler(page::show)).post(handler(page::finish)))
        .route("/__widget/sessions/{token}", get(handler(session::show)).post(handler(session::answer)))
        .route("/__widget/embedding-checks/{token}/{finding}", get(handler(embedding_checks::note)))
        .route("/__widget/watch/{token}", get(handler(watch::show)))
        .route("/__widget/demo", get(handler(demo::show)))
        .route("/__widget/{*asset}", get(handler(assets::show)))
        // Test runners and health checks.
        .nest("/__admin", admin::routes())
        .fallback(handler(no_such_path))
        .method_not_allowed_fallback(handler(wrong_method))
}

/// All routes.
#[derive(Debug)]
pub(crate) struct Routes {
    mock: Arc<MockService>,
    /// The page without a session, at the same path as the widget.
    home: Router,
    others: Router,
    pub(crate) incomplete: Arc<IncompleteRequests>,
}

impl Routes {
    pub(crate) fn new(mock: Arc<MockService>) -> Self {
        let incomplete = IncompleteRequests::new(mock.config.clients.incomplete_bytes);
        let home = Router::new()
            .route("/", get(handler(home::show)).post(handler(home::finish)))
            .method_not_allowed_fallback(handler(wrong_method));
        let (home, others) = (home.with_state(mock.clone()), other_calls().with_state(mock.clone()));
        Self { home, others, mock, incomplete }
    }

    /// Answers a request after all of its body has been read.
    pub(crate) async fn answer(&self, request: Request<Incoming>, caller: &ClientConnection) -> Response<Body> {
        let mut response = self.answer_with_hint(request, caller).await;
        let Config { hints, version_header, .. } = self.mock.config;
        if !hints {
            response.headers_mut().remove(HINT_HEADER);
        }
        if version_header {
            response.headers_mut().insert(MOCK_HEADER, VERSION);
        }
        response
    }

    /// Returns the response to a request whose head was too slow.
    pub(crate) fn head_too_slow(&self, problem: &str) -> String {
        error::head_too_slow(problem, &self.mock.config)
    }

    async fn answer_with_hint(&self, request: Request<Incoming>, caller: &ClientConnection) -> Response<Body> {
        let Config { limits, clients, cors, .. } = &self.mock.config;
        let time = clients.body;
        let mut request = request.map(|body| IncomingBody::new(body, time, &self.incomplete));
        tidy_path(request.uri_mut());
        let is_the_vendors = request.uri().path().starts_with("/external-api/");
        if *cors == Cors::None || !(is_the_vendors || request.uri().path().starts_with("/__widget/sessions/")) {
            return self.handle_trusted(request, caller).await;
        }
        if let Some(response) = preflight(request.method(), request.headers(), cors) {
            drain::drain(request.into_body(), limits).await;
            return response;
        }
        let headers = request.headers().clone();
        let mut response = self.handle_trusted(request, caller).await;
        add_cors_headers(&mut response, &headers, cors);
        response
    }

    /// Answers a request as [`Routes::answer`], from any page.
    async fn handle_trusted(&self, mut request: Request<IncomingBody>, caller: &ClientConnection) -> Response<Body> {
        let limits = &self.mock.config.limits;
        // The protocol of the mobile SDKs is not implemented; the journal records it, as other unknown calls.
        if ["/external-api/", "/api/"].iter().any(|start| request.uri().path().starts_with(start)) {
            let (head, mut body) = request.into_parts();
            let response = vendor_call(&self.mock, vendor_calls(head.uri.path()), &head, &mut body, caller).await;
            drain::drain(body, limits).await;
            return response;
        }
        request.extensions_mut().insert(caller.clone());
        if home::is_meant(request.uri()) {
            return drain::answer(self.home.clone(), request, limits).await;
        }
        let router = self.others.clone();
        match widget_calls(request.uri().path()) {
            Some(endpoint) => widget_call(&self.mock, endpoint, router, request, caller).await,
            None => drain::answer(router, request, limits).await,
        }
    }
}

async fn no_such_path(_mock: Arc<MockService>, request: Request<Body>) -> Response<Body> {
    error::no_such_path(request.method(), request.uri())
}

async fn wrong_method(_mock: Arc<MockService>, request: Request<Body>) -> Response<Body> {
    error::wrong_method(request.method(), request.uri())
}

/// Merges doubled slashes, and adds the trailing slash to vendor paths.
///
/// The live service accepts all forms; a redirect would lose a POST body ([source](crate::fidelity#calls)).
fn tidy_path(uri: &mut Uri) {
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
    fn media_have_paths_where_they_can_be_drawn() {
        let is_known = |path: &str| vendor_calls(&format!("/external-api/{path}/")).is_some();
        assert!(is_known("result") && is_known("get-screening-person-details"));
        for kind in crate::vendor::MediaKind::ALL {
            assert_eq!(is_known(&format!("result/{kind}")), cfg!(feature = "media"), "{kind}");
        }
        assert_eq!(is_known("compare-faces"), cfg!(feature = "media"));
    }

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
