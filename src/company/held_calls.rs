//! Calls that a delay holds, and word for them that it is over.

use std::{
    pin::pin,
    sync::atomic::{AtomicU64, Ordering},
};

use tokio::sync::Notify;

/// The calls that the delays of one place hold: of a server, or of a company.
#[derive(Debug, Default)]
pub(crate) struct HeldCalls {
    /// How often they were freed.
    releases: AtomicU64,
    released: Notify,
}

impl HeldCalls {
    /// How often they were freed so far; a call asks before it meets the delay.
    pub(crate) fn releases(&self) -> u64 {
        self.releases.load(Ordering::SeqCst)
    }

    /// Frees all of them.
    pub(crate) fn release_all(&self) {
        self.releases.fetch_add(1, Ordering::SeqCst);
        self.released.notify_waiters();
    }

    /// Waits until they are freed more often than that.
    pub(crate) async fn wait_for_release(&self, count: u64) {
        loop {
            let mut released = pin!(self.released.notified());
            // From here on nothing is missed.
            released.as_mut().enable();
            if self.releases() > count {
                return;
            }
            released.await;
        }
    }
}
