//! `/__admin/sessions`.

use identomat_mock::{Company, MockServer, Verdict};
use reqwest::Method;
use serde_json::{Value, json};

use super::events::Listener;
use crate::harness::{Reply, TestApp};

fn tokens(part: &Value) -> Vec<String> {
    part["items"].as_array().unwrap().iter().map(|it| it["token"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_session_shows_everything_known() {
    let scenario = "description: Somebody looks at it for a while.\nstages:\n  - {when: widget, result: MANUAL_CHECK}\n  \
                    - {when: after=60s, result: REJECTED, reject_reason: document_covered}\n  - {when: after=1h, error: SESSION_NOT_FOUND}\n  \
                    - {when: [polls=3, after=1m], fault: {status: 503}}\n  - {when: operator, result: APPROVED}\n";
    let app = TestApp::scripted_with(scenario, |builder| {
        builder.frozen_at(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_767_182_400))
    })
    .await;
    let question = json!({"type": "boolean", "key": "q", "mandatory": true});
    let steps = json!([{"type": "user-questionnaire", "key": "form", "questions": [question]}]);
    let token = app.begin(json!({"flags": {"skip_face": true}, "steps": steps})).await;
    let child = app.begin(json!({"parent_session_id": token})).await;

    let fresh = app.look(&format!("sessions/{token}")).await;
    assert_eq!((&fresh["opened_at"], &fresh["browser"], &fresh["answers"]), (&Value::Null, &Value::Null, &Value::Null));
    app.widget(&token).await.assert_status(200);
    app.mock.reach_step(&token, "agreement").await.unwrap();
    app.mock.upload(&token, identomat_mock::MediaKind::CardFront, &b"\x89PNG\r\n\x1a\n"[..]).await.unwrap();
    let reply = app.tell(&format!("sessions/{token}/finish"), &json!({"answers": {"form": {"q": true}}})).await;
    reply.assert_status(200);
    assert_eq!((&reply.json()["current_result"], &reply.json()["is_finished"]), (&json!("MANUAL_CHECK"), &json!(true)));

    let mut shown = app.look(&format!("sessions/{token}")).await;
    let session = shown.as_object_mut().unwrap();
    assert!(session["browser"]["remote_address"] == "127.0.0.1", "{session:?}");
    session.remove("browser");
    let calls = session.remove("calls").unwrap();
    let calls: Vec<_> = calls.as_array().unwrap().iter().map(|call| call["path"].as_str().unwrap()).collect();
    assert_eq!(calls, ["/external-api/begin/", "/"], "the control API's are not among them");
    let expected = json!({
        "token": token, "company_key": app.mock.company_key(), "scenario": "scripted", "chosen_by": "the server's default",
        "stage": 1, "current_result": "MANUAL_CHECK", "flags": {"skip_face": true}, "steps": steps, "config_id": null,
        "parent": null, "begun_at": "2025-12-31T12:00:00Z", "expires_at": "2025-12-31T12:15:00Z",
        "opened_at": "2025-12-31T12:00:00Z", "finished_at": "2025-12-31T12:00:00Z", "is_opened": true, "is_finished": true,
        "scenario_description": "Somebody looks at it for a while.",
        "return_url": null,
        "timeline": [
            {"stage": 1, "triggers": ["widget"], "effects": ["result MANUAL_CHECK"], "came_at": "2025-12-31T12:00:00Z", "due_at": null},
            {"stage": 2, "triggers": ["after=60s"], "effects": ["result REJECTED, `document_covered`"], "came_at": null, "due_at": "2025-12-31T12:01:00Z"},
            {"stage": 3, "triggers": ["after=3600s"], "effects": ["error SESSION_NOT_FOUND"], "came_at": null, "due_at": "2025-12-31T13:01:00Z"},
            {"stage": 4, "triggers": ["polls=3", "after=60s"], "effects": ["fault scripted"], "came_at": null, "due_at": "2025-12-31T13:02:00Z"},
            {"stage": 5, "triggers": ["operator"], "effects": ["result APPROVED"], "came_at": null, "due_at": null},
        ],
        "reached_steps": [{"step": "agreement", "kind": "agreement", "at": "2025-12-31T12:00:00Z"}],
        "answers": {"form": {"q": true}},
        "findings": [], "codes": [], "uploads": [{"kind": "card-front", "page": 1, "content_type": "image/jpeg", "bytes": 8}],
        "children": [child],
    });
    assert_eq!(shown, expected);
    assert_eq!(app.look(&format!("sessions/%22{child}%22")).await["parent"], token, "quotation marks do not matter");
}

#[tokio::test]
async fn a_session_begins_without_a_vendor_call_and_without_its_faults() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    app.tell("faults", &json!({"endpoint": "begin", "status": 503, "forever": true})).await.assert_status(201);
    let body = json!({"company_key": "two", "scenario": "rejected", "flags": {"language": "ka"}});
    let reply = app.tell("sessions", &body).await;
    reply.assert_status(201);
    let session = reply.json();
    let token = session["token"].as_str().unwrap();
    assert_eq!(reply.headers["location"], format!("/__admin/sessions/{token}"));
    assert_eq!((&session["company_key"], &session["scenario"]), (&json!("two"), &json!("rejected")));
    assert_eq!((&session["chosen_by"], &session["flags"]["language"]), (&json!("the control API"), &json!("ka")));
    app.tell(&format!("sessions/{token}/finish"), &json!({})).await.assert_status(200);
    assert_eq!(app.look(&format!("sessions/{token}")).await["current_result"], "REJECTED");

    let plain = app.tell("sessions", &json!({})).await.json();
    assert_eq!((&plain["company_key"], &plain["chosen_by"]), (&json!("one"), &json!("the server's default")));
    for (body, status, detail) in [
        (json!({"scenario": "aproved"}), 400, "there is no scenario `aproved`"),
        (json!({"company_key": "three"}), 404, "there is no company key `three`"),
        (json!({"config_id": "x"}), 400, "there is no configuration `x`"),
        (json!({"parent_session_id": "x"}), 400, "has no session `x`"),
        (json!({"steps": ["x"]}), 400, "expected a mapping"),
        (json!({"flags": []}), 400, "`flags` takes a mapping"),
    ] {
        let problem = app.tell("sessions", &body).await.problem(status);
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{body}: {problem}");
    }
    let problem = app.tell("sessions", &json!({"scenario": "aproved"})).await.problem(400);
    assert_eq!((&problem["nearest"], &problem["field"]), (&json!("approved"), &json!("scenario")));
}

#[tokio::test]
async fn sessions_are_listed_with_filters_and_in_parts() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    let mut begun = Vec::new();
    for (key, scenario) in [("one", "approved"), ("two", "rejected"), ("one", "rejected"), ("one", "approved")] {
        let body = json!({"company_key": key, "scenario": scenario});
        begun.push(app.tell("sessions", &body).await.json()["token"].as_str().unwrap().to_owned());
    }
    app.widget(&begun[1]).await.assert_status(200);
    app.mock.finish(&begun[2]).await.unwrap();
    let listed = async |query: &str| tokens(&app.look(&format!("sessions?{query}")).await);
    assert_eq!(listed("").await, begun);
    let reverse: Vec<_> = begun.iter().rev().cloned().collect();
    assert_eq!(listed("order=newest").await, reverse);
    assert_eq!(listed("company_key=one").await, [&begun[0][..], &begun[2], &begun[3]]);
    assert_eq!(listed("scenario=rejected").await, begun[1..3]);
    assert_eq!(listed("is_opened=true").await, begun[1..2]);
    assert_eq!(listed("is_finished=true").await, begun[2..3]);
    assert_eq!(listed("answer=in_progress&company_key=one").await, [&begun[0][..], &begun[3]]);
    assert_eq!(listed("answer=REJECTED").await, begun[2..3]);
    let child = app.begin(json!({"company_key": "one", "parent_session_id": begun[0]})).await;
    assert_eq!(listed(&format!("parent={}", begun[0])).await, std::slice::from_ref(&child));

    begun.push(child);
    for order in ["oldest", "newest"] {
        let (mut found, mut query) = (Vec::new(), format!("order={order}&limit=2"));
        loop {
            let part = app.look(&format!("sessions?{query}")).await;
            found.extend(tokens(&part));
            // What goes in between is no reason to miss others.
            app.remove(&format!("sessions/{}", found[0])).await;
            let Some(next) = part["next"].as_str() else { break };
            query = format!("order={order}&limit=2&cursor={next}");
        }
        match order {
            "oldest" => assert_eq!(found, begun),
            _ => assert_eq!(found, begun[1..].iter().rev().cloned().collect::<Vec<_>>()),
        }
    }
    for (query, field) in
        [("order=x", "order"), ("is_opened=maybe", "is_opened"), ("parent=x", "parent"), ("cursor=x", "cursor")]
    {
        let problem = app.admin(Method::GET, &format!("sessions?{query}"), None).await.problem(400);
        assert_eq!(problem["field"], field, "{problem}");
    }
    app.admin(Method::GET, "sessions?company_key=three", None).await.problem(404);
}

async fn finished(app: &TestApp, body: &Value) -> Reply {
    let token = app.begin(json!({})).await;
    let reply = app.tell(&format!("sessions/{token}/finish"), body).await;
    if reply.status == 200 { app.result(&token).await } else { reply }
}

#[tokio::test]
async fn a_session_is_finished_as_the_body_says() {
    let app = TestApp::start().await;
    assert_eq!(finished(&app, &json!({})).await.json()["result"], "APPROVED");
    let body = json!({
        "outcome": "rejected", "reject_reason": "document_covered", "reject_description": "A thumb", "result_comment": "Try again",
    });
    let result = finished(&app, &body).await.json();
    assert_eq!(result["reject_reason"], json!({"value": "document_covered", "description": "A thumb"}));
    assert_eq!((&result["result"], &result["result_comment"]), (&json!("REJECTED"), &json!("Try again")));
    let body =
        json!({"outcome": "ON_HOLD", "unlisted": true, "similarity": 0.5, "live": false, "document_read": false});
    assert_eq!(finished(&app, &body).await.json()["result"], "ON_HOLD");
    for (body, field, detail) in [
        (json!({"outcome": "aproved"}), "outcome", "`aproved` is not an outcome"),
        (json!({"reject_reason": "x"}), "reject_reason", "`reject_reason` needs an `outcome`"),
        (json!({"outcome": "APPROVED", "reject_reason": "x"}), "", "`reject_reason` needs the result REJECTED"),
        (json!({"outcome": "APPROVED", "similarity": 2}), "", "`similarity` is a number from 0 to 1"),
        (json!({"answers": {"x": {}}}), "answers", "the session has no questionnaire `x`"),
        (json!({"outcom": "APPROVED"}), "outcom", "unknown key `outcom`"),
        (json!([]), "", "the body is not a JSON object"),
    ] {
        let problem = finished(&app, &body).await.problem(400);
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{body}: {problem}");
        assert_eq!(problem["field"].as_str().unwrap_or_default(), field, "{body}: {problem}");
    }
    let problem = finished(&app, &json!({"outcome": "aproved"})).await.problem(400);
    assert_eq!((&problem["nearest"], &problem["allowed"][0]), (&json!("APPROVED"), &json!("APPROVED")));
}

#[tokio::test]
async fn a_verdict_notes_the_quality_of_the_data() {
    let app = TestApp::start().await;
    let noted = json!({"name": "noted", "description": "Approved with a note.", "stages": [
        {"when": "widget", "result": "APPROVED", "person_status": "FIELDS_MISMATCH"},
    ]});
    app.tell("scenarios", &noted).await.assert_status(201);
    let begun = app.tell("sessions", &json!({"scenario": "noted"})).await.json();
    let token = begun["token"].as_str().unwrap().to_owned();
    app.mock.finish(&token).await.unwrap();
    assert_eq!(app.result(&token).await.json()["person"]["status"], "FIELDS_MISMATCH");
    let plain = app.tell(&format!("sessions/{token}/decide"), &json!({"outcome": "APPROVED"})).await;
    plain.assert_status(200);
    assert_eq!(app.result(&token).await.json()["person"]["status"], Value::Null);
    app.mock.decide(&token, Verdict::rejected("document_covered").person_status("BLURRED")).await.unwrap();
    assert_eq!(app.result(&token).await.json()["person"]["status"], "BLURRED");
    let problem = app.tell(&format!("sessions/{token}/decide"), &json!({"person_status": "ODD"})).await.problem(400);
    assert_eq!(problem["detail"], "`person_status` needs an `outcome`");
}

#[tokio::test]
async fn a_decision_without_a_comment_has_that_of_the_company_or_the_server() {
    let app = TestApp::start_with(|builder| {
        let builder = builder.company("one").company(Company::new("two").decision_comment("of the company"));
        builder.settings(|config| config.decision_comment = Some("of the server".into()))
    })
    .await;
    for (company, verdict, comment) in [
        ("one", Verdict::approved(), "of the server"),
        ("two", Verdict::approved(), "of the company"),
        ("two", Verdict::approved().result_comment(""), ""),
    ] {
        let token = app.begin(json!({"company_key": company})).await;
        app.mock.decide(&token, verdict).await.unwrap();
        let call = json!({"company_key": company, "session_token": token});
        let result = app.post_json("/external-api/result/", &call).await;
        assert_eq!(result.json()["result_comment"], comment);
    }
}

#[tokio::test]
async fn an_operator_decides_and_a_token_expires() {
    let app = TestApp::start().await;
    let operator = json!({"name": "asked", "description": "An operator decides.", "stages": [
        {"when": "widget", "result": "MANUAL_CHECK"}, {"when": "operator", "result": "REJECTED"},
    ]});
    app.tell("scenarios", &operator).await.assert_status(201);
    let begun = app.tell("sessions", &json!({"scenario": "asked"})).await.json();
    let token = begun["token"].as_str().unwrap().to_owned();
    let path = |what: &str| format!("sessions/{token}/{what}");
    app.tell(&path("decide"), &json!({})).await.problem(409);
    app.tell(&path("finish"), &json!({})).await.assert_status(200);
    app.tell(&path("finish"), &json!({})).await.problem(409);
    assert_eq!(app.tell(&path("decide"), &json!({})).await.json()["current_result"], "REJECTED");
    assert_eq!(app.tell(&path("decide"), &json!({"outcome": "APPROVED"})).await.json()["current_result"], "APPROVED");
    let timeline = app.look(&format!("sessions/{token}")).await["timeline"].clone();
    assert_eq!((&timeline[2]["stage"], &timeline[2]["effects"]), (&Value::Null, &json!(["result APPROVED"])));
    app.tell(&path("decide"), &json!({"answers": {}})).await.problem(400);
    app.tell(&path("expire"), &json!({})).await.problem(409);

    let open = app.begin(json!({})).await;
    app.widget(&open).await.assert_status(200);
    for _ in 0..2 {
        app.tell(&format!("sessions/{open}/expire"), &json!({})).await.assert_status(200);
    }
    app.widget(&open).await.assert_status(410);
    app.tell(&format!("sessions/{open}/finish"), &json!({})).await.problem(409);
    app.remove(&format!("sessions/{open}")).await.assert_status(204);
    for path in ["sessions/x".to_owned(), format!("sessions/{open}")] {
        app.remove(&path).await.problem(404);
        app.admin(Method::GET, &path, None).await.problem(404);
        for (what, body) in [("finish", json!({})), ("decide", json!({"outcome": "APPROVED"})), ("expire", json!({}))] {
            app.tell(&format!("{path}/{what}"), &body).await.problem(404);
        }
    }
}

#[tokio::test]
async fn the_harness_sees_what_the_control_api_does() {
    let mock = MockServer::start().await;
    let client = reqwest::Client::new();
    let url = format!("{}/__admin/sessions", mock.url());
    client.post(url).json(&json!({"scenario": "rejected"})).send().await.unwrap().error_for_status().unwrap();
    let session = mock.last_session().await.unwrap().unwrap();
    assert_eq!((&session.scenario[..], &session.chosen_by[..]), ("rejected", "the control API"));
    mock.finish(&session.token).await.unwrap();
    assert!(mock.last_session().await.unwrap().unwrap().finished_at.is_some());
}

#[tokio::test]
async fn another_scenario_plays_as_if_nothing_had_come_of_the_one_before() {
    let app = TestApp::start().await;
    for scenario in [
        json!({"name": "first", "description": "It goes wrong.", "stages": [
            {"when": "begin", "result": "MANUAL_CHECK"}, {"when": "opened", "error": "SESSION_NOT_FOUND"},
        ]}),
        json!({"name": "second", "description": "It has a face.", "flags": {"skip_document": true}, "stages": [
            {"when": "begin", "result": "IN_PROGRESS"}, {"when": "after=1h", "result": "REJECTED"},
        ]}),
    ] {
        app.tell("scenarios", &scenario).await.assert_status(201);
    }
    let token = app.begin(json!({"flags": {"mock_scenario": "first"}})).await;
    app.widget(&token).await.assert_status(200);
    assert_eq!(app.result(&token).await.json(), "SESSION_NOT_FOUND");
    let path = format!("sessions/{token}/scenario");
    let problem = app.tell(&path, &json!({"scenario": "secnd"})).await.problem(400);
    assert_eq!((&problem["field"], &problem["nearest"]), (&json!("scenario"), &json!("second")));
    let mut events = Listener::new(&app, &format!("session={token}"), None).await;
    let played = app.tell(&path, &json!({"scenario": "second"})).await.json();
    let happened = events.take(2).await;
    assert_eq!((&happened[0]["scenario"], &happened[1]["stage"]), (&json!("second"), &json!(1)), "{happened:?}");
    let expected = (json!("second"), json!("the control API"), json!(1), json!("IN_PROGRESS"));
    assert_eq!(
        (&played["scenario"], &played["chosen_by"], &played["stage"], &played["current_result"]),
        (&expected.0, &expected.1, &expected.2, &expected.3)
    );
    assert_eq!(app.walk(&token).await, ["agreement", "face", "processing"], "its flags hold too");
    app.mock.advance(std::time::Duration::from_secs(60 * 60)).await.unwrap();
    assert_eq!(app.result(&token).await.json()["result"], "REJECTED");
    app.tell(&path, &json!({"scenario": "first"})).await.problem(409);
    app.tell("sessions/none/scenario", &json!({"scenario": "first"})).await.problem(404);
}
