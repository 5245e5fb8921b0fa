//! The vendor's words: flags, steps, outcomes, tokens, errors, and differences between manual and live responses.
//! Nothing of ours.

mod boolean_flags;
mod dialect;
mod error;
mod flags;
mod flags_at_begin;
mod form;
mod language;
mod media_kind;
mod outcome;
mod questions;
mod steps;
mod token;

pub(crate) use self::{
    boolean_flags::{BooleanFlag, BooleanFlags},
    dialect::Wording,
    error::{ErrorCase, VendorError},
    flags::{DocumentType, Flags},
    flags_at_begin::FlagsAtBegin,
    form::{FlagsAndSteps, FormLayers, SavedForm},
    language::Language,
    questions::{Question, QuestionOption, Questionnaire},
    steps::{Step, StepType, StepTypes, Steps, StepsAtBegin},
    token::{Token, TokenSource, draw},
};
pub use self::{
    dialect::{Dialect, ResultCase},
    error::ErrorCode,
    media_kind::MediaKind,
    outcome::Outcome,
};
