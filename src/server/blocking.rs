//! The harness for tests without an async runtime.

use std::{fmt, ops::Deref};

use tokio::runtime::{Builder, Runtime};

use super::{StartError, builder::MockServerBuilder};
use crate::config::Config;

/// A running mock with a runtime of its own. It stops when it is dropped.
///
/// Everything but starting is as in [`crate::MockServer`], which it dereferences to.
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
    runtime: Option<Runtime>,
}

impl MockServer {
    /// Starts a mock with the default settings on a free port of the loopback address.
    ///
    /// # Panics
    ///
    /// When it cannot start; [`MockServerBuilder::start_blocking`] answers an error instead.
    pub fn start() -> Self {
        Self::builder().start_blocking().expect("a mock with default settings starts")
    }

    /// Starts a mock with other settings; call [`MockServerBuilder::start_blocking`] on it.
    pub fn builder() -> MockServerBuilder {
        MockServerBuilder::new()
    }

    pub(super) fn serve(config: Config) -> Result<Self, StartError> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(StartError::Runtime)?;
        let server = runtime.block_on(super::MockServer::serve(config))?;
        Ok(Self { server, runtime: Some(runtime) })
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

impl Drop for MockServer {
    fn drop(&mut self) {
        // Does not wait, so that it may be dropped anywhere.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
