//! Scenarios that are built in Rust, without a file, and what a test sees of the sessions that take them.

use std::time::Duration;

use identomat_mock::{
    Endpoint, ErrorCode, Fault, MockServer, Outcome, Scenario, ScreeningMatch, Stage, Trigger, Verdict,
};
use serde_json::{Value, json};

use crate::harness::TestApp;

async fn playing(scenario: Scenario) -> TestApp {
    TestApp::start_with(|builder| builder.scenario(scenario)).await
}

#[tokio::test]
async fn a_course_is_built_in_the_words_of_the_file() {
    let app = playing(
        Scenario::new("late")
            .stage(Stage::widget().manual_check())
            .stage(Stage::after("60s").or("operator").result(Verdict::approved().result_comment("Looks right"))),
    )
    .await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    assert_eq!(app.word(&token).await, "MANUAL_CHECK");
    app.mock.advance(Duration::from_secs(60)).await.unwrap();
    let result = app.result(&token).await.json();
    assert_eq!((&result["result"], &result["result_comment"]), (&json!("APPROVED"), &json!("Looks right")));
}

#[tokio::test]
async fn every_trigger_and_effect_can_be_built() {
    let found = ScreeningMatch {
        score: 80.0,
        name: "Sample Person".into(),
        person_id: "Q00000001".into(),
        review_status: "pending".into(),
    };
    let rejected = Verdict::rejected("own").reject_description("In words").live(true).similarity(0.5);
    let app = playing(
        Scenario::new("all")
            .description("All that can be built.")
            .session_lifetime("5m")
            .flags(json!({"skip_face": true}))
            .steps(json!([{"type": "operator-questionnaire", "key": "check", "questions": [
                {"type": "boolean", "key": "genuine"},
            ]}]))
            .operator_answer("genuine", true)
            .stage(Stage::begin().error(ErrorCode::SessionNotFound))
            .stage(Stage::polls(1).result(Outcome::InProgress))
            .stage(Stage::opened().fault(Fault::status(503).endpoint(Endpoint::Result)))
            .stage(Stage::step("document").document("recorded-approved"))
            .stage(Stage::widget().result(rejected.screening_match(found)).change(json!({"name": "Changed"})))
            .stage(Stage::when(Trigger::Operator).result(Verdict::unlisted("ODD").document_read(false))),
    )
    .await;
    let token = app.begin(json!({})).await;
    app.result(&token).await.assert_error(404, "SESSION_NOT_FOUND");
    assert_eq!(app.word(&token).await, "IN_PROGRESS");
    app.widget(&token).await.assert_status(200);
    app.result(&token).await.assert_status(503);
    app.mock.reach_step(&token, "document").await.unwrap();
    assert_eq!(app.word(&token).await, "approved");
    app.mock.finish(&token).await.unwrap();
    let result = app.result(&token).await.json();
    assert_eq!(result["reject_reason"], json!({"value": "own", "description": "In words"}));
    assert_eq!((&result["live"], &result["similarity"]), (&json!(true), &json!(0)), "no face is compared");
    assert_eq!((&result["name"], &result["screeningMatches"][0]["score"]), (&json!("Changed"), &json!(80.0)));
    assert_eq!(result["questionnaires"][0]["questions"][0]["answer"], true);
    app.mock.decide_as_scripted(&token).await.unwrap();
    let result = app.result(&token).await.json();
    assert_eq!((&result["result"], &result["person"]), (&json!("ODD"), &json!({})));

    let expired = app.begin(json!({})).await;
    app.mock.advance(Duration::from_secs(5 * 60)).await.unwrap();
    app.widget(&expired).await.assert_status(410);
}

#[tokio::test]
async fn begin_can_be_refused_or_go_wrong() {
    let app = TestApp::start_with(|builder| {
        builder
            .add_scenario(Scenario::new("refused").refuse_begin(ErrorCode::CompanyKeyInvalid))
            .add_scenario(Scenario::new("slow").begin_fault(Fault::status(502)).stage(Stage::begin().approved()))
            .add_scenario(
                Scenario::new("mine").matching(json!({"flags": {"liveness": true}})).stage(Stage::begin().approved()),
            )
    })
    .await;
    let begin =
        async |flags: Value| app.post_json("/external-api/begin/", &app.with_key(json!({"flags": flags}))).await;
    begin(json!({"mock_scenario": "refused"})).await.assert_error(403, "COMPANY_KEY_INVALID");
    begin(json!({"mock_scenario": "slow"})).await.assert_status(502);
    begin(json!({"mock_scenario": "slow"})).await.assert_status(200);
    let chosen = begin(json!({"liveness": true})).await;
    assert_eq!(chosen.hint(), "scenario `mine`, from its `match` on flags.liveness");
}

#[tokio::test]
async fn what_cannot_be_is_said_in_the_words_of_the_file() {
    for (scenario, problem) in [
        (Scenario::new("s").stage(Stage::after("soon").approved()), "stage 1: `soon` is not a duration"),
        (Scenario::new("s").stage(Stage::polls(0).approved()), "stage 1: `polls=0` is not a number of polls"),
        (Scenario::new("s").stage(Stage::begin()), "stage 1: a stage needs an effect"),
        (
            Scenario::new("s").stage(Stage::begin().approved().error(ErrorCode::SessionInvalid)),
            "stage 1: a stage has only one of",
        ),
        (Scenario::new("s").stage(Stage::begin().change(json!([]))), "stage 1: `change` is not a JSON object"),
        (Scenario::new("s").stage(Stage::begin().document("none")), "there is no document `none`"),
        (
            Scenario::new("s").stage(Stage::begin().result(Verdict::unlisted("approved"))),
            "stage 1: `APPROVED` is a documented outcome",
        ),
        (
            Scenario::new("s").stage(Stage::widget().approved()).stage(Stage::opened().manual_check()),
            "stage 2 would be reached together with stage 1",
        ),
        (
            Scenario::new("s").stage(Stage::begin().approved()).stage(Stage::with_default_trigger().manual_check()),
            "stage 2 has no `when`",
        ),
        (
            Scenario::new("s").refuse_begin(ErrorCode::SessionInvalid).stage(Stage::begin().approved()),
            "`refuse_begin` conflicts with `stages`",
        ),
        (Scenario::new("s").matching(json!({})), "`match`: `match` names no condition"),
        (Scenario::new("s").session_lifetime("long"), "`session_lifetime`: `long` is not a duration"),
        (Scenario::new("s").flags(json!(1)), "`flags` are not a JSON object"),
        (Scenario::new("s").steps(json!([1])), "`steps` are not a JSON array of objects"),
        (Scenario::new("s").operator_answer("q", 5), "an operator's answer is a string, true, false"),
    ] {
        let error = MockServer::builder().scenario(scenario.clone()).start().await.unwrap_err().to_string();
        assert!(error.starts_with("the scenario `s`: ") && error.contains(problem), "{error}\nshould say {problem}");
        let queued = MockServer::start().await.queue_scenario(scenario).await.unwrap_err().to_string();
        assert_eq!(queued, error, "one check for all");
    }
}

#[tokio::test]
async fn a_queued_scenario_is_nobody_elses() {
    let app = TestApp::start_with(|builder| builder.company("one").company("other")).await;
    let other = app.mock.company("other");
    other.queue_scenario(Scenario::new("late").stage(Stage::begin().manual_check())).await.unwrap();
    app.mock.queue_scenario(Scenario::new("late").stage(Stage::begin().rejected("own"))).await.unwrap();
    app.mock.queue_scenarios(["rejected", "manual-check"]).await.unwrap();
    let mixed = app.mock.queue_scenarios(["approved", "no-such"]).await.unwrap_err().to_string();
    assert!(mixed.starts_with("there is no scenario `no-such`"), "{mixed}");

    let begin = async |key: &str| {
        let reply = app.post_json("/external-api/begin/", &json!({"company_key": key})).await;
        reply.assert_status(200);
        reply.hint().to_owned()
    };
    assert_eq!(begin("other").await, "scenario `late`, from the company's queue");
    assert_eq!(other.last_session().await.unwrap().unwrap().current_result, "MANUAL_CHECK");
    assert_eq!(begin("one").await, "scenario `late`, from the company's queue");
    assert_eq!(app.mock.last_session().await.unwrap().unwrap().current_result, "REJECTED");
    assert_eq!(begin("one").await, "scenario `rejected`, from the company's queue");
    assert_eq!(begin("one").await, "scenario `manual-check`, from the company's queue");
    assert_eq!(begin("one").await, "scenario `approved`, from the server's default", "none of a list with a mistake");
}

#[tokio::test]
async fn a_queued_scenario_waits_until_its_session_has_begun() {
    let app = TestApp::start().await;
    let once = Scenario::new("once").begin_fault(Fault::status(503)).stage(Stage::begin().manual_check());
    app.mock.queue_scenario(once).await.unwrap();
    app.post_json("/external-api/begin/", &app.with_key(json!({}))).await.assert_status(503);
    app.begin(json!({})).await;
    assert_eq!(app.mock.last_session().await.unwrap().unwrap().scenario, "once");
}

#[tokio::test]
async fn a_test_finds_sessions_whose_tokens_only_the_app_knows() {
    let app = TestApp::start().await;
    assert_eq!((app.mock.last_session().await.unwrap(), app.mock.sessions().await.unwrap()), (None, vec![]));
    let parent = app.begin(json!({"flags": {"mock_scenario": "manual-check-then-approved"}})).await;
    let child = app.begin(json!({"parent_session_id": parent, "flags": {"language": "ka"}})).await;

    let last = app.mock.last_session().await.unwrap().unwrap();
    assert_eq!((&last.token, &last.parent), (&child, &Some(parent.clone())));
    assert_eq!((last.flags, last.steps), (json!({"language": "ka"}), json!([])));
    assert_eq!(
        (last.stage, &*last.current_result, last.is_opened, last.is_finished),
        (None, "IN_PROGRESS", false, false)
    );

    app.widget(&parent).await.assert_status(200);
    app.mock.finish(&parent).await.unwrap();
    let first = &app.mock.sessions().await.unwrap()[0];
    assert_eq!((&*first.token, &*first.scenario), (&*parent, "manual-check-then-approved"));
    assert_eq!(
        (first.stage, &*first.current_result, first.is_opened, first.is_finished),
        (Some(1), "MANUAL_CHECK", true, true)
    );
    let tokens: Vec<_> = app.mock.sessions().await.unwrap().into_iter().map(|session| session.token).collect();
    assert_eq!(tokens, [parent.clone(), child]);
    app.delete(&parent).await.assert_status(200);
    assert_eq!(app.mock.sessions().await.unwrap().len(), 1);
}

#[tokio::test]
async fn looking_at_a_session_is_no_poll() {
    let app = playing(Scenario::new("polled").stage(Stage::polls(1).document("recorded-approved"))).await;
    let token = app.begin(json!({})).await;
    for _ in 0..3 {
        assert_eq!(app.mock.last_session().await.unwrap().unwrap().current_result, "IN_PROGRESS");
    }
    assert_eq!(app.word(&token).await, "IN_PROGRESS");
    assert_eq!(app.mock.last_session().await.unwrap().unwrap().current_result, "approved", "as the document says");
}

#[tokio::test]
async fn a_trigger_is_taken_as_it_is() {
    let (shortest, longest) = (Duration::from_nanos(1), Duration::MAX);
    let app = playing(
        Scenario::new("times")
            .stage(Stage::when(Trigger::After(shortest)).manual_check())
            .stage(Stage::when(Trigger::After(longest)).or(String::from("operator")).approved()),
    )
    .await;
    let company = app.mock.company(app.mock.company_key());
    company.freeze_clock().await.unwrap();
    let token = app.begin(json!({})).await;
    assert_eq!(app.word(&token).await, "IN_PROGRESS");
    company.advance(shortest).await.unwrap();
    assert_eq!(app.word(&token).await, "MANUAL_CHECK");
    company.advance(Duration::from_secs(1_000_000_000)).await.unwrap();
    assert_eq!(app.word(&token).await, "MANUAL_CHECK");
    app.mock.decide_as_scripted(&token).await.unwrap();
    assert_eq!(app.word(&token).await, "APPROVED");
}
