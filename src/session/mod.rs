//! The rules of a session: its state and its transitions. Pure: the time is the parameter `now`.

mod error;
mod events;
mod observed;
mod parts;
pub(crate) mod serialization;
mod stages;
mod steps;
mod timeline;
#[cfg(feature = "media")]
mod uploads;
mod widget_pages;

use std::{borrow::Cow, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use self::error::NO_SESSION;
pub(crate) use self::error::{DecisionError, FinishError};
pub(crate) use self::events::{DueSessionEvent, EventCursor, SessionEvent};
use self::observed::ObservedResults;
pub use self::timeline::TimelineEntry;
#[cfg(feature = "media")]
pub(crate) use self::uploads::UploadError;
#[cfg(feature = "media")]
pub(crate) use self::uploads::{Upload, UploadStorage};
pub(crate) use self::{
    stages::CurrentResult,
    steps::{FindingRecord, StepVisit},
    widget_pages::{Viewer, WidgetPage},
};
use self::{
    stages::{ReachedStage, StageProgress},
    widget_pages::WidgetPages,
};
#[cfg(feature = "media")]
use crate::media::PortraitSubject;
use crate::{
    clock::later,
    faults::{ActiveFaults, Endpoint, FaultContext, FaultHit},
    flow::{FlowProgress, QuestionnaireAnswers},
    heap::{OnHeap, allocated, flat, shared},
    scenario::{Scenario, Verdict},
    vendor::{BooleanFlags, ErrorCode, FlagsAndSteps, FormLayers, SavedForm, StepTypes, Token},
};

/// One verification of one person.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) token: Token,
    pub(crate) spec: SessionSpec,
    pub(crate) boolean_flags: BooleanFlags,
    step_types: StepTypes,
    begun_at: Timestamp,
    expires_at: Timestamp,
    /// Whether the expiry before the end was noticed.
    has_expired: bool,
    observed: ObservedResults,
    stage_progress: StageProgress,
    /// State that most sessions do not have yet.
    activity: Option<Box<ActivityState>>,
}

/// State that exists only after the first action on the session.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
struct ActivityState {
    opened_at: Option<Timestamp>,
    browser: Option<Browser>,
    /// Findings of the widget's embedding checks.
    findings: Vec<FindingRecord>,
    /// The steps of the widget that the person reached.
    reached_steps: Vec<StepVisit>,
    progress: Option<Box<FlowProgress>>,
    pages: Option<Box<WidgetPages>>,
    /// Counts changes without an event that a waiter may watch: progress, pages, child sessions.
    unobserved_changes: u32,
    finish: Option<FinishRecord>,
    /// The reached stages and the decisions, in order.
    reached_stages: Vec<ReachedStage>,
    /// Times at which the scenario was switched.
    scenario_switches: Vec<Timestamp>,
    faults: ActiveFaults,
    /// The parent session.
    parent: Option<Token>,
    /// The child sessions.
    children: Vec<Token>,
    #[cfg(feature = "media")]
    uploads: Vec<Upload>,
    /// The person, once they are drawn.
    #[cfg(feature = "media")]
    #[serde(skip)]
    portrait: Option<Arc<PortraitSubject>>,
    /// The document as last rendered; dropped when it can change.
    #[serde(skip)]
    rendered: Option<Bytes>,
}

/// The values that `begin` sets once.
#[derive(Debug)]
pub(crate) struct NewSession {
    pub(crate) token: Token,
    pub(crate) spec: SessionSpec,
    /// The boolean flags that follow from `spec`.
    pub(crate) boolean_flags: BooleanFlags,
    pub(crate) step_types: StepTypes,
    pub(crate) lifetime: Duration,
    /// The parent session.
    pub(crate) parent: Option<Token>,
}

/// The flags, steps and scenario of a session. It is cheap to clone, and is read without the lock of the session.
#[derive(Debug, Clone)]
pub(crate) struct SessionSpec {
    pub(crate) own: FlagsAndSteps,
    pub(crate) saved: Option<Arc<SavedForm>>,
    pub(crate) scenario: Arc<Scenario>,
    /// The source of the scenario.
    pub(crate) chosen_by: Cow<'static, str>,
}

impl SessionSpec {
    /// Returns all layers of flags and steps.
    pub(crate) fn form_layers(&self) -> FormLayers<'_> {
        let saved = self.saved.as_ref().map(|saved| &saved.flags_and_steps);
        FormLayers { saved, own: &self.own, scenario: Some(&self.scenario.form) }
    }

    /// Returns the length of their texts, in bytes.
    pub(crate) fn length(&self) -> usize {
        let saved = self.saved.as_ref().map_or(0, |saved| saved.flags_and_steps.length());
        saved + self.own.length() + self.scenario.form.length()
    }
}

flat!(Token);

/// Does not count what sessions share.
impl OnHeap for Session {
    fn on_heap(&self) -> usize {
        let SessionSpec { own, chosen_by, .. } = &self.spec;
        let chosen_by = if let Cow::Owned(text) = chosen_by { text.on_heap() } else { 0 };
        let form = if own.is_empty() { 0 } else { shared(own.length()) };
        form + chosen_by + self.activity.on_heap()
    }
}

impl OnHeap for ActivityState {
    fn on_heap(&self) -> usize {
        let browser = self.browser.as_ref();
        let browser = browser.map_or(0, |browser| browser.user_agent.on_heap() + browser.remote_address.on_heap());
        let walked =
            self.reached_steps.on_heap() + self.findings.on_heap() + self.progress.on_heap() + self.pages.on_heap();
        let lists = self.reached_stages.on_heap() + self.scenario_switches.on_heap() + self.children.on_heap();
        let answers = self.finish.as_ref().and_then(|finish| finish.answers.as_ref());
        let rendered = self.rendered.as_ref().map_or(0, |rendered| allocated(rendered.len()));
        browser + walked + lists + answers.map_or(0, |answers| answers.to_json().on_heap()) + rendered
    }
}

/// The browser that opened the widget.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Browser {
    pub(crate) remote_address: String,
    pub(crate) user_agent: String,
}

/// How the person finished.
#[derive(Debug, Clone, Deserialize, Serialize)]
struct FinishRecord {
    at: Timestamp,
    /// The person's answers; other questions get invented answers.
    answers: Option<QuestionnaireAnswers>,
}

impl Session {
    /// Begins a session, and applies the stages that are due at once.
    pub(crate) fn begin(new: NewSession, now: Timestamp) -> Self {
        let NewSession { token, spec, boolean_flags, step_types, lifetime, parent } = new;
        let mut session = Self {
            token,
            spec,
            boolean_flags,
            step_types,
            begun_at: now,
            expires_at: later(now, lifetime),
            has_expired: false,
            observed: ObservedResults::default(),
            stage_progress: StageProgress::new(now),
            activity: parent.map(|parent| Box::new(ActivityState { parent: Some(parent), ..ActivityState::default() })),
        };
        session.apply_due_stages(now);
        session
    }

    /// Applies the faults of its scenario to a call.
    pub(crate) fn apply_faults(&mut self, endpoint: Endpoint, now: Timestamp) -> Vec<FaultHit> {
        let (token, scenario) = (self.token, &self.spec.scenario.name);
        let Some(activity) = self.activity.as_mut().filter(|activity| !activity.faults.is_empty()) else {
            return Vec::new();
        };
        let occasion = FaultContext {
            endpoint: Some(endpoint),
            session: Some(token.as_str()),
            scenario: Some(scenario),
            is_second_look: false,
        };
        activity.faults.apply(&occasion, false, now, |purpose| token.draw(purpose))
    }

    /// Counts a poll after its response; polls since the last stage can fire a trigger.
    pub(crate) fn record_poll(&mut self, now: Timestamp) {
        self.stage_progress.count_poll();
        self.apply_due_stages(now);
    }

    /// Returns the current result document. `render` creates it if none is kept.
    ///
    /// # Errors
    ///
    /// The error that the scenario returns.
    pub(crate) fn render_result(
        &mut self,
        render: impl FnOnce(&Self, CurrentResult<'_>) -> Bytes,
    ) -> Result<Bytes, ErrorCode> {
        if let Some(rendered) = self.activity.as_ref().and_then(|activity| activity.rendered.as_ref()) {
            return Ok(rendered.clone());
        }
        let rendered = match self.current_result() {
            CurrentResult::Error(code) => return Err(code),
            standing => render(self, standing),
        };
        self.activity_mut().rendered = Some(rendered.clone());
        Ok(rendered)
    }

    /// Records that a browser opened the widget; only the first one counts.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when the session is finished or expired at `now`.
    pub(crate) fn open(&mut self, browser: &Browser, now: Timestamp) -> Result<(), FinishError> {
        self.check_open(now)?;
        if self.browser().is_none() {
            self.apply_due_stages(now);
            let activity = self.activity_mut();
            activity.opened_at = Some(now);
            activity.browser = Some(browser.clone());
            activity.rendered = None;
            self.apply_due_stages(now);
        }
        Ok(())
    }

    /// Finishes the session, with the scenario's verdict or a `forced` one, and these `answers` or those of the flow.
    ///
    /// A session is finished only once.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when the session is finished, or expired at or before `now`.
    pub(crate) fn finish(
        &mut self,
        forced: Option<Verdict>,
        answers: Option<QuestionnaireAnswers>,
        now: Timestamp,
    ) -> Result<(), FinishError> {
        self.check_open(now)?;
        self.apply_due_stages(now);
        let activity = self.activity_mut();
        let answers = answers.or_else(|| QuestionnaireAnswers::partial(activity.progress.as_ref()?.answers()));
        activity.finish = Some(FinishRecord { at: now, answers });
        activity.rendered = None;
        match forced {
            Some(verdict) => self.apply_forced_verdict(verdict, now),
            None => self.apply_due_stages(now),
        }
        Ok(())
    }

    /// Applies a decision: `verdict`, or without one the decision that the scenario waits for.
    ///
    /// # Errors
    ///
    /// [`DecisionError::NotAwaited`] without a verdict when no stage waits for a decision.
    pub(crate) fn decide(&mut self, verdict: Option<Verdict>, now: Timestamp) -> Result<(), DecisionError> {
        self.apply_due_stages(now);
        if let Some(verdict) = verdict {
            self.apply_decision(verdict, now);
            return Ok(());
        }
        if self.apply_awaited_decision(now) {
            return Ok(());
        }
        let waits = match self.next_stage() {
            Some(stage) => format!("waits for `{}` now", stage.triggers()),
            None => "has no pending stage".into(),
        };
        let name = &self.scenario().name;
        Err(DecisionError::NotAwaited(format!(
            "the scenario `{name}` {waits}, not for `operator`; name an outcome, or use a scenario with such a stage"
        )))
    }

    /// Checks that the session can still be finished.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when the session is finished, or expired at or before `now`.
    pub(crate) fn check_open(&self, now: Timestamp) -> Result<(), FinishError> {
        if self.is_finished() {
            Err(FinishError::AlreadyFinished)
        } else if now >= self.expires_at {
            Err(FinishError::Expired)
        } else {
            Ok(())
        }
    }

    /// Whether the person has finished.
    pub(crate) fn is_finished(&self) -> bool {
        self.finish_record().is_some()
    }

    fn finish_record(&self) -> Option<&FinishRecord> {
        self.activity.as_ref()?.finish.as_ref()
    }

    fn reached_stages(&self) -> &[ReachedStage] {
        self.activity.as_ref().map_or(&[], |activity| &activity.reached_stages)
    }

    /// Returns the time at which the widget was first opened.
    pub(crate) fn opened_at(&self) -> Option<Timestamp> {
        self.activity.as_ref()?.opened_at
    }

    /// Returns the time at which the person finished.
    pub(crate) fn finished_at(&self) -> Option<Timestamp> {
        self.finish_record().map(|finish| finish.at)
    }

    /// Returns the time until which the widget can be opened.
    pub(crate) fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Returns the document as last rendered, which recorded calls may share.
    #[cfg(feature = "metrics")]
    pub(crate) fn rendered(&self) -> Option<&Bytes> {
        self.activity.as_ref()?.rendered.as_ref()
    }

    /// Whether the expiry before the end was noticed.
    pub(crate) fn has_expired(&self) -> bool {
        self.has_expired
    }

    /// Expires the token at `now`, unless it has expired.
    ///
    /// # Errors
    ///
    /// [`FinishError::AlreadyFinished`] when the person has finished: nothing would change.
    pub(crate) fn expire(&mut self, now: Timestamp) -> Result<(), FinishError> {
        if self.is_finished() {
            return Err(FinishError::AlreadyFinished);
        }
        self.apply_due_stages(now);
        self.expires_at = self.expires_at.min(now);
        self.apply_due_stages(now);
        Ok(())
    }

    fn activity_mut(&mut self) -> &mut ActivityState {
        self.activity.get_or_insert_default()
    }

    /// Returns its scenario.
    pub(crate) fn scenario(&self) -> &Scenario {
        &self.spec.scenario
    }

    pub(crate) fn config_id(&self) -> Option<&str> {
        self.spec.saved.as_ref().map(|saved| &*saved.config_id)
    }

    pub(crate) fn begun_at(&self) -> Timestamp {
        self.begun_at
    }

    /// Returns the person. `cast` draws them, once for all after the end.
    #[cfg(feature = "media")]
    pub(crate) fn portrait(&mut self, cast: impl FnOnce(&Self) -> PortraitSubject) -> Arc<PortraitSubject> {
        if let Some(portrait) = self.activity.as_ref().and_then(|activity| activity.portrait.as_ref()) {
            return portrait.clone();
        }
        let portrait = Arc::new(cast(self));
        if self.was_processed() {
            self.activity_mut().portrait = Some(portrait.clone());
        }
        portrait
    }

    /// Returns the parent session.
    pub(crate) fn parent(&self) -> Option<Token> {
        self.activity.as_ref()?.parent
    }

    /// Returns the time at which the vendor checks the document: the end, otherwise the beginning.
    pub(crate) fn checked_at(&self) -> Timestamp {
        self.finish_record().map_or(self.begun_at, |finish| finish.at)
    }

    pub(crate) fn browser(&self) -> Option<&Browser> {
        self.activity.as_ref()?.browser.as_ref()
    }

    pub(crate) fn answers(&self) -> Option<&QuestionnaireAnswers> {
        self.finish_record()?.answers.as_ref()
    }
}
