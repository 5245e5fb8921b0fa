//! `/__admin/faults`.

use serde_json::{Value, json};

use crate::harness::TestApp;

fn names(part: &Value) -> Vec<&str> {
    part["items"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn faults_are_added_listed_and_ended() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    let reply = app.tell("faults", &json!({"endpoint": "result", "status": 503, "times": 2})).await;
    reply.assert_status(201);
    assert_eq!(reply.headers["location"], "/__admin/faults/result%3A%20status%20503");
    assert_eq!(
        reply.json(),
        json!({
            "name": "result: status 503", "company_key": null, "endpoint": "result", "session": null, "scenario": null,
            "effect": "status 503", "ends": "after 2 calls", "hits": 0,
        })
    );
    let token = app.begin(json!({"company_key": "two"})).await;
    let of_two = json!({"company_key": "two", "session": token, "close": "reset", "name": "for two", "forever": true});
    let added = app.tell("faults", &of_two).await.json();
    assert_eq!((&added["company_key"], &added["session"]), (&json!("two"), &json!(token)));

    let one = app.begin(json!({"company_key": "one"})).await;
    app.result(&one).await.assert_status(503);
    let list = app.look("faults").await;
    assert_eq!((names(&list), &list["items"][0]["hits"]), (vec!["result: status 503", "for two"], &json!(1)));
    assert_eq!(names(&app.look("faults?company_key=two").await), ["for two"]);
    assert_eq!(names(&app.look("faults?limit=1&cursor=1").await), ["for two"]);
    assert_eq!(names(&app.look("faults?endpoint=result").await), ["result: status 503"]);
    assert_eq!(names(&app.look(&format!("faults?session={token}")).await), ["for two"]);
    assert_eq!(app.look("faults?limit=1").await["next"], "1");

    app.remove("faults/result%3A%20status%20503").await.assert_status(204);
    app.result(&one).await.assert_status(200);
    let problem = app.remove("faults/for%20two").await.problem(404);
    assert_eq!(
        problem["detail"],
        "there is no fault `for two`; known: none; `company_key` names a company, for its own faults"
    );
    let problem = app.remove("faults/for%20tow?company_key=two").await.problem(404);
    assert_eq!(
        (&problem["nearest"], &problem["allowed"]),
        (&json!("for two"), &json!(["for two"])),
        "a name of two words: {problem}"
    );
    app.remove("faults/for%20two?company_key=two").await.assert_status(204);

    for company_key in [json!("one"), Value::Null] {
        app.tell("faults", &json!({"company_key": company_key, "status": 500, "forever": true}))
            .await
            .assert_status(201);
    }
    app.remove("faults?company_key=one").await.assert_status(204);
    assert_eq!(names(&app.look("faults").await), ["any call: status 500"]);
    app.tell("faults", &json!({"company_key": "one", "status": 500, "forever": true})).await.assert_status(201);
    app.remove("faults").await.assert_status(204);
    assert_eq!(app.look("faults").await["items"], json!([]));
}

#[tokio::test]
async fn faults_that_cannot_be_are_named() {
    let app = TestApp::start().await;
    for (body, field, detail) in [
        (json!({}), "", "a fault needs an effect"),
        (json!({"status": 503, "tims": 2}), "tims", "unknown key `tims`"),
        (json!({"endpoint": "resul", "status": 503}), "endpoint", "`resul` is not an endpoint"),
        (json!({"status": 99}), "status", "`99` is not a status"),
        (json!({"delay": "soon"}), "delay", "`soon` is not a duration"),
        (json!({"status": 503, "session": 7}), "session", "`session` takes a string, not `7`"),
        (json!({"status": 503, "scenario": "aproved"}), "scenario", "there is no scenario `aproved`"),
    ] {
        let problem = app.tell("faults", &body).await.problem(400);
        assert!(problem["detail"].as_str().unwrap().starts_with(detail), "{body}: {problem}");
        assert_eq!(problem["field"].as_str().unwrap_or_default(), field, "{body}: {problem}");
    }
    for (body, nearest) in [
        (json!({"status": 503, "tims": 2}), "times"),
        (json!({"endpoint": "resul", "status": 503}), "result"),
        (json!({"status": 503, "scenario": "aproved"}), "approved"),
    ] {
        assert_eq!(app.tell("faults", &body).await.problem(400)["nearest"], nearest, "{body}");
    }
    app.tell("faults", &json!({"status": 503, "company_key": "nobody"})).await.problem(404);
    assert_eq!(app.look("faults").await["items"], json!([]));
}
