//! A company while the server runs: what belongs to it alone.

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
    sessions::{EvictedSession, SessionIndex, SessionLimit, SessionStore},
};
use crate::{
    clock::{Clock, ClockChange, uptime},
    coverage::CoverageCounters,
    faults::{ActiveFaults, Endpoint, Fault, FaultContext, FaultHit, FaultInfo, SharedFaults},
    foreign_text::shortened,
    log_throttle::is_power_of_ten,
    scenario::ScenarioChoice,
    vendor::{FlagsAndSteps, SavedForm, TokenSource},
};

/// How many odd things the log tells of one company; whoever sends more of them sends nonsense.
const MAX_LOGGED_WARNINGS: usize = 1000;

/// A company while the server runs: its sessions, clock, faults and queue, which no other company sees.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) key: String,
    /// How it is set, which can be changed, and how it is after a reset.
    settings: RwLock<Arc<EffectiveSettings>>,
    initial: RwLock<InitialSettings>,
    pub(crate) clock: Clock,
    pub(crate) tokens: TokenSource,
    pub(crate) sessions: SessionStore,
    pub(crate) faults: SharedFaults,
    /// The calls that its delays hold.
    pub(crate) holds: HeldCalls,
    pub(crate) journal: Arc<Journal>,
    /// What its code has met.
    pub(crate) coverage: CoverageCounters,
    /// Scenarios of the next sessions.
    queue: Mutex<VecDeque<ScenarioChoice>>,
    /// The faults of `begin/` that scenarios bring, by the scenario's name.
    begin_faults: Mutex<HashMap<String, ActiveFaults>>,
    /// What was odd about calls of `begin/` and has been said in the log.
    logged_warnings: Mutex<HashSet<String>>,
    /// How many sessions it may have, where it is not set otherwise.
    session_limit: SessionLimit,
    /// When it was last called, in nanoseconds of real time.
    last_call: AtomicU64,
    /// How many wait for something in it, or are held by a delay.
    waiting: AtomicUsize,
    /// Whether there was one of its key before, which went by itself.
    pub(super) was_evicted: AtomicBool,
}

/// Somebody waits for something in a company, which does not go idle meanwhile. It counts as called when this is dropped.
#[derive(Debug)]
pub(crate) struct WaiterGuard(Arc<Tenant>);

/// A company as it is set, and what follows from that.
#[derive(Debug)]
pub(crate) struct EffectiveSettings {
    pub(crate) company: Company,
    /// What is saved for its sessions, by `config_id`.
    configurations: HashMap<String, ResolvedConfiguration>,
}

/// How a company begins, and is after a reset.
#[derive(Debug)]
struct InitialSettings {
    settings: Arc<EffectiveSettings>,
    /// Where its clock stands, if it does.
    frozen_at: Option<Timestamp>,
}

/// What a `config_id` stands for.
#[derive(Debug, Clone)]
pub(crate) struct ResolvedConfiguration {
    pub(crate) form: Arc<SavedForm>,
    pub(crate) scenario: Option<String>,
}

/// What companies are made with.
#[derive(Debug, Clone)]
pub(crate) struct TenantSettings {
    pub(crate) seed: Option<u64>,
    /// Where the clock stands.
    pub(crate) frozen_at: Option<Timestamp>,
    pub(crate) session_limit: SessionLimit,
    pub(crate) journal: JournalSettings,
    /// The numbers of what happens to it.
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

    /// What is saved under a `config_id`.
    ///
    /// # Errors
    ///
    /// A message that lists the known ids.
    pub(crate) fn saved(&self, config_id: &str) -> Result<&ResolvedConfiguration, String> {
        self.configurations.get(config_id).ok_or_else(|| {
            let known: Vec<_> = self.company.configurations.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "none".into() } else { known.join(", ") };
            format!("there is no configuration `{}`; known: {known}", shortened(config_id))
        })
    }
}

impl Tenant {
    /// A company that was not called yet.
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

    /// Makes everything as it was at the start, tokens included where they are repeatable.
    pub(crate) fn reset(&self) {
        self.restore_initial();
        self.add_event(EventKind::StateReset);
        self.sessions.wake_all();
    }

    /// Goes, with all its sessions: whoever holds it or waits for something in it finds nothing more.
    pub(super) fn close(&self) {
        self.holds.release_all();
        self.sessions.clear();
        self.sessions.wake_all();
        self.journal.notify();
    }

    /// Notes that something happened to it, and to no session.
    pub(crate) fn add_event(&self, kind: EventKind) {
        self.journal.add_events([Event { at: self.clock.now(), session: None, kind }]);
    }

    /// Turns its clock, and tells those who have to know. Answers the time before and after.
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

    /// How it is set now.
    pub(crate) fn settings(&self) -> Arc<EffectiveSettings> {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How it begins, and is after a reset.
    pub(crate) fn initial_settings(&self) -> Arc<EffectiveSettings> {
        self.initial.read().unwrap_or_else(PoisonError::into_inner).settings.clone()
    }

    /// Is set in another way from now on, until it is reset; its key, first queue, faults and clock stay.
    pub(crate) fn apply_change(&self, company: Company) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = EffectiveSettings::new(company);
    }

    /// Begins as that company from now on. What of it is another than before counts at once; the rest stays as it is
    /// now, with what the control API has changed. Answers whether there was anything.
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

    /// Says in the log what is odd about a call of `begin/`, each thing once.
    pub(crate) fn log_warnings(&self, oddity: &str) {
        let is_new = {
            let mut logged = self.logged_warnings.lock().unwrap_or_else(PoisonError::into_inner);
            logged.len() < MAX_LOGGED_WARNINGS && !logged.contains(oddity) && logged.insert(oddity.to_owned())
        };
        if is_new {
            tracing::warn!(company = self.key, "{oddity}");
        }
    }

    /// How many sessions it may have at once.
    pub(crate) fn session_limit(&self, settings: &EffectiveSettings) -> SessionLimit {
        let Company { max_sessions, refuse_at_max_sessions, .. } = settings.company;
        SessionLimit {
            max_sessions: max_sessions.unwrap_or(self.session_limit.max_sessions),
            refuses: refuse_at_max_sessions.unwrap_or(self.session_limit.refuses),
        }
    }

    /// Says that a session was given up for a new one: for the hint; in the log, the first time and then when there are
    /// ten times as many.
    pub(crate) fn log_eviction(&self, EvictedSession { token, eviction_count: number }: &EvictedSession) -> String {
        let SessionLimit { max_sessions: most, .. } = self.session_limit(&self.settings());
        if is_power_of_ten(*number) {
            let company = &self.key;
            tracing::warn!(company, most, evicted = number, "new sessions evict the oldest (--max-sessions)");
        }
        format!("evicted session `{token}`: the company reached its maximum of {most} sessions (--max-sessions)")
    }

    /// Lets the next sessions that do not ask for a scenario take these, one each.
    pub(crate) fn enqueue(&self, scenarios: Vec<ScenarioChoice>) {
        self.queue().extend(scenarios);
    }

    /// The names of the scenarios of the next sessions.
    pub(crate) fn queued(&self) -> Vec<String> {
        self.queue().iter().map(|choice| choice.name().to_owned()).collect()
    }

    /// Forgets the scenarios of the next sessions; answers how many there were.
    pub(crate) fn empty_queue(&self) -> usize {
        std::mem::take(&mut *self.queue()).len()
    }

    /// The scenario of the next session, which leaves the queue.
    pub(crate) fn next_in_queue(&self) -> Option<ScenarioChoice> {
        self.queue().pop_front()
    }

    /// Takes a scenario back that its session could not begin with.
    pub(crate) fn requeue(&self, scenario: ScenarioChoice) {
        self.queue().push_front(scenario);
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, VecDeque<ScenarioChoice>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the company's own faults do to a call.
    pub(crate) fn apply_faults(&self, occasion: &FaultContext<'_>, is_answered: bool) -> Vec<FaultHit> {
        self.faults.strike(occasion, is_answered, || self.clock.now(), |purpose| self.tokens.draw(purpose))
    }

    /// Adds a fault of its own; answers it as it stands.
    pub(crate) fn add_fault(&self, fault: Fault) -> FaultInfo {
        self.with_key(self.faults.add(fault, self.clock.now()))
    }

    /// The company's own faults as they stand.
    pub(crate) fn fault_infos(&self) -> Vec<FaultInfo> {
        self.faults.infos(self.clock.now()).into_iter().map(|info| self.with_key(info)).collect()
    }

    /// Ends all faults of its own, also for the calls that they hold.
    pub(crate) fn clear_faults(&self) {
        self.faults.replace(&[], self.clock.now());
        self.holds.release_all();
    }

    fn with_key(&self, info: FaultInfo) -> FaultInfo {
        FaultInfo { company_key: Some(self.key.clone()), ..info }
    }

    /// What the fault that a scenario puts on `begin/` does to a call. Once it has healed, one call goes through, and
    /// it starts over.
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

    /// Says that somebody waits for something in it, as long as the answer lives.
    pub(crate) fn register_waiter(self: &Arc<Self>) -> WaiterGuard {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        WaiterGuard(self.clone())
    }

    /// Whether somebody waits for something in it.
    pub(super) fn has_waiters(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Whether there was one of its key before, which went by itself with its sessions.
    pub(crate) fn was_evicted(&self) -> bool {
        self.was_evicted.load(Ordering::Relaxed)
    }

    /// Takes note of a call at `now` in real time.
    pub(super) fn touch(&self, now: Duration) {
        self.last_call.store(now.as_nanos() as u64, Ordering::Relaxed);
    }

    /// When it was last called, in real time.
    pub(super) fn last_call(&self) -> Duration {
        Duration::from_nanos(self.last_call.load(Ordering::Relaxed))
    }
}

fn queue_of(company: &Company) -> VecDeque<ScenarioChoice> {
    company.queue.iter().cloned().map(ScenarioChoice::Named).collect()
}
