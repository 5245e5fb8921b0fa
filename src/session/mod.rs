//! The rules of a session: what it holds and how it gets on. Pure: time comes in as `now`.

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
pub use self::error::{DecisionError, FinishError};
pub(crate) use self::events::{DueSessionEvent, EventCursor, SessionEvent};
use self::observed::ObservedResults;
pub use self::timeline::TimelineEntry;
#[cfg(feature = "media")]
pub use self::uploads::UploadError;
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
    pub(crate) switches: BooleanFlags,
    step_types: StepTypes,
    begun_at: Timestamp,
    expires_at: Timestamp,
    /// Whether somebody noticed that the token ran out before the person was through.
    has_expired: bool,
    observed: ObservedResults,
    stage_progress: StageProgress,
    /// What most sessions do not have, most of the time.
    activity: Option<Box<ActivityState>>,
}

/// What comes to a session only when somebody does something with it.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
struct ActivityState {
    opened_at: Option<Timestamp>,
    browser: Option<Browser>,
    /// What the widget found out about where it runs.
    findings: Vec<FindingRecord>,
    /// The steps of the widget that the person came to.
    reached_steps: Vec<StepVisit>,
    progress: Option<Box<FlowProgress>>,
    pages: Option<Box<WidgetPages>>,
    /// Moves on with what others may be looking at and no event tells: progress, pages, parts.
    unobserved_changes: u32,
    finish: Option<FinishRecord>,
    /// What came of the scenario or was decided, in the order in which it did.
    reached_stages: Vec<ReachedStage>,
    /// When another scenario began to happen to it.
    scenario_switches: Vec<Timestamp>,
    faults: ActiveFaults,
    /// The session of several participants that this one is a part of.
    parent: Option<Token>,
    /// The sessions that are parts of this one.
    children: Vec<Token>,
    #[cfg(feature = "media")]
    uploads: Vec<Upload>,
    /// Who it is, as soon as somebody draws them.
    #[cfg(feature = "media")]
    #[serde(skip)]
    portrait: Option<Arc<PortraitSubject>>,
    /// The document as it was last rendered; gone as soon as something in it can change.
    #[serde(skip)]
    rendered: Option<Bytes>,
}

/// What `begin` fixes for good.
#[derive(Debug)]
pub(crate) struct NewSession {
    pub(crate) token: Token,
    pub(crate) spec: SessionSpec,
    /// What `asked` comes to.
    pub(crate) switches: BooleanFlags,
    pub(crate) step_types: StepTypes,
    pub(crate) lifetime: Duration,
    /// The session of several participants that this one is a part of.
    pub(crate) parent: Option<Token>,
}

/// What a session is asked for. It is cheap to clone, and can be read while nobody has to wait for the session.
#[derive(Debug, Clone)]
pub(crate) struct SessionSpec {
    pub(crate) own: FlagsAndSteps,
    pub(crate) saved: Option<Arc<SavedForm>>,
    pub(crate) scenario: Arc<Scenario>,
    /// Where the wish for the scenario came from.
    pub(crate) chosen_by: Cow<'static, str>,
}

impl SessionSpec {
    /// All that asks for something.
    pub(crate) fn form_layers(&self) -> FormLayers<'_> {
        let saved = self.saved.as_ref().map(|saved| &saved.flags_and_steps);
        FormLayers { saved, own: &self.own, scenario: Some(&self.scenario.form) }
    }

    /// How long the texts of all that asks for something are, in bytes.
    pub(crate) fn length(&self) -> usize {
        let saved = self.saved.as_ref().map_or(0, |saved| saved.flags_and_steps.length());
        saved + self.own.length() + self.scenario.form.length()
    }
}

flat!(Token);

/// What sessions share is not counted.
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

/// How the person got through.
#[derive(Debug, Clone, Deserialize, Serialize)]
struct FinishRecord {
    at: Timestamp,
    /// What the person filled in; what nobody was asked is invented.
    answers: Option<QuestionnaireAnswers>,
}

impl Session {
    /// Begins a session, and the stages of its scenario that come at once.
    pub(crate) fn begin(new: NewSession, now: Timestamp) -> Self {
        let NewSession { token, spec, switches, step_types, lifetime, parent } = new;
        let mut session = Self {
            token,
            spec,
            switches,
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

    /// What the faults of its scenario do to a call for it.
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

    /// Takes note of a call of `result/` that got its answer: the polls since the last stage can bring the next about.
    pub(crate) fn record_poll(&mut self, now: Timestamp) {
        self.stage_progress.count_poll();
        self.apply_due_stages(now);
    }

    /// What the session answers as it stands, with the document that `render` makes where there is none yet.
    ///
    /// # Errors
    ///
    /// The error that the scenario answers instead of a document.
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

    /// Notes that the widget was opened, and the browser that did; the first one counts.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when there is nothing more to do for a person at `now`.
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

    /// Lets the person get through, with the verdict of the scenario or a `forced` one, and these `answers` or those
    /// that they gave on their way.
    ///
    /// A session is finished once.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when it was finished before, or the token expired at or before `now`.
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

    /// Applies a decision from outside: `verdict`, or without one the stage that waits for a decision.
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

    /// Says whether a person can still get through.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when it was finished before, or the token expired at or before `now`.
    pub(crate) fn check_open(&self, now: Timestamp) -> Result<(), FinishError> {
        if self.is_finished() {
            Err(FinishError::AlreadyFinished)
        } else if now >= self.expires_at {
            Err(FinishError::Expired)
        } else {
            Ok(())
        }
    }

    /// Whether the person is through.
    pub(crate) fn is_finished(&self) -> bool {
        self.finish_record().is_some()
    }

    fn finish_record(&self) -> Option<&FinishRecord> {
        self.activity.as_ref()?.finish.as_ref()
    }

    fn reached_stages(&self) -> &[ReachedStage] {
        self.activity.as_ref().map_or(&[], |activity| &activity.reached_stages)
    }

    /// When somebody opened the widget for the first time.
    pub(crate) fn opened_at(&self) -> Option<Timestamp> {
        self.activity.as_ref()?.opened_at
    }

    /// When the person was through.
    pub(crate) fn finished_at(&self) -> Option<Timestamp> {
        self.finish_record().map(|finish| finish.at)
    }

    /// Until when the widget can be opened.
    pub(crate) fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The document as it was last rendered, which calls that are remembered may share.
    #[cfg(feature = "metrics")]
    pub(crate) fn rendered(&self) -> Option<&Bytes> {
        self.activity.as_ref()?.rendered.as_ref()
    }

    /// Whether the token ran out before the person was through, as far as somebody noticed.
    pub(crate) fn has_expired(&self) -> bool {
        self.has_expired
    }

    /// Lets the token run out at `now`, where it has not already.
    ///
    /// # Errors
    ///
    /// [`FinishError::AlreadyFinished`] when the person is through: nothing would change.
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

    /// What happens to it.
    pub(crate) fn scenario(&self) -> &Scenario {
        &self.spec.scenario
    }

    pub(crate) fn config_id(&self) -> Option<&str> {
        self.spec.saved.as_ref().map(|saved| &*saved.config_id)
    }

    pub(crate) fn begun_at(&self) -> Timestamp {
        self.begun_at
    }

    /// The person who is drawn; `cast` says who it is, once for all when they are through.
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

    /// The session of several participants that this one is a part of.
    pub(crate) fn parent(&self) -> Option<Token> {
        self.activity.as_ref()?.parent
    }

    /// When the vendor looked at the person's document: when they finished, or at the beginning where nobody did.
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
