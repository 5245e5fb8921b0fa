//! Calls that a delay holds, and their release.

use std::{
    pin::pin,
    sync::atomic::{AtomicU64, Ordering},
};

use tokio::sync::Notify;

/// The calls that the delays of a server or a company hold.
#[derive(Debug, Default)]
pub(crate) struct HeldCalls {
    /// Number of releases so far.
    releases: AtomicU64,
    released: Notify,
}

impl HeldCalls {
    /// Returns the number of releases so far; a call reads it before its delay starts.
    pub(crate) fn releases(&self) -> u64 {
        self.releases.load(Ordering::SeqCst)
    }

    /// Releases all calls.
    pub(crate) fn release_all(&self) {
        self.releases.fetch_add(1, Ordering::SeqCst);
        self.released.notify_waiters();
    }

    /// Waits until the number of releases exceeds `releases`.
    pub(crate) async fn wait_for_release(&self, count: u64) {
        loop {
            let mut released = pin!(self.released.notified());
            // No release is missed from here on.
            released.as_mut().enable();
            if self.releases() > count {
                return;
            }
            released.await;
        }
    }
}
