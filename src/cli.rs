//! The command line: serve (the default) and health.

mod settings;
mod values;
mod watch;

use std::{
    error::Error,
    fs,
    io::{self, IsTerminal, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::{CommandFactory, Parser, Subcommand};
use http_body_util::{BodyExt, Empty};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};

use self::{settings::Settings, values::LogFormat, watch::Watching};
use crate::{
    data_file::irregular,
    dialect::ResultCase,
    mock::Mock,
    server::{MockServer, STOP_DEADLINE, local_url},
    tenant::Tenant,
    vendor_error::MOST_NAMED,
};

/// A stand-in for the Identomat identity-verification service, for tests and laptops.
///
/// Without a command it serves. Every setting is a flag, an environment variable and a key of the config file; the flag
/// is the strongest, then the variable, then the file.
#[derive(Debug, Parser)]
#[command(name = "identomat-mock", version)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until SIGTERM or Ctrl-C (this is what happens without a command)
    Serve,
    /// Ask a running server whether it is ready; exit status 0 when it is, 1 when it is not
    Health {
        /// The base URL of the server; otherwise host and port of the settings are asked
        #[arg(long, value_name = "URL")]
        url: Option<String>,
    },
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let CommandLine { command, settings } = CommandLine::parse();
    let done = settings.with_file().and_then(|settings| {
        let runtime = tokio::runtime::Runtime::new()?;
        let done = match command {
            None | Some(Command::Serve) => runtime.block_on(serve(settings)),
            Some(Command::Health { url }) => runtime.block_on(health(settings, url)),
        };
        // Nobody waits for work that does not end, such as a line to a full pipe.
        runtime.shutdown_timeout(STOP_DEADLINE);
        done
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How long `health` waits for an answer.
const HEALTH_DEADLINE: Duration = Duration::from_secs(2);

type Done = Result<(), Box<dyn Error>>;

async fn serve(settings: Settings) -> Done {
    let _log = start_log(&settings);
    let (format, ready_file) = (settings.log_format(), settings.ready_file.clone());
    warn_of_unknown_variables();
    if let Some(path) = &ready_file {
        check_ready_file(path)?;
        remove_left_over(path)?;
    }
    let mut stop = StopSignals::listen()?;
    let (watches, config_file) = (settings.watch(), settings.config_file());
    // A task of its own: files on a slow disk do not keep a signal waiting.
    let starting = tokio::spawn(MockServer::serve(settings.into_config()?));
    let server = tokio::select! {
        started = starting => started??,
        () = stop.received() => return Ok(()),
    };
    let _watching = watches.then(|| Watching::start(server.mock().clone(), config_file.as_deref())).transpose()?;
    if let Some(path) = &ready_file {
        write_whole(path, &server.url())?;
    }
    let lines = first_lines(&server, format);
    // Nobody may be there to read it, or ever make room for it, which is no reason to stop or not to.
    let printed = tokio::task::spawn_blocking(move || io::stdout().write_all(lines.as_bytes()));
    tell_dialect(server.mock());
    tokio::select! {
        _ = printed => stop.received().await,
        () = stop.received() => {}
    }
    tracing::info!("stopping");
    server.shutdown().await;
    if let Some(path) = &ready_file {
        remove_if_there(path)?;
    }
    Ok(())
}

/// SIGTERM and Ctrl-C. On Unix both are listened for from before the port is bound, so that none is missed.
struct StopSignals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl StopSignals {
    #[cfg(unix)]
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    #[cfg(unix)]
    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn received(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// What standard output says when the server answers: where it is and what it knows. Test runners read the first line.
fn first_lines(server: &MockServer, format: LogFormat) -> String {
    let mock = server.mock();
    let (listening, url, scenarios) = (server.local_url(), server.url(), server.scenarios());
    let companies: Vec<_> = mock.tenants.configured().iter().map(|tenant| &tenant.company).collect();
    let widget = server.widget_url("TOKEN");
    match format {
        LogFormat::Text => {
            let key = |company: &&crate::Company| match company.secret {
                Some(_) => format!("{} (signed)", company.key),
                None => company.key.clone(),
            };
            let mut keys: Vec<_> = companies.iter().take(MOST_NAMED).map(key).collect();
            if companies.len() > MOST_NAMED {
                keys.push(format!("and {} more", companies.len() - MOST_NAMED));
            }
            let public = if url == listening { String::new() } else { format!(" as {url}") };
            format!(
                "identomat-mock listens on {listening}{public}\n  company keys: {}\n  scenarios: {}, of which a session \
                 that names none takes {}\n  widget: {widget}\n",
                keys.join(", "),
                scenarios.len(),
                mock.config.scenario,
            )
        }
        LogFormat::Json => {
            let keys: Vec<_> = companies
                .iter()
                .map(|company| json!({"company_key": company.key, "signed": company.secret.is_some()}))
                .collect();
            let line = json!({
                "listening": listening, "url": url, "companies": keys, "scenarios": scenarios, "widget": widget,
            });
            format!("{line}\n")
        }
    }
}

/// Says in the log which dialect is spoken, as clients of the other wait for ever.
fn tell_dialect(mock: &Mock) {
    let is_upper = |tenant: &Arc<Tenant>| mock.config.wording(&tenant.company).result_case == ResultCase::Upper;
    if mock.tenants.configured().iter().any(is_upper) {
        tracing::info!(
            "results are written as the vendor's manual does (APPROVED); recorded live answers are lower case \
             (approved): --dialect live sends those. A client that knows the lower case alone waits for ever otherwise"
        );
    }
}

/// Starts the log; what is still to be written is written when the guard is dropped.
///
/// Lines go to a thread of their own, and are dropped when it cannot keep up: a test runner that does not read the
/// log must not bring the server to a halt.
fn start_log(settings: &Settings) -> WorkerGuard {
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(10_000).finish(io::stderr());
    let log = tracing_subscriber::fmt()
        .with_max_level(settings.log_level())
        .with_writer(writer)
        .with_ansi(io::stderr().is_terminal());
    match settings.log_format() {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    guard
}

/// Refuses a ready file that would not be one: writing to a pipe or a device may wait for ever.
fn check_ready_file(path: &Path) -> Done {
    for path in [path, &partial(path)] {
        if let Some(kind) = fs::metadata(path).ok().as_ref().and_then(irregular) {
            return Err(format!("--ready-file: `{}` is {kind}; name a regular file or none yet", path.display()).into());
        }
    }
    Ok(())
}

fn partial(path: &Path) -> PathBuf {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    partial.into()
}

/// Writes a file so that a reader sees all of it or none.
fn write_whole(path: &Path, text: &str) -> Done {
    let partial = partial(path);
    let written = fs::write(&partial, format!("{text}\n")).and_then(|()| fs::rename(&partial, path));
    written.map_err(|error| format!("cannot write the ready file `{}`: {error}", path.display()).into())
}

/// Removes the ready file of a run before, which would say that this one is ready. The file of a server that still
/// runs stays: this start may fail because of it.
fn remove_left_over(path: &Path) -> Done {
    let url = fs::read_to_string(path).unwrap_or_default();
    let address: Option<SocketAddr> = url.trim().trim_start_matches("http://").parse().ok();
    let connect = |address| TcpStream::connect_timeout(&address, Duration::from_millis(200));
    if address.is_some_and(|address| connect(address).is_ok()) { Ok(()) } else { remove_if_there(path) }
}

/// A misspelled variable would be a setting that is silently not made.
fn warn_of_unknown_variables() {
    let command = CommandLine::command();
    let known: Vec<_> = command.get_arguments().filter_map(|argument| argument.get_env()).collect();
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("IDENTOMAT_MOCK_") && !known.contains(&name.as_os_str()) {
            tracing::warn!("there is no setting `{}`; it counts for nothing", name.to_string_lossy());
        }
    }
}

fn remove_if_there(path: &Path) -> Done {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(format!("cannot remove the old ready file `{}`: {error}", path.display()).into())
        }
        _ => Ok(()),
    }
}

async fn health(settings: Settings, url: Option<String>) -> Done {
    let url = match url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => {
            let config = settings.into_config()?;
            if config.port == 0 {
                return Err("with port 0 nobody knows the port beforehand; say where the server is with --url".into());
            }
            local_url(SocketAddr::new(config.host, config.port))
        }
    };
    let uri: hyper::Uri = format!("{url}/__admin/health/ready").parse().map_err(|_| format!("`{url}` is not a URL"))?;
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
    let asked = async {
        let response = client.get(uri).await.map_err(|error| {
            let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            format!("{url} does not answer: {error}{cause}")
        })?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| format!("{url} breaks off: {error}"))?;
        let body: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
        if status.is_success() && body["status"] == "ready" {
            return Ok(());
        }
        Err(format!("{url} answers {status}, but not as an identomat-mock that is ready").into())
    };
    tokio::time::timeout(HEALTH_DEADLINE, asked)
        .await
        .unwrap_or_else(|_| Err(format!("{url} does not answer within {HEALTH_DEADLINE:?}").into()))
}
