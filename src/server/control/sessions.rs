//! Operations on sessions and their calls.

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

/// Every request returns a [`ControlError`] if the mock cannot be reached or refuses; `# Errors` sections name further
/// reasons.
impl Control {
    /// Returns the sessions, in the order in which they began.
    pub async fn sessions(&self) -> Result<Vec<SessionInfo>, ControlError> {
        self.list("sessions", &self.company_query()).await
    }

    /// Returns the latest session, whose token only the app under test may know.
    pub async fn last_session(&self) -> Result<Option<SessionInfo>, ControlError> {
        let query = [self.company_query(), vec![("order", "newest"), ("limit", "1")]].concat();
        let part: ListPageBody<SessionInfo> = self.get(&["sessions"], &query).await?;
        Ok(part.items.into_iter().next())
    }

    /// Returns a session with its details.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is none with this token.
    pub async fn session(&self, token: &str) -> Result<SessionDetails, ControlError> {
        self.get(&["sessions", without_quotes(token)], &[]).await
    }

    /// Begins a session without a vendor call, with the body of the control API: `json!({"scenario": …})`.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if it cannot begin.
    pub async fn begin(&self, wish: Value) -> Result<SessionInfo, ControlError> {
        match wish {
            Value::Object(members) => self.post(&["sessions"], self.with_company_key(members)).await,
            other => self.send(Method::POST, resource_path(&["sessions"]), Some(other)).await,
        }
    }

    /// Finishes a session as scripted, like a person in the widget.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is no such session, it is finished already, or its token has expired.
    pub async fn finish(&self, token: &str) -> Result<SessionInfo, ControlError> {
        self.finish_as(token, FinishRequest::default()).await
    }

    /// Finishes a session with an [`crate::Outcome`], a [`Verdict`] or a [`FinishRequest`].
    ///
    /// # Errors
    ///
    /// As [`Control::finish`], and if the answers do not match the questions, or a reason has no rejection.
    pub async fn finish_as(&self, token: &str, finish: impl Into<FinishRequest>) -> Result<SessionInfo, ControlError> {
        self.post(&["sessions", without_quotes(token), "finish"], finish.into().to_body()).await
    }

    /// Decides a session as the vendor's operator.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is no such session, or the verdict is invalid.
    pub async fn decide(&self, token: &str, verdict: impl Into<Verdict>) -> Result<SessionInfo, ControlError> {
        self.post(&["sessions", without_quotes(token), "decide"], verdict.into().to_members("outcome")).await
    }

    /// Makes the decision that the session's scenario waits for.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is no such session, or its scenario does not wait for a decision.
    pub async fn decide_as_scripted(&self, token: &str) -> Result<SessionInfo, ControlError> {
        self.post(&["sessions", without_quotes(token), "decide"], Map::new()).await
    }

    /// Switches a session to the scenario with this name, from its first stage.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is no such session or scenario, or the person has finished.
    pub async fn switch_scenario(&self, token: &str, scenario: &str) -> Result<SessionInfo, ControlError> {
        let body = Map::from_iter([("scenario".to_owned(), scenario.into())]);
        self.post(&["sessions", without_quotes(token), "scenario"], body).await
    }

    /// Expires the token of a session.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is no such session, or the person has finished.
    pub async fn expire(&self, token: &str) -> Result<SessionInfo, ControlError> {
        self.post(&["sessions", without_quotes(token), "expire"], Map::new()).await
    }

    /// Removes a session.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is none with this token.
    pub async fn remove_session(&self, token: &str) -> Result<(), ControlError> {
        self.delete(&["sessions", without_quotes(token)], &[]).await
    }

    /// Waits for a condition of a session: `control.wait_for(&token).finished().await`.
    pub fn wait_for(&self, token: &str) -> SessionWait<Self> {
        SessionWait::new(self.clone(), token)
    }

    /// Queries the journal. Awaiting the query lists all calls, in order.
    pub fn calls(&self) -> CallQuery<Self> {
        CallQuery::new(self.clone())
    }

    /// Returns the coverage since the last reset of the company, or of everything.
    pub async fn coverage(&self) -> Result<Coverage, ControlError> {
        self.get(&["coverage"], &self.company_query()).await
    }

    /// Expects calls from now on; the guard verifies them when it is dropped, or with [`ExpectationGuard::verify`].
    ///
    /// # Errors
    ///
    /// [`ControlError`] if the journal is disabled.
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

    /// Returns the calls of a session.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if the token is malformed.
    pub async fn calls_of(&self, token: &str) -> Result<Vec<CallInfo>, ControlError> {
        self.list("calls", &[self.company_query(), vec![("session", without_quotes(token))]].concat()).await
    }

    /// Clears the journal of the company, or all journals.
    pub async fn clear_calls(&self) -> Result<(), ControlError> {
        self.delete(&["calls"], &self.company_query()).await
    }
}
