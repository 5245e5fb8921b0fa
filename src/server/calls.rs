//! Queries of recorded calls: listing, counting, verifying and waiting.

use std::{
    fmt,
    future::IntoFuture,
    pin::Pin,
    time::{Duration, SystemTime},
};

use super::{
    blocking,
    control::{Control, ControlError, DEFAULT_WAIT_TIMEOUT, verbs},
};
use crate::{
    condition::ValueMatch,
    faults::Endpoint,
    http::{
        CallInfo, CallPattern, Times,
        admin::{
            calls::{self, FindCallsBody, PatternBody},
            wait::{self, WaitCallsBody, WaitTimeout},
        },
    },
};

/// A query of the journal: all calls, or only calls that match every added condition.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use identomat_mock::{Endpoint, MockServer};
///
/// let mock = MockServer::start().await;
/// let token = mock.begin(serde_json::json!({})).await?.token;
/// // … the code under test runs …
/// assert_eq!(mock.calls().endpoint(Endpoint::Result).with("session_token", &token).count().await?, 0);
/// mock.calls().endpoint(Endpoint::Result).of_session(&token).verify(..=3).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing until it is counted, listed, verified or waited for"]
#[derive(Clone)]
pub struct CallQuery<C> {
    control: C,
    pattern: CallPattern,
    timeout: Duration,
}

impl<C> CallQuery<C> {
    pub(super) fn new(control: C) -> Self {
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
}

verbs! {
    CallQuery<Control>, CallQuery<blocking::Control>;

    /// Returns the number of matching calls.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 410 if evicted calls may have matched.
    fn count(self) -> u64 = call_as(&calls::COUNT, "", self.pattern, |counted| counted.count);

    /// Returns the matching calls, in order.
    ///
    /// # Errors
    ///
    /// As [`CallQuery::count`].
    fn list(self) -> Vec<CallInfo> =
        list(&calls::FIND, PatternBody { pattern: self.pattern, beside: FindCallsBody::default() });

    /// Verifies the number of matching calls: `1`, `1..`, `..=3`, or [`Times`]. Returns it.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 409 and a text with the nearest calls if the number is wrong, and with 410 if
    /// evicted calls may have matched.
    fn verify(self, times: impl Into<Times>) -> u64 =
        call_as(&calls::VERIFY, "", PatternBody { pattern: self.pattern, beside: times.into().into() }, |counted| {
            counted.count
        });

    /// Waits for a minimum number of matching calls. Returns their number.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 408 and a text with the nearest calls after the timeout.
    fn wait_for(self, count: u64) -> u64 = wait_as(
        &wait::CALLS_LIKE,
        "",
        PatternBody { pattern: self.pattern, beside: WaitCallsBody { count, timeout: WaitTimeout(self.timeout) } },
        self.timeout,
        |waited| Ok(waited.count)
    );
}

/// Lists the calls, as [`CallQuery::list`].
impl IntoFuture for CallQuery<Control> {
    type Output = Result<Vec<CallInfo>, ControlError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.list())
    }
}

impl<C: fmt::Debug> fmt::Debug for CallQuery<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallQuery").field("of", &self.control).field("pattern", &self.pattern).finish()
    }
}
