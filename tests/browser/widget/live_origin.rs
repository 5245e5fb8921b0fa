//! The mock under the name of the live service, for pages that hard-code its origin.

use std::{path::Path, process::Command};

use identomat_mock::{MockServer, TlsConfig};
use serde_json::json;

use crate::{
    browser::Browser,
    site::Site,
    visit::{Visit, bare},
};

/// The CA as the command exports it.
fn export(folder: &Path) -> std::path::PathBuf {
    let file = folder.join("exported.pem");
    let mut command = Command::new(env!("CARGO_BIN_EXE_identomat-mock"));
    let exported = command
        .args(["ca", "export", "--tls-folder"])
        .arg(folder)
        .arg("--out")
        .arg(&file)
        .output()
        .expect("the command runs");
    assert!(exported.status.success(), "{exported:?}");
    file
}

#[tokio::test]
async fn a_page_that_hard_codes_the_live_origin_accepts_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let ca = export(folder.path());
    let tls = TlsConfig::for_names(["widget.example.com"]).in_folder(folder.path());
    let mock = MockServer::builder().settings(|config| config.tls = tls).start().await.unwrap();
    let port = mock.url().rsplit_once(':').unwrap().1.to_owned();
    let browser = Browser::trusting(&ca, &format!("MAP widget.example.com 127.0.0.1:{port}")).await;
    let (visit, site) = (Visit { mock, browser }, Site::start().await);
    let token = visit.begin(bare(json!({"skip_agreement": false})), json!([])).await;
    visit.browser.open(&site.url(&format!("/hard-coded?token={token}"))).await;
    visit.browser.enter_frame("#widget").await;
    visit.see("agreement").await;
    assert!(visit.browser.eval::<bool>("isSecureContext && location.origin === 'https://widget.example.com'").await);
    // The control API is at hand for the drawer under that name, too.
    visit.browser.click("drawer-open").await;
    visit.browser.element("stages").await;
    visit.browser.click("drawer-close").await;
    visit.browser.click("agree").await;
    visit.browser.leave_frame().await;
    visit.browser.until("document.getElementById('said').textContent === 'Welcome'").await;
    assert_eq!(visit.result(&token).await["result"], "APPROVED");
}

/// Without the CA, nothing of the widget is shown.
#[tokio::test]
async fn a_browser_that_does_not_trust_the_ca_shows_nothing() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let tls = TlsConfig::for_names(["widget.example.com"]).in_folder(folders[0].path());
    let mock = MockServer::builder().settings(|config| config.tls = tls).start().await.unwrap();
    let port = mock.url().rsplit_once(':').unwrap().1.to_owned();
    let rules = format!("MAP widget.example.com 127.0.0.1:{port}");
    let browser = Browser::trusting(&export(folders[1].path()), &rules).await;
    browser.open("https://widget.example.com/").await;
    browser.until("document.body.textContent.includes('ERR_CERT_AUTHORITY_INVALID')").await;
}
