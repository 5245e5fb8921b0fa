//! The calls of one company, or those that belong to none: the latest ones, as they came and were answered.

use std::{
    borrow::Cow,
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use jiff::Timestamp;

use super::JournalSettings;
use crate::{
    faults::{Endpoint, Strike},
    scenario::Scenario,
    vendor::{ErrorCode, Token},
};

/// A call and its answer. It holds what was there already; whoever reads it makes it readable.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// When it was answered, on the company's clock, or the server's where there is no company.
    pub(crate) at: Timestamp,
    /// How long it took, in real time.
    pub(crate) took: Duration,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) session: Option<Token>,
    pub(crate) method: Cow<'static, str>,
    pub(crate) path_and_query: Cow<'static, str>,
    pub(crate) content_type: Option<Cow<'static, str>>,
    pub(crate) authorization: Option<Box<str>>,
    /// The beginning of the body, and how long the whole is.
    pub(crate) body: Box<[u8]>,
    pub(crate) body_length: usize,
    pub(crate) status: u16,
    /// The error of the vendor that it was answered with.
    pub(crate) error: Option<ErrorCode>,
    /// The beginning of the answer, before a fault did anything to it.
    pub(crate) answer: Bytes,
    pub(crate) answer_type: Option<Cow<'static, str>>,
    /// How long the whole is, where that is known.
    pub(crate) answer_length: Option<u64>,
    pub(crate) hint: Option<String>,
    pub(crate) scenario: Option<Arc<Scenario>>,
    /// The stage of the scenario that was the last when it was answered, from 1.
    pub(crate) stage: Option<usize>,
    pub(crate) strikes: Vec<Strike>,
}

/// A call with its number: of all calls of the server, it is the so many-th.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: u64,
    pub(crate) recorded: Recorded,
}

/// The latest calls.
#[derive(Debug)]
pub(crate) struct Journal {
    settings: JournalSettings,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// In the order of their ids.
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    evicted: Evicted,
}

/// The calls that had to make room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Evicted {
    pub(crate) count: u64,
    /// The latest of them; nothing behind it is missing.
    pub(crate) last: Option<u64>,
}

impl Recorded {
    /// The path without the query.
    pub(crate) fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }

    /// How much room it takes.
    fn bytes(&self) -> usize {
        let (labels, texts) =
            ([&self.content_type, &self.answer_type], [self.authorization.as_deref(), self.hint.as_deref()]);
        mem::size_of::<Entry>()
            + self.path_and_query.len()
            + self.body.len()
            + self.answer.len()
            + labels.into_iter().flatten().map(|label| label.len()).sum::<usize>()
            + texts.into_iter().flatten().map(str::len).sum::<usize>()
            + self.strikes.iter().map(|strike| mem::size_of::<Strike>() + strike.note.len()).sum::<usize>()
    }
}

impl Journal {
    pub(crate) fn new(settings: JournalSettings) -> Self {
        Self { settings, kept: Mutex::default() }
    }

    /// Adds a call; the oldest ones make room. `next_id` numbers it.
    pub(crate) fn record(&self, recorded: Recorded, next_id: impl FnOnce() -> u64) {
        let bytes = recorded.bytes();
        let gone = {
            let mut kept = self.kept();
            // Numbered under the lock, so that they stand in the order of their ids.
            let entry = Arc::new(Entry { id: next_id(), recorded });
            kept.bytes += bytes;
            kept.entries.push_back(entry);
            kept.make_room(&self.settings)
        };
        // Whatever they held is let go while nobody has to wait.
        drop(gone);
    }

    /// The calls that are kept, and what had to make room.
    pub(crate) fn read(&self) -> (Vec<Arc<Entry>>, Evicted) {
        let kept = self.kept();
        (kept.entries.iter().cloned().collect(), kept.evicted)
    }

    /// The call of that id.
    pub(crate) fn get(&self, id: u64) -> Option<Arc<Entry>> {
        let kept = self.kept();
        let place = kept.entries.binary_search_by_key(&id, |entry| entry.id).ok()?;
        Some(kept.entries[place].clone())
    }

    /// What had to make room.
    pub(crate) fn evicted(&self) -> Evicted {
        self.kept().evicted
    }

    /// Forgets all calls, and that others made room.
    pub(crate) fn clear(&self) {
        let gone = mem::take(&mut *self.kept());
        drop(gone);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Takes the oldest out until the rest is within its bounds; answers the first of them, which mostly is the only one.
    fn make_room(&mut self, settings: &JournalSettings) -> Option<Arc<Entry>> {
        let mut gone = None;
        while self.entries.len() > settings.calls || (self.bytes > settings.bytes && self.entries.len() > 1) {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.recorded.bytes();
            self.evicted = Evicted { count: self.evicted.count + 1, last: Some(oldest.id) };
            gone.get_or_insert(oldest);
        }
        gone
    }
}
