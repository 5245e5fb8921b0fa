//! How far a session has come in its scenario, and what brought it there.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{FinishError, Session};
use crate::{
    clock::later,
    faults::FaultList,
    heap::{OnHeap, allocated},
    scenario::{Effect, Scenario, Stage, Trigger, Verdict},
    vendor::ErrorCode,
};

/// What a session says before anything came.
static NO_VERDICT_YET: Verdict = Verdict::IN_PROGRESS;

/// What a session waits for.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(super) struct Course {
    /// The stage of the scenario that comes next; there is none behind the last one.
    pub(super) next: u32,
    /// When the last stage came, or the session began, and the polls since.
    pub(super) since: Timestamp,
    polls: u32,
}

/// Something that came, and stays.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(super) struct Came {
    pub(super) at: Timestamp,
    pub(super) what: Stood,
}

impl OnHeap for Came {
    fn on_heap(&self) -> usize {
        match &self.what {
            Stood::Stage(_) => 0,
            Stood::Decided(verdict) => allocated(size_of_val(&**verdict)),
        }
    }
}

/// What the session stands at.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(super) enum Stood {
    /// The stage of that number of the scenario, from 0.
    Stage(u32),
    /// What was asked for from outside.
    Decided(Box<Verdict>),
}

/// What `result/` and `delete/` answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Standing<'a> {
    Verdict(&'a Verdict),
    /// The document of that name from the fixtures.
    Document(&'a str),
    Error(ErrorCode),
}

impl<'a> Standing<'a> {
    fn of(effect: &'a Effect) -> Option<Self> {
        match effect {
            Effect::Verdict(verdict) => Some(Self::Verdict(verdict)),
            Effect::Document(name) => Some(Self::Document(name)),
            Effect::Error(code) => Some(Self::Error(*code)),
            Effect::Person(_) | Effect::Change(_) | Effect::Fault(_) => None,
        }
    }
}

impl Course {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { next: 0, since: now, polls: 0 }
    }

    pub(super) fn count_poll(&mut self) {
        self.polls = self.polls.saturating_add(1);
    }
}

impl Session {
    /// Brings the stages about that are due at `now`.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        while let Some(came_at) = self.next_stage().and_then(|stage| self.due(stage, now)) {
            self.come(came_at, Stood::Stage(self.course.next));
            self.course.next += 1;
        }
        self.has_expired |= now >= self.expires_at && !self.is_finished();
    }

    /// Lets another scenario happen to the person from `now` on, as if nothing had come of the one before.
    ///
    /// # Errors
    ///
    /// [`FinishError::AlreadyFinished`] when the person is through.
    pub(crate) fn play(
        &mut self,
        scenario: Arc<Scenario>,
        chosen_by: &'static str,
        now: Timestamp,
    ) -> Result<(), FinishError> {
        if self.is_finished() {
            return Err(FinishError::AlreadyFinished);
        }
        self.asked.scenario = scenario;
        self.asked.chosen_by = chosen_by.into();
        (self.switches, self.step_types) = self.asked.layers().read_types();
        self.course = Course::new(now);
        let rest = self.rest();
        rest.came.clear();
        rest.faults = FaultList::default();
        rest.rendered = None;
        #[cfg(feature = "media")]
        {
            rest.sitter = None;
        }
        rest.played.push(now);
        self.settle(now);
        Ok(())
    }

    /// When another scenario began to happen to it, each time.
    pub(super) fn played(&self) -> &[Timestamp] {
        self.rest.as_ref().map_or(&[], |rest| &rest.played)
    }

    /// When it gets on by the clock alone, if it does: a stage is due, or the token runs out.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let since = self.course.since;
        let times = self.next_stage().into_iter().flat_map(|stage| &stage.when).filter_map(|trigger| match trigger {
            Trigger::After(time) => Some(later(since, *time)),
            _ => None,
        });
        let end = (!self.has_expired && !self.is_finished()).then_some(self.expires_at);
        times.chain(end).min()
    }

    /// The stage of the scenario that the session waits for.
    pub(crate) fn next_stage(&self) -> Option<&Stage> {
        self.scenario().stages.get(self.course.next as usize)
    }

    /// When the first trigger of a stage was pulled, if one was by `now`.
    fn due(&self, stage: &Stage, now: Timestamp) -> Option<Timestamp> {
        stage.when.iter().filter_map(|trigger| self.pulled(trigger, now)).min()
    }

    /// When the trigger was pulled, if it was by `now`.
    fn pulled(&self, trigger: &Trigger, now: Timestamp) -> Option<Timestamp> {
        let since = self.course.since;
        let happened = |at: Option<Timestamp>| at.map(|at| at.max(since));
        // Whoever finished the widget has opened it and has been through all of its steps.
        let finished_at = self.finished().map(|finish| finish.at);
        match trigger {
            Trigger::Begin => Some(since),
            Trigger::Opened => happened(self.opened_at().or(finished_at)),
            Trigger::Step(name) => happened(self.reached_at(name).or(finished_at)),
            Trigger::Widget => happened(finished_at),
            Trigger::Polls(polls) => (self.course.polls >= *polls).then_some(now),
            Trigger::After(time) => Some(later(since, *time)).filter(|due| *due <= now),
            Trigger::Operator => None,
        }
    }

    /// Whether the session waits for a decision from outside.
    fn waits_for_operator(&self) -> bool {
        self.next_stage().is_some_and(|stage| stage.when.contains(&Trigger::Operator))
    }

    /// Brings the stage about that waits for a decision from outside; false when the session waits for something else.
    pub(super) fn come_as_decided(&mut self, now: Timestamp) -> bool {
        let waits = self.waits_for_operator();
        if waits {
            self.come(now, Stood::Stage(self.course.next));
            self.course.next += 1;
            self.settle(now);
        }
        waits
    }

    /// Fixes what was decided from outside: it stands in for the stage that waits for that, and is one stage more
    /// otherwise. Those behind it come as ever.
    pub(super) fn come_to(&mut self, verdict: Verdict, now: Timestamp) {
        self.course.next += u32::from(self.waits_for_operator());
        self.come(now, Stood::Decided(Box::new(verdict)));
        self.settle(now);
    }

    /// Fixes what was asked for when the person finished: it stands in for all that finishing would bring about.
    pub(super) fn come_to_at_finish(&mut self, verdict: Verdict, now: Timestamp) {
        let comes_in_widget = |stage: &Stage| stage.when.iter().any(|trigger| trigger.moment_in_widget().is_some());
        let last = self.scenario().stages.iter().rposition(comes_in_widget);
        self.course.next = self.course.next.max(last.map_or(0, |last| last as u32 + 1));
        self.come(now, Stood::Decided(Box::new(verdict)));
        self.settle(now);
    }

    fn come(&mut self, at: Timestamp, what: Stood) {
        if let Stood::Stage(number) = what {
            let scenario = self.asked.scenario.clone();
            for effect in &scenario.stages[number as usize].effects {
                match effect {
                    Effect::Fault(fault) => self.rest().faults.add(fault.clone(), at),
                    // Looked up when there is something to answer.
                    Effect::Verdict(_)
                    | Effect::Document(_)
                    | Effect::Error(_)
                    | Effect::Person(_)
                    | Effect::Change(_) => {}
                }
            }
        }
        let rest = self.rest();
        rest.came.push(Came { at, what });
        rest.rendered = None;
        self.course.since = at;
        self.course.polls = 0;
    }

    /// What is answered now: what the last stage said that said something about it.
    pub(crate) fn standing(&self) -> Standing<'_> {
        let last = self.came().iter().rev().find_map(|came| match &came.what {
            Stood::Decided(verdict) => Some(Standing::Verdict(verdict)),
            Stood::Stage(number) => self.scenario().stages[*number as usize].effects.iter().find_map(Standing::of),
        });
        last.unwrap_or(Standing::Verdict(&NO_VERDICT_YET))
    }

    /// The number of the stage of the scenario that came last, from 1.
    pub(crate) fn stage(&self) -> Option<usize> {
        self.came().iter().rev().find_map(|came| match came.what {
            Stood::Stage(number) => Some(number as usize + 1),
            Stood::Decided(_) => None,
        })
    }

    /// Whether the stage of that number, from 1, has come; `None` where it will not.
    pub(crate) fn has_come(&self, number: usize) -> Option<bool> {
        let is_it = |came: &Came| matches!(came.what, Stood::Stage(stage) if stage as usize + 1 == number);
        match () {
            () if self.came().iter().any(is_it) => Some(true),
            () if number > self.course.next as usize && number <= self.scenario().stages.len() => Some(false),
            () => None,
        }
    }

    /// Whether the vendor has what the person brought: they are through, or what is answered says so.
    pub(crate) fn is_through(&self) -> bool {
        match self.standing() {
            Standing::Verdict(verdict) => verdict.went_through() || (self.is_finished() && !verdict.disagrees()),
            Standing::Document(_) => true,
            Standing::Error(_) => false,
        }
    }

    /// What the stages did that came so far.
    pub(crate) fn effects(&self) -> impl Iterator<Item = &Effect> {
        self.came().iter().flat_map(|came| match came.what {
            Stood::Stage(number) => &self.scenario().stages[number as usize].effects[..],
            Stood::Decided(_) => &[],
        })
    }

    /// What was decided from outside so far.
    pub(crate) fn decided(&self) -> impl Iterator<Item = &Verdict> {
        self.came().iter().filter_map(|came| match &came.what {
            Stood::Decided(verdict) => Some(&**verdict),
            Stood::Stage(_) => None,
        })
    }

    /// The changes to the document so far.
    pub(crate) fn changes(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.effects().filter_map(|effect| match effect {
            Effect::Change(change) => Some(change),
            _ => None,
        })
    }

    /// The stages that came after the first `seen` ones: when, and which.
    pub(super) fn came_after(&self, seen: usize) -> impl Iterator<Item = (Timestamp, String)> {
        self.came().iter().skip(seen).map(|came| match came.what {
            Stood::Decided(_) => (came.at, "what was decided from outside".to_owned()),
            Stood::Stage(number) => {
                let when = self.scenario().stages[number as usize].triggers();
                (came.at, format!("stage {} of the scenario `{}` ({when})", number + 1, self.scenario().name))
            }
        })
    }
}
