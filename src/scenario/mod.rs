//! Scenarios: named courses of a verification, read from YAML files.

mod book;
mod content;
mod file;
mod trigger;
mod verdict;

use std::{collections::HashSet, time::Duration};

use serde_json::{Map, Value};

use self::verdict::REJECT_REASONS;
pub(crate) use self::{
    book::ScenarioBook,
    content::{Content, Match, Read},
    verdict::{RejectReason, ResultValue, ScreeningMatch, Verdict},
};
pub use self::{trigger::Trigger, verdict::Decision};
use crate::{
    faults::Fault,
    foreign_text::shortened,
    vendor::{ErrorCode, Form, Steps, StepsAtBegin},
};

/// What happens to the sessions that take this scenario.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) description: String,
    /// The calls of `begin/` that take it without asking for it.
    pub(crate) matches: Option<Match>,
    /// `begin/` answers this error and no session comes to be.
    pub(crate) refuse_begin: Option<ErrorCode>,
    /// What goes wrong with `begin/` before a session comes to be.
    pub(crate) begin_fault: Option<Fault>,
    /// How long its tokens open the widget, instead of what the server says.
    pub(crate) session_lifetime: Option<Duration>,
    /// Laid over the flags and steps of the session.
    pub(crate) form: Form,
    /// What the vendor's operator answers: question key → answer.
    pub(crate) operator_answers: Map<String, Value>,
    pub(crate) stages: Vec<Stage>,
}

/// One stage of a scenario: it comes once, after the one before it.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) when: Trigger,
    pub(crate) effects: Vec<Effect>,
}

/// What a stage changes.
#[derive(Debug)]
pub(crate) enum Effect {
    /// `result/` and `delete/` answer a document with this verdict from now on.
    Verdict(Verdict),
    /// They answer this error.
    Error(ErrorCode),
    /// They answer the document of that name from the fixtures.
    Document(String),
    /// Every document is changed so: members are laid over its own, and null takes one away.
    Change(Map<String, Value>),
    /// Something goes wrong with calls for the session.
    Fault(Fault),
}

impl Scenario {
    /// The documents of the fixtures that it names.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &str> {
        self.stages.iter().flat_map(|stage| &stage.effects).filter_map(|effect| match effect {
            Effect::Document(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// What may be a mistake: words that nobody has seen, and answers that nobody asks for.
    pub(crate) fn doubts(&self) -> Vec<String> {
        let reasons = self.stages.iter().flat_map(|stage| &stage.effects).filter_map(|effect| match effect {
            Effect::Verdict(verdict) => verdict.reject_reason.as_ref(),
            _ => None,
        });
        let unseen = reasons.map(|reason| &*reason.value).filter(|reason| !REJECT_REASONS.contains(reason));
        let unseen = unseen.map(|reason| {
            let known = REJECT_REASONS.join(", ");
            format!("the reject_reason `{}` was never seen; seen were {known}", shortened(reason))
        });
        let steps = StepsAtBegin::read(self.form.steps()).unwrap_or_default().unknown_types.into_iter();
        let steps = steps.map(|kind| format!("the step type `{}` is not known and has no effect", shortened(&kind)));
        let read = Steps::read(self.form.steps());
        let for_operator = read.questionnaires().filter(|questionnaire| questionnaire.for_operator);
        let asked: HashSet<_> = for_operator.flat_map(|asked| asked.questions).map(|question| question.key).collect();
        // A scenario without steps answers the questions of the call.
        let unasked =
            self.operator_answers.keys().filter(|key| !self.form.steps().is_empty() && !asked.contains(key.as_str()));
        let unasked = unasked.map(|key| {
            format!("`operator_answers` has the question `{}`, which no step for the operator has", shortened(key))
        });
        unseen.chain(steps).chain(unasked).collect()
    }
}
