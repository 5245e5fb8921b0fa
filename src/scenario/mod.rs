//! Scenarios: named scripts of a verification, read from YAML files.

mod begin_match;
mod build;
mod check;
mod choice;
mod file;
mod person_patch;
mod registry;
mod trigger;
mod verdict;
mod verdict_details;

use std::{collections::HashSet, fmt, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::file::{ScenarioKeys, StageKeys};
pub(crate) use self::{
    begin_match::{BeginContent, BeginMatch, ParsedBeginContent},
    person_patch::{Casting, PersonPatch},
    registry::ScenarioRegistry,
    verdict::{REJECT_REASONS, RejectReason, ResultValue},
    verdict_details::{VerdictDetails, verdict_details, with_details},
};
pub use self::{
    choice::ScenarioChoice,
    trigger::Trigger,
    verdict::{ScreeningMatch, Verdict},
};
use crate::{
    faults::Fault,
    foreign_text::shortened,
    problem::{MemberPath, Problem, member_path},
    vendor::{ErrorCode, FlagsAndSteps, Steps, StepsAtBegin},
};

/// A scenario: what happens to its sessions, and when. The members are those of a scenario file.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use identomat_mock::{MockServer, Scenario, Stage, Verdict};
///
/// let late = Scenario::new("late")
///     .stage(Stage::widget().manual_check())
///     .stage(Stage::after("60s").result(Verdict::approved().result_comment("Looks right")));
/// let mock = MockServer::builder().scenario(late).start().await?;
/// # Ok(())
/// # }
/// ```
#[must_use]
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(!try_from, !into, with = "ScenarioKeys"))]
#[cfg_attr(test, schemars(description = "A scenario: what happens to its sessions, and when."))]
#[serde(try_from = "ScenarioKeys", into = "ScenarioKeys")]
pub struct Scenario {
    pub(crate) name: String,
    pub(crate) description: String,
    /// The calls of `begin/` that select it without naming it.
    pub(crate) matches: Option<BeginMatch>,
    /// The error of `begin/`; no session is created.
    pub(crate) refuse_begin: Option<ErrorCode>,
    /// A fault on `begin/` before the session is created.
    pub(crate) begin_fault: Option<Fault>,
    /// How long its tokens open the widget, instead of the server's setting.
    pub(crate) session_lifetime: Option<Duration>,
    /// Flags and steps that override those of the call.
    pub(crate) form: FlagsAndSteps,
    /// The person, instead of a drawn one.
    pub(crate) person: Option<PersonPatch>,
    /// Answers of the vendor's operator: question key → answer.
    pub(crate) operator_answers: Map<String, Value>,
    pub(crate) stages: Vec<Stage>,
    pub(crate) origin: ScenarioSource,
    /// A problem with the values that it was built from.
    problem: Option<Problem>,
}

/// The source of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ScenarioSource {
    /// Built into the mock.
    BuiltIn,
    /// Read from a file.
    File,
    /// Built in Rust.
    Rust,
    /// Added while the server runs.
    Added,
}

/// A stage of a scenario. It is reached once, after the previous stage, when the first of its triggers fires.
///
/// ```
/// use identomat_mock::{ErrorCode, Stage};
///
/// let lost = Stage::polls(3).or("after=1h").error(ErrorCode::SessionNotFound);
/// ```
#[must_use]
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(!try_from, !into, with = "StageKeys"))]
#[cfg_attr(test, schemars(description = "A stage: its triggers and its effects."))]
#[serde(try_from = "StageKeys", into = "StageKeys")]
pub struct Stage {
    /// Its triggers. Without any, `--outcome-trigger` applies.
    pub(crate) when: Vec<Trigger>,
    pub(crate) effects: Vec<StageEffect>,
    /// A problem with the values that it was built from.
    problem: Option<Problem>,
}

/// An effect of a stage.
#[derive(Debug, Clone)]
pub(crate) enum StageEffect {
    /// `result/` and `delete/` return a document with this verdict.
    Verdict(Verdict),
    /// They return this error.
    Error(ErrorCode),
    /// They return the fixture document with this name.
    Document(String),
    /// Changes the person, and with them all generated documents; members as in [`PersonPatch`].
    Person(Map<String, Value>),
    /// Changes every document: members are merged into it, and null removes a member.
    DocumentPatch(Map<String, Value>),
    /// Adds a fault for calls of the session.
    Fault(Fault),
}

/// Describes the effect: `result APPROVED`, `error SESSION_NOT_FOUND`.
impl fmt::Display for StageEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |members: &Map<String, Value>| members.keys().cloned().collect::<Vec<_>>().join(", ");
        match self {
            Self::Verdict(verdict) => verdict.fmt(f),
            Self::Error(code) => write!(f, "error {code}"),
            Self::Document(name) => write!(f, "document {name}"),
            Self::Person(members) => write!(f, "person with another {}", names(members)),
            Self::DocumentPatch(members) => write!(f, "document with another {}", names(members)),
            Self::Fault(fault) => write!(f, "fault {}", fault.name()),
        }
    }
}

impl StageEffect {
    pub(crate) fn person_change(&self) -> Option<&Map<String, Value>> {
        match self {
            Self::Person(members) => Some(members),
            _ => None,
        }
    }
}

impl Stage {
    /// Describes its triggers: `widget or after=60s`.
    pub(crate) fn triggers(&self) -> String {
        self.when.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
    }

    /// Describes its triggers and effects.
    pub(crate) fn in_words(&self) -> [Vec<String>; 2] {
        [self.when.iter().map(ToString::to_string).collect(), self.effects.iter().map(ToString::to_string).collect()]
    }
}

impl Scenario {
    /// Returns the values that `read` finds in the effects of its stages, each with the path of this key in a file.
    fn find_in_effects<'a, V>(
        &'a self,
        key: &str,
        read: impl Fn(&'a StageEffect) -> Option<V>,
    ) -> Vec<(MemberPath, V)> {
        let mut found = Vec::new();
        for (at, stage) in self.stages.iter().enumerate() {
            for value in stage.effects.iter().filter_map(&read) {
                found.push((member_path!["stages", at, key], value));
            }
        }
        found
    }

    /// Returns the changes to the person in its stages, each with its path in a file.
    pub(crate) fn person_changes(&self) -> Vec<(MemberPath, &Map<String, Value>)> {
        self.find_in_effects("person", StageEffect::person_change)
    }

    /// Returns the fixture documents that it names, each with the path of the name in a file.
    pub(crate) fn documents(&self) -> Vec<(MemberPath, &str)> {
        self.find_in_effects("document", |effect| match effect {
            StageEffect::Document(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Returns warnings: unknown words, and answers without a question.
    pub(crate) fn warnings(&self) -> Vec<Problem> {
        let mut warnings = Vec::new();
        let doubts = self.find_in_effects("reject_reason", |effect| match effect {
            StageEffect::Verdict(verdict) => verdict.doubt(),
            _ => None,
        });
        warnings.extend(doubts.into_iter().map(|(path, doubt)| doubt.at(&path)));
        for kind in StepsAtBegin::read(self.form.steps()).unknown_types {
            let problem = format!("unknown step type `{}` has no effect", shortened(&kind));
            warnings.push(Problem::rule(problem).at(&member_path!["steps"]));
        }
        // A scenario without steps answers the questions of the call.
        if self.form.steps().is_empty() {
            return warnings;
        }
        let read = Steps::read(self.form.steps());
        let mut asked = HashSet::new();
        for questionnaire in read.questionnaires().filter(|questionnaire| questionnaire.for_operator) {
            asked.extend(questionnaire.questions.into_iter().map(|question| question.key));
        }
        for key in self.operator_answers.keys().filter(|key| !asked.contains(key.as_str())) {
            let problem =
                format!("`operator_answers` has the question `{}`, which no step for the operator has", shortened(key));
            warnings.push(Problem::rule(problem).at(&member_path!["operator_answers", &**key]));
        }
        warnings
    }
}
