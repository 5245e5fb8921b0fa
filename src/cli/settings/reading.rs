//! Tests of reading flags and the config file, and of messages about wrong values.

use std::{error::Error, fs};

use super::ALL;
use crate::{Config, MockServer, cli::CommandLine, server::runtime::MockRuntime, vendor::ErrorCode};

/// Returns the configuration of a command line.
fn configured(arguments: &[&str]) -> Result<Config, Box<dyn Error>> {
    let arguments = ["identomat-mock"].iter().chain(arguments).map(Into::into).collect();
    let arguments = CommandLine::read(arguments)?;
    Ok(arguments.settings.with_file()?.into_config()?)
}

/// Returns the error of a command line that starts no server.
async fn refusal(arguments: &[&str]) -> String {
    let started = async {
        let started = MockServer::serve(configured(arguments)?, MockRuntime::current()).await;
        Ok::<_, Box<dyn Error>>(started.map_err(|error| error.message())?)
    };
    let error = started.await.err().unwrap_or_else(|| panic!("{arguments:?} starts"));
    match error.downcast_ref::<clap::Error>() {
        Some(error) => error.to_string(),
        None => format!("error: {error}\n"),
    }
}

/// Returns the error of a config file that starts no server; the file is called `config.yaml`.
async fn refusal_of_file(text: &str) -> String {
    let (folder, path) = file(text);
    let said = refusal(&["--config", &path]).await;
    said.replace(&format!("{}/", folder.path().display()), "")
}

fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.yaml");
    fs::write(&path, text).expect("written");
    let path = path.to_str().expect("UTF-8").to_owned();
    (folder, path)
}

/// Returns the configuration of a config file.
fn configured_by(text: &str) -> Config {
    let (_folder, path) = file(text);
    configured(&["--config", &path]).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[tokio::test]
async fn every_flag_has_a_variable_and_a_key_in_the_file() {
    for setting in ALL.iter() {
        let (flag, variable) = (setting.name, setting.variable());
        assert_eq!(variable, format!("IDENTOMAT_MOCK_{}", flag.replace('-', "_").to_uppercase()), "--{flag}");
        // A known key with a wrong value is reported for the value.
        let said = refusal_of_file(&format!("{flag}: {{wrong: true}}\n")).await;
        assert_eq!(said.contains("unknown key"), flag == "config", "--{flag}: {said}");
    }
    let said = refusal_of_file("prot: 1\n").await;
    assert!(said.contains("config.yaml:1:1: ") && said.contains("unknown key `prot`, did you mean `port`?"), "{said}");
}

#[tokio::test]
async fn wrong_values_are_named_with_what_is_allowed() {
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
        ("session-lifetime", "soon", "`soon` is not a duration; write it like 500ms, 90s, 15m, 24h or 7d"),
        ("company-idle", "soon", "`soon` is not a duration; write it like 500ms, 90s, 15m, 24h or 7d"),
        ("max-companies", "many", "`many` is not a whole number of 0 or more"),
        ("frozen-at", "noon", "`noon` is not a timestamp; write it like 2026-01-31T12:00:00Z"),
        ("dialect", "klingon", "`klingon` is not a dialect; allowed: manual, live"),
        ("result-case", "camel", "`camel` is not a case; allowed: upper, lower"),
        ("error-status", "99", "`99` is not a status from 200 to 599"),
        ("error-status", "204", "the status 204 allows no body, but the error is in the body"),
        (
            "error-status",
            "OOPS=400",
            "`OOPS` is not a vendor error; allowed: COMPANY_KEY_INVALID, SESSION_NOT_FOUND, SESSION_INVALID, \
             SIGNATURE_INVALID, argumentError",
        ),
        (
            "outcome-trigger",
            "sometimes",
            "`sometimes` is not a trigger; allowed: begin, opened, step=NAME, widget, polls=N, after=DURATION \
             (after=90s), operator",
        ),
        ("max-body", "much", "`much` is not a size; write it like 500000, 512KiB or 16MiB"),
        ("public-url", "https://identomat.test/path", "is not a base URL without a path"),
        ("seed", "abc", "`abc` is not a whole number of 0 or more"),
        ("max-parts", "-1", "`-1` is not a whole number of 0 or more"),
        ("max-depth", "x", "`x` is not a whole number of 0 or more"),
        ("log-format", "xml", "`xml` is not a log format; allowed: text, json"),
        ("log-level", "loud", "`loud` is not a log level; allowed: error, warn, info, debug, trace, off"),
    ] {
        let said = refusal(&[&format!("--{flag}={value}")]).await;
        let start = format!("error: invalid value '{value}' for '--{flag} <");
        assert!(said.starts_with(&start) && said.contains(problem), "{said}\nshould say: {problem}");
        let said = refusal_of_file(&format!("{flag}: \"{value}\"\n")).await;
        assert!(said.contains("config.yaml:1:"), "{said}");
        assert!(said.contains(problem), "{said}\nshould say: {problem}");
    }
}

#[tokio::test]
async fn a_company_of_the_file_is_told_in_the_words_of_the_flag() {
    for (setting, words) in [
        ("dialect: klingon", "`klingon` is not a dialect; allowed: manual, live"),
        ("result-case: camel", "`camel` is not a case; allowed: upper, lower"),
    ] {
        let said = refusal_of_file(&format!("companies:\n  - key: a\n    {setting}\n")).await;
        assert!(said.contains("config.yaml:3:") && said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn a_secret_is_never_printed() {
    let of_file = refusal_of_file("company-key: \"=the-secret\"\n").await;
    for said in [refusal(&["--company-key", "=the-secret"]).await, of_file] {
        assert_eq!(said, "error: a company key is empty; give it at least one character\n");
    }
    let said = refusal(&["--company-key", "a\nb=the-secret"]).await;
    let words = "the company key `a\\nb` has a control character or a text direction mark; remove it";
    assert_eq!(said, format!("error: {words}\n"));
    assert!(refusal(&["--company-key", "a\u{202e}b"]).await.contains("a text direction mark"));
}

#[tokio::test]
async fn settings_that_do_not_go_together_stop_the_start() {
    let said = refusal(&["--scenario", "aproved"]).await;
    let start = "error: the default scenario (--scenario): there is no scenario `aproved`; known: approved, ";
    assert!(said.starts_with(start) && said.ends_with(" more; did you mean `approved`?\n"), "{said}");
    assert_eq!(refusal(&["--company-key", "a,b,a=x"]).await, "error: the company key `a` is given twice\n");
    for (arguments, words) in [
        (
            ["--any-company-key==x", "--no-panel"],
            "--any-company-key: the pattern is empty; write `*` for all company keys",
        ),
        (["--max-depth", "65"], "--max-depth: `65` is not a number from 1 to 64"),
        (["--max-parts", "0"], "--max-parts: with 0 no call could be read; give at least 1"),
        (["--max-companies", "0"], "--max-companies: with 0 no company could be created; give at least 1"),
        (
            ["--company-idle", "0s"],
            "--company-idle: with 0 every company would be removed before its second call; give at least 1ms",
        ),
        (["--session-lifetime", "0s"], "--session-lifetime: with 0 no token would open the widget; give at least 1ms"),
    ] {
        assert_eq!(refusal(&arguments).await, format!("error: {words}\n"));
    }
    let said = refusal(&["--config", "no/such/file.yaml"]).await;
    assert!(said.starts_with("error: no/such/file.yaml: cannot be read: "), "{said}");
    let said = refusal(&["--host", "192.0.2.1", "--port", "0"]).await;
    assert!(said.starts_with("error: cannot listen on 192.0.2.1:0: "), "{said}");
}

#[test]
fn a_boolean_flag_may_stand_alone() {
    for argument in ["--null-reject-reason", "--null-reject-reason=true"] {
        assert_eq!(configured(&[argument]).expect("it is right").null_reject_reason, Some(true));
    }
    assert_eq!(configured(&["--null-reject-reason=false"]).expect("it is right").null_reject_reason, Some(false));
}

#[test]
fn what_is_said_of_one_error_holds_in_any_order() {
    for arguments in [
        ["--error-status", "SESSION_NOT_FOUND=410", "--error-status", "200"],
        ["--error-status", "200", "--error-status", "SESSION_NOT_FOUND=410"],
    ] {
        let status = configured(&arguments).expect("they are right").error_status;
        assert_eq!(
            (status.status_for(ErrorCode::SessionNotFound), status.status_for(ErrorCode::SessionInvalid)),
            (410, 200)
        );
    }
}

#[test]
fn one_value_of_the_file_needs_no_list() {
    let config = configured_by("company-key: my-company\nerror-status: 200\nport: 0\n");
    let keys: Vec<_> = config.companies.iter().map(|company| &*company.key).collect();
    assert_eq!((keys, config.error_status.status_for(ErrorCode::SessionInvalid)), (vec!["my-company"], 200));
}

#[tokio::test]
async fn a_variable_that_is_missing_stops_the_start() {
    let text = "outcome-trigger: ${MOCK_TEST_NONE}\nport: \"${MOCK_TEST_NONE:-${MOCK_TEST_OTHER}}\"\nscenario: pay$roll\nseed: many\n";
    let said = refusal_of_file(text).await;
    insta::assert_snapshot!(said, @r#"
    error: config.yaml:1:18: there is no variable `MOCK_TEST_NONE` in the environment; set it, or write `${MOCK_TEST_NONE:-DEFAULT}`
      |
    1 | outcome-trigger: ${MOCK_TEST_NONE}
      |                  ^^^^^^^^^^^^^^^^^

    config.yaml:2:7: there is no variable `MOCK_TEST_OTHER` in the environment; set it, or write `${MOCK_TEST_OTHER:-DEFAULT}`
      |
    2 | port: "${MOCK_TEST_NONE:-${MOCK_TEST_OTHER}}"
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    config.yaml:3:11: `$roll` is not a variable; write `${NAME}` or `${NAME:-DEFAULT}`, or `$$` for a dollar sign
      |
    3 | scenario: pay$roll
      |           ^^^^^^^^

    config.yaml:4:7: `many` is not a whole number of 0 or more
      |
    4 | seed: many
      |       ^^^^
    "#);
}
