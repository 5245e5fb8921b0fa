//! Why nothing can be done with a session.

/// What may have become of a session that is not there.
pub(crate) const NO_SESSION: &str = "it may have been deleted, or the mock has restarted since";

/// Why a session cannot be opened or finished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FinishError {
    /// There is no such session, or it was deleted.
    #[error("there is no session with this token; {NO_SESSION}")]
    NoSuchSession,
    /// A session is finished once.
    #[error("the person has finished this session already")]
    AlreadyFinished,
    /// The token ran out before the person was through.
    #[error("the session token has expired")]
    Expired,
    /// Its widget stays in the browser that opened it first.
    #[error("the flag `restrict_url_sharing` is on, and another browser opened the widget first")]
    OtherBrowser,
    /// The form cannot be read.
    #[error("{0}")]
    InvalidForm(String),
    /// The answers do not fit the questions.
    #[error("{0}")]
    InvalidAnswers(String),
    /// What is asked for does not go together.
    #[error("{0}")]
    InvalidVerdict(String),
    /// The widget has no such step.
    #[error("{0}")]
    UnknownStep(String),
}

/// Why nothing can be decided about a session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecisionError {
    /// There is no such session, or it was deleted.
    #[error("there is no session with this token; {NO_SESSION}")]
    NoSuchSession,
    /// The scenario has no stage that waits for a decision.
    #[error("{0}")]
    NotAwaited(String),
    /// What is decided does not go together.
    #[error("{0}")]
    InvalidVerdict(String),
}
