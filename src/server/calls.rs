//! The calls that a mock remembers: listed, counted, checked, and waited for.

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
    faults::Endpoint,
    http::{CallInfo, CallPattern, Times, ValueMatch},
};

/// Calls that a mock remembers: all, or those that fulfil every condition that is added.
///
/// `D` says where from, which decides how answers come: at once from a mock in this process, awaited from a [`Control`],
/// and waited for from a [`blocking::Control`].
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

/// A mock in this process, which answers at once.
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

    /// Those that are like this, instead of what was said so far.
    pub fn matching(self, pattern: CallPattern) -> Self {
        self.change(|_| pattern)
    }

    /// Those of that endpoint.
    pub fn endpoint(self, endpoint: Endpoint) -> Self {
        self.change(|pattern| pattern.endpoint(endpoint))
    }

    /// Those about the session of that token, or that began it.
    pub fn of_session(self, token: &str) -> Self {
        self.change(|pattern| pattern.of_session(token))
    }

    /// Those with that parameter: as [`CallPattern::with`].
    pub fn with(self, parameter: impl Into<String>, value: impl Into<ValueMatch>) -> Self {
        self.change(|pattern| pattern.with(parameter, value))
    }

    /// Those with that header: as [`CallPattern::header`].
    pub fn header(self, name: impl Into<String>, value: impl Into<ValueMatch>) -> Self {
        self.change(|pattern| pattern.header(name, value))
    }

    /// Those with that HTTP method.
    pub fn method(self, method: impl Into<String>) -> Self {
        self.change(|pattern| pattern.method(method))
    }

    /// Those whose parameters were read so: as [`CallPattern::body_format`].
    pub fn body_format(self, format: impl Into<String>) -> Self {
        self.change(|pattern| pattern.body_format(format))
    }

    /// Those that were answered with that status.
    pub fn status(self, status: u16) -> Self {
        self.change(|pattern| pattern.status(status))
    }

    /// Those that were answered behind the one of that id.
    pub fn after(self, id: u64) -> Self {
        self.change(|pattern| pattern.after(id))
    }

    /// Those that were answered at that moment of the company's clock or later.
    pub fn from(self, moment: SystemTime) -> Self {
        self.change(|pattern| pattern.from(moment))
    }

    /// Those that were answered before that moment.
    pub fn before(self, moment: SystemTime) -> Self {
        self.change(|pattern| pattern.before(moment))
    }

    /// Waits for at most so long in real time, instead of 5 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn with_control<E>(self, control: E) -> CallQuery<E> {
        CallQuery { control, pattern: self.pattern, timeout: self.timeout }
    }
}

impl CallQuery<Control> {
    /// How many there are.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 410 when some of them may have had to make room.
    pub async fn count(self) -> Result<u64, ControlError> {
        let members = self.members([]);
        self.control.post::<CountResult>(&["calls", "count"], members).await.map(|counted| counted.count)
    }

    /// All of them, in the order in which they were answered.
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

    /// Checks that there are so many: `1`, `1..`, `..=3`, or [`Times`]. Answers how many.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 409 and a text that names the nearest misses when there are not, and with 410 when
    /// nobody can say, as some may have had to make room.
    pub async fn verify(self, times: impl Into<Times>) -> Result<u64, ControlError> {
        let members = self.members(times.into().to_query_values());
        self.control.post::<CountResult>(&["calls", "verify"], members).await.map(|counted| counted.count)
    }

    /// Waits until there are so many, or more; answers how many.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 408 and a text that says what there is instead when they do not come in time.
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

/// As [`CallQuery::list`].
impl IntoFuture for CallQuery<Control> {
    type Output = Result<Vec<CallInfo>, ControlError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.list())
    }
}

impl CallQuery<InProcess> {
    /// How many there are.
    ///
    /// # Panics
    ///
    /// When some of them may have had to make room, nothing is remembered, or a regular expression is none:
    /// [`CallQuery::verify`] answers an error instead.
    #[track_caller]
    pub fn count(self) -> u64 {
        self.expect_ready(CallQuery::<Control>::count).unwrap_or_else(|error| panic!("{error}"))
    }

    /// All of them, in the order in which they were answered.
    ///
    /// # Panics
    ///
    /// As [`CallQuery::count`].
    #[track_caller]
    pub fn list(self) -> Vec<CallInfo> {
        self.expect_ready(CallQuery::<Control>::list).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Checks that there are so many: `1`, `1..`, `..=3`, or [`Times`]. Answers how many.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 409 and a text that names the nearest misses when there are not, and with 410 when
    /// nobody can say, as some may have had to make room.
    pub fn verify(self, times: impl Into<Times>) -> Result<u64, ControlError> {
        self.expect_ready(|calls| calls.verify(times))
    }

    /// Waits until there are so many, or more; answers how many.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 408 and a text that says what there is instead when they do not come in time.
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

/// What a mock in this process answers: it waits for nothing.
pub(super) fn expect_ready<T, F: Future<Output = T>>(control: &Control, ask: impl FnOnce(Control) -> F) -> T {
    ask(control.without_waiting()).now_or_never().expect("a mock in this process answers at once")
}

impl CallQuery<blocking::Control> {
    /// How many there are.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 410 when some of them may have had to make room.
    pub fn count(self) -> Result<u64, ControlError> {
        self.blocking(CallQuery::<Control>::count)
    }

    /// All of them, in the order in which they were answered.
    ///
    /// # Errors
    ///
    /// As [`CallQuery::count`].
    pub fn list(self) -> Result<Vec<CallInfo>, ControlError> {
        self.blocking(CallQuery::<Control>::list)
    }

    /// Checks that there are so many: `1`, `1..`, `..=3`, or [`Times`]. Answers how many.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 409 and a text that names the nearest misses when there are not, and with 410 when
    /// nobody can say, as some may have had to make room.
    pub fn verify(self, times: impl Into<Times>) -> Result<u64, ControlError> {
        self.blocking(|calls| calls.verify(times))
    }

    /// Waits until there are so many, or more; answers how many.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 408 and a text that says what there is instead when they do not come in time.
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
    /// The calls that are remembered, of every company and of nobody, to be counted and waited for:
    /// `mock.calls().endpoint(Endpoint::Result).with("session_token", &token).count()`.
    pub fn calls(&self) -> CallQuery<InProcess> {
        CallQuery::new(InProcess::new(self.control()))
    }
}
