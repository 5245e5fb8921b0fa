//! Bells that ring when something happens to a session, for those who wait for it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::Notify;

use crate::vendor::Token;

/// A bell for each session that somebody waits for. Mostly there is none, and nothing that happens takes a lock.
#[derive(Debug, Default)]
pub(super) struct Bells {
    by_token: Mutex<HashMap<Token, Arc<Notify>>>,
    count: AtomicUsize,
}

/// The bell of a session, for one who waits.
#[derive(Debug)]
pub(crate) struct Bell<'a> {
    bells: &'a Bells,
    token: Token,
    pub(crate) rings: Arc<Notify>,
}

impl Bells {
    pub(super) fn of(&self, token: Token) -> Bell<'_> {
        let mut by_token = self.by_token();
        let rings = by_token.entry(token).or_default().clone();
        self.count.store(by_token.len(), Ordering::SeqCst);
        Bell { bells: self, token, rings }
    }

    /// Rings that of one session.
    pub(super) fn ring(&self, token: &Token) {
        if self.count.load(Ordering::SeqCst) > 0
            && let Some(bell) = self.by_token().get(token)
        {
            bell.notify_waiters();
        }
    }

    /// Rings all of them.
    pub(super) fn ring_all(&self) {
        if self.count.load(Ordering::SeqCst) > 0 {
            self.by_token().values().for_each(|bell| bell.notify_waiters());
        }
    }

    fn by_token(&self) -> MutexGuard<'_, HashMap<Token, Arc<Notify>>> {
        self.by_token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Bell<'_> {
    fn drop(&mut self) {
        let mut by_token = self.bells.by_token();
        // This one's, and that in the map.
        if Arc::strong_count(&self.rings) <= 2 {
            by_token.remove(&self.token);
            self.bells.count.store(by_token.len(), Ordering::SeqCst);
        }
    }
}
