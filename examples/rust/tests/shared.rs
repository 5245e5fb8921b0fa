//! One server for all tests of this file, and tests without an async runtime.

use std::sync::LazyLock;

use identomat_mock::{Company, Config, Control, MockServer, Outcome, blocking};
use serde_json::json;
use tokio::sync::OnceCell;

// recipe: shared-server
static MOCK: OnceCell<MockServer> = OnceCell::const_new();

/// A company of its own for each test. The server runs until the process ends.
async fn new_company(name: &str) -> Control {
    let any_key = |config: &mut Config| config.any_company_key = Some(Company::new("test-*"));
    let start = async || MockServer::builder().settings(any_key).start().await.unwrap();
    MOCK.get_or_init(start).await.company(format!("test-{name}"))
}

#[tokio::test]
async fn one_test_has_a_session() {
    let company = new_company("one").await;
    let session = company.begin(json!({})).await.unwrap();
    company.finish_as(&session.token, Outcome::Rejected).await.unwrap();
    assert_eq!(company.last_session().await.unwrap().unwrap().current_result, "REJECTED");
}

#[tokio::test]
async fn another_test_does_not_see_it() {
    let company = new_company("other").await;
    assert_eq!(company.sessions().await.unwrap(), []);
    company.queue_scenario("manual-check").await.unwrap();
}
// end

// recipe: blocking
static BLOCKING: LazyLock<blocking::MockServer> = LazyLock::new(blocking::MockServer::start);

#[test]
fn a_test_without_a_runtime_has_the_same_calls() {
    let session = BLOCKING.begin(json!({"scenario": "manual-check"})).unwrap();
    BLOCKING.finish(&session.token).unwrap();
    let decided = BLOCKING.decide(&session.token, Outcome::Approved).unwrap();
    assert_eq!(decided.current_result, "APPROVED");
    assert!(BLOCKING.wait_for(&session.token).any_result().is_ok());
}
// end

/// Async tests can use the blocking server, too; it blocks their thread for a moment.
#[tokio::test]
async fn a_blocking_server_is_there_in_every_test() {
    assert!(BLOCKING.session("0".repeat(40).as_str()).is_err());
}
