//! The screens of a session, computed from flags, steps and flow progress. Pure: it does not know the session.

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
