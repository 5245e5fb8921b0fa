//! HTTPS on the port of HTTP, for clients that are built on OpenSSL.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use identomat_mock::{ClosePoint, Config, Endpoint, Fault, MockServer, TlsConfig};
use serde_json::Value;

use crate::harness::LIMIT;

/// A name that leads nowhere but where a client is told.
const NAME: &str = "widget.example.com";

/// A mock that serves TLS, and what a client needs of it.
struct Secure {
    /// It is there as long as this is.
    _folder: tempfile::TempDir,
    /// The CA as the command exports it.
    ca: PathBuf,
    mock: MockServer,
}

impl Secure {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(settings: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("there is room for it");
        let (ca, mock) = (export(folder.path()), start(folder.path(), settings).await);
        Self { _folder: folder, ca, mock }
    }

    /// What curl gets that trusts the CA.
    async fn curl(&self, path: &str, more: &[&str]) -> Output {
        curl(&self.mock, &self.ca, path, more).await
    }
}

async fn start(folder: &Path, settings: impl FnOnce(&mut Config)) -> MockServer {
    let tls = TlsConfig::for_names([NAME]).in_folder(folder);
    let builder = MockServer::builder().settings(|config| config.tls = tls).settings(settings);
    builder.start().await.expect("the mock starts")
}

/// The CA as the command exports it.
fn export(folder: &Path) -> PathBuf {
    let file = folder.join("exported.pem");
    let exported = Command::new(env!("CARGO_BIN_EXE_identomat-mock"))
        .args(["ca", "export", "--tls-folder"])
        .arg(folder)
        .output()
        .unwrap();
    assert!(exported.status.success(), "{exported:?}");
    fs::write(&file, exported.stdout).expect("there is room for it");
    file
}

async fn curl(mock: &MockServer, ca: &Path, path: &str, more: &[&str]) -> Output {
    let port = mock.url().rsplit_once(':').expect("there is a port").1.to_owned();
    let mut command = Command::new("curl");
    command.args(["-sS", "--noproxy", "*", "--resolve", &format!("{NAME}:{port}:127.0.0.1"), "--cacert"]).arg(ca);
    command.args(more).arg(format!("https://{NAME}:{port}{path}"));
    run(command).await
}

/// Runs a command, while the mock in this process answers it.
async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().expect("the command runs")).await.expect("nothing panics")
}

#[tokio::test]
async fn a_client_that_trusts_the_exported_ca_is_served_beside_http() {
    let secure = Secure::start().await;
    let mock = &secure.mock;
    let key = format!("company_key={}", mock.company_key());
    let begun = secure.curl("/external-api/begin/", &["-d", &key]).await;
    assert!(begun.status.success(), "{begun:?}");
    let token: String = serde_json::from_slice(&begun.stdout).unwrap();
    mock.finish(&token).await.unwrap();
    let form = [("company_key", mock.company_key()), ("session_token", token.as_str())];
    let plain = reqwest::Client::builder().no_proxy().build().unwrap();
    let result = plain
        .post(format!("{}/external-api/result/", mock.url()))
        .json(&form.into_iter().collect::<std::collections::HashMap<_, _>>());
    let result: Value = result.send().await.unwrap().json().await.unwrap();
    assert_eq!(result["result"], "APPROVED", "the same session over HTTP");
    // The names of the certificate may use the control API, as whoever gave them means it.
    let ready = secure.curl("/__admin/settings", &[]).await;
    assert_eq!(serde_json::from_slice::<Value>(&ready.stdout).unwrap()["tls"][0], NAME);
    assert!(mock.secure_urls()[0].starts_with("https://widget.example.com:"));
}

#[tokio::test]
async fn openssl_verifies_the_chain_and_the_names() {
    let secure = Secure::start().await;
    let mock = &secure.mock;
    let address = mock.url().trim_start_matches("http://").to_owned();
    let connect = async |name: &'static str, version: &'static str| {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &address, "-verify_return_error", version, "-CAfile"]).arg(&secure.ca);
        let flag = if name.parse::<std::net::IpAddr>().is_ok() { "-verify_ip" } else { "-verify_hostname" };
        command.args([flag, name]).stdin(Stdio::null());
        String::from_utf8_lossy(&run(command).await.stdout).into_owned()
    };
    for name in [NAME, "localhost", "127.0.0.1", "::1"] {
        for version in ["-tls1_2", "-tls1_3"] {
            let said = connect(name, version).await;
            assert!(said.contains("Verification: OK"), "{name} {version}: {said}");
        }
    }
    assert!(!connect("other.example.com", "-tls1_3").await.contains("Verification: OK"));
}

#[tokio::test]
async fn faults_strike_over_tls_too() {
    let secure = Secure::start().await;
    let mock = &secure.mock;
    let key = format!("company_key={}", mock.company_key());
    for (fault, status) in [
        (Fault::close(ClosePoint::BeforeAnswer), None),
        (Fault::close(ClosePoint::InBody), None),
        (Fault::status(503), Some("503")),
    ] {
        mock.add_fault(fault.endpoint(Endpoint::Begin).times(1)).await.unwrap();
        let called = secure.curl("/external-api/begin/", &["-d", &key, "-w", "%{http_code}", "-o", "/dev/null"]).await;
        match status {
            None => assert!(!called.status.success(), "{called:?}"),
            Some(status) => assert_eq!(String::from_utf8_lossy(&called.stdout), status),
        }
    }
}

#[tokio::test]
async fn whoever_does_not_trust_the_ca_or_speaks_neither_is_no_harm() {
    let (secure, other) = (Secure::start().await, tempfile::tempdir().unwrap());
    let stranger = curl(&secure.mock, &export(other.path()), "/", &[]).await;
    assert!(String::from_utf8_lossy(&stranger.stderr).contains("certificate"), "{stranger:?}");
    TcpStream::connect(secure.mock.address()).unwrap().write_all(&[0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5]).unwrap();
    assert!(secure.curl("/__admin/health/ready", &[]).await.status.success());
}

/// Who says nothing, or begins with TLS and goes no further, is idle like any other: a new client gets their place.
#[tokio::test]
async fn whoever_does_not_begin_makes_room() {
    let secure = Secure::with(|config| config.clients.connections = 1).await;
    for beginning in [&b""[..], &[0x16, 3, 1]] {
        let mut silent = TcpStream::connect(secure.mock.address()).unwrap();
        silent.write_all(beginning).unwrap();
        let ready = secure.curl("/__admin/health/ready", &["--max-time", "20"]).await;
        assert!(ready.status.success(), "{beginning:?}: {ready:?}");
        silent.set_read_timeout(Some(LIMIT)).unwrap();
        assert_eq!(silent.read(&mut [0]).unwrap(), 0, "it was closed");
    }
}

/// Mocks that start at once in a new folder use one authority.
#[tokio::test]
async fn the_first_authority_of_a_folder_counts() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two, three) =
        tokio::join!(start(folder.path(), |_| {}), start(folder.path(), |_| {}), start(folder.path(), |_| {}));
    let ca = export(folder.path());
    for mock in [one, two, three] {
        assert!(curl(&mock, &ca, "/__admin/health/ready", &[]).await.status.success());
    }
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.path().join("authority.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "nobody else reads the key");
    }
}

#[tokio::test]
async fn a_broken_authority_stops_the_start_by_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("authority.pem"), "nothing").unwrap();
    let tls = TlsConfig::for_names([NAME]).in_folder(folder.path());
    let started = MockServer::builder().settings(|config| config.tls = tls).start().await;
    let problem = started.expect_err("it does not start").to_string();
    assert!(problem.contains("authority.pem is invalid"), "{problem}");
}

#[tokio::test]
async fn a_handshake_has_to_end_as_soon_as_a_head() {
    let secure = Secure::with(|config| {
        config.clients.head = Duration::from_millis(200);
        config.clients.idle = Duration::from_secs(60 * 60);
    })
    .await;
    let address = secure.mock.address();
    let ended = tokio::task::spawn_blocking(move || {
        let mut client = TcpStream::connect(address).unwrap();
        client.set_read_timeout(Some(LIMIT)).unwrap();
        // The beginning of a greeting, and nothing more.
        client.write_all(&[0x16, 3, 1, 2, 0, 1]).unwrap();
        client.read(&mut [0])
    });
    assert_eq!(ended.await.unwrap().unwrap(), 0, "the connection is closed");
    let answered = secure.curl("/__admin/health/live", &[]).await;
    assert!(answered.status.success(), "{answered:?}");
}
