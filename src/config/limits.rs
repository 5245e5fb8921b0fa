//! How much the server takes.

/// What a call may carry. More is answered with `argumentError`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The bytes of a body that is not multipart: 1 MiB.
    pub body: usize,
    /// The bytes of a multipart body: 16 MiB.
    pub multipart_body: usize,
    /// The parts of a multipart body: 100.
    pub parts: usize,
    /// How deep JSON may be nested: 32; at most [`Limits::DEEPEST`].
    pub depth: usize,
    /// The bytes of a file that comes into a session: 16 MiB.
    pub upload: usize,
    /// The bytes of all files of a session: 64 MiB.
    pub session_uploads: usize,
    /// The bytes of all files of all sessions: 512 MiB.
    pub uploads: usize,
}

impl Limits {
    /// The deepest nesting that can be set.
    pub const DEEPEST: usize = 100;
}

impl Default for Limits {
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
