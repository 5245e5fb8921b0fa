//! The screens that a person goes through, from flags, steps and what they gave so far. Pure: it knows no session.

mod answer;
mod answers;
mod progress;
mod screens;
mod steps;

pub(crate) use self::{
    answer::{Act, Answer, AnswerError, Beside, Way},
    answers::Answers,
    progress::{Given, Progress},
    screens::{Capture, Channel, Content, Flow, Screen, Subject},
    steps::{find_step, flags_of, steps},
};
