//! The companies that may call: those that are configured, and those that come to be at their first call.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use wildmatch::WildMatch;

use crate::{
    clock::{Clock, later},
    company::Company,
    foreign_text::is_disturbing,
    tenant::Tenant,
    vendor::Token,
};

/// The longest key of a company that comes to be at its first call, in bytes.
const LONGEST_KEY: usize = 200;

/// All companies.
#[derive(Debug)]
pub(crate) struct Tenants {
    /// In the order in which they were given. They never go.
    configured: Vec<Arc<Tenant>>,
    welcome: Option<Welcome>,
}

/// How companies come to be at their first call, and go.
#[derive(Debug)]
struct Welcome {
    /// What their keys look like.
    pattern: WildMatch,
    time_to_live: Duration,
    most: usize,
    seed: Option<u64>,
    frozen_at: Option<Timestamp>,
    guests: RwLock<HashMap<String, Arc<Tenant>>>,
    /// When somebody can be idle for long enough to go, at the earliest, in milliseconds.
    next_sweep: AtomicI64,
    evicted: AtomicU64,
}

/// What a company at its first call is made with.
#[derive(Debug)]
pub(crate) struct WelcomeSettings {
    /// `*` stands for any characters, `?` for one.
    pub(crate) pattern: String,
    pub(crate) time_to_live: Duration,
    /// How many there are at most.
    pub(crate) most: usize,
    pub(crate) seed: Option<u64>,
    pub(crate) frozen_at: Option<Timestamp>,
}

impl Tenants {
    pub(crate) fn new(configured: Vec<Arc<Tenant>>, welcome: Option<WelcomeSettings>) -> Self {
        let welcome = welcome.map(|settings| Welcome {
            pattern: WildMatch::new(&settings.pattern),
            time_to_live: settings.time_to_live,
            most: settings.most,
            seed: settings.seed,
            frozen_at: settings.frozen_at,
            guests: RwLock::default(),
            next_sweep: AtomicI64::new(i64::MIN),
            evicted: AtomicU64::new(0),
        });
        Self { configured, welcome }
    }

    /// The companies that never go.
    pub(crate) fn configured(&self) -> &[Arc<Tenant>] {
        &self.configured
    }

    /// All companies of this moment.
    pub(crate) fn all(&self) -> Vec<Arc<Tenant>> {
        let guests = self.welcome.iter().flat_map(|welcome| {
            let guests = welcome.guests.read().unwrap_or_else(PoisonError::into_inner);
            guests.values().cloned().collect::<Vec<_>>()
        });
        self.configured.iter().cloned().chain(guests).collect()
    }

    /// The company of that key, which may come to be now; `None` when there is none and may not be.
    ///
    /// `clock` is the server's: time to live follows it.
    pub(crate) fn find(&self, key: &str, clock: &Clock) -> Option<Arc<Tenant>> {
        if let Some(tenant) = self.configured.iter().find(|tenant| tenant.company.key == key) {
            return Some(tenant.clone());
        }
        self.welcome.as_ref()?.find(key, clock.now())
    }

    /// The company that has a session of that token: the widget's calls name no company. It counts as called.
    pub(crate) fn find_by_session(&self, token: &Token, clock: &Clock) -> Option<Arc<Tenant>> {
        let has_it = |tenant: &&Arc<Tenant>| tenant.sessions.has(token);
        if let Some(tenant) = self.configured.iter().find(has_it) {
            return Some(tenant.clone());
        }
        let guests = self.welcome.as_ref()?.guests.read().unwrap_or_else(PoisonError::into_inner);
        let tenant = guests.values().find(has_it)?;
        tenant.called(clock.now());
        Some(tenant.clone())
    }

    /// Lets those go that are idle for too long at `now`; answers them.
    pub(crate) fn sweep(&self, now: Timestamp) -> Vec<Arc<Tenant>> {
        self.welcome.as_ref().map(|welcome| welcome.sweep(now)).unwrap_or_default()
    }

    /// How many went so far.
    pub(crate) fn evicted(&self) -> u64 {
        self.welcome.as_ref().map_or(0, |welcome| welcome.evicted.load(Ordering::Relaxed))
    }

    /// What keys are known, for hints.
    pub(crate) fn known_keys(&self) -> String {
        let mut keys: Vec<_> = self.configured.iter().map(|tenant| format!("`{}`", tenant.company.key)).collect();
        if let Some(welcome) = &self.welcome {
            keys.push(format!("any like `{}` of at most {LONGEST_KEY} bytes", welcome.pattern));
        }
        keys.join(", ")
    }
}

impl Welcome {
    fn find(&self, key: &str, now: Timestamp) -> Option<Arc<Tenant>> {
        if now.as_millisecond() >= self.next_sweep.load(Ordering::Relaxed) {
            self.sweep(now);
        }
        let guest = self.guests.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if let Some(tenant) = guest {
            tenant.called(now);
            return Some(tenant);
        }
        let is_fit = !key.is_empty() && key.len() <= LONGEST_KEY && !key.contains(is_disturbing);
        if !is_fit || !self.pattern.matches(key) {
            return None;
        }
        Some(self.let_in(key, now))
    }

    fn let_in(&self, key: &str, now: Timestamp) -> Arc<Tenant> {
        let mut guests = self.guests.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have been faster.
        if let Some(tenant) = guests.get(key) {
            return tenant.clone();
        }
        if guests.len() >= self.most {
            let idlest = guests.values().min_by_key(|tenant| tenant.last_call()).cloned();
            if let Some(idlest) = idlest {
                guests.remove(&idlest.company.key);
                self.evicted.fetch_add(1, Ordering::Relaxed);
                tracing::info!(
                    company = idlest.company.key,
                    most = self.most,
                    "there are as many companies as may be (--max-companies): the idlest went"
                );
            }
        }
        let tenant = Arc::new(Tenant::new(Company::new(key), self.seed, self.frozen_at));
        tenant.called(now);
        tracing::debug!(company = key, "a company came to be at its first call");
        guests.insert(key.to_owned(), tenant.clone());
        tenant
    }

    fn sweep(&self, now: Timestamp) -> Vec<Arc<Tenant>> {
        let ends = |last_call: i64| {
            let last_call = Timestamp::from_millisecond(last_call).unwrap_or(Timestamp::MAX);
            later(last_call, self.time_to_live)
        };
        let mut guests = self.guests.write().unwrap_or_else(PoisonError::into_inner);
        let idle: Vec<_> = guests.extract_if(|_, tenant| ends(tenant.last_call()) <= now).collect();
        let next = guests.values().map(|tenant| ends(tenant.last_call())).min();
        // Whoever comes to be from now on stays for the time to live.
        let next = next.unwrap_or_else(|| later(now, self.time_to_live));
        self.next_sweep.store(next.as_millisecond(), Ordering::Relaxed);
        drop(guests);
        self.evicted.fetch_add(idle.len() as u64, Ordering::Relaxed);
        for (key, _) in &idle {
            tracing::info!(company = key, idle = ?self.time_to_live, "the company was idle for too long and went");
        }
        idle.into_iter().map(|(_, tenant)| tenant).collect()
    }
}
