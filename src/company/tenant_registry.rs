//! The companies that may call: configured and on-demand.

use std::{
    mem,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use indexmap::IndexMap;
use jiff::Timestamp;

use super::{
    Company, EvictedCalls, Tenant, TenantSettings,
    on_demand::{OnDemandPolicy, OnDemandTenants},
    session_index::SessionIndex,
};
use crate::{
    problem::Problem,
    {session::Session, vendor::Token},
};

/// All companies.
#[derive(Debug)]
pub(crate) struct TenantRegistry {
    index: Arc<SessionIndex>,
    /// The companies that stay until they are removed, in order of creation.
    permanent: RwLock<IndexMap<String, Arc<Tenant>>>,
    /// The configured companies, at least one. Locked before `permanent`.
    configured: RwLock<Vec<Arc<Tenant>>>,
    on_demand: Option<OnDemandTenants>,
}

impl TenantRegistry {
    /// Creates the configured companies.
    pub(crate) fn new(
        configured: impl IntoIterator<Item = (Company, TenantSettings)>,
        policy: Option<OnDemandPolicy>,
    ) -> Self {
        let index = Arc::new(SessionIndex::default());
        let configured_tenants: Vec<_> =
            configured.into_iter().map(|(company, settings)| Tenant::new(company, &settings, &index)).collect();
        let permanent = RwLock::new(by_key(&configured_tenants));
        Self {
            index,
            permanent,
            configured: RwLock::new(configured_tenants),
            on_demand: policy.map(OnDemandTenants::new),
        }
    }

    /// Returns the companies that stay until they are removed.
    pub(crate) fn permanent(&self) -> Vec<Arc<Tenant>> {
        self.permanent.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Returns the first configured company.
    pub(crate) fn default_tenant(&self) -> Arc<Tenant> {
        self.configured()[0].clone()
    }

    /// Returns the configured companies, at least one.
    pub(crate) fn configured(&self) -> Vec<Arc<Tenant>> {
        self.configured.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the set of configured companies. Companies that already exist keep their state; companies no longer
    /// configured are removed.
    #[cfg(feature = "cli")]
    pub(crate) fn replace_configured(&self, configured: impl IntoIterator<Item = (Company, TenantSettings)>) {
        let mut current = self.configured.write().unwrap_or_else(PoisonError::into_inner);
        let mut permanent = self.permanent.write().unwrap_or_else(PoisonError::into_inner);
        let configured = configured.into_iter().map(|(company, settings)| {
            let key = company.key.clone();
            let was_first = current.iter().find(|tenant| tenant.key == key).cloned();
            let is_first = was_first.is_some();
            let existing = was_first.or_else(|| permanent.get(&key).cloned());
            let there = existing.or_else(|| self.on_demand.as_ref()?.remove(&key));
            let tenant = match there {
                Some(tenant) => {
                    if tenant.set_initial(company, settings.frozen_at) {
                        tracing::info!(company = key, "changed the company");
                    }
                    tenant
                }
                None => {
                    tracing::info!(company = key, "added the company");
                    Tenant::new(company, &settings, &self.index)
                }
            };
            if !is_first {
                permanent.insert(key, tenant.clone());
            }
            tenant
        });
        let configured: Vec<_> = configured.collect();
        let removed: Vec<_> =
            current.extract_if(.., |one| !configured.iter().any(|other| other.key == one.key)).collect();
        for tenant in &removed {
            let sessions = tenant.sessions.count();
            if sessions == 0 {
                tracing::info!(company = tenant.key, "removed the company");
            } else {
                tracing::warn!(company = tenant.key, sessions, "removed the company with its sessions");
            }
            permanent.shift_remove(&tenant.key);
        }
        *current = configured;
        drop((permanent, current));
        removed.iter().for_each(|tenant| tenant.close());
    }

    /// Adds a permanent company; `None` if a company with its key exists.
    pub(crate) fn add(&self, company: Company, settings: &TenantSettings) -> Option<Arc<Tenant>> {
        let mut permanent = self.permanent.write().unwrap_or_else(PoisonError::into_inner);
        let is_on_demand = self.on_demand.as_ref().is_some_and(|guests| guests.get(&company.key).is_some());
        if is_on_demand || permanent.contains_key(&company.key) {
            return None;
        }
        let tenant = Tenant::new(company, settings, &self.index);
        permanent.insert(tenant.key.clone(), tenant.clone());
        Some(tenant)
    }

    /// Removes a company with its state; false if there is none with this key.
    pub(crate) fn remove(&self, key: &str) -> bool {
        let permanent = self.permanent.write().unwrap_or_else(PoisonError::into_inner).shift_remove(key);
        let removed = permanent.or_else(|| self.on_demand.as_ref()?.remove(key));
        self.on_demand.iter().for_each(|guests| guests.forget(key));
        // Another thread may still hold it for a moment.
        removed.inspect(|tenant| tenant.close()).is_some()
    }

    /// Restores the configured companies to their initial state, and removes all others.
    pub(crate) fn reset(&self) {
        let configured = self.configured();
        let others = {
            let mut permanent = self.permanent.write().unwrap_or_else(PoisonError::into_inner);
            mem::replace(&mut *permanent, by_key(&configured))
        };
        let on_demand = self.on_demand.as_ref().map(OnDemandTenants::drain).unwrap_or_default();
        for tenant in &configured {
            tenant.reset();
        }
        let stay = |gone: &Arc<Tenant>| configured.iter().any(|tenant| Arc::ptr_eq(tenant, gone));
        others.into_values().chain(on_demand).filter(|gone| !stay(gone)).for_each(|gone| gone.close());
    }

    /// Whether the key is accepted, but no company with it exists, or existed lately.
    pub(crate) fn is_unused(&self, key: &str) -> bool {
        self.get(key).is_none() && self.on_demand.as_ref().is_some_and(|guests| guests.is_unused(key))
    }

    /// Returns the evicted calls of removed companies.
    pub(crate) fn evicted_calls(&self) -> EvictedCalls {
        self.on_demand.as_ref().map(|guests| guests.evicted_calls()).unwrap_or_default()
    }

    /// Returns all current companies.
    pub(crate) fn all(&self) -> Vec<Arc<Tenant>> {
        let on_demand = self.on_demand.iter().flat_map(OnDemandTenants::all);
        self.permanent().into_iter().chain(on_demand).collect()
    }

    /// Returns the company with this key, if it exists.
    pub(crate) fn get(&self, key: &str) -> Option<Arc<Tenant>> {
        let permanent = self.permanent.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        permanent.or_else(|| self.on_demand.as_ref()?.get(key))
    }

    /// Returns the company with this key, and creates it if the key is accepted; otherwise `None`.
    ///
    /// `now` is in real time, as in all functions that deal with idleness.
    pub(crate) fn get_or_create(&self, key: &str, now: impl FnOnce() -> Duration) -> Option<Arc<Tenant>> {
        let permanent = self.permanent.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        permanent.or_else(|| self.on_demand.as_ref()?.get_or_create(key, now(), &self.index))
    }

    /// Returns the company of a session.
    pub(crate) fn of_session(&self, token: &Token) -> Option<Arc<Tenant>> {
        self.index.find(token)?.owner.upgrade()
    }

    /// Whether any session was ever large.
    pub(crate) fn has_large(&self) -> bool {
        self.index.has_large()
    }

    /// Whether the session with this token has too many flags and steps to be read quickly.
    pub(crate) fn is_large(&self, token: &Token) -> bool {
        self.index.is_large(token)
    }

    /// Changes a session of any company, because calls of the widget name none. Counts as a call of the company. `None`
    /// if there is no session with this token.
    pub(crate) fn update_session<T>(
        &self,
        token: &Token,
        now: Duration,
        change: impl Fn(&mut Session, Timestamp) -> T,
    ) -> Option<T> {
        self.sweep(now);
        let record = self.index.find(token)?;
        let tenant = record.owner.upgrade()?;
        tenant.touch(now);
        tenant.sessions.change(&record, |session, _| change(session, tenant.clock.now()))
    }

    /// Removes the companies that are idle too long at `now`.
    pub(crate) fn sweep(&self, now: Duration) {
        if let Some(guests) = &self.on_demand {
            guests.sweep(now);
        }
    }

    /// Returns the number of removed companies, including those idle too long at `now`.
    #[cfg(any(test, feature = "metrics"))]
    pub(crate) fn eviction_count(&self, now: Duration) -> u64 {
        self.sweep(now);
        self.on_demand.as_ref().map_or(0, |guests| guests.eviction_count())
    }

    /// Returns the problem of a key that no company has.
    pub(crate) fn unknown_key(&self, key: &str) -> Problem {
        let permanent = self.permanent.read().unwrap_or_else(PoisonError::into_inner);
        let problem = Problem::unknown_name(key, "company key", permanent.keys());
        match &self.on_demand {
            Some(on_demand) => problem.with_remedy(on_demand.describe_pattern()),
            None => problem,
        }
    }
}

fn by_key(tenants: &[Arc<Tenant>]) -> IndexMap<String, Arc<Tenant>> {
    tenants.iter().map(|tenant| (tenant.key.clone(), tenant.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::company::{JournalSettings, sessions::SessionLimit};

    const SECOND: Duration = Duration::from_secs(1);

    fn welcoming(most: usize) -> TenantRegistry {
        let ceiling = SessionLimit { max_sessions: 10, refuses: false };
        let settings = TenantSettings {
            seed: None,
            frozen_at: None,
            session_limit: ceiling,
            journal: JournalSettings::default(),
            sequence: Arc::default(),
        };
        let company = Company::new("test-*").secret("secret-of-{key}");
        let configured = [(Company::new("test-0"), settings.clone())];
        TenantRegistry::new(
            configured,
            Some(OnDemandPolicy { company, idle_timeout: 60 * SECOND, max_companies: most, settings }),
        )
    }

    fn keys(tenants: &TenantRegistry) -> Vec<String> {
        let mut keys: Vec<_> = tenants.all().iter().map(|tenant| tenant.key.clone()).collect();
        keys.sort();
        keys
    }

    #[test]
    fn who_is_idle_for_too_long_goes_when_somebody_looks() {
        let tenants = welcoming(10);
        assert!(
            tenants.get_or_create("test-1", || SECOND).is_some()
                && tenants.get_or_create("test-2", || 30 * SECOND).is_some()
        );
        assert_eq!(tenants.eviction_count(60 * SECOND), 0);
        assert_eq!(tenants.eviction_count(61 * SECOND), 1);
        assert_eq!(keys(&tenants), ["test-0", "test-2"]);
        tenants.get_or_create("test-2", || 89 * SECOND);
        assert_eq!(tenants.eviction_count(148 * SECOND), 1, "it was called");
        assert_eq!(tenants.eviction_count(10_000 * SECOND), 2);
        assert_eq!(keys(&tenants), ["test-0"], "who is configured never goes");
    }

    #[test]
    fn who_is_waited_in_is_not_idle() {
        let tenants = welcoming(2);
        let waiting = tenants.get_or_create("test-1", || SECOND).unwrap().register_waiter();
        tenants.get_or_create("test-2", || 2 * SECOND);
        assert_eq!(
            (tenants.eviction_count(10_000 * SECOND), keys(&tenants)),
            (1, vec!["test-0".into(), "test-1".into()])
        );
        tenants.get_or_create("test-2", || 10_001 * SECOND);
        tenants.get_or_create("test-3", || 10_002 * SECOND);
        assert_eq!(keys(&tenants), ["test-0", "test-1", "test-3"], "the idlest company has no waiters");
        drop(waiting);
        assert_eq!(tenants.eviction_count(20_000 * SECOND), 4);
        assert!(tenants.get_or_create("test-1", || 20_000 * SECOND).unwrap().was_evicted());
    }

    #[test]
    fn the_idlest_makes_room() {
        let tenants = welcoming(2);
        for (key, second) in [("test-1", 1), ("test-2", 2), ("test-1", 3), ("test-3", 4)] {
            tenants.get_or_create(key, || second * SECOND);
        }
        assert_eq!(
            (keys(&tenants), tenants.eviction_count(4 * SECOND)),
            (vec!["test-0".into(), "test-1".into(), "test-3".into()], 1)
        );
    }

    #[test]
    fn one_rule_gives_each_its_secret() {
        let tenants = welcoming(2);
        let secret = |key| {
            tenants
                .get_or_create(key, || SECOND)
                .unwrap()
                .settings()
                .company
                .secret
                .clone()
                .map(|secret| secret.expose().to_owned())
        };
        assert_eq!(secret("test-1").as_deref(), Some("secret-of-test-1"));
        assert_eq!(secret("test-0"), None);
    }

    #[cfg(feature = "cli")]
    #[test]
    fn a_company_configured_again_keeps_its_state() {
        let tenants = welcoming(2);
        let settings = tenants.on_demand.as_ref().unwrap().policy.settings.clone();
        let secret = |key: &str| {
            tenants.get(key).unwrap().settings().company.secret.clone().map(|secret| secret.expose().to_owned())
        };
        let configure = |companies: &[Company]| {
            tenants.replace_configured(companies.iter().cloned().map(|company| (company, settings.clone())));
        };
        let (changed, added) = (tenants.default_tenant(), tenants.add(Company::new("added"), &settings).unwrap());
        changed.apply_change(Company::new("test-0").secret("of-the-control-api"));
        let guest = tenants.get_or_create("test-1", || SECOND).unwrap();
        configure(&["test-1", "added", "test-0"].map(Company::new));
        assert!(Arc::ptr_eq(&tenants.get("added").unwrap(), &added), "its sessions stay");
        assert!(Arc::ptr_eq(&tenants.get("test-1").unwrap(), &guest) && secret("test-1").is_none());
        assert_eq!(secret("test-0").as_deref(), Some("of-the-control-api"), "the file says of it what it said before");
        assert_eq!(tenants.eviction_count(10_000 * SECOND), 0, "who is configured is no guest");
        configure(&[Company::new("test-0").secret("of-the-file")]);
        assert_eq!((secret("test-0").as_deref(), keys(&tenants)), (Some("of-the-file"), vec!["test-0".into()]));
        tenants.reset();
        assert_eq!((secret("test-0").as_deref(), keys(&tenants)), (Some("of-the-file"), vec!["test-0".into()]));
    }
}
