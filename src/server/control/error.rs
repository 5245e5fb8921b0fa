//! The error of all verbs.

use super::super::{runtime::RuntimeEnded, rust_names::in_rust};
use crate::{
    http::{ApiProblem, admin::problem::ProblemResponse},
    problem::debug_as_display,
};

/// The reason a verb fails. `Debug` prints the message, too, so that `unwrap` shows it. A mock in this process names a
/// setting as [`crate::MockServerBuilder::settings`] sets it, another one by its flag.
#[derive(Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The mock cannot be reached, or does not respond in time.
    #[error("{0}")]
    Unreachable(String),
    /// The mock refuses, with a problem.
    #[error("{0}")]
    Refused(Box<ApiProblem>),
    /// The response is not that of a mock, or of another version.
    #[error("{0}")]
    Unexpected(String),
}

impl ControlError {
    /// Returns the status of the problem, if the mock refuses: 404 for a missing resource, 408 after a timeout, 409 for
    /// a conflict with the current state.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(problem) => Some(problem.status),
            Self::Unreachable(_) | Self::Unexpected(_) => None,
        }
    }
}

impl From<ProblemResponse> for ControlError {
    fn from(problem: ProblemResponse) -> Self {
        let mut problem = problem.into_api_problem();
        problem.detail = in_rust(&problem.detail);
        Self::Refused(Box::new(problem))
    }
}

impl From<RuntimeEnded> for ControlError {
    fn from(RuntimeEnded: RuntimeEnded) -> Self {
        Self::Unreachable("the runtime in which the mock was started has ended".into())
    }
}

debug_as_display!(ControlError);
