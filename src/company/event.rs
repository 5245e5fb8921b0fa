//! Events of a company, besides calls.

use std::{borrow::Cow, sync::Arc};

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::JournalEntry;
use crate::{
    embedding::Finding,
    faults::Endpoint,
    heap::{OnHeap, shared},
    scenario::Scenario,
    session,
    vendor::Token,
};

/// An event with its id, unique among all events of the server.
#[derive(Debug)]
pub(crate) struct JournalEvent {
    pub(crate) id: u64,
    pub(crate) event: Event,
}

/// An event.
#[derive(Debug)]
pub(crate) struct Event {
    /// Its time on the company's clock, or the server's if it has no company.
    pub(crate) at: Timestamp,
    pub(crate) session: Option<Token>,
    pub(crate) kind: EventKind,
}

/// The kinds of events.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "what")]
pub(crate) enum EventKind {
    /// A session began.
    #[serde(rename = "begun")]
    SessionBegun {
        #[serde(serialize_with = "name")]
        #[cfg_attr(test, schemars(with = "String"))]
        scenario: Arc<Scenario>,
        /// The source of its scenario.
        chosen_by: Cow<'static, str>,
    },
    /// The widget was opened for the first time.
    #[serde(rename = "opened")]
    WidgetOpened,
    /// The person reached a step of the widget for the first time.
    #[serde(rename = "step")]
    StepReached { step: String },
    /// The person finished the widget.
    #[serde(rename = "finished")]
    WidgetFinished,
    /// A stage of the scenario was reached, counted from 1.
    #[serde(rename = "stage")]
    StageReached { stage: usize },
    /// A decision was made.
    #[serde(rename = "decided")]
    DecisionMade { verdict: String },
    /// The widget reported a finding about its embedding.
    #[serde(rename = "finding")]
    FindingReported {
        finding: Finding,
        /// The problem, as a sentence.
        problem: &'static str,
    },
    /// The session switched to another scenario.
    #[serde(rename = "scenario")]
    ScenarioSwitched { scenario: String },
    /// The token expired before the person finished.
    #[serde(rename = "expired")]
    SessionExpired,
    /// The session was deleted.
    #[serde(rename = "deleted")]
    SessionDeleted,
    /// The session was evicted for a new one.
    #[serde(rename = "evicted")]
    SessionEvicted,
    /// A call was answered.
    #[serde(rename = "call")]
    CallAnswered {
        /// Its id in the journal.
        call: u64,
        endpoint: Option<Endpoint>,
        method: String,
        /// The path without the query.
        path: String,
        status: Option<u16>,
    },
    /// A fault hit a call; describes the fault.
    #[serde(rename = "fault")]
    FaultHit { fault: String },
    /// The clock was advanced, set, frozen or resumed.
    #[serde(rename = "clock")]
    ClockChanged { now: String, is_frozen: bool },
    /// The company, or the whole server, was reset.
    #[serde(rename = "reset")]
    StateReset,
    /// Scenarios and fixtures were reloaded.
    #[serde(rename = "reloaded")]
    FilesReloaded,
}

impl JournalEvent {
    /// Returns its memory in a journal.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Arc<Self>>() + shared(size_of::<Self>()) + self.event.kind.on_heap()
    }
}

impl OnHeap for EventKind {
    fn on_heap(&self) -> usize {
        match self {
            Self::StepReached { step: text }
            | Self::DecisionMade { verdict: text }
            | Self::ScenarioSwitched { scenario: text }
            | Self::FaultHit { fault: text }
            | Self::ClockChanged { now: text, .. }
            | Self::SessionBegun { chosen_by: Cow::Owned(text), .. } => text.on_heap(),
            Self::CallAnswered { method, path, .. } => method.on_heap() + path.on_heap(),
            Self::SessionBegun { .. }
            | Self::WidgetOpened
            | Self::WidgetFinished
            | Self::StageReached { .. }
            | Self::FindingReported { .. }
            | Self::SessionExpired
            | Self::SessionDeleted
            | Self::SessionEvicted
            | Self::StateReset
            | Self::FilesReloaded => 0,
        }
    }
}

impl EventKind {
    /// Returns its tag on the wire.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::SessionBegun { .. } => "begun",
            Self::WidgetOpened => "opened",
            Self::StepReached { .. } => "step",
            Self::WidgetFinished => "finished",
            Self::StageReached { .. } => "stage",
            Self::DecisionMade { .. } => "decided",
            Self::FindingReported { .. } => "finding",
            Self::ScenarioSwitched { .. } => "scenario",
            Self::SessionExpired => "expired",
            Self::SessionDeleted => "deleted",
            Self::SessionEvicted => "evicted",
            Self::CallAnswered { .. } => "call",
            Self::FaultHit { .. } => "fault",
            Self::ClockChanged { .. } => "clock",
            Self::StateReset => "reset",
            Self::FilesReloaded => "reloaded",
        }
    }

    /// Creates the event of an answered call.
    pub(crate) fn call(entry: &JournalEntry) -> Self {
        let call = &entry.recorded;
        let (method, path) = (call.method.to_string(), call.path().to_owned());
        Self::CallAnswered { call: entry.id, endpoint: call.endpoint, method, path, status: call.status }
    }
}

impl Event {
    /// Creates the event of a clock change to this state.
    pub(crate) fn clock(now: Timestamp, is_frozen: bool) -> Self {
        Self { at: now, session: None, kind: EventKind::ClockChanged { now: now.to_string(), is_frozen } }
    }
}

impl From<session::SessionEvent> for EventKind {
    fn from(happened: session::SessionEvent) -> Self {
        use session::SessionEvent::{
            DecisionMade, FindingReported, ScenarioSwitched, SessionExpired, StageReached, StepReached, WidgetFinished,
            WidgetOpened,
        };
        match happened {
            WidgetOpened => Self::WidgetOpened,
            StepReached(step) => Self::StepReached { step },
            WidgetFinished => Self::WidgetFinished,
            StageReached(stage) => Self::StageReached { stage },
            DecisionMade(verdict) => Self::DecisionMade { verdict },
            FindingReported(finding) => Self::FindingReported { finding, problem: finding.problem() },
            ScenarioSwitched(scenario) => Self::ScenarioSwitched { scenario },
            SessionExpired => Self::SessionExpired,
        }
    }
}

fn name<S: Serializer>(scenario: &Scenario, writer: S) -> Result<S::Ok, S::Error> {
    writer.serialize_str(&scenario.name)
}
