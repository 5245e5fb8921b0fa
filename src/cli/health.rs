//! `health`: checks whether a running server is ready.

use std::{error::Error, fmt, fs, net::SocketAddr, time::Duration};

use http_body_util::{BodyExt, Empty};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::Value;

use super::{Command, CommandLine, CommandResult, demo::DemoArgs, local_url_in, settings::SettingsArgs};
use crate::{Config, data_file::special_file_kind, server::local_url};

/// Timeout of `health`.
const DEADLINE: Duration = Duration::from_secs(2);

/// The location of the server: a URL, otherwise its settings.
#[derive(Debug, clap::Args)]
pub(super) struct HealthArgs {
    /// Base URL of the server
    #[arg(long, value_name = "URL")]
    url: Option<String>,

    #[command(flatten)]
    settings: Box<SettingsArgs>,
}

impl HealthArgs {
    /// Returns the base URL of the server; `before` are the settings in front of the command.
    fn find(self, before: SettingsArgs) -> Result<String, Box<dyn Error>> {
        if let Some(url) = self.url {
            return Ok(url.trim_end_matches('/').to_owned());
        }
        let said = self.settings.over(before);
        let running = if said.tells_port() { None } else { running_server() };
        let settings = match running {
            Some(running) => running.over(said),
            None => said,
        };
        let settings = settings.with_file()?;
        if let Some(path) = &settings.process()?.ready_file {
            // The file exists only while the server runs.
            let failed = |problem: &dyn fmt::Display| {
                format!("the server is not ready: cannot read its ready file `{}`: {problem}", path.display())
            };
            let metadata = fs::metadata(path).map_err(|error| failed(&error))?;
            if let Some(kind) = special_file_kind(&metadata) {
                return Err(failed(&format_args!("it is {kind}")).into());
            }
            return Ok(local_url_in(&fs::read_to_string(path).map_err(|error| failed(&error))?));
        }
        let Config { host, port, .. } = settings.server()?;
        if port == 0 {
            return Err("with port 0 the port is not known in advance; set --url, or the same --ready-file for the \
                        server and this check"
                .into());
        }
        Ok(local_url(SocketAddr::new(host, port)))
    }
}

/// Returns the settings of the server on this machine or in this container, if there is exactly one.
///
/// A container's health check has only the environment, while the server may have flags.
fn running_server() -> Option<SettingsArgs> {
    let own = fs::read_link("/proc/self/exe").ok()?;
    let mut servers = fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| {
        let process = entry.path();
        let id: u32 = process.file_name()?.to_str()?.parse().ok()?;
        if id == std::process::id() || fs::read_link(process.join("exe")).ok()? != own {
            return None;
        }
        let arguments = String::from_utf8(fs::read(process.join("cmdline")).ok()?).ok()?;
        let arguments = arguments.trim_end_matches('\0').split('\0');
        let line = CommandLine::read(arguments.map(Into::into).collect()).ok()?;
        match line.command {
            None => Some(line.settings),
            Some(Command::Serve { settings } | Command::Demo(DemoArgs { settings, .. })) => {
                Some(settings.over(line.settings))
            }
            Some(_) => None,
        }
    });
    servers.next().filter(|_| servers.next().is_none())
}

/// Checks the server; `before` are the settings in front of the command.
pub(super) async fn health(asked: HealthArgs, before: SettingsArgs) -> CommandResult {
    let url = asked.find(before)?;
    let uri: hyper::Uri = format!("{url}/__admin/health/ready").parse().map_err(|_| format!("`{url}` is not a URL"))?;
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
    let asked = async {
        let response = client.get(uri).await.map_err(|error| {
            let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            format!("{url} does not respond: {error}{cause}")
        })?;
        let status = response.status();
        let body = response
            .into_body()
            .collect()
            .await
            .map_err(|error| format!("{url} closed the connection early: {error}"))?;
        let body: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
        if status.is_success() && body["status"] == "ready" {
            println!("{url} is ready");
            return Ok(());
        }
        Err(format!("{url} returned {status}, but is not an identomat-mock that is ready").into())
    };
    tokio::time::timeout(DEADLINE, asked)
        .await
        .unwrap_or_else(|_| Err(format!("{url} did not respond within {DEADLINE:?}").into()))
}
