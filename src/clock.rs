//! The only reader of the system time.

use std::{
    borrow::Cow,
    fmt,
    sync::{LazyLock, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime},
};

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};

use crate::problem::Problem;

/// The clock of a company. It can be advanced, set and frozen.
#[derive(Debug)]
pub(crate) struct Clock(RwLock<ClockState>);

#[derive(Debug, Clone, Copy)]
enum ClockState {
    /// Runs as the system clock, with this offset.
    Running(SignedDuration),
    Frozen(Timestamp),
}

/// A change of a clock.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ClockChange {
    /// Advances it.
    Advance(Duration),
    /// Sets it to this time, earlier or later; it stays running or frozen.
    Set(Timestamp),
    /// Freezes it.
    Freeze,
    /// Resumes it from its current time.
    Unfreeze,
    /// Resets it to this state.
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

    /// Returns the same state at another time.
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

    /// Whether it is frozen.
    pub(crate) fn is_frozen(&self) -> bool {
        matches!(*self.0.read().unwrap_or_else(PoisonError::into_inner), ClockState::Frozen(_))
    }

    /// Returns the real time until it reaches this time; `None` if it is frozen.
    pub(crate) fn runs_until(&self, moment: Timestamp) -> Option<Duration> {
        let hands = *self.0.read().unwrap_or_else(PoisonError::into_inner);
        match hands {
            ClockState::Running(_) => Some(moment.duration_since(hands.now()).try_into().unwrap_or_default()),
            ClockState::Frozen(_) => None,
        }
    }

    /// Changes it, and calls `tell` with the new state before other threads can see it, so that events of the change
    /// follow. Returns the previous and the new time.
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

/// Returns the time `by` after `moment`, limited to the last representable time.
pub(crate) fn later(moment: Timestamp, by: Duration) -> Timestamp {
    moment.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// Returns the nearest representable time.
pub(crate) fn nearest_moment(at: SystemTime) -> Timestamp {
    Timestamp::try_from(at).unwrap_or_else(|_| match at.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(_) => Timestamp::MAX,
        Err(_) => Timestamp::MIN,
    })
}

/// Reads `90s`, `15m`, `1h 30m`, `500ms`, `7d`; a day has 24 hours.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, Problem> {
    let time = text.parse::<Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    time.ok().and_then(|time| Duration::try_from(time).ok()).ok_or_else(|| {
        let is_number = text.parse::<f64>().is_ok_and(|number| number >= 0.0);
        Problem::malformed(text, "a duration").with_remedy(match is_number {
            true => format!("add a unit: `{text}s` is in seconds").into(),
            false => Cow::from("write it like 500ms, 90s, 15m, 24h or 7d"),
        })
    })
}

/// A duration in a file or body: `90s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(!try_from, extend("pattern" = patterns::duration())))]
#[serde(try_from = "TextWithUnit")]
pub(crate) struct DurationText(#[cfg_attr(test, schemars(with = "String"))] pub(crate) Duration);

impl TryFrom<TextWithUnit> for DurationText {
    type Error = Problem;

    fn try_from(TextWithUnit(text): TextWithUnit) -> Result<Self, Problem> {
        parse_duration(&text).map(Self)
    }
}

impl Serialize for DurationText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_duration(self.0))
    }
}

/// The text of a duration. A number is read as a text, so that its problem is the missing unit.
#[derive(Debug)]
pub(crate) struct TextWithUnit(pub(crate) String);

impl<'de> Deserialize<'de> for TextWithUnit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextWithUnitVisitor)
    }
}

struct TextWithUnitVisitor;

impl Visitor<'_> for TextWithUnitVisitor {
    type Value = TextWithUnit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"90s\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<TextWithUnit, E> {
        Ok(TextWithUnit(text.to_owned()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<TextWithUnit, E> {
        Ok(TextWithUnit(number.to_string()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<TextWithUnit, E> {
        Ok(TextWithUnit(number.to_string()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<TextWithUnit, E> {
        Ok(TextWithUnit(number.to_string()))
    }
}

/// Formats a duration as [`parse_duration`] reads it: `1m 30s`.
pub(crate) fn format_duration(time: Duration) -> String {
    SignedDuration::try_from(time).map_or_else(|_| format!("{}s", i64::MAX), |time| format!("{time:#}"))
}

/// Parses `2026-01-31T12:00:00Z`.
pub(crate) fn parse_moment(text: &str) -> Result<SystemTime, Problem> {
    let moment = text.parse::<Timestamp>().ok().and_then(|moment| SystemTime::try_from(moment).ok());
    moment.ok_or_else(|| Problem::malformed(text, "a timestamp").with_remedy("write it like 2026-01-31T12:00:00Z"))
}

/// An optional point in time, as text.
pub(crate) mod optional_moment {
    use std::time::SystemTime;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::{nearest_moment, parse_moment};

    pub(crate) fn serialize<S: Serializer>(moment: &Option<SystemTime>, serializer: S) -> Result<S::Ok, S::Error> {
        moment.map(nearest_moment).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SystemTime>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| parse_moment(&text)).transpose().map_err(D::Error::custom)
    }
}

/// Returns real time since the first call of this function. It is independent of all clocks, and monotonic.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the system time")]
pub(crate) fn uptime() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// Whether the time of the current runtime is paused: it is the same after real time has passed.
pub(crate) fn is_runtime_paused() -> bool {
    let (began, real) = (tokio::time::Instant::now(), uptime());
    while uptime() == real {
        std::hint::spin_loop();
    }
    tokio::time::Instant::now() == began
}

/// Measures the duration of a call in real time.
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

/// Patterns for schemas.
#[cfg(test)]
pub(crate) mod patterns {
    /// A duration: `90s`, `1h 30m`, `7d`; never a number alone.
    pub(crate) const DURATION: &str = "\\+?[0-9Pp].*[A-Za-zµμ:].*";

    /// A timestamp: `2026-01-31T12:00:00Z`.
    pub(crate) const MOMENT: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?\
        ([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)(\\[.*\\])?";

    /// Returns the pattern of a whole text that is a duration.
    pub(crate) fn duration() -> String {
        format!("^({DURATION})$")
    }

    /// Returns the pattern of a whole text that is a timestamp.
    pub(crate) fn moment() -> String {
        format!("^({MOMENT})$")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_units_and_a_day_has_24_hours() {
        let hours = |hours: u64| Duration::from_secs(hours * 60 * 60);
        for (text, time) in [("7d", hours(168)), ("1d 12h", hours(36)), ("1w", hours(168)), ("0s", Duration::ZERO)] {
            assert_eq!(parse_duration(text), Ok(time), "{text}");
        }
        for (text, remedy) in [
            ("90", "add a unit: `90s` is in seconds"),
            ("1.5", "add a unit: `1.5s` is in seconds"),
            ("1mo", "write it like 500ms, 90s, 15m, 24h or 7d"),
            ("-5s", "write it like 500ms, 90s, 15m, 24h or 7d"),
            ("", "write it like 500ms, 90s, 15m, 24h or 7d"),
        ] {
            let problem = parse_duration(text).expect_err(text).to_string();
            assert_eq!(problem, format!("`{text}` is not a duration; {remedy}"));
        }
    }

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
