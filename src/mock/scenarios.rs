//! Scenarios and fixtures: loading, adding and reading them.

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
    problem::Problem,
    scenario::{Scenario, ScenarioSource, Stage},
    vendor::FormLayers,
};

/// The catalogue of new sessions: loaded files, and added scenarios.
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

    /// Rebuilds the current catalogue.
    fn sort(&mut self) {
        self.now = if self.added.is_empty() { self.read.clone() } else { Arc::new(self.read.with(&self.added)) };
    }
}

/// A scenario: what happens to its sessions, and when.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ScenarioInfo {
    /// The name by which sessions request it.
    pub name: String,
    /// Description in one sentence.
    pub description: String,
    /// Its source.
    pub origin: ScenarioSource,
    /// The conditions of its `match`, which selects it for calls of `begin/` that name no scenario; empty without one.
    pub matches: Vec<String>,
    /// The error of `begin/`, instead of a session.
    pub refuse_begin: Option<String>,
    /// The effect of its fault on `begin/`.
    pub begin_fault: Option<String>,
    /// How long its tokens open the widget, in seconds; `None` for the server's setting.
    pub session_lifetime_seconds: Option<f64>,
    /// Flags that override those of the call: a JSON object.
    pub flags: Value,
    /// Steps that are added to those of the call: a JSON array.
    pub steps: Value,
    /// Its stages, in order.
    pub stages: Vec<StageInfo>,
}

/// A stage of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct StageInfo {
    /// Its triggers, counted from the previous stage, of which the first to fire counts: `widget`, `after=60s`.
    pub triggers: Vec<String>,
    /// Its effects: `result APPROVED`.
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
    /// Returns the current catalogue.
    pub(crate) fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue_state.read().unwrap_or_else(PoisonError::into_inner).now.clone()
    }

    /// Reloads scenarios and fixtures, for sessions that begin afterwards. Added scenarios stay.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for invalid files; nothing changes then.
    pub(crate) fn reload(&self) -> Result<(), ConfigError> {
        let catalogue = read_catalogue(&self.config, &self.configured())?;
        self.swap_catalogue(catalogue, || {});
        Ok(())
    }

    /// Replaces the catalogue for new sessions, and the configured companies. Both were validated together.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a clock that cannot be set; nothing changes then.
    #[cfg(feature = "cli")]
    pub(crate) fn replace_catalogue(&self, catalogue: Catalogue, companies: Vec<Company>) -> Result<(), ConfigError> {
        let companies = pair_with_settings(&self.settings, companies)?;
        self.swap_catalogue(catalogue, || self.tenants.replace_configured(companies));
        Ok(())
    }

    /// Replaces the catalogue for new sessions. `with_it` runs before the next session can begin.
    fn swap_catalogue(&self, catalogue: Catalogue, with_it: impl FnOnce()) {
        let mut state = self.catalogue_state.write().unwrap_or_else(PoisonError::into_inner);
        state.read = Arc::new(catalogue);
        state.sort();
        with_it();
        drop(state);
        self.add_event(EventKind::FilesReloaded);
    }

    /// Returns the configured companies with their initial settings.
    fn configured(&self) -> Vec<Company> {
        self.tenants.configured().iter().map(|tenant| tenant.initial_settings().company.clone()).collect()
    }

    /// Adds a scenario for new sessions, replacing one of the same name, until a full reset.
    ///
    /// # Errors
    ///
    /// [`Problem`]; nothing is added then.
    pub(crate) fn add_scenario(&self, scenario: &Scenario) -> Result<ScenarioInfo, Problem> {
        if scenario.name.trim().is_empty() {
            return Err(Problem::rule("a scenario has a name"));
        }
        let mut state = self.catalogue_state.write().unwrap_or_else(PoisonError::into_inner);
        let ready = state.now.ready(scenario, &self.config.outcome_trigger)?;
        state.added.retain(|other| other.name != ready.name);
        state.added.push(ready.clone());
        state.sort();
        drop(state);
        tracing::info!(scenario = ready.name, "added the scenario");
        for doubt in ready.warnings() {
            tracing::warn!("the scenario `{}`: {doubt}", ready.name);
        }
        Ok(ScenarioInfo::from_scenario(&ready))
    }

    /// Removes the added scenarios.
    pub(super) fn forget_added_scenarios(&self) {
        let mut state = self.catalogue_state.write().unwrap_or_else(PoisonError::into_inner);
        state.added.clear();
        state.sort();
    }

    /// Returns the scenario with this name.
    ///
    /// # Errors
    ///
    /// [`Problem`] with the known names.
    pub(crate) fn find_scenario(&self, name: &str) -> Result<ScenarioInfo, Problem> {
        self.catalogue().scenarios.get(name).map(|scenario| ScenarioInfo::from_scenario(scenario))
    }
}

/// Loads scenarios and fixtures, and validates them with these companies.
pub(super) fn read_catalogue(config: &Config, companies: &[Company]) -> Result<Catalogue, ConfigError> {
    let mut findings = LoadDiagnostics::default();
    let files = CatalogueFiles::in_folders(
        config.scenarios.as_deref(),
        config.fixtures.as_deref(),
        config.config_file.as_deref(),
        &mut findings,
    );
    let catalogue = Catalogue::load(sources(config, &files), &mut findings);
    LoadError::check(findings.problems)?;
    let problems = setting_problems(&catalogue, config, companies);
    if !problems.is_empty() {
        return Err(ConfigError::Setting(problems));
    }
    let doubts = setting_warnings(&catalogue, companies).into_iter().map(|doubt| doubt.to_string());
    for warning in findings.warnings.iter().map(FileProblem::to_string).chain(doubts) {
        tracing::warn!("{warning}");
    }
    Ok(catalogue)
}

/// Returns the inputs of a catalogue, from the settings and these files.
pub(crate) fn sources<'a>(config: &'a Config, files: &'a CatalogueFiles) -> CatalogueInputs<'a> {
    let Config { builtin_scenarios, own_scenarios, outcome_trigger, .. } = config;
    CatalogueInputs { builtin_scenarios: *builtin_scenarios, files, own_scenarios, outcome_trigger }
}
