//! What the control API answers when something is wrong: problem details (RFC 9457).

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use serde::Serialize;

use crate::{
    http::{
        error::{STOPPING, with_hint},
        journal::NearMiss,
    },
    mock::{CallSummary, SessionInfo},
    words::{allowed, meant},
};

/// Why a call of the control API is refused.
#[derive(Debug)]
pub(super) struct ProblemResponse {
    status: StatusCode,
    detail: String,
    field: Option<String>,
    actual: Box<ActualState>,
    /// What is left of the request makes the connection useless.
    closes: bool,
}

/// A problem as it is sent.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Problem"))]
pub(super) struct ProblemBody<'a> {
    /// The kind; there is no more to know about it than its status says.
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    /// What is wrong, and what to do.
    detail: &'a str,
    /// Where it is wrong: `stages[0].after`, `limit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// What could stand there, where that is a list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed: Vec<String>,
    /// That of the allowed words that is most like the wrong one.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<String>,
    #[serde(flatten)]
    there: &'a ActualState,
}

/// What there is instead of what was waited for or expected.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ActualState {
    /// How the session stands that was waited for in vain.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionInfo>,
    /// The last calls about it, or the last calls of all where calls were waited for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    calls: Vec<CallSummary>,
    /// How many calls there are, where they are not as many as expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    /// The calls that come nearest, or those that are too many.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    near_misses: Vec<NearMiss>,
}

impl ProblemResponse {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), field: None, actual: Box::default(), closes: false }
    }

    /// The call cannot be read, or says what cannot be.
    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// The token is missing or wrong.
    pub(super) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// Whoever calls may not.
    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// What is asked for is not there.
    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// There is something there, which does not take this method.
    pub(super) fn wrong_method(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, detail)
    }

    /// The body did not come in time.
    pub(super) fn too_slow(detail: impl Into<String>) -> Self {
        Self { closes: true, ..Self::new(StatusCode::REQUEST_TIMEOUT, detail) }
    }

    /// What was waited for did not come in time.
    pub(super) fn timeout(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, detail)
    }

    /// What is asked for was there.
    pub(super) fn gone(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, detail)
    }

    /// 409: the request conflicts with the current state.
    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// There is no room for it now.
    pub(super) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// The server stops, and keeps no connection.
    pub(super) fn stopping() -> Self {
        Self { closes: true, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, STOPPING) }
    }

    pub(super) fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// The body is not labelled as JSON.
    pub(super) fn unsupported_media_type(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
    }

    /// Says where it is wrong.
    pub(super) fn with_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into()).filter(|field| !field.is_empty() && field != ".");
        self
    }

    /// Says how the session stands that was waited for, with the last calls about it.
    pub(super) fn with_session(mut self, session: SessionInfo, calls: Vec<CallSummary>) -> Self {
        self.actual.session = Some(session);
        self.actual.calls = calls;
        self
    }

    /// Says how many calls there are, and which come nearest to those that were expected.
    pub(super) fn with_count(mut self, count: u64, near_misses: Vec<NearMiss>) -> Self {
        self.actual.count = Some(count);
        self.actual.near_misses = near_misses;
        self
    }

    /// Says which calls were the last.
    pub(super) fn with_calls(mut self, calls: Vec<CallSummary>) -> Self {
        self.actual.calls = calls;
        self
    }

    pub(super) fn detail(&self) -> &str {
        &self.detail
    }
}

impl IntoResponse for ProblemResponse {
    fn into_response(self) -> Response<Body> {
        let Self { status, detail, field, actual: there, closes } = &self;
        let allowed = allowed(detail);
        let details = ProblemBody {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail,
            field: field.as_deref(),
            nearest: meant(detail, &allowed).map(str::to_owned),
            allowed,
            there,
        };
        let mut response = Response::new(Body::from(serde_json::to_vec(&details).expect("a problem is JSON")));
        *response.status_mut() = *status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match *status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ if *closes => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        with_hint(response, detail)
    }
}
