//! Verbs on sessions and their calls.

use std::panic::Location;

use serde_json::Value;

use super::{
    super::{
        blocking,
        calls::CallQuery,
        expect::{ExpectationGuard, ExpectedCalls},
        waiting::SessionWait,
    },
    Control, ControlError, verbs,
};
use crate::{
    coverage::Coverage,
    http::admin::{
        calls::{self, ListCallsQuery},
        coverage::{self, CoverageQuery},
        extract::EmptyBody,
        sessions::{self, ListSessionsQuery, ReachStepBody, SwitchScenarioBody},
        verdict::DecideBody,
    },
    mock::{FinishRequest, SessionDetails, SessionInfo},
    scenario::Verdict,
};
#[cfg(feature = "media")]
use crate::{
    http::admin::uploads::{self, UploadBody, UploadQuery},
    vendor::MediaKind,
};

verbs! {
    [&self] of Control, blocking::Control, by [self];

    /// Returns the sessions, in the order in which they began.
    fn sessions() -> Vec<SessionInfo> = list(&sessions::LIST, ListSessionsQuery::default());

    /// Returns the latest session, whose token only the app under test may know.
    fn last_session() -> Option<SessionInfo> =
        call_as(&sessions::LIST, "", ListSessionsQuery::latest(), |_, page| Ok(page.items.into_iter().next()));

    /// Returns a session with its details.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is none with this token.
    fn session(token: &str) -> SessionDetails = call(&sessions::SHOW, token, EmptyBody {});

    /// Begins a session without a vendor call, with the body of the control API: `json!({"scenario": …})`.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if it cannot begin.
    fn begin(wish: Value) -> SessionInfo = call(&sessions::BEGIN, "", wish.into());

    /// Finishes a session as scripted, like a person in the widget.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is no such session, it is finished already, or its token has expired.
    fn finish(token: &str) -> SessionInfo = call(&sessions::FINISH, token, FinishRequest::default());

    /// Finishes a session with an [`crate::Outcome`] or a [`Verdict`], which replaces all stages that finishing would
    /// reach, or with the person's answers ([`FinishRequest`]). Later stages are reached as usual.
    ///
    /// # Errors
    ///
    /// As [`Self::finish`], and if the answers do not match the questions, or a reason has no rejection.
    fn finish_as(token: &str, finish: impl Into<FinishRequest>) -> SessionInfo =
        call(&sessions::FINISH, token, finish.into());

    /// Records that the person reached a step of the widget, named by its key or type: `agreement`, `document`, `face`,
    /// another automatic step, or a step of the call.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is no such session or step, or the session cannot be continued.
    fn reach_step(token: &str, step: &str) -> SessionInfo =
        call(&sessions::REACH_STEP, token, ReachStepBody { step: step.to_owned() });

    /// Decides a session as the vendor's operator: an [`crate::Outcome`], or a [`Verdict`] with details. The decision
    /// replaces the stage that waits for it (`when: operator`), otherwise it is an additional stage. Later stages are
    /// reached as usual.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is no such session, or the verdict is invalid.
    fn decide(token: &str, verdict: impl Into<Verdict>) -> SessionInfo =
        call(&sessions::DECIDE, token, DecideBody(Some(verdict.into())));

    /// Makes the decision that the session's scenario waits for (`when: operator`).
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is no such session, or its scenario does not wait for a decision.
    fn decide_as_scripted(token: &str) -> SessionInfo = call(&sessions::DECIDE, token, DecideBody(None));

    /// Switches a session to the scenario with this name, from its first stage.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is no such session or scenario, or the person has finished.
    fn switch_scenario(token: &str, scenario: &str) -> SessionInfo =
        call(&sessions::SWITCH_SCENARIO, token, SwitchScenarioBody { scenario: scenario.to_owned() });

    /// Expires the token of a session.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is no such session, or the person has finished.
    fn expire(token: &str) -> SessionInfo = call(&sessions::EXPIRE, token, EmptyBody {});

    /// Removes a session.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is none with this token.
    fn remove_session(token: &str) -> () = call(&sessions::REMOVE, token, EmptyBody {});

    /// Returns the coverage since the last reset of the company, or of everything: outcomes, reject reasons, errors,
    /// faults and races.
    fn coverage() -> Coverage = call_as(&coverage::SHOW, "", CoverageQuery::default(), |_, report| {
        Ok(Coverage { items: report.items })
    });

    /// Clears the journal of the company, or all journals.
    fn clear_calls() -> () = call(&calls::CLEAR, "", EmptyBody {});
}

#[cfg(feature = "media")]
verbs! {
    [&self] of Control, blocking::Control, by [self];

    /// Uploads a picture or video to a session. After the person has finished, it is served instead of the sample. For
    /// a general document, it is the first page. Needs the feature `media`.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is no such session, or the file is too large.
    fn upload(token: &str, kind: MediaKind, bytes: impl Into<Vec<u8>>) -> SessionInfo =
        call(&uploads::ADD, token, UploadBody { place: UploadQuery { kind, page: 1 }, bytes: bytes.into().into() });

    /// Uploads a page of a general document, counted from 1, as [`Self::upload`]. Needs the feature `media`.
    ///
    /// # Errors
    ///
    /// As [`Self::upload`].
    fn upload_page(token: &str, page: u32, bytes: impl Into<Vec<u8>>) -> SessionInfo =
        call(&uploads::ADD, token, UploadBody {
            place: UploadQuery { kind: MediaKind::GeneralDocument, page },
            bytes: bytes.into().into(),
        });
}

/// Returns the id of the last call; 0 if there is none.
fn last_id(_: &Control, calls: calls::CallList) -> Result<u64, ControlError> {
    Ok(calls.items.first().map_or(0, |call| call.id))
}

impl Control {
    /// Waits for a condition of a session: `mock.wait_for(&token).finished().await`.
    pub fn wait_for(&self, token: &str) -> SessionWait<Self> {
        SessionWait::new(self.clone(), token)
    }

    /// Queries the journal. Awaiting the query lists all calls, in order.
    pub fn calls(&self) -> CallQuery<Self> {
        CallQuery::new(self.clone())
    }

    /// Expects calls from now on; the guard verifies them when it is dropped, or with [`ExpectationGuard::verify`]. A
    /// guard that is bound to `_` is dropped at once: [`Control::expect_during`] cannot end too early.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if the mock cannot be reached.
    #[track_caller]
    pub fn expect<E: Into<ExpectedCalls>>(
        &self,
        expected: E,
    ) -> impl Future<Output = Result<ExpectationGuard<Self>, ControlError>> + use<E> {
        let (control, expected, caller) = (self.clone(), expected.into(), Location::caller());
        async move {
            let after = control.call_as(&calls::LIST, "", ListCallsQuery::latest(), last_id).send().await?;
            Ok(ExpectationGuard::new(control.clone(), control, expected, after, caller))
        }
    }
}

impl Control {
    /// Expects calls while `work` runs, and verifies them at its end. Returns its output.
    ///
    /// # Errors
    ///
    /// As [`crate::CallQuery::verify`].
    #[track_caller]
    pub fn expect_during<T>(
        &self,
        expected: impl Into<ExpectedCalls>,
        work: impl Future<Output = T>,
    ) -> impl Future<Output = Result<T, ControlError>> {
        let expecting = self.expect(expected.into());
        async {
            let expectation = expecting.await?;
            let output = work.await;
            expectation.verify().await?;
            Ok(output)
        }
    }
}

impl blocking::Control {
    /// Expects calls while `work` runs, and verifies them at its end. Returns its output.
    ///
    /// # Errors
    ///
    /// As [`crate::CallQuery::verify`].
    #[track_caller]
    pub fn expect_during<T>(
        &self,
        expected: impl Into<ExpectedCalls>,
        work: impl FnOnce() -> T,
    ) -> Result<T, ControlError> {
        let expectation = self.expect(expected)?;
        let output = work();
        expectation.verify()?;
        Ok(output)
    }

    /// Waits for a condition of a session: `mock.wait_for(&token).finished()`.
    pub fn wait_for(&self, token: &str) -> SessionWait<Self> {
        SessionWait::new(self.clone(), token)
    }

    /// Queries the journal.
    pub fn calls(&self) -> CallQuery<Self> {
        CallQuery::new(self.clone())
    }

    /// Expects calls from now on; the guard verifies them when it is dropped, or with [`ExpectationGuard::verify`].
    ///
    /// # Errors
    ///
    /// [`ControlError`] if the mock cannot be reached.
    #[track_caller]
    pub fn expect(&self, expected: impl Into<ExpectedCalls>) -> Result<ExpectationGuard<Self>, ControlError> {
        let after = self.0.call_as(&calls::LIST, "", ListCallsQuery::latest(), last_id).send_blocking()?;
        Ok(ExpectationGuard::new(self.clone(), self.0.clone(), expected.into(), after, Location::caller()))
    }
}
