//! The screens that a person goes through, from flags, steps and what they gave so far. Pure: it knows no session.

mod answer;
mod answers;
mod capture;
mod progress;
mod screens;
mod steps;

pub(crate) use self::{
    answer::{AnswerContext, AnswerError, FollowUp, SAMPLE_EMAIL, SAMPLE_PHONE, ScreenAnswer},
    answers::QuestionnaireAnswers,
    capture::{Capture, CaptureSource, CaptureSubject},
    progress::{FlowProgress, ScreenInput},
    screens::{Channel, Flow, Screen, ScreenKind},
    steps::{find_step, flags_of, steps},
};
