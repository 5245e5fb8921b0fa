//! Environment variables that look like settings, but are none.

use std::ffi::OsString;

use clap::{Command, CommandFactory};

use super::{
    CommandLine,
    settings::{in_groups, is_renamed, with_old_variables},
};

/// The prefix of all variables of the mock.
const PREFIX: &str = "IDENTOMAT_MOCK_";

/// Returns the command line with grouped settings, and without the variable of the port if an orchestrator has set it.
pub(super) fn command_line() -> Command {
    let command = with_old_variables(in_groups(CommandLine::command()));
    let is_taken = std::env::var("IDENTOMAT_MOCK_PORT").is_ok_and(|value| is_injected("PORT", &value));
    if is_taken { without_port_variable(command) } else { command }
}

fn without_port_variable(command: Command) -> Command {
    let command = command.mut_args(|argument| match argument.get_id().as_str() {
        "port" => argument.env(None),
        _ => argument,
    });
    command.mut_subcommands(without_port_variable)
}

/// Whether Kubernetes sets this variable (without the prefix) for a service called identomat-mock:
/// `IDENTOMAT_MOCK_PORT=tcp://10.0.0.1:8080`, and others about its host and ports.
fn is_injected(name: &str, value: &str) -> bool {
    let is_address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let is_about_port = name.starts_with("PORT_") && ["_TCP", "_UDP", "_SCTP"].iter().any(|part| name.contains(part));
    (name == "PORT" && is_address) || is_about_port || name == "SERVICE_HOST" || name.starts_with("SERVICE_PORT")
}

/// Logs ignored variables. A misspelled one would otherwise be a setting that is silently not made.
pub(super) fn warn_of_unknown_variables() {
    let of_ours = |(name, value): (OsString, OsString)| {
        let name = name.to_string_lossy().strip_prefix(PREFIX)?.to_owned();
        Some((name, value.to_string_lossy().into_owned()))
    };
    let named: Vec<_> = std::env::vars_os().filter_map(of_ours).collect();
    if named.is_empty() {
        // Listing the known variables takes longer than the rest of the start.
        return;
    }
    let (injected, set): (Vec<_>, Vec<_>) = named.into_iter().partition(|(name, value)| is_injected(name, value));
    if !injected.is_empty() {
        let mut names: Vec<_> = injected.iter().map(|(name, _)| format!("{PREFIX}{name}")).collect();
        names.sort();
        tracing::warn!(
            "ignored environment variables that an orchestrator set for a service of this name: {}",
            names.join(", ")
        );
    }
    let command = CommandLine::command();
    let known: Vec<_> = command.get_arguments().filter_map(|argument| argument.get_env()).collect();
    for name in set.iter().map(|(name, _)| format!("{PREFIX}{name}")) {
        if !known.iter().any(|known| **known == *name.as_str()) && !is_renamed(&name) {
            tracing::warn!("unknown environment variable `{name}` is ignored");
        }
    }
}
