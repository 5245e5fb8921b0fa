//! Calls that a delay holds, and word for them that it is over.

use std::{
    pin::pin,
    sync::atomic::{AtomicU64, Ordering},
};

use tokio::sync::Notify;

/// The calls that the delays of one place hold: of a server, or of a company.
#[derive(Debug, Default)]
pub(crate) struct Holds {
    /// How often they were freed.
    freed: AtomicU64,
    bell: Notify,
}

impl Holds {
    /// How often they were freed so far; a call asks before it meets the delay.
    pub(crate) fn freed(&self) -> u64 {
        self.freed.load(Ordering::SeqCst)
    }

    /// Frees all of them.
    pub(crate) fn free(&self) {
        self.freed.fetch_add(1, Ordering::SeqCst);
        self.bell.notify_waiters();
    }

    /// Waits until they are freed more often than that.
    pub(crate) async fn freed_after(&self, count: u64) {
        loop {
            let mut rings = pin!(self.bell.notified());
            // From here on nothing is missed.
            rings.as_mut().enable();
            if self.freed() > count {
                return;
            }
            rings.await;
        }
    }
}
