//! The rules of a session: what it holds and how it gets on. Pure: time comes in as `now`.

mod flags;
mod outcome;
mod steps;
mod token;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;

pub use self::outcome::Outcome;
pub(crate) use self::{
    flags::{DocumentType, Flags},
    steps::{Answers, Question, Questionnaire, Steps},
    token::{Token, TokenSource},
};
use crate::{
    clock::later,
    company::Tenant,
    scenario::{Effect, Scenario, Trigger, Verdict},
    vendor_error::ErrorCode,
};

/// One verification of one person.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) token: Token,
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) flags: Flags,
    pub(crate) steps: Steps,
    pub(crate) config_id: Option<String>,
    pub(crate) scenario: Arc<Scenario>,
    begun_at: Timestamp,
    expires_at: Timestamp,
    browser: Option<Browser>,
    finish: Option<Box<Finish>>,
    /// How many stages of the scenario have come, when the last one came, and the polls since.
    stages_reached: usize,
    stage_since: Timestamp,
    polls: u32,
    /// The result document as it was last rendered; gone as soon as something in it can change.
    rendered: Option<Bytes>,
}

/// What `begin` fixes for good.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) token: Token,
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) flags: Flags,
    pub(crate) steps: Steps,
    pub(crate) config_id: Option<String>,
    pub(crate) scenario: Arc<Scenario>,
    pub(crate) lifetime: Duration,
}

/// The browser that opened the widget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Browser {
    pub(crate) remote_address: String,
    pub(crate) user_agent: String,
}

/// How the person got through.
#[derive(Debug)]
struct Finish {
    at: Timestamp,
    /// The verdict that was asked for instead of the scenario's.
    forced: Option<Verdict>,
    /// What the person filled in; without it the answers are invented.
    answers: Option<Answers>,
}

/// Why a session cannot be opened or finished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FinishError {
    /// There is no such session, or it was deleted.
    #[error("there is no session of that token; it may have been deleted")]
    NoSuchSession,
    /// A session is finished once.
    #[error("the person has finished this session already")]
    AlreadyFinished,
    /// The token ran out before the person was through.
    #[error("the session token has expired")]
    Expired,
    /// The answers do not fit the questions.
    #[error("{0}")]
    Answers(String),
}

impl Session {
    /// Begins a session, and the stages of its scenario that come at once.
    pub(crate) fn begin(opening: Opening, now: Timestamp) -> Self {
        let Opening { token, tenant, flags, steps, config_id, scenario, lifetime } = opening;
        let mut session = Self {
            token,
            tenant,
            flags,
            steps,
            config_id,
            scenario,
            begun_at: now,
            expires_at: later(now, lifetime),
            browser: None,
            finish: None,
            stages_reached: 0,
            stage_since: now,
            polls: 0,
            rendered: None,
        };
        session.settle(now);
        session
    }

    /// Brings the stages about that are due at `now`.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        while let Some(next) = self.scenario.stages.get(self.stages_reached) {
            let came_at = match &next.when {
                Trigger::Begin => Some(self.stage_since),
                Trigger::Widget => self.finish.as_ref().map(|finish| finish.at.max(self.stage_since)),
                Trigger::Polls(polls) => (self.polls >= *polls).then_some(now),
                Trigger::After(time) => Some(later(self.stage_since, *time)).filter(|due| *due <= now),
            };
            let Some(came_at) = came_at else { return };
            self.stages_reached += 1;
            self.stage_since = came_at;
            self.polls = 0;
            self.rendered = None;
        }
    }

    /// Takes note of a call of `result/`: the polls since the last stage can bring the next one about.
    pub(crate) fn poll(&mut self, now: Timestamp) {
        self.settle(now);
        self.polls = self.polls.saturating_add(1);
    }

    /// What the session answers as it stands, with the document that `render` makes where there is none yet.
    ///
    /// # Errors
    ///
    /// The error that the scenario answers instead of a document.
    pub(crate) fn answer(&mut self, render: impl FnOnce(&Self, &Verdict) -> Bytes) -> Result<Bytes, ErrorCode> {
        if let Some(rendered) = &self.rendered {
            return Ok(rendered.clone());
        }
        let last_stage = self.stages_reached.checked_sub(1).map(|last| &self.scenario.stages[last].effect);
        let forced = self.finish.as_ref().and_then(|finish| finish.forced.as_ref());
        let verdict = match (forced, last_stage) {
            (Some(verdict), _) | (None, Some(Effect::Verdict(verdict))) => verdict,
            (None, Some(Effect::Error(code))) => return Err(*code),
            (None, None) => &Verdict::IN_PROGRESS,
        };
        let rendered = render(self, verdict);
        self.rendered = Some(rendered.clone());
        Ok(rendered)
    }

    /// Notes the browser that opened the widget; the first one counts.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when there is nothing more to do for a person at `now`.
    pub(crate) fn open(&mut self, browser: Browser, now: Timestamp) -> Result<(), FinishError> {
        self.check_open(now)?;
        if self.browser.is_none() {
            self.browser = Some(browser);
            self.rendered = None;
        }
        Ok(())
    }

    /// Lets the person get through, with the verdict of the scenario or a `forced` one.
    ///
    /// A session is finished once.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when it was finished before, or the token expired at or before `now`.
    pub(crate) fn finish(
        &mut self,
        forced: Option<Verdict>,
        answers: Option<Answers>,
        now: Timestamp,
    ) -> Result<(), FinishError> {
        self.check_open(now)?;
        self.settle(now);
        self.finish = Some(Box::new(Finish { at: now, forced, answers }));
        self.rendered = None;
        self.settle(now);
        Ok(())
    }

    /// Says whether a person can still get through.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when it was finished before, or the token expired at or before `now`.
    pub(crate) fn check_open(&self, now: Timestamp) -> Result<(), FinishError> {
        if self.finish.is_some() {
            Err(FinishError::AlreadyFinished)
        } else if now >= self.expires_at {
            Err(FinishError::Expired)
        } else {
            Ok(())
        }
    }

    pub(crate) fn begun_at(&self) -> Timestamp {
        self.begun_at
    }

    /// When the vendor looked at the person's document: when they finished, or at the beginning where nobody did.
    pub(crate) fn checked_at(&self) -> Timestamp {
        self.finish.as_ref().map_or(self.begun_at, |finish| finish.at)
    }

    pub(crate) fn browser(&self) -> Option<&Browser> {
        self.browser.as_ref()
    }

    pub(crate) fn answers(&self) -> Option<&Answers> {
        self.finish.as_ref()?.answers.as_ref()
    }

    /// Whether a document step is part of the session.
    pub(crate) fn has_document_step(&self) -> bool {
        !self.flags.is_on("skip_document") || self.steps.has("identity-document")
    }

    /// Whether a face step is part of the session.
    pub(crate) fn has_face_step(&self) -> bool {
        !self.flags.is_on("skip_face") || self.has_liveness_step()
    }

    /// Whether liveness is checked.
    pub(crate) fn has_liveness(&self) -> bool {
        self.has_liveness_step() || (self.flags.is_on("liveness") && self.has_face_step())
    }

    fn has_liveness_step(&self) -> bool {
        self.steps.has("liveness")
    }

    /// Whether a general document is part of the session.
    pub(crate) fn has_general_document_step(&self) -> bool {
        self.flags.wants_general_document() || self.steps.has("general-document")
    }
}
