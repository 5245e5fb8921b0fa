//! The scenarios of a server.

use std::{
    collections::HashSet,
    sync::{Arc, LazyLock, OnceLock},
};

use indexmap::IndexMap;

use super::{BeginContent, Scenario, ScenarioSource, Trigger};
use crate::{
    built_in::SCENARIOS,
    data_file::{DataFile, FileProblem, LoadDiagnostics, keys_of},
    problem::Problem,
};

/// The built-in scenarios with the default outcome trigger, shared by all servers of the process.
static AS_USUAL: LazyLock<Arc<BuiltInScenarios>> = LazyLock::new(|| Arc::new(BuiltInScenarios::new(Trigger::Widget)));

/// The scenarios by name; the name is the file name without its extension.
#[derive(Debug, Clone)]
pub(crate) struct ScenarioRegistry {
    /// Scenarios of the folder and those built in Rust, by name; they override built-in scenarios of the same name.
    custom: IndexMap<String, Arc<Scenario>>,
    /// Names of files that cannot be read.
    broken: HashSet<String>,
    built_in: Option<Arc<BuiltInScenarios>>,
    /// Scenarios with a `match`, by name.
    matching: Vec<Arc<Scenario>>,
}

/// The built-in scenarios, each read on first use. None has a `match`.
#[derive(Debug)]
struct BuiltInScenarios {
    /// Trigger of a first outcome without one.
    outcome_trigger: Trigger,
    /// The read scenarios, in the order of [`SCENARIOS`].
    read: Vec<OnceLock<Arc<Scenario>>>,
}

impl BuiltInScenarios {
    fn new(outcome_trigger: Trigger) -> Self {
        Self { outcome_trigger, read: SCENARIOS.iter().map(|_| OnceLock::new()).collect() }
    }

    fn get(&self, name: &str) -> Option<&Arc<Scenario>> {
        let place = SCENARIOS.binary_search_by_key(&name, |file| file.name).ok()?;
        let read = || {
            let file: Scenario = DataFile::built_in(&SCENARIOS[place]).parse().expect("built-in scenarios can be read");
            Arc::new(file.named(name, ScenarioSource::BuiltIn).with_outcome_trigger(&self.outcome_trigger))
        };
        Some(self.read[place].get_or_init(read))
    }
}

impl ScenarioRegistry {
    /// Reads the scenarios of `files` and those `built` in Rust, which override the built-in ones. Adds problems to
    /// `findings`.
    ///
    /// `outcome_trigger` is the trigger of a first outcome without one.
    pub(crate) fn read(
        built_in: bool,
        files: &[DataFile],
        built: &[Scenario],
        outcome_trigger: &Trigger,
        findings: &mut LoadDiagnostics,
    ) -> Self {
        let (mut own, mut broken) = (IndexMap::new(), HashSet::new());
        for file in files {
            let named = |parsed: Scenario| {
                Arc::new(parsed.named(&file.name, ScenarioSource::File).with_outcome_trigger(outcome_trigger))
            };
            let parsed = file.parse().map_err(|problems| not_a_scenario(file).unwrap_or(problems));
            match findings.ok_or_record(parsed).map(named) {
                Some(scenario) => {
                    findings.warnings.extend(file.renamed_keys(&[]));
                    own.insert_sorted(file.name.clone(), scenario);
                }
                None => drop(broken.insert(file.name.clone())),
            }
        }
        for scenario in built {
            let prepared = scenario.prepare(outcome_trigger).map_err(FileProblem::new);
            if let Some(ready) = findings.ok_or_record(prepared) {
                own.insert_sorted(ready.name.clone(), ready);
            }
        }
        let built_in = built_in.then(|| match outcome_trigger {
            Trigger::Widget => AS_USUAL.clone(),
            other => Arc::new(BuiltInScenarios::new(other.clone())),
        });
        let mut book = Self { custom: own, broken, built_in, matching: Vec::new() };
        book.find_matching();
        book
    }

    /// Adds a scenario, and replaces one of the same name.
    pub(crate) fn add(&mut self, scenario: Arc<Scenario>) {
        self.custom.insert_sorted(scenario.name.clone(), scenario);
        self.find_matching();
    }

    fn find_matching(&mut self) {
        self.matching = self.custom.values().filter(|scenario| scenario.matches.is_some()).cloned().collect();
    }

    /// Returns the scenario with this name.
    ///
    /// # Errors
    ///
    /// [`Problem`] with the known names.
    pub(crate) fn get(&self, name: &str) -> Result<&Arc<Scenario>, Problem> {
        let built_in = || self.built_in.as_ref()?.get(name);
        self.custom.get(name).or_else(built_in).ok_or_else(|| self.unknown(name))
    }

    /// Checks that there is a scenario with this name, without reading it; an invalid file counts.
    ///
    /// # Errors
    ///
    /// As [`ScenarioRegistry::get`].
    pub(crate) fn check(&self, name: &str) -> Result<(), Problem> {
        let is_built_in = || self.built_in.is_some() && SCENARIOS.binary_search_by_key(&name, |file| file.name).is_ok();
        if self.custom.contains_key(name) || self.broken.contains(name) || is_built_in() {
            Ok(())
        } else {
            Err(self.unknown(name))
        }
    }

    fn unknown(&self, name: &str) -> Problem {
        match &self.names()[..] {
            [] => Problem::rule("there are no scenarios; name a folder of them with --scenarios"),
            names => Problem::unknown_name(name, "scenario", names.iter().copied()),
        }
    }

    /// Returns the first scenario, by name, whose `match` matches a call.
    pub(crate) fn first_match(&self, content: &BeginContent<'_>) -> Option<&Arc<Scenario>> {
        self.matching.iter().find(|scenario| scenario.matches.as_ref().is_some_and(|matches| matches.matches(content)))
    }

    /// Returns the scenarios with a `match`, in the order in which they are tried.
    pub(crate) fn matching(&self) -> impl Iterator<Item = &Arc<Scenario>> {
        self.matching.iter()
    }

    /// Whether the file with this name could not be read.
    pub(crate) fn is_broken(&self, file: &DataFile) -> bool {
        self.broken.contains(&file.name)
    }

    /// Returns the scenarios that are not built in.
    pub(crate) fn custom(&self) -> impl Iterator<Item = &Arc<Scenario>> {
        self.custom.values()
    }

    /// Returns all names in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        let built_in = self.built_in.iter().flat_map(|_| SCENARIOS.iter().map(|file| file.name));
        let mut names: Vec<_> = self.custom.keys().map(String::as_str).chain(built_in).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Returns the one problem of a file that has no key of a scenario, such as a config file.
fn not_a_scenario(file: &DataFile) -> Option<Vec<FileProblem>> {
    let (known, all) = file.count_keys(&keys_of::<Scenario>());
    let problem = "this is not a scenario: it has none of the keys of one; name a config file with --config, and move \
                   other files to another folder";
    (file.tree().is_some() && known == 0 && all > 0)
        .then(|| vec![FileProblem::of_file(&file.path, Problem::rule(problem))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::{FixtureFiles, Fixtures};

    #[test]
    fn every_built_in_scenario_can_be_read_and_is_beyond_doubt() {
        let (book, fixtures) = (
            ScenarioRegistry::read(true, &[], &[], &Trigger::Begin, &mut LoadDiagnostics::default()),
            Fixtures::read(&FixtureFiles::default(), &mut LoadDiagnostics::default()),
        );
        assert!(SCENARIOS.len() > 30 && SCENARIOS.is_sorted_by_key(|file| file.name));
        for name in book.names() {
            let scenario = book.get(name).unwrap();
            assert_eq!(scenario.warnings(), [], "{name}");
            assert!(scenario.matches.is_none(), "{name} has a `match`: books look at those of their folder only");
            for (_, document) in scenario.documents() {
                fixtures.documents.get(document).unwrap();
            }
            assert_eq!(fixtures.people.check_scenario(scenario), [], "{name}");
        }
    }

    #[test]
    fn servers_share_the_scenarios_that_are_built_in() {
        let book = || ScenarioRegistry::read(true, &[], &[], &Trigger::Widget, &mut LoadDiagnostics::default());
        assert!(Arc::ptr_eq(book().get("approved").unwrap(), book().get("approved").unwrap()));
    }
}
