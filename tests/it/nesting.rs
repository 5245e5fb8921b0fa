//! What is nested as deep as a caller likes costs nobody the process: every thread here has a stack of 512 KiB.

use identomat_mock::{Config, MockServer, RequestLimits};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::harness::{TestApp, send};

const STACK: usize = 512 << 10;
const LEVELS: usize = 100_000;

/// Runs a test whose server, requests and long work all happen on threads with little room.
fn in_little_room(test: impl Future<Output = ()> + Send + 'static) {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).thread_stack_size(STACK).enable_all().build().unwrap();
    runtime.block_on(async { tokio::spawn(test).await.unwrap() });
}

/// JSON that is nested so deep: lists, objects, and both by turns.
fn nested(levels: usize) -> [String; 3] {
    [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"a":"#, "}]")].map(|(open, close)| {
        let levels = levels / open.matches(['[', '{']).count();
        format!("{}1{}", open.repeat(levels), close.repeat(levels))
    })
}

/// A text that is the JSON of a text, and so on.
fn text_in_text(levels: usize) -> String {
    (0..levels).fold("1".to_owned(), |text, _| Value::from(text).to_string())
}

/// The bodies of all that is read of JSON, with that value at each place where any value may stand.
fn bodies(token: &str, key: &str, value: &str) -> Vec<(&'static str, String, String)> {
    let vendor = |name: &str| format!("/external-api/{name}/");
    let (begin, widget) = (vendor("begin"), format!("/__widget/sessions/{token}"));
    let admin = |path: &str| format!("/__admin/{path}");
    let scenario = |rest: &str| format!(r#"{{"name": "deep", "description": "A", "stages": [], {rest}}}"#);
    vec![
        ("application/json", begin.clone(), value.to_owned()),
        ("application/json", begin.clone(), format!(r#"{{"company_key": "{key}", "flags": {{"a": {value}}}}}"#)),
        (
            "application/json",
            begin.clone(),
            format!(r#"{{"company_key": "{key}", "steps": [{{"type": "email", "a": {value}}}]}}"#),
        ),
        (
            "application/json",
            begin.clone(),
            format!(
                r#"{{"company_key": "{key}", "steps": [{{"type": "user-questionnaire", "key": "k", "title": {value}, "description": {value},
                    "questions": [{{"type": "select", "key": "q", "title": {value}, "options": {value}}}]}}]}}"#
            ),
        ),
        (
            "application/x-www-form-urlencoded",
            begin,
            form_urlencoded::Serializer::new(String::new())
                .extend_pairs([("company_key", key), ("flags", value), ("steps", value)])
                .finish(),
        ),
        ("application/json", vendor("result"), format!(r#"{{"company_key": "{key}", "session_token": {value}}}"#)),
        ("application/json", widget.clone(), value.to_owned()),
        ("application/json", widget, format!(r#"{{"screen": "agreement", "answers": {value}}}"#)),
        ("application/json", admin("sessions"), format!(r#"{{"flags": {{"a": {value}}}}}"#)),
        ("application/json", admin("scenarios"), scenario(&format!(r#""flags": {{"a": {value}}}"#))),
        ("application/json", admin("scenarios"), scenario(&format!(r#""match": {{"flags": {{"a": {value}}}}}"#))),
        (
            "application/json",
            admin("scenarios"),
            scenario(&format!(r#""match": {{"steps": {{"contains": {value}}}}}"#)),
        ),
        ("application/json", admin("scenarios"), scenario(&format!(r#""stages": [{{"document": {{"a": {value}}}}}]"#))),
        ("application/json", admin("scenarios/queue"), format!(r#"{{"scenarios": {value}}}"#)),
        ("application/json", admin("companies"), format!(r#"{{"company_key": "deep", "configurations": {value}}}"#)),
        ("application/json", admin("calls/find"), format!(r#"{{"parameters": {{"flags": {{"is": {value}}}}}}}"#)),
        ("application/json", admin("wait/calls"), format!(r#"{{"timeout": "1ms", "headers": {{"a": {value}}}}}"#)),
        ("application/json", admin(&format!("sessions/{token}/finish")), format!(r#"{{"answers": {value}}}"#)),
        ("application/json", admin("faults"), value.to_owned()),
    ]
}

#[test]
fn no_depth_of_json_ends_the_process() {
    in_little_room(async {
        let deepest = |config: &mut Config| {
            config.limits.depth = RequestLimits::MAX_DEPTH;
            config.limits.body = 4 << 20;
        };
        let app = TestApp::start_with(|builder| builder.settings(deepest)).await;
        let key = app.mock.company_key();
        // Too deep, as deep as may be, and a little less, as what stands around a value counts too.
        let values = [LEVELS, RequestLimits::MAX_DEPTH, RequestLimits::MAX_DEPTH - 10];
        let values = values.into_iter().flat_map(nested).chain([text_in_text(16)]);
        for value in values {
            let token = app.begin(json!({})).await;
            for (content_type, path, body) in bodies(&token, key, &value) {
                let request = app.request(Method::POST, &path).header("content-type", content_type).body(body.clone());
                let reply = send(request).await;
                assert!(!reply.status.is_server_error(), "{path}: {reply}");
                if reply.status == 200 && path.ends_with("begin/") {
                    // All that reads it again.
                    let token: String = serde_json::from_slice(&reply.body).unwrap();
                    if body.contains("questionnaire") {
                        app.walk(&token).await;
                    }
                    app.result(&token).await.assert_status(200);
                    app.get(&format!("/__admin/sessions/{token}")).await.assert_status(200);
                }
            }
            app.get("/__admin/calls?order=newest").await.assert_status(200);
        }
        let names = ["a.".repeat(LEVELS), format!("flags{}", ".a".repeat(LEVELS))];
        for name in names {
            app.post_json("/__admin/calls/count", &json!({"parameters": {name: 1}})).await.assert_status(200);
        }
    });
}

#[test]
fn no_depth_of_an_expression_ends_the_process() {
    in_little_room(async {
        let app = TestApp::start().await;
        app.begin(json!({})).await;
        for expression in [
            "(".repeat(LEVELS) + &")".repeat(LEVELS),
            "[".repeat(LEVELS),
            "(?:a|".repeat(LEVELS),
            "a".to_owned() + &"*".repeat(LEVELS),
        ] {
            let pattern = json!({"parameters": {"company_key": {"matches": expression}}});
            app.post_json("/__admin/calls/count", &pattern).await.assert_status(400);
        }
    });
}

#[test]
fn no_depth_of_markdown_ends_the_process() {
    in_little_room(async {
        let app = TestApp::start().await;
        for (before, after) in
            [("> ", ""), ("1. ", ""), ("- ", ""), ("*a ", " b*"), ("**", "**"), ("[", "](a)"), ("![", "]")]
        {
            let text = before.repeat(LEVELS) + "law" + &after.repeat(LEVELS);
            let step = json!({"type": "user-questionnaire", "key": "k", "description": {"en": text}, "questions": []});
            let token = app.begin(json!({"steps": [step], "flags": {"skip_agreement": true, "skip_document": true, "skip_face": true}})).await;
            let description = app.view(&token).await["screen"]["description"].to_string();
            assert!(description.contains("law") && description.matches("children").count() < 4 * LEVELS, "{before}");
        }
    });
}

#[test]
fn no_depth_of_yaml_ends_the_process() {
    in_little_room(async {
        let flow = |open: &str, close: &str| format!(" {}1{}", open.repeat(LEVELS), close.repeat(LEVELS));
        let block = |line: &str| {
            // As deep, by indentation alone: more levels than may be, in a file of some megabytes.
            (1..2000).fold(String::new(), |text, level| format!("{text}\n{}{line}", " ".repeat(level)))
        };
        for deep in [
            flow("[", "]"),
            flow("{a: ", "}"),
            flow("[{a: ", "}]"),
            block("a:"),
            block("-"),
            format!(" {}1", "- ".repeat(LEVELS)),
        ] {
            let folder = tempdir().unwrap();
            for place in ["flags", "match", "stages"] {
                std::fs::write(folder.path().join("deep.yaml"), format!("description: A\n{place}:{deep}\n")).unwrap();
                let named = |config: &mut Config| config.scenarios = Some(folder.path().to_owned());
                let problem = MockServer::builder().settings(named).start().await.err().unwrap().to_string();
                assert!(problem.contains("deep.yaml"), "{problem}");
            }
        }
    });
}
