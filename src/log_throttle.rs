//! Limits log lines about frequent events.

use std::sync::atomic::{AtomicU64, Ordering};

/// Number of occurrences of an event.
#[derive(Debug, Default)]
pub(crate) struct LogThrottle(AtomicU64);

impl LogThrottle {
    /// Counts an occurrence. Returns the count if it should be logged: the first, and at each tenfold count.
    pub(crate) fn count(&self) -> Option<u64> {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        is_power_of_ten(number).then_some(number)
    }
}

pub(crate) fn is_power_of_ten(number: u64) -> bool {
    number > 0 && 10_u64.pow(number.ilog10()) == number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_often_is_told_seldom() {
        let tally = LogThrottle::default();
        let told: Vec<_> = (0..1234).filter_map(|_| tally.count()).collect();
        assert_eq!(told, [1, 10, 100, 1000]);
    }
}
