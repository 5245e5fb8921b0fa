//! The recipe of `docs/testing.md` for a test with a browser.

use identomat_mock::MockServer;
use serde_json::json;

use crate::browser::Browser;

#[tokio::test]
async fn a_browser_completes_the_widget() {
    let browser = Browser::start().await;
    // recipe: browser
    let mock = MockServer::start().await;
    // With `mock_autopilot`, the widget completes all screens without a click.
    let session = mock.begin(json!({"flags": {"mock_autopilot": true}})).await.unwrap();
    browser.open(&mock.widget_url(&session.token)).await;
    let finished = mock.wait_for(&session.token).finished().await.unwrap();
    assert_eq!(finished.current_result, "APPROVED");
    // Each control has a `data-testid`.
    browser.element("done").await;
    // end
}
