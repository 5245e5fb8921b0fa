//! Coverage: the outcomes, reject reasons, errors, faults and races that the code under test has exercised.

use std::{
    fmt,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use serde::{Deserialize, Serialize};

use crate::{
    faults::FaultEffect,
    scenario::REJECT_REASONS,
    vendor::{ErrorCode, Outcome},
};

/// An order of events that code under test may not expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Race {
    PolledBeforeOpened,
    PolledBeforeFinished,
    DoneBeforeVerdict,
    VerdictAfterInProgress,
    VerdictChanged,
    DocumentChanged,
    NotFoundAtFirst,
    ErrorAfterAnswer,
    ExpiredBeforeOpened,
    Abandoned,
    DeletedBeforeFinished,
    AskedAfterDelete,
    RetriedAfterFault,
}

impl Race {
    const ALL: [Self; 13] = [
        Self::PolledBeforeOpened,
        Self::PolledBeforeFinished,
        Self::DoneBeforeVerdict,
        Self::VerdictAfterInProgress,
        Self::VerdictChanged,
        Self::DocumentChanged,
        Self::NotFoundAtFirst,
        Self::ErrorAfterAnswer,
        Self::ExpiredBeforeOpened,
        Self::Abandoned,
        Self::DeletedBeforeFinished,
        Self::AskedAfterDelete,
        Self::RetriedAfterFault,
    ];

    /// Returns its name and description.
    fn name_and_description(self) -> (&'static str, &'static str) {
        match self {
            Self::PolledBeforeOpened => ("polled-before-opened", "`result/` before the widget was opened"),
            Self::PolledBeforeFinished => ("polled-before-finished", "`result/` while the person has the widget open"),
            Self::DoneBeforeVerdict => ("done-before-verdict", "IN_PROGRESS after the person finished"),
            Self::VerdictAfterInProgress => ("verdict-after-in-progress", "a verdict after a response of IN_PROGRESS"),
            Self::VerdictChanged => ("verdict-changed", "a verdict that differs from the previous response"),
            Self::DocumentChanged => ("document-changed", "the same verdict with a different document"),
            Self::NotFoundAtFirst => ("not-found-at-first", "an error first, then the session"),
            Self::ErrorAfterAnswer => ("error-after-answer", "an error for a session that returned a result before"),
            Self::ExpiredBeforeOpened => {
                ("expired-before-opened", "`result/` of a session that expired before it was opened")
            }
            Self::Abandoned => ("abandoned", "`result/` of a session that expired before the person finished"),
            Self::DeletedBeforeFinished => ("deleted-before-finished", "`delete/` before the person finished"),
            Self::AskedAfterDelete => ("asked-after-delete", "a call about a session that was deleted"),
            Self::RetriedAfterFault => ("retried-after-fault", "a response to a call that a fault hit before"),
        }
    }
}

/// A verdict in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum ObservedResult {
    Listed(Outcome),
    /// A word that the vendor does not document.
    Unlisted,
}

/// The counters of one company or server.
#[derive(Debug, Default)]
pub(crate) struct CoverageCounters {
    /// The last one counts undocumented results.
    outcomes: [AtomicU64; Outcome::ALL.len() + 1],
    reasons: [AtomicU64; REJECT_REASONS.len() + 1],
    errors: [AtomicU64; ErrorCode::ALL.len()],
    faults: [AtomicU64; FAULTS.len()],
    races: [AtomicU64; Race::ALL.len()],
    /// Whether a fault hit the last call of `begin/`.
    begin_failed: AtomicBool,
}

/// The kinds of faults, in the order of [`fault_number`].
const FAULTS: [(&str, &str); 10] = [
    ("slow", "a delayed response"),
    ("status", "an error status of a proxy"),
    ("html", "HTML instead of JSON"),
    ("closed", "a closed connection"),
    ("reset", "a reset connection"),
    ("cut-off", "a truncated body"),
    ("broken-json", "a body that is not JSON"),
    ("content-type", "a wrong content type"),
    ("drip", "a throttled body"),
    ("wrong-signature", "a wrong signature"),
];

fn fault_number(effect: Option<&FaultEffect>) -> usize {
    match effect {
        None => 0,
        Some(FaultEffect::Response(_)) => 1,
        Some(FaultEffect::Html) => 2,
        Some(FaultEffect::Close(_)) => 3,
        Some(FaultEffect::Reset) => 4,
        Some(FaultEffect::Truncation) => 5,
        Some(FaultEffect::BrokenJson) => 6,
        Some(FaultEffect::ContentType(_)) => 7,
        Some(FaultEffect::Throttle(_)) => 8,
        Some(FaultEffect::WrongSignature) => 9,
    }
}

/// An exercised item.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CoverageEvent<'a> {
    Result(ObservedResult),
    Reason(&'a str),
    Error(ErrorCode),
    Fault(Option<&'a FaultEffect>),
    Race(Race),
}

impl CoverageCounters {
    pub(crate) fn record(&self, met: CoverageEvent<'_>) {
        let place = match met {
            CoverageEvent::Result(ObservedResult::Listed(outcome)) => &self.outcomes[place_of(&Outcome::ALL, &outcome)],
            CoverageEvent::Result(ObservedResult::Unlisted) => &self.outcomes[Outcome::ALL.len()],
            CoverageEvent::Reason(reason) => &self.reasons[place_of(&REJECT_REASONS, &reason)],
            CoverageEvent::Error(code) => &self.errors[place_of(&ErrorCode::ALL, &code)],
            CoverageEvent::Fault(effect) => &self.faults[fault_number(effect)],
            CoverageEvent::Race(race) => &self.races[race as usize],
        };
        place.fetch_add(1, Ordering::Relaxed);
    }

    /// Records a call of `begin/`. Returns whether it is the first successful one after a fault.
    pub(crate) fn record_begin(&self, is_struck: bool) -> bool {
        self.begin_failed.swap(is_struck, Ordering::Relaxed) && !is_struck
    }

    /// Resets all counters.
    pub(crate) fn clear(&self) {
        let all = self.outcomes.iter().chain(&self.reasons).chain(&self.errors).chain(&self.faults).chain(&self.races);
        all.for_each(|count| count.store(0, Ordering::Relaxed));
        self.begin_failed.store(false, Ordering::Relaxed);
    }

    /// Returns the report.
    pub(crate) fn report(&self) -> Coverage {
        let mut items = Vec::new();
        let mut add = |kind: CoverageKind, (name, what): (&str, &str), met: &AtomicU64| {
            let (name, what) = (name.to_owned(), what.to_owned());
            items.push(CoverageItem { kind, name, what, count: met.load(Ordering::Relaxed) });
        };
        let outcomes = Outcome::ALL.map(|outcome| (outcome.as_str(), "an outcome that the vendor documents"));
        let unlisted = ("other", "an outcome that the vendor does not document");
        for (said, met) in outcomes.into_iter().chain([unlisted]).zip(&self.outcomes) {
            add(CoverageKind::Outcome, said, met);
        }
        let reasons = REJECT_REASONS.map(|reason| (reason, "a reason for a rejection"));
        let others = ("other", "any other reason for a rejection");
        for (said, met) in reasons.into_iter().chain([others]).zip(&self.reasons) {
            add(CoverageKind::RejectReason, said, met);
        }
        for (code, met) in ErrorCode::ALL.iter().zip(&self.errors) {
            add(CoverageKind::Error, (code.as_str(), "a vendor error"), met);
        }
        for (said, met) in FAULTS.into_iter().zip(&self.faults) {
            add(CoverageKind::Fault, said, met);
        }
        for (race, met) in Race::ALL.into_iter().zip(&self.races) {
            add(CoverageKind::Race, race.name_and_description(), met);
        }
        Coverage { items }
    }
}

/// Returns the index of a known value, or the index after the last.
fn place_of<T: PartialEq>(known: &[T], wanted: &T) -> usize {
    known.iter().position(|one| one == wanted).unwrap_or(known.len())
}

/// The items that the code under test has exercised, and those it has not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Coverage {
    /// All items, kind by kind.
    pub items: Vec<CoverageItem>,
}

/// An outcome, error, fault or race.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CoverageItem {
    /// Its kind.
    pub kind: CoverageKind,
    /// Its name: `REJECTED`, `face_mismatch`, `verdict-changed`.
    pub name: String,
    /// Description of the item.
    pub what: String,
    /// Number of times the item was exercised.
    pub count: u64,
}

/// The kinds of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CoverageKind {
    /// A result that `result/` or `delete/` returned.
    Outcome,
    /// The reason of a rejection in such a response.
    RejectReason,
    /// A vendor error.
    Error,
    /// The effect of a fault on a response.
    Fault,
    /// An order of events.
    Race,
}

impl CoverageKind {
    /// All kinds, in the order of the report.
    pub const ALL: [Self; 5] = [Self::Outcome, Self::RejectReason, Self::Error, Self::Fault, Self::Race];

    /// Returns its plural name: `reject reasons`.
    pub fn title(self) -> &'static str {
        match self {
            Self::Outcome => "outcomes",
            Self::RejectReason => "reject reasons",
            Self::Error => "errors",
            Self::Fault => "faults",
            Self::Race => "races",
        }
    }
}

impl Coverage {
    /// Returns the covered items.
    pub fn covered(&self) -> impl Iterator<Item = &CoverageItem> {
        self.items.iter().filter(|item| item.count > 0)
    }

    /// Returns the uncovered items.
    pub fn uncovered(&self) -> impl Iterator<Item = &CoverageItem> {
        self.items.iter().filter(|item| item.count == 0)
    }

    /// Whether an item with this name is covered, such as `REJECTED` or `verdict-changed`.
    pub fn is_covered(&self, name: &str) -> bool {
        self.covered().any(|item| item.name == name)
    }
}

/// Formats a table for people.
impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "covered {} of {} items", self.covered().count(), self.items.len())?;
        for kind in CoverageKind::ALL {
            writeln!(f, "\n{}", kind.title())?;
            for CoverageItem { name, what, count, .. } in self.items.iter().filter(|item| item.kind == kind) {
                match count {
                    0 => writeln!(f, "  never   {name:28} {what}")?,
                    _ => writeln!(f, "  {:7} {name:28} {what}", format!("{count} ×"))?,
                }
            }
        }
        Ok(())
    }
}
