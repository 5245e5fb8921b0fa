//! `check`: validates files of scenarios, fixtures and settings, without a server.

mod report;
mod search;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use clap::{Args, ValueEnum};

use self::search::FoundFiles;
use super::{
    CommandResult, print,
    settings::{FileSettings, SettingsArgs},
};
use crate::{
    catalogue::{Catalogue, CatalogueFiles},
    company::Company,
    config::Config,
    data_file::{DataFile, FileProblem, LoadDiagnostics, keys_of},
    mock::{setting_problems, setting_warnings, sources},
    problem::{Member, MemberPath, Problem},
    result::{FixtureFiles, FixtureKind, Fixtures},
    scenario::Scenario,
};

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Files and folders to check; without any, the files of the settings
    #[arg(value_name = "PATHS")]
    paths: Vec<PathBuf>,

    /// Format of the report: text, JSON, or annotations of GitHub Actions
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,

    #[command(flatten)]
    settings: Box<SettingsArgs>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum ReportFormat {
    #[default]
    Text,
    Json,
    Github,
}

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileKind {
    Scenario,
    Fixture(FixtureKind),
    Config,
}

/// The keys of each kind of file that its folder does not tell.
static KEYS_OF_KINDS: LazyLock<[(FileKind, Vec<String>); 4]> = LazyLock::new(|| {
    [
        (FileKind::Config, keys_of::<FileSettings>()),
        (FileKind::Fixture(FixtureKind::Screening), FixtureKind::Screening.keys()),
        (FileKind::Fixture(FixtureKind::Person), FixtureKind::Person.keys()),
        (FileKind::Scenario, keys_of::<Scenario>()),
    ]
});

/// The files have problems, which were reported.
#[derive(Debug, thiserror::Error)]
#[error("there is a problem")]
pub(super) struct CheckFailed;

/// Validates and prints the report; `before` are the settings in front of the command.
///
/// # Errors
///
/// [`CheckFailed`] if there is a problem.
pub(super) fn check(check: CheckArgs, before: SettingsArgs) -> CommandResult {
    let CheckArgs { paths, format, settings } = check;
    let settings = settings.over(before);
    if paths.is_empty() && !settings.names_files() {
        return Err("nothing to check; name files or folders, or set --scenarios, --fixtures or --config".into());
    }
    let mut checked = CheckRun::default();
    if paths.is_empty() {
        checked.check_all(settings)
    } else {
        checked.paths(&paths, settings)
    }
    let CheckRun { mut findings, files } = checked;
    findings.sort();
    print(report::render(format, &findings, files))?;
    if findings.problems.is_empty() { Ok(()) } else { Err(CheckFailed.into()) }
}

/// The state of a check.
#[derive(Default)]
pub(super) struct CheckRun {
    pub(super) findings: LoadDiagnostics,
    /// Number of files read.
    files: usize,
}

impl CheckRun {
    /// Validates the config file, the files of the settings, and the settings.
    fn check_all(&mut self, settings: SettingsArgs) {
        let Some(path) = settings.config_file() else { return self.settings(settings, None) };
        let file = self.read(&path);
        match file.as_ref().and_then(|file| self.settings_in(file)) {
            Some(said) => self.settings(settings.over(said), file.as_ref()),
            // An invalid config file leaves other settings unknown, so their combination is not checked.
            None => drop(self.config_of(settings).map(|config| self.catalogue(&config))),
        }
    }

    /// Reads the settings of a config file, and records its problems and warnings.
    pub(super) fn settings_in(&mut self, file: &DataFile) -> Option<SettingsArgs> {
        let mut settings = self.findings.ok_or_record(SettingsArgs::in_file(file))?;
        self.findings.warnings.append(&mut settings.file.renamed_keys);
        Some(settings)
    }

    /// Validates settings, which are in `file` if there is one, and their files.
    fn settings(&mut self, settings: SettingsArgs, file: Option<&DataFile>) {
        if let Some(config) = self.config_of(settings) {
            self.values(&config, file);
            self.check_consistency(&config, &config.companies(), file);
        }
    }

    /// Validates the form of the settings. Returns the server's configuration.
    pub(super) fn config_of(&mut self, settings: SettingsArgs) -> Option<Config> {
        self.findings.ok_or_record(settings.into_config())
    }

    /// Validates the values of settings, which are in `file` if there is one.
    pub(super) fn values(&mut self, config: &Config, file: Option<&DataFile>) {
        self.findings.problems.extend(config.problems().into_iter().map(|problem| placed(file, problem)));
    }

    /// Validates the files of the settings, and these companies against them; the companies are in `file` if there is
    /// one.
    pub(super) fn check_consistency(
        &mut self,
        config: &Config,
        companies: &[Company],
        file: Option<&DataFile>,
    ) -> Catalogue {
        let catalogue = self.catalogue(config);
        let placed = |problem: Problem| placed(file, problem);
        self.findings.problems.extend(setting_problems(&catalogue, config, companies).into_iter().map(placed));
        self.findings.warnings.extend(setting_warnings(&catalogue, companies).into_iter().map(placed));
        catalogue
    }

    /// Validates the files of the settings.
    fn catalogue(&mut self, config: &Config) -> Catalogue {
        let files = CatalogueFiles::in_folders(
            config.scenarios.as_deref(),
            config.fixtures.as_deref(),
            config.config_file.as_deref(),
            &mut self.findings,
        );
        self.files += files.all().count();
        Catalogue::load(sources(config, &files), &mut self.findings)
    }

    /// Validates these files and folders. Names are looked up in the fixtures among them, otherwise in those of the
    /// settings.
    fn paths(&mut self, paths: &[PathBuf], settings: SettingsArgs) {
        let (mut scenarios, mut fixtures) = (BTreeMap::<PathBuf, Vec<DataFile>>::new(), None);
        let mut files = Vec::new();
        for path in paths {
            if !path.is_dir() {
                let file = self.read(path).filter(|file| !file.is_json_schema());
                files.extend(file.map(|file| (FileKind::detect(&file).0, file)));
                continue;
            }
            let found = FoundFiles::in_folder(path, &mut self.findings);
            for folder in found.fixtures {
                let files = self.fixtures(&folder);
                fixtures = Some(files);
            }
            self.files += found.files.len();
            files.extend(found.files.into_iter().map(|(file, kind)| (kind, file)));
        }
        for (kind, file) in files {
            match kind {
                FileKind::Scenario => {
                    let folder = file.path.parent().unwrap_or(Path::new("")).to_owned();
                    scenarios.entry(folder).or_default().push(file);
                }
                FileKind::Fixture(kind) => kind.check(&file, &mut self.findings),
                FileKind::Config => self.config(&file),
            }
        }
        if scenarios.is_empty() {
            return;
        }
        // Problems of files that were not requested are ignored.
        let mut ignored = LoadDiagnostics::default();
        let named = settings.clone().with_file().unwrap_or(settings);
        let Some(mut config) = self.config_of(named) else { return };
        config.scenarios = None;
        let mut files = CatalogueFiles::in_folders(None, config.fixtures.as_deref(), None, &mut ignored);
        files.fixtures = fixtures.unwrap_or(files.fixtures);
        for (folder, mut scenarios) in scenarios {
            scenarios.sort_by(|one, other| one.path.cmp(&other.path));
            self.findings.problems.extend(DataFile::equal_names(&scenarios));
            files.scenarios = scenarios;
            let mut findings = LoadDiagnostics::default();
            Catalogue::load(sources(&config, &files), &mut findings);
            findings.retain(|file| file.is_some_and(|file| file.parent() == Some(&folder)));
            self.findings.add(findings);
        }
    }

    /// Validates the files of a folder of fixtures.
    fn fixtures(&mut self, folder: &Path) -> FixtureFiles {
        let mut findings = LoadDiagnostics::default();
        let files = FixtureFiles::in_folder(folder, &mut findings);
        self.files += files.all().count();
        Fixtures::read(&files, &mut findings);
        // The folder may have other files of the mock, too.
        findings.warnings.retain(|warning| warning.file.as_deref().and_then(Path::parent) != Some(folder));
        self.findings.add(findings);
        files
    }

    /// Validates a config file, without the files that it names.
    fn config(&mut self, file: &DataFile) {
        let mut whole = Self::default();
        if let Some(settings) = whole.settings_in(file) {
            whole.settings(settings, Some(file));
        }
        whole.findings.retain(|path| path.is_none_or(|path| path == file.path));
        self.findings.add(whole.findings);
    }

    pub(super) fn read(&mut self, path: &Path) -> Option<DataFile> {
        self.files += 1;
        self.findings.ok_or_record(DataFile::read(path))
    }
}

impl FileKind {
    /// Returns the kind of a file, by its folder, otherwise by its schema, otherwise by its keys; and whether it is
    /// sure: most of its keys are those of the kind; in a folder `scenarios`, one of them is.
    fn detect(file: &DataFile) -> (Self, bool) {
        let folder = file.path.parent().and_then(Path::file_name);
        if let Some(kind) = folder.and_then(FixtureKind::of_folder) {
            return (Self::Fixture(kind), true);
        }
        let schema = file.texts(&["$schema"]).pop().map(|(_, schema)| schema).unwrap_or_default();
        let schema = schema.rsplit('/').next().unwrap_or_default();
        let named =
            [("config", Self::Config), ("person", Self::Fixture(FixtureKind::Person)), ("scenario", Self::Scenario)];
        if let Some((_, kind)) = named.into_iter().find(|(name, _)| schema.contains(name)) {
            return (kind, true);
        }
        let counted = KEYS_OF_KINDS.iter().map(|(kind, keys)| (file.count_keys(keys), *kind));
        let ((known, all), kind) = counted.max_by_key(|((known, _), _)| *known).expect("there are kinds");
        let is_among_scenarios = folder.is_some_and(|name| name == "scenarios");
        (kind, 2 * known > all || (is_among_scenarios && known > 0))
    }
}

/// Returns a problem with a setting, at its position in the file, if it is there. Its path names a company by its key.
fn placed(file: Option<&DataFile>, problem: Problem) -> FileProblem {
    let Some(file) = file else { return FileProblem::new(problem) };
    match &problem.path().0[..] {
        [Member::Key(list), Member::Key(key), rest @ ..] if list == "companies" => {
            match file.element_with("companies", &["key", "company_key"], key) {
                Some(at) => {
                    let path = MemberPath([list.as_str().into(), at.into()].into_iter().chain(rest.to_vec()).collect());
                    file.problem_in(problem.moved(path))
                }
                // A key from a variable is not in the file's text.
                None if file.has_key("companies") => FileProblem::of_file(&file.path, problem),
                None => FileProblem::new(problem),
            }
        }
        [Member::Key(key), ..] if file.has_key(key) => file.problem_in(problem),
        _ => FileProblem::new(problem),
    }
}
