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

use super::{Company, EvictedCalls, Tenant, TenantSettings, sessions::Index};
use crate::{foreign_text::is_disturbing, glob::Glob};

/// The longest key of a company that comes to be at its first call, in bytes.
const LONGEST_KEY: usize = 200;

/// Of so many companies that went it is remembered that they had calls.
const MOST_LEFT: usize = 1000;

/// A company with more sessions than that is removed on a thread of its own.
const MANY_SESSIONS: usize = 1000;

/// The companies that come to be at their first call, and go.
#[derive(Debug)]
pub(super) struct Guests {
    pub(super) welcome: Welcome,
    pattern: Glob,
    by_key: RwLock<HashMap<String, Arc<Tenant>>>,
    /// When somebody can be idle for long enough to go, at the earliest, in milliseconds of real time.
    next_sweep: AtomicU64,
    evicted: AtomicU64,
    left: Mutex<Left>,
}

/// What is not remembered of the calls of companies that went, so that nobody takes it for no call.
#[derive(Debug, Default)]
struct Left {
    /// Of the last ones.
    by_key: IndexMap<String, EvictedCalls>,
    /// Of all of them.
    all: EvictedCalls,
}

/// Who comes to be a company at its first call, and when it goes.
#[derive(Debug)]
pub(crate) struct Welcome {
    /// How each is set. Its key is a pattern of theirs: `*` stands for any characters, `?` for one.
    pub(crate) company: Company,
    /// How long one stays without a call, in real time.
    pub(crate) idle: Duration,
    /// How many there are at most.
    pub(crate) most: usize,
    pub(crate) settings: TenantSettings,
}

impl Left {
    fn add(&mut self, key: &str, evicted: EvictedCalls) {
        self.all = self.all.and(evicted);
        self.by_key.insert(key.to_owned(), evicted);
        if self.by_key.len() > MOST_LEFT {
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

impl Guests {
    pub(super) fn new(welcome: Welcome) -> Self {
        Self {
            pattern: Glob::new(&welcome.company.key).expect("it was checked at the start"),
            welcome,
            by_key: RwLock::default(),
            next_sweep: AtomicU64::new(0),
            evicted: AtomicU64::new(0),
            left: Mutex::default(),
        }
    }

    /// Those of this moment.
    pub(super) fn all(&self) -> Vec<Arc<Tenant>> {
        self.by_key.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// How many went by themselves so far.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    /// What is not remembered of the calls of those that went by themselves.
    pub(super) fn not_remembered(&self) -> EvictedCalls {
        self.left().all
    }

    /// Forgets that one had calls.
    pub(super) fn forget(&self, key: &str) {
        let _ = self.left().take(key);
    }

    /// Whose keys are let in, for hints.
    pub(super) fn who(&self) -> String {
        format!("any like `{}` of at most {LONGEST_KEY} bytes", self.welcome.company.key)
    }

    pub(super) fn get(&self, key: &str) -> Option<Arc<Tenant>> {
        self.by_key.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(super) fn remove(&self, key: &str) -> Option<Arc<Tenant>> {
        self.by_key.write().unwrap_or_else(PoisonError::into_inner).remove(key)
    }

    /// Takes all of them away.
    pub(super) fn take(&self) -> Vec<Arc<Tenant>> {
        *self.left() = Left::default();
        mem::take(&mut *self.by_key.write().unwrap_or_else(PoisonError::into_inner)).into_values().collect()
    }

    /// The one of that key, which may come to be now.
    pub(super) fn find(&self, key: &str, now: Duration, index: &Arc<Index>) -> Option<Arc<Tenant>> {
        self.sweep(now);
        if let Some(tenant) = self.get(key) {
            tenant.called(now);
            return Some(tenant);
        }
        let is_fit = !key.is_empty() && key.len() <= LONGEST_KEY && !key.contains(is_disturbing);
        if !is_fit || !self.pattern.matches(key) {
            return None;
        }
        Some(self.let_in(key, now, index))
    }

    fn let_in(&self, key: &str, now: Duration, index: &Arc<Index>) -> Arc<Tenant> {
        let mut guests = self.by_key.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have been faster.
        if let Some(tenant) = guests.get(key) {
            return tenant.clone();
        }
        let most = self.welcome.most;
        if guests.len() >= most {
            // Where somebody waits, it is in use.
            let idlest = guests.values().min_by_key(|tenant| (tenant.is_waited_in(), tenant.last_call())).cloned();
            if let Some(idlest) = idlest {
                let company = &idlest.key;
                guests.remove(company);
                self.let_go(idlest.clone());
                let evicted = self.evicted.fetch_add(1, Ordering::Relaxed) + 1;
                tracing::info!(company, most, evicted, "the idlest company made room for a new one (--max-companies)");
            }
        }
        let tenant = Tenant::new(self.welcome.company.of_key(key), &self.welcome.settings, index);
        if let Some(evicted) = self.left().take(key) {
            tenant.journal.go_on_for(evicted);
            tenant.went_before.store(true, Ordering::Relaxed);
        }
        tenant.called(now);
        tracing::debug!(company = key, "a company came to be at its first call");
        guests.insert(key.to_owned(), tenant.clone());
        tenant
    }

    /// Lets one go, and remembers that its calls are not remembered.
    fn let_go(&self, tenant: Arc<Tenant>) {
        self.left().add(&tenant.key, tenant.journal.all_evicted());
        match Handle::try_current() {
            // Removing many sessions would delay the call that triggered it.
            Ok(runtime) if tenant.sessions.count() > MANY_SESSIONS => {
                runtime.spawn_blocking(move || tenant.leave());
            }
            _ => tenant.leave(),
        }
    }

    fn left(&self) -> MutexGuard<'_, Left> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets those go that are idle for too long at `now`.
    pub(super) fn sweep(&self, now: Duration) {
        if (now.as_millis() as u64) < self.next_sweep.load(Ordering::Relaxed) {
            return;
        }
        let idle = self.welcome.idle;
        let end = |tenant: &Tenant| tenant.last_call().saturating_add(idle);
        let mut guests = self.by_key.write().unwrap_or_else(PoisonError::into_inner);
        let is_idle = |tenant: &Tenant| end(tenant) <= now && !tenant.is_waited_in();
        let gone: Vec<_> = guests.extract_if(|_, tenant| is_idle(tenant)).collect();
        let later = now.saturating_add(idle);
        let next = guests.values().map(|tenant| if tenant.is_waited_in() { later } else { end(tenant) }).min();
        // Whoever comes to be from now on stays for as long as it may be idle.
        let next = next.unwrap_or(later);
        self.next_sweep.store(u64::try_from(next.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        drop(guests);
        for (company, tenant) in gone {
            self.let_go(tenant);
            let evicted = self.evicted.fetch_add(1, Ordering::Relaxed) + 1;
            tracing::info!(company, ?idle, evicted, "the company was idle for too long and went (--company-idle)");
        }
    }
}
