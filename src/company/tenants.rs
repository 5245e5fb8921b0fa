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

use super::{Company, Tenant, TenantSettings, sessions::Index};
use crate::{
    clock::{Clock, later},
    foreign_text::is_disturbing,
    session::Session,
    vendor::Token,
};

/// The longest key of a company that comes to be at its first call, in bytes.
const LONGEST_KEY: usize = 200;

/// All companies.
#[derive(Debug)]
pub(crate) struct Tenants {
    index: Arc<Index>,
    /// In the order in which they were given. They never go.
    configured: Vec<Arc<Tenant>>,
    by_key: HashMap<String, Arc<Tenant>>,
    guests: Option<Guests>,
}

/// The companies that come to be at their first call, and go.
#[derive(Debug)]
struct Guests {
    welcome: Welcome,
    pattern: WildMatch,
    by_key: RwLock<HashMap<String, Arc<Tenant>>>,
    /// When somebody can be idle for long enough to go, at the earliest, in milliseconds.
    next_sweep: AtomicI64,
    evicted: AtomicU64,
}

/// Who comes to be a company at its first call, and when it goes.
#[derive(Debug)]
pub(crate) struct Welcome {
    /// What the keys look like: `*` stands for any characters, `?` for one.
    pub(crate) pattern: String,
    pub(crate) time_to_live: Duration,
    /// How many there are at most.
    pub(crate) most: usize,
    pub(crate) settings: TenantSettings,
}

impl Tenants {
    /// The companies that are configured, each with what it is made with.
    pub(crate) fn new(
        configured: impl IntoIterator<Item = (Company, TenantSettings)>,
        welcome: Option<Welcome>,
    ) -> Self {
        let index = Arc::new(Index::default());
        let configured: Vec<_> =
            configured.into_iter().map(|(company, settings)| Tenant::new(company, &settings, &index)).collect();
        let by_key = configured.iter().map(|tenant| (tenant.company.key.clone(), tenant.clone())).collect();
        let guests = welcome.map(|welcome| Guests {
            pattern: WildMatch::new(&welcome.pattern),
            welcome,
            by_key: RwLock::default(),
            next_sweep: AtomicI64::new(i64::MIN),
            evicted: AtomicU64::new(0),
        });
        Self { index, configured, by_key, guests }
    }

    /// The companies that never go.
    pub(crate) fn configured(&self) -> &[Arc<Tenant>] {
        &self.configured
    }

    /// All companies of this moment.
    pub(crate) fn all(&self) -> Vec<Arc<Tenant>> {
        let guests = self.guests.iter().flat_map(|guests| {
            let by_key = guests.by_key.read().unwrap_or_else(PoisonError::into_inner);
            by_key.values().cloned().collect::<Vec<_>>()
        });
        self.configured.iter().cloned().chain(guests).collect()
    }

    /// The company of that key, which may come to be now; `None` when there is none and may not be.
    ///
    /// `clock` is the server's: time to live follows it.
    pub(crate) fn find(&self, key: &str, clock: &Clock) -> Option<Arc<Tenant>> {
        match self.by_key.get(key) {
            Some(tenant) => Some(tenant.clone()),
            None => self.guests.as_ref()?.find(key, clock.now(), &self.index),
        }
    }

    /// The company of a session.
    pub(crate) fn of_session(&self, token: &Token) -> Option<Arc<Tenant>> {
        self.index.find(token)?.owner.upgrade()
    }

    /// Does something with a session of whichever company: the widget's calls name none. The company counts as called.
    /// `None` when there is no session of that token.
    pub(crate) fn update_session<T>(
        &self,
        token: &Token,
        clock: &Clock,
        change: impl Fn(&mut Session, Timestamp) -> T,
    ) -> Option<T> {
        let record = self.index.find(token)?;
        let tenant = record.owner.upgrade()?;
        if self.guests.is_some() {
            tenant.called(clock.now());
        }
        tenant.sessions.change(&record, |session, _| change(session, tenant.clock.now()))
    }

    /// Lets those go that are idle for too long at `now`; answers them.
    pub(crate) fn sweep(&self, now: Timestamp) -> Vec<Arc<Tenant>> {
        self.guests.as_ref().map(|guests| guests.sweep(now)).unwrap_or_default()
    }

    /// How many went so far.
    pub(crate) fn evicted(&self) -> u64 {
        self.guests.as_ref().map_or(0, |guests| guests.evicted.load(Ordering::Relaxed))
    }

    /// What keys are known, for hints.
    pub(crate) fn known_keys(&self) -> String {
        let mut keys: Vec<_> = self.configured.iter().map(|tenant| format!("`{}`", tenant.company.key)).collect();
        if let Some(guests) = &self.guests {
            keys.push(format!("any like `{}` of at most {LONGEST_KEY} bytes", guests.welcome.pattern));
        }
        keys.join(", ")
    }
}

impl Guests {
    fn find(&self, key: &str, now: Timestamp, index: &Arc<Index>) -> Option<Arc<Tenant>> {
        if now.as_millisecond() >= self.next_sweep.load(Ordering::Relaxed) {
            self.sweep(now);
        }
        let guest = self.by_key.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if let Some(tenant) = guest {
            tenant.called(now);
            return Some(tenant);
        }
        let is_fit = !key.is_empty() && key.len() <= LONGEST_KEY && !key.contains(is_disturbing);
        if !is_fit || !self.pattern.matches(key) {
            return None;
        }
        Some(self.let_in(key, now, index))
    }

    fn let_in(&self, key: &str, now: Timestamp, index: &Arc<Index>) -> Arc<Tenant> {
        let mut guests = self.by_key.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have been faster.
        if let Some(tenant) = guests.get(key) {
            return tenant.clone();
        }
        if guests.len() >= self.welcome.most {
            let idlest = guests.values().min_by_key(|tenant| tenant.last_call()).cloned();
            if let Some(idlest) = idlest {
                guests.remove(&idlest.company.key);
                self.evicted.fetch_add(1, Ordering::Relaxed);
                tracing::info!(
                    company = idlest.company.key,
                    most = self.welcome.most,
                    "there are as many companies as may be (--max-companies): the idlest went"
                );
            }
        }
        let tenant = Tenant::new(Company::new(key), &self.welcome.settings, index);
        tenant.called(now);
        tracing::debug!(company = key, "a company came to be at its first call");
        guests.insert(key.to_owned(), tenant.clone());
        tenant
    }

    fn sweep(&self, now: Timestamp) -> Vec<Arc<Tenant>> {
        let ends = |last_call: i64| {
            let last_call = Timestamp::from_millisecond(last_call).unwrap_or(Timestamp::MAX);
            later(last_call, self.welcome.time_to_live)
        };
        let mut guests = self.by_key.write().unwrap_or_else(PoisonError::into_inner);
        let idle: Vec<_> = guests.extract_if(|_, tenant| ends(tenant.last_call()) <= now).collect();
        let next = guests.values().map(|tenant| ends(tenant.last_call())).min();
        // Whoever comes to be from now on stays for the time to live.
        let next = next.unwrap_or_else(|| later(now, self.welcome.time_to_live));
        self.next_sweep.store(next.as_millisecond(), Ordering::Relaxed);
        drop(guests);
        self.evicted.fetch_add(idle.len() as u64, Ordering::Relaxed);
        for (key, _) in &idle {
            tracing::info!(company = key, idle = ?self.welcome.time_to_live, "the company was idle for too long and went");
        }
        idle.into_iter().map(|(_, tenant)| tenant).collect()
    }
}
