//! The companies: reading, adding, changing, removing and resetting them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{MockService, setting_problems::company_problems, settings_of};
use crate::{
    clock::{ClockChange, uptime},
    company::{Company, EventKind, Tenant},
    data_file::keys_of,
    foreign_text::MAX_NAMED,
    json_text::{members_of, merge_patch},
    problem::Problem,
    tree,
};

/// A company: its settings and its state.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
#[non_exhaustive]
pub struct CompanyInfo {
    /// Its settings. Secret, initial queue and initial faults are not shown.
    pub settings: Company,
    /// Its state.
    pub state: CompanyState,
}

/// The members of a change: a JSON merge patch.
#[derive(Debug)]
pub(crate) struct CompanyPatch;

/// The state of a company. A change of the company keeps it.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CompanyState {
    /// Whether its calls must be signed, and its responses are.
    pub is_signed: bool,
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

/// The members of the state that a request changes, and how. The others change by themselves, so a change of the
/// company may name an old value.
const CHANGED_ELSEWHERE: [(&str, &str); 4] = [
    ("is_signed", "set or remove `secret`"),
    ("queue", "use `/__admin/scenarios/queue`"),
    ("faults", "use `/__admin/faults`"),
    ("is_frozen", "use `/__admin/clock/freeze` and `/__admin/clock/resume`"),
];

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
        let company = tenant.settings().company.clone();
        let settings = Company { secret: None, queue: Vec::new(), faults: Vec::new(), ..company };
        Self { settings, state: CompanyState::from_tenant(tenant) }
    }
}

impl CompanyState {
    fn from_tenant(tenant: &Tenant) -> Self {
        Self {
            is_signed: tenant.settings().company.secret.is_some(),
            queue: tenant.queued(),
            faults: tenant.fault_infos().into_iter().map(|fault| fault.name).collect(),
            now: tenant.clock.now().to_string(),
            is_frozen: tenant.clock.is_frozen(),
            sessions: tenant.sessions.count(),
            evicted_sessions: tenant.sessions.evicted(),
        }
    }
}

impl From<CompanyInfo> for Map<String, Value> {
    fn from(CompanyInfo { settings, state }: CompanyInfo) -> Self {
        let mut members = members_of(&settings);
        members.extend(members_of(&state));
        members
    }
}

impl TryFrom<Map<String, Value>> for CompanyInfo {
    type Error = Problem;

    fn try_from(members: Map<String, Value>) -> Result<Self, Problem> {
        let of_state = keys_of::<CompanyState>();
        let (state, settings): (Map<_, _>, Map<_, _>) =
            members.into_iter().partition(|(key, _)| of_state.contains(key));
        Ok(Self { settings: tree::read_value(settings.into())?, state: tree::read_value(state.into())? })
    }
}

impl MockService {
    /// Returns the first keys of companies, for a problem that names them.
    pub(crate) fn named_keys(&self) -> Vec<String> {
        self.companies().iter().take(MAX_NAMED).map(|tenant| tenant.key.clone()).collect()
    }

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

    /// Changes a company, until a reset, by a JSON merge patch of what [`CompanyInfo`] shows.
    ///
    /// # Errors
    ///
    /// [`CompanyError`]; the company is unchanged then.
    pub(crate) fn change_company(&self, tenant: &Tenant, patch: Map<String, Value>) -> Result<(), CompanyError> {
        let before = &tenant.settings().company;
        let patch = without_state(patch, &CompanyState::from_tenant(tenant))?;
        let mut changed = Value::Object(before.with_secret());
        merge_patch(&mut changed, &patch);
        let company: Company = tree::read_value(changed)?;
        for (is_other, key, message) in [
            (company.key != before.key, "company_key", "the key of a company cannot change; add another company"),
            (
                company.frozen_at != before.frozen_at,
                "frozen_at",
                "`frozen_at` is for the start; use `/__admin/clock/set`",
            ),
        ] {
            if is_other {
                return Err(Problem::of_key(key, message).into());
            }
        }
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

/// Removes the members of the state from a change.
///
/// # Errors
///
/// [`Problem`] of a member that would be changed.
fn without_state(mut patch: Map<String, Value>, state: &CompanyState) -> Result<Map<String, Value>, Problem> {
    for (name, current) in members_of(&state) {
        let other = patch.shift_remove(&name).filter(|given| *given != current);
        if let Some((_, remedy)) = CHANGED_ELSEWHERE.iter().find(|(known, _)| other.is_some() && *known == name) {
            return Err(Problem::of_key(&*name, format!("`{name}` is not a setting; {remedy}")));
        }
    }
    Ok(patch)
}

#[cfg(test)]
mod schema;
