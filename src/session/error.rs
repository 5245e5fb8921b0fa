//! Errors of actions on a session.

use crate::problem::Problem;

/// Possible reasons for a missing session.
pub(crate) const NO_SESSION: &str = "it may have been deleted, or the mock has restarted since";

/// The reason a session cannot be opened or finished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FinishError {
    /// The session does not exist, or was deleted.
    #[error("there is no session with this token; {NO_SESSION}")]
    NoSuchSession,
    /// The session is finished already.
    #[error("the person has finished this session already")]
    AlreadyFinished,
    /// The token expired before the person finished.
    #[error("the session token has expired")]
    Expired,
    /// `restrict_url_sharing` limits the widget to the browser that opened it first.
    #[error("the flag `restrict_url_sharing` is on, and another browser opened the widget first")]
    OtherBrowser,
    /// The form is invalid.
    #[error(transparent)]
    InvalidForm(Problem),
    /// The answers do not match the questions.
    #[error(transparent)]
    InvalidAnswers(Problem),
    /// The verdict is invalid.
    #[error(transparent)]
    InvalidVerdict(Problem),
    /// The widget has no such step.
    #[error(transparent)]
    UnknownStep(Problem),
}

/// The reason a session cannot be decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecisionError {
    /// The session does not exist, or was deleted.
    #[error("there is no session with this token; {NO_SESSION}")]
    NoSuchSession,
    /// The scenario has no stage that waits for a decision.
    #[error("{0}")]
    NotAwaited(String),
    /// The verdict is invalid.
    #[error(transparent)]
    InvalidVerdict(Problem),
}
