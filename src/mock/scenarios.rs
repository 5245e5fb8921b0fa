//! Scenarios and fixtures: reading them, adding scenarios while the server runs, and looking at them.

use std::sync::{Arc, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[cfg(feature = "cli")]
use super::pair_with_settings;
use super::{
    ConfigError, MockService,
    setting_problems::{setting_problems, setting_warnings},
};
use crate::{
    catalogue::{Catalogue, CatalogueFiles, CatalogueInputs},
    company::{Company, EventKind},
    config::Config,
    data_file::{FileProblem, LoadDiagnostics, LoadError},
    scenario::{Scenario, ScenarioSource, Stage},
    vendor::FormLayers,
};

/// What new sessions are made of: what was read from files, and the scenarios that were added since.
#[derive(Debug)]
pub(super) struct CatalogueState {
    read: Arc<Catalogue>,
    added: Vec<Arc<Scenario>>,
    now: Arc<Catalogue>,
}

impl CatalogueState {
    pub(super) fn new(read: Catalogue) -> Self {
        let read = Arc::new(read);
        Self { now: read.clone(), added: Vec::new(), read }
    }

    /// Looks again at what it holds.
    fn sort(&mut self) {
        self.now = if self.added.is_empty() { self.read.clone() } else { Arc::new(self.read.with(&self.added)) };
    }
}

/// A scenario: what happens to its sessions, and when.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ScenarioInfo {
    /// By which sessions ask for it.
    pub name: String,
    /// What happens, in a sentence.
    pub description: String,
    /// Where it comes from.
    pub origin: ScenarioSource,
    /// What its `match` looks at, which takes calls of `begin/` that do not ask for it; empty without one.
    pub matches: Vec<String>,
    /// The error that `begin/` answers instead of beginning a session.
    pub refuse_begin: Option<String>,
    /// What goes wrong with `begin/`, in words.
    pub begin_fault: Option<String>,
    /// How long its tokens open the widget, in seconds; `None` for as the server says.
    pub session_lifetime_seconds: Option<f64>,
    /// Laid over the flags of the call: a JSON object.
    pub flags: Value,
    /// Laid over the steps of the call: a JSON array.
    pub steps: Value,
    /// Its stages, in the order in which they come.
    pub stages: Vec<StageInfo>,
}

/// A stage of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct StageInfo {
    /// What brings it about, counted from the stage before, of which the first counts: `widget`, `after=60s`.
    pub triggers: Vec<String>,
    /// What it changes, in words.
    pub effects: Vec<String>,
}

impl ScenarioInfo {
    fn from_scenario(scenario: &Scenario) -> Self {
        let form = FormLayers { saved: None, own: &scenario.form, scenario: None };
        Self {
            name: scenario.name.clone(),
            description: scenario.description.clone(),
            origin: scenario.origin,
            matches: scenario.matches.as_ref().map(|matches| matches.conditions()).unwrap_or_default(),
            refuse_begin: scenario.refuse_begin.map(|code| code.to_string()),
            begin_fault: scenario.begin_fault.as_ref().map(|fault| fault.effect()),
            session_lifetime_seconds: scenario.session_lifetime.map(|time| time.as_secs_f64()),
            flags: form.read_flags().into_value(),
            steps: form.read_steps().into_list().into(),
            stages: scenario.stages.iter().map(StageInfo::from_stage).collect(),
        }
    }
}

impl StageInfo {
    fn from_stage(stage: &Stage) -> Self {
        let [triggers, effects] = stage.in_words();
        Self { triggers, effects }
    }
}

impl MockService {
    /// Scenarios and fixtures as they are now.
    pub(crate) fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue_state.read().unwrap_or_else(PoisonError::into_inner).now.clone()
    }

    /// Reads scenarios and fixtures again, for sessions that begin from now on. Scenarios that were added stay.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for what is wrong; everything stays as it was then.
    pub(crate) fn reload(&self) -> Result<(), ConfigError> {
        let catalogue = read_catalogue(&self.config, &self.configured())?;
        self.swap_catalogue(catalogue, || {});
        Ok(())
    }

    /// Has that catalogue for sessions that begin from now on, and these companies as those that are configured. They
    /// fit together.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a clock that cannot stand where it is said to; everything stays as it was then.
    #[cfg(feature = "cli")]
    pub(crate) fn replace_catalogue(&self, catalogue: Catalogue, companies: Vec<Company>) -> Result<(), ConfigError> {
        let companies = pair_with_settings(&self.settings, companies)?;
        self.swap_catalogue(catalogue, || self.tenants.replace_configured(companies));
        Ok(())
    }

    /// Has that catalogue for sessions that begin from now on. What is done `with_it` is done before one can.
    fn swap_catalogue(&self, catalogue: Catalogue, with_it: impl FnOnce()) {
        let mut state = self.catalogue_state.write().unwrap_or_else(PoisonError::into_inner);
        state.read = Arc::new(catalogue);
        state.sort();
        with_it();
        drop(state);
        self.add_event(EventKind::FilesReloaded);
    }

    /// The companies that are configured, as they begin.
    fn configured(&self) -> Vec<Company> {
        self.tenants.configured().iter().map(|tenant| tenant.initial_settings().company.clone()).collect()
    }

    /// Adds a scenario for sessions that begin from now on, in place of one of the same name, until everything is reset.
    ///
    /// # Errors
    ///
    /// A message that says what cannot be; nothing is added then.
    pub(crate) fn add_scenario(&self, scenario: &Scenario) -> Result<ScenarioInfo, String> {
        if scenario.name.trim().is_empty() {
            return Err("a scenario has a name".into());
        }
        let mut state = self.catalogue_state.write().unwrap_or_else(PoisonError::into_inner);
        let ready = state.now.ready(scenario, &self.config.outcome_trigger).map_err(|error| error.to_string())?;
        state.added.retain(|other| other.name != ready.name);
        state.added.push(ready.clone());
        state.sort();
        drop(state);
        tracing::info!(scenario = ready.name, "added the scenario");
        for (_, doubt) in ready.warnings() {
            tracing::warn!("the scenario `{}`: {doubt}", ready.name);
        }
        Ok(ScenarioInfo::from_scenario(&ready))
    }

    /// Forgets the scenarios that were added.
    pub(super) fn forget_added_scenarios(&self) {
        let mut state = self.catalogue_state.write().unwrap_or_else(PoisonError::into_inner);
        state.added.clear();
        state.sort();
    }

    /// The scenario of that name.
    ///
    /// # Errors
    ///
    /// A message that lists the names that are known.
    pub(crate) fn find_scenario(&self, name: &str) -> Result<ScenarioInfo, String> {
        self.catalogue().scenarios.get(name).map(|scenario| ScenarioInfo::from_scenario(scenario))
    }
}

/// Reads scenarios and fixtures, which have to fit those companies.
pub(super) fn read_catalogue(config: &Config, companies: &[Company]) -> Result<Catalogue, ConfigError> {
    let mut findings = LoadDiagnostics::default();
    let files = CatalogueFiles::in_folders(config.scenarios.as_deref(), config.fixtures.as_deref(), &mut findings);
    let catalogue = Catalogue::load(sources(config, &files), &mut findings);
    LoadError::check(findings.problems)?;
    let misfits: Vec<_> =
        setting_problems(&catalogue, config, companies).into_iter().map(|misfit| misfit.message).collect();
    if !misfits.is_empty() {
        return Err(ConfigError::Setting(misfits.join("\n")));
    }
    let doubts = setting_warnings(&catalogue, companies).into_iter().map(|doubt| doubt.message);
    for warning in findings.warnings.iter().map(FileProblem::to_string).chain(doubts) {
        tracing::warn!("{warning}");
    }
    Ok(catalogue)
}

/// What the settings make a catalogue of, with those files.
pub(crate) fn sources<'a>(config: &'a Config, files: &'a CatalogueFiles) -> CatalogueInputs<'a> {
    let Config { builtin_scenarios, own_scenarios, outcome_trigger, .. } = config;
    CatalogueInputs { builtin_scenarios: *builtin_scenarios, files, own_scenarios, outcome_trigger }
}
