//! Building the result document (specification, section 5).

mod document;
mod general_document;
mod identity_document;
mod mrz;
mod people;
mod questionnaires;

pub(crate) use self::{
    document::{ResultDocument, Wording},
    people::People,
};

use jiff::{Timestamp, civil::Date, tz::Offset};

/// The day of a moment; the vendor's times are UTC.
fn day(moment: Timestamp) -> Date {
    Offset::UTC.to_datetime(moment).date()
}

/// `8/2/2026`: month, day, year without leading zeros.
fn slashed(date: Date) -> String {
    format!("{}/{}/{}", date.month(), date.day(), date.year())
}

/// `2026-08-02T00:00:00.000Z`.
fn midnight(date: Date) -> String {
    format!("{date}T00:00:00.000Z")
}
