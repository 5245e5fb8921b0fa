//! `/__admin/scenarios`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{TestApp, send};

#[tokio::test]
async fn scenarios_are_listed_and_shown_with_all_that_they_do() {
    let scenario = "description: Mine.\nmatch: {return_url: {glob: '*late*'}}\nsession_lifetime: 2m\nflags: {skip_face: true}\n\
                    stages:\n  - {when: [widget, after=60s], result: REJECTED}\n";
    let app = TestApp::scripted(scenario).await;
    let mut names: Vec<String> = Vec::new();
    let mut query = "limit=20".to_owned();
    loop {
        let part = app.look(&format!("scenarios?{query}")).await;
        names.extend(part["items"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()));
        let Some(next) = part["next"].as_str() else { break };
        query = format!("limit=20&cursor={next}");
    }
    assert_eq!(names, app.scenario_names().await);
    assert_eq!(
        app.look("scenarios/scripted").await,
        json!({
            "name": "scripted", "description": "Mine.", "origin": "file", "matches": ["return_url"], "refuse_begin": null,
            "begin_fault": null, "session_lifetime_seconds": 120.0, "flags": {"skip_face": true}, "steps": [],
            "stages": [{"triggers": ["widget", "after=60s"], "effects": ["result REJECTED"]}],
        })
    );
    let like: Vec<_> = names.iter().filter(|name| name.starts_with("rejected-face")).cloned().collect();
    let listed = app.look("scenarios?like=rejected-face*").await;
    let listed: Vec<_> = listed["items"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!((listed.len(), listed), (2, like.iter().map(String::as_str).collect()));
    let approved = app.look("scenarios/approved").await;
    assert_eq!((&approved["origin"], &approved["stages"][0]["triggers"]), (&json!("built-in"), &json!(["widget"])));
    let problem = app.admin(Method::GET, "scenarios/aproved", None).await.problem(404);
    assert_eq!(problem["nearest"], "approved");
}

#[tokio::test]
async fn a_scenario_is_added_for_everybody_and_stays_when_files_are_read_again() {
    let app = TestApp::start().await;
    let mine =
        |word: &str| json!({"name": "mine", "description": "Mine.", "stages": [{"when": "begin", "result": word}]});
    let reply = app.tell("scenarios", &mine("REJECTED")).await;
    reply.assert_status(201);
    assert_eq!(
        (&reply.headers["location"], &reply.json()["origin"]),
        (&"/__admin/scenarios/mine".parse().unwrap(), &json!("added"))
    );
    let begin = async || {
        let call = app.request(Method::POST, "/external-api/begin/").header("x-identomat-mock-scenario", "mine");
        send(call.json(&app.with_key(json!({})))).await.json().as_str().unwrap().to_owned()
    };
    let token = begin().await;
    assert_eq!(app.word(&token).await, "REJECTED");
    app.mock.reload().unwrap();
    assert_eq!(app.word(&begin().await).await, "REJECTED");
    app.tell("scenarios", &mine("MANUAL_CHECK")).await.assert_status(201);
    assert_eq!(app.word(&begin().await).await, "MANUAL_CHECK");
    assert_eq!(app.word(&token).await, "REJECTED", "sessions keep the scenario they began with");

    for (body, field, detail) in [
        (json!({"description": "x", "stages": []}), "name", "`name` is missing"),
        (json!({"name": 7, "description": "x", "stages": []}), "name", "`name` takes a string, not `7`"),
        (json!({"name": " ", "description": "x", "stages": []}), "", "a scenario has a name"),
        (json!({"name": "x", "stages": []}), "", "the key `description` is missing"),
        (
            json!({"name": "x", "description": "x", "stages": [{"when": "widget", "aftr": 1}]}),
            "stages[0].aftr",
            "unknown key `aftr`",
        ),
        (
            json!({"name": "x", "description": "x", "stages": [{"when": "somtimes"}]}),
            "stages[0].when",
            "`somtimes` is not a trigger",
        ),
        (
            json!({"name": "x", "description": "x", "stages": [{"document": "nowhere"}]}),
            "stages[0].document",
            "the scenario `x`: ",
        ),
        (json!({"name": "x", "description": "x", "person": "nobody", "stages": []}), "person", "the scenario `x`: "),
    ] {
        let problem = app.tell("scenarios", &body).await.problem(400);
        assert!(problem["detail"].as_str().unwrap().starts_with(detail), "{body}: {problem}");
        assert_eq!(problem["field"].as_str().unwrap_or_default(), field, "{body}: {problem}");
    }
}

#[tokio::test]
async fn a_queue_takes_names_and_scenarios_of_its_own() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    let own = json!({"description": "Only once.", "stages": [{"when": "begin", "result": "MANUAL_CHECK"}]});
    let body = json!({"company_key": "two", "scenarios": ["rejected", own]});
    let queue = app.tell("scenarios/queue", &body).await.json();
    assert_eq!(queue, json!({"company_key": "two", "scenarios": ["rejected", "queued"]}));
    assert_eq!(app.look("scenarios/queue").await, json!({"company_key": "one", "scenarios": []}));
    let scenario =
        async |key: &str| app.tell("sessions", &json!({"company_key": key})).await.json()["scenario"].clone();
    assert_eq!(scenario("one").await, "approved");
    assert_eq!(
        (scenario("two").await, scenario("two").await, scenario("two").await),
        ("rejected".into(), "queued".into(), "approved".into())
    );
    app.tell("scenarios/queue", &body).await.assert_status(200);
    app.remove("scenarios/queue?company_key=two").await.assert_status(204);
    assert_eq!(app.look("scenarios/queue?company_key=two").await["scenarios"], json!([]));

    for (scenarios, field, detail) in [
        (json!(["rejected", "aproved"]), "scenarios[1]", "there is no scenario `aproved`"),
        (json!([7]), "scenarios[0]", "expected a scenario: a name, or an object written as in a file, not `7`"),
        (json!([{"stages": []}]), "", "the key `description` is missing"),
        (Value::Null, "scenarios", "`scenarios` takes a list, not `null`"),
    ] {
        let problem = app.tell("scenarios/queue", &json!({"scenarios": scenarios})).await.problem(400);
        assert!(problem["detail"].as_str().unwrap().starts_with(detail), "{problem}");
        assert_eq!(problem["field"].as_str().unwrap_or_default(), field, "{problem}");
    }
    assert_eq!(app.look("scenarios/queue").await["scenarios"], json!([]), "none is queued then");
}
