//! What a test does to one company of a running mock.

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
    scenario::ScenarioChoice,
};

/// One company of a running mock: what is done here, no other company notices.
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
    /// As it was found.
    tenant: Arc<Tenant>,
}

/// There is no company of that key; says which there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnknownCompany(String);

/// There is no scenario of that name, or one that was built says what cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScenarioError(String);

impl fmt::Debug for CompanyHandle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompanyHandle").field("key", &self.key()).finish_non_exhaustive()
    }
}

impl<'a> CompanyHandle<'a> {
    /// # Errors
    ///
    /// [`UnknownCompany`] when no company has that key.
    pub(super) fn new(mock: &'a Arc<MockService>, key: &str) -> Result<Self, UnknownCompany> {
        let tenant = mock.tenant(key).map_err(|error| UnknownCompany(error.message))?;
        Ok(Self { mock, tenant })
    }

    /// The company that a server was started with first.
    pub(super) fn first(mock: &'a Arc<MockService>) -> Self {
        Self { mock, tenant: mock.tenants.default_tenant() }
    }

    /// The company of this moment: one that went while it was idle comes to be again. What is done to one that was
    /// removed, nobody notices.
    fn tenant(&self) -> Arc<Tenant> {
        self.mock.tenant(self.key()).unwrap_or_else(|_| self.tenant.clone())
    }

    /// The company key.
    pub fn key(&self) -> &str {
        &self.tenant.key
    }

    /// Lets the next session that does not ask for a scenario take this one: a name, or a [`crate::Scenario`] that
    /// nobody else can ask for.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] when there is no such scenario, or the one that was built cannot be.
    pub fn queue_scenario(&self, scenario: impl Into<ScenarioChoice>) -> Result<(), ScenarioError> {
        self.queue_scenarios([scenario])
    }

    /// As [`CompanyHandle::queue_scenario`], for as many sessions as there are scenarios.
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

    /// Lets something go wrong with the next calls of the company.
    pub fn add_fault(&self, fault: Fault) {
        self.tenant().add_fault(fault);
    }

    /// The company's own faults in force, in the order in which they were added. Those of scenarios are not among them.
    pub fn faults(&self) -> Vec<FaultInfo> {
        self.tenant().fault_infos()
    }

    /// Ends a fault of the company; false when there is none of that name any more.
    pub fn remove_fault(&self, name: &str) -> bool {
        self.tenant().faults.remove(name)
    }

    /// The time of day on the company's clock.
    ///
    /// # Panics
    ///
    /// When the clock was set to a moment that the system's time cannot tell.
    pub fn now(&self) -> SystemTime {
        self.tenant().clock.now().try_into().expect("the system's time reaches further than the clock's")
    }

    /// Moves the company's clock on; answers what fell due, in the order of time.
    pub fn advance(&self, by: Duration) -> Vec<DueEvent> {
        self.mock.advance(&self.tenant(), by)
    }

    /// Sets the company's clock to a moment, earlier or later; answers what fell due. What came does not go away when
    /// the clock is set back.
    pub fn set_clock(&self, at: SystemTime) -> Vec<DueEvent> {
        self.mock.set_clock(&self.tenant(), nearest_moment(at))
    }

    /// Stops the company's clock where it is; it moves only when it is told to.
    pub fn freeze_clock(&self) {
        self.tenant().change_clock(ClockChange::Freeze);
    }

    /// Lets the company's clock run on from where it is.
    pub fn resume_clock(&self) {
        self.tenant().change_clock(ClockChange::Unfreeze);
    }

    /// The company's sessions as they stand, in the order in which they began.
    pub fn sessions(&self) -> Vec<SessionInfo> {
        SessionInfo::list(&self.tenant())
    }

    /// The session that began last, whose token only the app under test may know.
    pub fn last_session(&self) -> Option<SessionInfo> {
        SessionInfo::latest(&self.tenant())
    }

    /// How many sessions the company has.
    pub fn session_count(&self) -> usize {
        self.tenant().sessions.count()
    }

    /// How many sessions were given up, since the server started, to make room for others (`max_sessions`).
    pub fn evicted_sessions(&self) -> u64 {
        self.tenant().sessions.evicted()
    }

    /// The vocabulary of the control API for this company.
    pub fn control(&self) -> Control {
        Control::in_process(http::control(self.mock.clone())).company(self.key())
    }

    /// Waits for something in a session: `company.wait_for(&token).finished().await`.
    pub fn wait_for(&self, token: &str) -> SessionWait<Control> {
        self.control().wait_for(token)
    }

    /// The company's calls that are remembered, to be counted and waited for.
    pub fn calls(&self) -> CallQuery<InProcess> {
        CallQuery::new(InProcess::new(self.control()))
    }

    /// What the company's code has met since it was reset, and what never.
    pub fn coverage(&self) -> Coverage {
        self.mock.coverage(Some(&self.tenant()), false)
    }

    /// Expects calls of the company from now on; it is verified when it is dropped.
    #[track_caller]
    pub fn expect(&self, expected: impl Into<ExpectedCalls>) -> ExpectationGuard {
        ExpectationGuard::new(self.control(), expected.into(), self.mock.numbers.last_call(), Location::caller())
    }

    /// Makes the company as it was at the start: no sessions, its first queue and faults, its clock as it stood.
    pub fn reset(&self) {
        self.mock.reset(&self.tenant());
    }
}
