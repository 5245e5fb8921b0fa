//! Warnings about scenarios: what can never happen, and what has no effect.

use std::sync::Arc;

use super::Catalogue;
use crate::{
    faults::{Endpoint, Fault},
    flow,
    problem::{Problem, member_path},
    scenario::{Scenario, Stage, StageEffect, Trigger},
    vendor::FormLayers,
};

impl Catalogue {
    /// Returns the warnings about a scenario.
    pub(super) fn warnings(&self, scenario: &Scenario) -> Vec<Problem> {
        let outdone = self.shadowed_by(scenario).map(|doubt| Problem::of_key("match", doubt));
        let flags = FormLayers { saved: None, own: &scenario.form, scenario: None }.read_flags();
        let named = scenario.person.as_ref().and_then(|patch| patch.name.clone());
        let nothing_to_show = self.fixtures.people.document_warning(named.as_slice(), &flags);
        let nothing_to_show = nothing_to_show.map(|doubt| Problem::of_key("flags", doubt));
        let doubts =
            scenario.warnings().into_iter().chain(unreachable_begin(scenario)).chain(unreachable_stage(scenario));
        doubts.chain(outdone).chain(nothing_to_show).collect()
    }

    /// Returns a warning if another scenario matches all calls of this one's `match`.
    fn shadowed_by(&self, scenario: &Scenario) -> Option<String> {
        let matches = scenario.matches.as_ref()?;
        let earlier = self.scenarios.matching().take_while(|other| other.name != scenario.name);
        let is_wider = |other: &&Arc<Scenario>| other.matches.as_ref().is_some_and(|wider| wider.subsumes(matches));
        let winner = earlier.into_iter().find(is_wider)?;
        Some(format!(
            "no call selects this scenario: `{0}` comes first by name, and its `match` covers the same calls; narrow \
             that `match`, or give this scenario a name before `{0}`",
            winner.name
        ))
    }
}

fn unreachable_begin(scenario: &Scenario) -> Option<Problem> {
    scenario.begin_fault.as_ref().filter(|fault| fault.blocks_forever())?;
    let message = "no session can begin, because this fault never expires; no stage is ever reached";
    Some(Problem::of_key("begin_fault", message))
}

/// Returns a warning about the first stage that can never be reached, and with it all later stages.
fn unreachable_stage(scenario: &Scenario) -> Option<Problem> {
    let stages = &scenario.stages;
    let number = stages.len();
    stages.iter().enumerate().find_map(|(at, stage)| {
        let reasons: Option<Vec<_>> =
            stage.when.iter().map(|trigger| unreachable_trigger(scenario, at, trigger)).collect();
        // A stage without triggers gets the default one.
        let reason = reasons?.into_iter().next()?;
        let rest = if at + 1 == number { "" } else { ", nor any stage after it" };
        let message = format!("this stage is never reached{rest}: {reason}");
        Some(Problem::rule(message).at(&member_path!["stages", at, "when"]))
    })
}

/// Returns the reason why this trigger can never fire for the stage at that index.
fn unreachable_trigger(scenario: &Scenario, at: usize, trigger: &Trigger) -> Option<String> {
    let is_closed = scenario.session_lifetime.is_some_and(|time| time.is_zero());
    match trigger {
        Trigger::Opened | Trigger::Step(_) | Trigger::Widget if is_closed => {
            Some("with a `session_lifetime` of 0 the widget cannot be opened".into())
        }
        Trigger::Step(name) => missing_step(scenario, name),
        Trigger::Polls(_) => {
            let earlier = scenario.stages[..at].iter().flat_map(|stage: &Stage| &stage.effects);
            let is_in_the_way = |fault: &Fault| {
                fault.blocks_forever() && fault.matched_endpoint().is_none_or(|endpoint| endpoint == Endpoint::Result)
            };
            let mut faults = earlier.filter_map(|effect| match effect {
                StageEffect::Fault(fault) => Some(fault),
                _ => None,
            });
            faults.find(|fault| is_in_the_way(fault)).map(|fault| {
                format!("the fault `{}` of an earlier stage never expires, so no `result/` is handled", fault.name())
            })
        }
        Trigger::Begin | Trigger::Opened | Trigger::Widget | Trigger::After(_) | Trigger::Operator => None,
    }
}

/// Returns the reason why the widget has no such step, if the scenario determines its steps.
fn missing_step(scenario: &Scenario, name: &str) -> Option<String> {
    let layers = FormLayers { saved: None, own: &scenario.form, scenario: None };
    let (flags, requested) = (layers.read_flags(), layers.read_steps());
    let steps = flow::steps(&flags, &requested);
    if steps.iter().any(|step| step.is_named(name)) {
        return None;
    }
    // A call may request steps if the scenario has none.
    let is_switched_off = flow::steps(&Default::default(), &requested).iter().any(|step| step.is_named(name));
    if scenario.form.steps().is_empty() && !is_switched_off {
        return None;
    }
    let keys: Vec<_> = steps.iter().map(|step| format!("`{}`", step.key)).collect();
    Some(format!(
        "the widget has no step `{name}` unless a call requests it; its steps are {}",
        if keys.is_empty() { "none".into() } else { keys.join(", ") }
    ))
}
