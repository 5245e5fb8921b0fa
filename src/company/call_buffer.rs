//! The calls and events in a journal, their memory, and the order in which they are evicted.

use std::{
    collections::{HashMap, VecDeque, hash_map},
    mem,
    sync::Arc,
};

use foldhash::fast::RandomState;
use jiff::Timestamp;

use super::{JournalEvent, JournalSettings, recorded::RecordedCall};
use crate::heap::allocated;

/// The id of a call that is still being answered. It is above all others.
pub(super) const OPEN: u64 = u64::MAX;

/// A call with its id. The ids of all calls of a server are in order.
#[derive(Debug)]
pub(crate) struct JournalEntry {
    pub(crate) id: u64,
    /// The id of its event, unique among all events of the server.
    pub(crate) event_id: u64,
    /// Its memory in a journal, without a long response, which other calls may share.
    pub(super) bytes: usize,
    pub(crate) recorded: RecordedCall,
}

/// The calls and events of one journal.
#[derive(Debug, Default)]
pub(super) struct CallBuffer {
    /// Calls, in the order of their ids.
    pub(super) entries: VecDeque<Arc<JournalEntry>>,
    /// Calls that are still being answered, in no order. There are at most as many as connections.
    pub(super) open: Vec<Arc<JournalEntry>>,
    /// Memory of the calls and events.
    bytes: usize,
    event_bytes: usize,
    pub(super) evicted: EvictedCalls,
    /// Events, in the order of their ids.
    pub(super) events: VecDeque<Arc<JournalEvent>>,
    /// Number of calls that share a long response, by its address: repeated polls keep their result once.
    answers: HashMap<usize, u32, RandomState>,
    /// Up to this id, some events are missing.
    pub(super) forgotten: u64,
}

/// The calls that were evicted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct EvictedCalls {
    pub(crate) count: u64,
    /// Id of the latest one; no call after it is missing.
    pub(crate) last: Option<u64>,
    /// Time of the latest response among them.
    pub(crate) until: Option<Timestamp>,
}

impl EvictedCalls {
    /// Adds the evicted calls of another journal or period.
    pub(crate) fn merge(self, other: Self) -> Self {
        Self { count: self.count + other.count, last: self.last.max(other.last), until: self.until.max(other.until) }
    }
}

impl JournalEntry {
    /// Whether the call is still being answered.
    pub(crate) fn is_open(&self) -> bool {
        self.id == OPEN
    }
}

impl CallBuffer {
    pub(super) fn add(&mut self, entry: Arc<JournalEntry>) {
        self.bytes += entry.bytes;
        if let Some(place) = entry.recorded.long_answer() {
            let shared = self.answers.entry(place).or_default();
            *shared += 1;
            if *shared == 1 {
                self.bytes += allocated(entry.recorded.response.len());
            }
        }
        self.entries.push_back(entry);
    }

    pub(super) fn add_event(&mut self, event: JournalEvent) {
        self.event_bytes += event.bytes();
        self.events.push_back(Arc::new(event));
    }

    pub(super) fn all_bytes(&self) -> usize {
        self.bytes + self.event_bytes
    }

    /// Returns the memory of all entries, without the responses that are also in `elsewhere`.
    #[cfg(feature = "metrics")]
    pub(super) fn bytes_beside(&self, elsewhere: &std::collections::HashSet<*const u8>) -> usize {
        let mut seen = std::collections::HashSet::new();
        let shared = self.entries.iter().map(|entry| &entry.recorded).filter(|call| {
            let place = call.response.as_ptr();
            call.long_answer().is_some() && elsewhere.contains(&place) && seen.insert(place)
        });
        self.all_bytes() - shared.map(|call| allocated(call.response.len())).sum::<usize>()
    }

    /// Removes all entries and the eviction counts. Returns the entries.
    pub(super) fn clear(&mut self) -> Self {
        let noted = [self.entries.back().map(|entry| entry.event_id), self.events.back().map(|event| event.id)];
        let forgotten = noted.into_iter().flatten().max().unwrap_or_default().max(self.forgotten);
        let open = mem::take(&mut self.open);
        mem::replace(self, Self { forgotten, open, ..Self::default() })
    }

    /// Returns the id of the oldest call or event.
    pub(super) fn oldest(&self) -> Option<u64> {
        let (call, event) =
            (self.entries.front().map(|entry| entry.event_id), self.events.front().map(|event| event.id));
        call.into_iter().chain(event).min()
    }

    /// Evicts the oldest calls until the rest is within its bounds. Returns the first of them, usually the only one.
    pub(super) fn make_room(&mut self, settings: &JournalSettings) -> Option<Arc<JournalEntry>> {
        let mut first_evicted = None;
        while self.entries.len() > settings.calls || (self.bytes > settings.bytes && self.entries.len() > 1) {
            let Some(oldest) = self.evict_call() else { break };
            first_evicted.get_or_insert(oldest);
        }
        first_evicted
    }

    /// Evicts the oldest call or event. Returns it if it is a call.
    pub(super) fn evict_oldest(&mut self) -> Option<Arc<JournalEntry>> {
        let is_event = self.events.front().is_some_and(|event| Some(event.id) == self.oldest());
        if is_event {
            self.evict_event();
            return None;
        }
        self.evict_call()
    }

    fn evict_call(&mut self) -> Option<Arc<JournalEntry>> {
        let oldest = self.entries.pop_front()?;
        self.bytes -= oldest.bytes;
        if let Some(place) = oldest.recorded.long_answer()
            && let hash_map::Entry::Occupied(mut shared) = self.answers.entry(place)
        {
            *shared.get_mut() -= 1;
            if *shared.get() == 0 {
                shared.remove();
                self.bytes -= allocated(oldest.recorded.response.len());
            }
        }
        let until = self.evicted.until.max(Some(oldest.recorded.at));
        self.evicted = EvictedCalls { count: self.evicted.count + 1, last: Some(oldest.id), until };
        self.forgotten = self.forgotten.max(oldest.event_id);
        Some(oldest)
    }

    pub(super) fn evict_event(&mut self) {
        let Some(oldest) = self.events.pop_front() else { return };
        self.event_bytes -= oldest.bytes();
        self.forgotten = self.forgotten.max(oldest.id);
    }
}
