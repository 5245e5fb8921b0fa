//! All that is read from files: scenarios, people, documents. It is replaced as a whole when files change.

use std::{path::Path, sync::Arc};

use crate::{
    data_file::{DataFile, LoadError, Problem},
    result::Fixtures,
    scenario::{Origin, Scenario, ScenarioBook, Trigger},
};

/// Scenarios and fixtures that fit together.
#[derive(Debug, Clone)]
pub(crate) struct Catalogue {
    pub(crate) scenarios: ScenarioBook,
    pub(crate) fixtures: Arc<Fixtures>,
}

/// Which files are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) builtin_scenarios: bool,
    /// A folder of scenarios above the built-in ones.
    pub(crate) scenarios: Option<&'a Path>,
    /// Scenarios that were built in Rust, above all others.
    pub(crate) own_scenarios: &'a [Scenario],
    /// A folder of fixtures instead of the built-in ones.
    pub(crate) fixtures: Option<&'a Path>,
    /// When a scenario that does not say so reaches its outcome.
    pub(crate) finish: &'a Trigger,
}

/// What came of reading the files.
#[derive(Debug)]
pub(crate) struct Survey {
    /// All that could be read.
    pub(crate) catalogue: Catalogue,
    pub(crate) problems: Vec<Problem>,
    /// What may be a mistake, and is none for certain.
    pub(crate) warnings: Vec<Problem>,
}

impl Catalogue {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// [`LoadError`] with all that is wrong with them: what cannot be read, and names that no other file has.
    pub(crate) fn load(sources: Sources<'_>) -> Result<Self, LoadError> {
        let Survey { catalogue, problems, warnings } = Self::survey(sources);
        LoadError::check(problems)?;
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        Ok(catalogue)
    }

    /// Reads the files, and says what is wrong with them.
    pub(crate) fn survey(sources: Sources<'_>) -> Survey {
        let Sources { builtin_scenarios, scenarios, own_scenarios, fixtures, finish } = sources;
        let mut problems = Vec::new();
        let files = scenarios.map(|folder| DataFile::in_folder(folder, &mut problems)).unwrap_or_default();
        let scenarios = ScenarioBook::read(builtin_scenarios, &files, own_scenarios, finish, &mut problems);
        let catalogue = Self { scenarios, fixtures: Arc::new(Fixtures::read(fixtures, &mut problems)) };
        let mut warnings = Vec::new();
        for scenario in catalogue.scenarios.own() {
            let file = files.iter().find(|file| scenario.origin == Origin::File && file.name == scenario.name);
            let placed = |(place, message): (String, String)| match file {
                Some(file) => file.problem_in(&place, message),
                None => scenario.broken(message),
            };
            problems.extend(catalogue.unknown_names(scenario).into_iter().map(placed));
            warnings.extend(scenario.doubts().into_iter().map(placed));
        }
        problems.sort_by(Problem::in_order);
        warnings.sort_by(Problem::in_order);
        Survey { catalogue, problems, warnings }
    }

    /// Makes a scenario that was built in Rust ready for sessions.
    ///
    /// # Errors
    ///
    /// [`LoadError`] that names the scenario.
    pub(crate) fn ready(&self, scenario: &Scenario, finish: &Trigger) -> Result<Arc<Scenario>, LoadError> {
        let ready = scenario.ready(finish)?;
        self.check_names(&ready)?;
        Ok(ready)
    }

    /// These files, and these scenarios above them.
    pub(crate) fn with(&self, added: &[Arc<Scenario>]) -> Self {
        let mut catalogue = self.clone();
        added.iter().for_each(|scenario| catalogue.scenarios.add(scenario.clone()));
        catalogue
    }

    /// Says which person or document a scenario names that is not there.
    ///
    /// # Errors
    ///
    /// [`LoadError`] that names the scenario.
    pub(crate) fn check_names(&self, scenario: &Scenario) -> Result<(), LoadError> {
        let unknown = self.unknown_names(scenario).into_iter();
        LoadError::check(unknown.map(|(_, message)| scenario.broken(message)).collect())
    }

    /// What a scenario names that is not there, each with its place in a file.
    fn unknown_names(&self, scenario: &Scenario) -> Vec<(String, String)> {
        let documents = scenario.documents().filter_map(|(place, name)| {
            let unknown = self.fixtures.documents.get(name).err()?;
            Some((place, unknown))
        });
        documents.chain(self.fixtures.people.check_scenario(scenario)).collect()
    }
}
