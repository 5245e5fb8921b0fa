//! Looking at sessions from outside.

use serde_json::Value;

use super::Mock;
use crate::{
    catalogue::Catalogue,
    company::Tenant,
    session::{Session, Standing},
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

impl Mock {
    /// The sessions of a company, in the order in which they began.
    pub(crate) fn sessions(&self, tenant: &Tenant) -> Vec<SessionInfo> {
        let tokens = tenant.sessions.tokens();
        tokens.iter().filter_map(|token| Self::session_info(tenant, token)).collect()
    }

    /// The session of a company that began last.
    pub(crate) fn last_session(&self, tenant: &Tenant) -> Option<SessionInfo> {
        Self::session_info(tenant, &tenant.sessions.last()?)
    }

    fn session_info(tenant: &Tenant, token: &Token) -> Option<SessionInfo> {
        let look = |session: &mut Session, catalogue: &Catalogue| {
            session.settle(tenant.clock.now());
            let layers = session.asked.layers();
            let answer = match session.standing() {
                Standing::Verdict(verdict) => verdict.result.word(ResultCase::Upper).into_owned(),
                Standing::Error(code) => code.to_string(),
                Standing::Document(name) => {
                    let document = catalogue.fixtures.documents.get(name).ok();
                    let result = document.and_then(|document| document.get("result")?.as_str());
                    result.unwrap_or_default().to_owned()
                }
            };
            SessionInfo {
                token: token.to_string(),
                scenario: session.scenario().name.clone(),
                stage: session.stage(),
                answer,
                flags: layers.read_flags().into_value(),
                steps: layers.read_steps().into_list().into(),
                parent: session.parent().map(|parent| parent.to_string()),
                is_opened: session.is_opened(),
                is_finished: session.is_finished(),
            }
        };
        tenant.sessions.update(token, look)
    }
}
