//! The page that embeds the widget as a company's does, and shows what happens by that.

use identomat_mock::{Company, ErrorStatus, MockServerBuilder};
use serde_json::{Value, json};

use crate::{
    site::Site,
    visit::{Visit, bare},
};

const LOG: &str = "document.querySelector('[data-testid=log]').innerText";

impl Visit {
    /// Opens the page and waits until it has what there is to choose from.
    async fn open_demo(&self) {
        self.browser.open(&format!("{}/__widget/demo", self.mock.url())).await;
        self.browser.until("document.querySelector('[data-testid=demo-company]').value !== ''").await;
    }

    async fn with_demo(settings: impl FnOnce(MockServerBuilder) -> MockServerBuilder) -> Self {
        let visit = Self::with_settings(settings).await;
        visit.open_demo().await;
        visit
    }

    /// Sets flags and steps as JSON.
    async fn wish(&self, flags: Value, steps: Value) {
        if !self.browser.eval::<bool>("document.querySelector('.demo details').open").await {
            self.browser.run("document.querySelector('.demo summary').click()").await;
        }
        self.browser.replace("demo-flags", &flags.to_string()).await;
        self.browser.replace("demo-steps", &steps.to_string()).await;
    }

    /// Waits until the log says so.
    async fn see_logged(&self, text: &str) {
        self.browser.until(&format!("{LOG}.includes({})", json!(text))).await;
    }

    async fn see_problem(&self, text: &str) {
        let said = "document.querySelector('[data-testid=demo-problem]').textContent";
        self.browser.until(&format!("{said}.includes({})", json!(text))).await;
    }

    /// The widget's origin, which is another than that of the page.
    fn other_origin(&self) -> String {
        self.mock.url().replace("127.0.0.1", "localhost")
    }
}

#[tokio::test]
async fn the_demo_shows_every_message_and_call_from_begin_to_result() {
    let visit = Visit::with_demo(|builder| builder).await;
    visit.browser.choose("demo-scenario", "rejected").await;
    visit.browser.choose("demo-language", "ka").await;
    visit.wish(bare(json!({"skip_agreement": false})), json!([])).await;
    visit.browser.click("begin").await;
    visit.browser.enter_frame("#identomat").await;
    visit.see("agreement").await;
    assert_eq!(visit.browser.eval::<String>("location.origin").await, visit.other_origin());
    assert_eq!(visit.browser.eval::<String>("document.documentElement.lang").await, "ka");
    assert_eq!(visit.browser.eval::<Value>("identomatMockFindings").await, json!({}));
    visit.browser.click("agree").await;
    visit.browser.leave_frame().await;

    visit.see_logged("The result is REJECTED.").await;
    assert!(!visit.browser.eval::<bool>("!!document.querySelector('#identomat')").await, "the frame is taken away");
    let token = visit.mock.last_session().await.unwrap().expect("a session has begun").token;
    let log: String = visit.browser.eval(LOG).await;
    for line in [
        "POST /external-api/begin/ 200",
        "begun rejected, the request header `x-identomat-mock-scenario`",
        "GET / 200",
        &format!("GET /__widget/sessions/{token} 200"),
        "opened",
        "step agreement",
        "finished",
        "stage 1",
        &format!("message DONE from {}", visit.other_origin()),
        &format!("message {{\"type\":\"done\",\"sessionId\":\"{token}\"}} from {}", visit.other_origin()),
        "The frame was removed.",
    ] {
        assert!(log.replace('\n', " ").contains(line), "{line}: {log}");
    }
    visit.see_logged("POST /external-api/result/ 200").await;

    // Behind a call stands all that the journal has of it.
    visit.browser.run("document.querySelector('[data-testid=happened-call] summary').click()").await;
    visit.see_logged("\"endpoint\": \"begin\"").await;
}

#[tokio::test]
async fn the_frame_is_as_its_attributes_say_and_the_doctor_speaks_in_the_log() {
    let visit = Visit::with_demo(|builder| builder).await;
    visit.browser.click("allow-camera").await;
    visit.browser.click("sandboxed").await;
    visit.browser.click("sandbox-allow-forms").await;
    visit.browser.replace("frame-width", "375").await;
    visit.browser.click("begin").await;
    visit.browser.find("#identomat").await;
    let attribute = |name: &str| format!("document.querySelector('#identomat').getAttribute('{name}')");
    assert_eq!(visit.browser.eval::<String>(&attribute("allow")).await, "microphone; geolocation");
    assert_eq!(visit.browser.eval::<String>(&attribute("sandbox")).await, "allow-scripts allow-same-origin");
    assert_eq!(visit.browser.eval::<String>(&attribute("width")).await, "375");
    visit.see_logged("The iframe does not allow the camera.").await;
    visit.see_logged("The sandbox of the iframe blocks forms").await;
    // Behind it stands what to change.
    visit.browser.run("document.querySelector('[data-testid=happened-finding] summary').click()").await;
    visit.see_logged("\"remedy\": ").await;

    // The same session goes on in a frame as it should be.
    visit.browser.click("allow-camera").await;
    visit.browser.click("sandboxed").await;
    visit.browser.click("embed").await;
    visit.browser.enter_frame("#identomat").await;
    visit.see("agreement").await;
    assert_eq!(visit.browser.eval::<Value>("identomatMockFindings").await, json!({}));
    assert_eq!(visit.mock.sessions().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_page_that_does_not_react_is_found_out() {
    let visit = Visit::with_demo(|builder| {
        builder.settings(|config| config.done_timeout = std::time::Duration::from_millis(100))
    })
    .await;
    visit.wish(bare(json!({})), json!([])).await;
    visit.browser.click("reacts").await;
    visit.browser.click("begin").await;
    visit.see_logged("The embedding page did not react when the person finished.").await;
    assert!(visit.browser.eval::<bool>("!!document.querySelector('#identomat')").await);
}

#[tokio::test]
async fn the_html_that_it_shows_works_in_another_page() {
    let visit = Visit::with_demo(|builder| builder).await;
    visit.wish(bare(json!({"skip_agreement": false})), json!([])).await;
    visit.browser.click("begin").await;
    let html: String = {
        visit.browser.element("snippet").await;
        visit.browser.eval("document.querySelector('[data-testid=snippet]').textContent").await
    };
    let token = visit.mock.last_session().await.unwrap().expect("a session has begun").token;
    let origin = visit.other_origin();
    let expected = format!(
        "<iframe\n  id=\"identomat\"\n  title=\"Identity verification\"\n  src=\"{origin}/?session_token={token}\"\n  \
         allow=\"camera; microphone; geolocation\"\n  width=\"420\"\n  height=\"720\"\n></iframe>\n<script>\n  \
         addEventListener(\"message\", ({{ origin, data }}) => {{\n    if (origin !== \"{origin}\" || data !== \"DONE\") \
         return;\n    document.getElementById(\"identomat\").remove();\n    // Now let your backend ask for the \
         result.\n  }});\n</script>\n"
    );
    assert_eq!(html, expected);

    let site = Site::start().await;
    visit.browser.open(&site.showing(&html)).await;
    visit.browser.enter_frame("#identomat").await;
    visit.see("agreement").await;
    visit.browser.click("agree").await;
    visit.browser.leave_frame().await;
    visit.browser.until("!document.getElementById('identomat')").await;
    assert_eq!(visit.result(&token).await["result"], "APPROVED");
}

#[tokio::test]
async fn what_cannot_begin_is_said() {
    let visit = Visit::with_demo(|builder| builder).await;
    visit.wish(json!({}), json!({"type": "geolocation"})).await;
    visit.browser.click("begin").await;
    visit.see_problem("Steps: not a list.").await;
    visit.browser.replace("demo-steps", "[").await;
    visit.browser.click("begin").await;
    visit.see_problem("Steps: not JSON: ").await;
    visit.browser.replace("demo-steps", "[]").await;
    visit.browser.replace("demo-company", "nobody").await;
    visit.browser.click("begin").await;
    visit.see_problem("begin/ returned 403, \"COMPANY_KEY_INVALID\": there is no company key `nobody`").await;
    assert_eq!(visit.mock.sessions().await.unwrap().len(), 0);
    visit.browser.replace("demo-company", visit.mock.company_key()).await;
    visit.browser.click("begin").await;
    visit.browser.find("#identomat").await;
    visit.browser.until("document.querySelector('[data-testid=demo-problem]').textContent === ''").await;
}

#[tokio::test]
async fn a_company_that_signs_and_a_control_api_with_a_token_are_no_obstacle() {
    let visit = Visit::with_settings(|builder| {
        builder
            .company(Company::new("a-company").secret("not-a-real-secret"))
            .settings(|config| config.control_api.token = Some("not-a-real-token".into()))
    })
    .await;
    visit.browser.open(&format!("{}/__widget/demo", visit.mock.url())).await;
    visit.see_problem("--admin-token").await;
    visit.browser.replace("admin-token", "not-a-real-token").await;
    visit.browser.click("admin-token-use").await;
    visit.browser.until("document.querySelector('[data-testid=demo-company]').value === 'a-company'").await;
    visit.wish(bare(json!({})), json!([])).await;
    visit.browser.choose("demo-scenario", "manual-check").await;
    visit.browser.click("begin").await;
    visit.see_logged("the control API began the session").await;
    visit.see_logged("The result is MANUAL_CHECK.").await;
}

#[tokio::test]
async fn errors_are_told_from_tokens_and_from_results() {
    let visit = Visit::with_demo(|builder| {
        builder.settings(|config| {
            config.error_status = ErrorStatus::all(200).expect("it is a status");
            config.journal.enabled = false;
        })
    })
    .await;
    visit.browser.replace("demo-company", "nobody").await;
    visit.browser.click("begin").await;
    visit.see_problem("begin/ returned 200, \"COMPANY_KEY_INVALID\": there is no company key `nobody`").await;
    visit.browser.replace("demo-company", visit.mock.company_key()).await;
    visit.browser.choose("demo-scenario", "session-not-found").await;
    visit.browser.click("begin").await;
    visit.see_logged("Cannot show calls: the journal is disabled (--no-journal)").await;
    visit.browser.click("result").await;
    visit.see_logged("result/ returned 200, \"SESSION_NOT_FOUND\"").await;
}

#[tokio::test]
async fn the_html_is_copied_in_a_page_without_https_too() {
    let visit = Visit::with_demo(|builder| builder).await;
    visit.browser.click("begin").await;
    visit.browser.element("snippet").await;
    // As it is where a page is neither of https nor of localhost.
    visit.browser.run("Object.defineProperty(navigator, 'clipboard', { value: undefined })").await;
    visit.browser.run("addEventListener('copy', () => { window.copied = String(getSelection()) })").await;
    visit.browser.click("snippet-copy").await;
    visit.browser.until("window.copied?.startsWith('<iframe') && window.copied.includes('</script>')").await;
    visit.browser.until("document.querySelector('[data-testid=snippet-copy]').textContent === 'Copied'").await;
}
