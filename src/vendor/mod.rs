//! The vendor's words: flags, steps, outcomes, tokens, errors, and where manual and live answers differ. Nothing of ours.

mod dialect;
mod error;
mod flags;
mod outcome;
mod steps;
mod token;

pub(crate) use self::{
    dialect::Wording,
    error::VendorError,
    flags::{DocumentType, Flags},
    steps::{Question, Questionnaire, Steps},
    token::{Token, TokenSource},
};
pub use self::{
    dialect::{Dialect, ResultCase},
    error::ErrorCode,
    outcome::Outcome,
};
