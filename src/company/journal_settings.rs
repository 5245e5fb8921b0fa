//! Settings of the journal.

use crate::problem::Problem;

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
    /// [`Problem`] of a setting.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        match self.calls {
            0 => Err(Problem::of_setting("journal-calls", "0 would record no calls; use --no-journal instead")),
            _ if self.total == 0 => {
                Err(Problem::of_setting("journal-total", "0 would record nothing; use --no-journal instead"))
            }
            _ => Ok(()),
        }
    }
}
