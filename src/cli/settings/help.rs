//! The settings in the help of the commands.

use clap::{Args, Command};

use super::SettingsArgs;

/// The groups of settings, each with the id of its first setting.
const GROUPS: [(&str, &str); 8] = [
    ("host", "Server"),
    ("company_key", "Companies"),
    ("scenario", "Scenarios and time"),
    ("dialect", "Responses"),
    ("return_url_token", "Widget"),
    ("max_body", "Limits"),
    ("no_admin", "Control API and journal"),
    ("config", "Files and log"),
];

/// The settings that belong to a command, by id. It takes all settings; its help shows only these.
const OF_COMMANDS: [(&str, &[&str]); 3] = [
    ("check", &["scenario", "outcome_trigger", "scenarios", "no_builtin_scenarios", "fixtures", "config"]),
    ("scenarios", &["scenarios", "no_builtin_scenarios", "config"]),
    ("scenario", &["scenarios", "no_builtin_scenarios", "config"]),
];

/// Groups the settings of a command line, in each command that has all of them.
pub(in crate::cli) fn in_groups(command: Command) -> Command {
    let settings = SettingsArgs::augment_args(Command::new("settings"));
    let ids: Vec<_> = settings.get_arguments().map(|argument| argument.get_id().clone()).collect();
    let has_all = ids.iter().all(|id| command.get_arguments().any(|argument| argument.get_id() == id));
    let shown = OF_COMMANDS.into_iter().find(|(name, _)| *name == command.get_name()).map(|(_, shown)| shown);
    let mut group = None;
    let command = command.mut_args(|argument| {
        let id = argument.get_id();
        if !has_all || !ids.contains(id) {
            return argument;
        }
        group = GROUPS.iter().find(|(first, _)| id == first).map(|(_, name)| *name).or(group);
        let is_hidden = shown.is_some_and(|shown| !shown.contains(&id.as_str()));
        argument.help_heading(group).hide(is_hidden)
    });
    let command = match shown {
        Some(_) => command.after_help("All settings of the server are accepted: `identomat-mock --help` lists them."),
        None => command,
    };
    command.mut_subcommands(in_groups)
}
