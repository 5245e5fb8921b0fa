//! The server: binding, serving and stopping, with the test harness on top.

#[cfg(feature = "tls")]
mod authority;
mod builder;
mod calls;
#[cfg(feature = "client")]
mod client;
mod company;
mod connection;
mod connections;
mod control;
mod listen;
mod socket;
mod start_error;
mod stream;
pub(crate) mod tls;
mod transport;
mod waiting;

pub mod blocking;
pub mod expect;

use std::{
    fmt,
    future::pending,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{sync::oneshot, task::JoinHandle};

#[cfg(feature = "client")]
pub use self::client::MockClient;
pub use self::{
    builder::MockServerBuilder,
    calls::{CallQuery, InProcess},
    company::{CompanyHandle, ScenarioError, UnknownCompany},
    control::{ApiProblem, Control, ControlError},
    expect::{ExpectationGuard, ExpectedCalls},
    start_error::StartError,
    waiting::SessionWait,
};
use crate::{
    clock::uptime,
    config::Config,
    coverage::Coverage,
    faults::{Fault, FaultInfo},
    foreign_text::without_quotes,
    http::{self, Routes},
    mock::{ConfigError, DueEvent, FinishRequest, MockService, SessionInfo},
    scenario::{ScenarioChoice, Verdict},
    session::{DecisionError, FinishError},
};
#[cfg(feature = "media")]
use crate::{session::UploadError, vendor::MediaKind};

/// A running mock. It is ready when it is created, and stops when it is dropped.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mock = identomat_mock::MockServer::builder().scenario("manual-check").start().await?;
///
/// // The code under test gets `mock.url()` and `mock.company_key()`.
/// assert!(mock.url().starts_with("http://127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
#[must_use = "the server stops when it is dropped"]
pub struct MockServer {
    mock: Arc<MockService>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl MockServer {
    /// Starts a mock with the default settings on a free port of the loopback address.
    ///
    /// # Panics
    ///
    /// If it cannot start; [`MockServerBuilder::start`] returns an error instead.
    pub async fn start() -> Self {
        Self::builder().start().await.expect("a mock with default settings starts")
    }

    /// Returns a builder for a mock with other settings.
    pub fn builder() -> MockServerBuilder {
        MockServerBuilder::new()
    }

    /// Loads the files of the settings, binds, and serves in the background.
    pub(crate) async fn serve(config: Config) -> Result<Self, StartError> {
        let address = SocketAddr::new(config.host, config.port);
        let clients = config.clients;
        let mock = Arc::new(MockService::new(config)?);
        let tls = tls::acceptor(&mock.config, mock.clock.now()).map_err(StartError::Tls)?;
        let bound = listen::bind(address).and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = bound.map_err(|source| StartError::Bind { address, source })?;
        let control_api = &mock.config.control_api;
        if control_api.enabled && control_api.token.is_none() && !address.ip().is_loopback() {
            tracing::warn!(
                %address,
                "any client that reaches this address can use the control API; --admin-token requires a token, \
                 --no-admin disables it"
            );
        }
        let (stop, stopped) = oneshot::channel();
        let grace = mock.config.grace;
        let (routes, idle) = (Routes::new(mock.clone()), spawn_idle_sweep(mock.clone()));
        let serving = tokio::spawn(async move {
            tokio::select! {
                () = listen::serve(listener, routes, tls, (clients, grace), stopped) => {}
                () = idle => {}
            }
        });
        Ok(Self { mock, address, stop: Some(stop), serving })
    }

    /// Stops accepting calls, and waits for open ones up to [`Config::grace`]. Waiting and delayed calls get 503 at
    /// once.
    pub async fn shutdown(mut self) {
        self.mock.stop();
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = (&mut self.serving).await;
    }

    /// Returns the HTTPS URLs without a trailing slash, one for each name of the settings; none without
    /// [`Config::tls`].
    pub fn secure_urls(&self) -> Vec<String> {
        let names = self.mock.config.tls.names.iter().flatten();
        let port = self.address.port();
        names
            .map(|name| if port == 443 { format!("https://{name}") } else { format!("https://{name}:{port}") })
            .collect()
    }

    /// Returns the base URL without a trailing slash: the public URL, if it is set.
    pub fn url(&self) -> String {
        match &self.mock.config.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => self.local_url(),
        }
    }

    /// Returns the base URL for clients on the same machine, without a trailing slash.
    pub fn local_url(&self) -> String {
        local_url(self.address)
    }

    /// Returns the listening address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the key of the (first) company.
    pub fn company_key(&self) -> &str {
        self.mock.config.companies.first().map_or(crate::DEFAULT_COMPANY_KEY, |company| &company.key)
    }

    fn first_company(&self) -> CompanyHandle<'_> {
        CompanyHandle::first(&self.mock)
    }

    /// Returns the URL of the widget for a session.
    pub fn widget_url(&self, token: &str) -> String {
        format!("{}/?session_token={}", self.url(), without_quotes(token))
    }

    /// Returns the names of all scenarios.
    pub fn scenarios(&self) -> Vec<String> {
        self.mock.catalogue().scenarios.names().into_iter().map(str::to_owned).collect()
    }

    /// Finishes a session as scripted, like a person in the widget.
    ///
    /// # Errors
    ///
    /// [`FinishError`] if there is no such session, it is finished already, or its token has expired.
    pub fn finish(&self, token: &str) -> Result<(), FinishError> {
        self.mock.finish(without_quotes(token), FinishRequest::default()).map(|_| ())
    }

    /// Finishes a session with an [`crate::Outcome`] or a [`Verdict`], which replaces all stages that finishing would
    /// reach, or with the person's answers ([`FinishRequest`]). Later stages are reached as usual.
    ///
    /// # Errors
    ///
    /// As [`MockServer::finish`], and if the answers do not match the questions, or a reason has no rejection.
    pub fn finish_as(&self, token: &str, finish: impl Into<FinishRequest>) -> Result<(), FinishError> {
        self.mock.finish(without_quotes(token), finish.into()).map(|_| ())
    }

    /// Records that the person reached a step of the widget, named by its key or type: `agreement`, `document`, `face`,
    /// another automatic step, or a step of the call.
    ///
    /// # Errors
    ///
    /// [`FinishError`] if there is no such session or step, or the session cannot be continued.
    pub fn reach_step(&self, token: &str, step: &str) -> Result<(), FinishError> {
        self.mock.reach(without_quotes(token), step)
    }

    /// Decides a session as the vendor's operator: an [`crate::Outcome`], or a [`Verdict`] with details. The decision
    /// replaces the stage that waits for it (`when: operator`), otherwise it is an additional stage. Later stages are
    /// reached as usual.
    ///
    /// # Errors
    ///
    /// [`DecisionError`] if there is no such session, or the verdict is invalid.
    pub fn decide(&self, token: &str, verdict: impl Into<Verdict>) -> Result<(), DecisionError> {
        self.mock.decide(without_quotes(token), Some(&verdict.into()))
    }

    /// Makes the decision that the session's scenario waits for (`when: operator`).
    ///
    /// # Errors
    ///
    /// [`DecisionError`] if there is no such session, or its scenario does not wait for a decision.
    pub fn decide_as_scripted(&self, token: &str) -> Result<(), DecisionError> {
        self.mock.decide(without_quotes(token), None)
    }

    /// Uploads a picture or video to a session. After the person has finished, it is served instead of the sample. For
    /// a general document, it is the first page.
    ///
    /// # Errors
    ///
    /// [`UploadError`] if there is no such session, or the file is too large.
    #[cfg(feature = "media")]
    pub fn upload(&self, token: &str, kind: MediaKind, bytes: impl Into<Vec<u8>>) -> Result<(), UploadError> {
        self.mock.upload(without_quotes(token), kind, 1, bytes.into())
    }

    /// Uploads a page of a general document, counted from 1, as [`MockServer::upload`].
    ///
    /// # Errors
    ///
    /// As [`MockServer::upload`].
    #[cfg(feature = "media")]
    pub fn upload_page(&self, token: &str, page: u32, bytes: impl Into<Vec<u8>>) -> Result<(), UploadError> {
        self.mock.upload(without_quotes(token), MediaKind::GeneralDocument, page, bytes.into())
    }

    /// Returns the token of the parent session: its `parent_session_id`.
    pub fn parent(&self, token: &str) -> Option<String> {
        self.mock.parent(without_quotes(token)).map(|parent| parent.to_string())
    }

    /// Returns the tokens of the child sessions, in the order in which they began, without deleted ones.
    pub fn children(&self, token: &str) -> Vec<String> {
        self.mock.children(without_quotes(token)).iter().map(ToString::to_string).collect()
    }

    /// Sets the scenario of the next session of the (first) company that requests none: a name, or a
    /// [`crate::Scenario`] that no other session can request.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] if there is no such scenario, or the built one is invalid.
    pub fn queue_scenario(&self, scenario: impl Into<ScenarioChoice>) -> Result<(), ScenarioError> {
        self.first_company().queue_scenario(scenario)
    }

    /// Queues several scenarios, as [`MockServer::queue_scenario`], for as many sessions.
    ///
    /// # Errors
    ///
    /// As [`MockServer::queue_scenario`]; none is queued then.
    pub fn queue_scenarios(
        &self,
        scenarios: impl IntoIterator<Item = impl Into<ScenarioChoice>>,
    ) -> Result<(), ScenarioError> {
        self.first_company().queue_scenarios(scenarios)
    }

    /// Returns the sessions of the (first) company, in the order in which they began.
    pub fn sessions(&self) -> Vec<SessionInfo> {
        self.first_company().sessions()
    }

    /// Returns the latest session of the (first) company, whose token only the app under test may know.
    pub fn last_session(&self) -> Option<SessionInfo> {
        self.first_company().last_session()
    }

    /// Returns a handle for one company. With [`Config::any_company_key`], this creates the company, and counts as a
    /// call.
    ///
    /// # Errors
    ///
    /// [`UnknownCompany`] if no company has this key.
    pub fn company(&self, key: &str) -> Result<CompanyHandle<'_>, UnknownCompany> {
        CompanyHandle::new(&self.mock, key)
    }

    /// Returns the number of on-demand companies that were removed.
    pub fn evicted_companies(&self) -> u64 {
        self.mock.tenants.eviction_count(uptime())
    }

    /// Advances every company's clock, so that tests need not wait for scenarios and expiry. Returns the due events,
    /// company by company in order of time.
    pub fn advance(&self, by: Duration) -> Vec<DueEvent> {
        self.mock.advance_all(by)
    }

    /// Adds a fault for the next calls of any company.
    pub fn add_fault(&self, fault: Fault) {
        self.mock.faults.add(fault, self.mock.clock.now());
    }

    /// Returns the active faults: those of the server, then each company's own, in the order in which they were added.
    /// Faults of scenarios are not included.
    pub fn faults(&self) -> Vec<FaultInfo> {
        self.mock.all_faults()
    }

    /// Removes a fault of [`MockServer::add_fault`]; false if there is none with this name.
    pub fn remove_fault(&self, name: &str) -> bool {
        self.mock.faults.remove(name)
    }

    /// Returns the control API of this mock, as `MockClient` has it for another process.
    pub fn control(&self) -> Control {
        Control::in_process(http::control(self.mock.clone()))
    }

    /// Returns the coverage since the last full reset: outcomes, reject reasons, errors, faults and races.
    pub fn coverage(&self) -> Coverage {
        self.mock.coverage(None, false)
    }

    /// Reloads scenarios and fixtures, for sessions that begin afterwards.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a file is invalid; nothing changes then.
    pub fn reload(&self) -> Result<(), ConfigError> {
        self.mock.reload()
    }

    #[cfg(feature = "cli")]
    pub(crate) fn mock(&self) -> &Arc<MockService> {
        &self.mock
    }
}

/// Removes idle companies periodically, even without calls.
async fn spawn_idle_sweep(mock: Arc<MockService>) {
    if mock.config.any_company_key.is_none() {
        return pending().await;
    }
    let mut looks = tokio::time::interval(
        (mock.config.company_idle / 10).clamp(Duration::from_millis(10), Duration::from_secs(60)),
    );
    loop {
        looks.tick().await;
        mock.tenants.sweep(uptime());
    }
}

/// Prints one short line, for failing tests.
impl fmt::Debug for MockServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let company_key = self.company_key();
        f.debug_struct("MockServer")
            .field("url", &self.url())
            .field("company_key", &company_key)
            .finish_non_exhaustive()
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Returns the URL of a server that listens on `address`, for clients on the same machine.
///
/// A server that listens on all addresses is reached on loopback; clients cannot connect to `0.0.0.0`.
pub(crate) fn local_url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{address}")
}
