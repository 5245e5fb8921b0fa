//! The settings as flags, and in the help of the commands.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use super::{ALL, SettingsArgs};
use crate::{
    settings::{FlagUse, Setting},
    tree::OF_SETTINGS,
};

/// The settings that belong to a command, by name. It takes all settings; its help shows only these.
const OF_COMMANDS: [(&str, &[&str]); 5] = [
    ("check", &["scenario", "outcome-trigger", "scenarios", "no-builtin-scenarios", "fixtures", "config"]),
    ("scenarios", &["scenarios", "no-builtin-scenarios", "config"]),
    ("scenario", &["scenarios", "no-builtin-scenarios", "config"]),
    ("health", &["ready-file", "host", "port", "config"]),
    ("export", &["tls-folder", "config"]),
];

impl Setting {
    /// Returns the help text on one line, without the default.
    pub(super) fn meaning(&self) -> String {
        self.declared.help.trim_start().to_owned()
    }

    /// Returns the default as the help shows it: a switch is off.
    pub(super) fn default(&self) -> Option<&'static str> {
        self.declared.default.filter(|_| !self.is_switch())
    }

    /// Returns the help text with the default.
    pub(in crate::cli) fn help(&self) -> String {
        let default = self.default().map(|default| format!(" [default: {default}]")).unwrap_or_default();
        self.meaning() + &default
    }

    fn to_arg(&'static self) -> Arg {
        let declared = &self.declared;
        let help = format!("{} [env: {}]", self.help(), self.variable());
        let check = move |text: &str| (declared.check)(text).map(|()| text.to_owned());
        let arg = Arg::new(self.name).long(self.name).value_name(declared.value).help(help);
        let old_names = OF_SETTINGS.iter().filter(|(_, new)| *new == self.name).map(|(old, _)| *old);
        let arg = arg.value_parser(check).help_heading(declared.section).aliases(old_names);
        match declared.flag_use {
            FlagUse::Value => arg,
            FlagUse::List => arg.action(ArgAction::Append).value_delimiter(','),
            FlagUse::Optional(alone) => arg.num_args(0..=1).require_equals(true).default_missing_value(alone),
        }
    }

    /// Whether it is on or off.
    pub(super) fn is_switch(&self) -> bool {
        self.declared.flag_use == FlagUse::Optional("true")
    }
}

impl Args for SettingsArgs {
    fn augment_args(command: Command) -> Command {
        command.args(ALL.iter().map(|setting| setting.to_arg()))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingsArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let texts = |setting: &&'static Setting| Some(matches.get_many(setting.name)?.cloned().collect());
        let given = ALL.iter().filter_map(|setting| Some((setting.name, texts(setting)?))).collect();
        Ok(Self { given, ..Self::default() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?.over(std::mem::take(self));
        Ok(())
    }
}

/// Hides the settings that do not belong to a command from its help.
pub(in crate::cli) fn fit_to_commands(command: Command) -> Command {
    let command = match OF_COMMANDS.iter().find(|(name, _)| *name == command.get_name()) {
        Some((_, shown)) => {
            let note = command.get_after_help().map(|note| format!("{note} ")).unwrap_or_default();
            let note = note + "All settings of the server are accepted: `identomat-mock --help` lists them.";
            let command = command.mut_args(|argument| {
                let is_setting = ALL.iter().any(|setting| *argument.get_id() == setting.name);
                let is_hidden = is_setting && !shown.contains(&argument.get_id().as_str());
                argument.hide(is_hidden)
            });
            command.after_help(note)
        }
        None => command,
    };
    command.mut_subcommands(fit_to_commands)
}

/// Returns the advice for a value that follows its flag without `=`, as in `--watch yes`, if the word that could not be
/// parsed is one.
pub(in crate::cli) fn value_without_equals_sign(arguments: &[OsString], unknown: &str) -> Option<String> {
    let (flag, value) = arguments.array_windows().find_map(|[flag, value]| {
        let (flag, value) = (flag.to_str()?, value.to_str()?);
        let name = flag.strip_prefix("--")?;
        let takes_equals_sign = |setting: &&&Setting| matches!(setting.declared.flag_use, FlagUse::Optional(_));
        ALL.iter().filter(takes_equals_sign).find(|setting| setting.name == name && value == unknown)?;
        Some((flag, value))
    })?;
    Some(format!("`{value}` is not read as the value of `{flag}`; write `{flag}={value}`"))
}
