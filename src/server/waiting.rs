//! Waiting for a condition of a session.

use std::time::Duration;

use serde::Deserialize;

use super::{
    MockServer, blocking,
    control::{Control, ControlError, DEFAULT_WAIT_TIMEOUT},
};
use crate::{
    clock::format_duration,
    foreign_text::without_quotes,
    mock::{SessionInfo, WaitCondition},
};

/// Waits for a condition of a session, up to 5 seconds of real time. Returns the session, at once if the condition is
/// met already.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use identomat_mock::{MockServer, Outcome};
/// # use serde_json::json;
///
/// let mock = MockServer::start().await;
/// let token = mock.control().begin(json!({})).await?.token;
/// // … a browser goes through the widget …
/// # mock.finish(&token)?;
/// mock.wait_for(&token).finished().await?;
/// mock.wait_for(&token).result(Outcome::Approved).await?;
/// # Ok(())
/// # }
/// ```
///
/// Each method returns a [`ControlError`] with a text about the state of the session. The status is 408 after the
/// timeout, and 409 if the condition can no longer be met. It is 404 if there is no such session, 410 if it was removed,
/// and 400 if there is no such step or stage.
#[must_use = "a wait does nothing until its condition is named"]
#[derive(Debug, Clone)]
pub struct SessionWait<D> {
    control: D,
    token: String,
    timeout: Duration,
}

impl<D> SessionWait<D> {
    pub(super) fn new(control: D, token: &str) -> Self {
        Self { control, token: without_quotes(token).to_owned(), timeout: DEFAULT_WAIT_TIMEOUT }
    }

    /// Sets the timeout in real time.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

#[derive(Deserialize)]
struct WaitResult {
    session: Option<SessionInfo>,
}

impl SessionWait<Control> {
    async fn until(self, until: WaitCondition) -> Result<Option<SessionInfo>, ControlError> {
        let (until, timeout) = (until.to_string(), format_duration(self.timeout));
        let query = [("until", until.as_str()), ("timeout", timeout.as_str())];
        let control = self.control.with_extra_timeout(self.timeout);
        control.get::<WaitResult>(&["wait", "session", &self.token], &query).await.map(|waited| waited.session)
    }

    async fn session(self, until: WaitCondition) -> Result<SessionInfo, ControlError> {
        let gone = || ControlError::Unexpected("the session was deleted".into());
        self.until(until).await?.ok_or_else(gone)
    }
}

/// Defines the conditions, once to be awaited and once to block.
macro_rules! things {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $kind:ty),*) => $until:expr;)*) => {
        impl SessionWait<Control> {
            $(
                $(#[$doc])*
                pub async fn $name(self $(, $argument: $kind)*) -> Result<SessionInfo, ControlError> {
                    self.session($until).await
                }
            )*

            /// Waits until the session is deleted.
            pub async fn deleted(self) -> Result<(), ControlError> {
                self.until(WaitCondition::Deleted).await.map(|_| ())
            }
        }

        impl SessionWait<blocking::Control> {
            $(
                $(#[$doc])*
                pub fn $name(self $(, $argument: $kind)*) -> Result<SessionInfo, ControlError> {
                    self.blocking(|waiting| waiting.session($until))
                }
            )*

            /// Waits until the session is deleted.
            pub fn deleted(self) -> Result<(), ControlError> {
                self.blocking(SessionWait::<Control>::deleted)
            }

            fn blocking<T, F: Future<Output = T>>(self, wait: impl FnOnce(SessionWait<Control>) -> F) -> T {
                let Self { control, token, timeout } = self;
                control.wait(|control| wait(SessionWait { control, token, timeout }))
            }
        }
    };
}

things! {
    /// Waits until the widget is opened.
    fn opened() => WaitCondition::Opened;
    /// Waits until the person reaches this step of the widget, named by its key or type.
    fn step(step: &str) => WaitCondition::Step(step.to_owned());
    /// Waits until the person has finished.
    fn finished() => WaitCondition::Finished;
    /// Waits until the stage with this number of its scenario is reached, from 1.
    fn stage(number: usize) => WaitCondition::Stage(number);
    /// Waits until `result/` would return this result: an [`crate::Outcome`], or a word.
    fn result(result: impl ToString) => WaitCondition::Result(Some(result.to_string()));
    /// Waits until `result/` would return any result except `IN_PROGRESS`.
    fn any_result() => WaitCondition::Result(None);
    /// Waits until the token expires before the person has finished.
    fn expired() => WaitCondition::Expired;
}

impl MockServer {
    /// Waits for a condition of a session: `mock.wait_for(&token).finished().await`.
    pub fn wait_for(&self, token: &str) -> SessionWait<Control> {
        self.control().wait_for(token)
    }
}
