//! The sessions in memory; the only file that names `DashMap`.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet, VecDeque},
    hash::{Hash, Hasher},
    mem,
    ops::ControlFlow,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use dashmap::DashSet;

use super::Tenant;
use crate::{catalogue::Catalogue, session::Session, vendor::Token};

/// Of so many sessions that were given up it is remembered that they were.
const MOST_REMEMBERED: usize = 1000;

/// How many sessions a company has at most, and what happens then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ceiling {
    pub(crate) most: usize,
    /// No session begins then; otherwise one is given up for it.
    pub(crate) refuses: bool,
}

/// Where every session is found by its token, whichever company it belongs to.
#[derive(Debug, Default)]
pub(crate) struct Index {
    entries: DashSet<Entry>,
    /// How many sessions have begun.
    begun: AtomicU64,
}

impl Index {
    pub(super) fn find(&self, token: &Token) -> Option<Arc<Record>> {
        self.entries.get(token).map(|entry| entry.0.clone())
    }
}

/// A session as the index has it: by its token.
#[derive(Debug)]
struct Entry(Arc<Record>);

impl Borrow<Token> for Entry {
    fn borrow(&self) -> &Token {
        &self.0.token
    }
}

impl Hash for Entry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.token.hash(state);
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.0.token == other.0.token
    }
}

impl Eq for Entry {}

/// A session and what it has around it.
#[derive(Debug)]
pub(crate) struct Record {
    token: Token,
    /// Sessions are numbered in the order in which they begin, whichever company they belong to.
    number: u64,
    pub(super) owner: Weak<Tenant>,
    /// The files that were there when the session began: it does not change when they do.
    catalogue: Arc<Catalogue>,
    /// None as soon as it is deleted or given up.
    session: Mutex<Option<Session>>,
}

/// The sessions of one company. No lock leaves it: its methods take a closure and hand out owned values.
///
/// A change is a closure that may run more than once: it does nothing but change the session.
#[derive(Debug)]
pub(crate) struct Sessions {
    owner: Weak<Tenant>,
    index: Arc<Index>,
    ceiling: Ceiling,
    order: Mutex<Order>,
    evicted: AtomicU64,
}

/// The sessions by number, those among them that are finished, and the last ones that were given up.
#[derive(Debug, Default)]
struct Order {
    by_number: BTreeMap<u64, Arc<Record>>,
    finished: BTreeSet<u64>,
    evicted: VecDeque<Token>,
}

/// A session that was given up to make room.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Evicted {
    pub(super) token: Token,
    /// It is the so many-th of its company.
    pub(super) number: u64,
}

/// No session begins: the company has as many as it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the company has as many sessions as it may have, {0} (--max-sessions), and no more may begin \
     (--refuse-at-max-sessions): delete some"
)]
pub(crate) struct Full(usize);

impl Sessions {
    pub(super) fn new(owner: Weak<Tenant>, index: Arc<Index>, ceiling: Ceiling) -> Self {
        Self { owner, index, ceiling, order: Mutex::default(), evicted: AtomicU64::new(0) }
    }

    /// Adds a session; answers the one that is given up for it, where there is no room: the oldest that is finished, or
    /// else the oldest.
    ///
    /// # Errors
    ///
    /// [`Full`] when there is no room and none is made.
    pub(crate) fn insert(&self, session: Session, catalogue: Arc<Catalogue>) -> Result<Option<Evicted>, Full> {
        let (token, number) = (session.token, self.index.begun.fetch_add(1, Ordering::Relaxed));
        let owner = self.owner.clone();
        let record = Arc::new(Record { token, number, owner, catalogue, session: Mutex::new(Some(session)) });
        let mut order = self.order();
        let is_full = order.by_number.len() >= self.ceiling.most;
        if is_full && self.ceiling.refuses {
            return Err(Full(self.ceiling.most));
        }
        let given_up = if is_full { order.give_one_up() } else { None };
        // List and index change together.
        if !self.index.entries.insert(Entry(record.clone())) {
            // A session of the same token is left from a begin that met a reset, and the set keeps what it has.
            if let Some(Entry(left)) = self.index.entries.remove(&token) {
                order.forget(left.number);
            }
            self.index.entries.insert(Entry(record.clone()));
        }
        order.by_number.insert(number, record);
        drop(order);
        Ok(given_up.map(|given_up| {
            self.index.entries.remove(&given_up.token);
            given_up.take();
            Evicted { token: given_up.token, number: self.evicted.fetch_add(1, Ordering::Relaxed) + 1 }
        }))
    }

    /// How many sessions there are.
    pub(crate) fn count(&self) -> usize {
        self.order().by_number.len()
    }

    /// The token of the one that began last.
    pub(crate) fn last(&self) -> Option<Token> {
        self.order().by_number.last_key_value().map(|(_, record)| record.token)
    }

    /// How many were given up to make room for others.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    /// How many there are at most.
    pub(super) fn most(&self) -> usize {
        self.ceiling.most
    }

    /// Whether a session of that token was given up, as far as that is remembered.
    pub(crate) fn was_evicted(&self, token: &Token) -> bool {
        self.order().evicted.contains(token)
    }

    /// Changes a session; `None` when the company has none of that token.
    pub(crate) fn update<T>(&self, token: &Token, change: impl Fn(&mut Session, &Catalogue) -> T) -> Option<T> {
        self.change(&*self.find(token)?, change)
    }

    /// As [`Sessions::update`], of a session that was looked up.
    pub(super) fn change<T>(&self, record: &Record, change: impl Fn(&mut Session, &Catalogue) -> T) -> Option<T> {
        let mut held = record.lock();
        let session = held.as_mut()?;
        let was_finished = session.is_finished();
        let changed = change(session, &record.catalogue);
        let is_finished = session.is_finished();
        drop(held);
        if is_finished && !was_finished {
            let mut order = self.order();
            if order.by_number.contains_key(&record.number) {
                order.finished.insert(record.number);
            }
        }
        Some(changed)
    }

    /// Changes one session after the other, in the order in which they began.
    pub(crate) fn update_all(&self, mut change: impl FnMut(&mut Session, &Catalogue)) {
        let all: Vec<_> = self.order().by_number.values().cloned().collect();
        for record in all {
            if let Some(session) = record.lock().as_mut() {
                change(session, &record.catalogue);
            }
        }
    }

    /// Looks at one session after the other, behind that of a number, in the order in which they began or the reverse,
    /// until it is told to stop.
    pub(crate) fn look_through(
        &self,
        after: Option<u64>,
        newest_first: bool,
        mut look: impl FnMut(u64, &mut Session, &Catalogue) -> ControlFlow<()>,
    ) {
        let mut seen = after;
        loop {
            let records = self.some_behind(seen, newest_first);
            let Some(last) = records.last() else { return };
            seen = Some(last.number);
            for record in records {
                if let Some(session) = record.lock().as_mut()
                    && look(record.number, session, &record.catalogue).is_break()
                {
                    return;
                }
            }
        }
    }

    /// The next sessions behind that of a number, not so many that the list is held for long.
    fn some_behind(&self, seen: Option<u64>, newest_first: bool) -> Vec<Arc<Record>> {
        const SOME: usize = 1000;
        let order = self.order();
        let record = |(_, record): (&u64, &Arc<Record>)| record.clone();
        if newest_first {
            let end = seen.unwrap_or(u64::MAX);
            order.by_number.range(..end).rev().take(SOME).map(record).collect()
        } else {
            let first = seen.map_or(0, |seen| seen.saturating_add(1));
            order.by_number.range(first..).take(SOME).map(record).collect()
        }
    }

    /// Removes a session when `last_look` at it is a success; `None` when the company has none of that token.
    pub(crate) fn remove<T, E>(
        &self,
        token: &Token,
        last_look: impl Fn(&mut Session, &Catalogue) -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        let record = self.find(token)?;
        let mut held = record.lock();
        let seen = last_look(held.as_mut()?, &record.catalogue);
        if seen.is_ok() {
            *held = None;
            drop(held);
            self.index.entries.remove(token);
            self.order().forget(record.number);
        }
        Some(seen)
    }

    /// Removes all sessions.
    pub(crate) fn clear(&self) {
        let gone = mem::take(&mut *self.order());
        for record in gone.by_number.into_values() {
            self.index.entries.remove(&record.token);
            record.take();
        }
    }

    /// The company's own session of that token.
    fn find(&self, token: &Token) -> Option<Arc<Record>> {
        self.index.find(token).filter(|record| record.owner.ptr_eq(&self.owner))
    }

    fn order(&self) -> MutexGuard<'_, Order> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sessions of a company that goes go with it.
impl Drop for Sessions {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Record {
    fn lock(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) {
        *self.lock() = None;
    }
}

impl Order {
    fn give_one_up(&mut self) -> Option<Arc<Record>> {
        let oldest_finished = self.finished.first().copied();
        let number = oldest_finished.or_else(|| self.by_number.first_key_value().map(|(number, _)| *number))?;
        let record = self.forget(number)?;
        if self.evicted.len() == MOST_REMEMBERED {
            self.evicted.pop_front();
        }
        self.evicted.push_back(record.token);
        Some(record)
    }

    fn forget(&mut self, number: u64) -> Option<Arc<Record>> {
        self.finished.remove(&number);
        self.by_number.remove(&number)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::{
        catalogue::Sources,
        scenario::Trigger,
        session::{Asked, Opening},
        vendor::{Form, StepTypes, Switches, TokenSource},
    };

    #[test]
    fn a_token_that_comes_again_after_a_reset_is_that_of_the_new_session() {
        let finish = Trigger::Widget;
        let sources =
            Sources { builtin_scenarios: true, scenarios: None, own_scenarios: &[], fixtures: None, finish: &finish };
        let catalogue = Arc::new(Catalogue::load(sources).unwrap());
        let token = TokenSource::new(Some(1), "key").next();
        let begin = |seconds| {
            let scenario = catalogue.scenarios.get("approved").unwrap().clone();
            let asked = Asked { own: Form::default(), saved: None, scenario, chosen_by: "a test".into() };
            let (switches, step_types) = (Switches::default(), StepTypes::default());
            let lifetime = Duration::from_secs(60);
            let opening = Opening { token, asked, switches, step_types, lifetime, parent: None };
            Session::begin(opening, Timestamp::from_second(seconds).unwrap())
        };
        let ceiling = Ceiling { most: 10, refuses: false };
        let sessions = Sessions::new(Weak::new(), Arc::default(), ceiling);
        for seconds in [1, 2] {
            assert_eq!(sessions.insert(begin(seconds), catalogue.clone()), Ok(None));
        }
        let mut tokens = Vec::new();
        sessions.update_all(|session, _| tokens.push(session.token));
        assert_eq!(tokens, [token]);
        assert_eq!(sessions.update(&token, |session, _| session.begun_at().as_second()), Some(2));
    }
}
