//! Error responses of the control API: problem details (RFC 9457).

use std::{borrow::Cow, fmt};

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use serde::{Deserialize, Serialize};

use crate::{
    http::{
        error::{STOPPING, with_hint},
        journal::NearMiss,
    },
    mock::{CallSummary, SessionInfo},
    problem::{Member, MemberPath, Problem},
};

/// An error response of the control API.
#[derive(Debug)]
pub(crate) struct ProblemResponse {
    status: StatusCode,
    problem: Problem,
    actual: Box<ActualState>,
    /// Whether the connection is closed, because the rest of the request is unread.
    closes: bool,
}

/// A problem that the control API reports (RFC 9457).
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Problem"))]
#[non_exhaustive]
pub struct ApiProblem {
    /// Always `about:blank`: the status is the kind.
    #[serde(rename = "type")]
    kind: Cow<'static, str>,
    title: Cow<'static, str>,
    /// Status of the response: 404 for a missing resource, 409 for a conflict with the current state.
    pub status: u16,
    /// The message: problem and remedy.
    pub detail: String,
    /// The invalid member: `stages[0].after`, `limit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The allowed words, keys or names, if it is about one.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub allowed: Vec<String>,
    /// The allowed value nearest to the invalid one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
    /// The session that was waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionInfo>,
    /// The last calls of the session, or the last calls of all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallSummary>,
    /// The actual number of calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The nearest calls, or the calls beyond the expected number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub near_misses: Vec<NearMiss>,
}

/// Prints the message.
impl fmt::Display for ApiProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

/// The actual state, instead of the awaited or expected one.
#[derive(Debug, Default)]
struct ActualState {
    session: Option<SessionInfo>,
    calls: Vec<CallSummary>,
    count: Option<u64>,
    near_misses: Vec<NearMiss>,
}

impl ProblemResponse {
    fn new(status: StatusCode, problem: impl Into<Problem>) -> Self {
        Self { status, problem: problem.into(), actual: Box::default(), closes: false }
    }

    /// 400: the request is malformed or invalid.
    pub(super) fn invalid(problem: impl Into<Problem>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, problem)
    }

    /// 401: the token is missing or wrong.
    pub(super) fn unauthorized(problem: impl Into<Problem>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, problem)
    }

    /// 403: the client is not allowed to use the control API.
    pub(super) fn forbidden(problem: impl Into<Problem>) -> Self {
        Self::new(StatusCode::FORBIDDEN, problem)
    }

    /// 404: the resource does not exist.
    pub(super) fn not_found(problem: impl Into<Problem>) -> Self {
        Self::new(StatusCode::NOT_FOUND, problem)
    }

    /// 405: the path does not support this method.
    pub(super) fn wrong_method(problem: impl Into<Problem>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, problem)
    }

    /// 408: the body did not arrive in time.
    pub(super) fn too_slow(problem: impl Into<Problem>) -> Self {
        Self { closes: true, ..Self::new(StatusCode::REQUEST_TIMEOUT, problem) }
    }

    /// 408: the condition was not met in time.
    pub(crate) fn timeout(problem: impl Into<Problem>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, problem)
    }

    /// 410: the resource was removed.
    pub(crate) fn gone(problem: impl Into<Problem>) -> Self {
        Self::new(StatusCode::GONE, problem)
    }

    /// 409: the request conflicts with the current state.
    pub(crate) fn conflict(problem: impl Into<Problem>) -> Self {
        Self::new(StatusCode::CONFLICT, problem)
    }

    /// 503: a limit of concurrent clients is reached.
    pub(super) fn unavailable(problem: impl Into<Problem>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, problem)
    }

    /// 503: the server is stopping; closes the connection.
    pub(super) fn stopping() -> Self {
        Self { closes: true, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, STOPPING) }
    }

    pub(super) fn too_large(problem: impl Into<Problem>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, problem)
    }

    /// 415: the content type is not JSON.
    pub(super) fn unsupported_media_type(problem: impl Into<Problem>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem)
    }

    /// Moves the problem to a member.
    pub(super) fn with_field(self, member: impl Into<Member>) -> Self {
        Self { problem: self.problem.at(&MemberPath(vec![member.into()])), ..self }
    }

    /// Adds the session that was waited for, with its last calls.
    pub(super) fn with_session(mut self, session: SessionInfo, calls: Vec<CallSummary>) -> Self {
        self.actual.session = Some(session);
        self.actual.calls = calls;
        self
    }

    /// Adds the actual number of calls, and the nearest ones.
    pub(super) fn with_count(mut self, count: u64, near_misses: Vec<NearMiss>) -> Self {
        self.actual.count = Some(count);
        self.actual.near_misses = near_misses;
        self
    }

    /// Adds the last calls.
    pub(super) fn with_calls(mut self, calls: Vec<CallSummary>) -> Self {
        self.actual.calls = calls;
        self
    }

    pub(super) fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Returns the body of the response.
    pub(crate) fn into_api_problem(self) -> ApiProblem {
        let Self { status, problem, actual, .. } = self;
        let ActualState { session, calls, count, near_misses } = *actual;
        ApiProblem {
            kind: "about:blank".into(),
            title: status.canonical_reason().unwrap_or_default().into(),
            status: status.as_u16(),
            detail: problem.to_string(),
            field: Some(problem.path().to_string()).filter(|field| !field.is_empty()),
            allowed: problem.allowed().to_vec(),
            nearest: problem.nearest().map(str::to_owned),
            session,
            calls,
            count,
            near_misses,
        }
    }
}

impl IntoResponse for ProblemResponse {
    fn into_response(self) -> Response<Body> {
        let (status, closes) = (self.status, self.closes);
        let details = self.into_api_problem();
        let mut response = Response::new(Body::from(serde_json::to_vec(&details).expect("a problem is JSON")));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ if closes => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        with_hint(response, &details.detail)
    }
}
