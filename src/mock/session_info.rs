//! Public information about a session.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::OwnedCall;
use crate::{
    embedding::Finding,
    session::{FindingRecord, TimelineEntry},
};

/// A session. Times are RFC 3339 in UTC.
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
    /// The source of its scenario: `the server's default`.
    pub chosen_by: String,
    /// Number of the last reached stage of the scenario, from 1; `None` before the first.
    pub stage: Option<usize>,
    /// The current result: the outcome in capitals, or the error; for a whole fixture document, its `result`.
    pub current_result: String,
    /// Its flags, including those of its configuration and scenario: a JSON object.
    pub flags: Value,
    /// Its steps, in the same way: a JSON array.
    pub steps: Value,
    /// Its `config_id`.
    pub config_id: Option<String>,
    /// Token of its parent session.
    pub parent: Option<String>,
    /// Time at which it began.
    pub begun_at: String,
    /// Time until which the widget can be opened.
    pub expires_at: String,
    /// Time at which the widget was first opened.
    pub opened_at: Option<String>,
    /// Time at which the person finished.
    pub finished_at: Option<String>,
    /// Whether the widget has been opened.
    pub is_opened: bool,
    /// Whether the person has finished.
    pub is_finished: bool,
}

/// A session with its details.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SessionDetails {
    /// The session.
    #[serde(flatten)]
    pub session: SessionInfo,
    /// Description of its scenario.
    pub scenario_description: String,
    /// The URL to which the browser is redirected when the person has finished.
    pub return_url: Option<String>,
    /// Reached and pending stages of the scenario.
    pub timeline: Vec<TimelineEntry>,
    /// The browser that opened the widget.
    pub browser: Option<BrowserInfo>,
    /// The steps of the widget that the person reached, in order.
    pub reached_steps: Vec<ReachedStep>,
    /// The findings of the embedding checks.
    pub findings: Vec<FindingInfo>,
    /// The verification codes that the live service would have sent.
    pub codes: Vec<VerificationCode>,
    /// The person's answers: questionnaire key → question key → answer; `None` if they are invented.
    pub answers: Option<Value>,
    /// The uploaded pictures and videos.
    pub uploads: Vec<UploadInfo>,
    /// Tokens of its child sessions, in the order in which they began.
    pub children: Vec<String>,
    /// Its calls in the journal, in order.
    pub calls: Vec<CallSummary>,
}

/// A call about a session; the journal has its details.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CallSummary {
    /// Its id in the journal.
    pub id: u64,
    /// Time of the response.
    pub at: String,
    /// `GET`, `POST` …
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// Status of the response; `None` if the client received none.
    pub status: Option<u16>,
    /// The hint of the response, if the call was refused.
    pub hint: Option<String>,
}

/// The browser that opened the widget.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct BrowserInfo {
    /// Its IP address.
    pub remote_address: String,
    /// Its `User-Agent`.
    pub user_agent: String,
}

/// A step of the widget that the person reached.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ReachedStep {
    /// Its key.
    pub step: String,
    /// Its type.
    pub kind: String,
    /// Time of the first visit.
    pub at: String,
}

/// A finding of the embedding checks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct FindingInfo {
    /// Its name.
    pub finding: Finding,
    /// Time of the first report.
    pub at: String,
    /// The problem, as a sentence.
    pub problem: String,
    /// The remedy, with the line to change.
    pub remedy: String,
}

/// A verification code that the live service would have sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct VerificationCode {
    /// `e-mail` or `phone`.
    pub by: String,
    /// The address or number of the recipient.
    pub address: String,
    /// Four digits.
    pub code: String,
}

/// An uploaded picture or video.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct UploadInfo {
    /// Its kind: `card-front`.
    pub kind: String,
    /// Page of a general document, from 1.
    pub page: u32,
    /// Its content type: `image/png`.
    pub content_type: String,
    /// Its length.
    pub bytes: usize,
}

impl FindingInfo {
    pub(super) fn from_record(FindingRecord { finding, at }: &FindingRecord) -> Self {
        let (problem, remedy) = (finding.problem().to_owned(), finding.remedy().to_owned());
        Self { finding: *finding, at: at.to_string(), problem, remedy }
    }
}

impl CallSummary {
    pub(super) fn from_entry(OwnedCall { entry, .. }: &OwnedCall) -> Self {
        let call = &entry.recorded;
        let (at, method, path) = (call.at.to_string(), call.method.to_string(), call.path().to_owned());
        Self { id: entry.id, at, method, path, status: call.status, hint: call.refusal_hint() }
    }
}

impl SessionDetails {
    /// Describes its state: `was opened, and would return IN_PROGRESS; stage 1 of `approved` was reached`.
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
            Some(call) => {
                let hint = call.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
                format!("calls in the journal: {}, the last to {}{hint}", self.calls.len(), call.path)
            }
            None => "calls in the journal: none".to_owned(),
        };
        format!(
            "{person}; `result/` would return {current_result}, {stage} of the scenario `{scenario}` was reached; \
             {calls}"
        )
    }
}
