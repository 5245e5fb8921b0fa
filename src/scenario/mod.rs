//! Scenarios: named courses of a verification, read from YAML files.

mod begin_match;
mod build;
mod check;
mod choice;
mod file;
mod person_patch;
mod registry;
mod to_file;
mod trigger;
mod verdict;

use std::{collections::HashSet, fmt, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use self::{
    begin_match::{BeginContent, BeginMatch, ParsedBeginContent},
    file::ScenarioFile,
    person_patch::{Casting, PersonPatch},
    registry::ScenarioRegistry,
    verdict::{REJECT_REASONS, RejectReason, ResultValue},
};
pub use self::{
    choice::ScenarioChoice,
    trigger::Trigger,
    verdict::{ScreeningMatch, Verdict},
};
use crate::{
    faults::Fault,
    foreign_text::shortened,
    vendor::{ErrorCode, FlagsAndSteps, Steps, StepsAtBegin},
};

/// What happens to the sessions that take it, and when: in the words of a scenario file.
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
#[derive(Debug, Clone)]
pub struct Scenario {
    pub(crate) name: String,
    pub(crate) description: String,
    /// The calls of `begin/` that take it without asking for it.
    pub(crate) matches: Option<BeginMatch>,
    /// `begin/` answers this error and no session comes to be.
    pub(crate) refuse_begin: Option<ErrorCode>,
    /// What goes wrong with `begin/` before a session comes to be.
    pub(crate) begin_fault: Option<Fault>,
    /// How long its tokens open the widget, instead of what the server says.
    pub(crate) session_lifetime: Option<Duration>,
    /// Laid over the flags and steps of the session.
    pub(crate) form: FlagsAndSteps,
    /// Who goes through, instead of anybody.
    pub(crate) person: Option<PersonPatch>,
    /// What the vendor's operator answers: question key → answer.
    pub(crate) operator_answers: Map<String, Value>,
    pub(crate) stages: Vec<Stage>,
    pub(crate) origin: ScenarioSource,
    /// What cannot be, of what it was built from.
    problem: Option<String>,
}

/// Where a scenario comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ScenarioSource {
    /// It comes with the mock.
    BuiltIn,
    /// It stands in a file.
    File,
    /// It was built in Rust.
    Rust,
    /// It was added while the server ran.
    Added,
}

/// One stage of a scenario: it comes once, after the one before it, when the first of its triggers is pulled.
///
/// ```
/// use identomat_mock::{ErrorCode, Stage};
///
/// let lost = Stage::polls(3).or("after=1h").error(ErrorCode::SessionNotFound);
/// ```
#[must_use]
#[derive(Debug, Clone)]
pub struct Stage {
    /// Without any it comes when the setting `finish` says.
    pub(crate) when: Vec<Trigger>,
    pub(crate) effects: Vec<StageEffect>,
    /// What cannot be, of what it was built from.
    problem: Option<String>,
}

/// What a stage changes.
#[derive(Debug, Clone)]
pub(crate) enum StageEffect {
    /// `result/` and `delete/` answer a document with this verdict from now on.
    Verdict(Verdict),
    /// They answer this error.
    Error(ErrorCode),
    /// They answer the document of that name from the fixtures.
    Document(String),
    /// The person is changed so, and with them all that a generated document says about them; members as in
    /// [`PersonPatch`].
    Person(Map<String, Value>),
    /// Every document is changed so: members are laid over its own, and null takes one away.
    DocumentPatch(Map<String, Value>),
    /// Something goes wrong with calls for the session.
    Fault(Fault),
}

/// In words: `result APPROVED`, `error SESSION_NOT_FOUND`.
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
    /// What brings it about, in words: `widget or after=60s`.
    pub(crate) fn triggers(&self) -> String {
        self.when.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
    }

    /// What brings it about, and what it changes.
    pub(crate) fn in_words(&self) -> [Vec<String>; 2] {
        [self.when.iter().map(ToString::to_string).collect(), self.effects.iter().map(ToString::to_string).collect()]
    }
}

impl Scenario {
    /// The effects of its stages, each with the place of its stage in a file.
    fn placed_effects(&self) -> impl Iterator<Item = (String, &StageEffect)> {
        let stages = self.stages.iter().enumerate();
        stages.flat_map(|(at, stage)| stage.effects.iter().map(move |effect| (format!("stages.{at}"), effect)))
    }

    /// The changes to the person that its stages make, in order, each with its place in a file.
    pub(crate) fn person_changes(&self) -> impl Iterator<Item = (String, &Map<String, Value>)> {
        let effects = self.placed_effects();
        effects.filter_map(|(place, effect)| Some((format!("{place}.person"), effect.person_change()?)))
    }

    /// The documents of the fixtures that it names, each with the place of the name in a file.
    pub(crate) fn documents(&self) -> impl Iterator<Item = (String, &str)> {
        self.placed_effects().filter_map(|(place, effect)| match effect {
            StageEffect::Document(name) => Some((format!("{place}.document"), name.as_str())),
            _ => None,
        })
    }

    /// What may be a mistake, each with its place in a file: words that nobody has seen, and answers that nobody asks
    /// for.
    pub(crate) fn warnings(&self) -> Vec<(String, String)> {
        let unseen = self.placed_effects().filter_map(|(place, effect)| match effect {
            StageEffect::Verdict(verdict) => Some((format!("{place}.reject_reason"), verdict.doubt()?)),
            _ => None,
        });
        let steps = StepsAtBegin::read(self.form.steps()).unwrap_or_default().unknown_types.into_iter();
        let steps =
            steps.map(|kind| ("steps".into(), format!("unknown step type `{}` has no effect", shortened(&kind))));
        let read = Steps::read(self.form.steps());
        let for_operator = read.questionnaires().filter(|questionnaire| questionnaire.for_operator);
        let asked: HashSet<_> = for_operator.flat_map(|asked| asked.questions).map(|question| question.key).collect();
        // A scenario without steps answers the questions of the call.
        let unasked =
            self.operator_answers.keys().filter(|key| !self.form.steps().is_empty() && !asked.contains(key.as_str()));
        let unasked = unasked.map(|key| {
            let doubt =
                format!("`operator_answers` has the question `{}`, which no step for the operator has", shortened(key));
            (format!("operator_answers.{key}"), doubt)
        });
        unseen.chain(steps).chain(unasked).collect()
    }
}
