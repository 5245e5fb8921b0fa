//! Settings that have a new name. The old flag, variable and key are read for one release, with a warning.

use std::{env, ffi::OsStr};

use clap::Command;

use super::SettingsArgs;
use crate::tree::{OF_SETTINGS, Renamed, rename_advice};

/// The renamed environment variables.
const VARIABLES: [Renamed; 3] = [
    ("IDENTOMAT_MOCK_FINISH", "IDENTOMAT_MOCK_OUTCOME_TRIGGER"),
    ("IDENTOMAT_MOCK_DONE_PATIENCE", "IDENTOMAT_MOCK_DONE_TIMEOUT"),
    ("IDENTOMAT_MOCK_MAX_UNFINISHED", "IDENTOMAT_MOCK_MAX_INCOMPLETE_BYTES"),
];

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some()
}

/// Whether the command line has this flag.
fn has_flag(flag: &str) -> bool {
    let mut arguments = env::args_os().skip(1).filter_map(|argument| argument.into_string().ok());
    arguments.any(|argument| argument.split('=').next() == Some(flag))
}

/// Lets settings read their old variables. A new variable overrides the old one.
pub(in crate::cli) fn with_old_variables(command: Command) -> Command {
    let in_use = VARIABLES.iter().filter(|(old, new)| is_set(old) && !is_set(new));
    in_use.fold(command, |command, renamed| with_old_variable(command, *renamed))
}

fn with_old_variable(command: Command, (old, new): Renamed) -> Command {
    let command = command.mut_args(|argument| match argument.get_env() == Some(OsStr::new(new)) {
        true => argument.env(old),
        false => argument,
    });
    command.mut_subcommands(|command| with_old_variable(command, (old, new)))
}

/// Whether the variable is an old name.
pub(in crate::cli) fn is_renamed(variable: &str) -> bool {
    VARIABLES.iter().any(|(old, _)| *old == variable)
}

/// Logs the old flags, variables and keys that are in use.
pub(in crate::cli) fn warn_of_renamed(settings: &SettingsArgs) {
    let flags = OF_SETTINGS.map(|(old, new)| (format!("--{old}"), format!("--{new}")));
    let flags = flags.iter().filter(|(old, _)| has_flag(old)).map(|(old, new)| rename_advice((old, new)));
    let variables = VARIABLES.iter().filter(|(old, _)| is_set(old)).map(|renamed| rename_advice(*renamed));
    flags.chain(variables).chain(settings.renamed_keys.iter().map(ToString::to_string)).for_each(|advice| {
        tracing::warn!("{advice}");
    });
}
