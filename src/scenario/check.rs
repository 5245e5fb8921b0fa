//! Validation of scenarios, from files and from Rust.

use std::sync::Arc;

use serde_json::Value;

use super::{Scenario, Stage, StageEffect, Trigger};
use crate::{
    faults::{Endpoint, Fault},
    problem::{MemberPath, Problem, member_path},
};

/// Checks that a fault applies to all sessions of its scenario.
fn check_own_sessions(fault: &Fault) -> Result<(), Problem> {
    fault.session_key().map_or(Ok(()), |key| {
        let message = format!(
            "a fault in a scenario applies to the scenario's own sessions; remove `{key}`, or put the fault on the server"
        );
        Err(Problem::of_key(key, message))
    })
}

impl Scenario {
    /// Prepares a scenario that was built in Rust: a first outcome without a trigger gets `outcome_trigger`.
    ///
    /// # Errors
    ///
    /// [`Problem`] of an invalid scenario.
    pub(crate) fn prepare(&self, outcome_trigger: &Trigger) -> Result<Arc<Self>, Problem> {
        self.check().map_err(|problem| self.problem(problem))?;
        Ok(Arc::new(self.clone().with_outcome_trigger(outcome_trigger)))
    }

    /// Creates a problem that names the scenario.
    pub(crate) fn problem(&self, problem: Problem) -> Problem {
        problem.with_context(format!("the scenario `{}`", self.name))
    }

    /// Validates the scenario; a message about a stage names it.
    fn check(&self) -> Result<(), Problem> {
        self.problem.clone().map_or(Ok(()), Err)?;
        for (at, stage) in self.stages.iter().enumerate() {
            let placed =
                |problem: Problem| problem.at(&member_path!["stages", at]).with_context(format!("stage {}", at + 1));
            stage.check().map_err(placed)?;
        }
        check_order(&self.stages).map_err(|problem| problem.at(&member_path!["stages"]))?;
        self.check_begin()?;
        let mut answers = self.operator_answers.iter();
        answers.try_for_each(|(question, answer)| {
            check_answer(answer).map_err(|problem| problem.at(&member_path!["operator_answers", &**question]))
        })
    }

    /// Validates the parts about `begin/`.
    pub(super) fn check_begin(&self) -> Result<(), Problem> {
        let is_elsewhere = |endpoint| endpoint != Endpoint::Begin;
        if self.begin_fault.as_ref().and_then(|fault| fault.matched_endpoint()).is_some_and(is_elsewhere) {
            let message = "`begin_fault` applies to `begin/`; remove `endpoint`, or put the fault on a stage";
            return Err(Problem::rule(message).at(&member_path!["begin_fault", "endpoint"]));
        }
        let own = self.begin_fault.as_ref().map_or(Ok(()), check_own_sessions);
        own.map_err(|problem| problem.at(&member_path!["begin_fault"]))?;
        if self.refuse_begin.is_some() && !self.stages.is_empty() {
            return Err(Problem::of_key(
                "refuse_begin",
                "`refuse_begin` conflicts with `stages`: a refused `begin/` has no session",
            ));
        }
        Ok(())
    }
}

impl Stage {
    /// Validates the stage alone.
    pub(super) fn check(&self) -> Result<(), Problem> {
        self.problem.clone().map_or(Ok(()), Err)?;
        if self.effects.is_empty() {
            return Err(Problem::rule(
                "a stage needs an effect: `result`, `error`, `document`, `person`, `change` or `fault`",
            ));
        }
        let mut answers = self.effects.iter().filter_map(|effect| match effect {
            StageEffect::Verdict(_) => Some("result"),
            StageEffect::Error(_) => Some("error"),
            StageEffect::Document(_) => Some("document"),
            StageEffect::Person(_) | StageEffect::DocumentPatch(_) | StageEffect::Fault(_) => None,
        });
        if let Some(second) = answers.nth(1) {
            return Err(Problem::of_key(second, "a stage has only one of `result`, `error` and `document`"));
        }
        self.effects.iter().try_for_each(|effect| match effect {
            StageEffect::Verdict(verdict) => verdict.check(),
            StageEffect::Fault(fault) => check_fault(fault).map_err(|problem| problem.at(&member_path!["fault"])),
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

/// Validates the fault of a stage.
fn check_fault(fault: &Fault) -> Result<(), Problem> {
    match fault.matched_endpoint() {
        Some(Endpoint::Begin) => {
            let message = "a stage is reached after `begin/`; for a fault on `begin/` use the scenario's `begin_fault`";
            Err(Problem::of_key("endpoint", message))
        }
        Some(endpoint) if !endpoint.names_session() => {
            let message = format!(
                "`{endpoint}/` has no session, so a stage cannot put a fault on it; put the fault on the company or \
                 the server"
            );
            Err(Problem::of_key("endpoint", message))
        }
        _ => check_own_sessions(fault),
    }
}

/// Validates an operator's answer ([source](crate::fidelity#the-result-document)).
pub(super) fn check_answer(answer: &Value) -> Result<(), Problem> {
    let is_texts = |list: &Vec<Value>| list.iter().all(Value::is_string);
    if answer.is_string() || answer.is_boolean() || answer.as_array().is_some_and(is_texts) {
        return Ok(());
    }
    let message = format!("an operator's answer is a string, true, false, or a list of strings, not {answer}");
    Err(Problem::rule(message))
}

/// Validates the order of the stages.
pub(super) fn check_order(stages: &[Stage]) -> Result<(), Problem> {
    let problem_at = |at: usize, message| Err(Problem::rule(message).at(&MemberPath(vec![at.into()])));
    let first_outcome = stages.iter().position(Stage::has_outcome);
    let mut numbered = stages.iter().enumerate();
    if let Some((at, _)) = numbered.find(|(at, stage)| stage.when.is_empty() && first_outcome != Some(*at)) {
        let message = format!(
            "stage {} has no `when`; only the first stage with an outcome may omit it, and takes the trigger of \
             --outcome-trigger",
            at + 1
        );
        return problem_at(at, message);
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
                let message = format!(
                    "stage {} would be reached together with stage {}: `{when}` has fired by then; merge the two \
                     stages, or wait with `after=`, `polls=` or `operator`",
                    at + 1,
                    earlier_at + 1,
                );
                return problem_at(at, message);
            }
        }
        past = stage.moment_in_widget().map(|moment| (at, moment)).or(past);
    }
    Ok(())
}
