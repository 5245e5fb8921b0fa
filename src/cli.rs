//! The command line: serve (the default), and the other commands.

mod ca;
mod check;
mod command_line;
mod coverage;
mod demo;
mod health;
mod manual;
mod memory;
mod open_files;
mod reload;
mod scenarios;
mod schema;
mod settings;
mod signals;

use std::{
    env,
    error::Error,
    fmt, fs,
    io::{self, IsTerminal, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use serde_json::json;
use tracing::field::Field;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    field::MakeExt,
    fmt::format::{Writer, debug_fn},
};

use self::{
    check::{CheckFailed, check},
    command_line::{Command, CommandLine},
    demo::DemoMode,
    health::health,
    reload::{ReloadTask, WatchedFiles},
    settings::{LogFormat, ProcessSettings, SettingsArgs, warn_of_renamed, warn_of_variables},
    signals::StopSignals,
};
use crate::{
    company::{Company, Tenant},
    data_file::special_file_kind,
    foreign_text::{MAX_NAMED, on_one_line},
    mock::MockService,
    server::{MockServer, runtime::MockRuntime},
    vendor::ResultCase,
};

/// Runs the command line of this process. `return_memory` returns free memory to the system; it depends on the
/// allocator, which the binary chooses.
pub fn run(return_memory: fn()) -> ExitCode {
    let CommandLine { command, settings } =
        CommandLine::read(env::args_os().collect()).unwrap_or_else(|error| error.exit());
    match SettingsArgs::in_environment() {
        Ok(environment) => run_command(command, settings.over(environment), return_memory),
        Err(problem) => failed(&problem),
    }
}

fn run_command(command: Option<Command>, settings: SettingsArgs, return_memory: fn()) -> ExitCode {
    let done = match command {
        None => in_runtime(serve(settings, None, return_memory)),
        Some(Command::Serve { settings: own }) => in_runtime(serve(own.over(settings), None, return_memory)),
        Some(Command::Demo(demo)) => {
            let showing = demo.showing();
            in_runtime(serve(demo.settings.over(settings), Some(showing), return_memory))
        }
        Some(Command::Check(asked)) => check(asked, settings),
        Some(Command::Scenarios(asked)) => scenarios::scenarios(asked, settings),
        Some(Command::Scenario(asked)) => scenarios::scenario(asked, settings),
        Some(Command::Schema(asked)) => schema::schema(asked),
        Some(Command::New(asked)) => scenarios::new(asked, settings),
        Some(Command::Completions(asked)) => manual::completions(asked),
        Some(Command::Man(asked)) => manual::man(asked),
        Some(Command::Ca(command)) => ca::ca(command, settings),
        Some(Command::Health(asked)) => in_runtime(health(asked, settings)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&*error),
    }
}

fn failed(error: &(dyn Error + 'static)) -> ExitCode {
    if !error.is::<CheckFailed>() {
        eprintln!("error: {error}");
    }
    ExitCode::FAILURE
}

/// How long background work may continue at the end.
const LAST_WORK: Duration = Duration::from_millis(500);

fn in_runtime(command: impl Future<Output = CommandResult>) -> CommandResult {
    let runtime = tokio::runtime::Runtime::new()?;
    let done = runtime.block_on(command);
    // Work that does not end, such as a line to a full pipe, is abandoned.
    runtime.shutdown_timeout(LAST_WORK);
    done
}

type CommandResult = Result<(), Box<dyn Error>>;

/// Prints the output of a command. A closed pipe is no error: the reader has seen enough.
fn print(text: impl AsRef<[u8]>) -> CommandResult {
    match io::stdout().write_all(text.as_ref()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Serves, with the demo page if requested.
async fn serve(settings: SettingsArgs, demo: Option<DemoMode>, return_memory: fn()) -> CommandResult {
    let flags = settings.clone();
    let settings = settings.with_file()?;
    let process = settings.process()?;
    let _log = start_log(&process);
    let ProcessSettings { watch: watches, ready_file, coverage, log_format: format, .. } = process;
    let report = coverage.as_deref().map(coverage::CoverageReportFile::prepare).transpose()?;
    warn_of_variables();
    warn_of_renamed(&settings);
    if let Some(path) = &ready_file {
        check_ready_file(path)?;
        remove_left_over(path)?;
    }
    let mut stop = StopSignals::listen()?;
    let mut config = settings.into_config()?;
    if demo.is_some() && !config.control_api.enabled {
        return Err("the demo needs the control API; remove --no-admin".into());
    }
    let mut sources = WatchedFiles::new(flags, &config);
    if watches && sources.is_empty() {
        return Err("--watch: nothing to watch; set --scenarios, --fixtures or --config".into());
    }
    open_files::fit(&mut config);
    // A separate task: files on a slow disk must not delay a signal.
    let starting = tokio::spawn(async move {
        sources.remember(watches);
        MockServer::serve(config, MockRuntime::current()).await.map(|server| (server, sources))
    });
    let (server, sources) = tokio::select! {
        started = starting => started?.map_err(|error| error.message())?,
        () = stop.received() => return Ok(()),
    };
    let _reloading = ReloadTask::start(sources, server.mock().clone(), watches)?;
    if let Some(path) = &ready_file {
        let (public, local) = (server.url().to_owned(), server.local_url());
        write_whole(path, &if public == local { public } else { format!("{public}\n{local}") })?;
    }
    let lines = first_lines(&server, format, demo.is_some());
    // Standard output may have no reader, or a slow one; that must not affect the server.
    let printed = tokio::task::spawn_blocking(move || io::stdout().write_all(lines.as_bytes()));
    log_dialect(server.mock());
    if let Some(DemoMode::Opened) = demo {
        demo::open(&server);
    }
    let giving_back = tokio::spawn(memory::give_back(server.mock().clone(), return_memory));
    tokio::select! {
        _ = printed => stop.received().await,
        () = stop.received() => {}
    }
    giving_back.abort();
    tracing::info!("stopping");
    let mock = server.mock().clone();
    server.shutdown().await;
    if let Some(report) = report {
        report.write(&mock.coverage(None, true))?;
    }
    if let Some(path) = &ready_file {
        remove_if_there(path)?;
    }
    Ok(())
}

/// Returns the startup lines of standard output: URLs, companies and scenarios. Test runners read the first line.
fn first_lines(server: &MockServer, format: LogFormat, has_demo: bool) -> String {
    let mock = server.mock();
    let (listening, url, catalogue) = (server.local_url(), server.url(), mock.catalogue());
    let scenarios = catalogue.scenarios.names();
    let setups: Vec<_> = mock.tenants.permanent().iter().map(|tenant| tenant.settings()).collect();
    let companies: Vec<_> = setups.iter().map(|setup| &setup.company).collect();
    let any = mock.config.any_company_key.as_ref();
    let widget = server.widget_url("TOKEN");
    let secure = server.secure_urls();
    match format {
        LogFormat::Text => {
            let key = |company: &Company| match company.secret {
                Some(_) => format!("{} (signed)", company.key),
                None => company.key.clone(),
            };
            let mut keys: Vec<_> = companies.iter().take(MAX_NAMED).copied().map(key).collect();
            if companies.len() > MAX_NAMED {
                keys.push(format!("and {} more", companies.len() - MAX_NAMED));
            }
            keys.extend(any.map(|any| format!("any like {}", key(any))));
            let public = if url == listening { String::new() } else { format!(" as {url}") };
            let tls = if secure.is_empty() {
                String::new()
            } else {
                format!("  https: {} (`identomat-mock ca export` prints the CA to trust)\n", secure.join(", "))
            };
            let demo = if has_demo { format!("  demo: {}\n", demo::page(server)) } else { String::new() };
            format!(
                "identomat-mock listens on {listening}{public}\n  company keys: {}\n  scenarios: {}, default {}\n  \
                 widget: {widget}\n{tls}{demo}",
                keys.join(", "),
                scenarios.len(),
                on_one_line(&mock.config.scenario),
            )
        }
        LogFormat::Json => {
            let company = |company: &Company| json!({"company_key": company.key, "signed": company.secret.is_some()});
            let keys: Vec<_> = companies.iter().copied().map(company).collect();
            let mut line = json!({
                "listening": listening, "url": url, "companies": keys, "scenarios": scenarios, "widget": widget,
            });
            if !secure.is_empty() {
                line["https"] = secure.into();
            }
            if has_demo {
                line["demo"] = demo::page(server).into();
            }
            if let Some(any) = any {
                line["any_company"] = company(any);
            }
            format!("{line}\n")
        }
    }
}

/// Logs the dialect of results if the log goes to a terminal, because a client of the other dialect never recognizes a
/// result. Test runs start the binary often, so their log omits this line.
fn log_dialect(mock: &MockService) {
    if !io::stderr().is_terminal() {
        return;
    }
    let is_upper =
        |tenant: &Arc<Tenant>| mock.config.wording(&tenant.settings().company).result_case == ResultCase::Upper;
    if mock.tenants.permanent().iter().any(is_upper) {
        tracing::info!(
            "results are written as in the vendor's manual (APPROVED). The live service was seen to send lower case \
             (approved); --dialect live sends that. A client that accepts only lower case would wait forever"
        );
    }
}

/// Starts the log. Dropping the guard writes the remaining lines.
///
/// A separate thread writes the lines, and drops lines if it cannot keep up: a test runner that does not read the log
/// must not block the server.
fn start_log(settings: &ProcessSettings) -> WorkerGuard {
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(10_000).finish(io::stderr());
    let log = tracing_subscriber::fmt()
        .with_max_level(settings.log_level.filter())
        .with_writer(writer)
        .with_ansi(is_coloured(io::stderr().is_terminal()));
    match settings.log_format {
        LogFormat::Text => log.with_target(false).fmt_fields(debug_fn(write_field).delimited(" ")).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    guard
}

/// Writes a field of a log line. Its value may come from a client, and must not look like another line.
fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let value = format!("{value:?}");
    let value = on_one_line(&value);
    match field.name() {
        "message" => writer.write_str(&value),
        name => write!(writer, "{name}={value}"),
    }
}

/// Whether the log is coloured: according to `NO_COLOR` or `CLICOLOR_FORCE`, otherwise on a terminal.
fn is_coloured(is_terminal: bool) -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    let is_unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !is_unwanted && (is_terminal || is_set("CLICOLOR_FORCE"))
}

/// Refuses a ready file that is not a regular file: writing to a pipe or a device may block forever.
fn check_ready_file(path: &Path) -> CommandResult {
    for path in [path, &partial(path)] {
        if let Some(kind) = fs::metadata(path).ok().as_ref().and_then(special_file_kind) {
            return Err(format!(
                "--ready-file: `{}` is {kind}; name a regular file, or a path where none exists",
                path.display()
            )
            .into());
        }
    }
    Ok(())
}

fn partial(path: &Path) -> PathBuf {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    partial.into()
}

/// Writes a file atomically.
fn write_whole(path: &Path, text: &str) -> CommandResult {
    let partial = partial(path);
    let written = fs::write(&partial, format!("{text}\n")).and_then(|()| fs::rename(&partial, path));
    written.map_err(|error| format!("cannot write the ready file `{}`: {error}", path.display()).into())
}

/// Removes the ready file of a previous run, which would claim that this one is ready. The file of a server that still
/// runs stays, because this start may fail.
fn remove_left_over(path: &Path) -> CommandResult {
    let url = local_url_in(&fs::read_to_string(path).unwrap_or_default());
    let address: Option<SocketAddr> = url.trim_start_matches("http://").parse().ok();
    let connect = |address| TcpStream::connect_timeout(&address, Duration::from_millis(200));
    if address.is_some_and(|address| connect(address).is_ok()) { Ok(()) } else { remove_if_there(path) }
}

/// Returns the local URL in a ready file: its last line.
fn local_url_in(ready_file: &str) -> String {
    ready_file.lines().last().unwrap_or_default().trim().to_owned()
}

fn remove_if_there(path: &Path) -> CommandResult {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(format!("cannot remove the old ready file `{}`: {error}", path.display()).into())
        }
        _ => Ok(()),
    }
}
