//! Waiting for a condition of a session.

use std::time::Duration;

use super::{
    blocking,
    control::{Control, ControlError, DEFAULT_WAIT_TIMEOUT, verbs},
};
use crate::{
    foreign_text::without_quotes,
    http::admin::wait::{self, WaitSessionQuery, WaitSessionResponse, WaitTimeout},
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
/// let token = mock.begin(json!({})).await?.token;
/// // … a browser goes through the widget …
/// # mock.finish(&token).await?;
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
pub struct SessionWait<C> {
    control: C,
    token: String,
    timeout: Duration,
}

impl<C> SessionWait<C> {
    pub(super) fn new(control: C, token: &str) -> Self {
        Self { control, token: without_quotes(token).to_owned(), timeout: DEFAULT_WAIT_TIMEOUT }
    }

    /// Sets the timeout in real time.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

verbs! {
    [self] of SessionWait<Control>, SessionWait<blocking::Control>, by [self.control];

    /// Waits until the widget is opened.
    fn opened() -> SessionInfo =
        wait_as(&wait::SESSION, &self.token, until(WaitCondition::Opened, self.timeout), self.timeout, reached);

    /// Waits until the person reaches this step of the widget, named by its key or type.
    fn step(step: &str) -> SessionInfo =
        wait_as(&wait::SESSION, &self.token, until(WaitCondition::Step(step.to_owned()), self.timeout), self.timeout, reached);

    /// Waits until the person has finished.
    fn finished() -> SessionInfo =
        wait_as(&wait::SESSION, &self.token, until(WaitCondition::Finished, self.timeout), self.timeout, reached);

    /// Waits until the stage with this number of its scenario is reached, from 1.
    fn stage(number: usize) -> SessionInfo =
        wait_as(&wait::SESSION, &self.token, until(WaitCondition::Stage(number), self.timeout), self.timeout, reached);

    /// Waits until `result/` would return this result: an [`crate::Outcome`], or a word.
    fn result(result: impl ToString) -> SessionInfo =
        wait_as(&wait::SESSION, &self.token, until(WaitCondition::Result(Some(result.to_string())), self.timeout), self.timeout, reached);

    /// Waits until `result/` would return any result except `IN_PROGRESS`.
    fn any_result() -> SessionInfo =
        wait_as(&wait::SESSION, &self.token, until(WaitCondition::Result(None), self.timeout), self.timeout, reached);

    /// Waits until the token expires before the person has finished.
    fn expired() -> SessionInfo =
        wait_as(&wait::SESSION, &self.token, until(WaitCondition::Expired, self.timeout), self.timeout, reached);

    /// Waits until the session is deleted.
    fn deleted() -> () =
        wait_as(&wait::SESSION, &self.token, until(WaitCondition::Deleted, self.timeout), self.timeout, |_, _| Ok(()));
}

fn until(until: WaitCondition, timeout: Duration) -> WaitSessionQuery {
    WaitSessionQuery { until, timeout: WaitTimeout(timeout) }
}

fn reached(_: &Control, response: WaitSessionResponse) -> Result<SessionInfo, ControlError> {
    response.session.ok_or_else(|| ControlError::Unexpected("the response has no session".into()))
}
