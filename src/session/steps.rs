//! How far a person has come in the widget.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{FinishError, Session};
use crate::{
    embedding::Finding,
    flow::{FlowProgress, find_step, steps},
    heap::{OnHeap, flat},
};

/// A step of the widget that the person came to, by key and by type.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct StepVisit {
    pub(crate) step: String,
    pub(crate) kind: String,
    /// The first time.
    pub(crate) at: Timestamp,
}

impl OnHeap for StepVisit {
    fn on_heap(&self) -> usize {
        self.step.on_heap() + self.kind.on_heap()
    }
}

flat!(FindingRecord);

/// Something that the widget found out about where it runs.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
pub(crate) struct FindingRecord {
    pub(crate) finding: Finding,
    /// The first time.
    pub(crate) at: Timestamp,
}

impl Session {
    /// Notes what the widget found out about where it runs; answers whether that is new.
    pub(crate) fn add_finding(&mut self, finding: Finding, now: Timestamp) -> bool {
        let is_new = !self.findings().iter().any(|record| record.finding == finding);
        if is_new {
            self.activity_mut().findings.push(FindingRecord { finding, at: now });
        }
        is_new
    }

    /// What the widget found out about where it runs, in the order in which it did.
    pub(crate) fn findings(&self) -> &[FindingRecord] {
        self.activity.as_ref().map_or(&[], |activity| &activity.findings)
    }

    /// Notes that the person came to a step of the widget, named by its key or its type; the first time counts.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when there is no such step, or nothing more to do for a person at `now`.
    pub(crate) fn reach(&mut self, name: &str, now: Timestamp) -> Result<(), FinishError> {
        self.check_open(now)?;
        let (step, kind) = self.find_step(name).map_err(FinishError::UnknownStep)?;
        self.record_step(step, kind, now);
        Ok(())
    }

    /// When the person first came to a step of that key or type.
    pub(crate) fn reached_at(&self, name: &str) -> Option<Timestamp> {
        self.reached_steps()
            .iter()
            .find(|reached| reached.step == name || reached.kind == name)
            .map(|reached| reached.at)
    }

    /// The steps of the widget that the person came to, in the order in which they did.
    pub(crate) fn reached_steps(&self) -> &[StepVisit] {
        self.activity.as_ref().map_or(&[], |activity| &activity.reached_steps)
    }

    /// Key and type of a step, found by either of them.
    ///
    /// # Errors
    ///
    /// A message that lists the names of the session's steps.
    pub(crate) fn find_step(&self, name: &str) -> Result<(String, String), String> {
        let layers = self.spec.form_layers();
        find_step(&steps(&layers.read_flags(), &layers.read_steps()), name)
    }

    /// How far the person has come.
    pub(crate) fn progress(&self) -> Option<&FlowProgress> {
        self.activity.as_ref()?.progress.as_deref()
    }

    /// Notes how far the person has come since `before`, and the steps that they came to by that, as key and type; false
    /// when somebody else did meanwhile, and nothing is noted.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when there is nothing more to do for a person at `now`.
    pub(crate) fn record_progress(
        &mut self,
        before: &FlowProgress,
        after: &FlowProgress,
        steps: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<bool, FinishError> {
        self.check_open(now)?;
        let is_as_before =
            self.progress().map_or_else(|| *before == FlowProgress::default(), |progress| progress == before);
        if !is_as_before {
            return Ok(false);
        }
        if before != after {
            let activity = self.activity_mut();
            activity.progress = Some(Box::new(after.clone()));
            activity.unobserved_changes += 1;
            activity.rendered = None;
        }
        for (step, kind) in steps {
            if !self.has_reached(step) {
                self.record_step((*step).to_owned(), (*kind).to_owned(), now);
            }
        }
        Ok(true)
    }

    fn has_reached(&self, step: &str) -> bool {
        self.reached_steps().iter().any(|reached| reached.step == step)
    }

    fn record_step(&mut self, step: String, kind: String, now: Timestamp) {
        self.apply_due_stages(now);
        if !self.has_reached(&step) {
            self.activity_mut().reached_steps.push(StepVisit { step, kind, at: now });
        }
        self.apply_due_stages(now);
    }
}
