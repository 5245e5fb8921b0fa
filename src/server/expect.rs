//! Which calls are expected: where a pattern begins, and what is said of values.
//!

use crate::{
    faults::Endpoint,
    http::{CallPattern, ValueMatch},
};

/// Calls of `begin/`.
pub fn begin() -> CallPattern {
    to(Endpoint::Begin)
}

/// Calls of `result/`.
pub fn result() -> CallPattern {
    to(Endpoint::Result)
}

/// Calls of `delete/`.
pub fn delete() -> CallPattern {
    to(Endpoint::Delete)
}

/// Calls of that endpoint.
pub fn to(endpoint: Endpoint) -> CallPattern {
    any_call().to(endpoint)
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
