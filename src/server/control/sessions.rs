//! What is done to sessions, and the calls that are remembered of them.

use std::panic::Location;

use axum::http::Method;
use serde_json::{Map, Value};

use super::{
    super::{
        calls::CallQuery,
        expect::{ExpectationGuard, ExpectedCalls},
        waiting::SessionWait,
    },
    Control, ControlError, ListPageBody,
};
use crate::{
    coverage::Coverage,
    foreign_text::without_quotes,
    http::{CallInfo, resource_path},
    mock::{FinishRequest, SessionDetails, SessionInfo},
    scenario::Verdict,
};

impl Control {
    /// The sessions as they stand, in the order in which they began.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn sessions(&self) -> Result<Vec<SessionInfo>, ControlError> {
        self.list("sessions", &self.company_query()).await
    }

    /// The session that began last, whose token only the app under test may know.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn last_session(&self) -> Result<Option<SessionInfo>, ControlError> {
        let query = [self.company_query(), vec![("order", "newest"), ("limit", "1")]].concat();
        let part: ListPageBody<SessionInfo> = self.get(&["sessions"], &query).await?;
        Ok(part.items.into_iter().next())
    }

    /// All that is known of a session.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is none of that token.
    pub async fn session(&self, token: &str) -> Result<SessionDetails, ControlError> {
        self.get(&["sessions", without_quotes(token)], &[]).await
    }

    /// Begins a session without a call of the vendor's API, with what the control API takes: `json!({"scenario": …})`.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when it cannot begin.
    pub async fn begin(&self, wish: Value) -> Result<SessionInfo, ControlError> {
        match wish {
            Value::Object(members) => self.post(&["sessions"], self.with_company_key(members)).await,
            other => self.send(Method::POST, resource_path(&["sessions"]), Some(other)).await,
        }
    }

    /// Finishes a session as a person in the widget would, with the outcome that its scenario says.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is no such session, it is finished already, or its token has expired.
    pub async fn finish(&self, token: &str) -> Result<SessionInfo, ControlError> {
        self.finish_as(token, FinishRequest::default()).await
    }

    /// Finishes a session in a way of its own: with an [`crate::Outcome`], a [`Verdict`] or a [`FinishRequest`].
    ///
    /// # Errors
    ///
    /// As [`Control::finish`], and when the answers do not fit the questions, or a reason goes with no rejection.
    pub async fn finish_as(&self, token: &str, finish: impl Into<FinishRequest>) -> Result<SessionInfo, ControlError> {
        self.post(&["sessions", without_quotes(token), "finish"], finish.into().to_body()).await
    }

    /// Decides about a session as the vendor's operator would.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is no such session, or the verdict does not go together.
    pub async fn decide(&self, token: &str, verdict: impl Into<Verdict>) -> Result<SessionInfo, ControlError> {
        self.post(&["sessions", without_quotes(token), "decide"], verdict.into().to_file_value("outcome")).await
    }

    /// Gives the decision that the session's scenario waits for.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is no such session, or its scenario does not wait for a decision now.
    pub async fn decide_as_scripted(&self, token: &str) -> Result<SessionInfo, ControlError> {
        self.post(&["sessions", without_quotes(token), "decide"], Map::new()).await
    }

    /// Lets the scenario of that name happen to a session from now on, whatever came of the one before.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is no such session or scenario, or the person is through.
    pub async fn switch_scenario(&self, token: &str, scenario: &str) -> Result<SessionInfo, ControlError> {
        let body = Map::from_iter([("scenario".to_owned(), scenario.into())]);
        self.post(&["sessions", without_quotes(token), "scenario"], body).await
    }

    /// Lets the token of a session run out.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is no such session, or the person is through.
    pub async fn expire(&self, token: &str) -> Result<SessionInfo, ControlError> {
        self.post(&["sessions", without_quotes(token), "expire"], Map::new()).await
    }

    /// Removes a session.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is none of that token.
    pub async fn remove_session(&self, token: &str) -> Result<(), ControlError> {
        self.delete(&["sessions", without_quotes(token)], &[]).await
    }

    /// Waits for something in a session: `control.wait_for(&token).finished().await`.
    pub fn wait_for(&self, token: &str) -> SessionWait<Self> {
        SessionWait::new(self.clone(), token)
    }

    /// The calls that are remembered, to be counted and waited for: awaited as they are, they are all of them, in the
    /// order in which they were answered.
    pub fn calls(&self) -> CallQuery<Self> {
        CallQuery::new(self.clone())
    }

    /// What the code under test has met since the company was reset, or everything was, and what never.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn coverage(&self) -> Result<Coverage, ControlError> {
        self.get(&["coverage"], &self.company_query()).await
    }

    /// Expects calls from now on; it is verified when it is dropped, or with [`ExpectationGuard::verify`].
    ///
    /// # Errors
    ///
    /// [`ControlError`] when nothing is remembered.
    #[track_caller]
    pub fn expect<E: Into<ExpectedCalls>>(
        &self,
        expected: E,
    ) -> impl Future<Output = Result<ExpectationGuard, ControlError>> + use<E> {
        let (control, expected, caller) = (self.clone(), expected.into(), Location::caller());
        async move {
            let last = [control.company_query(), vec![("order", "newest"), ("limit", "1")]].concat();
            let last = control.get::<ListPageBody<CallInfo>>(&["calls"], &last).await?.items;
            let after = last.first().map_or(0, |call| call.id);
            Ok(ExpectationGuard::new(control, expected, after, caller))
        }
    }

    /// The calls about a session that are remembered.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when that is no token.
    pub async fn calls_of(&self, token: &str) -> Result<Vec<CallInfo>, ControlError> {
        self.list("calls", &[self.company_query(), vec![("session", without_quotes(token))]].concat()).await
    }

    /// Forgets the calls of the company, or all.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn clear_calls(&self) -> Result<(), ControlError> {
        self.delete(&["calls"], &self.company_query()).await
    }
}
