//! Calls that somebody else makes up from the OpenAPI document: none is answered with 5xx, with a status that is not
//! in the document, or in another form.

use std::{fs, process::Command};

use serde_json::json;

use crate::{
    command_line::{Serving, output},
    harness::{TestApp, send, thorough},
};

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// Calls the paths that are like `paths`, at least so many, with that session and company where they need one.
fn run(url: &str, paths: &str, phases: &str, at_least: usize, company_key: &str, token: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("schemathesis.toml");
    let known = format!(
        "[parameters]\ncompany_key = \"{company_key}\"\nsession_token = \"{token}\"\n\"path.key\" = \"{company_key}\"\n\
         \"path.token\" = \"{token}\"\n\"path.name\" = \"approved\"\n\"path.id\" = \"1\"\n"
    );
    fs::write(&config, known).expect("written");
    let document = format!("{url}/__admin/openapi.json");
    let run = output(
        Command::new("python3")
            .args(["-c", "from schemathesis.cli import schemathesis; schemathesis()", "--config-file"])
            .arg(&config)
            .args(["run", &document, "--checks", CHECKS, "--phases", phases, "--include-path-regex", paths])
            // The same seed and the same calls in every run.
            .args(["--seed", "7", "--max-examples", "8", "--generation-database", "none", "--no-color"])
            // They take as long as somebody listens or waits.
            .args(["--exclude-path-regex", "^/__admin/(events|wait)"])
            .current_dir(folder.path()),
    );
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    let tested = said.lines().find_map(|line| line.trim().strip_prefix("Tested: ")).expect("a number of operations");
    assert!(tested.trim().parse::<usize>().expect("a number") >= at_least, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn made_up_calls_of_the_vendors_paths_are_answered_as_documented() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    tokio::task::block_in_place(|| {
        run(app.mock.url(), "^/external-api", "coverage,fuzzing", 20, app.mock.company_key(), &token)
    });
    send(app.request(reqwest::Method::GET, "/__admin/health/ready")).await.assert_status(200);
}

#[test]
fn made_up_calls_of_the_control_api_are_answered_as_documented() {
    let serving = Serving::start(&["--log-level", "error", "--max-sessions", "1000"]);
    // Going through the edges of all that is allowed takes three times as long as all the rest.
    let phases = thorough("fuzzing", "coverage,fuzzing");
    run(serving.url(), "^/__admin", phases, 30, identomat_mock::DEFAULT_COMPANY_KEY, &"a".repeat(40));
}
