//! Settings: the flag is stronger than the variable, the variable than the file, and a wrong value stops the start.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt, path::PathBuf};

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

/// Every setting, as the page about them has it.
fn flags() -> Vec<String> {
    let page = fs::read_to_string("docs/settings.md").expect("the page is there");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `--"));
    rows.map(|row| row.split([' ', '`', '[']).next().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn the_control_api_shows_every_setting_of_the_server() {
    // What is about the process, or is a secret, is not the server's.
    let others = ["config", "coverage", "log-format", "log-level", "ready-file", "watch"];
    let app = TestApp::start().await;
    let shown = app.get("/__admin/settings").await.json();
    for flag in flags().iter().filter(|flag| !others.contains(&flag.as_str())) {
        assert!(shown.get(flag.replace('-', "_")).is_some(), "--{flag} is not shown: {shown}");
    }
}

#[test]
fn a_variable_is_refused_by_its_name() {
    let said = refusal(&[], &[("IDENTOMAT_MOCK_PORT", "70000")]);
    assert_eq!(said, "error: IDENTOMAT_MOCK_PORT: `70000` is not a port: a number from 0 to 65535\n");
    let not_text = OsStr::from_bytes(b"appr\xffved");
    let not_started = output(binary(&[]).env("IDENTOMAT_MOCK_SCENARIO", not_text));
    assert_eq!(
        String::from_utf8(not_started.stderr).unwrap(),
        "error: IDENTOMAT_MOCK_SCENARIO: the value is not UTF-8 text\n"
    );
    let said = refusal(&[], &[("IDENTOMAT_MOCK_WATCH", "maybe")]);
    let remedy = "write true, yes or 1, or false, no or 0";
    assert_eq!(said, format!("error: IDENTOMAT_MOCK_WATCH: `maybe` is not true or false; {remedy}\n"));
    let said = refusal(&[], &[("IDENTOMAT_MOCK_COMPANY_KEY", "=the-secret")]);
    assert_eq!(said, "error: a company key is empty; give it at least one character\n");
}

#[tokio::test]
async fn a_switch_is_on_or_off_in_several_words() {
    let (_folder, file) = config("no-panel: yes\nverbose-hints: 0\n");
    let mut command = binary(&["--port", "0", "--no-hints=no", "--config"]);
    let of_environment = [("IDENTOMAT_MOCK_JOURNAL_SECRETS", "1"), ("IDENTOMAT_MOCK_NO_VERSION_HEADER", "True")];
    let serving = Serving::spawn(command.arg(file).envs(of_environment));
    let settings: Value =
        reqwest::get(format!("{}/__admin/settings", serving.url())).await.unwrap().json().await.unwrap();
    let names = ["no_panel", "verbose_hints", "no_hints", "journal_secrets", "no_version_header"];
    assert_eq!(names.map(|name| settings[name].as_bool().unwrap()), [true, false, false, true, true]);
}

#[test]
fn a_value_without_its_equals_sign_is_told_how_to_write_it() {
    for (arguments, advice) in [
        (&["--watch", "yes"][..], "`yes` is not read as the value of `--watch`; write `--watch=yes`"),
        (&["serve", "--watch", "yes"], "`yes` is not read as the value of `--watch`; write `--watch=yes`"),
        (
            &["--any-company-key", "test-*"],
            "`test-*` is not read as the value of `--any-company-key`; write `--any-company-key=test-*`",
        ),
    ] {
        let said = refusal(arguments, &[]);
        assert!(said.starts_with(&format!("error: {advice}\n")), "{said}");
    }
}

fn config(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.yaml");
    fs::write(&path, text).expect("written");
    (folder, path)
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
async fn the_seed_makes_tokens_repeatable() {
    let token = async |seed: &str| {
        let serving = Serving::start(&["--seed", seed, "--error-status", "200"]);
        let client = reqwest::Client::new();
        let url = format!("{}/external-api/begin/", serving.url());
        let call = client.post(url).json(&json!({"company_key": identomat_mock::DEFAULT_COMPANY_KEY}));
        call.send().await.expect("an answer").text().await.expect("a token")
    };
    let first = token("7").await;
    assert_eq!(first, token("7").await);
    assert_ne!(first, token("8").await);
}

#[tokio::test]
async fn fixtures_are_replaced_by_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("people")).unwrap();
    let person = fs::read_to_string("fixtures/people/nino-magalitidze.yaml").unwrap();
    let path = folder.path().join("people/somebody.yaml");
    fs::write(&path, person.replace("first_name: Nino", "first_name: Somebody")).unwrap();
    let fixtures = folder.path().to_str().unwrap();
    let serving = Serving::start(&["--fixtures", fixtures, "--outcome-trigger", "begin"]);
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
    assert_eq!((&settings["outcome_trigger"], &settings["no_panel"]), (&json!("begin"), &json!(true)));
}

#[test]
fn no_message_and_no_line_shows_a_secret() {
    let text = "company-key: [a=hush-1]\nadmin-token: hush-2 x\ncompanies:\n  - {key: b, secret: hush-3, dialect: klingon}\n  - \
                {key: c, secret: [hush-4]}\n  - {key: c, secret: '${MOCK_TEST_SECRET}', frozen-at: soon}\n";
    let (_folder, path) = config(text);
    let said = refusal(&["--config", path.to_str().unwrap()], &[("MOCK_TEST_SECRET", "hush-5")]);
    assert!(said.contains("`klingon` is not a dialect") && said.contains("`secret` takes a string"), "{said}");
    assert!(said.contains("`soon` is not a timestamp"), "{said}");
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
            "ignored environment variables that an orchestrator set for a service of this name: \
             IDENTOMAT_MOCK_PORT, IDENTOMAT_MOCK_PORT_8080_TCP, IDENTOMAT_MOCK_PORT_8080_TCP_ADDR, \
             IDENTOMAT_MOCK_SERVICE_HOST, IDENTOMAT_MOCK_SERVICE_PORT, IDENTOMAT_MOCK_SERVICE_PORT_HTTP",
            "unknown environment variable `IDENTOMAT_MOCK_SED` is ignored",
        ]
    );
    let said = refusal(&["serve", "--port", "tcp://10.0.0.1:8080"], &[]);
    assert!(said.contains("`tcp://10.0.0.1:8080` is not a port"), "{said}");
    let said = refusal(&["serve"], &[("IDENTOMAT_MOCK_PORT", "tcp://10.0.0.1:8080"), ("IDENTOMAT_MOCK_SEED", "x")]);
    assert!(!said.contains("is not a port") && said.contains("`x` is not a whole number"), "{said}");
}
