//! What the code under test has met of all that it can meet.

use std::{collections::BTreeMap, fs, time::Duration};

use identomat_mock::{Coverage, CoverageKind, Endpoint, Fault, MockClient, Outcome, Verdict};
use serde_json::json;

use crate::{
    command_line::{Serving, binary},
    harness::TestApp,
};

/// What was met, by name.
fn met(coverage: &Coverage, kind: CoverageKind) -> BTreeMap<String, u64> {
    coverage.covered().filter(|item| item.kind == kind).map(|item| (item.name.clone(), item.count)).collect()
}

async fn races(app: &TestApp) -> Vec<String> {
    met(&app.mock.coverage().await.unwrap(), CoverageKind::Race).into_keys().collect()
}

#[tokio::test]
async fn outcomes_reasons_and_errors_are_met_when_they_are_answered() {
    let app = TestApp::start_with(|builder| builder.company("one").company("two")).await;
    assert_eq!(app.mock.coverage().await.unwrap().covered().count(), 0);
    for verdict in [
        Verdict::approved(),
        Verdict::rejected("document_covered"),
        Verdict::rejected("something_else"),
        Verdict::unlisted("UNDER_INVESTIGATION"),
        Outcome::DisagreedWithTerms.into(),
    ] {
        let token = app.begin(json!({})).await;
        app.mock.finish_as(&token, verdict).await.unwrap();
        app.result(&token).await.assert_status(200);
    }
    // What nobody asked for is not met.
    let token = app.begin(json!({})).await;
    app.mock.finish_as(&token, Outcome::ManualCheck).await.unwrap();
    app.result("short").await.assert_status(400);
    app.post_json("/external-api/begin/", &json!({"company_key": "nobodys"})).await.assert_status(403);
    let coverage = app.mock.coverage().await.unwrap();
    let counted = |pairs: &[(&str, u64)]| pairs.iter().map(|(name, met)| ((*name).to_owned(), *met)).collect();
    let outcomes = [("APPROVED", 1), ("DISAGREED_WITH_TERMS", 1), ("REJECTED", 2), ("other", 1)];
    assert_eq!(met(&coverage, CoverageKind::Outcome), counted(&outcomes));
    assert_eq!(met(&coverage, CoverageKind::RejectReason), counted(&[("document_covered", 1), ("other", 1)]));
    assert_eq!(met(&coverage, CoverageKind::Error), counted(&[("COMPANY_KEY_INVALID", 1), ("SESSION_INVALID", 1)]));
    assert_eq!(met(&coverage, CoverageKind::Race), counted(&[]));
    assert!(coverage.is_covered("REJECTED") && !coverage.is_covered("MANUAL_CHECK"));

    // Each company has its own, and a document counts as what it says.
    let two = app.mock.company("two");
    assert_eq!(two.coverage().await.unwrap().covered().count(), 0);
    let token = app.begin(json!({"company_key": "two", "flags": {"mock_scenario": "sparse-document"}})).await;
    app.mock.finish(&token).await.unwrap();
    app.post_json("/external-api/result/", &json!({"company_key": "two", "session_token": token}))
        .await
        .assert_status(200);
    assert_eq!(met(&two.coverage().await.unwrap(), CoverageKind::Outcome).len(), 1);
    assert_eq!(met(&app.mock.coverage().await.unwrap(), CoverageKind::Outcome).values().sum::<u64>(), 6);

    // A reset forgets what was met before it, of a company or of all; what is told at the end does not.
    app.mock.company("one").reset().await.unwrap();
    assert_eq!(app.mock.company("one").coverage().await.unwrap().covered().count(), 0);
    assert_ne!(app.mock.coverage().await.unwrap().covered().count(), 0);
    app.mock.reset().await.unwrap();
    let client = MockClient::connect(app.mock.url()).await.unwrap();
    assert_eq!(client.coverage().await.unwrap(), app.mock.coverage().await.unwrap());
    assert_eq!(client.company("one").coverage().await.unwrap().covered().count(), 0);
    assert_eq!(app.mock.coverage().await.unwrap().covered().count(), 0);
    let whole = app.get("/__admin/coverage?since=start").await.json();
    assert!(whole["covered"].as_u64().unwrap() > 5, "{whole}");
    let total = whole["covered"].as_u64().unwrap() + whole["uncovered"].as_u64().unwrap();
    assert_eq!(total, whole["items"].as_array().unwrap().len() as u64);
    app.get("/__admin/coverage?since=start&company_key=one").await.assert_status(400);
}

#[tokio::test]
async fn races_are_met_by_whoever_asks_in_that_order() {
    let scenario = "description: A verdict that comes late and changes.\nstages:\n  - {when: begin, result: IN_PROGRESS}\n  \
                    - {when: after=1h, result: MANUAL_CHECK}\n  - {when: after=1h, change: {result_comment: Seen}}\n  \
                    - {when: operator, result: REJECTED}\n  - {when: after=1h, error: SESSION_NOT_FOUND}\n";
    let app = TestApp::scripted_with(scenario, |builder| {
        builder.frozen_at(std::time::UNIX_EPOCH).settings(|config| config.session_lifetime = Duration::from_secs(600))
    })
    .await;
    let expect = async |seen: &[&str]| assert_eq!(races(&app).await, seen);
    let hour = Duration::from_secs(3600);
    let token = app.begin(json!({})).await;
    app.result(&token).await;
    expect(&["polled-before-opened"]).await;
    app.widget(&token).await;
    app.result(&token).await;
    expect(&["polled-before-finished", "polled-before-opened"]).await;
    app.mock.finish(&token).await.unwrap();
    app.result(&token).await;
    expect(&["done-before-verdict", "polled-before-finished", "polled-before-opened"]).await;

    app.mock.reset().await.unwrap();
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    app.result(&token).await;
    app.mock.advance(hour).await.unwrap();
    app.result(&token).await;
    expect(&["done-before-verdict", "verdict-after-in-progress"]).await;
    app.mock.advance(hour).await.unwrap();
    app.result(&token).await;
    expect(&["document-changed", "done-before-verdict", "verdict-after-in-progress"]).await;
    app.mock.decide_as_scripted(&token).await.unwrap();
    app.result(&token).await;
    app.mock.advance(hour).await.unwrap();
    app.result(&token).await.assert_status(404);
    expect(&[
        "document-changed",
        "done-before-verdict",
        "error-after-answer",
        "verdict-after-in-progress",
        "verdict-changed",
    ])
    .await;

    app.mock.reset().await.unwrap();
    let (never, left) = (app.begin(json!({})).await, app.begin(json!({})).await);
    app.widget(&left).await;
    app.mock.advance(Duration::from_secs(600)).await.unwrap();
    app.result(&never).await;
    expect(&["expired-before-opened"]).await;
    app.result(&left).await;
    expect(&["abandoned", "expired-before-opened"]).await;
    app.delete(&left).await;
    expect(&["abandoned", "deleted-before-finished", "expired-before-opened"]).await;
    app.result(&left).await.assert_status(404);
    expect(&["abandoned", "asked-after-delete", "deleted-before-finished", "expired-before-opened"]).await;
}

#[tokio::test]
async fn faults_are_met_and_so_is_what_comes_after_them() {
    let app = TestApp::start().await;
    let begin = async || app.post_json("/external-api/begin/", &app.with_key(json!({}))).await;
    app.mock.add_fault(Fault::status(503).endpoint(Endpoint::Begin)).await.unwrap();
    begin().await.assert_status(503);
    assert_eq!(races(&app).await, [""; 0]);
    let token = begin().await.json().as_str().unwrap().to_owned();
    assert_eq!(races(&app).await, ["retried-after-fault"]);
    app.mock.finish(&token).await.unwrap();
    app.mock.add_fault(Fault::broken_json().endpoint(Endpoint::Result)).await.unwrap();
    app.result(&token).await;
    assert_eq!(met(&app.mock.coverage().await.unwrap(), CoverageKind::Outcome).len(), 0, "nobody could read it");
    app.mock.add_fault(Fault::delay(Duration::from_millis(1)).endpoint(Endpoint::Result)).await.unwrap();
    app.result(&token).await.assert_status(200);
    let coverage = app.mock.coverage().await.unwrap();
    assert_eq!(met(&coverage, CoverageKind::Race)["retried-after-fault"], 2);
    let faults: Vec<_> = met(&coverage, CoverageKind::Fault).into_keys().collect();
    assert_eq!(faults, ["broken-json", "slow", "status"]);
    assert!(coverage.is_covered("APPROVED"));

    let scenario = "description: Late.\nstages:\n  - {when: begin, error: SESSION_NOT_FOUND}\n  \
                    - {when: polls=1, result: APPROVED}\n";
    let app = TestApp::scripted(scenario).await;
    let token = app.begin(json!({})).await;
    app.result(&token).await.assert_status(404);
    app.result(&token).await;
    assert!(
        app.mock.coverage().await.unwrap().is_covered("not-found-at-first"),
        "{}",
        app.mock.coverage().await.unwrap()
    );
}

#[test]
fn the_report_is_written_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("coverage.txt");
    let serving = Serving::spawn(binary(&["--port", "0", "--coverage"]).arg(&path));
    let client = identomat_mock::blocking::MockClient::connect(serving.url()).unwrap();
    let call = format!("company_key={}", identomat_mock::DEFAULT_COMPANY_KEY);
    let begin = |path: &str| {
        let url = format!("{}/external-api/{path}", serving.url());
        crate::command_line::output(std::process::Command::new("curl").args(["-sS", &url, "-d", &call]))
    };
    begin("begin/");
    begin("result/");
    client.reset().unwrap();
    assert!(!path.exists());
    serving.terminate();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("covered 1 of "), "{text}");
    assert!(text.contains("\nerrors\n") && text.contains("  1 ×     argumentError"), "{text}");
    assert!(text.contains("  never   REJECTED "), "{text}");
    // Another reader of JUnit's XML.
    let read = "import sys, xml.etree.ElementTree as tree\n\
                suites = tree.parse(sys.argv[1]).getroot()\n\
                cases = [(case.get('name'), case.find('skipped') is None) for case in suites.iter('testcase')]\n\
                print(len(cases), [name for name, met in cases if met])";
    let xml = folder.path().join("coverage.xml");
    let said = crate::command_line::output(std::process::Command::new("python3").args(["-c", read]).arg(xml));
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let items = text.lines().filter(|line| line.starts_with("  ")).count();
    assert_eq!(said.trim(), format!("{items} ['argumentError']"));

    for (path, problem) in [
        ("/no/such/folder/report.txt", "error: --coverage: there is no folder `/no/such/folder`\n"),
        (
            "/dev/null",
            "error: --coverage: `/dev/null` is a pipe, a device or a socket; name a regular file, or a path where none exists\n",
        ),
    ] {
        let refused = crate::command_line::output(binary(&["--port", "0", "--coverage"]).arg(path));
        assert_eq!(String::from_utf8_lossy(&refused.stderr), problem);
    }
}
