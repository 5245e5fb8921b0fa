//! Building a scenario in Rust, with the words of the file.

use serde_json::{Map, Value};

use super::{PersonPatch, Scenario, ScenarioSource, Stage, StageEffect, Trigger, Verdict};
use crate::{
    clock::parse_duration,
    faults::{Endpoint, Fault},
    problem::{Problem, member_path},
    tree,
    vendor::{ErrorCode, FlagsAndSteps},
};

impl Scenario {
    /// Creates a scenario without stages. Mistakes are reported when it is used.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            description: name.clone(),
            name,
            matches: None,
            refuse_begin: None,
            begin_fault: None,
            session_lifetime: None,
            form: FlagsAndSteps::default(),
            person: None,
            operator_answers: Map::new(),
            stages: Vec::new(),
            origin: ScenarioSource::Rust,
            problem: None,
        }
    }

    /// Sets the one-sentence description.
    pub fn description(mut self, sentence: impl Into<String>) -> Self {
        self.description = sentence.into();
        self
    }

    /// Adds the next stage.
    pub fn stage(mut self, stage: Stage) -> Self {
        self.stages.push(stage);
        self
    }

    /// Sets the calls of `begin/` that select it without naming it, as in `match` of a file: `json!({"flags":
    /// {"liveness": true}})`.
    pub fn matching(mut self, conditions: Value) -> Self {
        match tree::read_value(conditions) {
            Ok(matches) => self.matches = Some(matches),
            Err(problem) => self.invalid(problem.at(&member_path!["match"]).with_context("`match`")),
        }
        self
    }

    /// Makes `begin/` return this error, without creating a session.
    pub fn refuse_begin(mut self, error: ErrorCode) -> Self {
        self.refuse_begin = Some(error);
        self
    }

    /// Sets a fault on `begin/`; after it expires, the next session begins, then the fault starts over.
    pub fn begin_fault(mut self, fault: Fault) -> Self {
        self.begin_fault = Some(fault);
        self
    }

    /// Sets how long a token opens the widget: `2m`; `0s` if it never does.
    pub fn session_lifetime(mut self, time: &str) -> Self {
        match parse_duration(time) {
            Ok(time) => self.session_lifetime = Some(time),
            Err(problem) => {
                self.invalid(problem.at(&member_path!["session_lifetime"]).with_context("`session_lifetime`"))
            }
        }
        self
    }

    /// Sets flags that override those of the call: a JSON object.
    pub fn flags(mut self, flags: Value) -> Self {
        match flags {
            Value::Object(_) => self.form = FlagsAndSteps::new(&flags.to_string(), self.form.steps()),
            _ => self.invalid(Problem::of_key("flags", "`flags` are not a JSON object")),
        }
        self
    }

    /// Adds steps to those of the call; a step replaces the one with the same `key`: a JSON array of objects.
    pub fn steps(mut self, steps: Value) -> Self {
        match steps.as_array() {
            Some(list) if list.iter().all(Value::is_object) => {
                self.form = FlagsAndSteps::new(self.form.flags(), &steps.to_string());
            }
            _ => self.invalid(Problem::of_key("steps", "`steps` are not a JSON array of objects")),
        }
        self
    }

    /// Sets the person: a name in `people` of the fixtures, or a JSON object of members that differ, with `like` for
    /// the person to change.
    pub fn person(mut self, person: impl Into<Value>) -> Self {
        match PersonPatch::try_from(person.into()) {
            Ok(patch) => self.person = Some(patch),
            Err(problem) => self.invalid(problem.at(&member_path!["person"])),
        }
        self
    }

    /// Sets the operator's answer to the question with this key: a string, a boolean, or a list of strings.
    pub fn operator_answer(mut self, question: impl Into<String>, answer: impl Into<Value>) -> Self {
        self.operator_answers.insert(question.into(), answer.into());
        self
    }

    fn invalid(&mut self, problem: Problem) {
        self.problem.get_or_insert(problem);
    }

    /// Prepares the scenario for sessions: a first outcome without a trigger gets `outcome_trigger`, and faults get
    /// names.
    pub(super) fn with_outcome_trigger(mut self, outcome_trigger: &Trigger) -> Self {
        let is_fault = |effect: &&StageEffect| matches!(effect, StageEffect::Fault(_));
        let faults = self.stages.iter().flat_map(|stage| &stage.effects).filter(is_fault).count();
        self.begin_fault = self.begin_fault.map(|fault| fault.endpoint(Endpoint::Begin).or_named(&self.name));
        for (at, stage) in self.stages.iter_mut().enumerate() {
            if stage.when.is_empty() {
                stage.when.push(outcome_trigger.clone());
            }
            for effect in &mut stage.effects {
                // Unnamed faults are named after their scenario, for hints and log.
                if let StageEffect::Fault(fault) = effect {
                    let name = &self.name;
                    let name = if faults == 1 { name.clone() } else { format!("{name}, stage {}", at + 1) };
                    *fault = fault.clone().or_named(&name);
                }
            }
        }
        self
    }
}

impl Stage {
    /// Creates a stage without a trigger, for the first result or document: `--outcome-trigger` applies.
    pub fn with_default_trigger() -> Self {
        Self { when: Vec::new(), effects: Vec::new(), problem: None }
    }

    /// Creates a stage that is reached at once, even if the widget is never opened.
    pub fn begin() -> Self {
        Self::when(Trigger::Begin)
    }

    /// Creates a stage that is reached when the person opens the widget.
    pub fn opened() -> Self {
        Self::when(Trigger::Opened)
    }

    /// Creates a stage that is reached with a step of the widget, named by its key or type.
    pub fn step(name: impl Into<String>) -> Self {
        Self::when(Trigger::Step(name.into()))
    }

    /// Creates a stage that is reached when the person finishes the widget.
    pub fn widget() -> Self {
        Self::when(Trigger::Widget)
    }

    /// Creates a stage that is reached after a number of polls since the previous stage.
    pub fn polls(calls: u32) -> Self {
        Self::when(format!("polls={calls}"))
    }

    /// Creates a stage that is reached after this time since the previous stage: `5s`, `15m`, `24h`.
    pub fn after(time: &str) -> Self {
        Self::when(format!("after={time}"))
    }

    /// Creates a stage that is reached when a decision is made.
    pub fn operator() -> Self {
        Self::when(Trigger::Operator)
    }

    /// Creates a stage with this trigger: a [`Trigger`], or its text: `"after=5s"`.
    pub fn when(trigger: impl TryInto<Trigger, Error: Into<Problem>>) -> Self {
        Self::with_default_trigger().or(trigger)
    }

    /// Adds a trigger, of which the first to fire counts: a [`Trigger`], or its text: `"after=5s"`.
    pub fn or(mut self, trigger: impl TryInto<Trigger, Error: Into<Problem>>) -> Self {
        match trigger.try_into() {
            Ok(trigger) => self.when.push(trigger),
            Err(problem) => self.invalid(problem.into()),
        }
        self
    }

    /// Sets the result `APPROVED`.
    pub fn approved(self) -> Self {
        self.result(Verdict::approved())
    }

    /// Sets the result `REJECTED` with this reason.
    pub fn rejected(self, reason: impl Into<String>) -> Self {
        self.result(Verdict::rejected(reason))
    }

    /// Sets the result `MANUAL_CHECK`.
    pub fn manual_check(self) -> Self {
        self.result(Verdict::manual_check())
    }

    /// Sets the result: an [`crate::Outcome`], or a [`Verdict`] with details.
    pub fn result(self, verdict: impl Into<Verdict>) -> Self {
        self.with(StageEffect::Verdict(verdict.into()))
    }

    /// Sets the error of `result/` and `delete/`.
    pub fn error(self, error: ErrorCode) -> Self {
        self.with(StageEffect::Error(error))
    }

    /// Sets the fixture document that they return, by name.
    pub fn document(self, name: impl Into<String>) -> Self {
        self.with(StageEffect::Document(name.into()))
    }

    /// Changes the person, and with them all generated documents: members of a person file, at any depth; null removes
    /// one.
    pub fn person(self, members: Value) -> Self {
        self.with_members("person", members, StageEffect::Person)
    }

    /// Changes every document: members are merged at any depth; null removes one.
    pub fn change(self, members: Value) -> Self {
        self.with_members("change", members, StageEffect::DocumentPatch)
    }

    /// Adds a fault for calls of the session.
    pub fn fault(self, fault: Fault) -> Self {
        self.with(StageEffect::Fault(fault))
    }

    fn with_members(mut self, key: &str, members: Value, effect: fn(Map<String, Value>) -> StageEffect) -> Self {
        match members {
            Value::Object(members) => self.with(effect(members)),
            _ => {
                self.invalid(Problem::of_key(key, format!("`{key}` is not a JSON object")));
                self
            }
        }
    }

    fn with(mut self, effect: StageEffect) -> Self {
        self.effects.push(effect);
        self
    }

    fn invalid(&mut self, problem: Problem) {
        self.problem.get_or_insert(problem);
    }
}
