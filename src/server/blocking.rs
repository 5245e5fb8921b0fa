//! The harness for tests without an async runtime. Its verbs block the calling thread.

use std::{fmt, net::SocketAddr, ops::Deref};

#[cfg(feature = "client")]
use super::client::Connecting;
use super::{
    StartError,
    builder::MockServerBuilder,
    control::{Control as Async, ControlError},
    events::EventReader,
    runtime::MockRuntime,
};
use crate::config::Config;

/// Blocking variant of [`crate::MockServer`]. Its verbs are those of [`Control`], to which it dereferences.
///
/// ```
/// use identomat_mock::blocking::MockServer;
///
/// let mock = MockServer::start();
/// assert!(mock.widget_url("abc").ends_with("/?session_token=abc"));
/// ```
#[must_use = "the server stops when it is dropped"]
pub struct MockServer {
    control: Control,
    server: super::MockServer,
    runtime: MockRuntime,
}

impl MockServer {
    /// Starts a mock with the default settings on a free port of the loopback address.
    ///
    /// # Panics
    ///
    /// If it cannot start; [`MockServerBuilder::start_blocking`] returns an error instead.
    #[track_caller]
    pub fn start() -> Self {
        match Self::builder().start_blocking() {
            Ok(started) => started,
            Err(error) => panic!("the mock does not start: {error}"),
        }
    }

    /// Returns a builder for a mock with other settings; call [`MockServerBuilder::start_blocking`] on it.
    pub fn builder() -> MockServerBuilder {
        MockServerBuilder::new()
    }

    pub(super) fn serve(config: Config) -> Result<Self, StartError> {
        let runtime = MockRuntime::start().map_err(StartError::Runtime)?;
        let served = runtime.block_on(super::MockServer::serve(config, runtime.clone()));
        let server = served.map_err(|_| StartError::RuntimeEnded)??;
        Ok(Self { control: Control((*server).clone()), server, runtime })
    }

    /// As [`crate::MockServer::shutdown`].
    pub fn shutdown(self) {
        let Self { server, runtime, .. } = self;
        let _ = runtime.block_on(server.shutdown());
    }

    /// As [`crate::MockServer::secure_urls`].
    pub fn secure_urls(&self) -> Vec<String> {
        self.server.secure_urls()
    }

    /// As [`crate::MockServer::local_url`].
    pub fn local_url(&self) -> String {
        self.server.local_url()
    }

    /// As [`crate::MockServer::address`].
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// As [`crate::MockServer::reload`].
    ///
    /// # Errors
    ///
    /// [`StartError`] if a file is invalid; nothing changes then.
    pub fn reload(&self) -> Result<(), StartError> {
        self.server.reload()
    }
}

impl fmt::Debug for MockServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.server.fmt(f)
    }
}

impl Deref for MockServer {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}

/// Blocking variant of [`crate::Control`].
///
/// ```
/// use identomat_mock::{Outcome, blocking::MockServer};
/// use serde_json::json;
///
/// let mock = MockServer::start();
/// let session = mock.begin(json!({})).unwrap();
/// mock.finish_as(&session.token, Outcome::Rejected).unwrap();
/// assert_eq!(mock.session(&session.token).unwrap().session.current_result, "REJECTED");
/// ```
#[derive(Clone)]
pub struct Control(pub(super) Async);

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Control {
    /// As [`crate::Control::company`].
    pub fn company(&self, key: impl Into<String>) -> Self {
        Self(self.0.company(key))
    }

    /// As [`crate::Control::url`].
    pub fn url(&self) -> &str {
        self.0.url()
    }

    /// As [`crate::Control::company_key`].
    pub fn company_key(&self) -> &str {
        self.0.company_key()
    }

    /// As [`crate::Control::widget_url`].
    pub fn widget_url(&self, token: &str) -> String {
        self.0.widget_url(token)
    }

    /// As [`crate::Control::events`].
    ///
    /// # Errors
    ///
    /// As [`crate::Control::events`].
    pub fn events(&self) -> Result<EventReader<Self>, ControlError> {
        let runtime = self.0.runtime();
        let source = runtime.block_on(self.0.event_source()).unwrap_or_else(|ended| Err(ended.into()))?;
        Ok(EventReader::new(runtime.clone(), source))
    }
}

/// Blocking variant of [`crate::MockClient`]. Its verbs are those of [`Control`], to which it dereferences. Needs the
/// feature `client`.
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
        Connecting::new(url, None)?.connect_blocking().map(|control| Self(Control(control)))
    }

    /// Connects as [`MockClient::connect`], with the mock's token (`--admin-token`).
    ///
    /// # Errors
    ///
    /// As [`MockClient::connect`].
    pub fn connect_with_token(url: &str, token: &str) -> Result<Self, ControlError> {
        Connecting::new(url, Some(token))?.connect_blocking().map(|control| Self(Control(control)))
    }
}

#[cfg(feature = "client")]
impl Deref for MockClient {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.0
    }
}
