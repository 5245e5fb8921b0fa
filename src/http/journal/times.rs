//! Expected numbers of calls.

use std::ops::{RangeFrom, RangeInclusive, RangeToInclusive};

/// The expected number of calls: `1`, `1..`, `..=3` or `2..=3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    pub(crate) at_least: u64,
    pub(crate) at_most: Option<u64>,
}

impl Times {
    /// Expects this number.
    pub fn exactly(times: u64) -> Self {
        Self { at_least: times, at_most: Some(times) }
    }

    /// Expects this number or more.
    pub fn at_least(times: u64) -> Self {
        Self { at_least: times, at_most: None }
    }

    /// Expects this number or fewer.
    pub fn at_most(times: u64) -> Self {
        Self { at_least: 0, at_most: Some(times) }
    }

    pub(super) fn takes(self, count: u64) -> bool {
        count >= self.at_least && self.at_most.is_none_or(|most| count <= most)
    }

    /// Describes the number: `exactly 1 call`.
    pub(super) fn in_words(self) -> String {
        let calls = |number: u64| if number == 1 { "1 call".to_owned() } else { format!("{number} calls") };
        match self {
            Self { at_most: Some(0), .. } => "no call".into(),
            Self { at_least, at_most: Some(most) } if at_least == most => format!("exactly {}", calls(most)),
            Self { at_least: 0, at_most: Some(most) } => format!("at most {}", calls(most)),
            Self { at_least, at_most: None } => format!("at least {}", calls(at_least)),
            Self { at_least, at_most: Some(most) } => format!("{at_least} to {}", calls(most)),
        }
    }
}

impl From<u64> for Times {
    fn from(times: u64) -> Self {
        Self::exactly(times)
    }
}

impl From<RangeFrom<u64>> for Times {
    fn from(times: RangeFrom<u64>) -> Self {
        Self::at_least(times.start)
    }
}

impl From<RangeToInclusive<u64>> for Times {
    fn from(times: RangeToInclusive<u64>) -> Self {
        Self::at_most(times.end)
    }
}

impl From<RangeInclusive<u64>> for Times {
    fn from(times: RangeInclusive<u64>) -> Self {
        Self { at_least: *times.start(), at_most: Some(*times.end()) }
    }
}
