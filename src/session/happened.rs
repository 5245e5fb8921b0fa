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
    /// Another scenario, of that name, happens to the person from now on.
    Scenario(String),
    /// The token ran out before the person was through.
    Expired,
}

/// What falls due in a session when its clock is moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SessionEvent {
    /// A stage of the scenario came: which, in words.
    Stage(String),
    /// The token ran out, and the person had the widget open.
    Abandoned,
    /// The token ran out before anybody opened the widget.
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
    played: usize,
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
            played: self.played().len(),
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
        let played = self.played().iter().skip(seen.played);
        happened.extend(played.map(|at| (*at, Happened::Scenario(self.scenario().name.clone()))));
        // Nothing is left of what came of the scenario before.
        let seen_of_this = if self.played().len() == seen.played { seen.came } else { 0 };
        let came = self.came().iter().skip(seen_of_this);
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

    /// Brings about what falls due between two moments; answers when each thing did, and what it was.
    pub(crate) fn catch_up(&mut self, before: Timestamp, now: Timestamp) -> Vec<(Timestamp, SessionEvent)> {
        self.settle(before);
        let seen = self.came().len();
        self.settle(now);
        let mut events: Vec<_> = self.came_after(seen).map(|(at, stage)| (at, SessionEvent::Stage(stage))).collect();
        if !self.is_finished() && before < self.expires_at && self.expires_at <= now {
            let event = if self.opened_at().is_some() { SessionEvent::Abandoned } else { SessionEvent::Expired };
            events.push((self.expires_at, event));
        }
        events
    }
}
