//! The only reader of the system time.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant},
};

use jiff::Timestamp;

/// What a company takes for the time of day. It can be moved on, and a frozen one moves only so.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    frozen_at: Option<Timestamp>,
    ahead_ms: AtomicI64,
}

impl Clock {
    pub(crate) fn new(frozen_at: Option<Timestamp>) -> Self {
        Self { frozen_at, ahead_ms: AtomicI64::new(0) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the system time")]
        let base = self.frozen_at.unwrap_or_else(Timestamp::now);
        match self.ahead_ms.load(Ordering::Relaxed) {
            0 => base,
            ahead => later(base, Duration::from_millis(ahead.unsigned_abs())),
        }
    }

    pub(crate) fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let _ =
            self.ahead_ms.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |ahead| Some(ahead.saturating_add(by)));
    }
}

/// The moment `by` after `moment`, or the last one that can be told.
pub(crate) fn later(moment: Timestamp, by: Duration) -> Timestamp {
    moment.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// Measures how long a call took. It is real time: a moved clock does not make calls slower.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system time")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
