//! Limits and timeouts of the server.

use std::time::Duration;

use crate::json_text;

/// Limits of a request. Beyond them the response is `argumentError`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestLimits {
    /// Maximum bytes of a body that is not multipart: 1 MiB.
    pub body: usize,
    /// Maximum bytes of a multipart body: 16 MiB.
    pub multipart_body: usize,
    /// Maximum parts of a multipart body: 100.
    pub parts: usize,
    /// Maximum nesting of JSON: 32, up to [`RequestLimits::MAX_DEPTH`].
    pub depth: usize,
    /// Maximum bytes of an upload: 16 MiB.
    pub upload: usize,
    /// Maximum bytes of all uploads of a session: 64 MiB.
    pub session_uploads: usize,
    /// Maximum bytes of all uploads of all sessions: 512 MiB.
    pub uploads: usize,
}

impl RequestLimits {
    /// The largest allowed `depth`.
    pub const MAX_DEPTH: usize = json_text::MAX_DEPTH;
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            multipart_body: 16 << 20,
            parts: 100,
            depth: 32,
            upload: 16 << 20,
            session_uploads: 64 << 20,
            uploads: 512 << 20,
        }
    }
}

/// Timeouts of clients, and their maximum number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientLimits {
    /// Timeout for the head of a request, from its first byte: 10 seconds.
    pub head: Duration,
    /// Timeout for the body of a request: 30 seconds.
    pub body: Duration,
    /// Timeout for a connection without a request: 75 seconds.
    pub idle: Duration,
    /// Maximum number of open connections: 16,000. The connection idle longest is closed first.
    pub connections: usize,
    /// Memory limit for partially received requests: 256 MiB. The oldest request is aborted if the limit is exceeded.
    pub incomplete_bytes: usize,
}

impl ClientLimits {
    /// Returns the maximum number of waiting and listening clients: 10,000, and at most three quarters of the
    /// connections, so that other clients can connect.
    pub(crate) fn waiting(&self) -> usize {
        const MAX_WAITING: usize = 10_000;
        (self.connections - self.connections / 4).min(MAX_WAITING)
    }
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            body: Duration::from_secs(30),
            idle: Duration::from_secs(75),
            connections: 16_000,
            incomplete_bytes: 256 << 20,
        }
    }
}
