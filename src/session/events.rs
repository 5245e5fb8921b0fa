//! Events of a session, derived from its state before and after a change.

use jiff::Timestamp;

use super::{Session, stages::StageSource};
use crate::embedding::Finding;

/// An event of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SessionEvent {
    /// The widget was opened for the first time.
    WidgetOpened,
    /// The person reached the step with this key for the first time.
    StepReached(String),
    /// The person finished the widget.
    WidgetFinished,
    /// The stage with this number was reached, from 1.
    StageReached(usize),
    /// A decision was made; describes it.
    DecisionMade(String),
    /// The widget reported a finding about its embedding.
    FindingReported(Finding),
    /// The session switched to the scenario with this name.
    ScenarioSwitched(String),
    /// The token expired before the person finished.
    SessionExpired,
}

/// A due event of a session when its clock moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DueSessionEvent {
    /// A stage was reached; describes it.
    StageReached(String),
    /// The token expired while the widget was open.
    SessionAbandoned,
    /// The token expired before the widget was opened.
    SessionExpired,
}

/// The state of a session that events are derived from.
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
    /// Returns the current state, for [`Session::events_since`].
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

    /// Returns the events since then with their times, in order.
    pub(crate) fn events_since(&self, seen: EventCursor) -> Vec<(Timestamp, SessionEvent)> {
        if self.event_cursor() == seen {
            return Vec::new();
        }
        let mut events = Vec::new();
        let mut add = |at, event| events.push((at, event));
        if let Some(at) = self.opened_at()
            && !seen.is_opened
        {
            add(at, SessionEvent::WidgetOpened);
        }
        for visit in self.reached_steps().iter().skip(seen.reached_steps) {
            add(visit.at, SessionEvent::StepReached(visit.step.clone()));
        }
        for record in self.findings().iter().skip(seen.findings) {
            add(record.at, SessionEvent::FindingReported(record.finding));
        }
        if let Some(at) = self.finished_at()
            && !seen.is_finished
        {
            add(at, SessionEvent::WidgetFinished);
        }
        for at in self.scenario_switches().iter().skip(seen.scenario_switches) {
            add(*at, SessionEvent::ScenarioSwitched(self.scenario().name.clone()));
        }
        // The reached stages of the previous scenario are discarded.
        let seen_of_this =
            if self.scenario_switches().len() == seen.scenario_switches { seen.reached_stages } else { 0 };
        for reached in self.reached_stages().iter().skip(seen_of_this) {
            match &reached.source {
                StageSource::Scenario(number) => add(reached.at, SessionEvent::StageReached(*number as usize + 1)),
                StageSource::Decision(verdict) => add(reached.at, SessionEvent::DecisionMade(verdict.to_string())),
            }
        }
        if self.has_expired && !seen.has_expired {
            add(self.expires_at(), SessionEvent::SessionExpired);
        }
        // Events of the same moment keep that order.
        events.sort_by_key(|(at, _)| *at);
        events
    }

    /// Applies what becomes due between two times. Returns the due events with their times.
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
