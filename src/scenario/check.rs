//! Validation of scenarios, from files and from Rust.

use std::sync::Arc;

use serde_json::Value;

use super::{Scenario, Stage, StageEffect, Trigger};
use crate::{
    data_file::FileProblem,
    faults::{Endpoint, Fault},
};

const OWN_SESSIONS: &str =
    "a fault in a scenario applies to the scenario's own sessions; remove `scenario`, or put the fault on the server";

impl Scenario {
    /// Prepares a scenario that was built in Rust: a first outcome without a trigger gets `outcome_trigger`.
    ///
    /// # Errors
    ///
    /// [`FileProblem`] for an invalid scenario.
    pub(crate) fn prepare(&self, outcome_trigger: &Trigger) -> Result<Arc<Self>, FileProblem> {
        self.check().map_err(|problem| self.problem(problem))?;
        Ok(Arc::new(self.clone().with_outcome_trigger(outcome_trigger)))
    }

    /// Creates a problem that names the scenario.
    pub(crate) fn problem(&self, message: String) -> FileProblem {
        FileProblem::new(format!("the scenario `{}`: {message}", self.name))
    }

    /// Validates the scenario; the message names the stage, if it is about one.
    fn check(&self) -> Result<(), String> {
        self.problem.clone().map_or(Ok(()), Err)?;
        for (at, stage) in self.stages.iter().enumerate() {
            stage.check().map_err(|problem| format!("stage {}: {problem}", at + 1))?;
        }
        check_order(&self.stages)?;
        self.check_begin()?;
        self.operator_answers.values().try_for_each(check_answer)
    }

    /// Validates the parts about `begin/`.
    pub(super) fn check_begin(&self) -> Result<(), String> {
        let is_elsewhere = |endpoint| endpoint != Endpoint::Begin;
        if self.begin_fault.as_ref().and_then(|fault| fault.matched_endpoint()).is_some_and(is_elsewhere) {
            return Err("`begin_fault` applies to `begin/`; remove `endpoint`, or put the fault on a stage".into());
        }
        if self.begin_fault.as_ref().is_some_and(Fault::is_for_some_sessions) {
            return Err(OWN_SESSIONS.into());
        }
        if self.refuse_begin.is_some() && !self.stages.is_empty() {
            return Err("`refuse_begin` conflicts with `stages`: a refused `begin/` has no session".into());
        }
        Ok(())
    }
}

impl Stage {
    /// Validates the stage alone.
    pub(super) fn check(&self) -> Result<(), String> {
        self.problem.clone().map_or(Ok(()), Err)?;
        if self.effects.is_empty() {
            return Err("a stage needs an effect: `result`, `error`, `document`, `person`, `change` or `fault`".into());
        }
        let answers = |effect: &&StageEffect| {
            matches!(effect, StageEffect::Verdict(_) | StageEffect::Error(_) | StageEffect::Document(_))
        };
        if self.effects.iter().filter(answers).count() > 1 {
            return Err("a stage has only one of `result`, `error` and `document`".into());
        }
        self.effects.iter().try_for_each(|effect| match effect {
            StageEffect::Verdict(verdict) => verdict.check(),
            StageEffect::Fault(fault) => match fault.matched_endpoint() {
                Some(Endpoint::Begin) => {
                    Err("a stage is reached after `begin/`; for a fault on `begin/` use the scenario's `begin_fault`"
                        .into())
                }
                Some(endpoint) if !endpoint.names_session() => Err(format!(
                    "`{endpoint}/` has no session, so a stage cannot put a fault on it; put the fault on the company \
                     or the server"
                )),
                _ if fault.is_for_some_sessions() => Err(OWN_SESSIONS.into()),
                _ => Ok(()),
            },
            StageEffect::Error(_)
            | StageEffect::Document(_)
            | StageEffect::Person(_)
            | StageEffect::DocumentPatch(_) => Ok(()),
        })
    }

    fn has_outcome(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect, StageEffect::Verdict(_) | StageEffect::Document(_)))
    }

    /// Returns the last widget event that has certainly happened when the stage is reached: the earliest of its
    /// triggers.
    fn moment_in_widget(&self) -> Option<u8> {
        let moments: Option<Vec<_>> = self.when.iter().map(Trigger::moment_in_widget).collect();
        moments?.into_iter().min()
    }
}

/// Validates an operator's answer (specification, section 5).
pub(super) fn check_answer(answer: &Value) -> Result<(), String> {
    let is_texts = |list: &Vec<Value>| list.iter().all(Value::is_string);
    if answer.is_string() || answer.is_boolean() || answer.as_array().is_some_and(is_texts) {
        return Ok(());
    }
    Err(format!("an operator's answer is a string, true, false, or a list of strings, not {answer}"))
}

/// Validates the order of the stages.
pub(super) fn check_order(stages: &[Stage]) -> Result<(), String> {
    let first_outcome = stages.iter().position(Stage::has_outcome);
    let mut numbered = stages.iter().enumerate();
    if let Some((at, _)) = numbered.find(|(at, stage)| stage.when.is_empty() && first_outcome != Some(*at)) {
        return Err(format!(
            "stage {} has no `when`; only the first stage with an outcome may omit it, and takes the trigger of \
             --outcome-trigger",
            at + 1
        ));
    }
    // A widget event that happens once cannot fire after a later widget event.
    let steps = Trigger::Step(String::new()).moment_in_widget();
    let mut past: Option<(usize, u8)> = None;
    for (at, stage) in stages.iter().enumerate() {
        if let Some((earlier_at, earlier)) = past {
            let is_late = |trigger: &&Trigger| {
                let moment = trigger.moment_in_widget();
                moment.is_some_and(|moment| moment < earlier || (moment == earlier && Some(moment) != steps))
            };
            if let Some(when) = stage.when.iter().find(is_late) {
                return Err(format!(
                    "stage {} would be reached together with stage {}: `{when}` has fired by then; merge the two \
                     stages, or wait with `after=`, `polls=` or `operator`",
                    at + 1,
                    earlier_at + 1,
                ));
            }
        }
        past = stage.moment_in_widget().map(|moment| (at, moment)).or(past);
    }
    Ok(())
}
