//! Which calls are expected: where a pattern begins, and what is said of values.

use std::panic::Location;

use super::{
    MockServer,
    control::{Control, ControlError},
};
use crate::{
    faults::Endpoint,
    http::{CallPattern, Times, ValueMatch},
};

/// Calls of `begin/`.
pub fn begin() -> CallPattern {
    calls_of_endpoint(Endpoint::Begin)
}

/// Calls of `result/`.
pub fn result() -> CallPattern {
    calls_of_endpoint(Endpoint::Result)
}

/// Calls of `delete/`.
pub fn delete() -> CallPattern {
    calls_of_endpoint(Endpoint::Delete)
}

/// Calls of that endpoint.
pub fn calls_of_endpoint(endpoint: Endpoint) -> CallPattern {
    any_call().endpoint(endpoint)
}

/// All calls.
pub fn any_call() -> CallPattern {
    CallPattern::default()
}

/// The text of the value contains this.
pub fn contains(part: impl Into<String>) -> ValueMatch {
    ValueMatch::Contains(part.into())
}

/// The text of the value matches this regular expression, somewhere.
pub fn matches(expression: impl Into<String>) -> ValueMatch {
    ValueMatch::Matches(expression.into())
}

/// There is a value.
pub fn present() -> ValueMatch {
    ValueMatch::Present(true)
}

/// There is no value.
pub fn absent() -> ValueMatch {
    ValueMatch::Absent(true)
}

/// So many calls like that.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedCalls {
    pattern: CallPattern,
    times: Times,
}

impl CallPattern {
    /// So many calls like that are expected: `1`, `1..`, `..=3`, or [`Times`].
    pub fn times(self, times: impl Into<Times>) -> ExpectedCalls {
        ExpectedCalls { pattern: self, times: times.into() }
    }

    /// No call like that is expected.
    pub fn never(self) -> ExpectedCalls {
        self.times(0)
    }
}

/// At least one.
impl From<CallPattern> for ExpectedCalls {
    fn from(pattern: CallPattern) -> Self {
        pattern.times(1..)
    }
}

/// Calls that are expected from now on, which is verified when it is dropped.
///
/// Where they did not come, the test panics with a text that names them and shows the nearest misses. Where the test
/// panics already, the text is printed instead.
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
    /// Where the test says it.
    caller: &'static Location<'static>,
    is_verified: bool,
}

impl ExpectationGuard {
    /// Expects calls behind that of the id `after`.
    pub(super) fn new(
        control: Control,
        expected: ExpectedCalls,
        after: u64,
        caller: &'static Location<'static>,
    ) -> Self {
        let ExpectedCalls { pattern, times } = expected;
        Self { control, expected: pattern.after(after).times(times), caller, is_verified: false }
    }

    /// Verifies it now, and not when it is dropped; answers how many calls there were. Of a mock in another process it is
    /// the better way where there is an async runtime: what is dropped makes the thread wait.
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
    /// Expects calls from now on, of whichever company: `let _expected = mock.expect(begin().times(1))` is verified when
    /// it is dropped.
    #[track_caller]
    pub fn expect(&self, expected: impl Into<ExpectedCalls>) -> ExpectationGuard {
        ExpectationGuard::new(self.control(), expected.into(), self.mock.numbers.last_call(), Location::caller())
    }
}
