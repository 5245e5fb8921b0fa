//! On-demand companies: created by their first call, removed when idle.

use std::{
    collections::HashMap,
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use indexmap::IndexMap;
use tokio::runtime::Handle;

use super::{Company, EvictedCalls, Tenant, TenantSettings, session_index::SessionIndex};
use crate::{foreign_text::is_disturbing, glob::Glob};

/// Maximum length of an on-demand company's key, in bytes.
const MAX_KEY_BYTES: usize = 200;

/// Maximum number of removed companies whose evicted-call counts are kept.
const MAX_EVICTED_TENANTS: usize = 1000;

/// A company with more sessions than that is removed on a thread of its own.
const MANY_SESSIONS: usize = 1000;

/// The on-demand companies.
#[derive(Debug)]
pub(super) struct OnDemandTenants {
    pub(super) policy: OnDemandPolicy,
    pattern: Glob,
    by_key: RwLock<HashMap<String, Arc<Tenant>>>,
    /// Earliest time at which a company can be idle long enough, in milliseconds of real time.
    next_sweep: AtomicU64,
    eviction_count: AtomicU64,
    evicted: Mutex<EvictedTenants>,
}

/// Evicted calls of removed companies, so that they are not mistaken for no calls.
#[derive(Debug, Default)]
struct EvictedTenants {
    /// The latest companies, by key.
    by_key: IndexMap<String, EvictedCalls>,
    /// All companies together.
    all: EvictedCalls,
}

/// The rule for on-demand companies.
#[derive(Debug)]
pub(crate) struct OnDemandPolicy {
    /// Their settings. The key is a pattern: `*` stands for any characters, `?` for one.
    pub(crate) company: Company,
    /// Time without a call after which a company is removed, in real time.
    pub(crate) idle_timeout: Duration,
    /// Maximum number of on-demand companies.
    pub(crate) max_companies: usize,
    pub(crate) settings: TenantSettings,
}

impl EvictedTenants {
    fn add(&mut self, key: &str, evicted: EvictedCalls) {
        self.all = self.all.merge(evicted);
        self.by_key.insert(key.to_owned(), evicted);
        if self.by_key.len() > MAX_EVICTED_TENANTS {
            self.by_key.shift_remove_index(0);
        }
    }

    /// Takes the evicted-call count of a company that is created again.
    fn take(&mut self, key: &str) -> Option<EvictedCalls> {
        let evicted = self.by_key.shift_remove(key)?;
        self.all.count -= evicted.count;
        Some(evicted)
    }
}

impl OnDemandTenants {
    pub(super) fn new(policy: OnDemandPolicy) -> Self {
        Self {
            pattern: Glob::new(&policy.company.key).expect("it was checked at the start"),
            policy,
            by_key: RwLock::default(),
            next_sweep: AtomicU64::new(0),
            eviction_count: AtomicU64::new(0),
            evicted: Mutex::default(),
        }
    }

    /// Returns the on-demand companies that currently exist.
    pub(super) fn all(&self) -> Vec<Arc<Tenant>> {
        self.by_key.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Returns the number of removed companies.
    #[cfg(any(test, feature = "metrics"))]
    pub(super) fn eviction_count(&self) -> u64 {
        self.eviction_count.load(Ordering::Relaxed)
    }

    /// Returns the evicted calls of removed companies.
    pub(super) fn evicted_calls(&self) -> EvictedCalls {
        self.evicted_tenants().all
    }

    /// Drops the evicted-call count of a company.
    pub(super) fn forget(&self, key: &str) {
        let _ = self.evicted_tenants().take(key);
    }

    /// Describes the accepted keys, for hints.
    pub(super) fn describe_pattern(&self) -> String {
        format!("so is any key that matches `{}`, of at most {MAX_KEY_BYTES} bytes", self.policy.company.key)
    }

    pub(super) fn get(&self, key: &str) -> Option<Arc<Tenant>> {
        self.by_key.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(super) fn remove(&self, key: &str) -> Option<Arc<Tenant>> {
        self.by_key.write().unwrap_or_else(PoisonError::into_inner).remove(key)
    }

    /// Removes and returns all companies.
    pub(super) fn drain(&self) -> Vec<Arc<Tenant>> {
        *self.evicted_tenants() = EvictedTenants::default();
        mem::take(&mut *self.by_key.write().unwrap_or_else(PoisonError::into_inner)).into_values().collect()
    }

    /// Returns the company with this key, and creates it if the key is accepted.
    pub(super) fn get_or_create(&self, key: &str, now: Duration, index: &Arc<SessionIndex>) -> Option<Arc<Tenant>> {
        self.sweep(now);
        if let Some(tenant) = self.get(key) {
            tenant.touch(now);
            return Some(tenant);
        }
        self.accepts(key).then(|| self.create(key, now, index))
    }

    fn accepts(&self, key: &str) -> bool {
        let is_fit = !key.is_empty() && key.len() <= MAX_KEY_BYTES && !key.contains(is_disturbing);
        is_fit && self.pattern.matches(key)
    }

    /// Whether the key is accepted, and no removed company had it lately.
    pub(super) fn is_unused(&self, key: &str) -> bool {
        self.accepts(key) && !self.evicted_tenants().by_key.contains_key(key)
    }

    fn create(&self, key: &str, now: Duration, index: &Arc<SessionIndex>) -> Arc<Tenant> {
        let mut tenants = self.by_key.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been faster.
        if let Some(tenant) = tenants.get(key) {
            return tenant.clone();
        }
        let max_companies = self.policy.max_companies;
        if tenants.len() >= max_companies {
            // A company with waiters is in use.
            let idlest = tenants.values().min_by_key(|tenant| (tenant.has_waiters(), tenant.last_call())).cloned();
            if let Some(idlest) = idlest {
                let company = &idlest.key;
                tenants.remove(company);
                self.evict(idlest.clone());
                let evicted = self.eviction_count.fetch_add(1, Ordering::Relaxed) + 1;
                tracing::info!(
                    company,
                    max_companies,
                    evicted,
                    "evicted the company idle longest for a new one (--max-companies)"
                );
            }
        }
        let tenant = Tenant::new(self.policy.company.of_key(key), &self.policy.settings, index);
        if let Some(evicted) = self.evicted_tenants().take(key) {
            tenant.journal.inherit(evicted);
            tenant.was_evicted.store(true, Ordering::Relaxed);
        }
        tenant.touch(now);
        tracing::debug!(company = key, "created a company at its first call");
        tenants.insert(key.to_owned(), tenant.clone());
        tenant
    }

    /// Evicts a company, and keeps its evicted-call count.
    fn evict(&self, tenant: Arc<Tenant>) {
        self.evicted_tenants().add(&tenant.key, tenant.journal.evict_all());
        match Handle::try_current() {
            // Removing many sessions would delay the call that triggered it.
            Ok(runtime) if tenant.sessions.count() > MANY_SESSIONS => {
                runtime.spawn_blocking(move || tenant.close());
            }
            _ => tenant.close(),
        }
    }

    fn evicted_tenants(&self) -> MutexGuard<'_, EvictedTenants> {
        self.evicted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the companies that are idle too long at `now`.
    pub(super) fn sweep(&self, now: Duration) {
        if (now.as_millis() as u64) < self.next_sweep.load(Ordering::Relaxed) {
            return;
        }
        let idle = self.policy.idle_timeout;
        let end = |tenant: &Tenant| tenant.last_call().saturating_add(idle);
        let mut tenants = self.by_key.write().unwrap_or_else(PoisonError::into_inner);
        let is_idle = |tenant: &Tenant| end(tenant) <= now && !tenant.has_waiters();
        let evicted: Vec<_> = tenants.extract_if(|_, tenant| is_idle(tenant)).collect();
        let later = now.saturating_add(idle);
        let next = tenants.values().map(|tenant| if tenant.has_waiters() { later } else { end(tenant) }).min();
        // A company created from now on stays at least for the idle timeout.
        let next = next.unwrap_or(later);
        self.next_sweep.store(u64::try_from(next.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        drop(tenants);
        for (company, tenant) in evicted {
            self.evict(tenant);
            let evicted = self.eviction_count.fetch_add(1, Ordering::Relaxed) + 1;
            tracing::info!(company, ?idle, evicted, "removed an idle company (--company-idle)");
        }
    }
}
