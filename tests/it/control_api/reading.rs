//! What the control API cannot read.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    documented::DOCUMENT,
    harness::{TestApp, send},
};

/// The operations of the control API: method, path with what is there, and what the document says.
fn operations(token: &str) -> Vec<(Method, String, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap().iter().filter(|(path, _)| path.starts_with("/__admin/"));
    let operations = paths.flat_map(|(path, methods)| methods.as_object().unwrap().iter().map(move |it| (path, it)));
    let named = |path: &str| {
        path.replace("{key}", "one").replace("{token}", token).replace("{name}", "approved").replace("{id}", "1")
    };
    operations
        .map(|(path, (method, operation))| (method.to_uppercase().parse().unwrap(), named(path), operation))
        .collect()
}

#[tokio::test]
async fn an_unknown_member_of_a_query_is_an_error_on_every_path() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    let token = app.begin(json!({"company_key": "one"})).await;
    app.tell("faults", &json!({"delay": "1ms", "times": 1000})).await.assert_status(201);
    let state = async || {
        let paths = ["companies", "sessions", "faults", "calls", "scenarios/queue", "settings"];
        let mut state = Vec::new();
        for path in paths {
            let mut part = app.look(path).await;
            if let Some(items) = part["items"].as_array_mut() {
                items.iter_mut().for_each(|item| item["now"] = Value::Null);
            }
            state.push(part);
        }
        state
    };
    let before = state().await;
    let operations = operations(&token);
    assert!(operations.len() > 40, "{}", operations.len());
    for (method, path, _) in operations {
        for query in ["no_such=1", "Company_key=one", "company_keys=one"] {
            let request = app.request(method.clone(), &format!("{path}?{query}"));
            let request = if method == Method::GET { request } else { request.json(&json!({})) };
            let problem = send(request).await.problem(400);
            assert_eq!(problem["field"], query.split('=').next().unwrap(), "{method} {path}: {problem}");
        }
    }
    assert_eq!(state().await, before, "nothing has happened");
}

#[tokio::test]
async fn a_company_key_means_the_same_in_query_and_body() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    let token = app.begin(json!({"company_key": "one"})).await;
    let mut count = 0;
    for (method, path, operation) in operations(&token) {
        let has_key = |parameter: &Value| parameter["name"] == "company_key" && parameter["in"] == "query";
        if !operation["parameters"].as_array().unwrap().iter().any(has_key) {
            continue;
        }
        if path.ends_with("/uploads") {
            // Its body is a file.
            continue;
        }
        count += 1;
        let body = match path.rsplit_once('/').unwrap().1 {
            "advance" => json!({"by": "1ms"}),
            "set" => json!({"to": "2026-01-31T12:00:00Z"}),
            "queue" if method == Method::POST => json!({"scenarios": []}),
            "scenario" => json!({"scenario": "approved"}),
            "step" => json!({"step": "agreement"}),
            "faults" if method == Method::POST => json!({"delay": "1ms"}),
            // It answers at once, for nothing has to come.
            "calls" if method == Method::POST => json!({"count": 0}),
            _ => json!({}),
        };
        let ask = async |in_query: Option<&str>, in_body: Option<&str>| {
            let mut query = in_query.map(|key| format!("?company_key={key}")).unwrap_or_default();
            let needed = match () {
                () if method == Method::GET && path.ends_with("/wait/calls") => "count=0",
                () if path.contains("/wait/session/") => "until=finished&timeout=0s",
                () => "",
            };
            if !needed.is_empty() {
                query.push_str(&format!("{}{needed}", if query.is_empty() { '?' } else { '&' }));
            }
            let mut body = body.clone();
            in_body.inspect(|key| body["company_key"] = (*key).into());
            let request = app.request(method.clone(), &format!("{path}{query}"));
            send(request.json(&body)).await
        };
        let both = ask(Some("one"), Some("two")).await.problem(400);
        assert_eq!(both["field"], "company_key", "{method} {path}");
        assert!(both["detail"].as_str().unwrap().contains("both `one` and `two`"), "{both}");
        if path.ends_with("/companies") {
            ask(Some("three"), Some("three")).await.assert_status(201);
            ask(Some("four"), None).await.assert_status(201);
            continue;
        }
        for (in_query, in_body) in [(Some("no"), None), (None, Some("no")), (Some("no"), Some("no"))] {
            let problem = ask(in_query, in_body).await.problem(404);
            assert!(problem["detail"].as_str().unwrap().contains("`no`"), "{method} {path}: {problem}");
        }
        if path.ends_with("/events") {
            // It would go on.
            continue;
        }
        let [query, body, same] =
            [ask(Some("one"), None).await, ask(None, Some("one")).await, ask(Some("one"), Some("one")).await];
        assert!(query.status == body.status && query.status == same.status, "{query}\n{body}\n{same}");
    }
    assert!(count > 20, "{count}");
}

#[tokio::test]
async fn what_stands_in_the_wrong_place_is_refused_with_the_right_one() {
    let app = TestApp::start().await;
    let problem = app.tell("clock/advance?by=1s", &json!({})).await.problem(400);
    let detail = "`by` is in the query; POST takes only `company_key` there, everything else in the body";
    assert_eq!((&problem["field"], &problem["detail"]), (&json!("by"), &json!(detail)));
    let listing = app.admin(Method::GET, "sessions", Some(&json!({"limit": 5}))).await.problem(400);
    assert_eq!(listing["detail"], "`limit` is in the body; GET takes it in the query");
}

#[tokio::test]
async fn a_limit_is_a_number_or_its_text() {
    let app = TestApp::start().await;
    for _ in 0..3 {
        app.begin(json!({})).await;
    }
    for limit in [json!(2), json!("2")] {
        let reply = app.tell("calls/find", &json!({"limit": limit})).await;
        assert_eq!(reply.json()["items"].as_array().unwrap().len(), 2, "{reply}");
    }
    for (limit, shown) in
        [(json!(0), "0"), (json!(1001), "1001"), (json!(1.5), "1.5"), (json!("x"), "x"), (json!(-1), "-1")]
    {
        let problem = app.tell("calls/find", &json!({"limit": limit})).await.problem(400);
        let detail = format!("`{shown}` is not a number from 1 to 1000");
        assert_eq!((&problem["detail"], &problem["field"]), (&json!(detail), &json!("limit")));
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused_with_its_place() {
    let app = TestApp::start_with(|builder| builder.settings(|config| config.limits.body = 1000)).await;
    let post = async |body: String| {
        let call = app.request(Method::POST, "/__admin/clock/advance").header("content-type", "application/json");
        send(call.body(body)).await
    };
    for (body, detail) in [
        ("{\n \"by\": }", "line 2 column"),
        ("{\"by\": \"1s\"} x", "trailing characters"),
        ("by=1s", "is not JSON"),
        ("[\"1s\"]", "the body is not a JSON object"),
    ] {
        let problem = post(body.to_owned()).await.problem(400);
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{body}: {problem}");
    }
    let deep = "[".repeat(40) + &"]".repeat(40);
    let problem = post(format!("{{\"by\": {deep}}}")).await.problem(400);
    assert!(problem["detail"].as_str().unwrap().contains("32 levels"), "{problem}");
    let problem = post(format!("{{\"by\": \"{}\"}}", "1".repeat(1000))).await.problem(413);
    assert_eq!(problem["detail"], "the body is larger than 1000 bytes (--max-body)");
}

#[tokio::test]
async fn no_body_is_an_empty_one() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    app.admin(Method::POST, &format!("sessions/{token}/finish"), None).await.assert_status(200);
    let problem = app.admin(Method::POST, "clock/advance", None).await.problem(400);
    assert_eq!(problem["detail"], "the key `by` is missing");
}

#[tokio::test]
async fn a_path_that_is_no_text_is_nothing() {
    let app = TestApp::start().await;
    app.admin(Method::GET, "sessions/%ff", None).await.problem(404);
    app.remove("faults/%ff").await.problem(404);
}
