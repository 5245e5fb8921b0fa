//! Expected calls: the start of a pattern, and conditions on values.

use std::panic::Location;

use serde_json::Value;

use super::{
    MockServer,
    control::{Control, ControlError},
};
use crate::{
    condition::ValueMatch,
    faults::Endpoint,
    http::{CallPattern, Times},
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
pub fn glob(pattern: &str) -> ValueMatch {
    ValueMatch::glob(pattern).unwrap_or_else(|problem| panic!("{problem}"))
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
    /// Sets the expected number: `1`, `1..`, `..=3`, or [`Times`].
    pub fn times(self, times: impl Into<Times>) -> ExpectedCalls {
        ExpectedCalls { pattern: self, times: times.into() }
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
/// let _begun_once = mock.expect(begin().times(1));
/// let _kept = mock.expect(delete().never());
/// // … the code under test runs …
/// # let call = json!({"company_key": mock.company_key()});
/// # reqwest::Client::new().post(format!("{}/external-api/begin/", mock.url())).json(&call).send().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "it is verified when it is dropped; without a name that is at once"]
#[derive(Debug)]
pub struct ExpectationGuard {
    control: Control,
    expected: ExpectedCalls,
    /// The position of the expectation in the test.
    caller: &'static Location<'static>,
    is_verified: bool,
}

impl ExpectationGuard {
    /// Expects calls after the id `after`.
    pub(super) fn new(
        control: Control,
        expected: ExpectedCalls,
        after: u64,
        caller: &'static Location<'static>,
    ) -> Self {
        let ExpectedCalls { pattern, times } = expected;
        Self { control, expected: pattern.after(after).times(times), caller, is_verified: false }
    }

    /// Verifies now instead of when it is dropped. Returns the number of calls. In an async runtime, prefer this for a
    /// mock in another process: dropping blocks the thread.
    ///
    /// # Errors
    ///
    /// As [`crate::CallQuery::verify`].
    pub async fn verify(mut self) -> Result<u64, ControlError> {
        self.is_verified = true;
        let ExpectedCalls { pattern, times } = self.expected.clone();
        self.control.calls().matching(pattern).verify(times).await
    }
}

impl Drop for ExpectationGuard {
    fn drop(&mut self) {
        if self.is_verified {
            return;
        }
        let ExpectedCalls { pattern, times } = self.expected.clone();
        let verified =
            self.control.block_on(async move |control: Control| control.calls().matching(pattern).verify(times).await);
        if let Err(error) = verified {
            let text = format!("the expectation at {} failed: {error}", self.caller);
            if std::thread::panicking() {
                eprintln!("{text}");
            } else {
                panic!("{text}");
            }
        }
    }
}

impl MockServer {
    /// Expects calls of any company from now on: `let _expected = mock.expect(begin().times(1))` is verified when it is
    /// dropped.
    #[track_caller]
    pub fn expect(&self, expected: impl Into<ExpectedCalls>) -> ExpectationGuard {
        ExpectationGuard::new(self.control(), expected.into(), self.mock.numbers.last_call(), Location::caller())
    }
}
