//! `/__admin/wait/…`: returns when a condition is met.

use std::{sync::Arc, time::Duration};

use axum::{Extension, Json, extract::State};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{
    calls::{moment, parse_pattern_body},
    company_or_default,
    extract::{Parameters, PathParam},
    problem::ProblemResponse,
    sessions::token_in,
};
use crate::{
    clock::DurationText,
    clock::Stopwatch,
    faults::Endpoint,
    http::{
        client::ClientConnection,
        journal::{CallPattern, CountError, Times},
    },
    mock::{MockService, SessionInfo, WaitCondition, WaitError},
};

/// Maximum timeout.
const MAX_WAIT: Duration = Duration::from_secs(10 * 60);

/// Number of last calls in the response after a timeout.
const LAST_CALLS: usize = 5;

/// The condition of a session, and the timeout.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct WaitSessionQuery {
    /// `opened`, `step=NAME`, `finished`, `stage=N`, `result`, `result=WORD`, `deleted` or `expired`.
    #[serde(deserialize_with = "until")]
    #[cfg_attr(test, schemars(with = "String"))]
    until: WaitCondition,
    /// Timeout in real time: `500ms`, `5s`, at most `10m`.
    #[serde(default = "default_timeout", deserialize_with = "parse_timeout")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    timeout: Duration,
}

/// Response of `wait/session`: the condition is met.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct WaitSessionResponse {
    /// The session; `None` if it was deleted.
    session: Option<SessionInfo>,
    /// Duration of the wait, in milliseconds of real time.
    waited_ms: f64,
}

pub(super) async fn session(
    State(mock): State<Arc<MockService>>,
    PathParam(token): PathParam,
    caller: Option<Extension<ClientConnection>>,
    Parameters(WaitSessionQuery { until, timeout: wait_timeout }): Parameters<WaitSessionQuery>,
) -> Result<Json<WaitSessionResponse>, ProblemResponse> {
    let token = token_in(&token, "token")?;
    let _slot = acquire_wait_slot(&mock)?;
    let stopwatch = Stopwatch::start();
    match wait(&mock, mock.wait_for_session(token, &until), wait_timeout, caller).await? {
        Some(waited) => {
            let session = waited?;
            Ok(Json(WaitSessionResponse { session, waited_ms: stopwatch.elapsed().as_secs_f64() * 1000.0 }))
        }
        None => {
            let job_mock = mock.clone();
            let details = mock.workers.run(move |_| job_mock.session_details(token.as_str())).await;
            let details = details.ok_or_else(|| ProblemResponse::from(WaitError::NoSuchSession(token)))?;
            let (now, last) = (details.in_words(), details.calls.len().saturating_sub(LAST_CALLS));
            let detail = format!("`{until}` was not reached within {wait_timeout:?}: the session {now}");
            Err(ProblemResponse::timeout(detail).with_session(details.session, details.calls[last..].to_vec()))
        }
    }
}

/// The pattern of calls, their number, and the timeout.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct WaitCallsQuery {
    company_key: Option<String>,
    session: Option<String>,
    endpoint: Option<Endpoint>,
    method: Option<String>,
    status: Option<u16>,
    #[serde(alias = "encoding")]
    body_format: Option<String>,
    /// From this time on, on the company's clock.
    #[serde(default, deserialize_with = "moment")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    from: Option<Timestamp>,
    /// Before this time.
    #[serde(default, deserialize_with = "moment")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    to: Option<Timestamp>,
    /// After the call with this id.
    after: Option<u64>,
    /// Minimum number of calls.
    #[serde(default = "one")]
    count: u64,
    #[serde(default = "default_timeout", deserialize_with = "parse_timeout")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    timeout: Duration,
}

/// The members beside a pattern: company, number and timeout.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct WaitCallsBody {
    company_key: Option<String>,
    /// Minimum number of calls.
    #[serde(default = "one")]
    count: u64,
    /// Timeout in real time: `500ms`, `5s`, at most `10m`.
    #[serde(default = "default_timeout", deserialize_with = "parse_timeout")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    timeout: Duration,
}

/// Response of `wait/calls`: the expected number of calls was reached.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct WaitCallsResponse {
    count: u64,
    /// Duration of the wait, in milliseconds of real time.
    waited_ms: f64,
}

pub(super) async fn calls(
    State(mock): State<Arc<MockService>>,
    caller: Option<Extension<ClientConnection>>,
    Parameters(query): Parameters<WaitCallsQuery>,
) -> Result<Json<WaitCallsResponse>, ProblemResponse> {
    let WaitCallsQuery { company_key, session, endpoint, method, status, body_format, from, to, after, count, timeout } =
        query;
    let token = session.map(|token| token_in(&token, "session")).transpose()?;
    let session = token.map(|token| token.to_string());
    let pattern =
        CallPattern { session, endpoint, method, status, body_format, from, to, after, ..CallPattern::default() };
    wait_for_calls(&mock, pattern, WaitCallsBody { company_key, count, timeout }, caller).await
}

pub(super) async fn calls_like(
    State(mock): State<Arc<MockService>>,
    caller: Option<Extension<ClientConnection>>,
    Parameters(members): Parameters<Map<String, Value>>,
) -> Result<Json<WaitCallsResponse>, ProblemResponse> {
    let (so_many, pattern) = parse_pattern_body(members, &["company_key", "count", "timeout"])?;
    wait_for_calls(&mock, pattern, so_many, caller).await
}

async fn wait_for_calls(
    mock: &Arc<MockService>,
    pattern: CallPattern,
    so_many: WaitCallsBody,
    caller: Option<Extension<ClientConnection>>,
) -> Result<Json<WaitCallsResponse>, ProblemResponse> {
    let WaitCallsBody { company_key, count, timeout: wait_timeout } = so_many;
    let tenant = company_key.map(|key| company_or_default(mock, Some(&key))).transpose()?;
    let _slot = acquire_wait_slot(mock)?;
    let stopwatch = Stopwatch::start();
    let called = |count| Json(WaitCallsResponse { count, waited_ms: stopwatch.elapsed().as_secs_f64() * 1000.0 });
    let matcher = mock.workers.run(|_| pattern.compile()).await.map_err(CountError::from)?;
    let matcher = Arc::new(matcher);
    let it = mock.wait_for_calls(tenant.as_ref(), &matcher, count);
    if let Some(count) = wait(mock, it, wait_timeout, caller).await? {
        return Ok(called(count?));
    }
    let (job_mock, times) = (mock.clone(), Times { at_least: count, at_most: None });
    let looked = mock.workers.run(move |cancellation| {
        let verified = job_mock.verify(tenant.as_ref(), &matcher, times, cancellation);
        (verified, job_mock.last_calls(tenant.as_ref(), LAST_CALLS))
    });
    match looked.await {
        // The last call arrived just now.
        (Ok(count), _) => Ok(called(count)),
        (Err(CountError::Mismatch { count, why, near_misses }), last) => {
            let detail = format!("the calls did not arrive within {wait_timeout:?}: {why}");
            Err(ProblemResponse::timeout(detail).with_count(count, near_misses).with_calls(last))
        }
        (Err(other), _) => Err(other.into()),
    }
}

fn one() -> u64 {
    1
}

/// Waits with a timeout; `None` after it.
///
/// # Errors
///
/// A problem if the server stops, and one that is never sent if the client disconnects.
async fn wait<T>(
    mock: &MockService,
    it: impl Future<Output = T>,
    wait_timeout: Duration,
    caller: Option<Extension<ClientConnection>>,
) -> Result<Option<T>, ProblemResponse> {
    let waited = async {
        tokio::select! {
            waited = timeout(wait_timeout, it) => Ok(waited.ok()),
            () = mock.stopping() => Err(ProblemResponse::stopping()),
        }
    };
    let waited = match caller {
        Some(Extension(caller)) => caller.until_disconnected(waited).await,
        None => Some(waited.await),
    };
    waited.unwrap_or_else(|| Err(ProblemResponse::timeout("the client disconnected while waiting")))
}

/// Reserves a slot for a waiting client, until it is dropped.
pub(super) fn acquire_wait_slot(mock: &MockService) -> Result<OwnedSemaphorePermit, ProblemResponse> {
    mock.waiting.clone().try_acquire_owned().map_err(|_| {
        let most = mock.config.clients.waiting();
        ProblemResponse::unavailable(format!(
            "too many clients are waiting or listening: the limit is {most} (three quarters of --max-connections, at \
             most 10000)"
        ))
    })
}

impl From<WaitError> for ProblemResponse {
    fn from(error: WaitError) -> Self {
        let detail = error.to_string();
        match error {
            WaitError::NoSuchSession(_) => Self::not_found(detail),
            WaitError::UnknownStepOrStage(_) => Self::invalid(detail).with_field("until"),
            WaitError::Removed(_) => Self::gone(detail),
            WaitError::Unreachable(_) => Self::conflict(detail),
        }
    }
}

fn until<'de, D: Deserializer<'de>>(reader: D) -> Result<WaitCondition, D::Error> {
    String::deserialize(reader)?.parse().map_err(D::Error::custom)
}

pub(super) fn default_timeout() -> Duration {
    Duration::from_secs(5)
}

pub(super) fn parse_timeout<'de, D: Deserializer<'de>>(reader: D) -> Result<Duration, D::Error> {
    let DurationText(time) = DurationText::deserialize(reader)?;
    if time <= MAX_WAIT {
        Ok(time)
    } else {
        Err(D::Error::custom(format!("{time:?} is longer than the maximum of 10m")))
    }
}
