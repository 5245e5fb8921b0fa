//! The rules of a session: what it holds and how it gets on. Pure: time comes in as `now`.

mod course;
mod devices;
mod error;
mod happened;
mod parts;
mod timeline;
mod told;
#[cfg(feature = "media")]
mod uploads;
mod walk;
pub(crate) mod written;

use std::{borrow::Cow, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use self::error::NO_SESSION;
pub use self::error::{DecideError, FinishError};
pub(crate) use self::happened::{Happened, Seen, SessionEvent};
pub use self::timeline::TimelineEntry;
use self::told::Told;
#[cfg(feature = "media")]
pub use self::uploads::UploadError;
#[cfg(feature = "media")]
pub(crate) use self::uploads::{Storage, Upload};
pub(crate) use self::{
    course::Standing,
    devices::{Page, Viewer},
    walk::{Found, Reached},
};
use self::{
    course::{Came, Course},
    devices::Devices,
};
#[cfg(feature = "media")]
use crate::media::Sitter;
use crate::{
    clock::later,
    faults::{Endpoint, FaultList, Occasion, Strike},
    flow::{Answers, Progress},
    heap::{OnHeap, allocated, flat, shared},
    scenario::{Scenario, Verdict},
    vendor::{ErrorCode, Form, Layers, SavedForm, StepTypes, Switches, Token},
};

/// One verification of one person.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) token: Token,
    pub(crate) asked: Asked,
    pub(crate) switches: Switches,
    step_types: StepTypes,
    begun_at: Timestamp,
    expires_at: Timestamp,
    /// Whether somebody noticed that the token ran out before the person was through.
    has_expired: bool,
    told: Told,
    course: Course,
    /// What most sessions do not have, most of the time.
    rest: Option<Box<Rest>>,
}

/// What comes to a session only when somebody does something with it.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
struct Rest {
    opened_at: Option<Timestamp>,
    browser: Option<Browser>,
    /// What the widget found out about where it runs.
    findings: Vec<Found>,
    /// The steps of the widget that the person came to.
    reached: Vec<Reached>,
    progress: Option<Box<Progress>>,
    devices: Option<Box<Devices>>,
    /// Moves on with what others may be looking at and no event tells: progress, pages, parts.
    turns: u32,
    finish: Option<Finish>,
    /// What came of the scenario or was decided, in the order in which it did.
    came: Vec<Came>,
    /// When another scenario began to happen to it.
    played: Vec<Timestamp>,
    faults: FaultList,
    /// The session of several participants that this one is a part of.
    parent: Option<Token>,
    /// The sessions that are parts of this one.
    parts: Vec<Token>,
    #[cfg(feature = "media")]
    uploads: Vec<Upload>,
    /// Who it is, as soon as somebody draws them.
    #[cfg(feature = "media")]
    #[serde(skip)]
    sitter: Option<Arc<Sitter>>,
    /// The document as it was last rendered; gone as soon as something in it can change.
    #[serde(skip)]
    rendered: Option<Bytes>,
}

/// What `begin` fixes for good.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) token: Token,
    pub(crate) asked: Asked,
    /// What `asked` comes to.
    pub(crate) switches: Switches,
    pub(crate) step_types: StepTypes,
    pub(crate) lifetime: Duration,
    /// The session of several participants that this one is a part of.
    pub(crate) parent: Option<Token>,
}

/// What a session is asked for. It is cheap to clone, and can be read while nobody has to wait for the session.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) own: Form,
    pub(crate) saved: Option<Arc<SavedForm>>,
    pub(crate) scenario: Arc<Scenario>,
    /// Where the wish for the scenario came from.
    pub(crate) chosen_by: Cow<'static, str>,
}

impl Asked {
    /// All that asks for something.
    pub(crate) fn layers(&self) -> Layers<'_> {
        let saved = self.saved.as_ref().map(|saved| &saved.form);
        Layers { saved, own: &self.own, scenario: Some(&self.scenario.form) }
    }

    /// How long the texts of all that asks for something are, in bytes.
    pub(crate) fn length(&self) -> usize {
        let saved = self.saved.as_ref().map_or(0, |saved| saved.form.length());
        saved + self.own.length() + self.scenario.form.length()
    }
}

flat!(Token);

/// What sessions share is not counted.
impl OnHeap for Session {
    fn on_heap(&self) -> usize {
        let Asked { own, chosen_by, .. } = &self.asked;
        let chosen_by = if let Cow::Owned(text) = chosen_by { text.on_heap() } else { 0 };
        let form = if own.is_empty() { 0 } else { shared(own.length()) };
        form + chosen_by + self.rest.on_heap()
    }
}

impl OnHeap for Rest {
    fn on_heap(&self) -> usize {
        let browser = self.browser.as_ref();
        let browser = browser.map_or(0, |browser| browser.user_agent.on_heap() + browser.remote_address.on_heap());
        let walked =
            self.reached.on_heap() + self.findings.on_heap() + self.progress.on_heap() + self.devices.on_heap();
        let lists = self.came.on_heap() + self.played.on_heap() + self.parts.on_heap();
        let answers = self.finish.as_ref().and_then(|finish| finish.answers.as_ref());
        let rendered = self.rendered.as_ref().map_or(0, |rendered| allocated(rendered.len()));
        browser + walked + lists + answers.map_or(0, |answers| answers.given().on_heap()) + rendered
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
struct Finish {
    at: Timestamp,
    /// What the person filled in; what nobody was asked is invented.
    answers: Option<Answers>,
}

impl Session {
    /// Begins a session, and the stages of its scenario that come at once.
    pub(crate) fn begin(opening: Opening, now: Timestamp) -> Self {
        let Opening { token, asked, switches, step_types, lifetime, parent } = opening;
        let mut session = Self {
            token,
            asked,
            switches,
            step_types,
            begun_at: now,
            expires_at: later(now, lifetime),
            has_expired: false,
            told: Told::default(),
            course: Course::new(now),
            rest: parent.map(|parent| Box::new(Rest { parent: Some(parent), ..Rest::default() })),
        };
        session.settle(now);
        session
    }

    /// What the faults of its scenario do to a call for it.
    pub(crate) fn strike(&mut self, endpoint: Endpoint, now: Timestamp) -> Vec<Strike> {
        let (token, scenario) = (self.token, &self.asked.scenario.name);
        let Some(rest) = self.rest.as_mut().filter(|rest| !rest.faults.is_empty()) else { return Vec::new() };
        let occasion = Occasion {
            endpoint: Some(endpoint),
            session: Some(token.as_str()),
            scenario: Some(scenario),
            is_second_look: false,
        };
        rest.faults.strike(&occasion, false, now, |purpose| token.draw(purpose))
    }

    /// Takes note of a call of `result/` that got its answer: the polls since the last stage can bring the next about.
    pub(crate) fn polled(&mut self, now: Timestamp) {
        self.course.count_poll();
        self.settle(now);
    }

    /// What the session answers as it stands, with the document that `render` makes where there is none yet.
    ///
    /// # Errors
    ///
    /// The error that the scenario answers instead of a document.
    pub(crate) fn answer(&mut self, render: impl FnOnce(&Self, Standing<'_>) -> Bytes) -> Result<Bytes, ErrorCode> {
        if let Some(rendered) = self.rest.as_ref().and_then(|rest| rest.rendered.as_ref()) {
            return Ok(rendered.clone());
        }
        let rendered = match self.standing() {
            Standing::Error(code) => return Err(code),
            standing => render(self, standing),
        };
        self.rest().rendered = Some(rendered.clone());
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
            self.settle(now);
            let rest = self.rest();
            rest.opened_at = Some(now);
            rest.browser = Some(browser.clone());
            rest.rendered = None;
            self.settle(now);
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
        answers: Option<Answers>,
        now: Timestamp,
    ) -> Result<(), FinishError> {
        self.check_open(now)?;
        self.settle(now);
        let rest = self.rest();
        let answers = answers.or_else(|| Answers::partial(rest.progress.as_ref()?.answers()));
        rest.finish = Some(Finish { at: now, answers });
        rest.rendered = None;
        match forced {
            Some(verdict) => self.come_to_at_finish(verdict, now),
            None => self.settle(now),
        }
        Ok(())
    }

    /// Brings a decision about that is given from outside: that which the scenario waits for, or the one `asked` for.
    ///
    /// # Errors
    ///
    /// [`DecideError::NotAwaited`] when none is given and the scenario does not wait for one.
    pub(crate) fn decide(&mut self, asked: Option<Verdict>, now: Timestamp) -> Result<(), DecideError> {
        self.settle(now);
        if let Some(verdict) = asked {
            self.come_to(verdict, now);
            return Ok(());
        }
        if self.come_as_decided(now) {
            return Ok(());
        }
        let waits = match self.next_stage() {
            Some(stage) => format!("waits for `{}` now", stage.triggers()),
            None => "has no stage to come".into(),
        };
        let name = &self.scenario().name;
        Err(DecideError::NotAwaited(format!(
            "the scenario `{name}` {waits}, not for `operator`: say what is decided, or take a scenario with such a stage"
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
        self.finished().is_some()
    }

    fn finished(&self) -> Option<&Finish> {
        self.rest.as_ref()?.finish.as_ref()
    }

    fn came(&self) -> &[Came] {
        self.rest.as_ref().map_or(&[], |rest| &rest.came)
    }

    /// When somebody opened the widget for the first time.
    pub(crate) fn opened_at(&self) -> Option<Timestamp> {
        self.rest.as_ref()?.opened_at
    }

    /// When the person was through.
    pub(crate) fn finished_at(&self) -> Option<Timestamp> {
        self.finished().map(|finish| finish.at)
    }

    /// Until when the widget can be opened.
    pub(crate) fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The document as it was last rendered, which calls that are remembered may share.
    #[cfg(feature = "metrics")]
    pub(crate) fn rendered(&self) -> Option<&Bytes> {
        self.rest.as_ref()?.rendered.as_ref()
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
        self.settle(now);
        self.expires_at = self.expires_at.min(now);
        self.settle(now);
        Ok(())
    }

    fn rest(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }

    /// What happens to it.
    pub(crate) fn scenario(&self) -> &Scenario {
        &self.asked.scenario
    }

    pub(crate) fn config_id(&self) -> Option<&str> {
        self.asked.saved.as_ref().map(|saved| &*saved.config_id)
    }

    pub(crate) fn begun_at(&self) -> Timestamp {
        self.begun_at
    }

    /// The person who is drawn; `cast` says who it is, once for all when they are through.
    #[cfg(feature = "media")]
    pub(crate) fn sitter(&mut self, cast: impl FnOnce(&Self) -> Sitter) -> Arc<Sitter> {
        if let Some(sitter) = self.rest.as_ref().and_then(|rest| rest.sitter.as_ref()) {
            return sitter.clone();
        }
        let sitter = Arc::new(cast(self));
        if self.is_through() {
            self.rest().sitter = Some(sitter.clone());
        }
        sitter
    }

    /// The session of several participants that this one is a part of.
    pub(crate) fn parent(&self) -> Option<Token> {
        self.rest.as_ref()?.parent
    }

    /// When the vendor looked at the person's document: when they finished, or at the beginning where nobody did.
    pub(crate) fn checked_at(&self) -> Timestamp {
        self.finished().map_or(self.begun_at, |finish| finish.at)
    }

    pub(crate) fn browser(&self) -> Option<&Browser> {
        self.rest.as_ref()?.browser.as_ref()
    }

    pub(crate) fn answers(&self) -> Option<&Answers> {
        self.finished()?.answers.as_ref()
    }
}
