//! Errors of starting a server.

use std::{io, net::SocketAddr};

use crate::mock::ConfigError;

/// The reason a server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting or a file is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address cannot be bound.
    #[error("cannot listen on {address}: {source}; choose another with --host and --port (port 0 picks a free one)")]
    Bind {
        /// Host and port.
        address: SocketAddr,
        /// The error of the system.
        source: io::Error,
    },
    /// The certificate cannot be created.
    #[error("{0}")]
    Tls(String),
    /// The threads of the mock cannot be created.
    #[error("cannot start a thread: {0}")]
    Runtime(io::Error),
    /// The runtime ended before the mock was ready.
    #[error("the runtime ended before the mock was ready")]
    RuntimeEnded,
}
