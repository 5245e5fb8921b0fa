//! The order in which the sessions of a company began: which is evicted next, and which is due.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use jiff::Timestamp;

use super::session_index::SessionRecord;
use crate::vendor::Token;

/// Maximum number of removed sessions whose reason is kept.
const MAX_REMEMBERED_REMOVALS: usize = 1000;

/// The reason for the removal of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RemovalReason {
    Deleted,
    /// Evicted for a new session.
    Evicted,
}

/// The sessions by number, the finished ones among them, their due times, and the latest removals.
#[derive(Debug, Default)]
pub(super) struct EvictionOrder {
    pub(super) by_number: BTreeMap<u64, Arc<SessionRecord>>,
    pub(super) finished: BTreeSet<u64>,
    pub(super) due: BTreeSet<(Timestamp, u64)>,
    removed: VecDeque<(Token, RemovalReason)>,
}

impl EvictionOrder {
    /// Returns the reason for the removal of a session, if it is still known.
    pub(super) fn removal_reason(&self, token: &Token) -> Option<RemovalReason> {
        self.removed.iter().rev().find(|(gone, _)| gone == token).map(|(_, why)| *why)
    }

    /// Evicts a session: the oldest finished one, otherwise the oldest.
    pub(super) fn evict_one(&mut self) -> Option<Arc<SessionRecord>> {
        let oldest_finished = self.finished.first().copied();
        let number = oldest_finished.or_else(|| self.by_number.first_key_value().map(|(number, _)| *number))?;
        let record = self.forget(number, None)?;
        self.remember(record.token, RemovalReason::Evicted);
        Some(record)
    }

    /// Records the reason for a removal.
    pub(super) fn remember(&mut self, token: Token, why: RemovalReason) {
        if self.removed.len() == MAX_REMEMBERED_REMOVALS {
            self.removed.pop_front();
        }
        self.removed.push_back((token, why));
    }

    /// Updates the due time of a session, and whether it is finished.
    pub(super) fn reschedule(
        &mut self,
        number: u64,
        was_due: Option<Timestamp>,
        due: Option<Timestamp>,
        is_finished: bool,
    ) {
        if !self.by_number.contains_key(&number) {
            return;
        }
        if was_due != due {
            self.due.extend(due.map(|due| (due, number)));
            was_due.inspect(|was_due| _ = self.due.remove(&(*was_due, number)));
        }
        if is_finished {
            self.finished.insert(number);
        }
    }

    /// Removes a session and its due time.
    pub(super) fn forget(&mut self, number: u64, due: Option<Timestamp>) -> Option<Arc<SessionRecord>> {
        self.finished.remove(&number);
        due.inspect(|due| _ = self.due.remove(&(*due, number)));
        self.by_number.remove(&number)
    }
}
