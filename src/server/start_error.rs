//! Errors of starting a server.

use std::{fmt, io, net::SocketAddr};

use super::rust_names::in_rust;
use crate::{mock::ConfigError, problem::debug_as_display};

/// The reason a server does not start. `Debug` prints the message, too, so that `unwrap` shows it. A setting is named
/// as [`crate::MockServerBuilder::settings`] sets it: `config.max_sessions`.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting or a file is invalid.
    Config(#[from] ConfigError),
    /// The address cannot be bound.
    Bind {
        /// Host and port.
        address: SocketAddr,
        /// The error of the system.
        source: io::Error,
    },
    /// The certificate cannot be created.
    Tls(String),
    /// The threads of the mock cannot be created.
    Runtime(io::Error),
    /// The runtime ended before the mock was ready.
    RuntimeEnded,
}

impl StartError {
    /// Returns the message for the command line, which names flags.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Config(error) => error.to_string(),
            Self::Bind { address, source } => format!(
                "cannot listen on {address}: {source}; choose another with --host and --port (port 0 picks a free one)"
            ),
            Self::Tls(problem) => problem.clone(),
            Self::Runtime(error) => format!("cannot start a thread: {error}"),
            Self::RuntimeEnded => "the runtime ended before the mock was ready".to_owned(),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&in_rust(&self.message()))
    }
}

debug_as_display!(StartError);
