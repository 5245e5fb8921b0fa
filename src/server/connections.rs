//! The open connections: their maximum number, and closing the one idle longest.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::task::AtomicWaker;
use tokio::sync::Notify;

use crate::{
    clock::uptime,
    http::{AbortReason, IncompleteRequests},
    log_throttle::LogThrottle,
};

/// The open connections of a server.
#[derive(Debug)]
pub(super) struct Connections {
    max_connections: usize,
    open: Mutex<OpenConnections>,
    slot_waiters: SlotWaiters,
    closed_for_room: LogThrottle,
    waited_for_room: LogThrottle,
}

/// Whether a new connection waits for a slot, and its notification.
#[derive(Debug, Default)]
struct SlotWaiters {
    is_waited_for: AtomicBool,
    may_be_there: Notify,
}

#[derive(Debug, Default)]
struct OpenConnections {
    next: u64,
    by_number: HashMap<u64, Arc<ConnectionActivity>>,
}

/// The slot of an open connection, freed when it is dropped.
#[derive(Debug)]
pub(super) struct ConnectionSlot {
    connections: Arc<Connections>,
    number: u64,
    pub(super) activity: Arc<ConnectionActivity>,
}

/// The activity of a connection.
#[derive(Debug, Default)]
pub(super) struct ConnectionActivity {
    phase: AtomicU8,
    /// Received bytes of an incomplete head.
    of_head: AtomicUsize,
    /// Counts responses and written bytes.
    progress: AtomicU64,
    /// Start of the phase, or of its latest progress, in nanoseconds of real time.
    since: AtomicU64,
    leaves: AtomicBool,
    pub(super) waker: AtomicWaker,
}

/// The phase of a connection: whom it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionPhase {
    /// Waits for the client to send a request or to read a response.
    Idle,
    /// Waits for the rest of a head.
    Head,
    /// Waits for the server, or for the rest of a body.
    Answering,
}

impl Connections {
    pub(super) fn new(max_connections: usize) -> Arc<Self> {
        Arc::new(Self {
            max_connections,
            open: Mutex::default(),
            slot_waiters: SlotWaiters::default(),
            closed_for_room: LogThrottle::default(),
            waited_for_room: LogThrottle::default(),
        })
    }

    /// Reserves a slot for a new connection. If there is none, closes the connection idle longest, otherwise aborts the
    /// oldest incomplete request; if all are busy, waits.
    pub(super) async fn acquire(self: &Arc<Self>, incomplete: &IncompleteRequests) -> ConnectionSlot {
        loop {
            let room = self.slot_waiters.may_be_there.notified();
            self.slot_waiters.is_waited_for.store(true, Ordering::SeqCst);
            if let Some(slot) = self.try_acquire() {
                self.slot_waiters.is_waited_for.store(false, Ordering::SeqCst);
                return slot;
            }
            let max_connections = self.max_connections;
            let is_cut = incomplete.abort_oldest(AbortReason::ConnectionLimit(max_connections));
            if let Some(times) = self.waited_for_room.count() {
                let what = if is_cut { "aborted the oldest incomplete request" } else { "a new connection waits" };
                tracing::warn!(max_connections, times, "all connections are busy (--max-connections): {what}");
            }
            room.await;
        }
    }

    fn try_acquire(self: &Arc<Self>) -> Option<ConnectionSlot> {
        let mut open = self.open();
        if open.by_number.len() >= self.max_connections {
            let idle = open.by_number.iter().filter(|(_, activity)| activity.phase() == ConnectionPhase::Idle);
            let (longest, activity) = idle.min_by_key(|(number, activity)| (activity.since(), **number))?;
            activity.request_close();
            let longest = *longest;
            open.by_number.remove(&longest);
            if let Some(closed) = self.closed_for_room.count() {
                let max_connections = self.max_connections;
                tracing::warn!(
                    max_connections,
                    closed,
                    "closed the connection idle longest for a new one (--max-connections)"
                );
            }
        }
        let (number, activity) = (open.next, Arc::new(ConnectionActivity::default()));
        activity.touch(uptime());
        open.next += 1;
        open.by_number.insert(number, activity.clone());
        Some(ConnectionSlot { connections: self.clone(), number, activity })
    }

    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.connections.open().by_number.remove(&self.number);
        self.notify_slot_free();
    }
}

impl ConnectionSlot {
    /// Notifies a waiting connection that this one is idle, or closed.
    pub(super) fn notify_slot_free(&self) {
        let room = &self.connections.slot_waiters;
        if room.is_waited_for.load(Ordering::SeqCst) {
            room.may_be_there.notify_waiters();
        }
    }
}

impl ConnectionActivity {
    pub(super) fn phase(&self) -> ConnectionPhase {
        match self.phase.load(Ordering::Relaxed) {
            0 => ConnectionPhase::Idle,
            1 => ConnectionPhase::Head,
            _ => ConnectionPhase::Answering,
        }
    }

    fn enter(&self, phase: ConnectionPhase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// Records received bytes.
    pub(super) fn on_read(&self, bytes: usize) {
        match self.phase() {
            ConnectionPhase::Idle if bytes == 0 => {}
            ConnectionPhase::Idle => {
                self.of_head.store(bytes, Ordering::Relaxed);
                self.enter(ConnectionPhase::Head);
            }
            ConnectionPhase::Head => {
                self.of_head.fetch_add(bytes, Ordering::Relaxed);
            }
            ConnectionPhase::Answering => {}
        }
    }

    /// Whether a TLS handshake is in progress, which may take as long as a head.
    pub(super) fn agrees(&self, is_agreeing: bool) {
        match self.phase() {
            ConnectionPhase::Idle if is_agreeing => {
                self.of_head.store(0, Ordering::Relaxed);
                self.enter(ConnectionPhase::Head);
            }
            // No byte of a request has arrived yet.
            ConnectionPhase::Head if !is_agreeing && self.of_head() == 0 => self.enter(ConnectionPhase::Idle),
            _ => {}
        }
    }

    /// Records sent bytes.
    pub(super) fn on_write(&self, bytes: usize) {
        self.progress.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Records a complete head.
    pub(super) fn on_head(&self) {
        self.enter(ConnectionPhase::Answering);
    }

    /// Records a response, which is still to be sent.
    pub(super) fn on_response(&self) {
        self.on_write(1);
        self.enter(ConnectionPhase::Idle);
    }

    pub(super) fn of_head(&self) -> usize {
        self.of_head.load(Ordering::Relaxed)
    }

    pub(super) fn progress(&self) -> u64 {
        self.progress.load(Ordering::Relaxed)
    }

    /// Records progress at `now`.
    pub(super) fn touch(&self, now: Duration) {
        self.since.store(now.as_nanos() as u64, Ordering::Relaxed);
    }

    pub(super) fn since(&self) -> Duration {
        Duration::from_nanos(self.since.load(Ordering::Relaxed))
    }

    fn request_close(&self) {
        self.leaves.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Whether it is to be closed.
    pub(super) fn is_closing(&self) -> bool {
        self.leaves.load(Ordering::Acquire)
    }
}
