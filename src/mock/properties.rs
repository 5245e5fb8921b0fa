//! What holds for any timeline and anything that is done to its session.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use jiff::Timestamp;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use crate::{
    clock::later,
    faults::{Endpoint, Fault},
    result::{Fixtures, render},
    scenario::{Decision, Effect, Scenario, Stage, Trigger, Verdict},
    session::{Asked, Browser, Opening, Session},
    vendor::{Dialect, ErrorCode, Form, Outcome, StepTypes, Switches, TokenSource},
};

static FIXTURES: LazyLock<Fixtures> = LazyLock::new(|| Fixtures::load(None).expect("built-in files can be read"));

/// What is done to a session.
#[derive(Debug, Clone)]
enum Action {
    Poll,
    Advance(u64),
    SetBack(u64),
    Open,
    Reach(&'static str),
    Finish,
    FinishAs(Outcome),
    Decide,
    DecideAs(Outcome),
}

/// What a stage does; its verdict says the number of the stage as its comment.
#[derive(Debug, Clone)]
enum Does {
    Says(Outcome),
    Fails(ErrorCode),
    Changes,
    Harms,
}

fn outcome() -> impl Strategy<Value = Outcome> {
    select(&Outcome::ALL[..])
}

fn trigger() -> impl Strategy<Value = Trigger> {
    prop_oneof![
        Just(Trigger::Begin),
        Just(Trigger::Opened),
        select(&["agreement", "face", "nowhere"][..]).prop_map(|name| Trigger::Step(name.into())),
        Just(Trigger::Widget),
        (1..4_u32).prop_map(Trigger::Polls),
        (0..1000_u64).prop_map(|seconds| Trigger::After(Duration::from_secs(seconds))),
        Just(Trigger::After(Duration::MAX)),
        Just(Trigger::Operator),
    ]
}

fn does() -> impl Strategy<Value = Does> {
    prop_oneof![
        4 => outcome().prop_map(Does::Says),
        1 => select(&ErrorCode::ALL[..]).prop_map(Does::Fails),
        1 => Just(Does::Changes),
        1 => Just(Does::Harms),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => Just(Action::Poll),
        3 => (0..2000_u64).prop_map(Action::Advance),
        1 => Just(Action::Advance(u64::MAX)),
        1 => (0..2000_u64).prop_map(Action::SetBack),
        1 => Just(Action::Open),
        1 => select(&["agreement", "document", "face", "nowhere"][..]).prop_map(Action::Reach),
        1 => Just(Action::Finish),
        1 => outcome().prop_map(Action::FinishAs),
        1 => Just(Action::Decide),
        1 => outcome().prop_map(Action::DecideAs),
    ]
}

fn scenario(stages: &[(Trigger, Does)]) -> Scenario {
    let verdict = |outcome: Outcome, number: usize| -> Verdict {
        Decision::from(outcome).comment(format!("stage {number}")).verdict(true)
    };
    let stage = |(number, (when, does)): (usize, &(Trigger, Does))| {
        let effect = match does {
            Does::Says(outcome) => Effect::Verdict(verdict(*outcome, number)),
            Does::Fails(code) => Effect::Error(*code),
            Does::Changes => {
                let change = json!({"person": {"status": number, "mrz": null}});
                Effect::Change(change.as_object().cloned().unwrap_or_default())
            }
            Does::Harms => Effect::Fault(Fault::status(503).on(Endpoint::Result)),
        };
        Stage { when: when.clone(), effects: vec![effect] }
    };
    Scenario {
        name: "any".into(),
        description: String::new(),
        matches: None,
        refuse_begin: None,
        begin_fault: None,
        session_lifetime: None,
        form: Form::default(),
        operator_answers: Map::new(),
        stages: stages.iter().enumerate().map(stage).collect(),
    }
}

/// Plays the actions; after each one, the answer as a poll would get it: the document, or the error.
fn play(stages: &[(Trigger, Does)], actions: &[Action]) -> Vec<Result<Value, ErrorCode>> {
    let mut now = Timestamp::UNIX_EPOCH;
    let opening = Opening {
        token: TokenSource::new(Some(7), "key").next(),
        asked: Asked { own: Form::default(), saved: None, scenario: Arc::new(scenario(stages)) },
        switches: Switches::default(),
        step_types: StepTypes::default(),
        lifetime: Duration::from_secs(900),
    };
    let wording = Dialect::Manual.wording();
    let mut session = Session::begin(opening, now);
    let mut answers = Vec::new();
    for action in actions {
        match action {
            Action::Poll => {
                session.strike(Endpoint::Result, now);
                session.poll(now);
            }
            Action::Advance(seconds) => {
                let before = now;
                now = later(now, Duration::from_secs(*seconds));
                session.catch_up(before, now);
            }
            Action::SetBack(seconds) => {
                now = now.saturating_sub(Duration::from_secs(*seconds)).unwrap_or(Timestamp::MIN);
            }
            Action::Open => {
                let browser = Browser { remote_address: "192.0.2.1".into(), user_agent: "any".into() };
                let _ = session.open(&browser, now);
            }
            Action::Reach(step) => {
                let _ = session.reach(step, now);
            }
            Action::Finish => {
                let _ = session.finish(None, None, now);
            }
            Action::FinishAs(outcome) => {
                let _ = session.finish(Some(Decision::from(*outcome).comment("decided").verdict(true)), None, now);
            }
            Action::Decide => {
                let _ = session.decide(None, now);
            }
            Action::DecideAs(outcome) => {
                let _ = session.decide(Some(Decision::from(*outcome).comment("decided").verdict(true)), now);
            }
        }
        let answer = session.answer(|session, standing| render(session, standing, &FIXTURES, &[], wording));
        answers.push(answer.map(|document| serde_json::from_slice(&document).expect("a document is JSON")));
    }
    answers
}

/// How far the session is: the number of the stage that speaks, or beyond all of them when something was decided.
fn progress(answer: &Result<Value, ErrorCode>) -> Option<usize> {
    let comment = answer.as_ref().ok()?["result_comment"].as_str()?;
    match comment.strip_prefix("stage ") {
        Some(number) => number.parse().ok(),
        None => (comment == "decided").then_some(usize::MAX),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn no_timeline_goes_back(stages in vec((trigger(), does()), 0..7), actions in vec(action(), 0..30)) {
        let mut furthest = 0;
        let mut last = None;
        for answer in play(&stages, &actions) {
            if let Some(here) = progress(&answer) {
                prop_assert!(here >= furthest, "{here} after {furthest}");
                furthest = here;
            }
            // A final result gives way only to what the scenario says later, or to a decision.
            let is_final = |answer: &Value| answer["result"] == "APPROVED" || answer["result"] == "REJECTED";
            if let (Some(Ok(before)), Ok(after)) = (&last, &answer)
                && is_final(before) && before["result"] != after["result"]
            {
                let (before, after) = (progress(&Ok(before.clone())), progress(&Ok(after.clone())));
                prop_assert!(after == Some(usize::MAX) || after > before, "{after:?} instead of {before:?}");
            }
            last = Some(answer);
        }
    }

    #[test]
    fn the_same_actions_get_the_same_answers(
        stages in vec((trigger(), does()), 0..7),
        actions in vec(action(), 0..30),
    ) {
        prop_assert_eq!(play(&stages, &actions), play(&stages, &actions));
    }

    #[test]
    fn a_stage_comes_only_when_its_trigger_was_pulled(
        stages in vec((trigger(), does()), 1..7),
        actions in vec(action(), 0..30),
    ) {
        for (at, answer) in play(&stages, &actions).iter().enumerate() {
            let Some(number) = progress(answer).filter(|number| *number < stages.len()) else { continue };
            let done = &actions[..=at];
            let count = |wanted: fn(&Action) -> bool| done.iter().filter(|action| wanted(action)).count();
            for (when, _) in &stages[..=number] {
                let could = match when {
                    Trigger::Widget => count(|action| matches!(action, Action::Finish)) > 0,
                    Trigger::Operator => count(|action| matches!(action, Action::Decide)) > 0,
                    Trigger::Polls(polls) => count(|action| matches!(action, Action::Poll)) >= *polls as usize,
                    Trigger::Opened => count(|action| matches!(action, Action::Open | Action::Finish)) > 0,
                    Trigger::Step(name) if name == "nowhere" => count(|action| matches!(action, Action::Finish)) > 0,
                    Trigger::After(time) if *time > Duration::from_secs(1000) => {
                        count(|action| matches!(action, Action::Advance(u64::MAX))) > 0
                    }
                    Trigger::Begin | Trigger::Step(_) | Trigger::After(_) => true,
                };
                prop_assert!(could, "stage {number} came, but {when} cannot have");
            }
        }
    }
}
