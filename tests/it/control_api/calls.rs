//! `/__admin/calls`: the journal.

use identomat_mock::Fault;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    faults::signed,
    harness::{TestApp, send},
};

async fn calls(app: &TestApp, query: &str) -> Vec<Value> {
    app.look(&format!("calls?{query}")).await["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_call_is_remembered_with_all_that_is_known_of_it() {
    let scenario = "description: Two polls.\nstages:\n  - {when: begin, result: MANUAL_CHECK}\n  - {when: polls=1, result: APPROVED}\n";
    let app = TestApp::scripted_with(scenario, |builder| {
        builder.frozen_at(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_767_182_400))
    })
    .await;
    let key = app.mock.company_key().to_owned();
    let token = app.begin(json!({"flags": {"skip_face": true, "colour": "red"}})).await;
    let form = format!("company_key={key}&session_token={token}");
    app.post("/external-api/result?company_key=other", form).await.assert_status(200);

    let mut remembered = calls(&app, "").await;
    for call in &mut remembered {
        assert!(call["duration_ms"].as_f64().unwrap() > 0.0, "{call}");
        assert!(call["response_bytes"].as_u64().unwrap() > 20 && call["body_bytes"].as_u64().unwrap() > 20, "{call}");
        assert!(call["headers"]["host"].as_str().unwrap().starts_with("127.0.0.1:"), "{call}");
        for name in ["duration_ms", "response_bytes", "body_bytes", "headers"] {
            call.as_object_mut().unwrap().remove(name);
        }
    }
    let begin = json!({
        "id": 1, "at": "2025-12-31T12:00:00Z", "company_key": key, "session": token, "endpoint": "begin", "method": "POST",
        "path": "/external-api/begin/", "body_format": "JSON",
        "parameters": {"flags": {"skip_face": true, "colour": "red"}, "company_key": "0123…"}, "signature": null,
        "unread_body": null, "status": 200, "response": token, "response_type": "application/json", "scenario": "scripted",
        "stage": 1, "faults": [], "choices": [],
        "hint": "scenario `scripted`, from the server's default; unknown flag `colour` is kept and has no effect",
    });
    assert_eq!(remembered[0], begin);
    let result = remembered[1].as_object_mut().unwrap();
    assert_eq!(result.remove("response").unwrap()["result"], "MANUAL_CHECK");
    let expected = json!({
        "id": 2, "at": "2025-12-31T12:00:00Z", "company_key": key, "session": token, "endpoint": "result", "method": "POST",
        "path": "/external-api/result/", "body_format": "form", "parameters": {"company_key": "0123…", "session_token": token},
        "signature": null, "unread_body": null, "status": 200, "response_type": "application/json", "scenario": "scripted",
        "stage": 1, "faults": [], "hint": null, "choices": ["Query and body are read together; the body overrides the query"],
    });
    assert_eq!(&Value::Object(result.clone()), &expected, "the stage is the one that was answered, not the next");
    app.result(&token).await.assert_status(200);
    assert_eq!(app.look("calls/3").await["stage"], 2);
}

#[tokio::test]
async fn refused_and_unknown_calls_are_remembered_too() {
    let app =
        TestApp::start_with(|builder| builder.company("signed").secret("not-a-real-secret").company("plain-company"))
            .await;
    let plain = |parameters: Value| {
        let mut parameters = parameters;
        parameters["company_key"] = "plain-company".into();
        parameters
    };
    let wrong = app.request(Method::POST, "/external-api/begin/").header("authorization", "signature=\"d3Jvbmc=\"");
    send(wrong.json(&json!({"company_key": "signed"}))).await.assert_status(401);
    app.post_json("/external-api/begin/", &json!({"company_key": "nobodys"})).await.assert_status(403);
    app.post_json("/external-api/begin/", &plain(json!({"steps": "x"}))).await.assert_status(400);
    app.post_json("/external-api/selfie/", &plain(json!({}))).await.assert_status(501);
    send(app.request(Method::PUT, "/external-api/result/")).await.assert_status(405);
    app.post("/external-api/result/", "{\"company_key\": \"plain-company\", ").await.assert_status(400);
    app.post_json("/external-api/result/", &plain(json!({"session_token": "x"}))).await.assert_status(400);
    let unknown = json!({"session_token": "a".repeat(40)});
    app.post_json("/external-api/result/", &plain(unknown)).await.assert_status(404);

    let all = calls(&app, "").await;
    let seen: Vec<_> = all.iter().map(|call| (call["company_key"].clone(), call["status"].as_u64().unwrap())).collect();
    let plain = json!("plain-company");
    let expected = [
        (json!("signed"), 401),
        (Value::Null, 403),
        (plain.clone(), 400),
        (plain.clone(), 501),
        (Value::Null, 405),
        (Value::Null, 400),
        (plain.clone(), 400),
        (plain.clone(), 404),
    ];
    assert_eq!(seen, expected);
    assert_eq!(all[0]["signature"], "sign…");
    assert!(all[0]["hint"].as_str().unwrap().contains("d3Jvbmc="), "{}", all[0]);
    assert_eq!(all[1]["parameters"]["company_key"], "…", "a short key is not shown at all");
    assert_eq!(all[3]["endpoint"], Value::Null);
    assert_eq!(
        (&all[5]["unread_body"], &all[5]["body_format"]),
        (&json!("{\"company_key\": \"plai…\", "), &Value::Null)
    );
    assert_eq!(all[7]["session"], "a".repeat(40));
    let statuses = "Statuses 403, 404, 400, 401 and 400 in this order, the last for `argumentError`";
    for (at, choice) in [
        (0, "`SIGNATURE_INVALID` for a missing or wrong signature"),
        (1, statuses),
        (2, "The words in `argumentError`"),
        (3, "Vendor methods that the mock does not implement return 501"),
        (4, "GET and POST for every method; others return 405, whatever `--error-status` says"),
        (6, "`SESSION_INVALID` for a malformed token"),
        (7, statuses),
    ] {
        assert!(all[at]["choices"].as_array().unwrap().contains(&json!(choice)), "{}", all[at]);
    }
}

#[tokio::test]
async fn faults_and_the_answer_before_them_are_remembered() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    app.mock.add_fault(Fault::broken_json().endpoint(identomat_mock::Endpoint::Result)).await.unwrap();
    app.mock.add_fault(Fault::status(503).endpoint(identomat_mock::Endpoint::Delete)).await.unwrap();
    app.result(&token).await.assert_status(200);
    app.delete(&token).await.assert_status(503);
    let [broken, down] = &calls(&app, "status=200&endpoint=result")
        .await
        .into_iter()
        .chain(calls(&app, "status=503").await)
        .collect::<Vec<_>>()[..]
    else {
        panic!("two calls")
    };
    assert_eq!((&broken["response"]["result"], &broken["stage"]), (&json!("IN_PROGRESS"), &Value::Null));
    assert_eq!(broken["faults"], json!(["fault `result: broken JSON` (broken JSON), call 1 of 1"]));
    assert_eq!(down["faults"], json!(["fault `delete: status 503` (status 503), call 1 of 1"]));
    assert!(down["response"].as_str().unwrap().starts_with("<html>") && down["response_type"] == "text/html", "{down}");
}

#[tokio::test]
async fn calls_of_the_widget_are_remembered_with_what_the_person_sent() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    app.widget(&token).await.assert_status(200);
    app.get(&format!("/__widget/sessions/{token}")).await.assert_status(200);
    app.answer(&token, json!({"screen": "agreement", "agree": true})).await.assert_status(200);
    app.finish(&token, &[("outcome", "REJECTED"), ("reject_reason", "document_covered")]).await.assert_status(200);
    app.get("/__widget/page.css").await.assert_status(200);
    let seen = calls(&app, &format!("session={token}")).await;
    let seen: Vec<_> =
        seen.iter().map(|call| (call["endpoint"].as_str().unwrap(), call["method"].as_str().unwrap())).collect();
    assert_eq!(
        seen,
        [("begin", "POST"), ("widget", "GET"), ("widget-data", "GET"), ("widget-data", "POST"), ("widget", "POST")]
    );
    let finish = &calls(&app, "endpoint=widget&method=post").await[0];
    let parameters = json!({"session_token": token, "outcome": "REJECTED", "reject_reason": "document_covered"});
    assert_eq!((&finish["parameters"], &finish["scenario"]), (&parameters, &json!("approved")));
}

#[tokio::test]
async fn multipart_and_pictures_are_remembered_in_short() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    let form = reqwest::multipart::Form::new()
        .text("company_key", app.mock.company_key().to_owned())
        .text("session_token", token.clone())
        .part("extra", reqwest::multipart::Part::bytes(vec![7; 300]).file_name("extra.bin"));
    send(app.request(Method::POST, "/external-api/result/face/").multipart(form)).await.assert_status(200);
    let call = &calls(&app, "endpoint=face").await[0];
    assert_eq!(
        (&call["body_format"], &call["response"], &call["response_type"]),
        (&json!("multipart"), &Value::Null, &json!("image/jpeg"))
    );
    assert_eq!(
        call["parameters"],
        json!({"company_key": "0123…", "session_token": token, "extra": {"file_bytes": 300}})
    );
    assert!(call["response_bytes"].as_u64().unwrap() > 10_000, "{call}");
}

#[tokio::test]
async fn calls_are_found_by_what_they_are() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    let mut tokens = Vec::new();
    for key in ["one", "two", "one"] {
        tokens.push(app.begin(json!({"company_key": key})).await);
    }
    app.result(&tokens[0]).await.assert_status(200);
    app.mock.company("one").advance(std::time::Duration::from_secs(3600)).await.unwrap();
    app.delete(&tokens[0]).await.assert_status(200);
    app.delete(&tokens[0]).await.assert_status(404);
    let found = async |query: &str| -> Vec<u64> {
        calls(&app, query).await.iter().map(|call| call["id"].as_u64().unwrap()).collect()
    };
    assert_eq!(found("").await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(found("order=newest").await, [6, 5, 4, 3, 2, 1]);
    assert_eq!(found("company_key=two").await, [2]);
    assert_eq!(found(&format!("session={}", tokens[0])).await, [1, 4, 5, 6]);
    assert_eq!(found("endpoint=delete&status=404").await, [6]);
    let now = time_of(&app.look("clock?company_key=one").await);
    assert_eq!(found(&format!("company_key=one&from={now}")).await, [0; 0]);
    assert_eq!(found(&format!("company_key=one&to={now}")).await, [1, 3, 4, 5, 6]);
    let half = app.look("calls/5").await["at"].as_str().unwrap().to_owned();
    assert_eq!(found(&format!("company_key=one&from={half}")).await, [5, 6]);

    for order in ["oldest", "newest"] {
        let (mut ids, mut query) = (Vec::new(), format!("order={order}&limit=4"));
        loop {
            let part = app.look(&format!("calls?{query}")).await;
            assert_eq!((&part["evicted"], &part["is_complete"]), (&json!(0), &json!(true)));
            ids.extend(part["items"].as_array().unwrap().iter().map(|call| call["id"].as_u64().unwrap()));
            let Some(next) = part["next"].as_str() else { break };
            query = format!("order={order}&limit=4&cursor={next}");
        }
        ids.sort_unstable();
        assert_eq!(ids, [1, 2, 3, 4, 5, 6]);
    }
    for (query, field) in
        [("endpoint=resul", "endpoint"), ("session=x", "session"), ("from=noon", "from"), ("status=x", "status")]
    {
        assert_eq!(app.admin(Method::GET, &format!("calls?{query}"), None).await.problem(400)["field"], field);
    }
    app.remove("calls?company_key=one").await.assert_status(204);
    assert_eq!(found("").await, [2]);
    app.mock.company("two").reset().await.unwrap();
    assert_eq!(found("").await, [0; 0], "a reset forgets them too");
    app.post_json("/external-api/begin/", &json!({"company_key": "nobodys"})).await.assert_status(403);
    assert_eq!(found("").await, [7]);
    app.tell("reset", &json!({})).await.assert_status(204);
    assert_eq!(found("").await, [0; 0]);
    for id in ["1", "x", "7"] {
        app.admin(Method::GET, &format!("calls/{id}"), None).await.problem(404);
    }
}

fn time_of(clocks: &Value) -> String {
    clocks["clocks"][0]["now"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_oldest_make_room_and_a_query_says_so() {
    let app = TestApp::start_with(|builder| {
        builder.company("busy").company("quiet").settings(|config| config.journal.calls = 5)
    })
    .await;
    app.begin(json!({"company_key": "quiet"})).await;
    for _ in 0..8 {
        app.begin(json!({"company_key": "busy"})).await;
    }
    let part = app.look("calls?company_key=busy").await;
    let ids: Vec<_> = part["items"].as_array().unwrap().iter().map(|call| call["id"].as_u64().unwrap()).collect();
    assert_eq!((ids, &part["evicted"], &part["is_complete"]), (vec![5, 6, 7, 8, 9], &json!(3), &json!(false)));
    for (query, is_complete) in [
        ("company_key=quiet", true),
        ("company_key=busy&cursor=3", false),
        ("company_key=busy&cursor=4", true),
        ("company_key=busy&order=newest&limit=5", false),
        ("company_key=busy&order=newest&limit=4", true),
        ("", false),
    ] {
        assert_eq!(app.look(&format!("calls?{query}")).await["is_complete"], is_complete, "{query}");
    }
    let problem = app.admin(Method::GET, "calls/4", None).await.problem(410);
    assert!(problem["detail"].as_str().unwrap().contains("--journal-calls"), "{problem}");
    assert_eq!(app.look("calls/1").await["company_key"], "quiet", "nobody else's make room");
    app.remove("calls?company_key=busy").await.assert_status(204);
    let part = app.look("calls?company_key=busy").await;
    assert_eq!((&part["evicted"], &part["is_complete"]), (&json!(0), &json!(true)));
}

#[tokio::test]
async fn what_is_remembered_is_bounded_in_bytes() {
    let app = TestApp::start_with(|builder| {
        builder.settings(|config| {
            config.journal.bytes = 50_000;
            config.journal.body = 10_000;
        })
    })
    .await;
    let flags = json!({"flags": {"colour": "x".repeat(9_000)}});
    for _ in 0..20 {
        app.begin(flags.clone()).await;
    }
    let part = app.look("calls").await;
    let (kept, evicted) = (part["items"].as_array().unwrap().len(), part["evicted"].as_u64().unwrap());
    assert_eq!((kept, evicted), (5, 15));

    // What is longer than is remembered is there in part.
    let (key, flags) = (app.mock.company_key(), json!({"colour": "x".repeat(20_000)}));
    app.post("/external-api/begin/", format!("company_key={key}&flags={flags}")).await.assert_status(200);
    let call = &calls(&app, "order=newest&limit=1").await[0];
    assert_eq!((&call["body_format"], &call["parameters"]), (&Value::Null, &json!({})));
    let (shown, masked) = (call["unread_body"].as_str().unwrap(), "0123…");
    assert_eq!(shown.len(), 10_000 - key.len() + masked.len());
    assert!(shown.starts_with(&format!("company_key={masked}&flags=")), "the key is masked there too: {shown:.50}");
    assert!(call["body_bytes"].as_u64().unwrap() > 20_000);
}

#[tokio::test]
async fn secrets_are_shown_where_that_is_asked_for_and_nothing_is_remembered_where_that_is() {
    let app = TestApp::start_with(|builder| {
        builder.company("a-company-key").secret("not-a-real-secret").settings(|config| config.journal.secrets = true)
    })
    .await;
    let body = json!({"company_key": "a-company-key"}).to_string();
    let call = app.request(Method::POST, "/external-api/begin/").header("authorization", signed(&body));
    send(call.body(body)).await.assert_status(200);
    let call = &calls(&app, "").await[0];
    assert_eq!(call["parameters"]["company_key"], "a-company-key");
    assert!(call["signature"].as_str().unwrap().starts_with("signature=\""), "{call}");

    let app = TestApp::start_with(|builder| builder.settings(|config| config.journal.enabled = false)).await;
    let token = app.begin(json!({})).await;
    app.widget(&token).await.assert_status(200);
    assert_eq!(app.look("calls").await, json!({"items": [], "next": null, "evicted": 0, "is_complete": true}));
}
