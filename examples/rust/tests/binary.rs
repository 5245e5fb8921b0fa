//! The same with the binary, as in a container or on another machine.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use identomat_mock::{MockClient, expect::result};
use serde_json::{Value, json};

/// A mock in another process. It stops when it is dropped.
struct Mock {
    process: Child,
    url: String,
}

impl Mock {
    /// Starts the binary on a free port. It prints its first line when it is ready.
    fn start() -> Self {
        let program = std::env::var("IDENTOMAT_MOCK").unwrap_or_else(|_| "identomat-mock".into());
        let settings = ["--port", "0", "--any-company-key", "--log-format", "json", "--log-level", "error"];
        let mut process = Command::new(program).args(settings).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("it says something")).read_line(&mut line).expect("a line");
        let line: Value = serde_json::from_str(&line).expect("JSON");
        Self { process, url: line["url"].as_str().expect("a URL").to_owned() }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_mock_in_another_process_is_controlled_awaited_and_queried() {
    let mock = Mock::start();
    let company = MockClient::connect(&mock.url).await.unwrap().company("test-binary");
    let settings =
        shop::Settings { url: mock.url.clone(), company_key: "test-binary".into(), timeout: Duration::from_secs(5) };
    let shop = shop::serve(settings).await;
    company.queue_scenario("manual-check").await.unwrap();
    let client = reqwest::Client::new();
    let begun: Value = client.post(format!("http://{shop}/verifications")).send().await.unwrap().json().await.unwrap();
    let token = begun["token"].as_str().unwrap();
    let asked = company.expect(result().of_session(token).times(1)).await.unwrap();
    let (waited, finished) = tokio::join!(company.wait_for(token).finished(), company.finish(token));
    assert_eq!((waited.unwrap().is_finished, finished.unwrap().current_result.as_str()), (true, "MANUAL_CHECK"));
    let verdict: Value =
        reqwest::get(format!("http://{shop}/verifications/{token}")).await.unwrap().json().await.unwrap();
    assert_eq!(verdict, json!({"result": "MANUAL_CHECK"}));
    assert_eq!(asked.verify().await.unwrap(), 1);
}
