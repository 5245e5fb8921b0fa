//! The only reader of the system time.

use std::{
    str::FromStr,
    sync::{LazyLock, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime},
};

use jiff::{SignedDuration, Timestamp};

/// What a company takes for the time of day. It can be frozen, set and moved on.
#[derive(Debug)]
pub(crate) struct Clock(RwLock<ClockState>);

#[derive(Debug, Clone, Copy)]
enum ClockState {
    /// As the system's, so far ahead of it.
    Running(SignedDuration),
    Frozen(Timestamp),
}

/// What can be done to a clock.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ClockChange {
    /// It moves on.
    Advance(Duration),
    /// It goes to that moment, earlier or later, and runs or stands there as before.
    Set(Timestamp),
    /// It stands still.
    Freeze,
    /// It runs on from where it stands.
    Unfreeze,
    /// It is as if it was made so.
    Reset(Option<Timestamp>),
}

impl ClockState {
    fn new(frozen_at: Option<Timestamp>) -> Self {
        frozen_at.map_or(Self::Running(SignedDuration::ZERO), Self::Frozen)
    }

    fn now(self) -> Timestamp {
        match self {
            Self::Running(SignedDuration::ZERO) => system_now(),
            Self::Running(ahead) => {
                let end = if ahead.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
                system_now().checked_add(ahead).unwrap_or(end)
            }
            Self::Frozen(at) => at,
        }
    }

    fn turned(self, turn: ClockChange) -> Self {
        match turn {
            ClockChange::Advance(by) => self.at(later(self.now(), by)),
            ClockChange::Set(moment) => self.at(moment),
            ClockChange::Freeze => Self::Frozen(self.now()),
            ClockChange::Unfreeze => Self::Running(SignedDuration::ZERO).at(self.now()),
            ClockChange::Reset(frozen_at) => Self::new(frozen_at),
        }
    }

    /// The same state with another time.
    fn at(self, moment: Timestamp) -> Self {
        match self {
            Self::Running(_) => Self::Running(moment.duration_since(system_now())),
            Self::Frozen(_) => Self::Frozen(moment),
        }
    }
}

impl Clock {
    pub(crate) fn new(frozen_at: Option<Timestamp>) -> Self {
        Self(RwLock::new(ClockState::new(frozen_at)))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.read().unwrap_or_else(PoisonError::into_inner).now()
    }

    /// Whether it stands still.
    pub(crate) fn is_frozen(&self) -> bool {
        matches!(*self.0.read().unwrap_or_else(PoisonError::into_inner), ClockState::Frozen(_))
    }

    /// How long it is in real time until that moment; `None` where it stands still.
    pub(crate) fn runs_until(&self, moment: Timestamp) -> Option<Duration> {
        let hands = *self.0.read().unwrap_or_else(PoisonError::into_inner);
        match hands {
            ClockState::Running(_) => Some(moment.duration_since(hands.now()).try_into().unwrap_or_default()),
            ClockState::Frozen(_) => None,
        }
    }

    /// Turns it, and tells where it stands then and whether it stands still, before anybody else can see it; so what comes
    /// by the turn is told after it. Answers the time before and after.
    pub(crate) fn update(&self, turn: ClockChange, tell: impl FnOnce(Timestamp, bool)) -> (Timestamp, Timestamp) {
        let mut hands = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = hands.now();
        *hands = hands.turned(turn);
        let after = hands.now();
        tell(after, matches!(*hands, ClockState::Frozen(_)));
        (before, after)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the system time")]
fn system_now() -> Timestamp {
    Timestamp::now()
}

/// The moment `by` after `moment`, or the last one that can be told.
pub(crate) fn later(moment: Timestamp, by: Duration) -> Timestamp {
    moment.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// The moment of a clock; before or after all that can be told, the first or last one.
pub(crate) fn nearest_moment(at: SystemTime) -> Timestamp {
    Timestamp::try_from(at).unwrap_or_else(|_| match at.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(_) => Timestamp::MAX,
        Err(_) => Timestamp::MIN,
    })
}

/// Reads `90s`, `15m`, `1h 30m`, `500ms`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    SignedDuration::from_str(text)
        .ok()
        .and_then(|time| Duration::try_from(time).ok())
        .ok_or_else(|| format!("`{text}` is not a duration; write it like 500ms, 90s, 15m or 24h"))
}

/// A length of time as [`parse_duration`] reads it: `1m 30s`.
pub(crate) fn format_duration(time: Duration) -> String {
    SignedDuration::try_from(time).map_or_else(|_| format!("{}s", i64::MAX), |time| format!("{time:#}"))
}

/// Reads `2026-01-31T12:00:00Z`.
pub(crate) fn parse_moment(text: &str) -> Result<SystemTime, String> {
    let moment = text.parse::<Timestamp>().ok().and_then(|moment| SystemTime::try_from(moment).ok());
    moment.ok_or_else(|| format!("`{text}` is not a timestamp; write it like 2026-01-31T12:00:00Z"))
}

/// Real time since somebody first asked. No clock moves it, and it never goes back.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the system time")]
pub(crate) fn uptime() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// Measures how long a call took. It is real time: a moved clock does not make calls slower.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Default for Stopwatch {
    fn default() -> Self {
        Self::start()
    }
}

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system time")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(clock: &Clock, turn: ClockChange) -> (Timestamp, Timestamp) {
        clock.update(turn, |_, _| {})
    }

    #[test]
    fn a_frozen_clock_stands_until_it_is_moved() {
        let start: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let clock = Clock::new(Some(start));
        assert_eq!(clock.now(), start);
        let minute_later = later(start, Duration::from_secs(60));
        assert_eq!(turn(&clock, ClockChange::Advance(Duration::from_secs(60))), (start, minute_later));
        assert_eq!(turn(&clock, ClockChange::Set(start)), (minute_later, start));
        turn(&clock, ClockChange::Unfreeze);
        assert!(clock.now() >= start && clock.now() < minute_later);
        turn(&clock, ClockChange::Freeze);
        assert_eq!(clock.now(), clock.now());
    }

    #[test]
    fn nobody_sees_where_a_clock_stands_before_it_is_told() {
        let start: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let clock = Clock::new(Some(start));
        let mut told = None;
        clock.update(ClockChange::Advance(Duration::from_secs(60)), |now, is_frozen| {
            assert!(clock.0.try_read().is_err());
            told = Some((now, is_frozen));
        });
        assert_eq!(told, Some((clock.now(), true)));
    }

    #[test]
    fn a_clock_that_runs_can_be_set_to_any_moment() {
        let clock = Clock::new(None);
        for moment in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            turn(&clock, ClockChange::Set(moment));
            assert!(clock.now() >= moment && clock.now().duration_since(moment) < SignedDuration::from_secs(60));
        }
        turn(&clock, ClockChange::Advance(Duration::MAX));
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
