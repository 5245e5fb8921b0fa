//! Every setting as a flag, an environment variable and a key of the config file.

mod environment;
mod file;
mod flags;
use std::{collections::BTreeMap, fmt, path::PathBuf, str::FromStr, sync::LazyLock};

use serde::Serialize;
use tracing::level_filters::LevelFilter;

use self::file::FileParts;
pub(super) use self::{
    environment::warn_of_variables,
    file::{FileSettings, warn_of_renamed},
    flags::{fit_to_commands, value_without_equals_sign},
};
use crate::{
    Company, Config,
    data_file::{FileProblem, LoadError},
    problem::Problem,
    settings::{FilePath, Setting, SettingValue, SettingWord, Settings, Switch, Word, settings},
};

settings! {
    /// The settings of the process around a server.
    #[derive(Debug, Clone)]
    pub(super) struct ProcessSettings {
        "Scenarios and time" {
            /// Reload scenarios, fixtures and the companies of the config file when the files change, as SIGHUP always
            /// does; sessions keep what they began with
            watch ("watch"): bool as Switch;
        }
        "Files and log" {
            /// YAML file of settings: each key is a flag without its dashes; `companies` and `faults` exist only here
            config ("config"): Option<PathBuf> as FilePath;

            /// File to write the base URL to when the server is ready; with `--public-url`, the local URL is in a
            /// second line; removed on exit
            ready_file ("ready-file"): Option<PathBuf> as FilePath;

            /// Write a coverage report to this file on exit: which outcomes, errors and races were exercised; a `JUnit`
            /// XML report goes to the file of the same name that ends with `.xml`
            coverage ("coverage"): Option<PathBuf> as FilePath;

            /// Format of the log and of the startup lines
            log_format ("log-format"): LogFormat as Word = "text";

            /// Log level: error, warn (refused calls and why), info, debug (every call of the vendor API and the
            /// widget), trace (control API calls, too) or off
            log_level ("log-level"): LogLevel as Word = "info";
        }
    }
}

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(super) enum LogFormat {
    #[default]
    Text,
    Json,
}

impl SettingWord for LogFormat {
    const VALUE: &'static str = "text|json";
}

impl FromStr for LogFormat {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(Problem::unknown_word(text, "a log format", ["text", "json"])),
        }
    }
}

/// The least important level that is logged, in any case.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(super) struct LogLevel(String);

pub(super) const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

impl SettingWord for LogLevel {
    const VALUE: &'static str = "LEVEL";
}

impl FromStr for LogLevel {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let is_level = LEVELS.iter().any(|level| level.eq_ignore_ascii_case(text));
        if is_level { Ok(Self(text.to_owned())) } else { Err(Problem::unknown_word(text, "a log level", LEVELS)) }
    }
}

/// All settings.
#[derive(Debug, Default)]
struct AllSettings {
    server: Config,
    process: ProcessSettings,
}

impl Settings for AllSettings {
    fn each(&mut self, visit: &mut dyn FnMut(&'static Setting, &mut dyn SettingValue)) {
        self.server.each(visit);
        self.process.each(visit);
    }
}

/// The declarations of all settings, by section.
pub(super) static ALL: LazyLock<Vec<&'static Setting>> = LazyLock::new(|| {
    let mut declared: Vec<&'static Setting> = Vec::new();
    AllSettings::default().each(&mut |setting, _| {
        let is_of_section = |other: &&Setting| other.declared.section == setting.declared.section;
        let behind = declared.iter().rposition(is_of_section).map_or(declared.len(), |last| last + 1);
        declared.insert(behind, setting);
    });
    declared
});

impl Setting {
    /// Returns the environment variable.
    fn variable(&self) -> String {
        variable_of(self.name)
    }
}

/// Returns the environment variable of a setting.
fn variable_of(name: &str) -> String {
    format!("{}{}", environment::PREFIX, name.replace('-', "_").to_uppercase())
}

/// Settings as given by flags, variables and the config file, from the strongest to the weakest. All texts are valid on
/// their own.
#[derive(Clone, Default)]
pub(super) struct SettingsArgs {
    /// The texts of each setting, by name.
    given: BTreeMap<&'static str, Vec<String>>,
    pub(super) file: FileParts,
}

impl SettingsArgs {
    /// Merges these settings over `others`, which have the config file.
    pub(super) fn over(self, others: Self) -> Self {
        let mut given = others.given;
        given.extend(self.given);
        Self { given, file: others.file }
    }

    fn has(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// Whether these settings determine the server's port.
    pub(super) fn tells_port(&self) -> bool {
        ["port", "ready-file", "config"].iter().any(|name| self.has(name))
    }

    /// Whether they name files.
    pub(super) fn names_files(&self) -> bool {
        ["config", "scenarios", "fixtures"].iter().any(|name| self.has(name))
    }

    /// Returns the values of a struct of settings.
    ///
    /// # Errors
    ///
    /// [`Problem`] of texts that are invalid together.
    fn values_of<S: Settings + Default>(&self) -> Result<S, Problem> {
        let (mut settings, mut failed) = (S::default(), None);
        settings.each(&mut |setting, value| {
            let texts = self.given.get(setting.name).map(Vec::as_slice).unwrap_or_default();
            let set = value.set(texts);
            failed = failed.take().or(set.err().map(|problem| problem.in_setting(setting.name)));
        });
        failed.map_or(Ok(settings), Err)
    }

    /// Returns the config file.
    pub(super) fn config_file(&self) -> Option<PathBuf> {
        self.given.get("config")?.first().map(PathBuf::from)
    }

    /// Returns the settings of the process.
    pub(super) fn process(&self) -> Result<ProcessSettings, Problem> {
        self.values_of()
    }

    /// Returns the server's configuration, without what only the config file can have.
    pub(super) fn server(&self) -> Result<Config, Problem> {
        self.values_of()
    }

    /// Converts the settings to the server's configuration.
    ///
    /// # Errors
    ///
    /// [`LoadError`] of an invalid combination, or of a folder that the config file names and that cannot be read.
    pub(super) fn into_config(self) -> Result<Config, LoadError> {
        let mut config = self.server()?;
        config.config_file = self.config_file();
        let FileParts { companies, faults, missing_folders, .. } = self.file;
        let is_used = |folder| [&config.scenarios, &config.fixtures].into_iter().flatten().any(|used| used == folder);
        let missing = missing_folders.iter().filter(|(folder, _)| is_used(folder));
        LoadError::check(missing.map(|(_, problem)| problem.clone()).collect())?;
        let of_flags = config.companies.len();
        for listed in companies {
            // A key in both places is one company; the flag's secret overrides.
            match config.companies[..of_flags].iter_mut().find(|given| given.key == listed.key) {
                Some(given) => *given = Company { secret: given.secret.take().or(listed.secret.clone()), ..listed },
                None => config.companies.push(listed),
            }
        }
        config.faults = faults;
        Ok(config)
    }
}

impl LogLevel {
    pub(super) fn filter(&self) -> LevelFilter {
        self.0.parse().expect("a level is one of the log's library")
    }
}

/// Shows the names alone: values may be secret.
impl fmt::Debug for SettingsArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.given.keys()).finish()
    }
}

#[cfg(test)]
mod page;
#[cfg(test)]
mod reading;
