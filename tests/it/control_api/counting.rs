//! `/__admin/calls/count` and `/__admin/calls/verify`, and waiting for calls.

use std::time::{Duration, UNIX_EPOCH};

use identomat_mock::{Company, Config, Endpoint, Fault, expect::delete};
use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    faults::signed,
    harness::{Reply, TestApp, form_body, send},
};

/// Tokens that are the same in every run.
async fn fixed() -> TestApp {
    let at = UNIX_EPOCH + Duration::from_secs(1_767_182_400);
    TestApp::start_with(|builder| builder.seed(7).frozen_at(at).company("one").company("two")).await
}

async fn count(app: &TestApp, pattern: Value) -> u64 {
    let reply = app.tell("calls/count", &pattern).await;
    reply.assert_status(200);
    reply.json()["count"].as_u64().unwrap()
}

#[track_caller]
fn failure(reply: &Reply) -> String {
    reply.problem(409)["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_company_that_never_was_has_no_calls_to_verify() {
    let guests = |config: &mut Config| config.any_company_key = Some(Company::new("test-*"));
    let app = TestApp::start_with(|builder| builder.company("one").settings(guests)).await;
    app.begin(json!({"company_key": "test-1"})).await;
    let verify = async |key: &str| {
        app.tell("calls/verify", &json!({"company_key": key, "endpoint": "delete", "never": true})).await
    };
    verify("test-1").await.assert_status(200);
    for _ in 0..2 {
        let problem = verify("test-2").await.problem(404);
        let detail =
            "there is no company `test-2`; known: one, test-1; its first call creates it; did you mean `test-1`?";
        assert_eq!((&problem["detail"], &problem["field"]), (&json!(detail), &json!("company_key")));
    }
    // Who expects something of a company has named it.
    app.mock.company("test-3").expect(delete().never()).await.unwrap().verify().await.unwrap();
    verify("test-3").await.assert_status(200);
}

#[tokio::test]
async fn calls_are_counted_by_all_that_is_known_of_them() {
    let app = fixed().await;
    let (one, two) = (
        app.begin(json!({"flags": {"language": "ka", "skip_face": true}})).await,
        app.begin(json!({"company_key": "two", "flags": {"language": "en"}})).await,
    );
    let flags = json!({"language": "ka", "skip_face": true}).to_string();
    let form = form_body([("company_key", "one"), ("flags", &flags), ("steps", "[]"), ("odd.name", "3")]);
    app.post("/external-api/begin/", form).await.assert_status(200);
    let with_header = app.request(Method::POST, "/external-api/result/").header("user-agent", "shop/1");
    send(with_header.json(&app.with_key(json!({"session_token": one})))).await.assert_status(200);
    app.mock.advance(Duration::from_secs(60)).await.unwrap();
    app.result(&two).await.assert_status(404);
    app.widget(&two).await.assert_status(200);

    for (pattern, expected) in [
        (json!({}), 6),
        (json!({"endpoint": "begin"}), 3),
        (json!({"company_key": "one"}), 4),
        (json!({"session": one}), 2),
        (json!({"status": 404}), 1),
        (json!({"method": "get"}), 1),
        (json!({"body_format": "form"}), 1),
        (json!({"body_format": "json", "endpoint": "result"}), 2),
        (json!({"parameters": {"session_token": one}}), 1),
        // Whether it came as JSON or as its text.
        (json!({"parameters": {"flags": {"is": {"skip_face": true, "language": "ka"}}}}), 2),
        (json!({"parameters": {"flags.language": "ka"}}), 2),
        (json!({"parameters": {"flags.skip_face": "true"}}), 2),
        (json!({"parameters": {"flags.skip_face": true}}), 2),
        (json!({"parameters": {"odd.name": 3}}), 1),
        (json!({"parameters": {"steps": []}}), 1),
        (json!({"parameters": {"flags.language": {"contains": "k"}}}), 2),
        (json!({"parameters": {"flags.language": {"matches": "^[a-f]"}}}), 1),
        (json!({"parameters": {"flags": {"present": true}, "steps": {"present": false}}}), 2),
        (json!({"endpoint": "begin", "parameters": {"steps": {"present": false}}}), 2),
        (json!({"parameters": {"company_key": "two"}}), 1),
        (json!({"headers": {"User-Agent": {"contains": "shop/"}}}), 1),
        (json!({"headers": {"content-type": {"matches": "^application/json"}, "user-agent": {"present": false}}}), 3),
        (json!({"parameters": {"flags.language": {"glob": "?a"}}}), 2),
        (json!({"parameters": {"flags": {"contains": "skip_face"}}}), 2),
        (json!({"from": "2025-12-31T12:01:00Z"}), 2),
        (json!({"to": "2025-12-31T12:01:00Z"}), 4),
        (json!({"after": 4, "endpoint": "result"}), 1),
    ] {
        assert_eq!(count(&app, pattern.clone()).await, expected, "{pattern}");
    }
    for (pattern, field, nearest) in [
        (json!({"endpoints": "begin"}), "endpoints", json!("endpoint")),
        (json!({"endpoint": "begins"}), "endpoint", json!("begin")),
        (json!({"parameters": {"x": {"contain": "y"}}}), "parameters.x.contain", json!("contains")),
        (json!({"parameters": {"x": {"matches": "("}}}), "parameters.x", Value::Null),
        (json!({"headers": {"x": {"is": 1, "contains": "2"}}}), "headers.x", Value::Null),
        (json!({"from": "today"}), "from", Value::Null),
        (json!({"count": 2}), "count", Value::Null),
    ] {
        let problem = app.tell("calls/count", &pattern).await.problem(400);
        assert_eq!((&problem["field"], &problem["nearest"]), (&json!(field), &nearest), "{pattern} {problem}");
    }
    app.tell("calls/count", &json!({"company_key": "nobodys"})).await.problem(404);
}

#[tokio::test]
async fn no_other_calls_than_the_named_ones_are_right() {
    let app = fixed().await;
    let token = app.begin(json!({})).await;
    app.result(&token).await;
    app.result(&"a".repeat(40)).await;
    app.delete(&token).await;
    let (begin, result) = (json!({"endpoint": "begin"}), json!({"endpoint": "result"}));
    let of_session = json!({"endpoint": "result", "parameters": {"session_token": &token}});
    for (body, count) in [
        (json!({"only": [&begin, &result, {"endpoint": "delete"}]}), 4),
        (json!({"only": [{"method": "POST"}, {"method": "GET"}]}), 4),
        (json!({"session": &token, "endpoint": "result", "only": [&of_session]}), 1),
        (json!({"company_key": "two", "only": [&begin]}), 0),
    ] {
        let reply = app.tell("calls/verify", &body).await;
        assert_eq!(reply.json(), json!({"count": count}), "{body}: {reply}");
    }
    let problem = app.tell("calls/verify", &json!({"only": [&begin, &of_session]})).await.problem(409);
    assert_eq!(problem["count"], 2);
    let mut lines = problem["detail"].as_str().unwrap().lines();
    let mut line = || lines.next().unwrap();
    assert_eq!(
        [line(), line(), line(), line()],
        ["expected only calls where", "  the endpoint is `begin`", "or where", "  the endpoint is `result`",]
    );
    let condition = line();
    assert!(condition.contains("`session_token`"), "{condition}");
    assert_eq!(line(), "but there are 2 others; the first of them:");
    assert!(line().starts_with("  call 3: POST /external-api/result/ → 404, at "));
    assert_eq!(problem["near_misses"].as_array().unwrap().len(), 2);
    let limited = json!({"company_key": app.mock.company_key(), "method": "POST", "only": [&begin, &result]});
    let detail = app.tell("calls/verify", &limited).await.problem(409)["detail"].to_string();
    assert!(detail.contains("where\\n  the method is POST\\nexpected only calls where\\n  the endpoint"), "{detail}");
    assert!(detail.contains("but there is 1 other:\\n  call 4: POST /external-api/delete/"), "{detail}");

    use identomat_mock::expect;
    let calls = || app.mock.calls().of_session(&token);
    calls().verify_only([expect::begin(), expect::result(), expect::delete()]).await.unwrap();
    let error = calls().verify_only([expect::begin(), expect::result()]).await.unwrap_err();
    assert_eq!(error.status(), Some(409), "{error}");
}

#[tokio::test]
async fn as_many_calls_as_expected_are_right() {
    let app = fixed().await;
    for _ in 0..2 {
        app.begin(json!({})).await;
    }
    for (expected, is_right) in [
        (json!({}), true),
        (json!({"exactly": 2}), true),
        (json!({"exactly": 1}), false),
        (json!({"at_least": 2}), true),
        (json!({"at_least": 3}), false),
        (json!({"at_most": 2}), true),
        (json!({"at_most": 1}), false),
        (json!({"at_least": 1, "at_most": 3}), true),
        (json!({"never": true}), false),
        (json!({"never": true, "status": 404}), true),
        (json!({"company_key": "two"}), false),
    ] {
        let reply = app.tell("calls/verify", &expected).await;
        assert_eq!(reply.status.as_u16(), if is_right { 200 } else { 409 }, "{expected}: {reply}");
    }
    for contradiction in [
        json!({"exactly": 1, "at_least": 1}),
        json!({"never": true, "at_most": 1}),
        json!({"never": true, "exactly": 1}),
        json!({"at_least": 2, "at_most": 1}),
        json!({"only": [{"endpoint": "begin"}], "exactly": 2}),
        json!({"only": []}),
        json!({"only": vec![json!({"endpoint": "begin"}); 101]}),
        json!({"only": [{"endpoint": "begun"}]}),
        json!({"only": [{"parameters": {"a": {"matches": "("}}}]}),
    ] {
        app.tell("calls/verify", &contradiction).await.problem(400);
    }
}

#[tokio::test]
async fn a_failure_tells_the_nearest_misses_and_what_differs_in_each() {
    let app = fixed().await;
    let none = app.tell("calls/verify", &json!({"endpoint": "begin", "exactly": 1})).await;
    assert_snapshot!(failure(&none), @r"
        expected exactly 1 call where
          the endpoint is `begin`
        but there is none; the journal has no other call
    ");
    let token = app.begin(json!({"flags": {"language": "ka"}})).await;
    app.result(&token).await.assert_status(200);
    app.result("short").await.assert_status(400);

    let wrong = json!({
        "endpoint": "result", "status": 200, "exactly": 1,
        "parameters": {"session_token": "short", "company_key": {"present": true}},
    });
    let reply = app.tell("calls/verify", &wrong).await;
    assert_snapshot!(failure(&reply), @r#"
        expected exactly 1 call where
          the endpoint is `result`
          the status is 200
          the parameter `session_token` is "short"
          the parameter `company_key` is present
        but there is none; the nearest of 3 others:
          call 3: POST /external-api/result/ → 400, at 2025-12-31T12:00:00Z
            hint: `short` cannot be a session token: one has 40 characters of a-z and 0-9
            the status is `400`, not `200`
          call 2: POST /external-api/result/ → 200, at 2025-12-31T12:00:00Z
            the parameter `session_token` is "cq4mykdle68d8wyx2ffy15pps6v8cbx8vc1zn0k0", not "short"
          call 1: POST /external-api/begin/ → 200, at 2025-12-31T12:00:00Z
            the endpoint is `begin`, not `result`
            the parameter `session_token` is missing
    "#);
    let problem = reply.json();
    assert_eq!((&problem["count"], problem["near_misses"].as_array().unwrap().len()), (&json!(0), 3));
    assert_eq!(problem["near_misses"][0]["call"], 3);

    let values = json!({
        "company_key": "one", "at_least": 2,
        "parameters": {
            "flags.language": {"matches": "^e"}, "flags": {"contains": "skip_face"}, "steps": {"present": true},
            "company_key": {"is": "another-key"},
        },
        "headers": {"content-type": {"present": false}, "x-trace": "7"}, "body_format": "form", "session": "a".repeat(40),
    });
    assert_snapshot!(failure(&app.tell("calls/verify", &values).await), @r#"
        expected at least 2 calls of the company `one` where
          the session is `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
          the body format is form
          the parameter `flags.language` matches `^e`
          the parameter `flags` contains "skip_face"
          the parameter `steps` is present
          the parameter `company_key` is "another-key"
          the header `content-type` is absent
          the header `x-trace` is "7"
        but there is none; the nearest of 3 others:
          call 3: POST /external-api/result/ → 400, at 2025-12-31T12:00:00Z
            hint: `short` cannot be a session token: one has 40 characters of a-z and 0-9
            the session is none, not `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
            the body format is `JSON`, not `form`
            the parameter `flags.language` is missing
            the parameter `flags` is missing
            the parameter `steps` is missing
            the parameter `company_key` is "…", not the expected one
            the header `content-type` is present: "application/json"
            the header `x-trace` is missing
          call 2: POST /external-api/result/ → 200, at 2025-12-31T12:00:00Z
            the session is `cq4mykdle68d8wyx2ffy15pps6v8cbx8vc1zn0k0`, not `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
            the body format is `JSON`, not `form`
            the parameter `flags.language` is missing
            the parameter `flags` is missing
            the parameter `steps` is missing
            the parameter `company_key` is "…", not the expected one
            the header `content-type` is present: "application/json"
            the header `x-trace` is missing
          call 1: POST /external-api/begin/ → 200, at 2025-12-31T12:00:00Z
            the session is `cq4mykdle68d8wyx2ffy15pps6v8cbx8vc1zn0k0`, not `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
            the body format is `JSON`, not `form`
            the parameter `flags.language` is "ka", which does not match `^e`
            the parameter `flags` is {"language":"ka"}, which does not contain "skip_face"
            the parameter `steps` is missing
            the parameter `company_key` is "…", not the expected one
            the header `content-type` is present: "application/json"
            the header `x-trace` is missing
    "#);
    assert_snapshot!(failure(&app.tell("calls/verify", &json!({"session": token, "at_most": 1})).await), @r"
        expected at most 1 call where
          the session is `cq4mykdle68d8wyx2ffy15pps6v8cbx8vc1zn0k0`
        but there are 2; the last of them:
          call 2: POST /external-api/result/ → 200, at 2025-12-31T12:00:00Z
          call 1: POST /external-api/begin/ → 200, at 2025-12-31T12:00:00Z
    ");
    assert_snapshot!(failure(&app.tell("calls/verify", &json!({"endpoint": "begin", "never": true})).await), @r"
        expected no call where
          the endpoint is `begin`
        but there is 1; the last of them:
          call 1: POST /external-api/begin/ → 200, at 2025-12-31T12:00:00Z
    ");
    assert_snapshot!(failure(&app.tell("calls/verify", &json!({"at_least": 5, "at_most": 7})).await), @r"
        expected 5 to 7 calls
        but there are 3; the journal has no other call
    ");
    let late = json!({"after": 3, "from": "2026-01-01T00:00:00Z", "method": "PUT"});
    assert_snapshot!(failure(&app.tell("calls/verify", &late).await), @r"
        expected at least 1 call from then on where
          the method is PUT
          it was answered at 2026-01-01T00:00:00Z or later
        but there is none; the nearest of 3 others:
          call 3: POST /external-api/result/ → 400, at 2025-12-31T12:00:00Z
            hint: `short` cannot be a session token: one has 40 characters of a-z and 0-9
            the method is `POST`, not `PUT`
            it was answered at 2025-12-31T12:00:00Z
            it came before
          call 2: POST /external-api/result/ → 200, at 2025-12-31T12:00:00Z
            the method is `POST`, not `PUT`
            it was answered at 2025-12-31T12:00:00Z
            it came before
          call 1: POST /external-api/begin/ → 200, at 2025-12-31T12:00:00Z
            the method is `POST`, not `PUT`
            it was answered at 2025-12-31T12:00:00Z
            it came before
    ");
}

#[tokio::test]
async fn the_failure_on_the_page_about_testing_is_that_of_the_mock() {
    let at = UNIX_EPOCH + Duration::from_secs(1_769_860_800);
    let app = TestApp::start_with(|builder| builder.company("test-7").frozen_at(at)).await;
    let token = app.begin(json!({})).await;
    app.mock.add_fault(Fault::status(503).endpoint(Endpoint::Result).times(2)).await.unwrap();
    for _ in 0..3 {
        app.result(&token).await;
    }
    let expected = json!({"company_key": "test-7", "endpoint": "result", "status": 503, "exactly": 3});
    let text = failure(&app.tell("calls/verify", &expected).await);
    let page = std::fs::read_to_string("docs/testing.md").unwrap();
    assert!(page.contains(&format!("```text\n{text}\n```")), "{text}");
}

#[tokio::test]
async fn signatures_are_asked_for_and_not_told() {
    let app = TestApp::start_with(|builder| builder.company("signed").secret("not-a-real-secret")).await;
    let body = app.with_key(json!({})).to_string();
    let begin = app.request(Method::POST, "/external-api/begin/").header("authorization", signed(&body));
    send(begin.body(body)).await.assert_status(200);
    let right = json!({"headers": {"authorization": {"contains": "signature"}}});
    assert_eq!(count(&app, right).await, 1);
    let wrong = json!({"headers": {"authorization": "signature=\"other\""}});
    let text = failure(&app.tell("calls/verify", &wrong).await);
    assert!(text.contains("the header `authorization` is \"sign…\", not the expected one"), "{text}");
}

#[tokio::test]
async fn what_had_to_make_room_is_not_taken_for_never() {
    let app = TestApp::start_with(|builder| builder.settings(|config| config.journal.calls = 4)).await;
    let before = app.mock.now().await.unwrap();
    let (first, second) = (app.begin(json!({})).await, app.begin(json!({})).await);
    app.result(&first).await;
    app.result(&second).await;
    app.result(&second).await;
    // The begin of the first has made room.
    let gone =
        app.tell("calls/verify", &json!({"session": first, "endpoint": "delete", "never": true})).await.problem(410);
    assert_snapshot!(gone["detail"].as_str().unwrap(), @"cannot count: the journal evicted 1 calls up to id 1; 0 of the rest match. Restrict the query with `after` or `from`, or raise --journal-calls or --journal-bytes");
    app.tell("calls/count", &json!({"endpoint": "begin"})).await.problem(410);
    app.tell("calls/verify", &json!({"endpoint": "begin", "at_least": 2})).await.problem(410);
    // What can be said all the same is.
    assert_eq!(count(&app, json!({"session": second})).await, 3);
    assert_eq!(count(&app, json!({"after": 1})).await, 4);
    assert_eq!(count(&app, json!({"from": "2999-01-01T00:00:00Z"})).await, 0);
    app.tell("calls/verify", &json!({"endpoint": "begin", "at_least": 1})).await.assert_status(200);
    app.tell("calls/verify", &json!({"endpoint": "result", "at_most": 2})).await.problem(409);
    assert!(before <= app.mock.now().await.unwrap());

    let silent = TestApp::start_with(|builder| builder.settings(|config| config.journal.enabled = false)).await;
    for path in ["calls/count", "calls/verify", "wait/calls"] {
        let problem = silent.tell(path, &json!({})).await.problem(409);
        assert!(problem["detail"].as_str().unwrap().contains("--no-journal"), "{problem}");
    }
}

#[tokio::test]
async fn what_a_company_took_with_it_is_not_taken_for_never() {
    let app = TestApp::start_with(|builder| {
        builder.settings(|config| {
            config.any_company_key = Some("test-*".into());
            config.max_companies = 1;
        })
    })
    .await;
    let never = |key: &str| json!({"company_key": key, "endpoint": "begin", "never": true});
    app.begin(json!({"company_key": "test-1"})).await;
    app.tell("calls/verify", &never("test-1")).await.problem(409);
    app.begin(json!({"company_key": "test-2"})).await;
    // The first made room for the second, and comes to be again by this.
    app.tell("calls/verify", &never("test-1")).await.problem(410);
    app.tell("calls/count", &json!({})).await.problem(410);
    assert_eq!(count(&app, json!({"after": 2})).await, 0);
    assert_eq!(count(&app, json!({"company_key": "test-3"})).await, 0);
    app.mock.reset().await.unwrap();
    for key in ["test-1", "test-2"] {
        app.tell("calls/verify", &never(key)).await.problem(404);
    }
    app.tell("calls/verify", &json!({"never": true})).await.assert_status(200);
}

#[tokio::test]
async fn whoever_waits_for_calls_hears_of_the_last_one() {
    let app = fixed().await;
    let token = app.begin(json!({})).await;
    let path = format!("wait/calls?session={token}&endpoint=result&count=2&timeout=20s");
    let poll = async {
        app.result(&token).await;
        app.begin(json!({})).await;
        app.result(&token).await;
    };
    let (waited, ()) = tokio::join!(app.look(&path), poll);
    assert_eq!(waited["count"], 2);
    assert_eq!(app.look(&path).await["count"], 2, "at once");
    let like = json!({"company_key": "one", "parameters": {"session_token": token}, "count": 3, "timeout": "20s"});
    let (waited, _) = tokio::join!(app.tell("wait/calls", &like), app.result(&token));
    assert_eq!(waited.json()["count"], 3);
    let late =
        app.admin(Method::GET, "wait/calls?endpoint=delete&company_key=one&timeout=10ms", None).await.problem(408);
    assert_snapshot!(late["detail"].as_str().unwrap(), @r"
        the calls did not arrive within 10ms: expected at least 1 call of the company `one` where
          the endpoint is `delete`
        but there is none; the nearest of 5 others:
          call 5: POST /external-api/result/ → 200, at 2025-12-31T12:00:00Z
            the endpoint is `result`, not `delete`
          call 4: POST /external-api/result/ → 200, at 2025-12-31T12:00:00Z
            the endpoint is `result`, not `delete`
          call 3: POST /external-api/begin/ → 200, at 2025-12-31T12:00:00Z
            the endpoint is `begin`, not `delete`
    ");
    assert_eq!((&late["count"], late["calls"].as_array().unwrap().len()), (&json!(0), 5));
    app.admin(Method::GET, "wait/calls?endpoint=delet", None).await.problem(400);
}
