//! A company at run time, with the state that belongs to it alone.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;

use super::{
    Company, Event, EventKind, JournalSequence, JournalSettings, SavedConfiguration,
    held_calls::HeldCalls,
    journal::Journal,
    session_index::SessionIndex,
    sessions::{EvictedSession, SessionLimit, SessionStore},
};
use crate::{
    clock::{Clock, ClockChange, uptime},
    coverage::CoverageCounters,
    faults::{ActiveFaults, Endpoint, Fault, FaultContext, FaultHit, FaultInfo, SharedFaults},
    log_throttle::is_power_of_ten,
    problem::Problem,
    scenario::ScenarioChoice,
    vendor::{FlagsAndSteps, SavedForm, TokenSource},
};

/// Maximum number of different warnings that the log shows per company.
const MAX_LOGGED_WARNINGS: usize = 1000;

/// A company at run time: its sessions, clock, faults and queue, which no other company sees.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) key: String,
    /// Its current settings, and those after a reset.
    settings: RwLock<Arc<EffectiveSettings>>,
    initial: RwLock<InitialSettings>,
    pub(crate) clock: Clock,
    pub(crate) tokens: TokenSource,
    pub(crate) sessions: SessionStore,
    pub(crate) faults: SharedFaults,
    /// The calls that its delays hold.
    pub(crate) holds: HeldCalls,
    pub(crate) journal: Arc<Journal>,
    /// The coverage of its backend.
    pub(crate) coverage: CoverageCounters,
    /// Scenarios of the next sessions.
    queue: Mutex<VecDeque<ScenarioChoice>>,
    /// The faults of `begin/` that scenarios define, by the scenario's name.
    begin_faults: Mutex<HashMap<String, ActiveFaults>>,
    /// Warnings about calls of `begin/` that are already in the log.
    logged_warnings: Mutex<HashSet<String>>,
    /// The server's limit of sessions, if the company sets none.
    session_limit: SessionLimit,
    /// Time of the latest call, in nanoseconds of real time.
    last_call: AtomicU64,
    /// Number of clients that wait in it, or are held by a delay.
    waiting: AtomicUsize,
    /// Whether an earlier company with its key was removed because it was idle.
    pub(super) was_evicted: AtomicBool,
}

/// Guard of a waiting client, which keeps the company from going idle. Dropping it counts as a call.
#[derive(Debug)]
pub(crate) struct WaiterGuard(Arc<Tenant>);

/// The settings of a company, and what follows from them.
#[derive(Debug)]
pub(crate) struct EffectiveSettings {
    pub(crate) company: Company,
    /// The saved configurations, by `config_id`.
    configurations: HashMap<String, ResolvedConfiguration>,
}

/// The initial state of a company, restored by a reset.
#[derive(Debug)]
struct InitialSettings {
    settings: Arc<EffectiveSettings>,
    /// Time at which its clock is frozen.
    frozen_at: Option<Timestamp>,
}

/// A saved configuration with its scenario looked up.
#[derive(Debug, Clone)]
pub(crate) struct ResolvedConfiguration {
    pub(crate) form: Arc<SavedForm>,
    pub(crate) scenario: Option<String>,
}

/// The parts that all tenants share.
#[derive(Debug, Clone)]
pub(crate) struct TenantSettings {
    pub(crate) seed: Option<u64>,
    /// Time at which the clock is frozen.
    pub(crate) frozen_at: Option<Timestamp>,
    pub(crate) session_limit: SessionLimit,
    pub(crate) journal: JournalSettings,
    /// The ids of its calls and events.
    pub(crate) sequence: Arc<JournalSequence>,
}

impl Drop for WaiterGuard {
    fn drop(&mut self) {
        let Self(tenant) = self;
        tenant.touch(uptime());
        tenant.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ResolvedConfiguration {
    fn new(config_id: &str, saved: &SavedConfiguration) -> Self {
        let form = FlagsAndSteps::from_values(saved.flags.clone(), &saved.steps);
        Self {
            form: Arc::new(SavedForm { config_id: config_id.into(), flags_and_steps: form }),
            scenario: saved.scenario.clone(),
        }
    }
}

impl EffectiveSettings {
    fn new(company: Company) -> Arc<Self> {
        let saved = company
            .configurations
            .iter()
            .map(|(id, saved)| (id.clone(), ResolvedConfiguration::new(id, saved)))
            .collect();
        Arc::new(Self { company, configurations: saved })
    }

    /// Returns the saved configuration of a `config_id`.
    ///
    /// # Errors
    ///
    /// [`Problem`] with the known ids.
    pub(crate) fn saved(&self, config_id: &str) -> Result<&ResolvedConfiguration, Problem> {
        let known = || self.company.configurations.keys();
        self.configurations.get(config_id).ok_or_else(|| Problem::unknown_name(config_id, "configuration", known()))
    }
}

impl Tenant {
    /// Creates a company without calls.
    pub(super) fn new(company: Company, settings: &TenantSettings, index: &Arc<SessionIndex>) -> Arc<Self> {
        let TenantSettings { seed, frozen_at, session_limit: ceiling, journal, sequence: ref numbers } = *settings;
        let journal = Journal::new(journal, numbers.clone());
        let settings = EffectiveSettings::new(company);
        let key = settings.company.key.clone();
        let tenant = Arc::new_cyclic(|tenant| Self {
            clock: Clock::new(frozen_at),
            tokens: TokenSource::new(seed, &key),
            sessions: SessionStore::new(tenant.clone(), index.clone(), journal.clone()),
            faults: SharedFaults::default(),
            holds: HeldCalls::default(),
            journal,
            coverage: CoverageCounters::default(),
            queue: Mutex::default(),
            begin_faults: Mutex::default(),
            logged_warnings: Mutex::default(),
            session_limit: ceiling,
            last_call: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
            was_evicted: AtomicBool::new(false),
            settings: RwLock::new(settings.clone()),
            initial: RwLock::new(InitialSettings { settings, frozen_at }),
            key,
        });
        tenant.restore_initial();
        tenant
    }

    /// Resets everything to the initial state, including reproducible tokens.
    pub(crate) fn reset(&self) {
        self.restore_initial();
        self.add_event(EventKind::StateReset);
        self.sessions.wake_all();
    }

    /// Closes the company and removes its sessions; waiting clients are told that it was removed.
    pub(super) fn close(&self) {
        self.holds.release_all();
        self.sessions.clear();
        self.sessions.wake_all();
        self.journal.notify();
    }

    /// Records an event without a session.
    pub(crate) fn add_event(&self, kind: EventKind) {
        self.journal.add_events([Event { at: self.clock.now(), session: None, kind }]);
    }

    /// Changes its clock, and notifies the waiters. Returns the previous and the new time.
    pub(crate) fn change_clock(&self, turn: ClockChange) -> (Timestamp, Timestamp) {
        let moved = self.clock.update(turn, |now, is_frozen| self.journal.add_events([Event::clock(now, is_frozen)]));
        self.sessions.wake_all();
        moved
    }

    fn restore_initial(&self) {
        let initial = self.initial.read().unwrap_or_else(PoisonError::into_inner);
        let company = &initial.settings.company;
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = initial.settings.clone();
        self.sessions.clear();
        self.journal.clear();
        self.coverage.clear();
        self.clock.update(ClockChange::Reset(initial.frozen_at), |_, _| {});
        self.tokens.reset();
        self.faults.replace(&company.faults, self.clock.now());
        self.holds.release_all();
        *self.queue() = queue_of(company);
        self.begin_faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Returns the current settings.
    pub(crate) fn settings(&self) -> Arc<EffectiveSettings> {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the initial settings.
    pub(crate) fn initial_settings(&self) -> Arc<EffectiveSettings> {
        self.initial.read().unwrap_or_else(PoisonError::into_inner).settings.clone()
    }

    /// Changes the settings until a reset; key, initial queue, faults and clock stay.
    pub(crate) fn apply_change(&self, company: Company) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = EffectiveSettings::new(company);
    }

    /// Sets the initial settings. Differences from the previous ones take effect at once; everything else stays,
    /// including changes through the control API. Returns whether anything changed.
    #[cfg(feature = "cli")]
    pub(super) fn set_initial(&self, company: Company, frozen_at: Option<Timestamp>) -> bool {
        let mut initial = self.initial.write().unwrap_or_else(PoisonError::into_inner);
        let before = &initial.settings.company;
        if *before == company && initial.frozen_at == frozen_at {
            return false;
        }
        if before.queue != company.queue {
            *self.queue() = queue_of(&company);
        }
        if initial.frozen_at != frozen_at {
            self.change_clock(ClockChange::Reset(frozen_at));
        }
        if before.faults != company.faults {
            self.faults.replace(&company.faults, self.clock.now());
        }
        *initial = InitialSettings { settings: EffectiveSettings::new(company), frozen_at };
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = initial.settings.clone();
        true
    }

    /// Logs the warnings about a call of `begin/`, each once.
    pub(crate) fn log_warnings(&self, oddity: &str) {
        let is_new = {
            let mut logged = self.logged_warnings.lock().unwrap_or_else(PoisonError::into_inner);
            logged.len() < MAX_LOGGED_WARNINGS && !logged.contains(oddity) && logged.insert(oddity.to_owned())
        };
        if is_new {
            tracing::warn!(company = self.key, "{oddity}");
        }
    }

    /// Returns the maximum number of sessions.
    pub(crate) fn session_limit(&self, settings: &EffectiveSettings) -> SessionLimit {
        let Company { max_sessions, refuse_at_max_sessions, .. } = settings.company;
        SessionLimit {
            max_sessions: max_sessions.unwrap_or(self.session_limit.max_sessions),
            refuses: refuse_at_max_sessions.unwrap_or(self.session_limit.refuses),
        }
    }

    /// Returns the hint for an evicted session. Logs it the first time, and then at each tenfold count.
    pub(crate) fn log_eviction(&self, EvictedSession { token, eviction_count: number }: &EvictedSession) -> String {
        let SessionLimit { max_sessions: most, .. } = self.session_limit(&self.settings());
        if is_power_of_ten(*number) {
            let company = &self.key;
            tracing::warn!(company, most, evicted = number, "new sessions evict the oldest (--max-sessions)");
        }
        format!("evicted session `{token}`: the company reached its maximum of {most} sessions (--max-sessions)")
    }

    /// Adds scenarios for the next sessions that request none, one each.
    pub(crate) fn enqueue(&self, scenarios: Vec<ScenarioChoice>) {
        self.queue().extend(scenarios);
    }

    /// Returns the names of the queued scenarios.
    pub(crate) fn queued(&self) -> Vec<String> {
        self.queue().iter().map(|choice| choice.name().to_owned()).collect()
    }

    /// Empties the queue. Returns the number of removed scenarios.
    pub(crate) fn empty_queue(&self) -> usize {
        std::mem::take(&mut *self.queue()).len()
    }

    /// Takes the scenario of the next session from the queue.
    pub(crate) fn next_in_queue(&self) -> Option<ScenarioChoice> {
        self.queue().pop_front()
    }

    /// Returns a scenario to the queue, because its session did not begin.
    pub(crate) fn requeue(&self, scenario: ScenarioChoice) {
        self.queue().push_front(scenario);
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, VecDeque<ScenarioChoice>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies the company's own faults to a call.
    pub(crate) fn apply_faults(&self, occasion: &FaultContext<'_>, is_answered: bool) -> Vec<FaultHit> {
        self.faults.apply(occasion, is_answered, || self.clock.now(), |purpose| self.tokens.draw(purpose))
    }

    /// Adds a fault to the company. Returns it.
    ///
    /// # Errors
    ///
    /// [`Problem`] if there are too many.
    pub(crate) fn add_fault(&self, fault: Fault) -> Result<FaultInfo, Problem> {
        Ok(self.with_key(self.faults.add(fault, self.clock.now())?))
    }

    /// Returns the company's own active faults.
    pub(crate) fn fault_infos(&self) -> Vec<FaultInfo> {
        self.faults.infos(self.clock.now()).into_iter().map(|info| self.with_key(info)).collect()
    }

    /// Removes the company's own faults, and releases the calls that they hold.
    pub(crate) fn clear_faults(&self) {
        self.faults.replace(&[], self.clock.now());
        self.holds.release_all();
    }

    fn with_key(&self, info: FaultInfo) -> FaultInfo {
        FaultInfo { company_key: Some(self.key.clone()), ..info }
    }

    /// Applies the `begin/` fault of a scenario to a call. After it expires, one call passes, then it starts over.
    pub(crate) fn apply_begin_fault(&self, scenario: &str, fault: &Fault) -> Vec<FaultHit> {
        let now = self.clock.now();
        let mut lists = self.begin_faults.lock().unwrap_or_else(PoisonError::into_inner);
        let list = lists.entry(scenario.to_owned()).or_insert_with(|| {
            let mut list = ActiveFaults::default();
            list.add(fault.clone(), now);
            list
        });
        let (endpoint, scenario_name) = (Some(Endpoint::Begin), Some(scenario));
        let occasion = FaultContext { endpoint, scenario: scenario_name, ..FaultContext::default() };
        let hits = list.apply(&occasion, false, now, |purpose| self.tokens.draw(purpose));
        if list.is_empty() && hits.is_empty() {
            lists.remove(scenario);
        }
        hits
    }

    /// Registers a waiting client until the returned guard is dropped.
    pub(crate) fn register_waiter(self: &Arc<Self>) -> WaiterGuard {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        WaiterGuard(self.clone())
    }

    /// Whether a client waits in it.
    pub(super) fn has_waiters(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Whether an earlier company with its key was removed because it was idle.
    pub(crate) fn was_evicted(&self) -> bool {
        self.was_evicted.load(Ordering::Relaxed)
    }

    /// Records a call at `now` in real time.
    pub(super) fn touch(&self, now: Duration) {
        self.last_call.store(now.as_nanos() as u64, Ordering::Relaxed);
    }

    /// Returns the time of the latest call, in real time.
    pub(super) fn last_call(&self) -> Duration {
        Duration::from_nanos(self.last_call.load(Ordering::Relaxed))
    }
}

fn queue_of(company: &Company) -> VecDeque<ScenarioChoice> {
    company.queue.iter().cloned().map(ScenarioChoice::Named).collect()
}
