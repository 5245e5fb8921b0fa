//! `/__admin/…`: the control API, one file per resource.

pub(crate) mod action;
mod action_handler;
pub(crate) mod action_params;
pub(crate) mod any_action;
pub(crate) mod assert_all_used;
pub(crate) mod calls;
pub(crate) mod clock;
pub(crate) mod companies;
pub(crate) mod coverage;
mod described;
pub(crate) mod events;
pub(crate) mod extract;
pub(crate) mod faults;
mod guard;
pub(crate) mod health;
#[cfg(feature = "metrics")]
mod metrics;
mod openapi;
pub(crate) mod paging;
pub(crate) mod problem;
pub(crate) mod scenarios;
pub(crate) mod sessions;
pub(crate) mod settings;
#[cfg(feature = "media")]
pub(crate) mod uploads;
pub(crate) mod verdict;
pub(crate) mod wait;

use std::sync::Arc;

use axum::{Router, body::Body, extract::Request, http::Response, response::IntoResponse};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use self::{action_handler::add_all, any_action::AnyAction, problem::ProblemResponse};
use super::handler::{RequestHandler, handler};
use crate::mock::MockService;

/// The characters of a name that are escaped in a path.
const PATH_PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns all routes under `/__admin/`, with the access rules.
pub(super) fn routes() -> Router<Arc<MockService>> {
    health_checks().merge(resources())
}

/// Actions of one or more modules.
macro_rules! actions {
    ($($module:ident: $($action:ident),*;)*) => { &[$($(&$module::$action),*),*] };
}

/// The actions without access rules.
static HEALTH_CHECKS: &[&dyn AnyAction] = actions! { health: LIVE, READY; };

static ACTIONS: &[&dyn AnyAction] = actions! {
    assert_all_used: CHECK;
    calls: LIST, COUNT, FIND, VERIFY, SHOW, CLEAR;
    clock: SHOW, ADVANCE, SET, FREEZE, RESUME;
    companies: LIST, ADD, SHOW, CHANGE, REMOVE, RESET_ONE, RESET;
    coverage: SHOW;
    events: LISTEN;
    faults: LIST, ADD, CLEAR, REMOVE;
    openapi: SHOW;
    scenarios: LIST, ADD, SHOW, QUEUE, ENQUEUE, EMPTY_QUEUE;
    sessions: LIST, BEGIN, SHOW, REMOVE, FINISH, DECIDE, REACH_STEP, SWITCH_SCENARIO, EXPIRE;
    settings: SHOW;
    wait: SESSION, CALLS, CALLS_LIKE;
};

#[cfg(feature = "media")]
static MEDIA: &[&dyn AnyAction] = actions! { uploads: ADD; };

#[cfg(feature = "metrics")]
static METRICS: &[&dyn AnyAction] = actions! { metrics: SHOW; };

fn health_checks() -> Router<Arc<MockService>> {
    // Monitoring has no token, and may use any host name.
    add_all(Router::new(), HEALTH_CHECKS, |handler| handler).method_not_allowed_fallback(handler(wrong_method))
}

fn resources() -> Router<Arc<MockService>> {
    let routes = Router::new();
    #[cfg(feature = "metrics")]
    let routes = add_all(routes, METRICS, guarded);
    #[cfg(feature = "media")]
    let routes = add_all(routes, MEDIA, guarded);
    add_all(routes, ACTIONS, guarded)
        .fallback(guarded(handler(no_such_path)))
        .method_not_allowed_fallback(guarded(handler(wrong_method)))
}

/// Applies the access rules to a handler.
fn guarded(inner: RequestHandler) -> RequestHandler {
    handler(move |mock, request| guard(mock, request, inner.clone()))
}

async fn guard(mock: Arc<MockService>, request: Request, inner: RequestHandler) -> Response<Body> {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let path = || format!("/__admin{}", uri.path());
    match guard::check(&method, request.headers(), &mock.config) {
        Ok(()) => {
            let response = inner.run(mock, request).await;
            tracing::trace!(%method, path = path(), status = response.status().as_u16(), "control API");
            response
        }
        Err(problem) => {
            tracing::warn!(%method, path = path(), "{}", problem.problem());
            problem.into_response()
        }
    }
}

/// Returns a path under `/__admin/`, with its parts escaped.
fn resource_path(parts: &[&str]) -> String {
    let parts: Vec<_> = parts.iter().map(|part| utf8_percent_encode(part, PATH_PART).to_string()).collect();
    format!("/__admin/{}", parts.join("/"))
}

async fn no_such_path(_mock: Arc<MockService>, request: Request) -> Response<Body> {
    let (method, path) = (request.method(), request.uri().path());
    let problem = format!("there is no `{method} /__admin{path}`; docs/control-api.md lists all paths");
    ProblemResponse::not_found(problem).into_response()
}

async fn wrong_method(_mock: Arc<MockService>, request: Request) -> Response<Body> {
    let (method, path) = (request.method(), request.uri().path());
    ProblemResponse::wrong_method(format!("`/__admin{path}` does not take {method}")).into_response()
}

/// Returns all actions.
#[cfg(test)]
fn actions() -> impl Iterator<Item = &'static dyn AnyAction> {
    let groups = [
        HEALTH_CHECKS,
        ACTIONS,
        #[cfg(feature = "media")]
        MEDIA,
        #[cfg(feature = "metrics")]
        METRICS,
    ];
    groups.into_iter().flatten().copied()
}
