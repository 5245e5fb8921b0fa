//! The journal of a company, or of calls without one: the latest calls with their responses, and the latest events.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use tokio::sync::Notify;

use super::{
    Event, JournalEvent, JournalSettings,
    call_buffer::{CallBuffer, EvictedCalls, JournalEntry, OPEN},
    recorded::RecordedCall,
};
use crate::{
    heap::{OnHeap, shared},
    vendor::Token,
};

/// Numbers the calls and events of a server across all journals, and notifies their waiters.
#[derive(Debug, Default)]
pub(crate) struct JournalSequence {
    calls: AtomicU64,
    events: AtomicU64,
    evicted_calls: AtomicU64,
    evicted_sessions: AtomicU64,
    /// Memory of all journals, in bytes.
    bytes: AtomicUsize,
    /// All journals, to find the oldest entry among them.
    journals: Mutex<Vec<Weak<Journal>>>,
    /// Notified of every call and event.
    pub(crate) changed: Notify,
    /// Notified when a journal was cleared, so that memory may be free.
    pub(crate) cleared: Notify,
}

impl JournalSequence {
    /// Returns the id of the latest event. All events up to it are in their journal, at the latest when that can be
    /// read.
    pub(crate) fn last_event(&self) -> u64 {
        self.events.load(Ordering::SeqCst)
    }

    /// Returns the id of the latest call, as [`JournalSequence::last_event`].
    pub(crate) fn last_call(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Returns the number of evicted calls.
    #[cfg(feature = "metrics")]
    pub(crate) fn evicted_calls(&self) -> u64 {
        self.evicted_calls.load(Ordering::Relaxed)
    }

    /// Returns the number of evicted sessions.
    #[cfg(feature = "metrics")]
    pub(crate) fn evicted_sessions(&self) -> u64 {
        self.evicted_sessions.load(Ordering::Relaxed)
    }

    /// Evicts the oldest calls and events of all journals if these exceed `most` bytes. It evicts somewhat more than
    /// needed, so that evictions are rare.
    fn make_room(&self, most: usize) {
        const SLACK: usize = 4 << 20;
        if self.bytes.load(Ordering::Relaxed) <= most {
            return;
        }
        let enough = most - (most / 16).min(SLACK);
        // The thread that holds the lock evicts for all threads.
        let Ok(mut journals) = self.journals.try_lock() else { return };
        journals.retain(|journal| journal.strong_count() > 0);
        let live: Vec<_> = journals.iter().filter_map(Weak::upgrade).collect();
        let oldest = |journal: &Arc<Journal>| journal.kept().oldest();
        let mut by_oldest: BinaryHeap<_> =
            live.iter().enumerate().filter_map(|(at, journal)| Some(Reverse((oldest(journal)?, at)))).collect();
        while self.bytes.load(Ordering::Relaxed) > enough
            && let Some(Reverse((_, at))) = by_oldest.pop()
        {
            let up_to = by_oldest.peek().map_or(u64::MAX, |Reverse((next, _))| *next);
            by_oldest.extend(live[at].evict_up_to(up_to, enough).map(|oldest| Reverse((oldest, at))));
        }
    }

    fn next_event(&self) -> u64 {
        self.events.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// The latest calls and events.
#[derive(Debug)]
pub(crate) struct Journal {
    settings: JournalSettings,
    sequence: Arc<JournalSequence>,
    buffer: Mutex<CallBuffer>,
    /// Notified of every call and event of this journal.
    pub(crate) changed: Notify,
}

/// A call or an event.
#[derive(Debug, Clone)]
pub(crate) enum JournalItem {
    Call(Arc<JournalEntry>),
    Event(Arc<JournalEvent>),
}

impl JournalItem {
    /// Returns its event id.
    pub(crate) fn id(&self) -> u64 {
        match self {
            Self::Call(entry) => entry.event_id,
            Self::Event(event) => event.id,
        }
    }

    /// Returns the session that it is about.
    pub(crate) fn session(&self) -> Option<Token> {
        match self {
            Self::Call(entry) => entry.recorded.session,
            Self::Event(event) => event.event.session,
        }
    }
}

impl Journal {
    pub(crate) fn new(settings: JournalSettings, numbers: Arc<JournalSequence>) -> Arc<Self> {
        let journal = Self { settings, sequence: numbers.clone(), buffer: Mutex::default(), changed: Notify::new() };
        let journal = Arc::new(journal);
        let mut journals = numbers.journals.lock().unwrap_or_else(PoisonError::into_inner);
        if journals.len() == journals.capacity() {
            journals.retain(|journal| journal.strong_count() > 0);
        }
        journals.push(Arc::downgrade(&journal));
        drop(journals);
        journal
    }

    /// Adds a call that takes a while to answer, until the guard is closed or dropped.
    pub(crate) fn open(self: &Arc<Self>, call: RecordedCall) -> OpenCall {
        let entry = Arc::new(JournalEntry { id: OPEN, event_id: OPEN, bytes: 0, recorded: call });
        self.kept().open.push(entry.clone());
        self.notify();
        OpenCall { journal: self.clone(), entry, recorded: None }
    }

    /// Adds a call, and evicts the oldest beyond the limits.
    pub(crate) fn record(&self, recorded: RecordedCall) {
        self.record_instead(None, recorded);
    }

    /// As [`Journal::record`], and removes the entry of the open call at the same time.
    fn record_instead(&self, open: Option<&Arc<JournalEntry>>, recorded: RecordedCall) {
        let bytes = size_of::<Arc<JournalEntry>>() + shared(size_of::<JournalEntry>()) + recorded.on_heap();
        let evicted = self.change(|buffer, settings| {
            if let Some(open) = open {
                buffer.open.retain(|entry| !Arc::ptr_eq(entry, open));
            }
            // Numbered under the lock, so that calls are in the order of their ids.
            let (id, event_id) = (self.sequence.next_call(), self.sequence.next_event());
            buffer.add(Arc::new(JournalEntry { id, event_id, bytes, recorded }));
            buffer.make_room(settings)
        });
        self.notify();
        // Evicted calls are freed after the lock is released.
        drop(evicted);
        self.sequence.make_room(self.settings.total);
    }

    /// Adds events in this order, and evicts the oldest beyond the limits.
    pub(crate) fn add_events(&self, happened: impl IntoIterator<Item = Event>) {
        if !self.settings.enabled {
            return;
        }
        self.change(|buffer, settings| {
            for happened in happened {
                buffer.add_event(JournalEvent { id: self.sequence.next_event(), event: happened });
            }
            while buffer.events.len() > settings.events() {
                buffer.evict_event();
            }
        });
        self.notify();
        self.sequence.make_room(self.settings.total);
    }

    /// Evicts entries up to this id while all journals exceed `most` bytes. Returns the id of the oldest remaining
    /// entry.
    fn evict_up_to(&self, number: u64, most: usize) -> Option<u64> {
        let before = self.sequence.bytes.load(Ordering::Relaxed);
        let (evicted, oldest) = self.change(|buffer, _| {
            let (start, mut evicted) = (buffer.all_bytes(), Vec::new());
            let is_too_much = |buffer: &CallBuffer| before.saturating_sub(start - buffer.all_bytes()) > most;
            while buffer.oldest().is_some_and(|oldest| oldest <= number) && is_too_much(buffer) {
                evicted.push(buffer.evict_oldest());
            }
            (evicted, buffer.oldest())
        });
        drop(evicted);
        oldest
    }

    /// Changes the buffer, and updates the memory and eviction counts of all journals.
    fn change<T>(&self, change: impl FnOnce(&mut CallBuffer, &JournalSettings) -> T) -> T {
        let mut buffer = self.kept();
        let (before, evicted) = (buffer.all_bytes(), buffer.evicted.count);
        let changed = change(&mut buffer, &self.settings);
        let (now, made_room) = (buffer.all_bytes(), buffer.evicted.count.saturating_sub(evicted));
        drop(buffer);
        if now >= before {
            self.sequence.bytes.fetch_add(now - before, Ordering::Relaxed);
        } else {
            self.sequence.bytes.fetch_sub(before - now, Ordering::Relaxed);
        }
        if made_room > 0 {
            self.sequence.evicted_calls.fetch_add(made_room, Ordering::Relaxed);
        }
        changed
    }

    /// Counts an evicted session.
    pub(super) fn count_evicted_session(&self) {
        self.sequence.evicted_sessions.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns its memory, without the responses that are also in `elsewhere`.
    #[cfg(feature = "metrics")]
    pub(crate) fn bytes(&self, elsewhere: &std::collections::HashSet<*const u8>) -> usize {
        self.kept().bytes_beside(elsewhere)
    }

    /// Wakes the waiters.
    pub(super) fn notify(&self) {
        self.changed.notify_waiters();
        self.sequence.changed.notify_waiters();
    }

    /// Returns the calls in the journal, then the open ones; and the evicted ones.
    pub(crate) fn read(&self) -> (Vec<Arc<JournalEntry>>, EvictedCalls) {
        let buffer = self.kept();
        (buffer.entries.iter().chain(&buffer.open).cloned().collect(), buffer.evicted)
    }

    /// Returns the calls with an id above this one, then the open ones.
    pub(crate) fn calls_after(&self, id: u64) -> Vec<Arc<JournalEntry>> {
        let buffer = self.kept();
        let first = buffer.entries.partition_point(|entry| entry.id <= id);
        buffer.entries.range(first..).chain(&buffer.open).cloned().collect()
    }

    /// Returns the first events in a range of ids, in order. If events in the range are missing, returns the id up to
    /// which they are.
    pub(crate) fn read_events(&self, after: u64, up_to: u64, most: usize) -> (Vec<JournalItem>, Option<u64>) {
        let buffer = self.kept();
        let first_call = buffer.entries.partition_point(|entry| entry.event_id <= after);
        let first_event = buffer.events.partition_point(|event| event.id <= after);
        let mut calls = buffer.entries.range(first_call..).peekable();
        let mut events = buffer.events.range(first_event..).peekable();
        let mut noted = Vec::new();
        while noted.len() < most {
            let is_call = match (calls.peek(), events.peek()) {
                (Some(call), Some(event)) => call.event_id < event.id,
                (call, _) => call.is_some(),
            };
            let next = match is_call {
                true => calls.next().cloned().map(JournalItem::Call),
                false => events.next().cloned().map(JournalItem::Event),
            };
            match next.filter(|next| next.id() <= up_to) {
                Some(next) => noted.push(next),
                None => break,
            }
        }
        (noted, Some(buffer.forgotten).filter(|forgotten| *forgotten > after))
    }

    /// Returns the call with this id.
    pub(crate) fn get(&self, id: u64) -> Option<Arc<JournalEntry>> {
        let buffer = self.kept();
        let place = buffer.entries.binary_search_by_key(&id, |entry| entry.id).ok()?;
        Some(buffer.entries[place].clone())
    }

    /// Returns the evicted calls.
    pub(crate) fn evicted(&self) -> EvictedCalls {
        self.kept().evicted
    }

    /// Returns the evicted calls if the whole journal is removed.
    pub(super) fn evict_all(&self) -> EvictedCalls {
        let buffer = self.kept();
        let calls = &buffer.entries;
        let until = calls.iter().map(|entry| entry.recorded.at).max();
        let cleared = EvictedCalls { count: calls.len() as u64, last: calls.back().map(|entry| entry.id), until };
        buffer.evicted.merge(cleared)
    }

    /// Continues the eviction counts of a removed journal.
    pub(super) fn inherit(&self, evicted: EvictedCalls) {
        self.kept().evicted = evicted;
    }

    /// Removes all calls, events and eviction counts.
    pub(crate) fn clear(&self) {
        let evicted = self.change(|buffer, _| buffer.clear());
        drop(evicted);
        self.sequence.cleared.notify_one();
    }

    fn kept(&self) -> MutexGuard<'_, CallBuffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that is still being answered. It is recorded when this is dropped.
#[derive(Debug)]
pub(crate) struct OpenCall {
    journal: Arc<Journal>,
    entry: Arc<JournalEntry>,
    recorded: Option<RecordedCall>,
}

impl OpenCall {
    /// Records the call with its response, which `end` adds.
    pub(crate) fn close(mut self, end: impl FnOnce(&mut RecordedCall)) {
        let mut recorded = self.entry.recorded.clone();
        end(&mut recorded);
        self.recorded = Some(recorded);
    }
}

/// Without a response, the server has given up the call.
impl Drop for OpenCall {
    fn drop(&mut self) {
        let recorded = self.recorded.take().unwrap_or_else(|| self.entry.recorded.clone());
        self.journal.record_instead(Some(&self.entry), recorded);
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.clear();
    }
}
