//! The two servers as processes, and what is measured of them.

use std::{
    env,
    error::Error,
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use bytes::Bytes;
use identomat_mock::DEFAULT_COMPANY_KEY;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::body::Body;

/// The core of the servers.
const CORE: &str = "0";

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The program that this project builds.
    Mock,
    /// [`crate::baseline`].
    Baseline,
}

/// A call that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// `begin/` with that body.
    Begin(Body),
    /// `result/` of a session that nobody has gone through.
    ResultInProgress,
    /// `result/` of a session that was approved.
    ResultApproved,
}

impl Endpoint {
    /// Every call, in the order of the table.
    pub(crate) const ALL: [Self; 5] = [
        Self::Begin(Body::Key),
        Self::Begin(Body::Manual),
        Self::Begin(Body::Usual),
        Self::ResultInProgress,
        Self::ResultApproved,
    ];

    /// The name in the table.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Begin(body) => format!("begin, {}", body.name()),
            Self::ResultInProgress => "result, in progress".into(),
            Self::ResultApproved => "result, approved".into(),
        }
    }

    /// The ratio that is aimed at.
    pub(crate) fn goal(self) -> f64 {
        match self {
            Self::Begin(_) => 0.8,
            Self::ResultInProgress | Self::ResultApproved => 0.95,
        }
    }
}

/// A call that was made once, so that it is known to go well.
#[derive(Debug)]
pub(crate) struct Call {
    /// Where it goes to.
    pub(crate) url: String,
    /// The JSON text that it carries.
    pub(crate) body: String,
    /// What it was answered.
    pub(crate) answer: Bytes,
}

/// A running server. It stops when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    side: Side,
    process: Child,
    url: String,
}

impl Server {
    /// Starts a server, `pinned` to a core of its own; the baseline answers every `result/` with `document`.
    ///
    /// # Errors
    ///
    /// A message with what the process wrote to standard error.
    pub(crate) fn start(side: Side, document: &[u8], pinned: bool) -> Result<Self, Box<dyn Error>> {
        // With a seed the answers are equally long every time.
        let (program, arguments) = match side {
            Side::Mock => (
                PathBuf::from(env!("CARGO_BIN_EXE_identomat-mock")),
                &["--port", "0", "--log-format", "json", "--seed", "1"][..],
            ),
            Side::Baseline => (env::current_exe()?, &["baseline", "0"][..]),
        };
        let mut command = if pinned { Command::new("taskset") } else { Command::new(&program) };
        if pinned {
            command.args(["-c", CORE]).arg(program);
        }
        command.args(arguments);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("IDENTOMAT_MOCK_") {
                command.env_remove(name);
            }
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let process = command.spawn().map_err(|error| format!("cannot run {command:?}: {error}"))?;
        let mut server = Self { side, process, url: String::new() };
        server.url = server.ready(document)?;
        Ok(server)
    }

    /// Waits for the line that says where the server is.
    fn ready(&mut self, document: &[u8]) -> Result<String, Box<dyn Error>> {
        let (stdin, stdout) = (self.process.stdin.take(), self.process.stdout.take());
        let (mut stdin, stdout) = stdin.zip(stdout).ok_or("the server has no pipes")?;
        if self.side == Side::Baseline {
            stdin.write_all(document)?;
        }
        drop(stdin);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line).unwrap_or_default();
        match ready["url"].as_str() {
            Some(url) => Ok(url.to_owned()),
            None => {
                let mut problem = String::new();
                self.process.kill()?;
                if let Some(mut stderr) = self.process.stderr.take() {
                    stderr.read_to_string(&mut problem)?;
                }
                Err(format!("{:?} did not start: {}", self.side, problem.trim()).into())
            }
        }
    }

    /// Brings about what a call needs and makes it once.
    ///
    /// # Errors
    ///
    /// A message for every answer that is no success.
    pub(crate) async fn prepare(&self, endpoint: Endpoint) -> Result<Call, Box<dyn Error>> {
        let body = if let Endpoint::Begin(body) = endpoint { body } else { Body::Manual };
        let mut call = self.post_json("begin", body.text()).await?;
        if endpoint == Endpoint::Begin(body) {
            return Ok(call);
        }
        let token: String = serde_json::from_slice(&call.answer)?;
        if endpoint == Endpoint::ResultApproved && self.side == Side::Mock {
            let url = format!("{}/?session_token={token}", self.url);
            post(&url, "application/x-www-form-urlencoded", "outcome=APPROVED").await?;
        }
        let parameters = json!({"company_key": DEFAULT_COMPANY_KEY, "session_token": token});
        call = self.post_json("result", parameters.to_string()).await?;
        let result: Value = serde_json::from_slice(&call.answer)?;
        let wanted = if endpoint == Endpoint::ResultApproved { "APPROVED" } else { "IN_PROGRESS" };
        if result["result"] != wanted {
            return Err(format!("{:?} answers {} instead of {wanted}", self.side, result["result"]).into());
        }
        Ok(call)
    }

    /// The URL of an endpoint.
    pub(crate) fn at(&self, method: &str) -> String {
        format!("{}/external-api/{method}/", self.url)
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    async fn post_json(&self, method: &str, body: String) -> Result<Call, Box<dyn Error>> {
        let url = self.at(method);
        let answer = post(&url, "application/json", &body).await?;
        Ok(Call { url, body, answer })
    }

    /// How many seconds the server has been running on its core.
    ///
    /// # Errors
    ///
    /// A message when the system does not tell.
    pub(crate) fn busy_seconds(&self) -> Result<f64, Box<dyn Error>> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // Behind the name of the process, times of user and system are the 12th and 13th field, in hundredths.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        let hundredths: Vec<u64> = fields.map(str::parse).collect::<Result<_, _>>()?;
        Ok(hundredths.iter().sum::<u64>() as f64 / 100.0)
    }

    /// How many bytes of the server are resident.
    ///
    /// # Errors
    ///
    /// A message when the system does not tell.
    pub(crate) fn resident(&self) -> Result<usize, Box<dyn Error>> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")).ok_or("the system tells no VmRSS")?;
        Ok(kilobytes.parse::<usize>()? * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A client that sees every answer: the widget sends the browser to the `return_url`, which is not to be followed.
///
/// # Errors
///
/// A message when the system does not let it be.
pub(crate) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()
}

async fn post(url: &str, content_type: &str, body: &str) -> Result<Bytes, Box<dyn Error>> {
    let response = client()?.post(url).header(CONTENT_TYPE, content_type).body(body.to_owned()).send().await?;
    let (status, answer) = (response.status(), response.bytes().await?);
    if status.is_client_error() || status.is_server_error() {
        return Err(format!("{url} answers {status}: {}", String::from_utf8_lossy(&answer)).into());
    }
    Ok(answer)
}
