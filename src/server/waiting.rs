//! Waiting until a session is so.

use std::time::Duration;

use serde::Deserialize;

use super::{
    MockServer, blocking,
    control::{Control, ControlError, USUAL_PATIENCE},
};
use crate::{
    clock::written_duration,
    foreign_text::without_quotes,
    mock::{SessionInfo, Until},
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
#[must_use = "nobody waits before it is said what for"]
#[derive(Debug, Clone)]
pub struct WaitFor<D> {
    door: D,
    token: String,
    patience: Duration,
}

impl<D> WaitFor<D> {
    pub(super) fn new(door: D, token: &str) -> Self {
        Self { door, token: without_quotes(token).to_owned(), patience: USUAL_PATIENCE }
    }

    /// Waits for at most so long in real time.
    pub fn within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

#[derive(Deserialize)]
struct Waited {
    session: Option<SessionInfo>,
}

impl WaitFor<Control> {
    async fn until(self, until: Until) -> Result<Option<SessionInfo>, ControlError> {
        let (until, timeout) = (until.to_string(), written_duration(self.patience));
        let query = [("until", until.as_str()), ("timeout", timeout.as_str())];
        let door = self.door.waiting_for(self.patience);
        door.get::<Waited>(&["wait", "session", &self.token], &query).await.map(|waited| waited.session)
    }

    async fn session(self, until: Until) -> Result<SessionInfo, ControlError> {
        let gone = || ControlError::Unexpected("the session is gone".into());
        self.until(until).await?.ok_or_else(gone)
    }
}

/// The things that can be waited for, once to be awaited and once for who has no async runtime.
macro_rules! things {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $kind:ty),*) => $until:expr;)*) => {
        impl WaitFor<Control> {
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
                self.until(Until::Deleted).await.map(|_| ())
            }
        }

        impl WaitFor<blocking::Control> {
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
                self.blocking(WaitFor::<Control>::deleted)
            }

            fn blocking<T, F: Future<Output = T>>(self, wait: impl FnOnce(WaitFor<Control>) -> F) -> T {
                let Self { door, token, patience } = self;
                door.wait(|control| wait(WaitFor { door: control, token, patience }))
            }
        }
    };
}

things! {
    /// Until somebody has opened the widget.
    fn opened() => Until::Opened;
    /// Until the person came to that step of the widget, by its key or its type.
    fn step(step: &str) => Until::Step(step.to_owned());
    /// Until the person is through.
    fn finished() => Until::Finished;
    /// Until the stage of that number of its scenario came, from 1.
    fn stage(number: usize) => Until::Stage(number);
    /// Until `result/` would answer that: an [`crate::Outcome`], or a word.
    fn result(result: impl ToString) => Until::Result(Some(result.to_string()));
    /// Until `result/` would answer any result but that there is none yet.
    fn any_result() => Until::Result(None);
    /// Until its token ran out before the person was through.
    fn expired() => Until::Expired;
}

impl MockServer {
    /// Waits for something in a session: `mock.wait_for(&token).finished().await`.
    pub fn wait_for(&self, token: &str) -> WaitFor<Control> {
        self.control().wait_for(token)
    }
}
