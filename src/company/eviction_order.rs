//! The order in which the sessions of a company began, and what follows from it: who makes room, and who is due.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use jiff::Timestamp;

use super::sessions::SessionRecord;
use crate::vendor::Token;

/// Of so many sessions that went it is remembered why.
const MAX_REMEMBERED_REMOVALS: usize = 1000;

/// Why a session is not there any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RemovalReason {
    Deleted,
    /// It was given up to make room.
    Evicted,
}

/// The sessions by number, those among them that are finished, when they get on by the clock alone, and the last ones
/// that went.
#[derive(Debug, Default)]
pub(super) struct EvictionOrder {
    pub(super) by_number: BTreeMap<u64, Arc<SessionRecord>>,
    pub(super) finished: BTreeSet<u64>,
    pub(super) due: BTreeSet<(Timestamp, u64)>,
    removed: VecDeque<(Token, RemovalReason)>,
}

impl EvictionOrder {
    /// Why a session of that token is not there any more, as far as that is remembered.
    pub(super) fn removal_reason(&self, token: &Token) -> Option<RemovalReason> {
        self.removed.iter().rev().find(|(gone, _)| gone == token).map(|(_, why)| *why)
    }

    /// Takes one out to make room: the oldest that is finished, or else the oldest.
    pub(super) fn evict_one(&mut self) -> Option<Arc<SessionRecord>> {
        let oldest_finished = self.finished.first().copied();
        let number = oldest_finished.or_else(|| self.by_number.first_key_value().map(|(number, _)| *number))?;
        let record = self.forget(number, None)?;
        self.remember(record.token, RemovalReason::Evicted);
        Some(record)
    }

    /// Remembers why a session is not there any more.
    pub(super) fn remember(&mut self, token: Token, why: RemovalReason) {
        if self.removed.len() == MAX_REMEMBERED_REMOVALS {
            self.removed.pop_front();
        }
        self.removed.push_back((token, why));
    }

    /// Takes note that a session is due at another time, and whether it is finished.
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

    /// Takes a session out, and when it would have been due.
    pub(super) fn forget(&mut self, number: u64, due: Option<Timestamp>) -> Option<Arc<SessionRecord>> {
        self.finished.remove(&number);
        due.inspect(|due| _ = self.due.remove(&(*due, number)));
        self.by_number.remove(&number)
    }
}
