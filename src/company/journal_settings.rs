//! What is remembered of calls.

/// What is remembered of calls, for whoever looks at them afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalSettings {
    /// Whether anything is: yes.
    pub enabled: bool,
    /// How many calls of each company are: 1,000. The oldest make room.
    pub calls: usize,
    /// How many bytes all of these take: 2 MiB.
    pub bytes: usize,
    /// How many bytes all calls and events of all companies take together: 256 MiB. The oldest make room.
    pub total: usize,
    /// How many bytes of one body, and of one answer: 16 KiB.
    pub body: usize,
    /// Whether company keys and signatures are shown in full: no.
    pub secrets: bool,
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self { enabled: true, calls: 1000, bytes: 2 << 20, total: 256 << 20, body: 16 << 10, secrets: false }
    }
}

impl JournalSettings {
    /// How many events besides calls are remembered of each company.
    pub(crate) fn events(&self) -> usize {
        self.calls.saturating_mul(4)
    }

    /// Says which of these settings cannot be.
    ///
    /// # Errors
    ///
    /// A message that names the flag, and says what is allowed.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self.calls {
            0 => Err("--journal-calls: 0 would record no calls; use --no-journal instead".into()),
            _ if self.total == 0 => Err("--journal-total: 0 would record nothing; use --no-journal instead".into()),
            _ => Ok(()),
        }
    }
}
