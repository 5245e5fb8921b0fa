//! Expected calls: the start of a pattern, and conditions on values.

use std::{
    panic::Location,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use super::{
    blocking,
    control::{Control, ControlError, verbs},
};
use crate::{
    condition::ValueMatch,
    faults::Endpoint,
    http::{
        CallPattern, Times,
        admin::calls::{self, PatternBody, VerifyCallsBody},
    },
    problem::or_panic,
};

/// Matches calls of `begin/`.
pub fn begin() -> CallPattern {
    calls_of_endpoint(Endpoint::Begin)
}

/// Matches calls of `result/`.
pub fn result() -> CallPattern {
    calls_of_endpoint(Endpoint::Result)
}

/// Matches calls of `delete/`.
pub fn delete() -> CallPattern {
    calls_of_endpoint(Endpoint::Delete)
}

/// Matches calls of this endpoint.
pub fn calls_of_endpoint(endpoint: Endpoint) -> CallPattern {
    any_call().endpoint(endpoint)
}

/// Matches all calls.
pub fn any_call() -> CallPattern {
    CallPattern::default()
}

/// Matches a text with this part, or a list with this element: all members of an object.
pub fn contains(part: impl Into<Value>) -> ValueMatch {
    ValueMatch::contains(part.into())
}

/// Matches a text that fits this pattern: `*` stands for any characters, `?` for one.
///
/// # Panics
///
/// If the pattern has more than 200 characters.
#[track_caller]
pub fn glob(pattern: &str) -> ValueMatch {
    or_panic(ValueMatch::glob(pattern))
}

/// Matches a text with a match of this regular expression.
pub fn matches(expression: impl Into<String>) -> ValueMatch {
    ValueMatch::matches(expression.into())
}

/// Matches any value.
pub fn present() -> ValueMatch {
    ValueMatch::present(true)
}

/// Matches a missing value.
pub fn absent() -> ValueMatch {
    ValueMatch::present(false)
}

/// A pattern of calls, and their expected number.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedCalls {
    pattern: CallPattern,
    times: Times,
}

impl CallPattern {
    /// Sets the expected number: `1`, `1..`, `..=3`, `2..=3`, or [`Times`].
    pub fn times(self, times: impl Into<Times>) -> ExpectedCalls {
        ExpectedCalls { pattern: self, times: times.into() }
    }

    /// Expects this number.
    pub fn exactly(self, times: u64) -> ExpectedCalls {
        self.times(times)
    }

    /// Expects this number or more.
    pub fn at_least(self, times: u64) -> ExpectedCalls {
        self.times(times..)
    }

    /// Expects this number or fewer.
    pub fn at_most(self, times: u64) -> ExpectedCalls {
        self.times(..=times)
    }

    /// Expects no such call.
    pub fn never(self) -> ExpectedCalls {
        self.times(0)
    }
}

/// Expects at least one call.
impl From<CallPattern> for ExpectedCalls {
    fn from(pattern: CallPattern) -> Self {
        pattern.times(1..)
    }
}

/// An expectation about calls from now on, verified when it is dropped.
///
/// If it fails, the test panics with a text that shows the nearest calls. If the test is already panicking, the text is
/// printed instead.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use identomat_mock::{MockServer, expect::{begin, delete}};
/// # use serde_json::json;
///
/// let mock = MockServer::start().await;
/// let _begun_once = mock.expect(begin().times(1)).await?;
/// let _kept = mock.expect(delete().never()).await?;
/// // … the code under test runs …
/// # let call = json!({"company_key": mock.company_key()});
/// # reqwest::Client::new().post(format!("{}/external-api/begin/", mock.url())).json(&call).send().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "it is verified when it is dropped; without a name that is at once"]
#[derive(Debug)]
pub struct ExpectationGuard<C = Control> {
    control: C,
    open: OpenExpectation,
}

/// An expectation that verifies itself when it is dropped.
#[derive(Debug)]
struct OpenExpectation {
    control: Control,
    expected: ExpectedCalls,
    /// The position of the expectation in the test.
    caller: &'static Location<'static>,
    is_verified: bool,
}

/// The expectations of a mock that are not verified yet: company key and position of each.
#[derive(Debug, Default)]
pub(super) struct OpenExpectations(Mutex<Vec<(Option<String>, &'static Location<'static>)>>);

impl OpenExpectations {
    /// Returns the positions of the expectations of a company, or of all.
    pub(super) fn positions(&self, company_key: Option<&str>) -> Vec<&'static Location<'static>> {
        let is_its = |key: &Option<String>| company_key.is_none() || key.as_deref() == company_key;
        self.list().iter().filter(|(key, _)| is_its(key)).map(|(_, caller)| *caller).collect()
    }

    fn remove(&self, company_key: Option<&str>, caller: &Location<'_>) {
        let mut list = self.list();
        if let Some(at) = list.iter().position(|(key, open)| key.as_deref() == company_key && *open == caller) {
            list.swap_remove(at);
        }
    }

    fn list(&self) -> MutexGuard<'_, Vec<(Option<String>, &'static Location<'static>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> ExpectationGuard<C> {
    /// Expects calls after the id `after`.
    pub(super) fn new(
        control: C,
        on_drop: Control,
        expected: ExpectedCalls,
        after: u64,
        caller: &'static Location<'static>,
    ) -> Self {
        let ExpectedCalls { pattern, times } = expected;
        let expected = pattern.after(after).times(times);
        on_drop.open_expectations().list().push((on_drop.only_company().map(str::to_owned), caller));
        Self { control, open: OpenExpectation { control: on_drop, expected, caller, is_verified: false } }
    }
}

impl OpenExpectation {
    fn close(&mut self) -> PatternBody<VerifyCallsBody> {
        self.is_verified = true;
        self.control.open_expectations().remove(self.control.only_company(), self.caller);
        let ExpectedCalls { pattern, times } = self.expected.clone();
        PatternBody { pattern, beside: times.into() }
    }
}

verbs! {
    [self] of ExpectationGuard<Control>, ExpectationGuard<blocking::Control>, by [self.control];

    /// Verifies now instead of when it is dropped. Returns the number of calls. In an async runtime, prefer this for a
    /// mock in another process: dropping blocks the thread.
    ///
    /// # Errors
    ///
    /// As [`crate::CallQuery::verify`].
    fn verify() -> u64 = call_as(&calls::VERIFY, "", { let mut open = self.open; open.close() }, |_, counted| Ok(counted.count));
}

impl Drop for OpenExpectation {
    fn drop(&mut self) {
        if self.is_verified {
            return;
        }
        let expected = self.close();
        if let Err(error) = self.control.call(&calls::VERIFY, "", expected).send_blocking() {
            let text = format!("the expectation at {} failed: {error}", self.caller);
            if std::thread::panicking() {
                eprintln!("{text}");
            } else {
                panic!("{text}");
            }
        }
    }
}
