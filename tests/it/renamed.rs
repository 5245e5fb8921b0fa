//! Old words of files, flags and requests are still read, each with a warning that names the new one.

use std::fs;

use serde_json::{Value, json};

use crate::command_line::{Serving, binary, output};

const SCENARIO: &str = "description: The result is a page.
stages:
  - {when: begin, fault: {on: result, answer: html}}
  - result: APPROVED
";

fn advice(old: &str, new: &str) -> String {
    format!("`{old}` is now `{new}`; rename it: the next release does not read the old name")
}

fn warnings(log: &str) -> Vec<&str> {
    log.lines().filter_map(|line| line.split_once(" WARN ")).map(|(_, said)| said).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn old_names_of_settings_are_read_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("mock.yaml");
    fs::write(&config, "done-patience: 7s\nfaults:\n  - {on: delete, status: 503}\n").unwrap();
    let mut command = binary(&["--port", "0", "--finish", "begin", "--config"]);
    let serving = Serving::spawn(command.arg(&config).env("IDENTOMAT_MOCK_MAX_UNFINISHED", "3MiB"));
    let settings: Value =
        reqwest::get(format!("{}/__admin/settings", serving.url())).await.unwrap().json().await.unwrap();
    assert_eq!(
        ["outcome_trigger", "done_timeout", "max_incomplete_bytes"].map(|name| settings[name].clone()),
        [json!("begin"), json!(7.0), json!(3 << 20)]
    );
    let (_, _, log) = serving.terminate();
    assert_eq!(
        warnings(&log),
        [
            advice("IDENTOMAT_MOCK_MAX_UNFINISHED", "IDENTOMAT_MOCK_MAX_INCOMPLETE_BYTES"),
            advice("--finish", "--outcome-trigger"),
            format!("{}:1:1: {}", config.display(), advice("done-patience", "done-timeout")),
            format!("{}:3:6: {}", config.display(), advice("on", "endpoint")),
        ]
    );
}

#[test]
fn the_new_variable_is_stronger_than_the_old_one() {
    let mut command = binary(&["--port", "0"]);
    command.env("IDENTOMAT_MOCK_FINISH", "sometimes").env("IDENTOMAT_MOCK_OUTCOME_TRIGGER", "begin");
    let (_, code, log) = Serving::spawn(&mut command).terminate();
    assert_eq!(code, Some(0));
    assert_eq!(warnings(&log), [advice("IDENTOMAT_MOCK_FINISH", "IDENTOMAT_MOCK_OUTCOME_TRIGGER")]);
}

#[test]
fn check_points_at_old_keys_of_faults() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("page.yaml");
    fs::write(&scenario, SCENARIO).unwrap();
    let said = output(binary(&["check"]).arg(&scenario));
    assert!(said.status.success(), "{said:?}");
    let said = String::from_utf8(said.stdout).unwrap();
    for (column, old, new) in [(27, "on", "endpoint"), (39, "answer", "response")] {
        let warning = format!("{}:3:{column}: warning: {}", scenario.display(), advice(old, new));
        assert!(said.contains(&warning), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_members_of_requests_are_read_and_named() {
    let mut serving = Serving::start(&[]);
    let log = serving.log();
    let (client, url) = (reqwest::Client::new(), format!("{}/__admin", serving.url()));
    let post = async |path: &str, body: Value| {
        let reply = client.post(format!("{url}/{path}")).json(&body).send().await.unwrap();
        assert!(reply.status().is_success(), "{path}: {}", reply.text().await.unwrap());
        reply.json::<Value>().await.unwrap()
    };
    let get = async |path: &str| {
        let reply = client.get(format!("{url}/{path}")).send().await.unwrap();
        assert!(reply.status().is_success(), "{path}: {}", reply.text().await.unwrap());
    };
    let fault = post("faults", json!({"on": "result", "answer": "html"})).await;
    assert_eq!((&fault["endpoint"], &fault["effect"]), (&json!("result"), &json!("HTML instead of JSON")));
    log.line_with(&advice("on", "endpoint"));
    log.line_with(&advice("answer", "response"));
    post("calls/count", json!({"encoding": "form"})).await;
    log.line_with(&advice("encoding", "body_format"));
    let old = json!({"parameters": {"flags": {"exact": {"a": 1}}, "steps": {"absent": true}}});
    assert_eq!(post("calls/count", old).await["count"], 0);
    log.line_with(&advice("exact", "is"));
    log.line_with(&advice("absent: true", "present: false"));
    get("wait/calls?encoding=form&count=0").await;
    log.line_with(&advice("encoding", "body_format"));
    get("sessions?answer=APPROVED").await;
    log.line_with(&advice("answer", "current_result"));
    let faults = json!([{"on": "delete", "status": 503}]);
    post("companies", json!({"company_key": "of-old", "faults": faults})).await;
    log.line_with(&advice("on", "endpoint"));

    // No advice to send a member that is refused under either name.
    let refused = client.get(format!("{url}/calls?encoding=form")).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let rest = log.rest_after(serving);
    assert!(!rest.iter().any(|line| line.contains("is now")), "{rest:#?}");
}
