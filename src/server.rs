//! The server: binding, serving and stopping, with the test harness on top.

#[cfg(feature = "tls")]
mod authority;
mod builder;
mod calls;
#[cfg(feature = "client")]
mod client;
mod connection;
mod connections;
mod control;
mod events;
mod listen;
pub(crate) mod runtime;
mod rust_names;
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
    ops::Deref,
    panic::Location,
    sync::Arc,
    time::Duration,
};

use tokio::{sync::oneshot, task::JoinHandle};

#[cfg(feature = "client")]
pub use self::client::MockClient;
pub use self::{
    builder::MockServerBuilder,
    calls::CallQuery,
    control::{Control, ControlError},
    events::{EventReader, MockEvent},
    expect::{ExpectationGuard, ExpectedCalls},
    start_error::StartError,
    waiting::SessionWait,
};
use self::{
    control::{ControlTransport, ControlledMock},
    expect::OpenExpectations,
    runtime::{BoxTask, MockRuntime},
};
use crate::{clock::uptime, config::Config, http::Routes, mock::MockService};

/// A running mock. It is ready when it is created, and stops when it is dropped. Its verbs are those of [`Control`], to
/// which it dereferences.
///
/// It runs on a thread of its own, so a `static` can hold it for all tests. In a runtime whose time is paused
/// (`start_paused`), it runs in that runtime, so that its delays follow the paused time.
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
    control: Control,
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
    #[track_caller]
    pub fn start() -> impl Future<Output = Self> + Send {
        let caller = Location::caller();
        async move {
            let started = Self::builder().start().await;
            started.unwrap_or_else(|error| panic!("the mock of {caller} does not start: {error}"))
        }
    }

    /// Returns a builder for a mock with other settings.
    pub fn builder() -> MockServerBuilder {
        MockServerBuilder::new()
    }

    /// Loads the files of the settings, binds, and serves in the background of the current runtime, which is `runtime`.
    pub(crate) async fn serve(config: Config, runtime: MockRuntime) -> Result<Self, StartError> {
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
        let serving: BoxTask<()> = Box::pin(async move {
            tokio::select! {
                () = listen::serve(listener, routes, tls, (clients, grace), stopped) => {}
                () = idle => {}
            }
        });
        let serving = tokio::spawn(serving);
        let first_company = mock.config.companies.first().map_or(crate::DEFAULT_COMPANY_KEY, |company| &company.key);
        let control = Control::new(ControlledMock {
            url: match &mock.config.public_url {
                Some(url) => url.trim_end_matches('/').to_owned(),
                None => local_url(address),
            },
            first_company_key: first_company.to_owned(),
            expectations: OpenExpectations::default(),
            runtime,
            transport: ControlTransport::InProcess(mock.clone()),
        });
        Ok(Self { control, mock, address, stop: Some(stop), serving })
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

    /// Returns the base URL for clients on the same machine, without a trailing slash; [`Control::url`] is the public
    /// one.
    pub fn local_url(&self) -> String {
        local_url(self.address)
    }

    /// Returns the listening address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Reloads scenarios and fixtures, for sessions that begin afterwards.
    ///
    /// # Errors
    ///
    /// [`StartError`] if a file is invalid; nothing changes then.
    pub fn reload(&self) -> Result<(), StartError> {
        Ok(self.mock.reload()?)
    }

    #[cfg(feature = "cli")]
    pub(crate) fn mock(&self) -> &Arc<MockService> {
        &self.mock
    }
}

impl Deref for MockServer {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
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
        f.debug_struct("MockServer")
            .field("url", &self.url())
            .field("company_key", &self.company_key())
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
