//! Why a server does not start.

use std::{io, net::SocketAddr};

use crate::mock::ConfigError;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting is wrong, or a file is broken.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another with --host and --port (port 0 picks a free one)")]
    Bind {
        /// Host and port.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// There is no certificate.
    #[error("{0}")]
    Tls(String),
    /// There is no runtime for the blocking variant.
    #[error("cannot start a runtime: {0}")]
    Runtime(io::Error),
}
