//! The progress of a person in the widget.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{FinishError, Session};
use crate::{
    embedding::Finding,
    flow::{FlowProgress, find_step, steps},
    heap::{OnHeap, flat},
    problem::Problem,
};

/// A reached step of the widget, by key and type.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct StepVisit {
    pub(crate) step: String,
    pub(crate) kind: String,
    /// Time of the first visit.
    pub(crate) at: Timestamp,
}

impl OnHeap for StepVisit {
    fn on_heap(&self) -> usize {
        self.step.on_heap() + self.kind.on_heap()
    }
}

flat!(FindingRecord);

/// A finding of the widget's embedding checks.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
pub(crate) struct FindingRecord {
    pub(crate) finding: Finding,
    /// Time of the first report.
    pub(crate) at: Timestamp,
}

impl Session {
    /// Records a finding; false if it is known.
    pub(crate) fn add_finding(&mut self, finding: Finding, now: Timestamp) -> bool {
        let is_new = !self.findings().iter().any(|record| record.finding == finding);
        if is_new {
            self.activity_mut().findings.push(FindingRecord { finding, at: now });
        }
        is_new
    }

    /// Returns the findings, in the order of their first report.
    pub(crate) fn findings(&self) -> &[FindingRecord] {
        self.activity.as_ref().map_or(&[], |activity| &activity.findings)
    }

    /// Records that the person reached a step, named by its key or type; the first time counts.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when there is no such step, or the session is finished or expired at `now`.
    pub(crate) fn reach(&mut self, name: &str, now: Timestamp) -> Result<(), FinishError> {
        self.check_open(now)?;
        let (step, kind) = self.find_step(name).map_err(FinishError::UnknownStep)?;
        self.record_step(step, kind, now);
        Ok(())
    }

    /// Returns the time at which the person first reached a step with this key or type.
    pub(crate) fn reached_at(&self, name: &str) -> Option<Timestamp> {
        self.reached_steps()
            .iter()
            .find(|reached| reached.step == name || reached.kind == name)
            .map(|reached| reached.at)
    }

    /// Returns the reached steps, in order.
    pub(crate) fn reached_steps(&self) -> &[StepVisit] {
        self.activity.as_ref().map_or(&[], |activity| &activity.reached_steps)
    }

    /// Returns key and type of a step, found by either.
    ///
    /// # Errors
    ///
    /// [`Problem`] with the names of the session's steps.
    pub(crate) fn find_step(&self, name: &str) -> Result<(String, String), Problem> {
        let layers = self.spec.form_layers();
        find_step(&steps(&layers.read_flags(), &layers.read_steps()), name)
    }

    /// Returns the flow progress.
    pub(crate) fn progress(&self) -> Option<&FlowProgress> {
        self.activity.as_ref()?.progress.as_deref()
    }

    /// Replaces the flow progress `before`, and records the steps that it reached, as key and type; false if the
    /// progress has changed meanwhile.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when the session is finished or expired at `now`.
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
