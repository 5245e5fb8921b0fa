//! The catalogue: all files as loaded (scenarios, people, documents). A reload replaces it as a whole.

mod warnings;

use std::{path::Path, sync::Arc};

use crate::{
    data_file::{DataFile, FileProblem, LoadDiagnostics},
    problem::Problem,
    result::{FixtureFiles, Fixtures},
    scenario::{Scenario, ScenarioRegistry, ScenarioSource, Trigger},
};

/// Maximum number of problems, and of warnings, per file.
const MAX_PROBLEMS_PER_FILE: usize = 100;

/// Scenarios and fixtures that fit together.
#[derive(Debug, Clone)]
pub(crate) struct Catalogue {
    pub(crate) scenarios: ScenarioRegistry,
    pub(crate) fixtures: Arc<Fixtures>,
}

/// The files of scenarios and fixtures, as text.
#[derive(Debug, Default)]
pub(crate) struct CatalogueFiles {
    /// Scenarios, which override the built-in ones.
    pub(crate) scenarios: Vec<DataFile>,
    pub(crate) fixtures: FixtureFiles,
}

impl CatalogueFiles {
    #[cfg(feature = "cli")]
    pub(crate) fn all(&self) -> impl Iterator<Item = &DataFile> {
        self.scenarios.iter().chain(self.fixtures.all())
    }

    /// Reads the folder of scenarios and the folder of fixtures, if set. The config file may be among the scenarios.
    pub(crate) fn in_folders(
        scenarios: Option<&Path>,
        fixtures: Option<&Path>,
        config_file: Option<&Path>,
        findings: &mut LoadDiagnostics,
    ) -> Self {
        let is_config_file = |file: &DataFile| {
            let same_name = config_file.filter(|path| path.file_name() == file.path.file_name());
            same_name.is_some_and(|path| path.canonicalize().ok() == file.path.canonicalize().ok())
        };
        let scenarios = scenarios.map(|folder| DataFile::in_folder(folder, findings)).unwrap_or_default();
        Self {
            scenarios: scenarios.into_iter().filter(|file| !is_config_file(file)).collect(),
            fixtures: fixtures.map(|folder| FixtureFiles::in_folder(folder, findings)).unwrap_or_default(),
        }
    }
}

/// The inputs of a catalogue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CatalogueInputs<'a> {
    pub(crate) builtin_scenarios: bool,
    pub(crate) files: &'a CatalogueFiles,
    /// Scenarios built in Rust, which override all others.
    pub(crate) own_scenarios: &'a [Scenario],
    /// Trigger of a first outcome without one.
    pub(crate) outcome_trigger: &'a Trigger,
}

impl Catalogue {
    /// Loads a catalogue from the inputs. Adds problems and warnings to `findings`: invalid files, unknown names, and
    /// what can never happen.
    pub(crate) fn load(sources: CatalogueInputs<'_>, findings: &mut LoadDiagnostics) -> Self {
        let CatalogueInputs { builtin_scenarios, files, own_scenarios, outcome_trigger } = sources;
        let scenarios =
            ScenarioRegistry::read(builtin_scenarios, &files.scenarios, own_scenarios, outcome_trigger, findings);
        let catalogue = Self { scenarios, fixtures: Arc::new(Fixtures::read(&files.fixtures, findings)) };
        let placed = |scenario: &Scenario, found: Vec<Problem>| -> Vec<FileProblem> {
            if found.is_empty() {
                return Vec::new();
            }
            let is_its = |file: &&DataFile| scenario.origin == ScenarioSource::File && file.name == scenario.name;
            let file = files.scenarios.iter().find(is_its);
            let placed = |problem| match file {
                Some(file) => file.problem_in(problem),
                None => FileProblem::new(scenario.problem(problem)),
            };
            found.into_iter().take(MAX_PROBLEMS_PER_FILE).map(placed).collect()
        };
        for scenario in catalogue.scenarios.custom() {
            findings.problems.extend(placed(scenario, catalogue.unknown_names(scenario)));
            findings.warnings.extend(placed(scenario, catalogue.warnings(scenario)));
        }
        for file in files.scenarios.iter().filter(|file| catalogue.scenarios.is_broken(file)) {
            findings.problems.extend(catalogue.unknown_names_in(file));
        }
        findings.sort();
        catalogue
    }

    /// Prepares a scenario that was built in Rust.
    ///
    /// # Errors
    ///
    /// [`Problem`] that names the scenario.
    pub(crate) fn ready(&self, scenario: &Scenario, outcome_trigger: &Trigger) -> Result<Arc<Scenario>, Problem> {
        let ready = scenario.prepare(outcome_trigger)?;
        self.check_names(&ready)?;
        Ok(ready)
    }

    /// Returns the same fixtures with additional scenarios, which override.
    pub(crate) fn with(&self, added: &[Arc<Scenario>]) -> Self {
        let mut catalogue = self.clone();
        added.iter().for_each(|scenario| catalogue.scenarios.add(scenario.clone()));
        catalogue
    }

    /// Checks that the person and documents that a scenario names exist.
    ///
    /// # Errors
    ///
    /// [`Problem`] that names the scenario.
    pub(crate) fn check_names(&self, scenario: &Scenario) -> Result<(), Problem> {
        let unknown = self.unknown_names(scenario).into_iter().next();
        unknown.map_or(Ok(()), |problem| Err(scenario.problem(problem)))
    }

    /// Returns problems about unknown names in an invalid scenario file, from its text alone.
    fn unknown_names_in(&self, file: &DataFile) -> Vec<FileProblem> {
        let mut problems = Vec::new();
        for (path, name) in file.texts(&["stages", "*", "document"]) {
            problems.extend(self.fixtures.documents.get(name).err().map(|problem| file.problem_in(problem.at(&path))));
        }
        for person in [&["person"][..], &["person", "like"]] {
            for (path, name) in file.texts(person) {
                let unknown = self.fixtures.people.check_name(name).err();
                problems.extend(unknown.map(|problem| file.problem_in(problem.at(&path))));
            }
        }
        problems
    }

    /// Returns problems about unknown names in a scenario.
    fn unknown_names(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (path, name) in scenario.documents() {
            problems.extend(self.fixtures.documents.get(name).err().map(|problem| problem.at(&path)));
        }
        problems.extend(self.fixtures.people.check_scenario(scenario));
        problems
    }
}
