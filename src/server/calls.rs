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
            calls::{self, FindCallsBody, PatternBody, VerifyCallsBody},
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

/// Defines conditions as those of [`CallPattern`].
macro_rules! conditions {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $kind:ty),*);)*) => {
        impl<C> CallQuery<C> {
            $(
                $(#[$doc])*
                pub fn $name(self, $($argument: $kind),*) -> Self {
                    self.change(|pattern| pattern.$name($($argument),*))
                }
            )*
        }
    };
}

conditions! {
    /// Only calls of this endpoint.
    fn endpoint(endpoint: Endpoint);
    /// Only calls of the session with this token, including the call that began it.
    fn of_session(token: &str);
    /// Only calls with this parameter: as [`CallPattern::with`].
    fn with(parameter: impl Into<String>, value: impl Into<ValueMatch>);
    /// Only calls with this header: as [`CallPattern::header`].
    fn header(name: impl Into<String>, value: impl Into<ValueMatch>);
    /// Only calls with this HTTP method.
    fn method(method: impl Into<String>);
    /// Only calls with parameters in this format: as [`CallPattern::body_format`].
    fn body_format(format: impl Into<String>);
    /// Only calls with this response status.
    fn status(status: u16);
    /// Only calls after the one with this id.
    fn after(id: u64);
    /// Only calls with a response at this time of the company's clock, or later.
    fn from(moment: SystemTime);
    /// Only calls with a response before this time.
    fn before(moment: SystemTime);
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

    /// Sets the timeout of a wait in real time, instead of 5 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

verbs! {
    [self] of CallQuery<Control>, CallQuery<blocking::Control>, by [self.control];

    /// Returns the number of matching calls.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 410 if evicted calls may have matched.
    fn count() -> u64 = call_as(&calls::COUNT, "", self.pattern, |_, counted| Ok(counted.count));

    /// Returns the matching calls, in order.
    ///
    /// # Errors
    ///
    /// As [`CallQuery::count`].
    fn list() -> Vec<CallInfo> =
        list(&calls::FIND, PatternBody { pattern: self.pattern, beside: FindCallsBody::default() });

    /// Verifies the number of matching calls: `1`, `1..`, `..=3`, or [`Times`]. Returns it.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 409 and a text with the nearest calls if the number is wrong, and with 410 if
    /// evicted calls may have matched.
    fn verify(times: impl Into<Times>) -> u64 =
        call_as(&calls::VERIFY, "", PatternBody { pattern: self.pattern, beside: times.into().into() }, |_, counted| {
            Ok(counted.count)
        });

    /// Verifies that all calls of the query match one of the patterns: `[begin(), result().with("session_token", t)]`.
    /// Returns their number.
    ///
    /// # Errors
    ///
    /// As [`CallQuery::verify`], with the first other calls.
    fn verify_only(patterns: impl IntoIterator<Item = CallPattern>) -> u64 = call_as(
        &calls::VERIFY,
        "",
        PatternBody { pattern: self.pattern, beside: VerifyCallsBody::of_only(patterns.into_iter().collect()) },
        |_, counted| Ok(counted.count)
    );

    /// Waits for a minimum number of matching calls. Returns their number.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 408 and a text with the nearest calls after the timeout.
    fn wait_for(count: u64) -> u64 = wait_as(
        &wait::CALLS_LIKE,
        "",
        PatternBody { pattern: self.pattern, beside: WaitCallsBody { count, timeout: WaitTimeout(self.timeout) } },
        self.timeout,
        |_, waited| Ok(waited.count)
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
