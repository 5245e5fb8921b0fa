//! Binding, serving and stopping; the harness for tests is on top of it.

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

/// A running mock. It is ready when it has been started, and stops when it is dropped.
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
    /// When it cannot start; [`MockServerBuilder::start`] answers an error instead.
    pub async fn start() -> Self {
        Self::builder().start().await.expect("a mock with default settings starts")
    }

    /// Starts a mock with other settings.
    pub fn builder() -> MockServerBuilder {
        MockServerBuilder::new()
    }

    /// Reads what the settings name, binds, and serves in the background.
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

    /// Stops taking calls and waits for the open ones, for as long as [`Config::grace`] says. Those that wait for something,
    /// or are held by a delay, get 503 at once.
    pub async fn shutdown(mut self) {
        self.mock.stop();
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = (&mut self.serving).await;
    }

    /// The addresses of HTTPS without a last slash, one for each name of the settings; none without [`Config::tls`].
    pub fn secure_urls(&self) -> Vec<String> {
        let names = self.mock.config.tls.iter().flat_map(|tls| &tls.names);
        let port = self.address.port();
        names
            .map(|name| if port == 443 { format!("https://{name}") } else { format!("https://{name}:{port}") })
            .collect()
    }

    /// The base URL without a last slash: the public one, where it is set.
    pub fn url(&self) -> String {
        match &self.mock.config.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => self.local_url(),
        }
    }

    /// The base URL for clients on the same machine, without a last slash.
    pub fn local_url(&self) -> String {
        local_url(self.address)
    }

    /// The address that is listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The key of the company, or of the first where there are several.
    pub fn company_key(&self) -> &str {
        self.mock.config.companies.first().map_or(crate::DEFAULT_COMPANY_KEY, |company| &company.key)
    }

    fn first_company(&self) -> CompanyHandle<'_> {
        CompanyHandle::first(&self.mock)
    }

    /// The address of the widget for a session.
    pub fn widget_url(&self, token: &str) -> String {
        format!("{}/?session_token={}", self.url(), without_quotes(token))
    }

    /// The names of all scenarios.
    pub fn scenarios(&self) -> Vec<String> {
        self.mock.catalogue().scenarios.names().into_iter().map(str::to_owned).collect()
    }

    /// Finishes a session as a person in the widget would, with the outcome that its scenario says.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when there is no such session, it is finished already, or its token has expired.
    pub fn finish(&self, token: &str) -> Result<(), FinishError> {
        self.mock.finish(without_quotes(token), FinishRequest::default()).map(|_| ())
    }

    /// Finishes a session in a way of its own: with an [`crate::Outcome`] or a [`Verdict`], which stands in for all that
    /// its scenario says the finish brings about, or with the answers of the person ([`FinishRequest`]). Stages behind come as
    /// ever.
    ///
    /// # Errors
    ///
    /// As [`MockServer::finish`], and when the answers do not fit the questions, or a reason goes with no rejection.
    pub fn finish_as(&self, token: &str, finish: impl Into<FinishRequest>) -> Result<(), FinishError> {
        self.mock.finish(without_quotes(token), finish.into()).map(|_| ())
    }

    /// Notes that the person came to a step of the widget, named by its key or its type: `agreement`, `document`, `face`,
    /// another that flags add, or a step of the call.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when there is no such session or step, or nothing more to do for a person.
    pub fn reach_step(&self, token: &str, step: &str) -> Result<(), FinishError> {
        self.mock.reach(without_quotes(token), step)
    }

    /// Decides about a session as the vendor's operator would: an [`crate::Outcome`], or a [`Verdict`] that says more. It
    /// is one more stage that has come, or stands in for the one that waits for it (`when: operator`); stages behind come
    /// as ever.
    ///
    /// # Errors
    ///
    /// [`DecisionError`] when there is no such session, or the verdict does not go together.
    pub fn decide(&self, token: &str, verdict: impl Into<Verdict>) -> Result<(), DecisionError> {
        self.mock.decide(without_quotes(token), Some(&verdict.into()))
    }

    /// Gives the decision that the session's scenario waits for (`when: operator`), as it says.
    ///
    /// # Errors
    ///
    /// [`DecisionError`] when there is no such session, or its scenario does not wait for a decision now.
    pub fn decide_as_scripted(&self, token: &str) -> Result<(), DecisionError> {
        self.mock.decide(without_quotes(token), None)
    }

    /// Puts a picture or video into a session, as the person would. When they are through, it is served as it is
    /// instead of what would be drawn. Of a general document it is the first page.
    ///
    /// # Errors
    ///
    /// [`UploadError`] when there is no such session, or the file is too large.
    #[cfg(feature = "media")]
    pub fn upload(&self, token: &str, kind: MediaKind, bytes: impl Into<Vec<u8>>) -> Result<(), UploadError> {
        self.mock.upload(without_quotes(token), kind, 1, bytes.into())
    }

    /// As [`MockServer::upload`], of a page of a general document, from 1.
    ///
    /// # Errors
    ///
    /// As [`MockServer::upload`].
    #[cfg(feature = "media")]
    pub fn upload_page(&self, token: &str, page: u32, bytes: impl Into<Vec<u8>>) -> Result<(), UploadError> {
        self.mock.upload(without_quotes(token), MediaKind::GeneralDocument, page, bytes.into())
    }

    /// The token of the session that this one is a part of: the `parent_session_id` that it was begun with.
    pub fn parent(&self, token: &str) -> Option<String> {
        self.mock.parent(without_quotes(token)).map(|parent| parent.to_string())
    }

    /// The tokens of the sessions that are parts of this one, in the order in which they began. Deleted ones are not
    /// among them.
    pub fn children(&self, token: &str) -> Vec<String> {
        self.mock.children(without_quotes(token)).iter().map(ToString::to_string).collect()
    }

    /// Lets the next session of the (first) company that does not ask for a scenario take this one: a name, or a
    /// [`crate::Scenario`] that nobody else can ask for.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] when there is no such scenario, or the one that was built cannot be.
    pub fn queue_scenario(&self, scenario: impl Into<ScenarioChoice>) -> Result<(), ScenarioError> {
        self.first_company().queue_scenario(scenario)
    }

    /// As [`MockServer::queue_scenario`], for as many sessions as there are scenarios.
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

    /// The sessions of the (first) company as they stand, in the order in which they began.
    pub fn sessions(&self) -> Vec<SessionInfo> {
        self.first_company().sessions()
    }

    /// The session of the (first) company that began last, whose token only the app under test may know.
    pub fn last_session(&self) -> Option<SessionInfo> {
        self.first_company().last_session()
    }

    /// One company, to steer it alone. Where any key may call, it comes to be now if need be; to steer it counts as a call.
    ///
    /// # Errors
    ///
    /// [`UnknownCompany`] when no company has that key.
    pub fn company(&self, key: &str) -> Result<CompanyHandle<'_>, UnknownCompany> {
        CompanyHandle::new(&self.mock, key)
    }

    /// How many companies that came to be at their first call have gone since.
    pub fn evicted_companies(&self) -> u64 {
        self.mock.tenants.eviction_count(uptime())
    }

    /// Moves every company's clock on, so that nobody has to wait for times in scenarios and for expiry; answers what
    /// fell due, company by company in the order of time.
    pub fn advance(&self, by: Duration) -> Vec<DueEvent> {
        self.mock.advance_all(by)
    }

    /// Lets something go wrong with the next calls, of whichever company.
    pub fn add_fault(&self, fault: Fault) {
        self.mock.faults.add(fault, self.mock.clock.now());
    }

    /// The faults in force: those on every company, then each company's own, in the order in which they were added. Those
    /// of scenarios are not among them.
    pub fn faults(&self) -> Vec<FaultInfo> {
        self.mock.all_faults()
    }

    /// Ends a fault that [`MockServer::add_fault`] began; false when there is none of that name any more.
    pub fn remove_fault(&self, name: &str) -> bool {
        self.mock.faults.remove(name)
    }

    /// The vocabulary of the control API for this mock, as `MockClient` has it for one in another process.
    pub fn control(&self) -> Control {
        Control::in_process(http::control(self.mock.clone()))
    }

    /// What the code under test has met since everything was reset, and what never: outcomes, reject reasons, errors, faults
    /// and races.
    pub fn coverage(&self) -> Coverage {
        self.mock.coverage(None, false)
    }

    /// Reads scenarios and fixtures again, for sessions that begin from now on.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when a file is broken; everything stays as it was then.
    pub fn reload(&self) -> Result<(), ConfigError> {
        self.mock.reload()
    }

    #[cfg(feature = "cli")]
    pub(crate) fn mock(&self) -> &Arc<MockService> {
        &self.mock
    }
}

/// Looks now and then whether companies have been idle for too long: they go whether or not somebody calls.
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

/// One short line: a test that fails prints it.
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

/// The URL of a server that listens on `address`, for clients on the same machine.
///
/// A server that listens on all addresses is reached on the loopback one; nobody can connect to `0.0.0.0`.
pub(crate) fn local_url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{address}")
}
