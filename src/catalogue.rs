//! All that is read from files: scenarios, people, documents. It is replaced as a whole when files change.

use std::{path::Path, sync::Arc};

use crate::{
    data_file::LoadError,
    result::Fixtures,
    scenario::{Scenario, ScenarioBook, Trigger},
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

impl Catalogue {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// [`LoadError`] for a file that cannot be read, or that names what no other file has.
    pub(crate) fn load(sources: Sources<'_>) -> Result<Self, LoadError> {
        let Sources { builtin_scenarios, scenarios, own_scenarios, fixtures, finish } = sources;
        let scenarios = ScenarioBook::load(builtin_scenarios, scenarios, own_scenarios, finish)?;
        let catalogue = Self { scenarios, fixtures: Arc::new(Fixtures::load(fixtures)?) };
        catalogue.scenarios.own().try_for_each(|scenario| catalogue.check_names(scenario))?;
        Ok(catalogue)
    }

    /// What may be a mistake in the scenarios, and is none for certain.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let of_scenario = |scenario: &Arc<Scenario>| {
            let name = scenario.name.clone();
            scenario.doubts().into_iter().map(move |doubt| format!("the scenario `{name}`: {doubt}"))
        };
        self.scenarios.own().flat_map(of_scenario).collect()
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
        for name in scenario.documents() {
            self.fixtures.documents.get(name).map_err(|problem| scenario.broken(problem))?;
        }
        self.fixtures.people.check_scenario(scenario).map_err(|problem| scenario.broken(problem))
    }
}
