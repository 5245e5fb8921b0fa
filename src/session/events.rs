//! What happens in a session, told by how it stands before and after.

use jiff::Timestamp;

use super::{Session, stages::StageSource};
use crate::embedding::Finding;

/// Something that happened in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SessionEvent {
    /// Somebody opened the widget for the first time.
    WidgetOpened,
    /// The person came to the step of that key for the first time.
    StepReached(String),
    /// The person got through.
    WidgetFinished,
    /// The stage of that number of the scenario came, from 1.
    StageReached(usize),
    /// It was decided from outside, as this says.
    DecisionMade(String),
    /// The widget found out something about where it runs.
    FindingReported(Finding),
    /// Another scenario, of that name, happens to the person from now on.
    ScenarioSwitched(String),
    /// The token ran out before the person was through.
    SessionExpired,
}

/// What falls due in a session when its clock is moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DueSessionEvent {
    /// A stage of the scenario came: which, in words.
    StageReached(String),
    /// The token ran out, and the person had the widget open.
    SessionAbandoned,
    /// The token ran out before anybody opened the widget.
    SessionExpired,
}

/// How much had happened in a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct EventCursor {
    is_opened: bool,
    reached_steps: usize,
    unobserved_changes: u32,
    findings: usize,
    is_finished: bool,
    scenario_switches: usize,
    reached_stages: usize,
    has_expired: bool,
}

impl Session {
    /// How much has happened so far.
    pub(crate) fn event_cursor(&self) -> EventCursor {
        EventCursor {
            is_opened: self.opened_at().is_some(),
            reached_steps: self.reached_steps().len(),
            unobserved_changes: self.activity.as_ref().map_or(0, |activity| activity.unobserved_changes),
            findings: self.findings().len(),
            is_finished: self.is_finished(),
            scenario_switches: self.scenario_switches().len(),
            reached_stages: self.reached_stages().len(),
            has_expired: self.has_expired,
        }
    }

    /// What has happened since, and when, in the order in which it did.
    pub(crate) fn events_since(&self, seen: EventCursor) -> Vec<(Timestamp, SessionEvent)> {
        if self.event_cursor() == seen {
            return Vec::new();
        }
        let mut events = Vec::new();
        events.extend(self.opened_at().filter(|_| !seen.is_opened).map(|at| (at, SessionEvent::WidgetOpened)));
        let reached = self.reached_steps().iter().skip(seen.reached_steps);
        events.extend(reached.map(|reached| (reached.at, SessionEvent::StepReached(reached.step.clone()))));
        let finding_record = self.findings().iter().skip(seen.findings);
        events.extend(
            finding_record
                .map(|finding_record| (finding_record.at, SessionEvent::FindingReported(finding_record.finding))),
        );
        events.extend(self.finished_at().filter(|_| !seen.is_finished).map(|at| (at, SessionEvent::WidgetFinished)));
        let switches = self.scenario_switches().iter().skip(seen.scenario_switches);
        events.extend(switches.map(|at| (*at, SessionEvent::ScenarioSwitched(self.scenario().name.clone()))));
        // Nothing is left of what came of the scenario before.
        let seen_of_this =
            if self.scenario_switches().len() == seen.scenario_switches { seen.reached_stages } else { 0 };
        let reached = self.reached_stages().iter().skip(seen_of_this);
        events.extend(reached.map(|reached| match &reached.source {
            StageSource::Scenario(number) => (reached.at, SessionEvent::StageReached(*number as usize + 1)),
            StageSource::Decision(verdict) => (reached.at, SessionEvent::DecisionMade(verdict.to_string())),
        }));
        let has_expired = self.has_expired && !seen.has_expired;
        events.extend(has_expired.then_some((self.expires_at(), SessionEvent::SessionExpired)));
        // What happened at the same moment stays in that order.
        events.sort_by_key(|(at, _)| *at);
        events
    }

    /// Brings about what falls due between two moments; answers when each thing did, and what it was.
    pub(crate) fn advance_clock(&mut self, before: Timestamp, now: Timestamp) -> Vec<(Timestamp, DueSessionEvent)> {
        self.apply_due_stages(before);
        let seen = self.reached_stages().len();
        self.apply_due_stages(now);
        let mut events: Vec<_> =
            self.reached_since(seen).map(|(at, stage)| (at, DueSessionEvent::StageReached(stage))).collect();
        if !self.is_finished() && before < self.expires_at && self.expires_at <= now {
            let event = if self.opened_at().is_some() {
                DueSessionEvent::SessionAbandoned
            } else {
                DueSessionEvent::SessionExpired
            };
            events.push((self.expires_at, event));
        }
        events
    }
}
