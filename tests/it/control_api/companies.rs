//! `/__admin/companies` and `/__admin/reset`.

use std::time::Duration;

use identomat_mock::{Company, Endpoint, Fault};
use reqwest::Method;
use serde_json::{Value, json};

use super::TestApp;
use crate::harness::send;

#[tokio::test]
async fn a_company_is_added_and_may_call_at_once() {
    let app = TestApp::start().await;
    let company = json!({
        "company_key": "new/one", "scenario": "rejected", "result_case": "lower",
        "queue": ["manual-check"], "faults": [{"endpoint": "delete", "status": 503}], "frozen_at": "2026-01-31T12:00:00Z",
        "configurations": {"0123456789abcdef01234567": {"flags": {"skip_face": true}}},
    });
    let reply = app.tell("companies", &company).await;
    reply.assert_status(201);
    assert_eq!(reply.headers["location"], "/__admin/companies/new%2Fone");
    let info = reply.json();
    assert_eq!(info, app.look("companies/new%2Fone").await);
    assert_eq!((&info["company_key"], &info["is_signed"]), (&json!("new/one"), &json!(false)));
    assert_eq!((&info["queue"], &info["sessions"]), (&json!(["manual-check"]), &json!(0)));
    assert_eq!((&info["now"], &info["is_frozen"]), (&json!("2026-01-31T12:00:00Z"), &json!(true)));
    assert_eq!(info["faults"], json!(["delete: status 503"]));
    let configuration = json!({"scenario": null, "flags": {"skip_face": true}, "steps": []});
    assert_eq!(info["configurations"], json!({"0123456789abcdef01234567": configuration}));

    for word in ["manual_check", "rejected"] {
        let token = app.begin(json!({"company_key": "new/one"})).await;
        app.mock.finish(&token).await.unwrap();
        let call = json!({"company_key": "new/one", "session_token": token});
        assert_eq!(app.post_json("/external-api/result/", &call).await.json()["result"], word);
    }
    assert_eq!(app.look("companies/new%2Fone").await["sessions"], 2);
}

#[tokio::test]
async fn a_company_that_cannot_be_is_refused_with_the_field() {
    let app = TestApp::start_with(|builder| builder.company("taken")).await;
    for (company, status, field, detail) in [
        (json!({"company_key": "taken"}), 409, "company_key", "the company `taken` exists already"),
        (json!({"company_key": ""}), 400, "company_key", "a company key is empty"),
        (json!({"scenario": "approved"}), 400, "", "the key `company_key` is missing"),
        (json!({"company_key": "a", "secrt": "x"}), 400, "secrt", "unknown key `secrt`"),
        (json!({"company_key": "a", "dialect": "manul"}), 400, "dialect", "`manul` is not a dialect"),
        (json!({"company_key": "a", "scenario": "aproved"}), 400, "scenario", "there is no scenario `aproved`"),
        (
            json!({"company_key": "a", "queue": ["approved", "aproved"]}),
            400,
            "queue[1]",
            "there is no scenario `aproved`",
        ),
        (json!({"company_key": "a", "people": ["nobody"]}), 400, "people[0]", "nobody"),
        (json!({"company_key": "a", "faults": [{"status": 99}]}), 400, "faults[0].status", "`99` is not a status"),
        (json!({"company_key": "a", "frozen_at": "noon"}), 400, "frozen_at", "`noon` is not a timestamp"),
        (json!({"company_key": 7}), 400, "company_key", "`company_key` takes a string, not `7`"),
    ] {
        let problem = app.tell("companies", &company).await.problem(status);
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{company}: {problem}");
        assert_eq!(problem["field"].as_str().unwrap_or_default(), field, "{company}: {problem}");
    }
    let problem = app.tell("companies", &json!({"company_key": "a", "frozn_at": 1})).await.problem(400);
    let allowed = problem["allowed"].as_array().unwrap();
    assert!(["company_key", "secret", "frozen_at"].iter().all(|key| allowed.contains(&json!(key))), "{problem}");
    assert!(!allowed.contains(&json!("key")) && problem["nearest"] == "frozen_at", "{problem}");
    let problem = app.tell("companies", &json!({"company_key": "a", "dialect": "manul"})).await.problem(400);
    assert_eq!((&problem["allowed"], &problem["nearest"]), (&json!(["manual", "live"]), &json!("manual")));
    assert_eq!(app.look("companies").await["items"].as_array().unwrap().len(), 1, "nothing was added");
}

#[tokio::test]
async fn a_change_leaves_what_it_does_not_name_and_null_takes_away() {
    let app = TestApp::start_with(|builder| builder.company("one").scenario("manual-check")).await;
    let patch = async |change: Value| app.admin(Method::PATCH, "companies/one", Some(&change)).await;
    let token = app.begin(json!({})).await;
    let reply = patch(json!({"scenario": "rejected", "secret": "not-a-real-secret"})).await;
    reply.assert_status(200);
    assert_eq!((&reply.json()["scenario"], &reply.json()["is_signed"]), (&json!("rejected"), &json!(true)));
    app.result(&token).await.assert_error(401, "SIGNATURE_INVALID");

    let info = patch(json!({"secret": null})).await.json();
    assert_eq!((&info["scenario"], &info["is_signed"]), (&json!("rejected"), &json!(false)));
    assert_eq!(app.word(&token).await, "IN_PROGRESS", "its sessions stay");
    let other = app.begin(json!({})).await;
    app.mock.finish(&other).await.unwrap();
    assert_eq!(app.word(&other).await, "REJECTED");

    let id = "0123456789abcdef01234567";
    let info = patch(json!({"configurations": {id: {"scenario": "approved"}}})).await.json();
    assert_eq!(info["configurations"], json!({id: {"scenario": "approved", "flags": {}, "steps": []}}));
    let flags = json!({"configurations": {id: {"flags": {"skip_face": true}}}});
    let info = patch(flags).await.json();
    let merged = json!({"scenario": "approved", "flags": {"skip_face": true}, "steps": []});
    assert_eq!(info["configurations"], json!({id: merged}), "a patch is merged at any depth");
    assert_eq!(patch(json!({"configurations": {id: null}})).await.json()["configurations"], json!({}));

    for (change, field, remedy) in [
        (json!({"queue": ["approved"]}), "queue", "`queue` is not a setting; use `/__admin/scenarios/queue`"),
        (json!({"faults": null}), "faults", "`faults` is not a setting; use `/__admin/faults`"),
        (json!({"is_signed": true}), "is_signed", "`is_signed` is not a setting; set or remove `secret`"),
        (json!({"is_frozen": true}), "is_frozen", "use `/__admin/clock/freeze` and `/__admin/clock/resume`"),
        (
            json!({"frozen_at": "2026-01-31T12:00:00Z"}),
            "frozen_at",
            "`frozen_at` is for the start; use `/__admin/clock/set`",
        ),
        (json!({"company_key": "two"}), "company_key", "the key of a company cannot change; add another company"),
        (json!({"scenaro": "rejected"}), "scenaro", "unknown key `scenaro`, did you mean `scenario`?"),
        (json!({"people": "nino"}), "people", "`people` takes a list, not `nino`"),
    ] {
        let problem = patch(change).await.problem(400);
        assert_eq!(problem["field"], field, "{problem}");
        assert!(problem["detail"].as_str().unwrap().ends_with(remedy), "{problem}");
    }
    patch(json!({"scenario": "aproved"})).await.problem(400);
    assert_eq!(app.look("companies/one").await["scenario"], "rejected", "a refused change changes nothing");

    app.tell("companies/one/reset", &json!({})).await.assert_status(200);
    let info = app.look("companies/one").await;
    assert_eq!((&info["scenario"], &info["sessions"]), (&Value::Null, &json!(0)), "as at the start");
}

#[tokio::test]
async fn what_is_shown_of_a_company_changes_nothing_when_it_is_sent_back() {
    let company = Company::new("one").secret("not-a-real-secret").people(["nino-magalitidze"]).max_sessions(5);
    let company = company.queue(["rejected"]).fault(Fault::status(503).endpoint(Endpoint::Delete));
    let app = TestApp::start_with(|builder| builder.company(company)).await;
    let shown = app.look("companies/one").await;
    assert!(!shown.to_string().contains("not-a-real-secret"), "{shown}");
    app.mock.advance(Duration::from_secs(1)).await.unwrap();
    app.tell("sessions", &json!({})).await.assert_status(201);
    let problem = app.admin(Method::PATCH, "companies/one", Some(&shown)).await.problem(400);
    assert_eq!(problem["field"], "queue", "the session took a scenario from the queue");
    let shown = app.look("companies/one").await;
    app.mock.advance(Duration::from_secs(1)).await.unwrap();
    let request = app.request(Method::PATCH, "/__admin/companies/one").body(shown.to_string());
    send(request.header("content-type", "application/merge-patch+json")).await.assert_status(200);
    let after = app.look("companies/one").await;
    let settled = |mut info: Value| {
        info.as_object_mut().unwrap().remove("now");
        info
    };
    assert_eq!((settled(after.clone()), &after["is_signed"]), (settled(shown), &json!(true)));
}

#[tokio::test]
async fn a_company_that_is_removed_is_gone_with_its_sessions() {
    let app = TestApp::start_with(|builder| builder.company("first").company("second")).await;
    let token = app.begin(json!({"company_key": "second"})).await;
    app.remove("companies/second").await.assert_status(204);
    let call = json!({"company_key": "second", "session_token": token});
    app.post_json("/external-api/result/", &call).await.assert_error(403, "COMPANY_KEY_INVALID");
    app.widget(&token).await.assert_status(404);
    let problem = app.remove("companies/second").await.problem(404);
    assert_eq!(problem["detail"], "there is no company key `second`; known: first");
    app.admin(Method::GET, "companies/second", None).await.problem(404);
    app.tell("companies/second/reset", &json!({})).await.problem(404);
}

#[tokio::test]
async fn the_last_company_can_be_removed_and_a_reset_brings_it_back() {
    let app = TestApp::start_with(|builder| builder.company("first").scenario("rejected")).await;
    app.remove("companies/first").await.assert_status(204);
    let reply = app.post_json("/external-api/begin/", &json!({"company_key": "first"})).await;
    reply.assert_error(403, "COMPANY_KEY_INVALID");
    assert!(
        app.mock.sessions().await.unwrap().is_empty() && app.mock.company("first").sessions().await.is_err(),
        "the harness does not mind"
    );
    app.mock.advance(std::time::Duration::from_secs(1)).await.unwrap();
    app.tell("companies", &json!({"company_key": "added"})).await.assert_status(201);
    app.tell("faults", &json!({"status": 503, "forever": true})).await.assert_status(201);
    app.tell("scenarios", &json!({"name": "mine", "description": "Mine.", "stages": []})).await.assert_status(201);
    app.tell("clock/freeze", &json!({})).await.assert_status(200);

    app.tell("reset", &json!({})).await.assert_status(204);
    let keys: Vec<_> =
        app.look("companies").await["items"].as_array().unwrap().iter().map(|it| it["company_key"].clone()).collect();
    assert_eq!(keys, ["first"]);
    assert_eq!(app.look("faults").await["items"], json!([]));
    assert_eq!(app.look("clock").await["clocks"][0]["is_frozen"], false);
    app.admin(Method::GET, "scenarios/mine", None).await.problem(404);
    app.begin(json!({})).await;
}

#[tokio::test]
async fn a_reset_that_names_a_company_is_that_of_one() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    let sessions = async || {
        let companies = app.look("companies").await["items"].clone();
        [0, 1].map(|at| companies[at]["sessions"].as_u64().unwrap())
    };
    let two = json!({"company_key": "two"});
    for (path, body) in [("reset?company_key=two", json!({})), ("reset", two.clone()), ("reset?company_key=two", two)] {
        app.begin(json!({"company_key": "one"})).await;
        app.begin(json!({"company_key": "two"})).await;
        let before = sessions().await[0];
        app.tell(path, &body).await.assert_status(204);
        assert_eq!(sessions().await, [before, 0], "{path} {body}");
    }
    let token = app.begin(json!({"company_key": "one"})).await;
    let other = json!({"company_key": "one"});
    for (path, body) in [
        ("reset?company_key=two", &other),
        ("reset?company_key=one&company_key=two", &json!({})),
        ("companies/one/reset", &other),
    ] {
        let problem = app.tell(path, body).await.problem(400);
        assert_eq!((&problem["field"], sessions().await[0]), (&json!("company_key"), 4), "{path}: {problem}");
    }
    assert_eq!(app.look(&format!("sessions/{token}")).await["is_opened"], false);
}

#[tokio::test]
async fn lists_come_in_parts() {
    let app = TestApp::start_with(|builder| builder.company("c").company("a")).await;
    for key in ["d", "b"] {
        app.tell("companies", &json!({"company_key": key})).await.assert_status(201);
    }
    let mut keys = Vec::new();
    let mut path = "companies?limit=3".to_owned();
    loop {
        let part = app.look(&path).await;
        keys.extend(part["items"].as_array().unwrap().iter().map(|it| it["company_key"].as_str().unwrap().to_owned()));
        let Some(next) = part["next"].as_str() else { break };
        assert_eq!((keys.len(), next), (3, "c"));
        path = format!("companies?limit=3&cursor={next}");
    }
    assert_eq!(keys, ["a", "b", "c", "d"]);
    let like =
        async |pattern: &str| app.look(&format!("companies?like={pattern}")).await["items"].as_array().unwrap().len();
    assert_eq!((like("?").await, like("a*").await, like("x*").await), (4, 1, 0));
    for (query, field, detail) in [
        ("limit=0", "limit", "`0` is not a number from 1 to 1000"),
        ("limit=1001", "limit", "`1001` is not a number from 1 to 1000"),
        ("limt=1", "limt", "unknown key `limt`, did you mean `limit`?"),
    ] {
        let problem = app.admin(Method::GET, &format!("companies?{query}"), None).await.problem(400);
        assert_eq!((&problem["field"], &problem["detail"]), (&json!(field), &json!(detail)));
    }
}

#[tokio::test]
async fn a_company_of_a_pattern_comes_to_be_when_it_is_steered_and_not_when_it_is_looked_at() {
    let app =
        TestApp::start_with(|builder| builder.settings(|config| config.any_company_key = Some("test-*".into()))).await;
    app.admin(Method::GET, "companies/test-1", None).await.problem(404);
    app.tell("scenarios/queue", &json!({"company_key": "test-1", "scenarios": ["rejected"]})).await.assert_status(200);
    assert_eq!(app.look("companies/test-1").await["queue"], json!(["rejected"]));
    app.tell("companies", &json!({"company_key": "test-1"})).await.problem(409);
    app.remove("companies/test-1").await.assert_status(204);
    app.admin(Method::GET, "companies/test-1", None).await.problem(404);
    app.tell("scenarios/queue", &json!({"company_key": "other", "scenarios": []})).await.problem(404);
    // A test begins with a reset, whoever was there before.
    assert_eq!(app.tell("companies/test-2/reset", &json!({})).await.json()["sessions"], 0);
    let change = json!({"scenario": "rejected"});
    app.admin(Method::PATCH, "companies/test-3", Some(&change)).await.assert_status(200);
    app.tell("companies/other/reset", &json!({})).await.problem(404);
}
