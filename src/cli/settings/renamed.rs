//! Settings that have a new name. The old flag, variable and key are read for one release, with a warning.

use clap::Command;

use super::SettingsArgs;
use crate::data_file::{Renamed, rename_advice};

/// A setting with a new name.
pub(super) struct RenamedSetting {
    /// Old and new key in the config file, which is the flag without its dashes.
    pub(super) key: Renamed,
    variable: Renamed,
}

pub(super) const RENAMED: [RenamedSetting; 3] = [
    RenamedSetting {
        key: ("finish", "outcome-trigger"),
        variable: ("IDENTOMAT_MOCK_FINISH", "IDENTOMAT_MOCK_OUTCOME_TRIGGER"),
    },
    RenamedSetting {
        key: ("done-patience", "done-timeout"),
        variable: ("IDENTOMAT_MOCK_DONE_PATIENCE", "IDENTOMAT_MOCK_DONE_TIMEOUT"),
    },
    RenamedSetting {
        key: ("max-unfinished", "max-incomplete-bytes"),
        variable: ("IDENTOMAT_MOCK_MAX_UNFINISHED", "IDENTOMAT_MOCK_MAX_INCOMPLETE_BYTES"),
    },
];

impl RenamedSetting {
    /// Whether the old variable counts: it is set, and the new one is not.
    fn has_old_variable(&self) -> bool {
        let (old, new) = self.variable;
        std::env::var_os(old).is_some() && std::env::var_os(new).is_none()
    }

    /// Whether the command line has the old flag.
    fn has_old_flag(&self) -> bool {
        let is_old = |argument: &str| {
            let name = argument.strip_prefix("--").map(|flag| flag.split_once('=').map_or(flag, |(name, _)| name));
            name == Some(self.key.0)
        };
        std::env::args_os().skip(1).any(|argument| argument.to_str().is_some_and(is_old))
    }
}

/// Lets the command line take the old flags and variables.
pub(in crate::cli) fn with_old_names(command: Command) -> Command {
    let command = command.mut_args(|argument| {
        let setting = RENAMED.iter().find(|setting| argument.get_long() == Some(setting.key.1));
        let Some(setting) = setting else { return argument };
        let argument = argument.alias(setting.key.0);
        if setting.has_old_variable() { argument.env(setting.variable.0) } else { argument }
    });
    command.mut_subcommands(with_old_names)
}

/// Whether the variable is an old name.
pub(in crate::cli) fn is_renamed(variable: &str) -> bool {
    RENAMED.iter().any(|setting| setting.variable.0 == variable)
}

/// Logs the old flags, variables and keys that are in use.
pub(in crate::cli) fn warn_of_renamed(settings: &SettingsArgs) {
    for setting in &RENAMED {
        if setting.has_old_flag() {
            let (old, new) = (format!("--{}", setting.key.0), format!("--{}", setting.key.1));
            tracing::warn!("{}", rename_advice((&old, &new)));
        }
        if std::env::var_os(setting.variable.0).is_some() {
            tracing::warn!("{}", rename_advice(setting.variable));
        }
    }
    settings.renamed_keys.iter().for_each(|warning| tracing::warn!("{warning}"));
}
