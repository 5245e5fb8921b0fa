//! Building a scenario in Rust, in the words of the file.

use std::fmt;

use serde_json::{Map, Value};

use super::{BeginMatch, PersonPatch, Scenario, ScenarioSource, Stage, StageEffect, Trigger, Verdict};
use crate::{
    clock::parse_duration,
    faults::{Endpoint, Fault},
    vendor::{ErrorCode, FlagsAndSteps},
};

impl Scenario {
    /// A scenario in which nothing ever comes. What is wrong with one is said where it is used.
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

    /// What happens, in a sentence.
    pub fn description(mut self, sentence: impl Into<String>) -> Self {
        self.description = sentence.into();
        self
    }

    /// What comes next.
    pub fn stage(mut self, stage: Stage) -> Self {
        self.stages.push(stage);
        self
    }

    /// The calls of `begin/` that take it without asking for it, as in `match` of a file:
    /// `json!({"flags": {"liveness": true}})`.
    pub fn matching(mut self, conditions: Value) -> Self {
        match serde_json::from_value::<BeginMatch>(conditions) {
            Ok(matches) => self.matches = Some(matches),
            Err(problem) => self.invalid(format!("`match`: {problem}")),
        }
        self
    }

    /// `begin/` answers this error and no session comes to be.
    pub fn refuse_begin(mut self, error: ErrorCode) -> Self {
        self.refuse_begin = Some(error);
        self
    }

    /// Something goes wrong with `begin/`; once it has healed, the next session begins, and after that it starts over.
    pub fn begin_fault(mut self, fault: Fault) -> Self {
        self.begin_fault = Some(fault);
        self
    }

    /// How long a token opens the widget: `2m`; `0s` for one that never does.
    pub fn session_lifetime(mut self, time: &str) -> Self {
        match parse_duration(time) {
            Ok(time) => self.session_lifetime = Some(time),
            Err(problem) => self.invalid(format!("`session_lifetime`: {problem}")),
        }
        self
    }

    /// Laid over the flags of the call: a JSON object.
    pub fn flags(mut self, flags: Value) -> Self {
        match flags {
            Value::Object(_) => self.form = FlagsAndSteps::new(&flags.to_string(), self.form.steps()),
            _ => self.invalid("`flags` are not a JSON object".into()),
        }
        self
    }

    /// Laid over the steps of the call, where a step replaces the one of the same `key`: a JSON array of objects.
    pub fn steps(mut self, steps: Value) -> Self {
        match steps.as_array() {
            Some(list) if list.iter().all(Value::is_object) => {
                self.form = FlagsAndSteps::new(self.form.flags(), &steps.to_string());
            }
            _ => self.invalid("`steps` are not a JSON array of objects".into()),
        }
        self
    }

    /// Who goes through: the name of somebody in `people` of the fixtures, or a JSON object of members that are different
    /// about the person, with `like` for whom they are laid over.
    pub fn person(mut self, person: impl Into<Value>) -> Self {
        match PersonPatch::try_from(person.into()) {
            Ok(patch) => self.person = Some(patch),
            Err(problem) => self.invalid(problem.into()),
        }
        self
    }

    /// What the vendor's operator answers to the question of that key: a text, a boolean, or a list of texts.
    pub fn operator_answer(mut self, question: impl Into<String>, answer: impl Into<Value>) -> Self {
        self.operator_answers.insert(question.into(), answer.into());
        self
    }

    fn invalid(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }

    /// This scenario ready for sessions: a first outcome without a trigger comes at `outcome_trigger`, and faults have names.
    pub(super) fn with_outcome_trigger(mut self, outcome_trigger: &Trigger) -> Self {
        let is_fault = |effect: &&StageEffect| matches!(effect, StageEffect::Fault(_));
        let faults = self.stages.iter().flat_map(|stage| &stage.effects).filter(is_fault).count();
        self.begin_fault = self.begin_fault.map(|fault| fault.endpoint(Endpoint::Begin).or_named(&self.name));
        for (at, stage) in self.stages.iter_mut().enumerate() {
            if stage.when.is_empty() {
                stage.when.push(outcome_trigger.clone());
            }
            for effect in &mut stage.effects {
                // Hints and log call a fault after its scenario, where it has no name.
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
    /// A stage without a trigger, which the first one with a result or a document may be: the setting `outcome_trigger` says
    /// when it comes.
    pub fn with_default_trigger() -> Self {
        Self { when: Vec::new(), effects: Vec::new(), problem: None }
    }

    /// At once, without anybody opening the widget.
    pub fn begin() -> Self {
        Self::when(Trigger::Begin)
    }

    /// When the person opens the widget.
    pub fn opened() -> Self {
        Self::when(Trigger::Opened)
    }

    /// When the person comes to a step of the widget, named by its key or its type.
    pub fn step(name: impl Into<String>) -> Self {
        Self::when(Trigger::Step(name.into()))
    }

    /// When the person finishes the widget.
    pub fn widget() -> Self {
        Self::when(Trigger::Widget)
    }

    /// When so many calls of `result/` have got the answer of the stage before.
    pub fn polls(calls: u32) -> Self {
        Self::when(format!("polls={calls}"))
    }

    /// When so much time has passed on the clock since the stage before: `5s`, `15m`, `24h`.
    pub fn after(time: &str) -> Self {
        Self::when(format!("after={time}"))
    }

    /// When a decision is given from outside, as the vendor's operator would.
    pub fn operator() -> Self {
        Self::when(Trigger::Operator)
    }

    /// When this is pulled: a [`Trigger`], or its word: `"after=5s"`.
    pub fn when(trigger: impl TryInto<Trigger, Error: fmt::Display>) -> Self {
        Self::with_default_trigger().or(trigger)
    }

    /// Or when this is pulled, if it is before the others: a [`Trigger`], or its word: `"after=5s"`.
    pub fn or(mut self, trigger: impl TryInto<Trigger, Error: fmt::Display>) -> Self {
        match trigger.try_into() {
            Ok(trigger) => self.when.push(trigger),
            Err(problem) => self.invalid(problem.to_string()),
        }
        self
    }

    /// The person is who they say.
    pub fn approved(self) -> Self {
        self.result(Verdict::approved())
    }

    /// The person is not, or the check failed, for that reason.
    pub fn rejected(self, reason: impl Into<String>) -> Self {
        self.result(Verdict::rejected(reason))
    }

    /// An operator of the vendor has to look.
    pub fn manual_check(self) -> Self {
        self.result(Verdict::manual_check())
    }

    /// The result from now on: an [`crate::Outcome`], or a [`Verdict`] that says more.
    pub fn result(self, verdict: impl Into<Verdict>) -> Self {
        self.with(StageEffect::Verdict(verdict.into()))
    }

    /// The error that `result/` and `delete/` answer from now on.
    pub fn error(self, error: ErrorCode) -> Self {
        self.with(StageEffect::Error(error))
    }

    /// The document of the fixtures that they answer from now on, by its name.
    pub fn document(self, name: impl Into<String>) -> Self {
        self.with(StageEffect::Document(name.into()))
    }

    /// What is different about the person from now on, and with it in every generated document: members of the file of a
    /// person, at any depth; null takes one away.
    pub fn person(self, members: Value) -> Self {
        self.with_members("person", members, StageEffect::Person)
    }

    /// Members laid over every document from now on, at any depth; null takes a member away.
    pub fn change(self, members: Value) -> Self {
        self.with_members("change", members, StageEffect::DocumentPatch)
    }

    /// Something that goes wrong with calls for the session.
    pub fn fault(self, fault: Fault) -> Self {
        self.with(StageEffect::Fault(fault))
    }

    fn with_members(mut self, key: &str, members: Value, effect: fn(Map<String, Value>) -> StageEffect) -> Self {
        match members {
            Value::Object(members) => self.with(effect(members)),
            _ => {
                self.invalid(format!("`{key}` is not a JSON object"));
                self
            }
        }
    }

    fn with(mut self, effect: StageEffect) -> Self {
        self.effects.push(effect);
        self
    }

    fn invalid(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }
}
