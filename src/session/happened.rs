//! What happens in a session, told by how it stands before and after.

use jiff::Timestamp;

use super::{Session, course::Stood};
use crate::embedding::Finding;

/// Something that happened in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Happened {
    /// Somebody opened the widget for the first time.
    Opened,
    /// The person came to the step of that key for the first time.
    Step(String),
    /// The person got through.
    Finished,
    /// The stage of that number of the scenario came, from 1.
    Stage(usize),
    /// It was decided from outside, as this says.
    Decided(String),
    /// The widget found out something about where it runs.
    Found(Finding),
    /// The token ran out before the person was through.
    Expired,
}

/// How much had happened in a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    is_opened: bool,
    reached: usize,
    turns: u32,
    findings: usize,
    is_finished: bool,
    came: usize,
    has_expired: bool,
}

impl Session {
    /// How much has happened so far.
    pub(crate) fn seen(&self) -> Seen {
        Seen {
            is_opened: self.opened_at().is_some(),
            reached: self.reached().len(),
            turns: self.rest.as_ref().map_or(0, |rest| rest.turns),
            findings: self.findings().len(),
            is_finished: self.is_finished(),
            came: self.came().len(),
            has_expired: self.has_expired,
        }
    }

    /// What has happened since, and when, in the order in which it did.
    pub(crate) fn happened_since(&self, seen: Seen) -> Vec<(Timestamp, Happened)> {
        if self.seen() == seen {
            return Vec::new();
        }
        let mut happened = Vec::new();
        happened.extend(self.opened_at().filter(|_| !seen.is_opened).map(|at| (at, Happened::Opened)));
        let reached = self.reached().iter().skip(seen.reached);
        happened.extend(reached.map(|reached| (reached.at, Happened::Step(reached.step.clone()))));
        let found = self.findings().iter().skip(seen.findings);
        happened.extend(found.map(|found| (found.at, Happened::Found(found.finding))));
        happened.extend(self.finished_at().filter(|_| !seen.is_finished).map(|at| (at, Happened::Finished)));
        let came = self.came().iter().skip(seen.came);
        happened.extend(came.map(|came| match &came.what {
            Stood::Stage(number) => (came.at, Happened::Stage(*number as usize + 1)),
            Stood::Decided(verdict) => (came.at, Happened::Decided(verdict.to_string())),
        }));
        let has_expired = self.has_expired && !seen.has_expired;
        happened.extend(has_expired.then_some((self.expires_at(), Happened::Expired)));
        // What happened at the same moment stays in that order.
        happened.sort_by_key(|(at, _)| *at);
        happened
    }
}
