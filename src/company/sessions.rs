//! The sessions in memory.

use std::{
    mem,
    ops::{Bound, ControlFlow},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use jiff::Timestamp;

use super::{
    Event, EventKind, Journal, Tenant,
    eviction_order::{EvictionOrder, RemovalReason},
    notifiers::{SessionNotifier, SessionNotifiers},
    session_index::{LARGE, SessionIndex, SessionRecord, SessionSlot},
};
use crate::{
    catalogue::Catalogue,
    session::{EventCursor, Session},
    vendor::Token,
};

/// Number of sessions read from the list at once, so that its lock is held briefly.
const CHUNK: usize = 1000;

/// The maximum number of sessions of a company, and what happens beyond it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionLimit {
    pub(crate) max_sessions: usize,
    /// Whether further sessions are refused; otherwise a session is evicted.
    pub(crate) refuses: bool,
}

/// The sessions of one company. No lock leaves it: its methods take a closure and hand out owned values.
///
/// A change is a closure that may run more than once, so it only changes the session.
#[derive(Debug)]
pub(crate) struct SessionStore {
    owner: Weak<Tenant>,
    index: Arc<SessionIndex>,
    eviction_order: Mutex<EvictionOrder>,
    evicted: AtomicU64,
    journal: Arc<Journal>,
    notifiers: SessionNotifiers,
}

/// A session that was evicted for a new one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EvictedSession {
    pub(super) token: Token,
    /// How many sessions of the company have been evicted, including this one.
    pub(super) eviction_count: u64,
}

/// The company has reached its maximum of sessions, and refuses more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the company has its maximum of {0} sessions (--max-sessions) and refuses more (--refuse-at-max-sessions); delete \
     some"
)]
pub(crate) struct SessionLimitReached(usize);

impl SessionStore {
    pub(super) fn new(owner: Weak<Tenant>, index: Arc<SessionIndex>, journal: Arc<Journal>) -> Self {
        let (eviction_order, notifiers) = (Mutex::default(), SessionNotifiers::default());
        Self { owner, index, eviction_order, evicted: AtomicU64::new(0), journal, notifiers }
    }

    /// Adds a session. Returns the session that was evicted for it: the oldest finished one, otherwise the oldest.
    ///
    /// # Errors
    ///
    /// [`SessionLimitReached`] when the company refuses more sessions.
    pub(crate) fn insert(
        &self,
        session: Session,
        catalogue: Arc<Catalogue>,
        ceiling: SessionLimit,
    ) -> Result<Option<EvictedSession>, SessionLimitReached> {
        let (token, number) = (session.token, self.index.next_number());
        let (owner, due) = (self.owner.clone(), session.next_due());
        let (begun_at, begun) = (session.begun_at(), self.record_begun(&session));
        let is_large = session.spec.length() > LARGE;
        let held = Mutex::new(Some(SessionSlot { session, due }));
        let record = Arc::new(SessionRecord { token, number, is_large, owner, catalogue, session: held });
        let mut order = self.order();
        let is_full = order.by_number.len() >= ceiling.max_sessions;
        if is_full && ceiling.refuses {
            return Err(SessionLimitReached(ceiling.max_sessions));
        }
        let given_up = if is_full { order.evict_one() } else { None };
        // List and index change together.
        if let Some(left) = self.index.insert(&record) {
            order.forget(left.number, None);
        }
        order.by_number.insert(number, record);
        order.due.extend(due.map(|due| (due, number)));
        drop(order);
        self.journal.add_events(begun);
        Ok(given_up.map(|given_up| {
            self.index.remove(&given_up.token);
            let due = given_up.take().and_then(|held| held.due);
            self.order().forget(given_up.number, due);
            self.journal.count_evicted_session();
            self.record_removed(given_up.token, EventKind::SessionEvicted, begun_at);
            EvictedSession { token: given_up.token, eviction_count: self.evicted.fetch_add(1, Ordering::Relaxed) + 1 }
        }))
    }

    fn record_begun(&self, session: &Session) -> Vec<Event> {
        let (scenario, chosen_by) = (session.spec.scenario.clone(), session.spec.chosen_by.clone());
        let kind = EventKind::SessionBegun { scenario, chosen_by };
        let mut happened = vec![Event { at: session.begun_at(), session: Some(session.token), kind }];
        happened.extend(events_since(session, EventCursor::default()));
        happened
    }

    fn record_removed(&self, token: Token, kind: EventKind, at: Timestamp) {
        self.journal.add_events([Event { at, session: Some(token), kind }]);
        self.notifiers.notify(&token);
    }

    /// Returns the number of sessions.
    pub(crate) fn count(&self) -> usize {
        self.order().by_number.len()
    }

    /// Returns the number of evicted sessions.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    /// Returns the reason for the removal of a session, if it is still known.
    pub(crate) fn removal_reason(&self, token: &Token) -> Option<RemovalReason> {
        self.order().removal_reason(token)
    }

    /// A notifier that fires when the session, or its clock, changes.
    pub(crate) fn notifier(&self, token: Token) -> SessionNotifier<'_> {
        self.notifiers.subscribe(token)
    }

    /// Wakes all waiters: the clock was changed, or the sessions were removed.
    pub(super) fn wake_all(&self) {
        self.notifiers.notify_all();
    }

    /// Applies the stages and expiries of all sessions that are due at `now`.
    pub(crate) fn apply_due_stages(&self, now: Timestamp) {
        let mut seen = Bound::Unbounded;
        loop {
            let (due, records): (Vec<_>, Vec<_>) = {
                let order = self.order();
                let due = order.due.range((seen, Bound::Included((now, u64::MAX)))).take(CHUNK);
                due.map(|due| (*due, order.by_number.get(&due.1).cloned())).unzip()
            };
            let Some(last) = due.last() else { return };
            seen = Bound::Excluded(*last);
            for record in records.into_iter().flatten() {
                self.change(&record, |session, _| session.apply_due_stages(now));
            }
        }
    }

    /// Returns the earliest due time.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.order().due.first().map(|(due, _)| *due)
    }

    /// Changes a session; `None` if the company has none with this token.
    pub(crate) fn update<T>(&self, token: &Token, change: impl Fn(&mut Session, &Catalogue) -> T) -> Option<T> {
        self.change(&*self.find(token)?, change)
    }

    /// Changes a session that was looked up, as [`SessionStore::update`].
    ///
    /// Records the events of the change, in order.
    pub(super) fn change<T>(
        &self,
        record: &SessionRecord,
        change: impl FnOnce(&mut Session, &Catalogue) -> T,
    ) -> Option<T> {
        let mut locked = record.lock();
        let held = locked.as_mut()?;
        let seen = held.session.event_cursor();
        let changed = change(&mut held.session, &record.catalogue);
        let (is_other, parent) = (self.record_change(record, held, seen), held.session.parent());
        drop(locked);
        if is_other {
            self.wake(&record.token, parent.as_ref());
        }
        Some(changed)
    }

    /// Wakes those who wait for a session.
    fn wake(&self, token: &Token, parent: Option<&Token>) {
        self.notifiers.notify(token);
        // A waiter for several participants reads all of them.
        if let Some(parent) = parent {
            self.notifiers.notify(parent);
        }
    }

    /// Records what happened to a session since `seen`. Returns whether waiters are affected.
    fn record_change(&self, record: &SessionRecord, held: &mut SessionSlot, seen: EventCursor) -> bool {
        let is_other = held.session.event_cursor() != seen;
        let happened = if is_other { events_since(&held.session, seen) } else { Vec::new() };
        let due = held.session.next_due();
        if due != held.due || !happened.is_empty() {
            let was_due = mem::replace(&mut held.due, due);
            self.order().reschedule(record.number, was_due, due, held.session.is_finished());
        }
        if !happened.is_empty() {
            self.journal.add_events(happened);
        }
        is_other
    }

    /// Changes all sessions, in the order in which they began.
    pub(crate) fn update_all(&self, mut change: impl FnMut(&mut Session, &Catalogue)) {
        let Some(last) = self.order().by_number.last_key_value().map(|(number, _)| *number) else { return };
        self.scan(None, false, |number, session, catalogue| {
            if number > last {
                return ControlFlow::Break(());
            }
            change(session, catalogue);
            ControlFlow::Continue(())
        });
    }

    /// Reads the sessions after a number, in the order in which they began or in reverse, until `look` returns false.
    pub(crate) fn scan(
        &self,
        after: Option<u64>,
        newest_first: bool,
        mut look: impl FnMut(u64, &mut Session, &Catalogue) -> ControlFlow<()>,
    ) {
        let mut seen = after;
        loop {
            let records = self.chunk_after(seen, newest_first);
            let Some(last) = records.last() else { return };
            seen = Some(last.number);
            for record in records {
                let looked = self.change(&record, |session, catalogue| look(record.number, session, catalogue));
                if looked.is_some_and(|looked| looked.is_break()) {
                    return;
                }
            }
        }
    }

    /// Returns the next sessions after a number, few enough to hold the list's lock briefly.
    fn chunk_after(&self, seen: Option<u64>, newest_first: bool) -> Vec<Arc<SessionRecord>> {
        let order = self.order();
        let record = |(_, record): (&u64, &Arc<SessionRecord>)| record.clone();
        if newest_first {
            let end = seen.unwrap_or(u64::MAX);
            order.by_number.range(..end).rev().take(CHUNK).map(record).collect()
        } else {
            let first = seen.map_or(0, |seen| seen.saturating_add(1));
            order.by_number.range(first..).take(CHUNK).map(record).collect()
        }
    }

    /// Removes a session at `now` if `last_look` allows it; `None` if the company has none with this token.
    pub(crate) fn remove<T>(
        &self,
        token: &Token,
        now: Timestamp,
        last_look: impl Fn(&mut Session, &Catalogue) -> (T, bool),
    ) -> Option<T> {
        let record = self.find(token)?;
        let mut locked = record.lock();
        let held = locked.as_mut()?;
        let seen = held.session.event_cursor();
        let (looked, is_over) = last_look(&mut held.session, &record.catalogue);
        self.record_change(&record, held, seen);
        if is_over {
            let due = locked.take().and_then(|held| held.due);
            drop(locked);
            self.index.remove(token);
            let mut order = self.order();
            order.forget(record.number, due);
            order.remember(*token, RemovalReason::Deleted);
            drop(order);
            self.record_removed(*token, EventKind::SessionDeleted, now);
        }
        Some(looked)
    }

    /// Removes all sessions.
    pub(crate) fn clear(&self) {
        let gone = mem::take(&mut *self.order());
        for record in gone.by_number.into_values() {
            self.index.remove(&record.token);
            record.take();
        }
    }

    /// Returns the session with this token if it belongs to this company.
    fn find(&self, token: &Token) -> Option<Arc<SessionRecord>> {
        self.index.find(token).filter(|record| record.owner.ptr_eq(&self.owner))
    }

    fn order(&self) -> MutexGuard<'_, EvictionOrder> {
        self.eviction_order.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes the sessions of a removed company.
impl Drop for SessionStore {
    fn drop(&mut self) {
        self.clear();
    }
}

fn events_since(session: &Session, seen: EventCursor) -> Vec<Event> {
    let happened = session.events_since(seen).into_iter();
    happened.map(|(at, what)| Event { at, session: Some(session.token), kind: what.into() }).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::{
        catalogue::{CatalogueFiles, CatalogueInputs},
        company::JournalSettings,
        data_file::LoadDiagnostics,
        scenario::Trigger,
        session::{NewSession, SessionSpec},
        vendor::{BooleanFlags, FlagsAndSteps, StepTypes, TokenSource},
    };

    #[test]
    fn a_token_that_comes_again_after_a_reset_is_that_of_the_new_session() {
        let outcome_trigger = Trigger::Widget;
        let files = CatalogueFiles::default();
        let sources = CatalogueInputs {
            builtin_scenarios: true,
            files: &files,
            own_scenarios: &[],
            outcome_trigger: &outcome_trigger,
        };
        let catalogue = Arc::new(Catalogue::load(sources, &mut LoadDiagnostics::default()));
        let token = TokenSource::new(Some(1), "key").next();
        let begin = |seconds| {
            let scenario = catalogue.scenarios.get("approved").unwrap().clone();
            let spec = SessionSpec { own: FlagsAndSteps::default(), saved: None, scenario, chosen_by: "a test".into() };
            let (boolean_flags, step_types) = (BooleanFlags::default(), StepTypes::default());
            let lifetime = Duration::from_secs(60);
            let opening = NewSession { token, spec, boolean_flags, step_types, lifetime, parent: None };
            Session::begin(opening, Timestamp::from_second(seconds).unwrap())
        };
        let ceiling = SessionLimit { max_sessions: 10, refuses: false };
        let journal = Journal::new(JournalSettings::default(), Arc::default());
        let sessions = SessionStore::new(Weak::new(), Arc::default(), journal);
        for seconds in [1, 2] {
            assert_eq!(sessions.insert(begin(seconds), catalogue.clone(), ceiling), Ok(None));
        }
        let mut tokens = Vec::new();
        sessions.update_all(|session, _| tokens.push(session.token));
        assert_eq!(tokens, [token]);
        assert_eq!(sessions.update(&token, |session, _| session.begun_at().as_second()), Some(2));
    }
}
