//! The index of all sessions by token; the only file that names `DashMap`.

use std::{
    borrow::Borrow,
    hash::{Hash, Hasher},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use dashmap::DashSet;
use foldhash::fast::RandomState;
use jiff::Timestamp;

use super::Tenant;
use crate::{catalogue::Catalogue, session::Session, vendor::Token};

/// A session with more bytes of flags and steps than this is large.
pub(crate) const LARGE: usize = 64 << 10;

/// Memory of a session besides its own values: its record, and its entries in the index and the order. Trees are two
/// thirds full.
#[cfg(feature = "metrics")]
pub(crate) const SESSION_SIZE: usize = {
    const PLACES: usize = size_of::<(u64, Arc<SessionRecord>)>() + size_of::<(Timestamp, u64)>() + size_of::<u64>();
    crate::heap::shared(size_of::<SessionRecord>()) + 2 * size_of::<IndexEntry>() + PLACES * 3 / 2
};

/// The index of all sessions of all companies, by token.
#[derive(Debug, Default)]
pub(crate) struct SessionIndex {
    entries: DashSet<IndexEntry, RandomState>,
    /// Number of sessions begun.
    begun: AtomicU64,
    /// Whether any session was large.
    has_large: AtomicBool,
}

impl SessionIndex {
    /// Returns the number of the next session.
    pub(super) fn next_number(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::Relaxed)
    }

    /// Adds a session. Returns a session with the same token, which a `begin/` that met a reset has left.
    pub(super) fn insert(&self, record: &Arc<SessionRecord>) -> Option<Arc<SessionRecord>> {
        if record.is_large {
            self.has_large.store(true, Ordering::Relaxed);
        }
        if self.entries.insert(IndexEntry(record.clone())) {
            return None;
        }
        // The set keeps the old entry.
        let left = self.entries.remove(&record.token);
        self.entries.insert(IndexEntry(record.clone()));
        left.map(|IndexEntry(left)| left)
    }

    pub(super) fn remove(&self, token: &Token) {
        self.entries.remove(token);
    }

    pub(super) fn find(&self, token: &Token) -> Option<Arc<SessionRecord>> {
        self.entries.get(token).map(|entry| entry.0.clone())
    }

    pub(super) fn has_large(&self) -> bool {
        self.has_large.load(Ordering::Relaxed)
    }

    /// Whether the session with this token has too many flags and steps to be read quickly.
    pub(super) fn is_large(&self, token: &Token) -> bool {
        self.has_large() && self.entries.get(token).is_some_and(|entry| entry.0.is_large)
    }
}

/// An entry of the index, hashed by its token.
#[derive(Debug)]
struct IndexEntry(Arc<SessionRecord>);

impl Borrow<Token> for IndexEntry {
    fn borrow(&self) -> &Token {
        &self.0.token
    }
}

impl Hash for IndexEntry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.token.hash(state);
    }
}

impl PartialEq for IndexEntry {
    fn eq(&self, other: &Self) -> bool {
        self.0.token == other.0.token
    }
}

impl Eq for IndexEntry {}

/// A session with its token, company and catalogue.
#[derive(Debug)]
pub(crate) struct SessionRecord {
    pub(super) token: Token,
    /// Its number, in the order in which sessions of all companies begin.
    pub(super) number: u64,
    pub(super) is_large: bool,
    pub(super) owner: Weak<Tenant>,
    /// The files as loaded when the session began; a reload does not change them.
    pub(super) catalogue: Arc<Catalogue>,
    /// `None` once it is deleted or evicted.
    pub(super) session: Mutex<Option<SessionSlot>>,
}

/// A session, and its due time.
#[derive(Debug)]
pub(super) struct SessionSlot {
    pub(super) session: Session,
    pub(super) due: Option<Timestamp>,
}

impl SessionRecord {
    pub(super) fn lock(&self) -> MutexGuard<'_, Option<SessionSlot>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take(&self) -> Option<SessionSlot> {
        self.lock().take()
    }
}
