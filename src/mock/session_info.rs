//! What is told of a session to whoever looks at it from outside.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::OwnedCall;
use crate::{
    embedding::Finding,
    session::{FindingRecord, TimelineEntry},
};

/// A session as it stands. Times are RFC 3339 in UTC.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SessionInfo {
    /// Its token.
    pub token: String,
    /// The key of its company.
    pub company_key: String,
    /// The name of its scenario.
    pub scenario: String,
    /// Where the wish for that scenario came from: `the server's default`.
    pub chosen_by: String,
    /// The number of the stage of the scenario that came last, from 1; `None` before the first.
    pub stage: Option<usize>,
    /// What `result/` would answer: the word of the result in capitals, or of the error; for a whole document, what
    /// stands there as its `result`.
    pub current_result: String,
    /// The flags that it is begun with, those of its configuration and its scenario among them: a JSON object.
    pub flags: Value,
    /// The steps, in the same way: a JSON array.
    pub steps: Value,
    /// The `config_id` that it was begun with.
    pub config_id: Option<String>,
    /// The token of the session that it is a part of.
    pub parent: Option<String>,
    /// When it began.
    pub begun_at: String,
    /// Until when the widget can be opened.
    pub expires_at: String,
    /// When somebody opened the widget for the first time.
    pub opened_at: Option<String>,
    /// When the person was through.
    pub finished_at: Option<String>,
    /// Whether somebody has opened the widget.
    pub is_opened: bool,
    /// Whether the person is through.
    pub is_finished: bool,
}

/// All that is known of a session.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SessionDetails {
    /// How it stands.
    #[serde(flatten)]
    pub session: SessionInfo,
    /// What happens in its scenario, in a sentence.
    pub scenario_description: String,
    /// What came of the scenario so far, and what is to come.
    pub timeline: Vec<TimelineEntry>,
    /// Who opened the widget.
    pub browser: Option<BrowserInfo>,
    /// The steps of the widget that the person came to, in the order in which they did.
    pub reached_steps: Vec<ReachedStep>,
    /// What the widget found out about where it runs.
    pub findings: Vec<FindingInfo>,
    /// The codes that the live service would have sent.
    pub codes: Vec<VerificationCode>,
    /// What the person filled in: questionnaire key → question key → answer; `None` where it is invented.
    pub answers: Option<Value>,
    /// The pictures and videos that came into it.
    pub uploads: Vec<UploadInfo>,
    /// The tokens of the sessions that are parts of it, in the order in which they began.
    pub children: Vec<String>,
    /// The calls about it that are remembered, in the order in which they were answered.
    pub calls: Vec<CallSummary>,
}

/// A call about a session; the journal says more of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CallSummary {
    /// Its id in the journal.
    pub id: u64,
    /// When it was answered.
    pub at: String,
    /// `GET`, `POST` …
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
}

/// The browser that opened the widget.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct BrowserInfo {
    /// Its IP address.
    pub remote_address: String,
    /// What it calls itself.
    pub user_agent: String,
}

/// A step of the widget that the person came to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ReachedStep {
    /// Its key.
    pub step: String,
    /// Its type.
    pub kind: String,
    /// When, for the first time.
    pub at: String,
}

/// What the widget found out about where it runs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct FindingInfo {
    /// What.
    pub finding: Finding,
    /// When, for the first time.
    pub at: String,
    /// What is wrong, in a sentence.
    pub problem: String,
    /// What to do, with the line to change.
    pub remedy: String,
}

/// A code that the live service would have sent to a person.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct VerificationCode {
    /// `e-mail` or `phone`.
    pub by: String,
    /// The address or number that it would go to.
    pub address: String,
    /// Four digits.
    pub code: String,
}

/// A picture or video that came into a session.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct UploadInfo {
    /// What it shows: `card-front`.
    pub kind: String,
    /// The page of a general document, from 1.
    pub page: u32,
    /// What it is: `image/png`.
    pub content_type: String,
    /// How long it is.
    pub bytes: usize,
}

impl FindingInfo {
    pub(super) fn from_record(FindingRecord { finding, at }: &FindingRecord) -> Self {
        let (problem, remedy) = (finding.problem().to_owned(), finding.remedy().to_owned());
        Self { finding: *finding, at: at.to_string(), problem, remedy }
    }
}

impl CallSummary {
    pub(super) fn from_entry((_, entry): &OwnedCall) -> Self {
        let call = &entry.recorded;
        let (at, method, path) = (call.at.to_string(), call.method.to_string(), call.path().to_owned());
        Self { id: entry.id, at, method, path, status: call.status }
    }
}

impl SessionDetails {
    /// How it stands, in words: `was opened, and would answer IN_PROGRESS; stage 1 of `approved` came last`.
    pub(crate) fn in_words(&self) -> String {
        let SessionInfo { current_result, scenario, stage, is_opened, is_finished, .. } = &self.session;
        let person = match self.reached_steps.last() {
            _ if *is_finished => "is finished".to_owned(),
            Some(reached) => format!("is at the step `{}`", reached.step),
            None if *is_opened => "was opened".to_owned(),
            None => "was not opened".to_owned(),
        };
        let stage = stage.map_or("no stage".into(), |stage| format!("stage {stage}"));
        let calls = match self.calls.last() {
            Some(call) => format!("the last of {} calls about it was {}", self.calls.len(), call.path),
            None => "the journal has no call about it".to_owned(),
        };
        format!(
            "{person}; `result/` would return {current_result}, {stage} of the scenario `{scenario}` was reached; \
             {calls}"
        )
    }
}
