//! The timeline of a session: reached and pending stages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Session, stages::StageSource};
use crate::{
    clock::later,
    scenario::{Stage, Trigger, Verdict},
};

/// A stage of a session's scenario, or a decision.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct TimelineEntry {
    /// Number of the stage, from 1; `None` for a decision.
    pub stage: Option<usize>,
    /// Its triggers, of which the first to fire counts: `widget`, `after=60s`.
    pub triggers: Vec<String>,
    /// Its effects: `result APPROVED`.
    pub effects: Vec<String>,
    /// Time at which it was reached, as RFC 3339 in UTC; `None` if it is pending.
    pub came_at: Option<String>,
    /// Latest time at which the clock alone reaches it and the stages before it; as `came_at`.
    pub due_at: Option<String>,
}

impl TimelineEntry {
    fn of_stage(number: usize, stage: &Stage) -> Self {
        let [triggers, effects] = stage.in_words();
        Self { stage: Some(number + 1), triggers, effects, came_at: None, due_at: None }
    }

    fn decided(verdict: &Verdict) -> Self {
        Self { stage: None, triggers: Vec::new(), effects: vec![verdict.to_string()], came_at: None, due_at: None }
    }
}

impl Session {
    /// Returns the reached stages in order, then the pending ones.
    pub(crate) fn timeline(&self) -> Vec<TimelineEntry> {
        let stages = &self.scenario().stages;
        let reached = self.reached_stages().iter().map(|reached| {
            let entry = match &reached.source {
                StageSource::Scenario(number) => TimelineEntry::of_stage(*number as usize, &stages[*number as usize]),
                StageSource::Decision(verdict) => TimelineEntry::decided(verdict),
            };
            TimelineEntry { came_at: Some(reached.at.to_string()), ..entry }
        });
        let mut since = Some(self.stage_progress.since);
        let to_come = stages.iter().enumerate().skip(self.stage_progress.next as usize).map(|(number, stage)| {
            since = since.and_then(|since| due_by_clock(stage, since));
            TimelineEntry { due_at: since.map(|due| due.to_string()), ..TimelineEntry::of_stage(number, stage) }
        });
        reached.chain(to_come).collect()
    }
}

/// Returns the time at which the clock alone reaches a stage, if it can.
fn due_by_clock(stage: &Stage, since: Timestamp) -> Option<Timestamp> {
    let times = stage.when.iter().filter_map(|trigger| match trigger {
        Trigger::After(time) => Some(later(since, *time)),
        Trigger::Begin => Some(since),
        _ => None,
    });
    times.min()
}
