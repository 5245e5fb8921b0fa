//! Notifiers that wake the waiters of a session when it changes.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::Notify;

use crate::vendor::Token;

/// A notifier for each session with waiters. Usually there is none, and a change takes no lock.
#[derive(Debug, Default)]
pub(super) struct SessionNotifiers {
    by_token: Mutex<HashMap<Token, Arc<Notify>>>,
    count: AtomicUsize,
}

/// The notifier of a session, held by a waiter.
#[derive(Debug)]
pub(crate) struct SessionNotifier<'a> {
    notifiers: &'a SessionNotifiers,
    token: Token,
    pub(crate) changed: Arc<Notify>,
}

impl SessionNotifiers {
    pub(super) fn subscribe(&self, token: Token) -> SessionNotifier<'_> {
        let mut by_token = self.by_token();
        let changed = by_token.entry(token).or_default().clone();
        self.count.store(by_token.len(), Ordering::SeqCst);
        SessionNotifier { notifiers: self, token, changed }
    }

    /// Wakes the waiters of one session.
    pub(super) fn notify(&self, token: &Token) {
        if self.count.load(Ordering::SeqCst) > 0
            && let Some(notifier) = self.by_token().get(token)
        {
            notifier.notify_waiters();
        }
    }

    /// Wakes the waiters of all sessions.
    pub(super) fn notify_all(&self) {
        if self.count.load(Ordering::SeqCst) > 0 {
            self.by_token().values().for_each(|notifier| notifier.notify_waiters());
        }
    }

    fn by_token(&self) -> MutexGuard<'_, HashMap<Token, Arc<Notify>>> {
        self.by_token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SessionNotifier<'_> {
    fn drop(&mut self) {
        let mut by_token = self.notifiers.by_token();
        // Held by this waiter and by the map.
        if Arc::strong_count(&self.changed) <= 2 {
            by_token.remove(&self.token);
            self.notifiers.count.store(by_token.len(), Ordering::SeqCst);
        }
    }
}
