//! `/__admin/…`: the control API, one file per resource.

mod calls;
mod clock;
mod companies;
mod coverage;
mod events;
mod extract;
mod faults;
mod guard;
mod health;
#[cfg(feature = "metrics")]
mod metrics;
mod openapi;
mod paging;
mod plain_handler;
mod problem;
mod scenarios;
mod sessions;
mod settings;
mod verdict;
mod wait;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{Method, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

pub(crate) use self::plain_handler::SynchronousCall;
use self::{plain_handler::PlainHandler, problem::ProblemResponse};
use crate::{company::Tenant, mock::MockService};

/// The characters of a name that are escaped in a path.
const PATH_PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns all routes under `/__admin/`, with the access rules.
pub(super) fn routes(mock: &Arc<MockService>) -> Router<Arc<MockService>> {
    // Monitoring has no token, and may use any host name.
    health_checks().merge(resources().layer(middleware::from_fn_with_state(mock.clone(), guard)))
}

/// Returns all routes under `/__admin/`, for this process.
pub(crate) fn control(mock: Arc<MockService>) -> Router {
    Router::new().nest("/__admin", health_checks().merge(resources())).with_state(mock)
}

fn health_checks() -> Router<Arc<MockService>> {
    Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .method_not_allowed_fallback(wrong_method)
}

fn resources() -> Router<Arc<MockService>> {
    let resources = Router::new();
    #[cfg(feature = "metrics")]
    let resources = resources.route("/metrics", get(PlainHandler(metrics::show)));
    resources
        .route("/companies", get(PlainHandler(companies::list)).post(PlainHandler(companies::add)))
        .route(
            "/companies/{key}",
            get(PlainHandler(companies::show))
                .patch(PlainHandler(companies::change))
                .delete(PlainHandler(companies::remove)),
        )
        .route("/companies/{key}/reset", post(PlainHandler(companies::reset)))
        .route("/reset", post(PlainHandler(companies::reset_all)))
        .route("/sessions", get(PlainHandler(sessions::list)).post(PlainHandler(sessions::begin)))
        .route("/sessions/{token}", get(PlainHandler(sessions::show)).delete(PlainHandler(sessions::remove)))
        .route("/sessions/{token}/finish", post(PlainHandler(sessions::finish)))
        .route("/sessions/{token}/decide", post(PlainHandler(sessions::decide)))
        .route("/sessions/{token}/scenario", post(PlainHandler(sessions::play)))
        .route("/sessions/{token}/expire", post(PlainHandler(sessions::expire)))
        .route("/scenarios", get(PlainHandler(scenarios::list)).post(PlainHandler(scenarios::add)))
        .route(
            "/scenarios/queue",
            get(PlainHandler(scenarios::queue))
                .post(PlainHandler(scenarios::enqueue))
                .delete(PlainHandler(scenarios::empty)),
        )
        .route("/scenarios/{name}", get(PlainHandler(scenarios::show)))
        .route(
            "/faults",
            get(PlainHandler(faults::list)).post(PlainHandler(faults::add)).delete(PlainHandler(faults::clear)),
        )
        .route("/faults/{name}", delete(PlainHandler(faults::remove)))
        .route("/calls", get(PlainHandler(calls::list)).delete(PlainHandler(calls::clear)))
        .route("/calls/count", post(PlainHandler(calls::count)))
        .route("/calls/find", post(PlainHandler(calls::find)))
        .route("/calls/verify", post(PlainHandler(calls::verify)))
        .route("/calls/{id}", get(PlainHandler(calls::show)))
        .route("/events", get(events::listen))
        .route("/wait/session/{token}", get(wait::session))
        .route("/wait/calls", get(wait::calls).post(wait::calls_like))
        .route("/coverage", get(PlainHandler(coverage::show)))
        .route("/openapi.json", get(PlainHandler(openapi::show)))
        .route("/settings", get(PlainHandler(settings::show)))
        .route("/clock", get(PlainHandler(clock::show)))
        .route("/clock/advance", post(PlainHandler(clock::advance)))
        .route("/clock/set", post(PlainHandler(clock::set)))
        .route("/clock/freeze", post(PlainHandler(clock::freeze)))
        .route("/clock/resume", post(PlainHandler(clock::resume)))
        .fallback(no_such_path)
        .method_not_allowed_fallback(wrong_method)
}

async fn guard(State(mock): State<Arc<MockService>>, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let path = || format!("/__admin{}", uri.path());
    match guard::check(&method, request.headers(), &mock.config) {
        Ok(()) => {
            let response = next.run(request).await;
            tracing::trace!(%method, path = path(), status = response.status().as_u16(), "control API");
            response
        }
        Err(problem) => {
            tracing::warn!(%method, path = path(), "{}", problem.problem());
            problem.into_response()
        }
    }
}

/// Returns the company with this key, which an accepted key creates; without a key, the first company.
fn company_or_default(mock: &MockService, key: Option<&str>) -> Result<Arc<Tenant>, ProblemResponse> {
    let key = key.map_or_else(|| mock.tenants.default_tenant().key.clone(), str::to_owned);
    mock.tenant(&key).map_err(|error| ProblemResponse::not_found(error.problem).with_field("company_key"))
}

/// Responds with 201 and `Location`.
fn created(path: &[&str], body: impl Serialize) -> Response {
    (StatusCode::CREATED, [(header::LOCATION, resource_path(path))], Json(body)).into_response()
}

/// Returns a path under `/__admin/`, with its parts escaped.
pub(crate) fn resource_path(parts: &[&str]) -> String {
    let parts: Vec<_> = parts.iter().map(|part| utf8_percent_encode(part, PATH_PART).to_string()).collect();
    format!("/__admin/{}", parts.join("/"))
}

async fn no_such_path(method: Method, uri: Uri) -> ProblemResponse {
    ProblemResponse::not_found(format!(
        "there is no `{method} /__admin{}`; docs/control-api.md lists all paths",
        uri.path()
    ))
}

async fn wrong_method(method: Method, uri: Uri) -> ProblemResponse {
    ProblemResponse::wrong_method(format!("`/__admin{}` does not take {method}", uri.path()))
}
