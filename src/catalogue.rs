//! All that is read from files: scenarios, people, documents. It is replaced as a whole when files change.

use std::sync::Arc;

use crate::{
    config::Config,
    data_file::LoadError,
    result::{Documents, People},
    scenario::{Scenario, ScenarioBook},
};

/// Scenarios and fixtures that fit together.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) scenarios: ScenarioBook,
    pub(crate) people: People,
    pub(crate) documents: Documents,
}

impl Catalogue {
    /// Reads the files that the settings name, and the built-in ones.
    ///
    /// # Errors
    ///
    /// [`LoadError`] for a file that cannot be read, or that names what no other file has.
    pub(crate) fn load(config: &Config) -> Result<Self, LoadError> {
        let fixtures = config.fixtures.as_deref();
        let scenarios = ScenarioBook::load(config.builtin_scenarios, config.scenarios.as_deref(), &config.finish)?;
        let catalogue = Self { scenarios, people: People::load(fixtures)?, documents: Documents::load(fixtures)? };
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

    /// Says which scenario or person the settings name that is not there.
    ///
    /// # Errors
    ///
    /// A message for each, one a line.
    pub(crate) fn check_names(&self, config: &Config) -> Result<(), String> {
        let mut problems = Vec::new();
        let mut check = |place: String, known: Result<(), String>| {
            problems.extend(known.err().map(|problem| format!("{place}: {problem}")));
        };
        let scenario = |name: &str| self.scenarios.check(name);
        check("the default scenario (--scenario)".into(), scenario(&config.scenario));
        for company in config.companies() {
            let place = format!("the company key `{}`", company.key);
            for (id, saved) in &company.configurations {
                let named = saved.scenario.as_deref().map_or(Ok(()), scenario);
                check(format!("the configuration `{id}` of {place}"), named);
            }
            check(place.clone(), company.scenario.as_deref().map_or(Ok(()), scenario));
            for name in &company.queue {
                check(format!("the queue of {place}"), scenario(name));
            }
            check(format!("the people of {place}"), self.people.check_names(&company.people));
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
    }

    fn check_documents(&self) -> Result<(), LoadError> {
        for scenario in self.scenarios.own() {
            for name in scenario.documents() {
                self.documents.get(name).map_err(|problem| LoadError::Content {
                    place: format!("the scenario `{}`", scenario.name),
                    problem,
                })?;
            }
        }
        Ok(())
    }
}
