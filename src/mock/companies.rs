//! The companies: reading, adding, changing, removing and resetting them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{MockService, setting_problems::company_problems, settings_of};
use crate::{
    clock::{ClockChange, uptime},
    company::{Company, CompanyChange, EventKind, Tenant},
    problem::Problem,
    vendor::{Dialect, ResultCase},
};

/// A company.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CompanyInfo {
    /// The key that its calls carry.
    pub company_key: String,
    /// Whether its calls must be signed, and its responses are.
    pub is_signed: bool,
    /// Scenario of its sessions that request none; `None` for the server's.
    pub scenario: Option<String>,
    /// Wording of its responses; `None` for the server's.
    pub dialect: Option<Dialect>,
    /// Case of `result`; `None` for that of the dialect and the server.
    pub result_case: Option<ResultCase>,
    /// The `config_id` of each saved configuration.
    pub configurations: Vec<String>,
    /// People of its sessions; empty for all.
    pub people: Vec<String>,
    /// Scenarios of its next sessions that request none.
    pub queue: Vec<String>,
    /// Names of its own active faults.
    pub faults: Vec<String>,
    /// The time on its clock, as RFC 3339 in UTC.
    pub now: String,
    /// Whether its clock is frozen.
    pub is_frozen: bool,
    /// Number of its sessions.
    pub sessions: usize,
    /// Number of sessions evicted for new ones, since the server started.
    pub evicted_sessions: u64,
}

/// The reason a company is not added or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompanyError {
    #[error("the company `{0}` exists already; change it with PATCH, or remove it first")]
    KeyExists(String),
    #[error(transparent)]
    Setting(#[from] Problem),
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
    /// Returns all current companies, by key.
    pub(crate) fn companies(&self) -> Vec<Arc<Tenant>> {
        let mut tenants = self.tenants.all();
        tenants.sort_by(|one, other| one.key.cmp(&other.key));
        tenants
    }

    /// Adds a company.
    ///
    /// # Errors
    ///
    /// [`CompanyError`]; no company is added then.
    pub(crate) fn add_company(&self, company: Company) -> Result<Arc<Tenant>, CompanyError> {
        self.check_company(&company)?;
        let settings = settings_of(&self.settings, &company)?;
        let key = company.key.clone();
        let tenant = self.tenants.add(company, &settings).ok_or(CompanyError::KeyExists(key))?;
        tracing::info!(company = tenant.key, "added the company");
        Ok(tenant)
    }

    /// Changes a company, until a reset.
    ///
    /// # Errors
    ///
    /// [`CompanyError`]; the company is unchanged then.
    pub(crate) fn change_company(&self, tenant: &Tenant, change: CompanyChange) -> Result<(), CompanyError> {
        let company = change.apply_to(tenant.settings().company.clone());
        self.check_company(&company)?;
        tenant.apply_change(company);
        tracing::info!(company = tenant.key, "changed the company");
        Ok(())
    }

    /// Removes a company with its state; false if there is none with this key.
    pub(crate) fn remove_company(&self, key: &str) -> bool {
        let is_removed = self.tenants.remove(key);
        if is_removed {
            tracing::info!(company = key, "removed the company");
        }
        is_removed
    }

    /// Returns the company with this key, without creating it.
    pub(crate) fn find_company(&self, key: &str) -> Option<Arc<Tenant>> {
        self.tenants.sweep(uptime());
        self.tenants.get(key)
    }

    /// Resets everything: companies, faults, clocks, scenarios.
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
        let problem = company.problem().or_else(|| company_problems(&self.catalogue(), company).into_iter().next());
        problem.map_or(Ok(()), |problem| Err(problem.into()))
    }
}
