//! Limits and timeouts of the server.

use std::time::Duration;

use super::forms::Depth;
use crate::{
    json_text,
    settings::{Count, Size, Time, settings},
};

settings! {
    /// Limits of a request. Beyond them the response is `argumentError`. Sizes are in bytes.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct RequestLimits {
        "Limits" {
            /// Maximum size of a body that is not multipart, and of a text part of a multipart body
            body ("max-body"): usize as Size = "1MiB";

            /// Maximum size of a multipart body
            multipart_body ("max-multipart-body"): usize as Size = "16MiB";

            /// Maximum number of parts of a multipart body
            parts ("max-parts"): usize as Count = "100";

            /// Maximum nesting of JSON, up to 64
            depth ("max-depth"): usize as Depth = "32";

            /// Maximum size of one picture or video that is uploaded to a session
            upload ("max-upload"): usize as Size = "16MiB";

            /// Maximum size of all uploads of one session
            session_uploads ("max-session-uploads"): usize as Size = "64MiB";

            /// Maximum size of all uploads of all sessions
            uploads ("max-uploads"): usize as Size = "512MiB";
        }
    }
}

impl RequestLimits {
    /// The largest allowed `depth`.
    pub const MAX_DEPTH: usize = json_text::MAX_DEPTH;
}

settings! {
    /// Timeouts of clients, and their maximum number.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct ClientLimits {
        "Limits" {
            /// Timeout for the head of a request, from its first byte
            head ("head-timeout"): Duration as Time = "10s";

            /// Timeout for the body of a request
            body ("body-timeout"): Duration as Time = "30s";

            /// Timeout for a connection without a request
            idle ("idle-timeout"): Duration as Time = "75s";

            /// Maximum number of open connections; the connection idle longest is closed first
            connections ("max-connections"): usize as Count = "16000";

            /// Memory limit for partially received requests; the oldest is aborted when it is exceeded
            incomplete_bytes ("max-incomplete-bytes"): usize as Size = "256MiB";
        }
    }
}

impl ClientLimits {
    /// Returns the maximum number of waiting and listening clients: 10,000, and at most three quarters of the
    /// connections, so that other clients can connect.
    pub(crate) fn waiting(&self) -> usize {
        const MAX_WAITING: usize = 10_000;
        (self.connections - self.connections / 4).min(MAX_WAITING)
    }
}
