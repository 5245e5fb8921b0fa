//! Reloads files while the server runs: when they change (`--watch`), and on SIGHUP.

mod watch;

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::PathBuf,
    sync::Arc,
};

use serde_json::Value;
use tokio::task::{JoinHandle, spawn_blocking};

use super::{check::CheckRun, settings::SettingsArgs, signals::HangupSignals};
use crate::{
    catalogue::CatalogueFiles,
    config::Config,
    data_file::{DataFile, FileProblem, LoadDiagnostics},
    mock::MockService,
    problem::Problem,
};

/// The keys of the config file that take effect on a reload.
const COUNTS_AT_ONCE: [&str; 2] = ["companies", "company-key"];

/// The files of the settings.
#[derive(Debug, Clone)]
pub(super) struct WatchedFiles {
    /// The settings besides the config file.
    flags: SettingsArgs,
    config_file: Option<PathBuf>,
    scenarios: Option<PathBuf>,
    fixtures: Option<PathBuf>,
    /// The content of the config file at the start, by key.
    at_start: BTreeMap<String, Value>,
    /// Digest of the files at the last look.
    digest: u64,
}

impl WatchedFiles {
    /// Collects the files of a server; none is read yet.
    pub(super) fn new(flags: SettingsArgs, config: &Config) -> Self {
        let (config_file, scenarios, fixtures) =
            (flags.config_file(), config.scenarios.clone(), config.fixtures.clone());
        Self { flags, config_file, scenarios, fixtures, at_start: BTreeMap::new(), digest: 0 }
    }

    /// Remembers the content at the start: of the config file, and of all files if they are watched.
    pub(super) fn remember(&mut self, watches: bool) {
        let file = self.config_file.as_ref().and_then(|path| DataFile::read(path).ok());
        self.at_start = file.as_ref().map(settings_in).unwrap_or_default();
        if watches {
            self.digest = self.digest();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        let Self { config_file, scenarios, fixtures, .. } = self;
        [config_file, scenarios, fixtures].into_iter().all(Option::is_none)
    }

    /// Returns a digest that changes with the names and texts of the files.
    fn digest(&self) -> u64 {
        let (mut hasher, mut findings) = (DefaultHasher::new(), LoadDiagnostics::default());
        let (scenarios, fixtures) = (self.scenarios.as_deref(), self.fixtures.as_deref());
        let files = CatalogueFiles::in_folders(scenarios, fixtures, self.config_file.as_deref(), &mut findings);
        let config = self.config_file.as_ref().and_then(|path| findings.ok_or_record(DataFile::read(path)));
        for file in files.all().chain(&config) {
            (&file.path, file.text()).hash(&mut hasher);
        }
        let LoadDiagnostics { problems, warnings } = findings;
        problems.iter().chain(&warnings).for_each(|found| found.to_string().hash(&mut hasher));
        hasher.finish()
    }

    /// Reloads all files, for sessions that begin afterwards. If anything is invalid, nothing changes.
    fn reload(&self, mock: &MockService, why: &str) {
        match self.try_reload(mock) {
            Ok(LoadDiagnostics { warnings, .. }) => {
                warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
                tracing::info!("{why}: reloaded all files; new sessions use them");
            }
            Err(problems) => {
                for problem in problems {
                    tracing::error!("{why}: reload failed, keeping the previous files: {problem}");
                }
            }
        }
    }

    fn try_reload(&self, mock: &MockService) -> Result<LoadDiagnostics, Vec<FileProblem>> {
        let mut checked = CheckRun::default();
        let file = self.config_file.as_ref().and_then(|path| checked.read(path));
        if let Some(file) = file.as_ref().filter(|file| file.is_empty()) {
            // A file that is just being written, or is truncated, would remove all companies.
            let problem = Problem::rule("the file is empty; fill it, or restart the server without it");
            return Err(vec![FileProblem::of_file(&file.path, problem)]);
        }
        let said = file.as_ref().and_then(|file| checked.settings_in(file));
        let settings = said.map_or(self.flags.clone(), |said| self.flags.clone().over(said));
        let companies = checked.config_of(settings).map(|config| {
            checked.values(&config, file.as_ref());
            config.companies()
        });
        let companies = companies.unwrap_or_default();
        let catalogue = checked.check_consistency(&mock.config, &companies, file.as_ref());
        let mut findings = checked.findings;
        findings.sort();
        if !findings.problems.is_empty() {
            return Err(findings.problems);
        }
        mock.replace_catalogue(catalogue, companies)
            .map_err(|error| vec![FileProblem::new(Problem::rule(error.to_string()))])?;
        if let Some(file) = &file {
            self.log_restart_only_changes(&settings_in(file));
        }
        Ok(findings)
    }

    /// Logs the changed settings of the config file that need a restart.
    fn log_restart_only_changes(&self, now: &BTreeMap<String, Value>) {
        let is_other =
            |key: &&String| now.get(*key) != self.at_start.get(*key) && !COUNTS_AT_ONCE.contains(&key.as_str());
        let mut later: Vec<_> = now.keys().chain(self.at_start.keys()).filter(is_other).collect();
        later.sort();
        later.dedup();
        if !later.is_empty() {
            let later = later.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            tracing::warn!("changes of {later} in the config file take effect after a restart");
        }
    }
}

/// Returns the content of a config file, by key.
fn settings_in(file: &DataFile) -> BTreeMap<String, Value> {
    file.parse_with_environment().unwrap_or_default()
}

/// A task that reloads until it is dropped.
pub(super) struct ReloadTask(JoinHandle<()>);

impl ReloadTask {
    /// Starts to reload on SIGHUP, and with `watches` when the files change.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if the system refuses the signal handler.
    pub(super) fn start(sources: WatchedFiles, mock: Arc<MockService>, watches: bool) -> io::Result<Self> {
        Ok(Self(tokio::spawn(reload(sources, mock, watches, HangupSignals::listen()?))))
    }
}

impl Drop for ReloadTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn reload(mut sources: WatchedFiles, mock: Arc<MockService>, watches: bool, mut hangups: HangupSignals) {
    loop {
        let why = tokio::select! {
            () = hangups.next() => "SIGHUP",
            digest = watch::changed(&sources), if watches => {
                sources.digest = digest;
                "files have changed"
            }
        };
        if sources.is_empty() {
            tracing::warn!("{why}: nothing to reload; set --scenarios, --fixtures or --config");
            continue;
        }
        let (files, mock) = (sources.clone(), mock.clone());
        let read = spawn_blocking(move || {
            // The files just read are not a change.
            let digest = if watches { files.digest() } else { files.digest };
            files.reload(&mock, why);
            digest
        });
        match read.await {
            Ok(digest) => sources.digest = digest,
            Err(error) => tracing::error!(%error, "reloading the files was aborted"),
        }
    }
}
