//! Waiting until a session is so.

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

/// Waits for something in a session, for at most 5 seconds of real time. It answers the session as it stands then, at
/// once where it is so already.
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
/// Each method answers a [`ControlError`]: with status 408 when it is not so in time, with a text that says how the
/// session stands; with 404 when there is no such session, 410 when it went before, 409 when it cannot become so any
/// more, and 400 when there is no such step or stage.
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

    /// Waits for at most so long in real time.
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

/// The things that can be waited for, once to be awaited and once for who has no async runtime.
macro_rules! things {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $kind:ty),*) => $until:expr;)*) => {
        impl SessionWait<Control> {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                ///
                /// [`ControlError`], as the type says.
                pub async fn $name(self $(, $argument: $kind)*) -> Result<SessionInfo, ControlError> {
                    self.session($until).await
                }
            )*

            /// Until it is deleted.
            ///
            /// # Errors
            ///
            /// [`ControlError`], as the type says.
            pub async fn deleted(self) -> Result<(), ControlError> {
                self.until(WaitCondition::Deleted).await.map(|_| ())
            }
        }

        impl SessionWait<blocking::Control> {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                ///
                /// [`ControlError`], as the type says.
                pub fn $name(self $(, $argument: $kind)*) -> Result<SessionInfo, ControlError> {
                    self.blocking(|waiting| waiting.session($until))
                }
            )*

            /// Until it is deleted.
            ///
            /// # Errors
            ///
            /// [`ControlError`], as the type says.
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
    /// Until somebody has opened the widget.
    fn opened() => WaitCondition::Opened;
    /// Until the person came to that step of the widget, by its key or its type.
    fn step(step: &str) => WaitCondition::Step(step.to_owned());
    /// Until the person is through.
    fn finished() => WaitCondition::Finished;
    /// Until the stage of that number of its scenario came, from 1.
    fn stage(number: usize) => WaitCondition::Stage(number);
    /// Until `result/` would answer that: an [`crate::Outcome`], or a word.
    fn result(result: impl ToString) => WaitCondition::Result(Some(result.to_string()));
    /// Until `result/` would answer any result but that there is none yet.
    fn any_result() => WaitCondition::Result(None);
    /// Until its token ran out before the person was through.
    fn expired() => WaitCondition::Expired;
}

impl MockServer {
    /// Waits for something in a session: `mock.wait_for(&token).finished().await`.
    pub fn wait_for(&self, token: &str) -> SessionWait<Control> {
        self.control().wait_for(token)
    }
}
