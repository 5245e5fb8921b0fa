//! Queries of recorded calls: listing, counting, verifying and waiting.

use std::{
    fmt,
    future::IntoFuture,
    pin::Pin,
    time::{Duration, SystemTime},
};

use futures_util::FutureExt;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    MockServer, blocking,
    control::{Control, ControlError, DEFAULT_WAIT_TIMEOUT, ListPageBody},
};
use crate::{
    clock::format_duration,
    condition::ValueMatch,
    faults::Endpoint,
    http::{CallInfo, CallPattern, Times},
};

/// A query of the journal: all calls, or only calls that match every added condition.
///
/// `D` selects how results are returned: at once by a mock in this process, awaited by a [`Control`], and blocking by a
/// [`blocking::Control`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use identomat_mock::{Endpoint, MockClient, MockServer};
///
/// let mock = MockServer::start().await;
/// let token = mock.control().begin(serde_json::json!({})).await?.token;
/// // … the code under test runs …
/// assert_eq!(mock.calls().endpoint(Endpoint::Result).with("session_token", &token).count(), 0);
/// mock.calls().endpoint(Endpoint::Result).verify(..=3)?;
///
/// let client = MockClient::connect(&mock.url()).await?;
/// assert_eq!(client.calls().endpoint(Endpoint::Result).of_session(&token).count().await?, 0);
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing until it is counted, listed, verified or waited for"]
#[derive(Clone)]
pub struct CallQuery<D> {
    control: D,
    pattern: CallPattern,
    timeout: Duration,
}

/// A mock in this process, which returns results at once.
#[derive(Debug, Clone)]
pub struct InProcess(Control);

impl InProcess {
    pub(super) fn new(control: Control) -> Self {
        Self(control)
    }
}

impl<D> CallQuery<D> {
    pub(super) fn new(control: D) -> Self {
        Self { control, pattern: CallPattern::default(), timeout: DEFAULT_WAIT_TIMEOUT }
    }

    fn change(mut self, change: impl FnOnce(CallPattern) -> CallPattern) -> Self {
        self.pattern = change(self.pattern);
        self
    }

    /// Replaces all conditions with this pattern.
    pub fn matching(self, pattern: CallPattern) -> Self {
        self.change(|_| pattern)
    }

    /// Only calls of this endpoint.
    pub fn endpoint(self, endpoint: Endpoint) -> Self {
        self.change(|pattern| pattern.endpoint(endpoint))
    }

    /// Only calls of the session with this token, including the call that began it.
    pub fn of_session(self, token: &str) -> Self {
        self.change(|pattern| pattern.of_session(token))
    }

    /// Only calls with this parameter: as [`CallPattern::with`].
    pub fn with(self, parameter: impl Into<String>, value: impl Into<ValueMatch>) -> Self {
        self.change(|pattern| pattern.with(parameter, value))
    }

    /// Only calls with this header: as [`CallPattern::header`].
    pub fn header(self, name: impl Into<String>, value: impl Into<ValueMatch>) -> Self {
        self.change(|pattern| pattern.header(name, value))
    }

    /// Only calls with this HTTP method.
    pub fn method(self, method: impl Into<String>) -> Self {
        self.change(|pattern| pattern.method(method))
    }

    /// Only calls with parameters in this format: as [`CallPattern::body_format`].
    pub fn body_format(self, format: impl Into<String>) -> Self {
        self.change(|pattern| pattern.body_format(format))
    }

    /// Only calls with this response status.
    pub fn status(self, status: u16) -> Self {
        self.change(|pattern| pattern.status(status))
    }

    /// Only calls after the one with this id.
    pub fn after(self, id: u64) -> Self {
        self.change(|pattern| pattern.after(id))
    }

    /// Only calls with a response at this time of the company's clock, or later.
    pub fn from(self, moment: SystemTime) -> Self {
        self.change(|pattern| pattern.from(moment))
    }

    /// Only calls with a response before this time.
    pub fn before(self, moment: SystemTime) -> Self {
        self.change(|pattern| pattern.before(moment))
    }

    /// Sets the timeout of a wait in real time, instead of 5 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn with_control<E>(self, control: E) -> CallQuery<E> {
        CallQuery { control, pattern: self.pattern, timeout: self.timeout }
    }
}

impl CallQuery<Control> {
    /// Returns the number of matching calls.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 410 if evicted calls may have matched.
    pub async fn count(self) -> Result<u64, ControlError> {
        let members = self.members([]);
        self.control.post::<CountResult>(&["calls", "count"], members).await.map(|counted| counted.count)
    }

    /// Returns the matching calls, in order.
    ///
    /// # Errors
    ///
    /// As [`CallQuery::count`].
    pub async fn list(mut self) -> Result<Vec<CallInfo>, ControlError> {
        let mut calls = Vec::new();
        loop {
            let part: ListPageBody<CallInfo> = self.control.post(&["calls", "find"], self.members([])).await?;
            calls.extend(part.items);
            match part.next.and_then(|next| next.parse().ok()) {
                Some(next) => self.pattern = self.pattern.after(next),
                None => return Ok(calls),
            }
        }
    }

    /// Verifies the number of matching calls: `1`, `1..`, `..=3`, or [`Times`]. Returns it.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 409 and a text with the nearest calls if the number is wrong, and with 410 if
    /// evicted calls may have matched.
    pub async fn verify(self, times: impl Into<Times>) -> Result<u64, ControlError> {
        let members = self.members(times.into().to_query_values());
        self.control.post::<CountResult>(&["calls", "verify"], members).await.map(|counted| counted.count)
    }

    /// Waits for a minimum number of matching calls. Returns their number.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 408 and a text with the nearest calls after the timeout.
    pub async fn wait_for(self, count: u64) -> Result<u64, ControlError> {
        let timeout = format_duration(self.timeout).into();
        let members = self.members([("count", count.into()), ("timeout", timeout)]);
        let waited =
            self.control.with_extra_timeout(self.timeout).post::<CountResult>(&["wait", "calls"], members).await;
        waited.map(|counted| counted.count)
    }

    fn members<const N: usize>(&self, more: [(&str, Value); N]) -> Map<String, Value> {
        let mut members = match serde_json::to_value(&self.pattern) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        members
            .extend(more.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.to_owned(), value)));
        self.control.with_company_key(members)
    }
}

/// Lists the calls, as [`CallQuery::list`].
impl IntoFuture for CallQuery<Control> {
    type Output = Result<Vec<CallInfo>, ControlError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.list())
    }
}

impl CallQuery<InProcess> {
    /// Returns the number of matching calls.
    ///
    /// # Panics
    ///
    /// If evicted calls may have matched, the journal is disabled, or a regular expression is invalid:
    /// [`CallQuery::verify`] returns an error instead.
    #[track_caller]
    pub fn count(self) -> u64 {
        self.expect_ready(CallQuery::<Control>::count).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Returns the matching calls, in order.
    ///
    /// # Panics
    ///
    /// As [`CallQuery::count`].
    #[track_caller]
    pub fn list(self) -> Vec<CallInfo> {
        self.expect_ready(CallQuery::<Control>::list).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Verifies the number of matching calls: `1`, `1..`, `..=3`, or [`Times`]. Returns it.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 409 and a text with the nearest calls if the number is wrong, and with 410 if
    /// evicted calls may have matched.
    pub fn verify(self, times: impl Into<Times>) -> Result<u64, ControlError> {
        self.expect_ready(|calls| calls.verify(times))
    }

    /// Waits for a minimum number of matching calls. Returns their number.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 408 and a text with the nearest calls after the timeout.
    pub async fn wait_for(self, count: u64) -> Result<u64, ControlError> {
        let control = self.control.0.clone();
        self.with_control(control).wait_for(count).await
    }

    fn expect_ready<T, F: Future<Output = Result<T, ControlError>>>(
        self,
        ask: impl FnOnce(CallQuery<Control>) -> F,
    ) -> Result<T, ControlError> {
        let control = self.control.0.clone();
        expect_ready(&control, |control| ask(self.with_control(control)))
    }
}

/// Returns the result of a future of a mock in this process, which is ready at once.
pub(super) fn expect_ready<T, F: Future<Output = T>>(control: &Control, ask: impl FnOnce(Control) -> F) -> T {
    ask(control.without_waiting()).now_or_never().expect("a mock in this process answers at once")
}

impl CallQuery<blocking::Control> {
    /// Returns the number of matching calls.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 410 if evicted calls may have matched.
    pub fn count(self) -> Result<u64, ControlError> {
        self.blocking(CallQuery::<Control>::count)
    }

    /// Returns the matching calls, in order.
    ///
    /// # Errors
    ///
    /// As [`CallQuery::count`].
    pub fn list(self) -> Result<Vec<CallInfo>, ControlError> {
        self.blocking(CallQuery::<Control>::list)
    }

    /// Verifies the number of matching calls: `1`, `1..`, `..=3`, or [`Times`]. Returns it.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 409 and a text with the nearest calls if the number is wrong, and with 410 if
    /// evicted calls may have matched.
    pub fn verify(self, times: impl Into<Times>) -> Result<u64, ControlError> {
        self.blocking(|calls| calls.verify(times))
    }

    /// Waits for a minimum number of matching calls. Returns their number.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 408 and a text with the nearest calls after the timeout.
    pub fn wait_for(self, count: u64) -> Result<u64, ControlError> {
        self.blocking(|calls| calls.wait_for(count))
    }

    fn blocking<T, F: Future<Output = T>>(self, ask: impl FnOnce(CallQuery<Control>) -> F) -> T {
        let control = self.control.clone();
        control.wait(|control| ask(self.with_control(control)))
    }
}

impl<D: fmt::Debug> fmt::Debug for CallQuery<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallQuery").field("of", &self.control).field("pattern", &self.pattern).finish()
    }
}

#[derive(Deserialize)]
struct CountResult {
    count: u64,
}

impl MockServer {
    /// Queries the journal, of all companies and calls without one:
    /// `mock.calls().endpoint(Endpoint::Result).with("session_token", &token).count()`.
    pub fn calls(&self) -> CallQuery<InProcess> {
        CallQuery::new(InProcess::new(self.control()))
    }
}
