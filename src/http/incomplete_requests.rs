//! Partially received requests: their memory, and aborting the oldest.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;

use crate::log_throttle::LogThrottle;

/// The partially received requests of a server.
#[derive(Debug)]
pub(crate) struct IncompleteRequests {
    /// Memory limit in bytes.
    max_bytes: usize,
    requests: Mutex<IncompleteTable>,
    cut_for_room: LogThrottle,
}

#[derive(Debug, Default)]
struct IncompleteTable {
    next: u64,
    /// Incomplete requests by number, so in the order in which they began, without aborted requests.
    waiting: BTreeMap<u64, IncompleteEntry>,
    /// Memory of all requests, including aborted ones that have not ended yet.
    held: usize,
    /// Memory of aborted requests.
    leaving: usize,
}

#[derive(Debug)]
struct IncompleteEntry {
    held: usize,
    end: Arc<AbortSignal>,
}

/// Whether and why a request is aborted.
#[derive(Debug, Default)]
struct AbortSignal {
    reason: OnceLock<AbortReason>,
    waker: AtomicWaker,
}

/// The reason the oldest request is aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AbortReason {
    /// The memory limit was exceeded.
    #[error("partially received requests exceeded {0} bytes (--max-incomplete-bytes), and this one was the oldest")]
    MemoryLimit(usize),
    /// A new connection needs a slot.
    #[error(
        "{0} connections were open (--max-connections), none of them idle, and this request was the oldest incomplete \
         one"
    )]
    ConnectionLimit(usize),
}

/// Guard of one incomplete request; dropping it unregisters the request.
#[derive(Debug)]
pub(crate) struct IncompleteGuard {
    requests: Arc<IncompleteRequests>,
    number: u64,
    held: usize,
    end: Arc<AbortSignal>,
}

impl IncompleteRequests {
    /// Creates an empty registry with a limit of `most` bytes.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { max_bytes: most, requests: Mutex::default(), cut_for_room: LogThrottle::default() })
    }

    /// Registers a request without memory yet.
    pub(crate) fn register(self: &Arc<Self>) -> IncompleteGuard {
        let end = Arc::new(AbortSignal::default());
        let mut requests = self.requests();
        let number = requests.next;
        requests.next += 1;
        requests.waiting.insert(number, IncompleteEntry { held: 0, end: end.clone() });
        drop(requests);
        IncompleteGuard { requests: self.clone(), number, held: 0, end }
    }

    /// Aborts the oldest request; false if there is none.
    pub(crate) fn abort_oldest(&self, why: AbortReason) -> bool {
        self.requests().abort_oldest(why)
    }

    fn requests(&self) -> MutexGuard<'_, IncompleteTable> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IncompleteTable {
    fn abort_oldest(&mut self, why: AbortReason) -> bool {
        let Some((_, IncompleteEntry { held, end })) = self.waiting.pop_first() else { return false };
        self.leaving += held;
        let _ = end.reason.set(why);
        end.waker.wake();
        true
    }
}

impl IncompleteGuard {
    /// Updates the memory of the request.
    pub(crate) fn set_bytes(&mut self, bytes: usize) {
        let (before, mut requests) = (self.held, self.requests.requests());
        requests.held = requests.held - before + bytes;
        match requests.waiting.get_mut(&self.number) {
            Some(waiting) => waiting.held = bytes,
            None => requests.leaving = requests.leaving - before + bytes,
        }
        drop(requests);
        self.held = bytes;
    }

    pub(crate) fn bytes(&self) -> usize {
        self.held
    }

    /// Waits until the memory is within the limit, while the oldest requests are aborted.
    ///
    /// # Errors
    ///
    /// [`AbortReason`] if this request is aborted.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), AbortReason>> {
        if let Poll::Ready(why) = self.poll_cut_off(cx) {
            return Poll::Ready(Err(why));
        }
        let IncompleteRequests { max_bytes: most, cut_for_room, .. } = &*self.requests;
        let mut requests = self.requests.requests();
        if requests.held <= *most {
            return Poll::Ready(Ok(()));
        }
        while requests.held - requests.leaving > *most && requests.abort_oldest(AbortReason::MemoryLimit(*most)) {
            if let Some(number) = cut_for_room.count() {
                tracing::warn!(
                    most,
                    cut_off = number,
                    "partially received requests exceed --max-incomplete-bytes; aborting the oldest"
                );
            }
        }
        drop(requests);
        // Aborted requests end when they are polled.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Waits until this request is aborted.
    pub(crate) fn poll_cut_off(&self, cx: &mut Context<'_>) -> Poll<AbortReason> {
        self.end.waker.register(cx.waker());
        self.end.reason.get().map_or(Poll::Pending, |why| Poll::Ready(*why))
    }
}

impl Drop for IncompleteGuard {
    fn drop(&mut self) {
        let mut requests = self.requests.requests();
        requests.held -= self.held;
        if requests.waiting.remove(&self.number).is_none() {
            requests.leaving -= self.held;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    #[test]
    fn the_one_that_takes_longest_makes_room() {
        let incomplete = IncompleteRequests::new(100);
        let mut cx = Context::from_waker(Waker::noop());
        let mut shares: Vec<_> = (0..3).map(|_| incomplete.register()).collect();
        shares[2].set_bytes(60);
        shares[0].set_bytes(40);
        assert_eq!(shares[0].poll_room(&mut cx), Poll::Ready(Ok(())));
        shares[1].set_bytes(10);
        assert_eq!(shares[1].poll_room(&mut cx), Poll::Pending, "there is no room until the other has ended");
        assert_eq!(shares[0].poll_room(&mut cx), Poll::Ready(Err(AbortReason::MemoryLimit(100))));
        assert_eq!(shares[2].poll_cut_off(&mut cx), Poll::Pending);
        shares.remove(0);
        assert_eq!(shares[0].poll_room(&mut cx), Poll::Ready(Ok(())));
        shares[1].set_bytes(101);
        assert_eq!(shares[1].poll_room(&mut cx), Poll::Pending);
        assert_eq!(
            shares[1].poll_room(&mut cx),
            Poll::Ready(Err(AbortReason::MemoryLimit(100))),
            "it alone is too much"
        );
        drop(shares);
        let requests = incomplete.requests();
        assert_eq!((requests.held, requests.leaving, requests.waiting.len()), (0, 0, 0));
    }

    #[test]
    fn a_place_can_be_asked_for() {
        let incomplete = IncompleteRequests::new(100);
        assert!(!incomplete.abort_oldest(AbortReason::ConnectionLimit(1)));
        let mut cx = Context::from_waker(Waker::noop());
        let (first, second) = (incomplete.register(), incomplete.register());
        assert!(incomplete.abort_oldest(AbortReason::ConnectionLimit(1)));
        assert_eq!(first.poll_cut_off(&mut cx), Poll::Ready(AbortReason::ConnectionLimit(1)));
        assert_eq!(second.poll_cut_off(&mut cx), Poll::Pending);
    }
}
