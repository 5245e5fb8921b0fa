//! The companies that come to be at their first call, and go.

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

use super::{Company, EvictedCalls, Tenant, TenantSettings, sessions::SessionIndex};
use crate::{foreign_text::is_disturbing, glob::Glob};

/// The longest key of a company that comes to be at its first call, in bytes.
const MAX_KEY_BYTES: usize = 200;

/// Of so many companies that went it is remembered that they had calls.
const MAX_EVICTED_TENANTS: usize = 1000;

/// A company with more sessions than that is removed on a thread of its own.
const MANY_SESSIONS: usize = 1000;

/// The companies that come to be at their first call, and go.
#[derive(Debug)]
pub(super) struct OnDemandTenants {
    pub(super) policy: OnDemandPolicy,
    pattern: Glob,
    by_key: RwLock<HashMap<String, Arc<Tenant>>>,
    /// When somebody can be idle for long enough to go, at the earliest, in milliseconds of real time.
    next_sweep: AtomicU64,
    eviction_count: AtomicU64,
    evicted: Mutex<EvictedTenants>,
}

/// What is not remembered of the calls of companies that went, so that nobody takes it for no call.
#[derive(Debug, Default)]
struct EvictedTenants {
    /// Of the last ones.
    by_key: IndexMap<String, EvictedCalls>,
    /// Of all of them.
    all: EvictedCalls,
}

/// Who comes to be a company at its first call, and when it goes.
#[derive(Debug)]
pub(crate) struct OnDemandPolicy {
    /// How each is set. Its key is a pattern of theirs: `*` stands for any characters, `?` for one.
    pub(crate) company: Company,
    /// How long one stays without a call, in real time.
    pub(crate) idle_timeout: Duration,
    /// How many there are at most.
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

    /// What is not remembered of a company that comes to be again, whose journal tells it from now on.
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

    /// Those of this moment.
    pub(super) fn all(&self) -> Vec<Arc<Tenant>> {
        self.by_key.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// How many went by themselves so far.
    pub(super) fn eviction_count(&self) -> u64 {
        self.eviction_count.load(Ordering::Relaxed)
    }

    /// What is not remembered of the calls of those that went by themselves.
    pub(super) fn evicted_calls(&self) -> EvictedCalls {
        self.evicted_tenants().all
    }

    /// Forgets that one had calls.
    pub(super) fn forget(&self, key: &str) {
        let _ = self.evicted_tenants().take(key);
    }

    /// Whose keys are let in, for hints.
    pub(super) fn describe_pattern(&self) -> String {
        format!("any key that matches `{}`, of at most {MAX_KEY_BYTES} bytes", self.policy.company.key)
    }

    pub(super) fn get(&self, key: &str) -> Option<Arc<Tenant>> {
        self.by_key.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(super) fn remove(&self, key: &str) -> Option<Arc<Tenant>> {
        self.by_key.write().unwrap_or_else(PoisonError::into_inner).remove(key)
    }

    /// Takes all of them away.
    pub(super) fn drain(&self) -> Vec<Arc<Tenant>> {
        *self.evicted_tenants() = EvictedTenants::default();
        mem::take(&mut *self.by_key.write().unwrap_or_else(PoisonError::into_inner)).into_values().collect()
    }

    /// The one of that key, which may come to be now.
    pub(super) fn get_or_create(&self, key: &str, now: Duration, index: &Arc<SessionIndex>) -> Option<Arc<Tenant>> {
        self.sweep(now);
        if let Some(tenant) = self.get(key) {
            tenant.touch(now);
            return Some(tenant);
        }
        let is_fit = !key.is_empty() && key.len() <= MAX_KEY_BYTES && !key.contains(is_disturbing);
        if !is_fit || !self.pattern.matches(key) {
            return None;
        }
        Some(self.create(key, now, index))
    }

    fn create(&self, key: &str, now: Duration, index: &Arc<SessionIndex>) -> Arc<Tenant> {
        let mut tenants = self.by_key.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have been faster.
        if let Some(tenant) = tenants.get(key) {
            return tenant.clone();
        }
        let max_companies = self.policy.max_companies;
        if tenants.len() >= max_companies {
            // Where somebody waits, it is in use.
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

    /// Lets one go, and remembers that its calls are not remembered.
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

    /// Lets those go that are idle for too long at `now`.
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
        // Whoever comes to be from now on stays for as long as it may be idle.
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
