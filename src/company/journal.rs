//! What happened to one company, or to none: the latest calls, as they came and were answered, and the latest events.

use std::{
    borrow::Cow,
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet, VecDeque, hash_map},
    hash::{BuildHasherDefault, Hasher},
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::Notify;

use super::{Event, Happened, JournalSettings};
use crate::{
    faults::{Endpoint, Strike},
    heap::{OnHeap, allocated},
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
    pub(crate) headers: Headers,
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

/// The headers of a call, each a line: most of what is remembered is never read.
#[derive(Debug, Default)]
pub(crate) struct Headers(Vec<u8>);

/// A call with its number: of all calls of the server, it is the so many-th.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: u64,
    /// Its number among all that happened.
    pub(crate) event_id: u64,
    /// What memory it takes, as [`Recorded::bytes`] says.
    bytes: usize,
    pub(crate) recorded: Recorded,
}

/// The numbers of all that happened on a server, whichever journal it stands in, and a bell for those who wait for more.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    calls: AtomicU64,
    events: AtomicU64,
    evicted_calls: AtomicU64,
    evicted_sessions: AtomicU64,
    /// What all journals take, in bytes.
    bytes: AtomicUsize,
    /// The journals, so that the oldest of all that is in them can make room.
    journals: Mutex<Vec<Weak<Journal>>>,
    /// Rings for everything.
    pub(crate) bell: Notify,
    /// Rings when a journal was cleared, and much memory may be free.
    pub(crate) cleared: Notify,
}

impl Numbers {
    /// The number of what happened last. All up to it stands in its journal, or will by the time that journal can be
    /// read.
    pub(crate) fn last_event(&self) -> u64 {
        self.events.load(Ordering::SeqCst)
    }

    /// The number of the call that was answered last, as [`Numbers::last_event`].
    pub(crate) fn last_call(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// How many calls made room so far.
    pub(crate) fn evicted_calls(&self) -> u64 {
        self.evicted_calls.load(Ordering::Relaxed)
    }

    /// How many sessions made room so far.
    pub(crate) fn evicted_sessions(&self) -> u64 {
        self.evicted_sessions.load(Ordering::Relaxed)
    }

    /// Lets the oldest calls and events make room, whichever journal they are in, where all journals together take more than
    /// `most` bytes: until they take somewhat less, so that it is seldom, and over soon.
    fn make_room(&self, most: usize) {
        const SLACK: usize = 4 << 20;
        if self.bytes.load(Ordering::Relaxed) <= most {
            return;
        }
        let enough = most - (most / 16).min(SLACK);
        // Whoever is at it makes room for everybody.
        let Ok(mut journals) = self.journals.try_lock() else { return };
        journals.retain(|journal| journal.strong_count() > 0);
        let there: Vec<_> = journals.iter().filter_map(Weak::upgrade).collect();
        let oldest = |journal: &Arc<Journal>| journal.kept().oldest();
        let mut by_oldest: BinaryHeap<_> =
            there.iter().enumerate().filter_map(|(at, journal)| Some(Reverse((oldest(journal)?, at)))).collect();
        while self.bytes.load(Ordering::Relaxed) > enough
            && let Some(Reverse((_, at))) = by_oldest.pop()
        {
            let up_to = by_oldest.peek().map_or(u64::MAX, |Reverse((next, _))| *next);
            by_oldest.extend(there[at].evict_up_to(up_to, enough).map(|oldest| Reverse((oldest, at))));
        }
    }

    fn next_event(&self) -> u64 {
        self.events.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// The latest calls, and what else happened.
#[derive(Debug)]
pub(crate) struct Journal {
    settings: JournalSettings,
    numbers: Arc<Numbers>,
    kept: Mutex<Kept>,
    /// Rings for all that stands in it.
    pub(crate) bell: Notify,
}

#[derive(Debug, Default)]
struct Kept {
    /// In the order of their ids.
    entries: VecDeque<Arc<Entry>>,
    /// What these take, and what the events do.
    bytes: usize,
    event_bytes: usize,
    evicted: Evicted,
    /// In the order of their ids, too.
    events: VecDeque<Arc<Event>>,
    /// How many calls share a long answer, by where it is: a result that is asked for again is there once.
    answers: HashMap<usize, u32, BuildHasherDefault<PlaceHasher>>,
    /// Up to that number, some of what happened is not here any more.
    forgotten: u64,
}

/// Hashes places in memory, which nobody chooses: by one multiplication, as it is done twice for each result.
#[derive(Debug, Default)]
struct PlaceHasher(u64);

impl Hasher for PlaceHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_usize(usize::from(*byte)));
    }

    fn write_usize(&mut self, place: usize) {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        self.0 = (self.0 ^ place as u64).wrapping_mul(GOLDEN);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The calls that had to make room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Evicted {
    pub(crate) count: u64,
    /// The latest of them; nothing behind it is missing.
    pub(crate) last: Option<u64>,
    /// The latest moment at which one of them was answered.
    pub(crate) until: Option<Timestamp>,
}

impl Evicted {
    /// These and others, of another journal or of another time.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { count: self.count + other.count, last: self.last.max(other.last), until: self.until.max(other.until) }
    }
}

/// Something that happened: a call, or something else.
#[derive(Debug, Clone)]
pub(crate) enum Noted {
    Call(Arc<Entry>),
    Event(Arc<Event>),
}

impl Noted {
    /// Its number among all that happened.
    pub(crate) fn id(&self) -> u64 {
        match self {
            Self::Call(entry) => entry.event_id,
            Self::Event(event) => event.id,
        }
    }

    /// The session that it is about.
    pub(crate) fn session(&self) -> Option<Token> {
        match self {
            Self::Call(entry) => entry.recorded.session,
            Self::Event(event) => event.happened.session,
        }
    }
}

impl Headers {
    /// Takes them as they came.
    pub(crate) fn new<'a>(headers: impl Iterator<Item = (&'a str, &'a [u8])>) -> Self {
        /// Most lines are shorter. To find out how long they are takes as long as to copy them.
        const LINE: usize = 40;
        let mut lines = Vec::with_capacity(headers.size_hint().0 * LINE);
        for (name, value) in headers {
            lines.extend_from_slice(name.as_bytes());
            lines.push(b':');
            lines.extend_from_slice(value);
            lines.push(b'\n');
        }
        Self(lines)
    }

    /// Name, in lower case, and value of each, in the order in which they came; what is not text in them is replaced.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        let lines = self.0.split(|byte| *byte == b'\n');
        lines.filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((String::from_utf8_lossy(&line[..colon]), String::from_utf8_lossy(&line[colon + 1..])))
        })
    }

    /// The first of that name.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Recorded {
    /// The path without the query.
    pub(crate) fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }

    /// What memory it takes in a journal, but for a long answer, which others may share.
    fn bytes(&self) -> usize {
        let text = |text: &Cow<'static, str>| if let Cow::Owned(text) = text { text.on_heap() } else { 0 };
        let strikes = self.strikes.iter().map(|strike| strike.note.on_heap()).sum::<usize>();
        let answer = if self.has_long_answer() { 0 } else { allocated(self.answer.len()) };
        size_of::<Arc<Entry>>()
            + allocated(2 * size_of::<usize>() + size_of::<Entry>())
            + [&self.method, &self.path_and_query].into_iter().map(text).sum::<usize>()
            + self.answer_type.as_ref().map_or(0, text)
            + allocated(self.headers.0.capacity())
            + allocated(self.body.len())
            + answer
            + self.hint.on_heap()
            + allocated(self.strikes.capacity() * size_of::<Strike>())
            + strikes
    }

    /// Whether its answer is so long that it matters whether it is there once or twice.
    fn has_long_answer(&self) -> bool {
        const LONG: usize = 256;
        self.answer.len() > LONG
    }

    /// Where a long answer is: those that are at the same place are one.
    fn long_answer(&self) -> Option<usize> {
        self.has_long_answer().then(|| self.answer.as_ptr() as usize)
    }
}

impl Journal {
    pub(crate) fn new(settings: JournalSettings, numbers: Arc<Numbers>) -> Arc<Self> {
        let journal = Self { settings, numbers: numbers.clone(), kept: Mutex::default(), bell: Notify::new() };
        let journal = Arc::new(journal);
        let mut journals = numbers.journals.lock().unwrap_or_else(PoisonError::into_inner);
        if journals.len() == journals.capacity() {
            journals.retain(|journal| journal.strong_count() > 0);
        }
        journals.push(Arc::downgrade(&journal));
        drop(journals);
        journal
    }

    /// Adds a call; the oldest ones make room.
    pub(crate) fn record(&self, recorded: Recorded) {
        let bytes = recorded.bytes();
        let gone = self.change(|kept, settings| {
            // Numbered under the lock, so that they stand in the order of their ids.
            let (id, event_id) = (self.numbers.next_call(), self.numbers.next_event());
            kept.add(Arc::new(Entry { id, event_id, bytes, recorded }));
            kept.make_room(settings)
        });
        self.ring();
        // Whatever they held is let go while nobody has to wait.
        drop(gone);
        self.numbers.make_room(self.settings.total);
    }

    /// Adds what else happened, in that order; the oldest events make room.
    pub(crate) fn note(&self, happened: impl IntoIterator<Item = Happened>) {
        if !self.settings.enabled {
            return;
        }
        self.change(|kept, settings| {
            for happened in happened {
                kept.add_event(Event { id: self.numbers.next_event(), happened });
            }
            while kept.events.len() > settings.events() {
                kept.evict_event();
            }
        });
        self.ring();
        self.numbers.make_room(self.settings.total);
    }

    /// Lets what is older than that number make room, as long as all journals take more than `most` bytes; answers the
    /// number of the oldest that is left.
    fn evict_up_to(&self, number: u64, most: usize) -> Option<u64> {
        let before = self.numbers.bytes.load(Ordering::Relaxed);
        let (gone, oldest) = self.change(|kept, _| {
            let (start, mut gone) = (kept.all_bytes(), Vec::new());
            let is_too_much = |kept: &Kept| before.saturating_sub(start - kept.all_bytes()) > most;
            while kept.oldest().is_some_and(|oldest| oldest <= number) && is_too_much(kept) {
                gone.push(kept.evict_oldest());
            }
            (gone, kept.oldest())
        });
        drop(gone);
        oldest
    }

    /// Changes what is kept, and keeps count of what all journals take, and of the calls that made room.
    fn change<T>(&self, change: impl FnOnce(&mut Kept, &JournalSettings) -> T) -> T {
        let mut kept = self.kept();
        let (before, evicted) = (kept.all_bytes(), kept.evicted.count);
        let changed = change(&mut kept, &self.settings);
        let (now, made_room) = (kept.all_bytes(), kept.evicted.count.saturating_sub(evicted));
        drop(kept);
        if now >= before {
            self.numbers.bytes.fetch_add(now - before, Ordering::Relaxed);
        } else {
            self.numbers.bytes.fetch_sub(before - now, Ordering::Relaxed);
        }
        if made_room > 0 {
            self.numbers.evicted_calls.fetch_add(made_room, Ordering::Relaxed);
        }
        changed
    }

    /// Counts a session that made room.
    pub(super) fn count_evicted_session(&self) {
        self.numbers.evicted_sessions.fetch_add(1, Ordering::Relaxed);
    }

    /// What memory it takes, but for the answers that are among those `elsewhere`.
    pub(crate) fn bytes(&self, elsewhere: &HashSet<*const u8>) -> usize {
        let kept = self.kept();
        let mut seen = HashSet::new();
        let shared = kept.entries.iter().map(|entry| &entry.recorded.answer).filter(|answer| {
            let is_long = kept.answers.contains_key(&(answer.as_ptr() as usize));
            is_long && elsewhere.contains(&answer.as_ptr()) && seen.insert(answer.as_ptr())
        });
        kept.all_bytes() - shared.map(|answer| allocated(answer.len())).sum::<usize>()
    }

    /// Wakes those who wait for something in it.
    pub(super) fn ring(&self) {
        self.bell.notify_waiters();
        self.numbers.bell.notify_waiters();
    }

    /// The calls that are kept, and what had to make room.
    pub(crate) fn read(&self) -> (Vec<Arc<Entry>>, Evicted) {
        let kept = self.kept();
        (kept.entries.iter().cloned().collect(), kept.evicted)
    }

    /// The calls that were answered behind the one of that id.
    pub(crate) fn read_behind(&self, id: u64) -> Vec<Arc<Entry>> {
        let kept = self.kept();
        let first = kept.entries.partition_point(|entry| entry.id <= id);
        kept.entries.range(first..).cloned().collect()
    }

    /// The first things that happened behind that number and up to the other, in their order; and the number up to which
    /// some of what happened is not here any more, where that is behind the first one.
    pub(crate) fn read_events(&self, after: u64, up_to: u64, most: usize) -> (Vec<Noted>, Option<u64>) {
        let kept = self.kept();
        let first_call = kept.entries.partition_point(|entry| entry.event_id <= after);
        let first_event = kept.events.partition_point(|event| event.id <= after);
        let mut calls = kept.entries.range(first_call..).peekable();
        let mut events = kept.events.range(first_event..).peekable();
        let mut noted = Vec::new();
        while noted.len() < most {
            let is_call = match (calls.peek(), events.peek()) {
                (Some(call), Some(event)) => call.event_id < event.id,
                (call, _) => call.is_some(),
            };
            let next = match is_call {
                true => calls.next().cloned().map(Noted::Call),
                false => events.next().cloned().map(Noted::Event),
            };
            match next.filter(|next| next.id() <= up_to) {
                Some(next) => noted.push(next),
                None => break,
            }
        }
        (noted, Some(kept.forgotten).filter(|forgotten| *forgotten > after))
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

    /// What is not remembered any more when the whole journal goes.
    pub(super) fn all_evicted(&self) -> Evicted {
        let kept = self.kept();
        let calls = &kept.entries;
        let until = calls.iter().map(|entry| entry.recorded.at).max();
        let left = Evicted { count: calls.len() as u64, last: calls.back().map(|entry| entry.id), until };
        kept.evicted.and(left)
    }

    /// Goes on for one that went, with what was not remembered of it.
    pub(super) fn go_on_for(&self, evicted: Evicted) {
        self.kept().evicted = evicted;
    }

    /// Forgets all calls, and that others made room; and all else that happened.
    pub(crate) fn clear(&self) {
        let gone = self.change(|kept, _| {
            let noted = [kept.entries.back().map(|entry| entry.event_id), kept.events.back().map(|event| event.id)];
            let forgotten = noted.into_iter().flatten().max().unwrap_or_default().max(kept.forgotten);
            mem::replace(kept, Kept { forgotten, ..Kept::default() })
        });
        drop(gone);
        self.numbers.cleared.notify_one();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Kept {
    fn add(&mut self, entry: Arc<Entry>) {
        self.bytes += entry.bytes;
        if let Some(place) = entry.recorded.long_answer() {
            let shared = self.answers.entry(place).or_default();
            *shared += 1;
            if *shared == 1 {
                self.bytes += allocated(entry.recorded.answer.len());
            }
        }
        self.entries.push_back(entry);
    }

    fn add_event(&mut self, event: Event) {
        self.event_bytes += event.bytes();
        self.events.push_back(Arc::new(event));
    }

    fn all_bytes(&self) -> usize {
        self.bytes + self.event_bytes
    }

    /// The number of the oldest call or event.
    fn oldest(&self) -> Option<u64> {
        let (call, event) =
            (self.entries.front().map(|entry| entry.event_id), self.events.front().map(|event| event.id));
        call.into_iter().chain(event).min()
    }

    /// Takes the oldest calls out until the rest is within its bounds; answers the first of them, which mostly is the
    /// only one.
    fn make_room(&mut self, settings: &JournalSettings) -> Option<Arc<Entry>> {
        let mut gone = None;
        while self.entries.len() > settings.calls || (self.bytes > settings.bytes && self.entries.len() > 1) {
            let Some(oldest) = self.evict_call() else { break };
            gone.get_or_insert(oldest);
        }
        gone
    }

    /// Takes the oldest out, call or event; answers it, where it is a call.
    fn evict_oldest(&mut self) -> Option<Arc<Entry>> {
        let is_event = self.events.front().is_some_and(|event| Some(event.id) == self.oldest());
        if is_event {
            self.evict_event();
            return None;
        }
        self.evict_call()
    }

    fn evict_call(&mut self) -> Option<Arc<Entry>> {
        let oldest = self.entries.pop_front()?;
        self.bytes -= oldest.bytes;
        if let Some(place) = oldest.recorded.long_answer()
            && let hash_map::Entry::Occupied(mut shared) = self.answers.entry(place)
        {
            *shared.get_mut() -= 1;
            if *shared.get() == 0 {
                shared.remove();
                self.bytes -= allocated(oldest.recorded.answer.len());
            }
        }
        let until = self.evicted.until.max(Some(oldest.recorded.at));
        self.evicted = Evicted { count: self.evicted.count + 1, last: Some(oldest.id), until };
        self.forgotten = self.forgotten.max(oldest.event_id);
        Some(oldest)
    }

    fn evict_event(&mut self) {
        let Some(oldest) = self.events.pop_front() else { return };
        self.event_bytes -= oldest.bytes();
        self.forgotten = self.forgotten.max(oldest.id);
    }
}
