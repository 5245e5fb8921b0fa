//! Files that change while a server runs.

use std::{fs, path::Path};

use identomat_mock::DEFAULT_COMPANY_KEY;
use serde_json::{Value, json};

use crate::{
    command_line::{Serving, binary, output},
    harness::TestApp,
};

fn write(folder: &Path, result: &str) {
    let text = format!("description: a\nstages: [{{when: begin, result: {result}}}]\n");
    fs::write(folder.join("watched.yaml"), text).unwrap();
}

async fn call(url: &str, method: &str, mut parameters: Value) -> Value {
    parameters["company_key"] = DEFAULT_COMPANY_KEY.into();
    let call = reqwest::Client::new().post(format!("{url}/external-api/{method}/")).json(&parameters);
    call.send().await.unwrap().json().await.unwrap()
}

async fn result_of_new_session(url: &str) -> Value {
    let token = call(url, "begin", json!({})).await;
    call(url, "result", json!({"session_token": token})).await["result"].clone()
}

#[tokio::test]
async fn changed_files_count_for_new_sessions_and_broken_ones_for_none() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "APPROVED");
    let scenarios = folder.path().to_str().unwrap();
    let mut serving = Serving::start(&["--watch", "--scenarios", scenarios, "--scenario", "watched"]);
    let (log, url) = (serving.log(), serving.url().to_owned());
    let running = call(&url, "begin", json!({})).await;

    write(folder.path(), "REJECTED");
    log.line_with("reloaded all files");
    assert_eq!(result_of_new_session(&url).await, "REJECTED");
    let of_running = call(&url, "result", json!({"session_token": running})).await;
    assert_eq!(of_running["result"], "APPROVED", "a session keeps its scenario");

    write(folder.path(), "REJECTD");
    let said = log.line_with("reload failed, keeping the previous files");
    assert!(said.contains("watched.yaml:2:"), "{said}");
    assert_eq!(result_of_new_session(&url).await, "REJECTED");

    fs::write(folder.path().join("other.yaml"), "description: b\nstages: []\n").unwrap();
    write(folder.path(), "MANUAL_CHECK");
    log.line_with("reloaded all files");
    assert_eq!(result_of_new_session(&url).await, "MANUAL_CHECK");

    // The default scenario has to be there.
    fs::remove_file(folder.path().join("watched.yaml")).unwrap();
    let said = log.line_with("reload failed, keeping the previous files");
    assert!(said.contains("there is no scenario `watched`"), "{said}");
    assert_eq!(result_of_new_session(&url).await, "MANUAL_CHECK");
}

#[tokio::test]
async fn fixtures_and_the_config_file_are_watched_too() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = folder.path().join("fixtures");
    fs::create_dir_all(fixtures.join("people")).unwrap();
    let person = fs::read_to_string("fixtures/people/nino-magalitidze.yaml").unwrap();
    let write = |name: &str| {
        let person = person.replace("first_name: Nino", &format!("first_name: {name}"));
        fs::write(fixtures.join("people/somebody.yaml"), person).unwrap();
    };
    write("First");
    let config = folder.path().join("config.yaml");
    fs::write(&config, "fixtures: fixtures\nwatch: true\noutcome-trigger: begin\nport: 0\n").unwrap();
    let mut serving = Serving::spawn(binary(&["--config"]).arg(&config));
    let (log, url) = (serving.log(), serving.url().to_owned());
    let name = async || {
        let token = call(&url, "begin", json!({})).await;
        call(&url, "result", json!({"session_token": token})).await["person"]["first_name"].clone()
    };
    assert_eq!(name().await, "First");
    write("Second");
    log.line_with("reloaded all files");
    assert_eq!(name().await, "Second");
    fs::write(&config, "fixtures: fixtures\nwatch: true\noutcome-trigger: widget\nport: 0\n").unwrap();
    log.line_with("changes of `outcome-trigger` in the config file take effect after a restart");
    log.line_with("reloaded all files");

    // A folder that was not there.
    fs::create_dir(fixtures.join("documents")).unwrap();
    let said = log.line_with("reload failed, keeping the previous files");
    assert!(said.contains("documents: the folder has no .yaml"), "{said}");
}

#[tokio::test]
async fn companies_of_the_config_file_come_change_and_go_while_it_serves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.yaml");
    let write = |companies: &str| {
        fs::write(&path, format!("port: 0\nwatch: true\noutcome-trigger: begin\ncompanies:\n{companies}")).unwrap();
    };
    let call = async |url: &str, key: &str, method: &str, mut parameters: Value| -> Value {
        parameters["company_key"] = key.into();
        let call = reqwest::Client::new().post(format!("{url}/external-api/{method}/")).json(&parameters);
        call.send().await.unwrap().json().await.unwrap()
    };
    write("  - {key: stays, queue: [rejected]}\n  - {key: changes}\n  - {key: goes}\n");
    let mut serving = Serving::spawn(binary(&["--config"]).arg(&path));
    let (log, url) = (serving.log(), serving.url().to_owned());
    let result = async |key: &str, token: &Value| {
        call(&url, key, "result", json!({"session_token": token})).await["result"].clone()
    };
    let running = call(&url, "changes", "begin", json!({})).await;

    write(
        "  - {key: comes, scenario: manual-check}\n  - {key: changes, scenario: rejected}\n  - {key: stays, queue: [rejected]}\n",
    );
    log.line_with("reloaded all files");
    assert_eq!(result("changes", &running).await, "APPROVED", "its session stays, with its scenario");
    for (key, word) in
        [("comes", "MANUAL_CHECK"), ("changes", "REJECTED"), ("stays", "REJECTED"), ("stays", "APPROVED")]
    {
        let token = call(&url, key, "begin", json!({})).await;
        assert_eq!(result(key, &token).await, word, "{key}");
    }
    assert_eq!(call(&url, "goes", "begin", json!({})).await, "COMPANY_KEY_INVALID");

    // All of it or nothing: the secret that is right does not count beside a scenario that is wrong.
    write("  - {key: comes, secret: not-a-real-secret}\n  - {key: changes, scenario: rejectd}\n");
    let said = log.line_with("reload failed, keeping the previous files");
    let place = format!("{}:6:30: the company key `changes`: there is no scenario `rejectd`", path.display());
    assert!(said.contains(&place) && said.ends_with("did you mean `rejected`?"), "{said}");
    assert!(call(&url, "comes", "begin", json!({})).await.is_string());
    write("  - {key: comes, dialct: live}\n");
    let said = log.line_with("reload failed, keeping the previous files");
    assert!(said.ends_with("config.yaml:5:18: unknown key `dialct`, did you mean `dialect`?"), "{said}");

    for emptied in ["", "# Later\n"] {
        fs::write(&path, emptied).unwrap();
        let said = log.line_with("reload failed, keeping the previous files");
        assert!(said.ends_with("config.yaml: the file is empty; fill it, or restart the server without it"), "{said}");
        assert!(call(&url, "comes", "begin", json!({})).await.is_string());
    }

    write("  - {key: comes, dialect: live, scenario: manual-check}\n");
    let said = log.line_with("removed the company with its sessions");
    assert!(said.contains("company=\"changes\"") && said.contains("sessions=2"), "{said}");
    log.line_with("reloaded all files");
    let token = call(&url, "comes", "begin", json!({})).await;
    assert_eq!(result("comes", &token).await, "manual_check");
    // A reset makes everything as the file says it now.
    reqwest::Client::new().post(format!("{url}/__admin/reset")).send().await.unwrap().error_for_status().unwrap();
    let settings: Value = reqwest::get(format!("{url}/__admin/settings")).await.unwrap().json().await.unwrap();
    assert_eq!(settings["company_key"], json!(["comes"]));
    assert_eq!(result("comes", &call(&url, "comes", "begin", json!({})).await).await, "manual_check");
}

/// As Kubernetes puts a new version of a `ConfigMap` in the place of the old one.
fn link(to: &str, at: &Path) {
    let new = at.with_file_name("..new");
    std::os::unix::fs::symlink(to, &new).unwrap();
    fs::rename(new, at).unwrap();
}

#[tokio::test]
async fn a_link_that_leads_elsewhere_is_a_change() {
    let folder = tempfile::tempdir().unwrap();
    for (version, result) in [("1", "APPROVED"), ("2", "REJECTED"), ("3", "MANUAL_CHECK")] {
        fs::create_dir(folder.path().join(version)).unwrap();
        write(&folder.path().join(version), result);
    }
    let mounted = folder.path().join("mounted");
    fs::create_dir(&mounted).unwrap();
    link("../1", &mounted.join("..data"));
    link("..data/watched.yaml", &mounted.join("watched.yaml"));
    link("mounted", &folder.path().join("scenarios"));
    let scenarios = folder.path().join("scenarios");
    let scenarios = scenarios.to_str().unwrap();
    let mut serving =
        Serving::start(&["--watch", "--scenarios", scenarios, "--scenario", "watched", "--outcome-trigger", "begin"]);
    let (log, url) = (serving.log(), serving.url().to_owned());
    assert_eq!(result_of_new_session(&url).await, "APPROVED");
    link("../2", &mounted.join("..data"));
    log.line_with("reloaded all files");
    assert_eq!(result_of_new_session(&url).await, "REJECTED");
    // The folder itself: of this no system tells.
    link("3", Path::new(scenarios));
    log.line_with("reloaded all files");
    assert_eq!(result_of_new_session(&url).await, "MANUAL_CHECK");
}

#[tokio::test]
async fn sighup_reads_everything_again_without_a_watch() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "APPROVED");
    let scenarios = folder.path().to_str().unwrap();
    let mut serving = Serving::start(&["--scenarios", scenarios, "--scenario", "watched"]);
    let (log, url) = (serving.log(), serving.url().to_owned());
    write(folder.path(), "REJECTED");
    serving.signal("HUP");
    log.line_with("SIGHUP: reloaded all files; new sessions use them");
    assert_eq!(result_of_new_session(&url).await, "REJECTED");
    write(folder.path(), "REJECTD");
    serving.signal("HUP");
    let said = log.line_with("reload failed, keeping the previous files");
    assert!(said.contains("watched.yaml:2:32: `REJECTD` is not an outcome"), "{said}");
    assert_eq!(result_of_new_session(&url).await, "REJECTED");

    let mut serving = Serving::start(&[]);
    let log = serving.log();
    serving.signal("HUP");
    log.line_with("SIGHUP: nothing to reload; set --scenarios, --fixtures or --config");
    assert!(result_of_new_session(serving.url()).await.is_string());
}

#[tokio::test]
async fn without_the_setting_nothing_is_read_again_but_on_demand() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "APPROVED");
    let settings = |config: &mut identomat_mock::Config| config.scenarios = Some(folder.path().to_owned());
    let app = TestApp::start_with(|builder| builder.scenario("watched").settings(settings)).await;
    write(folder.path(), "REJECTED");
    let running = app.begin(json!({})).await;
    app.mock.reload().unwrap();
    let new = app.begin(json!({})).await;
    assert_eq!((app.word(&running).await, app.word(&new).await), ("APPROVED".into(), "REJECTED".into()));
    write(folder.path(), "REJECTD");
    let problem = app.mock.reload().unwrap_err().to_string();
    assert!(problem.contains("watched.yaml:2:"), "{problem}");
    let after = app.begin(json!({})).await;
    assert_eq!(app.word(&after).await, "REJECTED");
}

#[test]
fn watching_nothing_stops_the_start() {
    let output = output(&mut binary(&["--port", "0", "--watch"]));
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "error: --watch: nothing to watch; set --scenarios, --fixtures or --config\n");
}
