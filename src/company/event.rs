//! Something that happened to a company, besides calls.

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

/// Something that happened, with its number among all that did.
#[derive(Debug)]
pub(crate) struct JournalEvent {
    pub(crate) id: u64,
    pub(crate) event: Event,
}

/// Something that happened.
#[derive(Debug)]
pub(crate) struct Event {
    /// When, on the company's clock, or the server's where there is no company.
    pub(crate) at: Timestamp,
    pub(crate) session: Option<Token>,
    pub(crate) kind: EventKind,
}

/// What happened.
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
        /// Where the wish for it came from.
        chosen_by: Cow<'static, str>,
    },
    /// Somebody opened the widget for the first time.
    #[serde(rename = "opened")]
    WidgetOpened,
    /// The person came to a step of the widget for the first time.
    #[serde(rename = "step")]
    StepReached { step: String },
    /// The person got through.
    #[serde(rename = "finished")]
    WidgetFinished,
    /// A stage of the scenario came: which, from 1.
    #[serde(rename = "stage")]
    StageReached { stage: usize },
    /// It was decided from outside.
    #[serde(rename = "decided")]
    DecisionMade { verdict: String },
    /// The widget found out something about where it runs.
    #[serde(rename = "finding")]
    FindingReported {
        finding: Finding,
        /// What is wrong, in a sentence.
        problem: &'static str,
    },
    /// From now on another scenario happens to the session.
    #[serde(rename = "scenario")]
    ScenarioSwitched { scenario: String },
    /// The token ran out before the person was through.
    #[serde(rename = "expired")]
    SessionExpired,
    /// The session was deleted.
    #[serde(rename = "deleted")]
    SessionDeleted,
    /// The session made room for a new one.
    #[serde(rename = "evicted")]
    SessionEvicted,
    /// A call was answered.
    #[serde(rename = "call")]
    CallAnswered {
        /// Its id in the journal.
        call: u64,
        endpoint: Option<Endpoint>,
        method: String,
        /// Without the query.
        path: String,
        status: u16,
    },
    /// A fault struck a call: which, in words.
    #[serde(rename = "fault")]
    FaultHit { fault: String },
    /// The clock was moved, stopped, or let run on.
    #[serde(rename = "clock")]
    ClockChanged { now: String, is_frozen: bool },
    /// The company, or everything where it belongs to none, was made as it was at the start.
    #[serde(rename = "reset")]
    StateReset,
    /// Scenarios and fixtures were read again.
    #[serde(rename = "reloaded")]
    FilesReloaded,
}

impl JournalEvent {
    /// What memory it takes in a journal.
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
    /// Its name, as it is written.
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

    /// A call was answered.
    pub(crate) fn call(entry: &JournalEntry) -> Self {
        let call = &entry.recorded;
        let (method, path) = (call.method.to_string(), call.path().to_owned());
        Self::CallAnswered { call: entry.id, endpoint: call.endpoint, method, path, status: call.status }
    }
}

impl Event {
    /// The event of a clock that was changed to this state.
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
