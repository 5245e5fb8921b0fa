//! The screens that a person goes through, from flags, steps and what they gave so far. Pure: it knows no session.

mod answer;
mod answers;
mod capture;
mod progress;
mod screens;
mod steps;

pub(crate) use self::{
    answer::{Act, Answer, AnswerError, Beside, SAMPLE_EMAIL, SAMPLE_PHONE},
    answers::Answers,
    capture::{Capture, Subject, Way},
    progress::{Given, Progress},
    screens::{Channel, Content, Flow, Screen},
    steps::{find_step, flags_of, steps},
};
