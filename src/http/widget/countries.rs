//! The countries of ISO 3166-1.

use iso3166::{Country, LIST};

/// The three letters of all countries, in their order. `_own` is the one that is chosen at first.
pub(super) fn all(_own: &str) -> Vec<&str> {
    let mut all: Vec<_> = LIST.iter().map(|country| country.alpha3).collect();
    all.sort_unstable();
    all
}

/// The two letters of a country, by which browsers know its name.
pub(super) fn short(alpha3: &str) -> Option<&'static str> {
    Country::from_alpha3(alpha3).map(|country| country.alpha2)
}
