//! The commands, and reading a command line.

use std::ffi::OsString;

use clap::{
    CommandFactory, FromArgMatches, Parser, Subcommand,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::{
    ca::CaArgs,
    check::CheckArgs,
    demo::DemoArgs,
    health::HealthArgs,
    manual::{CompletionsArgs, ManArgs},
    scenarios::{NewArgs, ScenarioArgs, ScenariosArgs},
    schema::SchemaArgs,
    settings::{SettingsArgs, fit_to_commands, value_without_equals_sign},
};

/// A mock of the Identomat identity-verification service, for tests and laptops.
///
/// Without a command it serves. Every setting is a flag, an environment variable and a key of the config file; the flag
/// overrides the variable, the variable overrides the file.
#[derive(Debug, Parser)]
#[command(name = "identomat-mock", version)]
pub(super) struct CommandLine {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) settings: SettingsArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve until SIGTERM or Ctrl-C (the default)
    Serve {
        #[command(flatten)]
        settings: Box<SettingsArgs>,
    },
    /// Serve, and print the URL of a page that embeds the widget and shows every message and call
    Demo(DemoArgs),
    /// Check whether a running server is ready; the exit status is 0 if it is, otherwise 1
    #[command(
        after_help = "If nothing names the server, the one running on this machine or in this container is asked (on \
                      Linux), otherwise the default address."
    )]
    Health(HealthArgs),
    /// Validate scenario, fixture and config files; the exit status is 1 if there is a problem
    Check(CheckArgs),
    /// List the scenarios with their source and description
    Scenarios(ScenariosArgs),
    /// Print a scenario, as a start for your own
    Scenario(ScenarioArgs),
    /// Print the JSON Schema of a kind of file, for editors
    Schema(SchemaArgs),
    /// Write a commented file, as a start for your own
    #[command(subcommand)]
    New(NewArgs),
    /// The certificate authority of `--tls`
    #[command(subcommand)]
    Ca(CaArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man(ManArgs),
}

impl CommandLine {
    /// Reads a command line, which begins with the name of the program.
    pub(super) fn read(arguments: Vec<OsString>) -> Result<Self, clap::Error> {
        let mut command = Self::definition();
        let matches = command.try_get_matches_from_mut(&arguments);
        matches.and_then(|matches| Self::from_arg_matches(&matches)).map_err(|error| {
            let is_unknown = matches!(error.kind(), ErrorKind::InvalidSubcommand | ErrorKind::UnknownArgument);
            let unknown = [ContextKind::InvalidSubcommand, ContextKind::InvalidArg].map(|kind| error.get(kind));
            let advice = unknown.into_iter().flatten().find_map(|unknown| match unknown {
                ContextValue::String(unknown) if is_unknown => value_without_equals_sign(&arguments, unknown),
                _ => None,
            });
            advice.map_or(error, |advice| command.error(ErrorKind::InvalidValue, advice))
        })
    }

    /// Returns the definition of the command line, whose commands show the settings that belong to them.
    pub(super) fn definition() -> clap::Command {
        fit_to_commands(Self::command())
    }
}
