//! The harness for tests without an async runtime.

use std::{
    fmt,
    ops::Deref,
    pin::{Pin, pin},
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::{
    StartError,
    builder::MockServerBuilder,
    calls::CallQuery,
    control::{Control as Async, ControlError},
    expect::{ExpectationGuard, ExpectedCalls},
    waiting::SessionWait,
};
use crate::{
    company::Company,
    config::Config,
    coverage::Coverage,
    faults::{Fault, FaultInfo},
    http::CallInfo,
    mock::{CompanyInfo, DueEvent, FinishRequest, ScenarioInfo, SessionDetails, SessionInfo},
    scenario::{Scenario, ScenarioChoice, Verdict},
};

/// A running mock with its own runtime. It stops when it is dropped.
///
/// Everything except starting is as in [`crate::MockServer`], to which it dereferences.
///
/// ```
/// use identomat_mock::blocking::MockServer;
///
/// let mock = MockServer::start();
/// assert!(mock.widget_url("abc").ends_with("/?session_token=abc"));
/// ```
#[must_use = "the server stops when it is dropped"]
pub struct MockServer {
    server: super::MockServer,
    background: Arc<BackgroundRuntime>,
}

/// A runtime that is dropped without waiting, so that it can be dropped anywhere.
struct BackgroundRuntime(Option<Runtime>);

impl BackgroundRuntime {
    fn start() -> Result<Arc<Self>, std::io::Error> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        Ok(Arc::new(Self(Some(runtime))))
    }

    fn block_on<F: Future>(&self, work: F) -> F::Output {
        let mut output = None;
        {
            // The part about the runtime is compiled once, for all futures.
            let work: Pin<&mut dyn Future<Output = ()>> = pin!(async { output = Some(work.await) });
            self.0.as_ref().expect("it runs until it is dropped").block_on(work);
        }
        output.expect("it has ended")
    }
}

impl Drop for BackgroundRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl MockServer {
    /// Starts a mock with the default settings on a free port of the loopback address.
    ///
    /// # Panics
    ///
    /// If it cannot start; [`MockServerBuilder::start_blocking`] returns an error instead.
    pub fn start() -> Self {
        Self::builder().start_blocking().expect("a mock with default settings starts")
    }

    /// Returns a builder for a mock with other settings; call [`MockServerBuilder::start_blocking`] on it.
    pub fn builder() -> MockServerBuilder {
        MockServerBuilder::new()
    }

    pub(super) fn serve(config: Config) -> Result<Self, StartError> {
        let background = BackgroundRuntime::start().map_err(StartError::Runtime)?;
        let server = background.block_on(super::MockServer::serve(config))?;
        Ok(Self { server, background })
    }

    /// Waits for a condition of a session, as [`crate::MockServer::wait_for`].
    pub fn wait_for(&self, token: &str) -> SessionWait<Control> {
        self.control().wait_for(token)
    }

    /// Returns the control API of this mock, as [`MockClient`] has it for another process.
    pub fn control(&self) -> Control {
        Control { control: self.server.control(), background: self.background.clone() }
    }
}

impl fmt::Debug for MockServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.server.fmt(f)
    }
}

impl Deref for MockServer {
    type Target = super::MockServer;

    fn deref(&self) -> &super::MockServer {
        &self.server
    }
}

/// Blocking variant of [`crate::Control`]. It waits for each response, so it must not be used in an async runtime.
///
/// ```
/// use identomat_mock::{Outcome, blocking::MockServer};
/// use serde_json::json;
///
/// let mock = MockServer::start();
/// let control = mock.control();
/// let session = control.begin(json!({})).unwrap();
/// control.finish_as(&session.token, Outcome::Rejected).unwrap();
/// assert_eq!(control.session(&session.token).unwrap().session.current_result, "REJECTED");
/// ```
#[derive(Clone)]
pub struct Control {
    control: Async,
    background: Arc<BackgroundRuntime>,
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.control.fmt(f)
    }
}

/// Defines the methods of [`crate::Control`], each of which waits for its response.
macro_rules! waiting {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl Control {
            $(
                #[doc = concat!("As [`crate::Control::", stringify!($name), "`].")]
                pub fn $name(&self, $($argument: $type),*) -> Result<$answer, ControlError> {
                    self.background.block_on(self.control.$name($($argument),*))
                }
            )*
        }
    };
}

waiting! {
    fn health() -> Value;
    fn settings() -> Value;
    fn companies() -> Vec<CompanyInfo>;
    fn add_company(company: impl Into<Company>) -> CompanyInfo;
    fn change_company(key: &str, change: Value) -> CompanyInfo;
    fn remove_company(key: &str) -> ();
    fn reset() -> ();
    fn sessions() -> Vec<SessionInfo>;
    fn last_session() -> Option<SessionInfo>;
    fn session(token: &str) -> SessionDetails;
    fn begin(wish: Value) -> SessionInfo;
    fn finish(token: &str) -> SessionInfo;
    fn finish_as(token: &str, finish: impl Into<FinishRequest>) -> SessionInfo;
    fn decide(token: &str, verdict: impl Into<Verdict>) -> SessionInfo;
    fn decide_as_scripted(token: &str) -> SessionInfo;
    fn switch_scenario(token: &str, scenario: &str) -> SessionInfo;
    fn expire(token: &str) -> SessionInfo;
    fn remove_session(token: &str) -> ();
    fn scenarios() -> Vec<ScenarioInfo>;
    fn scenario(name: &str) -> ScenarioInfo;
    fn add_scenario(scenario: Scenario) -> ScenarioInfo;
    fn queue_scenario(scenario: impl Into<ScenarioChoice>) -> ();
    fn queue_scenarios(scenarios: Vec<ScenarioChoice>) -> ();
    fn queue() -> Vec<String>;
    fn empty_queue() -> ();
    fn add_fault(fault: Fault) -> FaultInfo;
    fn faults() -> Vec<FaultInfo>;
    fn remove_fault(name: &str) -> bool;
    fn clear_faults() -> ();
    fn now() -> SystemTime;
    fn advance(by: Duration) -> Vec<DueEvent>;
    fn set_clock(at: SystemTime) -> Vec<DueEvent>;
    fn freeze_clock() -> ();
    fn resume_clock() -> ();
    fn coverage() -> Coverage;
    fn calls_of(token: &str) -> Vec<CallInfo>;
    fn clear_calls() -> ();
}

impl Control {
    /// As [`crate::Control::company`].
    pub fn company(&self, key: impl Into<String>) -> Self {
        Self { control: self.control.company(key), background: self.background.clone() }
    }

    /// As [`crate::Control::wait_for`].
    pub fn wait_for(&self, token: &str) -> SessionWait<Self> {
        SessionWait::new(self.clone(), token)
    }

    /// As [`crate::Control::calls`].
    pub fn calls(&self) -> CallQuery<Self> {
        CallQuery::new(self.clone())
    }

    /// Expects calls, as [`crate::Control::expect`]; [`Control::verify`] verifies them before the guard is dropped.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if the journal is disabled.
    #[track_caller]
    pub fn expect(&self, expected: impl Into<ExpectedCalls>) -> Result<ExpectationGuard, ControlError> {
        self.background.block_on(self.control.expect(expected))
    }

    /// As [`ExpectationGuard::verify`].
    pub fn verify(&self, expectation: ExpectationGuard) -> Result<u64, ControlError> {
        self.background.block_on(expectation.verify())
    }

    /// Waits for the future of a request.
    pub(super) fn wait<T, F: Future<Output = T>>(&self, ask: impl FnOnce(Async) -> F) -> T {
        self.background.block_on(ask(self.control.clone()))
    }
}

/// Blocking variant of [`crate::MockClient`]. Its operations are in [`Control`], to which it dereferences.
#[cfg(feature = "client")]
#[derive(Debug, Clone)]
pub struct MockClient(Control);

#[cfg(feature = "client")]
impl MockClient {
    /// Connects to the mock with this base URL.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if no mock responds there.
    pub fn connect(url: &str) -> Result<Self, ControlError> {
        Self::connect_inner(async || super::MockClient::connect(url).await)
    }

    /// Connects as [`MockClient::connect`], with the mock's token (`--admin-token`).
    ///
    /// # Errors
    ///
    /// As [`MockClient::connect`].
    pub fn connect_with_token(url: &str, token: &str) -> Result<Self, ControlError> {
        Self::connect_inner(async || super::MockClient::connect_with_token(url, token).await)
    }

    fn connect_inner(
        connect: impl AsyncFnOnce() -> Result<super::MockClient, ControlError>,
    ) -> Result<Self, ControlError> {
        let no_runtime = |error| ControlError::Unreachable(format!("cannot start a runtime: {error}"));
        let background = BackgroundRuntime::start().map_err(no_runtime)?;
        let client = background.block_on(connect())?;
        Ok(Self(Control { control: (*client).clone(), background }))
    }
}

#[cfg(feature = "client")]
impl Deref for MockClient {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.0
    }
}
