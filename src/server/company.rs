//! The test handle of one company.

use std::{
    fmt,
    panic::Location,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    calls::{CallQuery, InProcess},
    control::Control,
    expect::{ExpectationGuard, ExpectedCalls},
    waiting::SessionWait,
};
use crate::{
    clock::{ClockChange, nearest_moment},
    company::Tenant,
    coverage::Coverage,
    faults::{Fault, FaultInfo},
    http,
    mock::{DueEvent, MockService, SessionInfo},
    problem::Problem,
    scenario::ScenarioChoice,
};

/// A handle for one company of a running mock. Its operations affect no other company.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use identomat_mock::{Endpoint, Fault, MockServer};
///
/// let mock = MockServer::builder().company("one").company("other").start().await?;
/// let other = mock.company("other")?;
/// other.queue_scenario("rejected")?;
/// other.add_fault(Fault::status(503).endpoint(Endpoint::Result));
/// other.advance(Duration::from_secs(15 * 60));
/// other.reset();
/// # Ok(())
/// # }
/// ```
pub struct CompanyHandle<'a> {
    mock: &'a Arc<MockService>,
    /// The company at creation of the handle.
    tenant: Arc<Tenant>,
}

/// No company has this key; lists the known keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnknownCompany(Problem);

/// The scenario does not exist, or the built one is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScenarioError(Problem);

impl fmt::Debug for CompanyHandle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompanyHandle").field("key", &self.key()).finish_non_exhaustive()
    }
}

impl<'a> CompanyHandle<'a> {
    /// # Errors
    ///
    /// [`UnknownCompany`] if no company has this key.
    pub(super) fn new(mock: &'a Arc<MockService>, key: &str) -> Result<Self, UnknownCompany> {
        let tenant = mock.tenant(key).map_err(|error| UnknownCompany(error.problem))?;
        Ok(Self { mock, tenant })
    }

    /// Returns a handle for the first company of the server.
    pub(super) fn first(mock: &'a Arc<MockService>) -> Self {
        Self { mock, tenant: mock.tenants.default_tenant() }
    }

    /// Returns the current company: one that was removed as idle is created again. Operations on a company that was
    /// removed otherwise have no effect.
    fn tenant(&self) -> Arc<Tenant> {
        self.mock.tenant(self.key()).unwrap_or_else(|_| self.tenant.clone())
    }

    /// Returns the company key.
    pub fn key(&self) -> &str {
        &self.tenant.key
    }

    /// Sets the scenario of the next session that requests none: a name, or a [`crate::Scenario`] that no other session
    /// can request.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] if there is no such scenario, or the built one is invalid.
    pub fn queue_scenario(&self, scenario: impl Into<ScenarioChoice>) -> Result<(), ScenarioError> {
        self.queue_scenarios([scenario])
    }

    /// Queues several scenarios, as [`CompanyHandle::queue_scenario`], for as many sessions.
    ///
    /// # Errors
    ///
    /// As [`CompanyHandle::queue_scenario`]; none is queued then.
    pub fn queue_scenarios(
        &self,
        scenarios: impl IntoIterator<Item = impl Into<ScenarioChoice>>,
    ) -> Result<(), ScenarioError> {
        self.mock.enqueue(&self.tenant(), scenarios).map_err(ScenarioError)
    }

    /// Adds a fault for the next calls of the company.
    pub fn add_fault(&self, fault: Fault) {
        self.tenant().add_fault(fault);
    }

    /// Returns the company's own active faults, in the order in which they were added. Faults of scenarios are not
    /// included.
    pub fn faults(&self) -> Vec<FaultInfo> {
        self.tenant().fault_infos()
    }

    /// Removes a fault of the company; false if there is none with this name.
    pub fn remove_fault(&self, name: &str) -> bool {
        self.tenant().faults.remove(name)
    }

    /// Returns the time of the company's clock.
    ///
    /// # Panics
    ///
    /// If the clock is set to a time that [`SystemTime`] cannot represent.
    pub fn now(&self) -> SystemTime {
        self.tenant().clock.now().try_into().expect("the system's time reaches further than the clock's")
    }

    /// Advances the company's clock. Returns the due events, in order of time.
    pub fn advance(&self, by: Duration) -> Vec<DueEvent> {
        self.mock.advance(&self.tenant(), by)
    }

    /// Sets the company's clock, forward or back. Returns the due events. Reached stages stay when the clock is set
    /// back.
    pub fn set_clock(&self, at: SystemTime) -> Vec<DueEvent> {
        self.mock.set_clock(&self.tenant(), nearest_moment(at))
    }

    /// Freezes the company's clock.
    pub fn freeze_clock(&self) {
        self.tenant().change_clock(ClockChange::Freeze);
    }

    /// Resumes the company's clock.
    pub fn resume_clock(&self) {
        self.tenant().change_clock(ClockChange::Unfreeze);
    }

    /// Returns the company's sessions, in the order in which they began.
    pub fn sessions(&self) -> Vec<SessionInfo> {
        SessionInfo::list(&self.tenant())
    }

    /// Returns the latest session, whose token only the app under test may know.
    pub fn last_session(&self) -> Option<SessionInfo> {
        SessionInfo::latest(&self.tenant())
    }

    /// Returns the number of the company's sessions.
    pub fn session_count(&self) -> usize {
        self.tenant().sessions.count()
    }

    /// Returns the number of sessions that were evicted for new ones (`max_sessions`), since the server started.
    pub fn evicted_sessions(&self) -> u64 {
        self.tenant().sessions.evicted()
    }

    /// Returns the control API, limited to this company.
    pub fn control(&self) -> Control {
        Control::in_process(http::control(self.mock.clone())).company(self.key())
    }

    /// Waits for a condition of a session: `company.wait_for(&token).finished().await`.
    pub fn wait_for(&self, token: &str) -> SessionWait<Control> {
        self.control().wait_for(token)
    }

    /// Queries the company's journal.
    pub fn calls(&self) -> CallQuery<InProcess> {
        CallQuery::new(InProcess::new(self.control()))
    }

    /// Returns the coverage of the company since its reset.
    pub fn coverage(&self) -> Coverage {
        self.mock.coverage(Some(&self.tenant()), false)
    }

    /// Expects calls of the company from now on; the guard verifies them when it is dropped.
    #[track_caller]
    pub fn expect(&self, expected: impl Into<ExpectedCalls>) -> ExpectationGuard {
        ExpectationGuard::new(self.control(), expected.into(), self.mock.numbers.last_call(), Location::caller())
    }

    /// Resets the company: no sessions, initial queue, faults and clock.
    pub fn reset(&self) {
        self.mock.reset(&self.tenant());
    }
}
