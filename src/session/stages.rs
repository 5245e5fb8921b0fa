//! How far a session has come in its scenario, and what brought it there.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{FinishError, Session};
use crate::{
    clock::later,
    faults::ActiveFaults,
    heap::{OnHeap, allocated},
    scenario::{Scenario, Stage, StageEffect, Trigger, Verdict},
    vendor::ErrorCode,
};

/// What a session says before anything came.
static NO_VERDICT_YET: Verdict = Verdict::IN_PROGRESS;

/// What a session waits for.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(super) struct StageProgress {
    /// The stage of the scenario that comes next; there is none behind the last one.
    pub(super) next: u32,
    /// When the last stage came, or the session began, and the polls since.
    pub(super) since: Timestamp,
    polls: u32,
}

/// Something that came, and stays.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(super) struct ReachedStage {
    pub(super) at: Timestamp,
    pub(super) source: StageSource,
}

impl OnHeap for ReachedStage {
    fn on_heap(&self) -> usize {
        match &self.source {
            StageSource::Scenario(_) => 0,
            StageSource::Decision(verdict) => allocated(size_of_val(&**verdict)),
        }
    }
}

/// What the session stands at.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(super) enum StageSource {
    /// The stage of that number of the scenario, from 0.
    Scenario(u32),
    /// What was asked for from outside.
    Decision(Box<Verdict>),
}

/// What `result/` and `delete/` answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CurrentResult<'a> {
    Verdict(&'a Verdict),
    /// The document of that name from the fixtures.
    Document(&'a str),
    Error(ErrorCode),
}

impl<'a> CurrentResult<'a> {
    fn from_effect(effect: &'a StageEffect) -> Option<Self> {
        match effect {
            StageEffect::Verdict(verdict) => Some(Self::Verdict(verdict)),
            StageEffect::Document(name) => Some(Self::Document(name)),
            StageEffect::Error(code) => Some(Self::Error(*code)),
            StageEffect::Person(_) | StageEffect::DocumentPatch(_) | StageEffect::Fault(_) => None,
        }
    }
}

impl StageProgress {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { next: 0, since: now, polls: 0 }
    }

    pub(super) fn count_poll(&mut self) {
        self.polls = self.polls.saturating_add(1);
    }
}

impl Session {
    /// Brings the stages about that are due at `now`.
    pub(crate) fn apply_due_stages(&mut self, now: Timestamp) {
        while let Some(came_at) = self.next_stage().and_then(|stage| self.trigger_time(stage, now)) {
            self.apply_stage(came_at, StageSource::Scenario(self.stage_progress.next));
            self.stage_progress.next += 1;
        }
        self.has_expired |= now >= self.expires_at && !self.is_finished();
    }

    /// Lets another scenario happen to the person from `now` on, as if nothing had come of the one before.
    ///
    /// # Errors
    ///
    /// [`FinishError::AlreadyFinished`] when the person is through.
    pub(crate) fn switch_scenario(
        &mut self,
        scenario: Arc<Scenario>,
        chosen_by: &'static str,
        now: Timestamp,
    ) -> Result<(), FinishError> {
        if self.is_finished() {
            return Err(FinishError::AlreadyFinished);
        }
        self.spec.scenario = scenario;
        self.spec.chosen_by = chosen_by.into();
        (self.switches, self.step_types) = self.spec.form_layers().read_types();
        self.stage_progress = StageProgress::new(now);
        let activity = self.activity_mut();
        activity.reached_stages.clear();
        activity.faults = ActiveFaults::default();
        activity.rendered = None;
        #[cfg(feature = "media")]
        {
            activity.portrait = None;
        }
        activity.scenario_switches.push(now);
        self.apply_due_stages(now);
        Ok(())
    }

    /// When another scenario began to happen to it, each time.
    pub(super) fn scenario_switches(&self) -> &[Timestamp] {
        self.activity.as_ref().map_or(&[], |activity| &activity.scenario_switches)
    }

    /// When it gets on by the clock alone, if it does: a stage is due, or the token runs out.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let since = self.stage_progress.since;
        let times = self.next_stage().into_iter().flat_map(|stage| &stage.when).filter_map(|trigger| match trigger {
            Trigger::After(time) => Some(later(since, *time)),
            _ => None,
        });
        let end = (!self.has_expired && !self.is_finished()).then_some(self.expires_at);
        times.chain(end).min()
    }

    /// The stage of the scenario that the session waits for.
    pub(crate) fn next_stage(&self) -> Option<&Stage> {
        self.scenario().stages.get(self.stage_progress.next as usize)
    }

    /// When the first trigger of a stage was pulled, if one was by `now`.
    fn trigger_time(&self, stage: &Stage, now: Timestamp) -> Option<Timestamp> {
        stage.when.iter().filter_map(|trigger| self.trigger_fired_at(trigger, now)).min()
    }

    /// When the trigger was pulled, if it was by `now`.
    fn trigger_fired_at(&self, trigger: &Trigger, now: Timestamp) -> Option<Timestamp> {
        let since = self.stage_progress.since;
        let happened = |at: Option<Timestamp>| at.map(|at| at.max(since));
        // Whoever finished the widget has opened it and has been through all of its steps.
        let finished_at = self.finish_record().map(|finish| finish.at);
        match trigger {
            Trigger::Begin => Some(since),
            Trigger::Opened => happened(self.opened_at().or(finished_at)),
            Trigger::Step(name) => happened(self.reached_at(name).or(finished_at)),
            Trigger::Widget => happened(finished_at),
            Trigger::Polls(polls) => (self.stage_progress.polls >= *polls).then_some(now),
            Trigger::After(time) => Some(later(since, *time)).filter(|due| *due <= now),
            Trigger::Operator => None,
        }
    }

    /// Whether the session waits for a decision from outside.
    fn waits_for_operator(&self) -> bool {
        self.next_stage().is_some_and(|stage| stage.when.contains(&Trigger::Operator))
    }

    /// Brings the stage about that waits for a decision from outside; false when the session waits for something else.
    pub(super) fn apply_awaited_decision(&mut self, now: Timestamp) -> bool {
        let waits = self.waits_for_operator();
        if waits {
            self.apply_stage(now, StageSource::Scenario(self.stage_progress.next));
            self.stage_progress.next += 1;
            self.apply_due_stages(now);
        }
        waits
    }

    /// Fixes what was decided from outside: it stands in for the stage that waits for that, and is one stage more
    /// otherwise. Those behind it come as ever.
    pub(super) fn apply_decision(&mut self, verdict: Verdict, now: Timestamp) {
        self.stage_progress.next += u32::from(self.waits_for_operator());
        self.apply_stage(now, StageSource::Decision(Box::new(verdict)));
        self.apply_due_stages(now);
    }

    /// Fixes what was asked for when the person finished: it stands in for all that finishing would bring about.
    pub(super) fn apply_forced_verdict(&mut self, verdict: Verdict, now: Timestamp) {
        let comes_in_widget = |stage: &Stage| stage.when.iter().any(|trigger| trigger.moment_in_widget().is_some());
        let last = self.scenario().stages.iter().rposition(comes_in_widget);
        self.stage_progress.next = self.stage_progress.next.max(last.map_or(0, |last| last as u32 + 1));
        self.apply_stage(now, StageSource::Decision(Box::new(verdict)));
        self.apply_due_stages(now);
    }

    fn apply_stage(&mut self, at: Timestamp, what: StageSource) {
        if let StageSource::Scenario(number) = what {
            let scenario = self.spec.scenario.clone();
            for effect in &scenario.stages[number as usize].effects {
                match effect {
                    StageEffect::Fault(fault) => self.activity_mut().faults.add(fault.clone(), at),
                    // Looked up when there is something to answer.
                    StageEffect::Verdict(_)
                    | StageEffect::Document(_)
                    | StageEffect::Error(_)
                    | StageEffect::Person(_)
                    | StageEffect::DocumentPatch(_) => {}
                }
            }
        }
        let activity = self.activity_mut();
        activity.reached_stages.push(ReachedStage { at, source: what });
        activity.rendered = None;
        self.stage_progress.since = at;
        self.stage_progress.polls = 0;
    }

    /// What is answered now: what the last stage said that said something about it.
    pub(crate) fn current_result(&self) -> CurrentResult<'_> {
        let last = self.reached_stages().iter().rev().find_map(|reached| match &reached.source {
            StageSource::Decision(verdict) => Some(CurrentResult::Verdict(verdict)),
            StageSource::Scenario(number) => {
                self.scenario().stages[*number as usize].effects.iter().find_map(CurrentResult::from_effect)
            }
        });
        last.unwrap_or(CurrentResult::Verdict(&NO_VERDICT_YET))
    }

    /// The number of the stage of the scenario that came last, from 1.
    pub(crate) fn last_stage(&self) -> Option<usize> {
        self.reached_stages().iter().rev().find_map(|reached| match reached.source {
            StageSource::Scenario(number) => Some(number as usize + 1),
            StageSource::Decision(_) => None,
        })
    }

    /// Whether the stage of that number, from 1, has come; `None` where it will not.
    pub(crate) fn is_stage_reached(&self, number: usize) -> Option<bool> {
        let is_it = |reached: &ReachedStage| matches!(reached.source, StageSource::Scenario(stage) if stage as usize + 1 == number);
        match () {
            () if self.reached_stages().iter().any(is_it) => Some(true),
            () if number > self.stage_progress.next as usize && number <= self.scenario().stages.len() => Some(false),
            () => None,
        }
    }

    /// Whether the vendor has what the person brought: they are through, or what is answered says so.
    pub(crate) fn was_processed(&self) -> bool {
        match self.current_result() {
            CurrentResult::Verdict(verdict) => verdict.was_processed() || (self.is_finished() && !verdict.disagrees()),
            CurrentResult::Document(_) => true,
            CurrentResult::Error(_) => false,
        }
    }

    /// What the stages did that came so far.
    pub(crate) fn effects(&self) -> impl Iterator<Item = &StageEffect> {
        self.reached_stages().iter().flat_map(|reached| match reached.source {
            StageSource::Scenario(number) => &self.scenario().stages[number as usize].effects[..],
            StageSource::Decision(_) => &[],
        })
    }

    /// What was decided from outside so far.
    pub(crate) fn decided(&self) -> impl Iterator<Item = &Verdict> {
        self.reached_stages().iter().filter_map(|reached| match &reached.source {
            StageSource::Decision(verdict) => Some(&**verdict),
            StageSource::Scenario(_) => None,
        })
    }

    /// The changes to the document so far.
    pub(crate) fn changes(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.effects().filter_map(|effect| match effect {
            StageEffect::DocumentPatch(change) => Some(change),
            _ => None,
        })
    }

    /// The stages that came after the first `seen` ones: when, and which.
    pub(super) fn reached_since(&self, seen: usize) -> impl Iterator<Item = (Timestamp, String)> {
        self.reached_stages().iter().skip(seen).map(|reached| match reached.source {
            StageSource::Decision(_) => (reached.at, "a decision".to_owned()),
            StageSource::Scenario(number) => {
                let when = self.scenario().stages[number as usize].triggers();
                (reached.at, format!("stage {} of the scenario `{}` ({when})", number + 1, self.scenario().name))
            }
        })
    }
}
