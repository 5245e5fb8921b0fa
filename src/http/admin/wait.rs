//! `/__admin/wait/…`: returns when a condition is met.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{
    action::{Action, Target},
    any_action::ActionFuture,
    calls::{BesidePattern, PatternBody, moment},
    problem::ProblemResponse,
    sessions::token_in,
};
use crate::{
    clock::{DurationText, Stopwatch},
    faults::Endpoint,
    http::journal::{CallPattern, CountError, Times},
    mock::{MockService, SessionInfo, WaitCondition, WaitError},
    problem::Problem,
};

/// Maximum timeout.
const MAX_WAIT: Duration = Duration::from_secs(10 * 60);

/// Number of last calls in the response after a timeout.
const LAST_CALLS: usize = 5;

/// The condition of a session, and the timeout.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct WaitSessionQuery {
    /// `opened`, `step=NAME`, `finished`, `stage=N`, `result`, `result=WORD`, `deleted` or `expired`.
    #[serde(deserialize_with = "until", serialize_with = "until_text")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) until: WaitCondition,
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) timeout: WaitTimeout,
}

/// A timeout in real time: `500ms`, `5s`, at most `10m`.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(try_from = "DurationText", into = "DurationText")]
pub(crate) struct WaitTimeout(pub(crate) Duration);

/// Response of `wait/session`: the condition is met.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct WaitSessionResponse {
    /// The session; `None` if it was deleted.
    pub(crate) session: Option<SessionInfo>,
    /// Duration of the wait, in milliseconds of real time.
    waited_ms: f64,
}

pub(crate) static SESSION: Action<WaitSessionQuery, WaitSessionResponse> =
    Action::get_async("/wait/session/{token}", |mock, target, query| ActionFuture::new(session(mock, target, query)))
        .named("waitForSession", "Waits for a condition of a session")
        .of_company()
        .fails_with(&[408, 409, 410, 503]);
/// With a pattern in the query.
pub(super) static CALLS: Action<WaitCallsQuery, WaitCallsResponse> =
    Action::get_async("/wait/calls", |mock, target, query| ActionFuture::new(calls(mock, target, query)))
        .named("waitForCalls", "Waits for a number of calls")
        .of_company()
        .fails_with(&[408, 409, 410, 503]);
pub(crate) static CALLS_LIKE: Action<PatternBody<WaitCallsBody>, WaitCallsResponse> =
    Action::post_async("/wait/calls", |mock, target, body| ActionFuture::new(calls_like(mock, target, body)))
        .named("waitForMatchingCalls", "Waits for a number of calls that match a pattern")
        .of_company()
        .fails_with(&[408, 409, 410, 503]);

async fn session(
    mock: Arc<MockService>,
    target: Target,
    WaitSessionQuery { until, timeout: WaitTimeout(wait_timeout) }: WaitSessionQuery,
) -> Result<WaitSessionResponse, ProblemResponse> {
    let token = token_in(target.token(&mock)?, "token")?;
    let _slot = acquire_wait_slot(&mock)?;
    let stopwatch = Stopwatch::start();
    match wait(&mock, mock.wait_for_session(token, &until), wait_timeout).await? {
        Some(waited) => {
            let session = waited?;
            Ok(WaitSessionResponse { session, waited_ms: stopwatch.elapsed().as_secs_f64() * 1000.0 })
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
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct WaitCallsQuery {
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
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    timeout: WaitTimeout,
}

/// The members beside a pattern: number and timeout.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct WaitCallsBody {
    /// Minimum number of calls.
    #[serde(default = "one")]
    pub(crate) count: u64,
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) timeout: WaitTimeout,
}

impl BesidePattern for WaitCallsBody {
    const NAMES: &'static [&'static str] = &["count", "timeout"];
}

/// Response of `wait/calls`: the expected number of calls was reached.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct WaitCallsResponse {
    pub(crate) count: u64,
    /// Duration of the wait, in milliseconds of real time.
    waited_ms: f64,
}

async fn calls(
    mock: Arc<MockService>,
    target: Target,
    query: WaitCallsQuery,
) -> Result<WaitCallsResponse, ProblemResponse> {
    let WaitCallsQuery { session, endpoint, method, status, body_format, from, to, after, count, timeout } = query;
    let token = session.map(|token| token_in(&token, "session")).transpose()?;
    let session = token.map(|token| token.to_string());
    let pattern =
        CallPattern { session, endpoint, method, status, body_format, from, to, after, ..CallPattern::default() };
    calls_like(mock, target, PatternBody { pattern, beside: WaitCallsBody { count, timeout } }).await
}

async fn calls_like(
    mock: Arc<MockService>,
    target: Target,
    PatternBody { pattern, beside }: PatternBody<WaitCallsBody>,
) -> Result<WaitCallsResponse, ProblemResponse> {
    let WaitCallsBody { count, timeout: WaitTimeout(wait_timeout) } = beside;
    let tenant = target.tenant(&mock)?;
    let _slot = acquire_wait_slot(&mock)?;
    let stopwatch = Stopwatch::start();
    let called = |count| WaitCallsResponse { count, waited_ms: stopwatch.elapsed().as_secs_f64() * 1000.0 };
    let matcher = mock.workers.run(|_| pattern.compile()).await.map_err(CountError::from)?;
    let matcher = Arc::new(matcher);
    let it = mock.wait_for_calls(tenant.as_ref(), &matcher, count);
    if let Some(count) = wait(&mock, it, wait_timeout).await? {
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
/// A problem if the server stops.
async fn wait<T>(
    mock: &MockService,
    it: impl Future<Output = T>,
    wait_timeout: Duration,
) -> Result<Option<T>, ProblemResponse> {
    tokio::select! {
        waited = timeout(wait_timeout, it) => Ok(waited.ok()),
        () = mock.stopping() => Err(ProblemResponse::stopping()),
    }
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
            WaitError::UnknownTarget(problem) => Self::invalid(problem).with_field("until"),
            WaitError::Removed(_) => Self::gone(detail),
            WaitError::Unreachable(_) => Self::conflict(detail),
        }
    }
}

fn until<'de, D: Deserializer<'de>>(reader: D) -> Result<WaitCondition, D::Error> {
    String::deserialize(reader)?.parse().map_err(D::Error::custom)
}

fn until_text<S: Serializer>(until: &WaitCondition, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(until)
}

impl Default for WaitTimeout {
    fn default() -> Self {
        Self(Duration::from_secs(5))
    }
}

impl TryFrom<DurationText> for WaitTimeout {
    type Error = Problem;

    fn try_from(DurationText(time): DurationText) -> Result<Self, Problem> {
        match time <= MAX_WAIT {
            true => Ok(Self(time)),
            false => Err(Problem::rule(format!("{time:?} is longer than the maximum of 10m"))),
        }
    }
}

impl From<WaitTimeout> for DurationText {
    fn from(WaitTimeout(time): WaitTimeout) -> Self {
        Self(time)
    }
}
