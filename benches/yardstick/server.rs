//! The two servers as processes, and what is measured of them.

use std::{
    env,
    error::Error,
    fs,
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, Stdio},
};

use bytes::Bytes;
use identomat_mock::DEFAULT_COMPANY_KEY;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

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
    /// `begin/` with flags and a step.
    Begin,
    /// `result/` of a session that nobody has gone through.
    ResultInProgress,
    /// `result/` of a session that was approved.
    ResultApproved,
}

impl Endpoint {
    /// Every call, in the order of the table.
    pub(crate) const ALL: [Self; 3] = [Self::Begin, Self::ResultInProgress, Self::ResultApproved];

    /// The name in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::ResultInProgress => "result, in progress",
            Self::ResultApproved => "result, approved",
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

/// A running server on a core of its own. It stops when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    side: Side,
    process: Child,
    url: String,
}

impl Server {
    /// Starts a server; the baseline answers every `result/` with `document`.
    ///
    /// # Errors
    ///
    /// A message with what the process wrote to standard error.
    pub(crate) fn start(side: Side, document: &[u8]) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new("taskset");
        command.args(["-c", CORE]);
        match side {
            // With a seed the answers are equally long every time.
            Side::Mock => command.arg(env!("CARGO_BIN_EXE_identomat-mock")).args([
                "--port",
                "0",
                "--log-format",
                "json",
                "--seed",
                "1",
            ]),
            Side::Baseline => command.arg(env::current_exe()?).args(["baseline", "0"]),
        };
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("IDENTOMAT_MOCK_") {
                command.env_remove(name);
            }
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let process = command.spawn().map_err(|error| format!("cannot run `taskset`: {error}"))?;
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
        let begin = json!({
            "company_key": DEFAULT_COMPANY_KEY,
            "flags": {
                "language": "en",
                "liveness": true,
                "document_types": ["id", "passport"],
                "allow_document_upload": true,
                "return_url": "https://shop.example/verified?order=1042",
            },
            "steps": [{"type": "email", "key": "contact"}],
        });
        let mut call = self.post_json("begin", &begin).await?;
        if endpoint == Endpoint::Begin {
            return Ok(call);
        }
        let token: String = serde_json::from_slice(&call.answer)?;
        if endpoint == Endpoint::ResultApproved && self.side == Side::Mock {
            let url = format!("{}/?session_token={token}", self.url);
            post(&url, "application/x-www-form-urlencoded", "outcome=APPROVED").await?;
        }
        call = self.post_json("result", &json!({"company_key": DEFAULT_COMPANY_KEY, "session_token": token})).await?;
        let result: Value = serde_json::from_slice(&call.answer)?;
        let wanted = if endpoint == Endpoint::ResultApproved { "APPROVED" } else { "IN_PROGRESS" };
        if result["result"] != wanted {
            return Err(format!("{:?} answers {} instead of {wanted}", self.side, result["result"]).into());
        }
        Ok(call)
    }

    async fn post_json(&self, method: &str, parameters: &Value) -> Result<Call, Box<dyn Error>> {
        let (url, body) = (format!("{}/external-api/{method}/", self.url), parameters.to_string());
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
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn post(url: &str, content_type: &str, body: &str) -> Result<Bytes, Box<dyn Error>> {
    // The widget sends the browser to the `return_url`, which is not to be followed.
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    let response = client.post(url).header(CONTENT_TYPE, content_type).body(body.to_owned()).send().await?;
    let (status, answer) = (response.status(), response.bytes().await?);
    if status.is_client_error() || status.is_server_error() {
        return Err(format!("{url} answers {status}: {}", String::from_utf8_lossy(&answer)).into());
    }
    Ok(answer)
}
