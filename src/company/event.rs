//! Something that happened to a company, besides calls.

use std::{borrow::Cow, sync::Arc};

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::Entry;
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
pub(crate) struct Event {
    pub(crate) id: u64,
    pub(crate) happened: Happened,
}

/// Something that happened.
#[derive(Debug)]
pub(crate) struct Happened {
    /// When, on the company's clock, or the server's where there is no company.
    pub(crate) at: Timestamp,
    pub(crate) session: Option<Token>,
    pub(crate) what: What,
}

/// What happened.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "what", rename_all = "snake_case")]
pub(crate) enum What {
    /// A session began.
    Begun {
        #[serde(serialize_with = "name")]
        #[cfg_attr(test, schemars(with = "String"))]
        scenario: Arc<Scenario>,
        /// Where the wish for it came from.
        chosen_by: Cow<'static, str>,
    },
    /// Somebody opened the widget for the first time.
    Opened,
    /// The person came to a step of the widget for the first time.
    Step { step: String },
    /// The person got through.
    Finished,
    /// A stage of the scenario came: which, from 1.
    Stage { stage: usize },
    /// It was decided from outside.
    Decided { verdict: String },
    /// The widget found out something about where it runs.
    Finding {
        finding: Finding,
        /// What is wrong, in a sentence.
        problem: &'static str,
    },
    /// From now on another scenario happens to the session.
    Scenario { scenario: String },
    /// The token ran out before the person was through.
    Expired,
    /// The session was deleted.
    Deleted,
    /// The session made room for a new one.
    Evicted,
    /// A call was answered.
    Call {
        /// Its id in the journal.
        call: u64,
        endpoint: Option<Endpoint>,
        method: String,
        /// Without the query.
        path: String,
        status: u16,
    },
    /// A fault struck a call: which, in words.
    Fault { fault: String },
    /// The clock was moved, stopped, or let run on.
    Clock { now: String, is_frozen: bool },
    /// The company, or everything where it belongs to none, was made as it was at the start.
    Reset,
    /// Scenarios and fixtures were read again.
    Reloaded,
}

impl Event {
    /// What memory it takes in a journal.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Arc<Self>>() + shared(size_of::<Self>()) + self.happened.what.on_heap()
    }
}

impl OnHeap for What {
    fn on_heap(&self) -> usize {
        match self {
            Self::Step { step: text }
            | Self::Decided { verdict: text }
            | Self::Scenario { scenario: text }
            | Self::Fault { fault: text }
            | Self::Clock { now: text, .. }
            | Self::Begun { chosen_by: Cow::Owned(text), .. } => text.on_heap(),
            Self::Call { method, path, .. } => method.on_heap() + path.on_heap(),
            Self::Begun { .. }
            | Self::Opened
            | Self::Finished
            | Self::Stage { .. }
            | Self::Finding { .. }
            | Self::Expired
            | Self::Deleted
            | Self::Evicted
            | Self::Reset
            | Self::Reloaded => 0,
        }
    }
}

impl What {
    /// Its name, as it is written.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Begun { .. } => "begun",
            Self::Opened => "opened",
            Self::Step { .. } => "step",
            Self::Finished => "finished",
            Self::Stage { .. } => "stage",
            Self::Decided { .. } => "decided",
            Self::Finding { .. } => "finding",
            Self::Scenario { .. } => "scenario",
            Self::Expired => "expired",
            Self::Deleted => "deleted",
            Self::Evicted => "evicted",
            Self::Call { .. } => "call",
            Self::Fault { .. } => "fault",
            Self::Clock { .. } => "clock",
            Self::Reset => "reset",
            Self::Reloaded => "reloaded",
        }
    }

    /// A call was answered.
    pub(crate) fn call(entry: &Entry) -> Self {
        let call = &entry.recorded;
        let (method, path) = (call.method.to_string(), call.path().to_owned());
        Self::Call { call: entry.id, endpoint: call.endpoint, method, path, status: call.status }
    }
}

impl Happened {
    /// A clock was turned, and stands so now.
    pub(crate) fn clock(now: Timestamp, is_frozen: bool) -> Self {
        Self { at: now, session: None, what: What::Clock { now: now.to_string(), is_frozen } }
    }
}

impl From<session::Happened> for What {
    fn from(happened: session::Happened) -> Self {
        use session::Happened::{Decided, Expired, Finished, Found, Opened, Scenario, Stage, Step};
        match happened {
            Opened => Self::Opened,
            Step(step) => Self::Step { step },
            Finished => Self::Finished,
            Stage(stage) => Self::Stage { stage },
            Decided(verdict) => Self::Decided { verdict },
            Found(finding) => Self::Finding { finding, problem: finding.problem() },
            Scenario(scenario) => Self::Scenario { scenario },
            Expired => Self::Expired,
        }
    }
}

fn name<S: Serializer>(scenario: &Scenario, writer: S) -> Result<S::Ok, S::Error> {
    writer.serialize_str(&scenario.name)
}
