//! Settings of the journal.

use crate::{
    problem::Problem,
    settings::{Count, Off, Size, Switch, settings},
};

settings! {
    /// Settings of the journal.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct JournalSettings {
        "Control API and journal" {
            /// Disable the journal: calls cannot be listed, counted or waited for
            enabled ("no-journal"): bool as Off = "false";

            /// Maximum number of calls in the journal of a company
            calls ("journal-calls"): usize as Count = "1000";

            /// Maximum size of the calls in the journal of a company
            bytes ("journal-bytes"): usize as Size = "2MiB";

            /// Maximum size of all journals together, calls and events; the oldest are evicted
            total ("journal-total"): usize as Size = "256MiB";

            /// How much of a body, and of a response, the journal keeps
            body ("journal-body"): usize as Size = "16KiB";

            /// Show company keys and signatures in the journal in full, instead of masking them
            secrets ("journal-secrets"): bool as Switch;
        }
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
            0 => {
                Err(Problem::of_setting("journal-calls", "with 0 no call would be recorded; use --no-journal instead"))
            }
            _ if self.total == 0 => {
                Err(Problem::of_setting("journal-total", "with 0 nothing would be recorded; use --no-journal instead"))
            }
            _ => Ok(()),
        }
    }
}
