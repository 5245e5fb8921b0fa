//! One vocabulary for a mock in this process and for one that listens somewhere.

use std::time::{Duration, SystemTime};

use identomat_mock::{
    Company, Control, ControlError, Endpoint, Fault, FinishRequest, MockClient, MockServer, Outcome, Scenario,
    ScenarioChoice, Stage, Verdict, blocking,
};
use serde_json::json;

const NOON: u64 = 1_767_182_400;

async fn mock() -> MockServer {
    let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(NOON);
    MockServer::builder().company("first").company("second").seed(7).frozen_at(moment).start().await.unwrap()
}

/// Does all that can be done, and writes down what came of it.
async fn story(control: Control) -> Vec<String> {
    let mut seen = Vec::new();
    macro_rules! tell {
        ($what:expr) => {
            seen.push(format!("{}: {:?}", stringify!($what), $what))
        };
    }
    let second = control.company("second");
    tell!(control.add_company(Company::new("third").scenario("rejected").fault(Fault::reset())).await);
    tell!(control.add_company("third").await);
    tell!(control.change_company("third", json!({"scenario": null, "result_case": "lower"})).await);
    tell!(control.company("third").company_info().await);
    tell!(control.companies().await.map(|companies| companies.len()));
    tell!(control.remove_company("third").await);
    tell!(control.company("third").sessions().await);

    let late = Scenario::new("late")
        .stage(Stage::widget().manual_check())
        .stage(Stage::after("1h").result(Verdict::approved()));
    tell!(control.add_scenario(late).await);
    tell!(control.scenario("late").await.map(|scenario| scenario.stages));
    tell!(control.scenarios().await.map(|scenarios| scenarios.len()));
    let once = Scenario::new("once").stage(Stage::begin().error(identomat_mock::ErrorCode::SessionNotFound));
    tell!(second.queue_scenarios([ScenarioChoice::from("late"), once.into()]).await);
    tell!(second.queue_scenario("lat").await);
    tell!(second.queue().await);
    let first = second.begin(json!({"flags": {"skip_face": true}})).await.unwrap();
    let steps = json!([{"type": "user-questionnaire", "key": "s", "questions": [{"type": "text", "key": "q"}]}]);
    let asked = second.begin(json!({"scenario": "approved", "steps": steps})).await.unwrap();
    tell!((&first, &asked));
    tell!(second.empty_queue().await);
    tell!(control.begin(json!([])).await);
    tell!(second.finish(&first.token).await);
    tell!(second.finish(&first.token).await);
    tell!(second.advance(Duration::from_millis(3_600_500)).await);
    tell!(second.decide(&first.token, Verdict::rejected("document_covered").result_comment("No")).await);
    tell!(second.decide_as_scripted(&first.token).await);
    tell!(second.set_clock(SystemTime::UNIX_EPOCH + Duration::from_secs(NOON)).await);
    tell!(
        second
            .finish_as(&asked.token, FinishRequest::from(Outcome::ManualCheck).answers(json!({"s": {"q": "a"}})))
            .await
    );
    tell!(second.session(&asked.token).await);
    let open = second.begin(json!({})).await.unwrap();
    tell!(second.switch_scenario(&open.token, "rejected").await);
    tell!(second.switch_scenario(&open.token, "rejectet").await);
    tell!(second.expire(&open.token).await);
    tell!(second.last_session().await);
    tell!(second.remove_session(&open.token).await);
    tell!(second.sessions().await.map(|sessions| sessions.len()));
    tell!(control.company("first").sessions().await);

    tell!(second.add_fault(Fault::status(503).endpoint(Endpoint::Result).calls(2..=3).named("down for a while")).await);
    tell!(control.add_fault(Fault::delay(Duration::from_millis(1)).for_duration(Duration::from_secs(60))).await);
    tell!(control.add_fault(Fault::html().for_scenario("nowhere")).await);
    tell!(control.faults().await);
    tell!(second.faults().await.map(|faults| faults.len()));
    tell!(control.remove_fault("down for a while").await);
    tell!(second.remove_fault("down for a while").await);
    tell!(control.company("nobody").remove_fault("x").await);
    tell!(second.queue_scenario("late").await);
    tell!(control.assert_all_used().await);
    tell!(control.company("nobody").assert_all_used().await);
    tell!(control.clear_faults().await);
    tell!(second.empty_queue().await);
    tell!(second.assert_all_used().await);

    tell!(second.now().await);
    tell!(second.resume_clock().await);
    tell!(second.freeze_clock().await);
    tell!(second.calls().await);
    tell!(second.clear_calls().await);
    tell!(second.reset().await);
    tell!(second.sessions().await);
    tell!(control.reset().await);
    tell!(control.health().await);
    tell!(control.settings().await.map(|settings| settings["seed"].clone()));
    seen
}

#[tokio::test]
async fn both_doors_tell_the_same_story() {
    let (here, there) = (mock().await, mock().await);
    let client = MockClient::connect(there.url()).await.unwrap();
    let (one, other) = (story((*here).clone()).await, story((*client).clone()).await);
    assert_eq!(one, other);
    assert!(one.len() > 40, "{}", one.len());
    let told = one.join("\n");
    for (what, word) in [
        ("a queue", "there is no scenario `lat`"),
        ("what fell due", "StageReached(\"stage 2 of the scenario `late` (after=3600s)\")"),
        ("a fault", "after calls 2 to 3"),
        (
            "a fault that is another company's",
            "remove_fault(\"down for a while\").await: Err(there is no fault `down for a while`",
        ),
        ("a refusal", "control.add_company(\"third\").await: Err(the company `third` exists already"),
        ("answers", "answers: Some(Object {\"s\": Object {\"q\": String(\"a\")}})"),
    ] {
        assert!(told.contains(word), "{what}: {told}");
    }
}

#[tokio::test]
async fn whatever_was_prepared_and_not_used_is_named() {
    let mock = mock().await;
    let second = mock.company("second");
    mock.assert_all_used().await.unwrap();
    let minute = Duration::from_secs(60);
    second.add_fault(Fault::status(503).for_duration(minute).named("brief")).await.unwrap();
    mock.add_fault(Fault::delay(minute).endpoint(Endpoint::Delete)).await.unwrap();
    second.queue_scenarios(["rejected", "approved"]).await.unwrap();
    mock.company("first").assert_all_used().await.expect("nothing of it is the first company's");
    second.advance(2 * minute).await.unwrap();
    second.begin(json!({})).await.unwrap();
    let error = mock.assert_all_used().await.unwrap_err();
    assert_eq!(error.status(), Some(409));
    assert_eq!(
        error.to_string(),
        "not everything was used:\n  the fault `delete: a delay of 60s` never hit a call\n  the fault `brief` of the \
         company `second` expired without a hit\n  the scenario `approved` in the queue of the company `second` was \
         never taken"
    );
    mock.clear_faults().await.unwrap();
    second.begin(json!({})).await.unwrap();
    mock.assert_all_used().await.unwrap();

    for _ in 0..25 {
        second.queue_scenario("rejected").await.unwrap();
    }
    let text = second.assert_all_used().await.unwrap_err().to_string();
    assert!(text.ends_with("\n  and 5 more"), "{text}");
    mock.reset().await.unwrap();

    let line = line!() + 1;
    let expectation = second.expect(identomat_mock::expect::delete().never()).await.unwrap();
    let error = mock.assert_all_used().await.unwrap_err();
    let place = format!("not every expectation is verified:\n  the expectation at {}:{line}:", file!());
    assert!(error.to_string().starts_with(&place), "{error}");
    mock.company("first").assert_all_used().await.unwrap();
    expectation.verify().await.unwrap();
    mock.assert_all_used().await.unwrap();
    drop(second.expect(identomat_mock::expect::delete().never()).await.unwrap());
    mock.assert_all_used().await.unwrap();
}

#[tokio::test]
async fn events_are_heard_as_they_happen_here_and_elsewhere() {
    let mock = mock().await;
    let client = MockClient::connect(mock.url()).await.unwrap();
    let (mut here, mut there) = (mock.events().await.unwrap(), client.company("second").events().await.unwrap());
    mock.company("first").begin(json!({"scenario": "rejected"})).await.unwrap();
    let session = mock.company("second").begin(json!({"scenario": "manual-check"})).await.unwrap();
    mock.finish(&session.token).await.unwrap();
    let first = here.next_event().await.unwrap();
    assert_eq!((&*first.what, first.company_key.as_deref()), ("begun", Some("first")));
    assert_eq!(first.details["scenario"], "rejected");
    for events in [&mut here, &mut there] {
        let begun = events.next_event().await.unwrap();
        assert_eq!((&*begun.what, begun.company_key.as_deref()), ("begun", Some("second")));
        assert_eq!((begun.session.as_ref(), &*begun.at), (Some(&session.token), "2025-12-31T12:00:00Z"));
        let stage = events.until(|event| event.what == "stage").await.unwrap();
        assert_eq!(stage.details["stage"], 1);
    }
    let mut brief = there.timeout(Duration::from_millis(1));
    let late = brief.next_event().await.unwrap_err();
    assert_eq!((late.status(), &*late.to_string()), (Some(408), "there was no event within 1ms"));

    let events = mock.company("second").events().await.unwrap();
    mock.remove_company("second").await.unwrap();
    let mut events = events;
    let gone = loop {
        match events.next_event().await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(gone.status(), Some(410), "{gone}");
    assert!(gone.to_string().contains("removed the company"), "{gone}");
    let ended = events.next_event().await.unwrap_err().to_string();
    assert!(ended.contains("or reported why before"), "{ended}");
    mock.shutdown().await;
    let stopped = loop {
        match here.next_event().await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(&stopped, ControlError::Unreachable(why) if why.contains("the mock has stopped")), "{stopped}");
    let unreachable = client.events().await.unwrap_err();
    assert!(matches!(unreachable, ControlError::Unreachable(_)), "{unreachable}");
}

#[test]
fn events_can_be_read_without_a_runtime() {
    let mock = blocking::MockServer::start();
    let client = blocking::MockClient::connect(mock.url()).unwrap();
    let mut readers = [mock.events().unwrap(), client.events().unwrap()];
    let token = mock.begin(json!({})).unwrap().token;
    mock.finish(&token).unwrap();
    for events in &mut readers {
        assert_eq!(events.next_event().unwrap().what, "begun");
        assert_eq!(events.until(|event| event.what == "finished").unwrap().session.as_ref(), Some(&token));
    }
    let silent =
        blocking::MockServer::builder().settings(|config| config.journal.enabled = false).start_blocking().unwrap();
    assert_eq!(silent.events().unwrap_err().status(), Some(409));
}

#[tokio::test]
async fn blocking_verbs_work_however_often_a_task_calls_them() {
    let mock = blocking::MockServer::start();
    let token = mock.begin(json!({})).unwrap().token;
    mock.finish(&token).unwrap();
    // More than tokio lets a task receive at once.
    for _ in 0..300 {
        assert!(mock.wait_for(&token).finished().unwrap().is_finished);
    }
}

/// The actions that no verb names, with the reason.
const WITHOUT_A_VERB: [(&str, &str); 6] = [
    ("calls::SHOW", "a query of calls returns the whole call"),
    ("companies::RESET_ONE", "`reset` of a company's handle"),
    ("health::LIVE", "a mock that answers `health` is live"),
    ("metrics::SHOW", "they are for Prometheus"),
    ("openapi::SHOW", "it is for generators"),
    ("wait::CALLS", "`wait::CALLS_LIKE` with any pattern"),
];

#[test]
fn every_action_over_http_has_a_verb_in_rust() {
    let rust = |folder: &str| {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.is_file()).map(|path| {
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap())
        })
    };
    let action = regex_lite::Regex::new(r"static ([A-Z_]+): Action<").unwrap();
    let actions = rust("src/http/admin").flat_map(|(module, code)| {
        let found = action.captures_iter(&code).map(|found| format!("{module}::{}", &found[1]));
        found.collect::<Vec<_>>()
    });
    let mut actions: std::collections::BTreeSet<_> = actions.collect();
    assert!(actions.len() > 45, "{actions:?}");
    let document = std::fs::read_to_string("src/http/admin/openapi/openapi.json").unwrap();
    let name = regex_lite::Regex::new(r#"\.named\(\s*"([A-Za-z]+)""#).unwrap();
    for (module, code) in rust("src/http/admin") {
        for found in name.captures_iter(&code) {
            let id = format!("\"operationId\": \"{}\"", &found[1]);
            assert!(document.contains(&id), "{module}: {} is not in the list of actions", &found[1]);
        }
    }
    let verbs: String = ["src/server", "src/server/control"].into_iter().flat_map(rust).map(|(_, code)| code).collect();
    let named = regex_lite::Regex::new(r"&([a-z_]+::[A-Z_]+)\b").unwrap();
    for (name, why) in WITHOUT_A_VERB {
        assert!(actions.remove(name), "there is no {name} ({why})");
        assert!(!verbs.contains(&format!("&{name},")), "{name} has a verb");
    }
    let verbs: std::collections::BTreeSet<_> =
        named.captures_iter(&verbs).map(|found| found[1].to_owned()).filter(|name| actions.contains(name)).collect();
    assert_eq!(actions, verbs);
}

#[tokio::test]
async fn calls_that_are_remembered_are_told_with_all_they_say() {
    let mock = mock().await;
    let client = reqwest::Client::new();
    let url = format!("{}/external-api/begin/", mock.url());
    client.post(url).json(&json!({"company_key": "second"})).send().await.unwrap();
    let second = mock.company("second");
    let calls = MockClient::connect(mock.url()).await.unwrap().company("second").calls().await.unwrap();
    assert_eq!(calls, second.calls().await.unwrap());
    assert_eq!((calls.len(), calls[0].endpoint, calls[0].status), (1, Some(Endpoint::Begin), Some(200)));
    let token = calls[0].session.clone().unwrap();
    assert_eq!(second.calls().of_session(&format!("\"{token}\"")).await.unwrap(), calls);
    second.clear_calls().await.unwrap();
    assert_eq!(second.calls().await.unwrap(), []);
}

#[tokio::test]
async fn lists_are_told_whole_however_long() {
    let mock = MockServer::start().await;
    for _ in 0..1_050 {
        mock.begin(json!({})).await.unwrap();
    }
    let client = MockClient::connect(mock.url()).await.unwrap();
    let (first, last) =
        (mock.sessions().await.unwrap()[0].token.clone(), mock.last_session().await.unwrap().unwrap().token);
    for (token, order, outcome) in [(first, "newest", Outcome::Approved), (last, "oldest", Outcome::Rejected)] {
        mock.finish_as(&token, outcome).await.unwrap();
        let url = format!("{}/__admin/sessions?answer={outcome}&limit=1&order={order}", mock.url());
        let part: serde_json::Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        assert_eq!(part["items"][0]["token"], token, "it is found at the other end of the list");
    }
    let tokens: Vec<_> = client.sessions().await.unwrap().into_iter().map(|session| session.token).collect();
    let known: Vec<_> = mock.sessions().await.unwrap().into_iter().map(|session| session.token).collect();
    assert_eq!((tokens.len(), tokens), (1_050, known));
}

#[tokio::test]
async fn a_client_says_what_keeps_it_from_a_mock() {
    let error = async |url: &str| MockClient::connect(url).await.unwrap_err().to_string();
    assert!(error("http://127.0.0.1:1").await.starts_with("GET http://127.0.0.1:1/__admin/health/ready: "));
    assert_eq!(error("https://mock.test").await, "`https://mock.test`: the client supports only http, without TLS");
    assert!(error("nonsense").await.contains("`nonsense` is not a base URL"));

    let mock = MockServer::builder()
        .settings(|config| config.control_api.token = Some("not-a-real-token".into()))
        .start()
        .await
        .unwrap();
    let without = MockClient::connect(mock.url()).await.unwrap();
    let Err(ControlError::Refused(refused)) = without.sessions().await else { panic!("it needs a token") };
    assert_eq!(refused.status, 401);
    let with = MockClient::connect_with_token(mock.url(), "not-a-real-token").await.unwrap();
    assert_eq!(with.sessions().await.unwrap(), []);
    assert_eq!((with.company_key(), without.company_key()), (mock.company_key(), ""));
    let health = without.health().await.unwrap();
    assert!(!health.to_string().contains(mock.company_key()), "a key is a credential: {health}");
    assert_eq!(mock.sessions().await.unwrap(), [], "this process needs none");
    let said = with.scenario("aproved").await.unwrap_err().to_string();
    assert!(said.ends_with("; did you mean `approved`?"), "{said}");
}

#[test]
fn tests_without_a_runtime_have_the_same() {
    let mock = blocking::MockServer::builder().company("one").company("two").start_blocking().unwrap();
    let client = blocking::MockClient::connect(mock.url()).unwrap();
    for control in [(*mock).clone(), (*client).clone()] {
        let two = control.company("two");
        two.queue_scenario("rejected").unwrap();
        let session = two.begin(json!({})).unwrap();
        assert_eq!(two.finish(&session.token).unwrap().current_result, "REJECTED");
        assert_eq!((two.sessions().unwrap().len(), control.company("one").sessions().unwrap().len()), (1, 0));
        two.reset().unwrap();
        assert!(matches!(two.finish(&session.token), Err(ControlError::Refused(refused)) if refused.status == 404));
    }
}
