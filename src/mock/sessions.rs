//! Looking at sessions from outside.

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    catalogue::Catalogue,
    company::Tenant,
    session::{Asked, Session, Standing},
    vendor::{ResultCase, Token},
};

/// A session as it stands.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionInfo {
    /// Its token.
    pub token: String,
    /// The name of its scenario.
    pub scenario: String,
    /// The number of the stage of the scenario that came last, from 1; `None` before the first.
    pub stage: Option<usize>,
    /// What `result/` would answer: the word of the result in capitals, or of the error; for a whole document, what
    /// stands there as its `result`.
    pub answer: String,
    /// The flags that it is begun with, those of its configuration and its scenario among them: a JSON object.
    pub flags: Value,
    /// The steps, in the same way: a JSON array.
    pub steps: Value,
    /// The token of the session that it is a part of.
    pub parent: Option<String>,
    /// Whether somebody has opened the widget.
    pub is_opened: bool,
    /// Whether the person is through.
    pub is_finished: bool,
}

impl SessionInfo {
    /// The sessions of a company, in the order in which they began.
    pub(crate) fn of_all(tenant: &Tenant) -> Vec<Self> {
        let (now, mut seen) = (tenant.clock.now(), Vec::new());
        tenant.sessions.update_all(|session, catalogue| seen.push(look(session, catalogue, now)));
        seen.into_iter().map(Self::of).collect()
    }

    /// The session of a company that began last.
    pub(crate) fn of_last(tenant: &Tenant) -> Option<Self> {
        let now = tenant.clock.now();
        let seen = tenant.sessions.update(&tenant.sessions.last()?, |session, catalogue| look(session, catalogue, now));
        seen.map(Self::of)
    }

    fn of(seen: Seen) -> Self {
        let layers = seen.asked.layers();
        Self {
            token: seen.token.to_string(),
            scenario: seen.asked.scenario.name.clone(),
            stage: seen.stage,
            answer: seen.answer,
            flags: layers.read_flags().into_value(),
            steps: layers.read_steps().into_list().into(),
            parent: seen.parent.map(|parent| parent.to_string()),
            is_opened: seen.is_opened,
            is_finished: seen.is_finished,
        }
    }
}

/// What is taken from a session while somebody may wait for it. What it was asked for is long, and read afterwards.
struct Seen {
    token: Token,
    asked: Asked,
    stage: Option<usize>,
    answer: String,
    parent: Option<Token>,
    is_opened: bool,
    is_finished: bool,
}

fn look(session: &mut Session, catalogue: &Catalogue, now: Timestamp) -> Seen {
    session.settle(now);
    let answer = match session.standing() {
        Standing::Verdict(verdict) => verdict.result.word(ResultCase::Upper).into_owned(),
        Standing::Error(code) => code.to_string(),
        Standing::Document(name) => {
            let document = catalogue.fixtures.documents.get(name).ok();
            let result = document.and_then(|document| document.get("result")?.as_str());
            result.unwrap_or_default().to_owned()
        }
    };
    Seen {
        token: session.token,
        asked: session.asked.clone(),
        stage: session.stage(),
        answer,
        parent: session.parent(),
        is_opened: session.is_opened(),
        is_finished: session.is_finished(),
    }
}
