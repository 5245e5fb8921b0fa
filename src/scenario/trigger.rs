//! When a stage of a scenario comes.

use std::{fmt, str::FromStr, time::Duration};

use jiff::SignedDuration;
use serde::Deserialize;

/// What brings a stage about, counted from the stage before it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
#[serde(try_from = "String")]
pub enum Trigger {
    /// `begin`: at once, without anybody opening the widget.
    Begin,
    /// `widget`: the person finishes the widget.
    Widget,
    /// `polls=N`: N calls of `result/` have got the answer of the stage before.
    Polls(u32),
    /// `after=DURATION`: so much time has passed on the clock.
    After(Duration),
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin => f.write_str("begin"),
            Self::Widget => f.write_str("widget"),
            Self::Polls(polls) => write!(f, "polls={polls}"),
            Self::After(time) => write!(f, "after={}s", time.as_secs_f64()),
        }
    }
}

impl FromStr for Trigger {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "begin" => Ok(Self::Begin),
            None if text == "widget" => Ok(Self::Widget),
            Some(("polls", number)) => match number.parse() {
                Ok(0) | Err(_) => Err(format!("`{number}` in `polls={number}` is not a number from 1")),
                Ok(polls) => Ok(Self::Polls(polls)),
            },
            Some(("after", time)) => parse_duration(time).map(Self::After),
            _ => Err(format!("`{text}` is not a trigger; allowed: widget, begin, polls=N, after=DURATION (after=90s)")),
        }
    }
}

impl TryFrom<String> for Trigger {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Reads `90s`, `15m`, `1h 30m`, `500ms`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    SignedDuration::from_str(text)
        .ok()
        .and_then(|time| Duration::try_from(time).ok())
        .ok_or_else(|| format!("`{text}` is not a length of time; write it like 500ms, 90s, 15m or 24h"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_forms_are_read_and_written() {
        for (text, trigger) in [
            ("begin", Trigger::Begin),
            ("widget", Trigger::Widget),
            ("polls=3", Trigger::Polls(3)),
            ("after=90s", Trigger::After(Duration::from_secs(90))),
        ] {
            assert_eq!(trigger.to_string(), text);
            assert_eq!(text.parse(), Ok(trigger));
        }
        assert_eq!("after=1h 30m".parse(), Ok(Trigger::After(Duration::from_secs(5400))));
    }

    #[test]
    fn a_wrong_trigger_says_what_is_allowed() {
        let wrong = |text: &str| text.parse::<Trigger>().unwrap_err();
        assert_eq!(
            wrong("sometimes"),
            "`sometimes` is not a trigger; allowed: widget, begin, polls=N, after=DURATION (after=90s)"
        );
        assert_eq!(wrong("polls=0"), "`0` in `polls=0` is not a number from 1");
        assert_eq!(wrong("after=-5s"), "`-5s` is not a length of time; write it like 500ms, 90s, 15m or 24h");
    }
}
