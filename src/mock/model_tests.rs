//! Properties of any timeline, under any actions on its session.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use bytes::Bytes;
use jiff::Timestamp;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use crate::{
    clock::later,
    data_file::LoadDiagnostics,
    faults::{Endpoint, Fault},
    flow::{AnswerContext, Flow, FollowUp, QuestionnaireAnswers, ScreenAnswer},
    result::{FixtureFiles, Fixtures, render},
    scenario::{Casting, Scenario, Stage, Trigger, Verdict},
    session::{Browser, NewSession, Session, SessionSpec, serialization::SharedLookup},
    thorough::thorough,
    vendor::{Dialect, DocumentType, ErrorCode, FlagsAndSteps, Language, Outcome, SavedForm, TokenSource},
};

static FIXTURES: LazyLock<Fixtures> =
    LazyLock::new(|| Fixtures::read(&FixtureFiles::default(), &mut LoadDiagnostics::default()));

/// An action on a session.
#[derive(Debug, Clone)]
enum SessionAction {
    Poll,
    Advance(u64),
    /// Time passes without calls.
    Wait(u64),
    SetBack(u64),
    Open,
    Reach(&'static str),
    /// The person answers one screen of the widget.
    GoOn,
    Finish,
    FinishAs(Outcome),
    Decide,
    DecideAs(Outcome),
}

/// The effect of a stage; the number of the stage is the comment of its verdict.
#[derive(Debug, Clone)]
enum StageTemplate {
    Says(Outcome),
    Fails(ErrorCode),
    Changes,
    /// Changes the person in a way that conflicts with a person without a local name.
    Corrects,
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

fn timeline() -> impl Strategy<Value = Vec<(Vec<Trigger>, StageTemplate)>> {
    vec((vec(trigger(), 1..4), does()), 0..7)
}

fn does() -> impl Strategy<Value = StageTemplate> {
    prop_oneof![
        4 => outcome().prop_map(StageTemplate::Says),
        1 => select(&ErrorCode::ALL[..]).prop_map(StageTemplate::Fails),
        1 => Just(StageTemplate::Changes),
        1 => Just(StageTemplate::Corrects),
        1 => Just(StageTemplate::Harms),
    ]
}

fn action() -> impl Strategy<Value = SessionAction> {
    prop_oneof![
        4 => Just(SessionAction::Poll),
        3 => (0..2000_u64).prop_map(SessionAction::Advance),
        1 => Just(SessionAction::Advance(u64::MAX)),
        1 => (0..2000_u64).prop_map(SessionAction::Wait),
        1 => (0..2000_u64).prop_map(SessionAction::SetBack),
        1 => Just(SessionAction::Open),
        1 => select(&["agreement", "document", "face", "nowhere"][..]).prop_map(SessionAction::Reach),
        3 => Just(SessionAction::GoOn),
        1 => Just(SessionAction::Finish),
        1 => outcome().prop_map(SessionAction::FinishAs),
        1 => Just(SessionAction::Decide),
        1 => outcome().prop_map(SessionAction::DecideAs),
    ]
}

fn scenario(stages: &[(Vec<Trigger>, StageTemplate)]) -> Scenario {
    let stage = |(number, (when, does)): (usize, &(Vec<Trigger>, StageTemplate))| {
        let stage = when.iter().cloned().fold(Stage::with_default_trigger(), Stage::or);
        match does {
            StageTemplate::Says(outcome) => {
                stage.result(Verdict::from(*outcome).result_comment(format!("stage {number}")))
            }
            StageTemplate::Fails(code) => stage.error(*code),
            StageTemplate::Changes => stage.change(json!({"person": {"status": number, "mrz": null}})),
            StageTemplate::Corrects => stage.person(json!({"last_name": "Corrected", "local": {"first_name": "X"}})),
            StageTemplate::Harms => stage.fault(Fault::status(503).endpoint(Endpoint::Result)),
        }
    };
    stages.iter().enumerate().map(stage).fold(Scenario::new("any"), Scenario::stage)
}

/// Returns the flags, steps and scenario of a session.
fn asked(stages: &[(Vec<Trigger>, StageTemplate)]) -> SessionSpec {
    let form = |flags: &str, steps: &str| FlagsAndSteps::new(flags, steps);
    let question = r#"{"type": "number", "key": "q", "mandatory": true}"#;
    let steps = format!(r#"[{{"type": "user-questionnaire", "key": "about", "questions": [{question}]}}]"#);
    let saved = SavedForm { config_id: "any".into(), flags_and_steps: form(r#"{"document_types": ["passport"]}"#, "") };
    SessionSpec {
        chosen_by: "a test".into(),
        own: form(r#"{"liveness" : true, "allow_general_document_upload": true}"#, &steps),
        saved: Some(Arc::new(saved)),
        scenario: Arc::new(scenario(stages)),
    }
}

/// Serializes and deserializes a session.
fn read_back(session: &Session) -> Session {
    let asked = session.spec.clone();
    let shared = SharedLookup {
        scenario: &|name| (asked.scenario.name == name).then(|| asked.scenario.clone()),
        saved: &|id| asked.saved.clone().filter(|saved| &*saved.config_id == id),
    };
    Session::from_bytes(&session.to_bytes(), &shared).expect("a session that was written can be read")
}

/// Applies an action to a session; `before` is the time of the previous action.
fn act(session: &mut Session, action: &SessionAction, before: Timestamp, now: Timestamp) {
    let decided = |outcome: Outcome| {
        Some(Verdict::from(outcome).result_comment("decided").completed_for_decision("face_mismatch"))
    };
    match action {
        SessionAction::Poll => {
            session.apply_due_stages(now);
            session.apply_faults(Endpoint::Result, now);
        }
        SessionAction::Wait(_) => {}
        SessionAction::Advance(_) => {
            session.advance_clock(before, now);
        }
        SessionAction::SetBack(_) => {}
        SessionAction::Open => {
            let browser = Browser { remote_address: "192.0.2.1".into(), user_agent: "any".into() };
            let _ = session.open(&browser, now);
        }
        SessionAction::Reach(step) => {
            let _ = session.reach(step, now);
        }
        SessionAction::GoOn => go_on(session, now),
        SessionAction::Finish => {
            let answers = json!({"about": {"q": "1.5"}}).as_object().cloned().unwrap_or_default();
            let answers =
                QuestionnaireAnswers::new(answers, &session.spec.form_layers().read_steps()).expect("it fits");
            let _ = session.finish(None, Some(answers), now);
        }
        SessionAction::FinishAs(outcome) => {
            let _ = session.finish(decided(*outcome), None, now);
        }
        SessionAction::Decide => {
            let _ = session.decide(None, now);
        }
        SessionAction::DecideAs(outcome) => {
            let _ = session.decide(decided(*outcome), now);
        }
    }
}

/// Answers the current screen with valid values.
fn go_on(session: &mut Session, now: Timestamp) {
    let layers = session.spec.form_layers();
    let (flags, steps) = (layers.read_flags(), layers.read_steps());
    let before = session.progress().cloned().unwrap_or_default();
    let flow = Flow::new(&flags, &steps, &before, true);
    let screen = flow.screens[flow.current(&before)].id.clone();
    let beside = AnswerContext {
        code: &|_, _| "1234".to_owned(),
        document: &|| (DocumentType::Passport, "GEO".to_owned()),
        language: Language::English,
    };
    let answer = ScreenAnswer { screen, auto: true, ..ScreenAnswer::default() };
    let next = flow.answer(&before, answer, &beside).expect("it fits");
    let flow = Flow::new(&flags, &steps, &next.progress, true);
    let there: Vec<_> = flow.screens[flow.current(&next.progress)].step().into_iter().collect();
    let is_noted = session.record_progress(&before, &next.progress, &there, now);
    assert_ne!(is_noted, Ok(false), "nothing else changed it");
    if next.act == Some(FollowUp::Finish) {
        let _ = session.finish(None, None, now);
    }
}

/// Applies the actions, and returns after each the response of a poll: the document, or the error. Between them,
/// `meanwhile` changes the session in a way that must not matter.
fn play_with(
    stages: &[(Vec<Trigger>, StageTemplate)],
    actions: &[SessionAction],
    mut meanwhile: impl FnMut(Session, &SessionAction, Timestamp, Timestamp) -> Session,
) -> Vec<Result<Bytes, ErrorCode>> {
    let mut now = Timestamp::UNIX_EPOCH;
    let asked = asked(stages);
    let (boolean_flags, step_types) = asked.form_layers().read_types();
    let token = TokenSource::new(Some(7), "key").next();
    let lifetime = Duration::from_secs(900);
    let opening = NewSession { token, spec: asked, boolean_flags, step_types, lifetime, parent: None };
    let wording = Dialect::Manual.wording();
    let mut session = Session::begin(opening, now);
    let mut answers = Vec::new();
    for action in actions {
        let before = now;
        now = match action {
            SessionAction::Advance(seconds) | SessionAction::Wait(seconds) => later(now, Duration::from_secs(*seconds)),
            SessionAction::SetBack(seconds) => {
                now.saturating_sub(Duration::from_secs(*seconds)).unwrap_or(Timestamp::MIN)
            }
            _ => now,
        };
        session = meanwhile(session, action, before, now);
        act(&mut session, action, before, now);
        let casting = Casting { names: &[], by_language: true };
        answers.push(session.render_result(|session, standing| render(session, standing, &FIXTURES, casting, wording)));
        if matches!(action, SessionAction::Poll) {
            session.record_poll(now);
        }
    }
    answers
}

/// Applies the actions as [`play_with`], and parses the documents.
fn play(stages: &[(Vec<Trigger>, StageTemplate)], actions: &[SessionAction]) -> Vec<Result<Value, ErrorCode>> {
    let answers = play_with(stages, actions, |session, _, _, _| session).into_iter();
    answers
        .map(|answer| answer.map(|document| serde_json::from_slice(&document).expect("a document is JSON")))
        .collect()
}

/// The source of a response.
#[derive(Debug, PartialEq)]
enum ResponseSource {
    /// The stage with this number.
    Stage(usize),
    Decided,
}

fn source_of(answer: &Result<Value, ErrorCode>) -> Option<ResponseSource> {
    let comment = answer.as_ref().ok()?["result_comment"].as_str()?;
    match comment.strip_prefix("stage ") {
        Some(number) => number.parse().ok().map(ResponseSource::Stage),
        None => (comment == "decided").then_some(ResponseSource::Decided),
    }
}

/// Returns the responses of polls according to an event-by-event simulation: `None` before the first stage.
fn simulated(stages: &[(Vec<Trigger>, StageTemplate)], actions: &[SessionAction]) -> Vec<Option<usize>> {
    let (mut now, mut since, mut polls, mut come) = (0, 0, 0, 0);
    let mut heard = Vec::new();
    for action in actions {
        let is_poll = matches!(action, SessionAction::Poll);
        if let SessionAction::Advance(seconds) | SessionAction::Wait(seconds) = action {
            now += seconds;
        }
        for counts in [false, true].into_iter().filter(|counts| is_poll || !counts) {
            polls += u32::from(counts);
            while let Some((when, _)) = stages.get(come) {
                let times = when.iter().filter_map(|trigger| match trigger {
                    Trigger::After(time) => Some(since + time.as_secs()).filter(|due| *due <= now),
                    Trigger::Polls(wanted) => (polls >= *wanted).then_some(now),
                    _ => None,
                });
                let Some(at) = times.min() else { break };
                (since, polls, come) = (at, 0, come + 1);
            }
            if is_poll && !counts {
                heard.push(come.checked_sub(1));
            }
        }
    }
    heard
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(thorough(100, 400)) })]

    #[test]
    fn no_timeline_goes_back(stages in timeline(), actions in vec(action(), 0..30)) {
        let mut furthest = None;
        let mut last: Option<Result<Value, ErrorCode>> = None;
        for (answer, action) in play(&stages, &actions).into_iter().zip(&actions) {
            // A final result is replaced only by a later stage, or by a decision.
            let is_final = |answer: &Value| answer["result"] == "APPROVED" || answer["result"] == "REJECTED";
            if let (Some(Ok(before)), Ok(after)) = (&last, &answer)
                && is_final(before) && before["result"] != after["result"]
            {
                match source_of(&answer) {
                    Some(ResponseSource::Stage(here)) => prop_assert!(Some(here) > furthest, "{here} after {furthest:?}"),
                    said => prop_assert_eq!(said, Some(ResponseSource::Decided)),
                }
            }
            if let Some(ResponseSource::Stage(here)) = source_of(&answer) {
                prop_assert!(Some(here) >= furthest, "{here} after {furthest:?}");
                furthest = Some(here);
            }
            // Only an action can decide.
            let is_decided = |answer| source_of(answer) == Some(ResponseSource::Decided);
            if is_decided(&answer) && !last.as_ref().is_some_and(is_decided) {
                prop_assert!(matches!(action, SessionAction::FinishAs(_) | SessionAction::DecideAs(_)), "{action:?}");
            }
            last = Some(answer);
        }
    }

    #[test]
    fn polls_and_times_interleave_as_the_file_says(
        stages in vec((vec(prop_oneof![
            (1..4_u32).prop_map(Trigger::Polls),
            (0..1000_u64).prop_map(|seconds| Trigger::After(Duration::from_secs(seconds))),
        ], 1..3), Just(StageTemplate::Says(Outcome::Approved))), 0..7),
        actions in vec(prop_oneof![
            2 => Just(SessionAction::Poll),
            1 => (0..600_u64).prop_map(SessionAction::Advance),
            1 => (0..600_u64).prop_map(SessionAction::Wait),
        ], 0..40),
    ) {
        let polls = play(&stages, &actions).into_iter().zip(&actions).filter(|(_, action)| matches!(action, SessionAction::Poll));
        let heard: Vec<_> = polls.map(|(answer, _)| match source_of(&answer) {
            Some(ResponseSource::Stage(number)) => Some(number),
            _ => None,
        }).collect();
        prop_assert_eq!(heard, simulated(&stages, &actions));
    }

    #[test]
    fn the_same_actions_get_the_same_answers(
        stages in timeline(),
        actions in vec(action(), 0..30),
    ) {
        prop_assert_eq!(play(&stages, &actions), play(&stages, &actions));
    }

    #[test]
    fn a_session_that_was_written_and_read_back_goes_on_as_before(
        stages in timeline(),
        actions in vec((action(), any::<bool>()), 0..30),
    ) {
        let (actions, is_written): (Vec<_>, Vec<_>) = actions.into_iter().unzip();
        let mut is_written = is_written.into_iter();
        let back = play_with(&stages, &actions, |session, _, _, _| {
            if is_written.next() == Some(true) { read_back(&session) } else { session }
        });
        prop_assert_eq!(back, play_with(&stages, &actions, |session, _, _, _| session));
    }

    #[test]
    fn a_change_may_run_twice(stages in timeline(), actions in vec(action(), 0..30)) {
        play_with(&stages, &actions, |session, action, before, now| {
            let (mut once, mut again) = (read_back(&session), read_back(&session));
            act(&mut once, action, before, now);
            act(&mut again, action, before, now);
            assert_eq!(String::from_utf8(once.to_bytes()), String::from_utf8(again.to_bytes()));
            session
        });
    }

    #[test]
    fn a_stage_comes_only_when_its_trigger_was_pulled(
        stages in timeline(),
        actions in vec(action(), 0..30),
    ) {
        for (at, answer) in play(&stages, &actions).iter().enumerate() {
            let Some(ResponseSource::Stage(number)) = source_of(answer) else { continue };
            let done = &actions[..=at];
            let count = |wanted: fn(&SessionAction) -> bool| done.iter().filter(|action| wanted(action)).count();
            let finishes = count(|action| matches!(action, SessionAction::Finish | SessionAction::FinishAs(_) | SessionAction::GoOn));
            let decisions = count(|action| matches!(action, SessionAction::Decide | SessionAction::DecideAs(_)));
            let could = |trigger: &Trigger| match trigger {
                Trigger::Widget => finishes > 0,
                Trigger::Operator => decisions > 0,
                Trigger::Polls(polls) => count(|action| matches!(action, SessionAction::Poll)) >= *polls as usize,
                Trigger::Opened => finishes + count(|action| matches!(action, SessionAction::Open)) > 0,
                Trigger::Step(name) if name == "nowhere" => finishes > 0,
                Trigger::After(time) if *time > Duration::from_secs(1000) => {
                    count(|action| matches!(action, SessionAction::Advance(u64::MAX))) > 0
                }
                Trigger::Begin | Trigger::Step(_) | Trigger::After(_) => true,
            };
            // A forced outcome replaces the earlier stages, whatever their triggers.
            let has_outcome = count(|action| matches!(action, SessionAction::FinishAs(_))) > 0;
            for (when, _) in &stages[if has_outcome { number } else { 0 }..=number] {
                prop_assert!(when.iter().any(could), "stage {number} came, but {when:?} cannot have");
            }
        }
    }
}

#[test]
fn a_session_whose_scenario_is_gone_is_not_read() {
    let asked = asked(&[]);
    let (boolean_flags, step_types) = asked.form_layers().read_types();
    let token = TokenSource::new(Some(7), "key").next();
    let lifetime = Duration::from_secs(900);
    let opening = NewSession { token, spec: asked, boolean_flags, step_types, lifetime, parent: None };
    let written = Session::begin(opening, Timestamp::UNIX_EPOCH).to_bytes();
    let problem = |bytes: &[u8], saved: Option<Arc<SavedForm>>| {
        let shared = SharedLookup { scenario: &|_| None, saved: &|_| saved.clone() };
        Session::from_bytes(bytes, &shared).expect_err("nothing is there").to_string()
    };
    assert_eq!(problem(&written, None), "there is no longer a configuration `any`");
    let saved = SavedForm { config_id: "any".into(), flags_and_steps: FlagsAndSteps::default() };
    assert_eq!(problem(&written, Some(Arc::new(saved))), "there is no longer a scenario `any`");
    assert!(problem(b"{}", None).starts_with("this is not a session: missing field"));
}
