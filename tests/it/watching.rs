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
    log.line_with("were read again");
    assert_eq!(result_of_new_session(&url).await, "REJECTED");
    let of_running = call(&url, "result", json!({"session_token": running})).await;
    assert_eq!(of_running["result"], "APPROVED", "a session keeps its scenario");

    write(folder.path(), "REJECTD");
    let said = log.line_with("what was there before stays");
    assert!(said.contains("watched.yaml:2:"), "{said}");
    assert_eq!(result_of_new_session(&url).await, "REJECTED");

    fs::write(folder.path().join("other.yaml"), "description: b\nstages: []\n").unwrap();
    write(folder.path(), "MANUAL_CHECK");
    log.line_with("were read again");
    assert_eq!(result_of_new_session(&url).await, "MANUAL_CHECK");

    // The default scenario has to be there.
    fs::remove_file(folder.path().join("watched.yaml")).unwrap();
    let said = log.line_with("what was there before stays");
    assert!(said.contains("there is no scenario `watched`"), "{said}");
    assert_eq!(result_of_new_session(&url).await, "MANUAL_CHECK");
}

#[tokio::test]
async fn fixtures_are_watched_too_and_the_config_file_is_told_of() {
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
    fs::write(&config, "fixtures: fixtures\nwatch: true\nfinish: begin\nport: 0\n").unwrap();
    let mut serving = Serving::spawn(binary(&["--config"]).arg(&config));
    let (log, url) = (serving.log(), serving.url().to_owned());
    let name = async || {
        let token = call(&url, "begin", json!({})).await;
        call(&url, "result", json!({"session_token": token})).await["person"]["first_name"].clone()
    };
    assert_eq!(name().await, "First");
    write("Second");
    log.line_with("were read again");
    assert_eq!(name().await, "Second");
    fs::write(&config, "fixtures: fixtures\nwatch: true\nfinish: widget\nport: 0\n").unwrap();
    log.line_with("the config file has changed; it counts from the next start on");
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
    assert_eq!(said, "error: --watch: there is nothing to watch; name a folder with --scenarios or --fixtures\n");
}
