//! The progress of a session in its scenario.

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

/// The result before any stage is reached.
static NO_VERDICT_YET: Verdict = Verdict::IN_PROGRESS;

/// The next stage, and what its triggers count from.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(super) struct StageProgress {
    /// Index of the next stage; past the end after the last one.
    pub(super) next: u32,
    /// Time of the last stage, or of the beginning, and the polls since.
    pub(super) since: Timestamp,
    polls: u32,
}

/// A reached stage, or a decision.
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

/// The source of a reached stage.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(super) enum StageSource {
    /// The stage with this index in the scenario.
    Scenario(u32),
    /// A decision or a forced outcome.
    Decision(Box<Verdict>),
}

/// The current response of `result/` and `delete/`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CurrentResult<'a> {
    Verdict(&'a Verdict),
    /// The fixture document with this name.
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
    /// Applies all stages that are due at `now`.
    pub(crate) fn apply_due_stages(&mut self, now: Timestamp) {
        while let Some(came_at) = self.next_stage().and_then(|stage| self.trigger_time(stage, now)) {
            self.apply_stage(came_at, StageSource::Scenario(self.stage_progress.next));
            self.stage_progress.next += 1;
        }
        self.has_expired |= now >= self.expires_at && !self.is_finished();
    }

    /// Switches to another scenario at `now`, from its first stage.
    ///
    /// # Errors
    ///
    /// [`FinishError::AlreadyFinished`] when the person has finished.
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
        (self.boolean_flags, self.step_types) = self.spec.form_layers().read_types();
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

    /// Returns the times at which the scenario was switched.
    pub(super) fn scenario_switches(&self) -> &[Timestamp] {
        self.activity.as_ref().map_or(&[], |activity| &activity.scenario_switches)
    }

    /// Returns the next time at which the clock alone changes the session: a stage or the expiry.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let since = self.stage_progress.since;
        let mut due = (!self.has_expired && !self.is_finished()).then_some(self.expires_at);
        for trigger in self.next_stage().map_or(&[][..], |stage| &stage.when) {
            if let Trigger::After(time) = trigger {
                let at = later(since, *time);
                due = Some(due.map_or(at, |due| due.min(at)));
            }
        }
        due
    }

    /// Returns the next stage of the scenario.
    pub(crate) fn next_stage(&self) -> Option<&Stage> {
        self.scenario().stages.get(self.stage_progress.next as usize)
    }

    /// Returns the time at which the first trigger of a stage fired, if one fired by `now`.
    fn trigger_time(&self, stage: &Stage, now: Timestamp) -> Option<Timestamp> {
        stage.when.iter().filter_map(|trigger| self.trigger_fired_at(trigger, now)).min()
    }

    /// Returns the time at which the trigger fired, if it fired by `now`.
    fn trigger_fired_at(&self, trigger: &Trigger, now: Timestamp) -> Option<Timestamp> {
        let since = self.stage_progress.since;
        let happened = |at: Option<Timestamp>| at.map(|at| at.max(since));
        // Finishing the widget includes opening it and reaching all of its steps.
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

    /// Whether the session waits for a decision.
    fn waits_for_operator(&self) -> bool {
        self.next_stage().is_some_and(|stage| stage.when.contains(&Trigger::Operator))
    }

    /// Applies the stage that waits for a decision; false if the session waits for something else.
    pub(super) fn apply_awaited_decision(&mut self, now: Timestamp) -> bool {
        let waits = self.waits_for_operator();
        if waits {
            self.apply_stage(now, StageSource::Scenario(self.stage_progress.next));
            self.stage_progress.next += 1;
            self.apply_due_stages(now);
        }
        waits
    }

    /// Applies a decision: it replaces the stage that waits for one, otherwise it is an additional stage. Later stages
    /// are reached as usual.
    pub(super) fn apply_decision(&mut self, verdict: Verdict, now: Timestamp) {
        self.stage_progress.next += u32::from(self.waits_for_operator());
        self.apply_stage(now, StageSource::Decision(Box::new(verdict)));
        self.apply_due_stages(now);
    }

    /// Applies the forced outcome of the end: it replaces all stages that finishing would reach.
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
                    // Looked up when a response needs it.
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

    /// Returns the current result: that of the last stage with a result.
    pub(crate) fn current_result(&self) -> CurrentResult<'_> {
        let last = self.reached_stages().iter().rev().find_map(|reached| match &reached.source {
            StageSource::Decision(verdict) => Some(CurrentResult::Verdict(verdict)),
            StageSource::Scenario(number) => {
                self.scenario().stages[*number as usize].effects.iter().find_map(CurrentResult::from_effect)
            }
        });
        last.unwrap_or(CurrentResult::Verdict(&NO_VERDICT_YET))
    }

    /// Returns the number of the last reached stage, from 1.
    pub(crate) fn last_stage(&self) -> Option<usize> {
        self.reached_stages().iter().rev().find_map(|reached| match reached.source {
            StageSource::Scenario(number) => Some(number as usize + 1),
            StageSource::Decision(_) => None,
        })
    }

    /// Whether the stage with this number, from 1, is reached; `None` if it never will be.
    pub(crate) fn is_stage_reached(&self, number: usize) -> Option<bool> {
        let is_it = |reached: &ReachedStage| matches!(reached.source, StageSource::Scenario(stage) if stage as usize + 1 == number);
        match () {
            () if self.reached_stages().iter().any(is_it) => Some(true),
            () if number > self.stage_progress.next as usize && number <= self.scenario().stages.len() => Some(false),
            () => None,
        }
    }

    /// Whether the vendor has processed the person's input: the person has finished, or the result says so.
    pub(crate) fn was_processed(&self) -> bool {
        match self.current_result() {
            CurrentResult::Verdict(verdict) => verdict.was_processed() || (self.is_finished() && !verdict.disagrees()),
            CurrentResult::Document(_) => true,
            CurrentResult::Error(_) => false,
        }
    }

    /// Returns the effects of the stages reached so far.
    pub(crate) fn effects(&self) -> impl Iterator<Item = &StageEffect> {
        self.reached_stages().iter().flat_map(|reached| match reached.source {
            StageSource::Scenario(number) => &self.scenario().stages[number as usize].effects[..],
            StageSource::Decision(_) => &[],
        })
    }

    /// Returns the decisions so far.
    pub(crate) fn decided(&self) -> impl Iterator<Item = &Verdict> {
        self.reached_stages().iter().filter_map(|reached| match &reached.source {
            StageSource::Decision(verdict) => Some(&**verdict),
            StageSource::Scenario(_) => None,
        })
    }

    /// Returns the changes to the document so far.
    pub(crate) fn changes(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.effects().filter_map(|effect| match effect {
            StageEffect::DocumentPatch(change) => Some(change),
            _ => None,
        })
    }

    /// Returns the stages reached after the first `seen` ones, with their times.
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
