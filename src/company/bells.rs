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
pub(super) struct SessionNotifiers {
    by_token: Mutex<HashMap<Token, Arc<Notify>>>,
    count: AtomicUsize,
}

/// The bell of a session, for one who waits.
#[derive(Debug)]
pub(crate) struct SessionNotifier<'a> {
    notifiers: &'a SessionNotifiers,
    token: Token,
    pub(crate) changed: Arc<Notify>,
}

impl SessionNotifiers {
    pub(super) fn subscribe(&self, token: Token) -> SessionNotifier<'_> {
        let mut by_token = self.by_token();
        let rings = by_token.entry(token).or_default().clone();
        self.count.store(by_token.len(), Ordering::SeqCst);
        SessionNotifier { notifiers: self, token, changed: rings }
    }

    /// Rings that of one session.
    pub(super) fn notify(&self, token: &Token) {
        if self.count.load(Ordering::SeqCst) > 0
            && let Some(bell) = self.by_token().get(token)
        {
            bell.notify_waiters();
        }
    }

    /// Rings all of them.
    pub(super) fn notify_all(&self) {
        if self.count.load(Ordering::SeqCst) > 0 {
            self.by_token().values().for_each(|bell| bell.notify_waiters());
        }
    }

    fn by_token(&self) -> MutexGuard<'_, HashMap<Token, Arc<Notify>>> {
        self.by_token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SessionNotifier<'_> {
    fn drop(&mut self) {
        let mut by_token = self.notifiers.by_token();
        // This one's, and that in the map.
        if Arc::strong_count(&self.changed) <= 2 {
            by_token.remove(&self.token);
            self.notifiers.count.store(by_token.len(), Ordering::SeqCst);
        }
    }
}
