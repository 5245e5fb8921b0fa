//! The companies: looking at them, adding, changing, removing and resetting them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{MockService, setting_problems::company_problems, settings_of};
use crate::{
    clock::{ClockChange, uptime},
    company::{Company, CompanyChange, EventKind, Tenant},
    vendor::{Dialect, ResultCase},
};

/// A company as it stands.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CompanyInfo {
    /// By which it calls.
    pub company_key: String,
    /// Whether its calls have to be signed, and its answers are.
    pub is_signed: bool,
    /// The scenario of its sessions that do not ask for one; `None` for the server's.
    pub scenario: Option<String>,
    /// How its answers are worded; `None` for as the server says.
    pub dialect: Option<Dialect>,
    /// How `result` is written; `None` for as dialect and server say.
    pub result_case: Option<ResultCase>,
    /// The `config_id` of each saved configuration.
    pub configurations: Vec<String>,
    /// Who goes through its sessions; empty for everybody.
    pub people: Vec<String>,
    /// The scenarios of its next sessions that do not ask for one.
    pub queue: Vec<String>,
    /// The names of its own faults in force.
    pub faults: Vec<String>,
    /// The time on its clock, as RFC 3339 in UTC.
    pub now: String,
    /// Whether its clock stands still.
    pub is_frozen: bool,
    /// How many sessions it has.
    pub sessions: usize,
    /// How many sessions were given up to make room for others, since the server started.
    pub evicted_sessions: u64,
}

/// Why a company is not added or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompanyError {
    #[error("the company `{0}` exists already; change it with PATCH, or remove it first")]
    KeyExists(String),
    /// What is set for it cannot be: where it stands, as far as that is one place, and why.
    #[error("{1}")]
    Setting(Option<String>, String),
}

impl CompanyInfo {
    pub(crate) fn from_tenant(tenant: &Tenant) -> Self {
        let settings = tenant.settings();
        let company = &settings.company;
        Self {
            company_key: tenant.key.clone(),
            is_signed: company.secret.is_some(),
            scenario: company.scenario.clone(),
            dialect: company.dialect,
            result_case: company.result_case,
            configurations: company.configurations.keys().cloned().collect(),
            people: company.people.clone(),
            queue: tenant.queued(),
            faults: tenant.fault_infos().into_iter().map(|fault| fault.name).collect(),
            now: tenant.clock.now().to_string(),
            is_frozen: tenant.clock.is_frozen(),
            sessions: tenant.sessions.count(),
            evicted_sessions: tenant.sessions.evicted(),
        }
    }
}

impl MockService {
    /// All companies of this moment, in the order of their keys.
    pub(crate) fn companies(&self) -> Vec<Arc<Tenant>> {
        let mut tenants = self.tenants.all();
        tenants.sort_by(|one, other| one.key.cmp(&other.key));
        tenants
    }

    /// Adds a company.
    ///
    /// # Errors
    ///
    /// [`CompanyError`]; nothing is added then.
    pub(crate) fn add_company(&self, company: Company) -> Result<Arc<Tenant>, CompanyError> {
        self.check_company(&company)?;
        let settings = settings_of(&self.settings, &company)
            .map_err(|problem| CompanyError::Setting(Some("frozen_at".into()), problem))?;
        let key = company.key.clone();
        let tenant = self.tenants.add(company, &settings).ok_or(CompanyError::KeyExists(key))?;
        tracing::info!(company = tenant.key, "added the company");
        Ok(tenant)
    }

    /// Sets a company in another way, until it is reset.
    ///
    /// # Errors
    ///
    /// [`CompanyError`]; it stays as it is then.
    pub(crate) fn change_company(&self, tenant: &Tenant, change: CompanyChange) -> Result<(), CompanyError> {
        let company = change.apply_to(tenant.settings().company.clone());
        self.check_company(&company)?;
        tenant.apply_change(company);
        tracing::info!(company = tenant.key, "changed the company");
        Ok(())
    }

    /// Removes a company with all that belongs to it; false when there is none of that key.
    pub(crate) fn remove_company(&self, key: &str) -> bool {
        let is_removed = self.tenants.remove(key);
        if is_removed {
            tracing::info!(company = key, "removed the company");
        }
        is_removed
    }

    /// The company of that key, which does not come to be because somebody looks.
    pub(crate) fn find_company(&self, key: &str) -> Option<Arc<Tenant>> {
        self.tenants.sweep(uptime());
        self.tenants.get(key)
    }

    /// Makes everything as it was at the start: companies, faults, clocks, scenarios.
    pub(crate) fn reset_all(&self) {
        self.tenants.reset();
        self.clock.update(ClockChange::Reset(self.settings.frozen_at), |_, _| {});
        self.faults.replace(&self.config.faults, self.clock.now());
        self.holds.release_all();
        self.journal.clear();
        self.coverage.clear();
        self.forget_added_scenarios();
        self.add_event(EventKind::StateReset);
        tracing::info!("reset everything");
    }

    fn check_company(&self, company: &Company) -> Result<(), CompanyError> {
        if let Some(problem) = company.problem() {
            return Err(CompanyError::Setting(None, problem));
        }
        match company_problems(&self.catalogue(), company).into_iter().next() {
            Some(misfit) => Err(CompanyError::Setting(misfit.company.map(|(_, field)| field), misfit.message)),
            None => Ok(()),
        }
    }
}
