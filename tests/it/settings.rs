//! Settings: the flag is stronger than the variable, the variable than the file, and a wrong value stops the start.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    command_line::{Serving, binary, output},
    harness::TestApp,
};

/// What the binary says when it does not start.
fn refusal(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = output(binary(arguments).envs(variables.iter().copied()));
    assert!(!output.status.success(), "{arguments:?} {variables:?} starts");
    String::from_utf8(output.stderr).expect("text")
}

/// Every flag of the help text: its name without dashes, and the variable beside it.
fn flags() -> Vec<(String, String)> {
    let help = String::from_utf8(output(&mut binary(&["--help"])).stdout).expect("text");
    let mut flags = Vec::new();
    for line in help.lines().map(str::trim) {
        if let Some(at) = line.find("--") {
            let name = line[at + 2..].split([' ', '[', '=']).next().expect("a name");
            if line.starts_with('-') && !matches!(name, "help" | "version") {
                flags.push((name.to_owned(), String::new()));
            }
        }
        if let Some(rest) = line.strip_prefix("[env: ") {
            let variable = rest.split(['=', ']']).next().expect("a variable");
            flags.last_mut().expect("a flag before its variable").1 = variable.to_owned();
        }
    }
    flags
}

#[test]
fn every_flag_has_a_variable_and_a_key_in_the_file() {
    let flags = flags();
    assert!(flags.len() > 20, "{flags:?}");
    for (flag, variable) in &flags {
        assert_eq!(*variable, format!("IDENTOMAT_MOCK_{}", flag.replace('-', "_").to_uppercase()), "--{flag}");
        if flag == "config" {
            continue;
        }
        // A key that is known but has a wrong value complains about the value, not about the key.
        let (_folder, path) = config(&format!("{flag}: {{wrong: true}}\n"));
        let said = refusal(&["--config", path.to_str().expect("UTF-8")], &[]);
        assert!(!said.contains("unknown key"), "--{flag}: {said}");
    }
    let (_folder, path) = config("prot: 1\n");
    let said = refusal(&["--config", path.to_str().expect("UTF-8")], &[]);
    assert!(said.contains("config.yaml:1:1: ") && said.contains("unknown key `prot`, did you mean `port`?"), "{said}");
}

#[tokio::test]
async fn the_control_api_shows_every_setting_of_the_server() {
    // What is about the process, or is a secret, is not the server's.
    let others = ["config", "coverage", "log-format", "log-level", "ready-file", "watch"];
    let app = TestApp::start().await;
    let shown = app.get("/__admin/settings").await.json();
    for (flag, _) in flags().iter().filter(|(flag, _)| !others.contains(&flag.as_str())) {
        assert!(shown.get(flag.replace('-', "_")).is_some(), "--{flag} is not shown: {shown}");
    }
}

fn config(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.yaml");
    fs::write(&path, text).expect("written");
    (folder, path)
}

#[test]
fn wrong_values_are_named_with_what_is_allowed() {
    for (flag, value, problem) in [
        ("host", "nowhere", "`nowhere` is not an IP address such as 127.0.0.1, 0.0.0.0 or ::1"),
        ("port", "70000", "`70000` is not a port: a number from 0 to 65535"),
        (
            "public-url",
            "identomat.test",
            "`identomat.test` is not a base URL without a path, such as https://identomat.test:8443",
        ),
        ("company-key", "=", "a company key is empty; give it at least one character"),
        ("company-key", "a=", "the secret of the company key `a` is empty; leave it out or give one"),
        ("session-lifetime", "soon", "`soon` is not a length of time; write it like 500ms, 90s, 15m or 24h"),
        ("company-idle", "soon", "`soon` is not a length of time; write it like 500ms, 90s, 15m or 24h"),
        ("max-companies", "many", "`many` is not a whole number from 0"),
        ("frozen-at", "noon", "`noon` is not a moment; write it like 2026-01-31T12:00:00Z"),
        ("dialect", "klingon", "`klingon` is not a dialect; allowed: manual, live"),
        ("result-case", "camel", "`camel` is not a case; allowed: upper, lower"),
        ("error-status", "99", "`99` is not a status from 200 to 599"),
        ("error-status", "204", "the status 204 allows no body, but the error is in the body"),
        (
            "error-status",
            "OOPS=400",
            "`OOPS` is not an error of the vendor; allowed: COMPANY_KEY_INVALID, SESSION_NOT_FOUND, SESSION_INVALID, \
             SIGNATURE_INVALID, argumentError",
        ),
        (
            "finish",
            "sometimes",
            "`sometimes` is not a trigger; allowed: begin, opened, step=NAME, widget, polls=N, after=DURATION \
             (after=90s), operator",
        ),
        ("max-body", "much", "`much` is not a size; write it like 500000, 512KiB or 16MiB"),
        ("public-url", "https://identomat.test/path", "is not a base URL without a path"),
        ("seed", "abc", "`abc` is not a whole number from 0"),
        ("max-parts", "-1", "`-1` is not a whole number from 0"),
        ("max-depth", "x", "`x` is not a whole number from 0"),
        ("log-format", "xml", "`xml` is not a form of the log; allowed: text, json"),
        ("log-level", "loud", "`loud` is not a level; allowed: error, warn, info, debug, trace, off"),
    ] {
        let variable = format!("IDENTOMAT_MOCK_{}", flag.replace('-', "_").to_uppercase());
        for said in [refusal(&[&format!("--{flag}={value}")], &[]), refusal(&[], &[(&variable, value)])] {
            let start = format!("error: invalid value '{value}' for '--{flag} <");
            assert!(said.starts_with(&start) && said.contains(problem), "{said}\nshould say: {problem}");
        }
        let (_folder, path) = config(&format!("{flag}: \"{value}\"\n"));
        let said = refusal(&["--config", path.to_str().expect("UTF-8")], &[]);
        assert!(said.contains("config.yaml:1:"), "{said}");
        assert!(said.contains(problem), "{said}\nshould say: {problem}");
    }
}

#[test]
fn a_company_of_the_file_is_told_in_the_words_of_the_flag() {
    for (setting, words) in [
        ("dialect: klingon", "`klingon` is not a dialect; allowed: manual, live"),
        ("result-case: camel", "`camel` is not a case; allowed: upper, lower"),
    ] {
        let (_folder, path) = config(&format!("companies:\n  - key: a\n    {setting}\n"));
        let said = refusal(&["--config", path.to_str().expect("UTF-8")], &[]);
        assert!(said.contains("config.yaml:3:") && said.contains(words), "{said}");
    }
}

#[test]
fn a_secret_is_never_printed() {
    let (_folder, path) = config("company-key: \"=the-secret\"\n");
    let file = path.to_str().expect("UTF-8");
    let variable = ("IDENTOMAT_MOCK_COMPANY_KEY", "=the-secret");
    for said in
        [refusal(&["--company-key", "=the-secret"], &[]), refusal(&[], &[variable]), refusal(&["--config", file], &[])]
    {
        assert_eq!(said, "error: a company key is empty; give it at least one character\n");
    }
    let said = refusal(&["--company-key", "a\nb=the-secret"], &[]);
    let words = "the company key `a\\nb` has a control character or a mark that turns text around";
    assert_eq!(said, format!("error: {words}\n"));
    assert!(refusal(&["--company-key", "a\u{202e}b"], &[]).contains("a mark that turns text around"));
}

#[test]
fn settings_that_do_not_go_together_stop_the_start() {
    let said = refusal(&["--scenario", "aproved"], &[]);
    let start =
        "error: the default scenario (--scenario): there is no scenario `aproved`; the scenarios are: abandoned,";
    assert!(said.starts_with(start), "{said}");
    assert_eq!(refusal(&["--company-key", "a,b,a=x"], &[]), "error: the company key `a` is given twice\n");
    for (arguments, words) in [
        (
            ["--any-company-key==x", "--no-panel"],
            "--any-company-key: the pattern is empty; write `*` for all company keys",
        ),
        (["--max-depth", "65"], "--max-depth: `65` is not a number from 1 to 64"),
        (["--max-parts", "0"], "--max-parts: with 0 no call could be read; give at least 1"),
        (["--max-companies", "0"], "--max-companies: with 0 no company could come to be; give at least 1"),
        (
            ["--company-idle", "0s"],
            "--company-idle: with 0 no company would stay for its second call; give at least 1ms",
        ),
        (["--session-lifetime", "0s"], "--session-lifetime: with 0 no token would open the widget; give at least 1ms"),
    ] {
        assert_eq!(refusal(&arguments, &[]), format!("error: {words}\n"));
    }
    let said = refusal(&["--config", "no/such/file.yaml"], &[]);
    assert!(said.starts_with("error: no/such/file.yaml: cannot be read: "), "{said}");
    let said = refusal(&["--host", "192.0.2.1", "--port", "0"], &[]);
    assert!(said.starts_with("error: cannot listen on 192.0.2.1:0: "), "{said}");
}

/// Begins a session at the server of that line and answers its result.
async fn result_at(serving: &Serving, key: &str, parameters: Value) -> Value {
    let client = reqwest::Client::new();
    let call = async |method: &str, mut parameters: Value| -> Value {
        parameters["company_key"] = key.into();
        let call = client.post(format!("{}/external-api/{method}/", serving.url())).json(&parameters);
        call.send().await.expect("an answer").json().await.expect("JSON")
    };
    let begun = call("begin", parameters).await;
    match begun.as_str() {
        Some(token) if token.len() == 40 => call("result", json!({"session_token": token})).await,
        _ => begun,
    }
}

#[tokio::test]
async fn flag_is_stronger_than_variable_and_variable_than_file() {
    let (_folder, path) = config("finish: begin\nscenario: manual-check\nresult-case: lower\nport: 0\n");
    let path = path.to_str().unwrap();
    let mut command = binary(&["--config", path]);
    let serving = Serving::spawn(&mut command);
    let key = identomat_mock::DEFAULT_COMPANY_KEY;
    assert_eq!(result_at(&serving, key, json!({})).await["result"], "manual_check");

    let mut command = binary(&["--config", path]);
    let serving = Serving::spawn(command.env("IDENTOMAT_MOCK_SCENARIO", "rejected"));
    assert_eq!(result_at(&serving, key, json!({})).await["result"], "rejected");

    let mut command = binary(&["--config", path, "--scenario", "approved"]);
    let serving = Serving::spawn(command.env("IDENTOMAT_MOCK_SCENARIO", "rejected"));
    assert_eq!(result_at(&serving, key, json!({})).await["result"], "approved");
}

#[tokio::test]
async fn the_file_says_more_about_companies() {
    let (folder, path) = config(
        r#"
port: 0
finish: begin
company-key: [plain, "signed=not-a-real-secret"]
scenarios: my-scenarios
error-status: ["200", "SESSION_INVALID=422"]
max-body: 2MiB
companies:
  - key: rich
    scenario: own
    result-case: lower
    configurations:
      0123456789abcdef01234567:
        scenario: rejected
        flags: {skip_face: true}
        steps: [{type: user-questionnaire, key: q, questions: [{type: boolean, key: sure}]}]
"#,
    );
    // A relative folder is meant from where the file is.
    fs::create_dir(folder.path().join("my-scenarios")).unwrap();
    fs::write(folder.path().join("my-scenarios/own.yaml"), "description: own\nstages: [{result: MANUAL_CHECK}]")
        .unwrap();
    let mut command = binary(&["--config", path.to_str().unwrap()]);
    let serving = Serving::spawn(&mut command);
    assert_eq!(result_at(&serving, "plain", json!({})).await["result"], "APPROVED");
    assert_eq!(result_at(&serving, "signed", json!({})).await, "SIGNATURE_INVALID");
    assert_eq!(result_at(&serving, "rich", json!({})).await["result"], "manual_check");
    let configured = result_at(&serving, "rich", json!({"config_id": "0123456789abcdef01234567"})).await;
    assert_eq!(configured["result"], "rejected");
    assert_eq!(configured["similarity"], 0);
    assert_eq!(configured["questionnaires"][0]["questions"][0], json!({"key": "sure", "answer": true}));
}

#[tokio::test]
async fn a_boolean_flag_may_stand_alone() {
    for arguments in [&["--null-reject-reason"][..], &["--null-reject-reason=true"]] {
        let serving = Serving::start(arguments);
        let result = result_at(&serving, identomat_mock::DEFAULT_COMPANY_KEY, json!({})).await;
        assert_eq!(result["reject_reason"], Value::Null);
    }
}

#[tokio::test]
async fn the_seed_makes_tokens_repeatable() {
    let token = async |seed: &str| {
        let serving = Serving::start(&["--seed", seed, "--error-status", "200"]);
        let client = reqwest::Client::new();
        let url = format!("{}/external-api/begin/", serving.url());
        let call = client.post(url).json(&json!({"company_key": identomat_mock::DEFAULT_COMPANY_KEY}));
        call.send().await.expect("an answer").text().await.expect("a token")
    };
    assert_eq!(token("7").await, token("7").await);
    assert_ne!(token("7").await, token("8").await);
}

#[tokio::test]
async fn fixtures_are_replaced_by_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("people")).unwrap();
    let person = fs::read_to_string("fixtures/people/nino-magalitidze.yaml").unwrap();
    let path = folder.path().join("people/somebody.yaml");
    fs::write(&path, person.replace("first_name: Nino", "first_name: Somebody")).unwrap();
    let fixtures = folder.path().to_str().unwrap();
    let serving = Serving::start(&["--fixtures", fixtures, "--finish", "begin"]);
    for _ in 0..3 {
        let result = result_at(&serving, identomat_mock::DEFAULT_COMPANY_KEY, json!({})).await;
        assert_eq!(result["person"]["first_name"], "Somebody");
    }

    fs::write(&path, person.replace("last_name: Magalitidze", "last_name: მაგალითიძე")).unwrap();
    let said = refusal(&["--fixtures", fixtures], &[]);
    assert!(said.contains("somebody.yaml:2:12: `მაგალითიძე` is not a Latin name"), "{said}");
    let said = refusal(&["--fixtures", "no/such/folder"], &[]);
    assert!(said.starts_with("error: no/such/folder/people: cannot be read: "), "{said}");
}

#[tokio::test]
async fn what_is_said_of_one_error_holds_in_any_order() {
    for arguments in [
        ["--error-status", "SESSION_NOT_FOUND=410", "--error-status", "200"],
        ["--error-status", "200", "--error-status", "SESSION_NOT_FOUND=410"],
    ] {
        let serving = Serving::start(&arguments);
        let client = reqwest::Client::new();
        let status = async |token: &str| {
            let call = json!({"company_key": identomat_mock::DEFAULT_COMPANY_KEY, "session_token": token});
            let call = client.post(format!("{}/external-api/result/", serving.url())).json(&call);
            call.send().await.expect("an answer").status().as_u16()
        };
        assert_eq!((status(&"0".repeat(40)).await, status("short").await), (410, 200));
    }
}

#[test]
fn a_key_of_flag_and_file_is_one_company_with_the_flags_secret() {
    let (_folder, path) = config("companies: [{key: both, secret: from-the-file, scenario: rejected}]\n");
    let serving = Serving::start(&["--config", path.to_str().unwrap(), "--company-key", "both=from-the-flag,other"]);
    assert!(serving.said.contains("company keys: both (signed), other\n"), "{}", serving.said);
}

#[test]
fn a_public_url_stands_beside_the_address() {
    let serving = Serving::start(&["--public-url", "https://identomat.test"]);
    let (address, rest) = serving.said.split_once(" as https://identomat.test\n").unwrap();
    assert!(address.starts_with("identomat-mock listens on http://127.0.0.1:"), "{address}");
    assert!(rest.ends_with("  widget: https://identomat.test/?session_token=TOKEN\n"), "{rest}");
}

#[test]
fn one_value_of_the_file_needs_no_list() {
    let (_folder, path) = config("company-key: my-company\nerror-status: 200\nport: 0\n");
    let serving = Serving::spawn(&mut binary(&["--config", path.to_str().unwrap()]));
    assert!(serving.said.contains("company keys: my-company\n"), "{}", serving.said);
}

#[tokio::test]
async fn variables_stand_in_the_file_for_what_the_environment_says() {
    let (_folder, path) = config(
        "port: ${MOCK_TEST_PORT:-0}\nfinish: \"${MOCK_TEST_FINISH}\"\nno-panel: ${MOCK_TEST_NO_PANEL}\ncompanies:\n  \
         - {key: \"shop-${MOCK_TEST_SHOP:-1}\", secret: \"a$$b\", scenario: \"${MOCK_TEST_SCENARIO:-rejected}\"}\n  - key: \
         plain\n    max-sessions: ${MOCK_TEST_MOST}\n",
    );
    let mut command = binary(&["--config", path.to_str().unwrap()]);
    command.envs([("MOCK_TEST_FINISH", "begin"), ("MOCK_TEST_NO_PANEL", "true"), ("MOCK_TEST_SHOP", "7")]);
    let serving = Serving::spawn(command.env("MOCK_TEST_MOST", "2").env("MOCK_TEST_SCENARIO", "manual-check"));
    assert!(serving.said.contains("company keys: shop-7 (signed), plain\n"), "{}", serving.said);
    let settings = reqwest::get(format!("{}/__admin/settings", serving.url())).await.unwrap();
    let settings: Value = settings.json().await.unwrap();
    assert_eq!((&settings["finish"], &settings["no_panel"]), (&json!("begin"), &json!(true)));
}

#[test]
fn a_variable_that_is_missing_stops_the_start() {
    let text =
        "finish: ${MOCK_TEST_NONE}\nport: \"${MOCK_TEST_NONE:-${MOCK_TEST_OTHER}}\"\nscenario: pay$roll\nseed: many\n";
    let (_folder, path) = config(text);
    let said = refusal(&["--config", path.to_str().unwrap()], &[]);
    let said = said.replace(&path.display().to_string(), "config.yaml");
    insta::assert_snapshot!(said, @r#"
    error: config.yaml:1:9: there is no variable `MOCK_TEST_NONE` in the environment: set it, or write `${MOCK_TEST_NONE:-DEFAULT}`
      |
    1 | finish: ${MOCK_TEST_NONE}
      |         ^^^^^^^^^^^^^^^^^

    config.yaml:2:7: there is no variable `MOCK_TEST_OTHER` in the environment: set it, or write `${MOCK_TEST_OTHER:-DEFAULT}`
      |
    2 | port: "${MOCK_TEST_NONE:-${MOCK_TEST_OTHER}}"
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    config.yaml:3:11: `$roll` is neither `${NAME}` nor `${NAME:-DEFAULT}`; a dollar sign is written `$$`
      |
    3 | scenario: pay$roll
      |           ^^^^^^^^

    config.yaml:4:7: `many` is not a whole number from 0
      |
    4 | seed: many
      |       ^^^^
    "#);
}

#[test]
fn no_message_and_no_line_shows_a_secret() {
    let text = "company-key: [a=hush-1]\nadmin-token: hush-2 x\ncompanies:\n  - {key: b, secret: hush-3, dialect: klingon}\n  - \
                {key: c, secret: [hush-4]}\n  - {key: c, secret: '${MOCK_TEST_SECRET}', frozen-at: soon}\n";
    let (_folder, path) = config(text);
    let said = refusal(&["--config", path.to_str().unwrap()], &[("MOCK_TEST_SECRET", "hush-5")]);
    assert!(said.contains("`klingon` is not a dialect") && said.contains("`secret` takes a text"), "{said}");
    assert!(said.contains("`soon` is not a moment"), "{said}");
    assert!(!said.contains("hush"), "{said}");
}

#[test]
fn variables_of_an_orchestrator_are_passed_over_with_one_warning() {
    let mut command = binary(&["--port", "0"]);
    for (name, value) in [
        ("PORT", "tcp://10.0.0.1:8080"),
        ("SERVICE_HOST", "10.0.0.1"),
        ("SERVICE_PORT", "8080"),
        ("SERVICE_PORT_HTTP", "8080"),
        ("PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("SED", "7"),
    ] {
        command.env(format!("IDENTOMAT_MOCK_{name}"), value);
    }
    let (_, _, log) = Serving::spawn(&mut command).terminate();
    let warnings: Vec<_> = log.lines().filter_map(|line| line.split_once(" WARN ")).map(|(_, said)| said).collect();
    assert_eq!(
        warnings,
        [
            "these variables come from an orchestrator that knows a service of this name, and count for nothing: \
             IDENTOMAT_MOCK_PORT, IDENTOMAT_MOCK_PORT_8080_TCP, IDENTOMAT_MOCK_PORT_8080_TCP_ADDR, \
             IDENTOMAT_MOCK_SERVICE_HOST, IDENTOMAT_MOCK_SERVICE_PORT, IDENTOMAT_MOCK_SERVICE_PORT_HTTP",
            "there is no setting `IDENTOMAT_MOCK_SED`; it counts for nothing",
        ]
    );
    let said = refusal(&["serve", "--port", "tcp://10.0.0.1:8080"], &[]);
    assert!(said.contains("`tcp://10.0.0.1:8080` is not a port"), "{said}");
    let said = refusal(&["serve"], &[("IDENTOMAT_MOCK_PORT", "tcp://10.0.0.1:8080"), ("IDENTOMAT_MOCK_SEED", "x")]);
    assert!(!said.contains("is not a port") && said.contains("`x` is not a whole number"), "{said}");
}
