//! All that is read from files: scenarios, people, documents. It is replaced as a whole when files change.

use std::{path::Path, sync::Arc};

use crate::{
    data_file::LoadError,
    result::Fixtures,
    scenario::{Scenario, ScenarioBook, Trigger},
};

/// Scenarios and fixtures that fit together.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) scenarios: ScenarioBook,
    pub(crate) fixtures: Fixtures,
}

/// Which files are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) builtin_scenarios: bool,
    /// A folder of scenarios above the built-in ones.
    pub(crate) scenarios: Option<&'a Path>,
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
        let Sources { builtin_scenarios, scenarios, fixtures, finish } = sources;
        let scenarios = ScenarioBook::load(builtin_scenarios, scenarios, finish)?;
        let catalogue = Self { scenarios, fixtures: Fixtures::load(fixtures)? };
        catalogue.check_documents()?;
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

    fn check_documents(&self) -> Result<(), LoadError> {
        for scenario in self.scenarios.own() {
            for name in scenario.documents() {
                self.fixtures.documents.get(name).map_err(|problem| LoadError::Content {
                    place: format!("the scenario `{}`", scenario.name),
                    problem,
                })?;
            }
        }
        Ok(())
    }
}
