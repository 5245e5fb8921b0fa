//! How much the server takes, and how long it waits.

use std::time::Duration;

use crate::json_text;

/// What a call may carry. More is answered with `argumentError`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestLimits {
    /// The bytes of a body that is not multipart: 1 MiB.
    pub body: usize,
    /// The bytes of a multipart body: 16 MiB.
    pub multipart_body: usize,
    /// The parts of a multipart body: 100.
    pub parts: usize,
    /// How deep JSON may be nested: 32; at most [`RequestLimits::MAX_DEPTH`].
    pub depth: usize,
    /// The bytes of a file that comes into a session: 16 MiB.
    pub upload: usize,
    /// The bytes of all files of a session: 64 MiB.
    pub session_uploads: usize,
    /// The bytes of all files of all sessions: 512 MiB.
    pub uploads: usize,
}

impl RequestLimits {
    /// The deepest nesting that can be set.
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

/// How long the server waits for clients, and how many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientLimits {
    /// How long the head of a request may take from its first byte on: 10 seconds.
    pub head: Duration,
    /// How long its body may take: 30 seconds.
    pub body: Duration,
    /// How long a connection stays open without a request: 75 seconds.
    pub idle: Duration,
    /// How many connections may be open: 16,000. The longest idle one makes room.
    pub connections: usize,
    /// The bytes of all requests that have not arrived in full: 256 MiB. The one that takes longest makes room.
    pub incomplete_bytes: usize,
}

impl ClientLimits {
    /// How many clients may wait for something to happen, or listen to what does: 10,000, and no more than three quarters
    /// of the connections, so that others can go on.
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
