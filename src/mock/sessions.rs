//! Reading sessions.

use std::{ops::ControlFlow, sync::Arc};

use jiff::Timestamp;

use super::{
    BrowserInfo, CallFilter, CallSummary, FindingInfo, MockService, ReachedStep, SessionDetails, SessionInfo,
    UploadInfo,
    screens::{sent_codes, spec_and_progress},
};
use crate::{
    catalogue::Catalogue,
    company::Tenant,
    session::{CurrentResult, Session, SessionSpec, StepVisit},
    vendor::{ResultCase, Token},
};

impl SessionInfo {
    fn from_snapshot(snapshot: SessionSnapshot, tenant: &Tenant) -> Self {
        let layers = snapshot.spec.form_layers();
        Self {
            token: snapshot.token.to_string(),
            company_key: tenant.key.clone(),
            scenario: snapshot.spec.scenario.name.clone(),
            chosen_by: snapshot.spec.chosen_by.to_string(),
            stage: snapshot.stage,
            current_result: snapshot.answer,
            flags: layers.read_flags().into_value(),
            steps: layers.read_steps().into_list().into(),
            config_id: snapshot.spec.saved.as_ref().map(|saved| saved.config_id.to_string()),
            parent: snapshot.parent.map(|parent| parent.to_string()),
            begun_at: snapshot.begun_at.to_string(),
            expires_at: snapshot.expires_at.to_string(),
            opened_at: snapshot.opened_at.map(|at| at.to_string()),
            finished_at: snapshot.finished_at.map(|at| at.to_string()),
            is_opened: snapshot.opened_at.is_some(),
            is_finished: snapshot.finished_at.is_some(),
        }
    }
}

/// The values read under the lock of a session. Flags and steps are long, and read afterwards.
struct SessionSnapshot {
    token: Token,
    spec: SessionSpec,
    stage: Option<usize>,
    answer: String,
    parent: Option<Token>,
    begun_at: Timestamp,
    expires_at: Timestamp,
    opened_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
}

fn take_snapshot(session: &mut Session, catalogue: &Catalogue, now: Timestamp) -> SessionSnapshot {
    session.apply_due_stages(now);
    SessionSnapshot {
        token: session.token,
        spec: session.spec.clone(),
        stage: session.last_stage(),
        answer: answer_of(session, catalogue),
        parent: session.parent(),
        begun_at: session.begun_at(),
        expires_at: session.expires_at(),
        opened_at: session.opened_at(),
        finished_at: session.finished_at(),
    }
}

/// Returns the current result as a word.
pub(super) fn answer_of(session: &Session, catalogue: &Catalogue) -> String {
    match session.current_result() {
        CurrentResult::Verdict(verdict) => verdict.result.word(ResultCase::Upper).into_owned(),
        CurrentResult::Error(code) => code.to_string(),
        CurrentResult::Document(name) => result_of_document(catalogue, name),
    }
}

/// Returns the `result` of a fixture document.
pub(super) fn result_of_document(catalogue: &Catalogue, name: &str) -> String {
    let document = catalogue.fixtures.documents.get(name).ok();
    document.and_then(|document| document.get("result")?.as_str()).unwrap_or_default().to_owned()
}

/// A filter for sessions.
#[derive(Debug, Default)]
pub(crate) struct SessionFilter {
    pub(crate) scenario: Option<String>,
    pub(crate) current_result: Option<String>,
    pub(crate) is_opened: Option<bool>,
    pub(crate) is_finished: Option<bool>,
    pub(crate) parent: Option<Token>,
}

impl SessionFilter {
    fn takes(&self, session: &Session, catalogue: &Catalogue) -> bool {
        let Self { scenario, current_result, is_opened, is_finished, parent } = self;
        scenario.as_ref().is_none_or(|name| *name == session.scenario().name)
            && is_opened.is_none_or(|is| is == session.opened_at().is_some())
            && is_finished.is_none_or(|is| is == session.is_finished())
            && parent.is_none_or(|parent| session.parent() == Some(parent))
            && current_result.as_ref().is_none_or(|word| word.eq_ignore_ascii_case(&answer_of(session, catalogue)))
    }
}

/// A range of a list of sessions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionRange {
    pub(crate) limit: usize,
    pub(crate) newest_first: bool,
    /// Number of the last session of the previous page.
    pub(crate) after: Option<u64>,
}

impl MockService {
    /// Returns sessions of one company or of all, with their numbers, oldest or newest first; and whether there are
    /// more.
    pub(crate) fn list_sessions(
        &self,
        tenant: Option<&Arc<Tenant>>,
        filter: &SessionFilter,
        range: SessionRange,
    ) -> (Vec<(u64, SessionInfo)>, bool) {
        let SessionRange { limit, newest_first, after } = range;
        let mut found = Vec::new();
        for tenant in tenant.map_or_else(|| self.tenants.all(), |tenant| vec![tenant.clone()]) {
            let (now, mut of_this) = (tenant.clock.now(), 0);
            tenant.sessions.scan(after, newest_first, |number, session, catalogue| {
                session.apply_due_stages(now);
                if filter.takes(session, catalogue) {
                    found.push((number, take_snapshot(session, catalogue, now), tenant.clone()));
                    of_this += 1;
                }
                if of_this > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        }
        found.sort_by_key(|(number, ..)| if newest_first { u64::MAX - number } else { *number });
        let has_more = found.len() > limit;
        found.truncate(limit);
        let infos =
            found.into_iter().map(|(number, snapshot, tenant)| (number, SessionInfo::from_snapshot(snapshot, &tenant)));
        (infos.collect(), has_more)
    }

    /// Returns a session; `None` if there is none with this token.
    pub(crate) fn find_session(&self, token: &str) -> Option<SessionInfo> {
        let (token, tenant) = (Token::parse(token)?, self.tenant_of(token)?);
        let now = tenant.clock.now();
        let snapshot = tenant.sessions.update(&token, |session, catalogue| take_snapshot(session, catalogue, now))?;
        Some(SessionInfo::from_snapshot(snapshot, &tenant))
    }

    /// Returns a session with its details; `None` if there is none with this token.
    pub(crate) fn session_details(&self, token: &str) -> Option<SessionDetails> {
        let (known, tenant) = (Token::parse(token)?, self.tenant_of(token)?);
        let now = tenant.clock.now();
        let (snapshot, details) = tenant.sessions.update(&known, |session, catalogue| {
            let snapshot = take_snapshot(session, catalogue, now);
            let step = |reached: &StepVisit| ReachedStep {
                step: reached.step.clone(),
                kind: reached.kind.clone(),
                at: reached.at.to_string(),
            };
            let details = (
                session.timeline(),
                session.browser().cloned(),
                session.reached_steps().iter().map(step).collect(),
                session.answers().cloned(),
                uploads(session),
                session.findings().iter().map(FindingInfo::from_record).collect(),
                spec_and_progress(session),
            );
            (snapshot, details)
        })?;
        let (timeline, browser, reached_steps, answers, uploads, findings, (spec, progress)) = details;
        Some(SessionDetails {
            scenario_description: snapshot.spec.scenario.description.clone(),
            return_url: snapshot.spec.form_layers().read_flags().return_url().map(str::to_owned),
            session: SessionInfo::from_snapshot(snapshot, &tenant),
            timeline,
            browser: browser
                .map(|browser| BrowserInfo { remote_address: browser.remote_address, user_agent: browser.user_agent }),
            reached_steps,
            findings,
            codes: sent_codes(token, &spec, &progress),
            answers: answers.map(|answers| answers.to_json().clone().into()),
            uploads,
            children: self.children(token).iter().map(ToString::to_string).collect(),
            calls: self.calls_of(&tenant, known),
        })
    }

    fn calls_of(&self, tenant: &Arc<Tenant>, token: Token) -> Vec<CallSummary> {
        let filter = CallFilter { session: Some(token), ..CallFilter::default() };
        let (calls, _) = self.find_calls(Some(tenant), &filter);
        calls.iter().map(CallSummary::from_entry).collect()
    }

    /// Returns the last calls of a company, or of all journals, in order.
    pub(crate) fn last_calls(&self, tenant: Option<&Arc<Tenant>>, most: usize) -> Vec<CallSummary> {
        let (calls, _) = self.find_calls(tenant, &CallFilter::default());
        calls[calls.len().saturating_sub(most)..].iter().map(CallSummary::from_entry).collect()
    }

    /// Removes a session without a result document; false if there is none with this token.
    pub(crate) fn remove_session(&self, token: &str) -> bool {
        let (Some(known), Some(tenant)) = (Token::parse(token), self.tenant_of(token)) else { return false };
        tenant.sessions.remove(&known, tenant.clock.now(), |_, _| ((), true)).is_some()
    }
}

#[cfg(feature = "media")]
fn uploads(session: &Session) -> Vec<UploadInfo> {
    let uploads = session.uploads().iter().map(|upload| UploadInfo {
        kind: upload.kind.to_string(),
        page: upload.page,
        content_type: upload.media.content_type.to_owned(),
        bytes: upload.media.bytes.len(),
    });
    uploads.collect()
}

#[cfg(not(feature = "media"))]
fn uploads(_session: &Session) -> Vec<UploadInfo> {
    Vec::new()
}
