//! Settings of the journal.

/// Settings of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalSettings {
    /// Whether calls and events are recorded: yes.
    pub enabled: bool,
    /// Maximum number of calls of a company: 1,000. The oldest are evicted.
    pub calls: usize,
    /// Maximum size of the calls of a company: 2 MiB.
    pub bytes: usize,
    /// Maximum size of all calls and events of all companies: 256 MiB. The oldest are evicted.
    pub total: usize,
    /// Maximum size of a recorded body, and of a recorded response: 16 KiB.
    pub body: usize,
    /// Whether company keys and signatures are shown unmasked: no.
    pub secrets: bool,
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self { enabled: true, calls: 1000, bytes: 2 << 20, total: 256 << 20, body: 16 << 10, secrets: false }
    }
}

impl JournalSettings {
    /// Returns the maximum number of events of a company.
    pub(crate) fn events(&self) -> usize {
        self.calls.saturating_mul(4)
    }

    /// Validates these settings.
    ///
    /// # Errors
    ///
    /// A message with the flag, the problem and the remedy.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self.calls {
            0 => Err("--journal-calls: 0 would record no calls; use --no-journal instead".into()),
            _ if self.total == 0 => Err("--journal-total: 0 would record nothing; use --no-journal instead".into()),
            _ => Ok(()),
        }
    }
}
