//! The binary: its line at the start, its ready file, its health check, its end.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::harness::{LIMIT, eventually_blocking};

/// The binary with no setting of the surrounding environment.
pub(crate) fn binary(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_identomat-mock"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("IDENTOMAT_MOCK_")) {
        command.env_remove(name);
    }
    command.args(arguments);
    command
}

pub(crate) fn output(command: &mut Command) -> Output {
    command.output().expect("the binary runs")
}

/// A serving binary; it is killed when it is dropped.
pub(crate) struct Serving {
    child: Child,
    /// What standard output said at the start.
    pub(crate) said: String,
}

impl Serving {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::spawn(binary(&["--port", "0"]).args(arguments))
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let mut said = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        while stdout.read_line(&mut said).expect("a line") > 0 && !said.contains("widget") {}
        Self { child, said }
    }

    pub(crate) fn url(&self) -> &str {
        let rest = self.said.strip_prefix("identomat-mock listens on ").expect("the line says where");
        rest.split_whitespace().next().expect("a URL")
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The lines of the log as they come.
    pub(crate) fn log(&mut self) -> Log {
        let log = BufReader::new(self.child.stderr.take().expect("stderr is piped"));
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || log.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Log(lines)
    }

    /// Sends SIGTERM, waits for the end, and answers how long it took, the exit code and the log.
    pub(crate) fn terminate(self) -> (Duration, Option<i32>, String) {
        self.stop("TERM")
    }

    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().expect("kill runs").success());
    }

    fn stop(mut self, signal: &str) -> (Duration, Option<i32>, String) {
        let started = Instant::now();
        self.signal(signal);
        let code = self.child.wait().expect("it ends").code();
        let mut log = String::new();
        self.child.stderr.take().expect("stderr is piped").read_to_string(&mut log).expect("text");
        (started.elapsed(), code, log)
    }
}

pub(crate) struct Log(mpsc::Receiver<String>);

impl Log {
    /// Waits for a line that says this, and answers it.
    #[track_caller]
    pub(crate) fn line_with(&self, words: &str) -> String {
        let mut seen = Vec::new();
        while let Ok(line) = self.0.recv_timeout(LIMIT) {
            if line.contains(words) {
                return line;
            }
            seen.push(line);
        }
        panic!("no line says `{words}`: {seen:#?}");
    }

    /// Whether a line has come that says this.
    pub(crate) fn has_said(&self, words: &str) -> bool {
        self.0.try_iter().any(|line| line.contains(words))
    }

    /// Stops the server; answers the lines that are left.
    pub(crate) fn rest_after(self, serving: Serving) -> Vec<String> {
        drop(serving);
        self.0.iter().collect()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn begin(url: &str, key: &str) -> Value {
    let client = reqwest::Client::new();
    let call = client.post(format!("{url}/external-api/begin/")).json(&json!({"company_key": key}));
    call.send().await.expect("an answer").json().await.expect("JSON")
}

#[tokio::test]
async fn a_few_lines_say_address_keys_scenarios_and_widget() {
    let serving = Serving::start(&["--company-key", "first,second=not-a-real-secret"]);
    let url = serving.url().to_owned();
    let scenarios = fs::read_dir("scenarios").unwrap().count();
    let expected = format!(
        "identomat-mock listens on {url}\n  company keys: first, second (signed)\n  scenarios: {scenarios}, default approved\n  widget: {url}/?session_token=TOKEN\n"
    );
    assert_eq!(serving.said, expected);
    assert_eq!(begin(&url, "first").await.as_str().map(str::len), Some(40));

    let (_, code, log) = serving.terminate();
    assert_eq!(code, Some(0));
    assert!(!log.contains("dialect"), "a test run need not read it at every start: {log}");
}

#[tokio::test]
async fn the_line_is_json_where_the_log_is() {
    let serving = Serving::start(&["--log-format", "json", "--company-key", "a-company"]);
    let line: Value = serde_json::from_str(&serving.said).unwrap();
    assert_eq!(line["companies"], json!([{"company_key": "a-company", "signed": false}]));
    assert!(line["scenarios"].as_array().unwrap().contains(&json!("rejected")));
    let url = line["url"].as_str().unwrap().to_owned();
    assert_eq!(line["widget"], format!("{url}/?session_token=TOKEN"));
    assert_eq!(begin(&url, "wrong").await, "COMPANY_KEY_INVALID");

    let (_, _, log) = serving.terminate();
    let entries: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let refused = entries.iter().find(|entry| entry["level"] == "WARN").expect("the refusal is logged");
    assert_eq!(refused["error"], "COMPANY_KEY_INVALID");
    assert_eq!(refused["message"], "there is no company key `wrong`; known: a-company");
}

#[tokio::test]
async fn demo_serves_and_opens_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let (opener, opened) = (folder.path().join("xdg-open"), folder.path().join("opened"));
    fs::write(&opener, format!("#!/bin/sh\necho \"$1\" > {}\n", opened.display())).unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let ready = folder.path().join("ready");
    let mut command = binary(&["demo", "--open", "--port", "0", "--log-format", "json", "--company-key", "a-company"]);
    let serving = Serving::spawn(command.arg("--ready-file").arg(&ready).env("PATH", path));
    let line: Value = serde_json::from_str(&serving.said).unwrap();
    let page = format!("{}/__widget/demo", line["url"].as_str().unwrap());
    assert_eq!(line["demo"], page);
    wait_for(&opened, |text| text.trim_end() == page);
    assert!(reqwest::get(&page).await.unwrap().text().await.unwrap().contains("<h1>Widget demo</h1>"));
    assert!(begin(line["url"].as_str().unwrap(), "a-company").await.is_string(), "settings are as ever");

    // Where nothing can be opened, it is said, and served.
    let mut serving = Serving::spawn(binary(&["demo", "--open", "--port", "0"]).env("PATH", "/nowhere"));
    serving.log().line_with(&format!("open {}/__widget/demo in a browser", serving.url()));
}

#[test]
fn demo_prints_where_the_page_is_and_needs_the_control_api() {
    let mut child = binary(&["--port", "0", "demo"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines: Vec<_> = BufReader::new(child.stdout.take().unwrap()).lines().take(5).map(Result::unwrap).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    let url = lines[0].strip_prefix("identomat-mock listens on ").unwrap();
    assert_eq!(lines[4], format!("  demo: {url}/__widget/demo"));

    let refused = output(&mut binary(&["demo", "--port", "0", "--no-admin"]));
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.ends_with("error: the demo needs the control API; remove --no-admin\n"), "{said}");
}

#[tokio::test]
async fn the_ready_file_has_the_url_while_the_server_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ready");
    fs::write(&path, "left over").unwrap();
    let mut command = binary(&["--port", "0", "--ready-file"]);
    let serving = Serving::spawn(command.arg(&path));
    wait_for(&path, |text| text.ends_with('\n'));
    let url = fs::read_to_string(&path).unwrap();
    assert_eq!(url.trim_end(), serving.url());
    assert!(begin(url.trim_end(), identomat_mock::DEFAULT_COMPANY_KEY).await.is_string());
    serving.terminate();
    assert!(!path.exists(), "a server that is gone is not ready");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing else is left");
}

fn wait_for(path: &Path, is_so: impl Fn(&str) -> bool) {
    let what = format!("{} is another", path.display());
    eventually_blocking(LIMIT, &what, || fs::read_to_string(path).is_ok_and(|text| is_so(&text)));
}

/// Starts it on a terminal, whose output goes to that file too.
#[cfg(target_os = "linux")]
fn on_a_terminal(ready_file: &Path, output: &str) -> Child {
    let binary = env!("CARGO_BIN_EXE_identomat-mock");
    let command = format!("exec {binary} --port 0 --ready-file {}", ready_file.display());
    let mut terminal = Command::new("script");
    terminal.args(["--quiet", "--flush", "--command", &command, output]).stdin(Stdio::piped()).stdout(Stdio::null());
    let terminal = terminal.spawn().unwrap();
    wait_for(ready_file, |text| text.starts_with("http"));
    terminal
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_it_says_which_dialect_it_speaks() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("output");
    let mut terminal = on_a_terminal(&folder.path().join("ready"), output.to_str().unwrap());
    wait_for(&output, |text| text.contains("send lower case (approved); --dialect live sends that"));
    terminal.kill().unwrap();
    terminal.wait().unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn it_stops_with_the_terminal_in_which_it_was_started() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ready");
    let mut terminal = on_a_terminal(&path, "/dev/null");
    terminal.kill().unwrap();
    terminal.wait().unwrap();
    eventually_blocking(LIMIT, "it stops", || !path.exists());
}

#[test]
fn health_tells_a_server_that_answers_from_one_that_does_not() {
    let serving = Serving::start(&[]);
    let port = serving.url().rsplit(':').next().unwrap().to_owned();
    let url = serving.url().to_owned();
    for arguments in [&["health", "--port", &port][..], &["health", "--url", &url], &["--port", &port, "health"]] {
        let health = output(&mut binary(arguments));
        assert!(health.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&health.stderr));
    }
    let everywhere = output(binary(&["health", "--host", "0.0.0.0"]).env("IDENTOMAT_MOCK_PORT", &port));
    assert!(everywhere.status.success(), "{}", String::from_utf8_lossy(&everywhere.stderr));

    serving.terminate();
    let health = output(&mut binary(&["health", "--port", &port]));
    assert_eq!(health.status.code(), Some(1));
    let said = String::from_utf8_lossy(&health.stderr).into_owned();
    assert!(said.starts_with(&format!("error: http://127.0.0.1:{port} does not respond: ")), "{said}");
}

#[test]
fn health_prints_one_line_and_has_its_own_help() {
    let serving = Serving::start(&[]);
    let health = output(&mut binary(&["health", "--url", serving.url()]));
    assert_eq!(String::from_utf8_lossy(&health.stdout), format!("{} is ready\n", serving.url()));
    let help = String::from_utf8(output(&mut binary(&["health", "--help"])).stdout).unwrap();
    assert!(help.contains("If nothing names the server, the one running on this machine"), "{help}");
    let mut flags: Vec<_> = help.lines().filter_map(|line| line.trim().strip_prefix("--")).collect();
    flags.retain(|line| !line.is_empty() && !line.starts_with("help"));
    let flags: Vec<_> = flags.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(flags, ["url", "host", "port", "config", "ready-file"]);
}

#[test]
fn the_help_of_commands_about_files_has_no_settings_of_the_server() {
    for (command, flags) in [
        (
            &["check"][..],
            &["--format", "--scenario", "--outcome-trigger", "--scenarios", "--no-builtin-scenarios", "--fixtures"][..],
        ),
        (&["scenarios"], &["--scenarios", "--no-builtin-scenarios"]),
        (&["scenario"], &["--scenarios", "--no-builtin-scenarios"]),
        (&["new", "scenario"], &["--scenarios", "--no-builtin-scenarios"]),
    ] {
        let help = String::from_utf8(output(binary(command).arg("--help")).stdout).unwrap();
        let names = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
        let names = names.flat_map(|line| line.split([' ', '[', '=']).filter(|word| word.starts_with("--")).take(1));
        let mut names: Vec<_> = names.filter(|name| !["--help", "--config"].contains(name)).collect();
        let mut flags = flags.to_vec();
        names.sort_unstable();
        flags.sort_unstable();
        assert_eq!(names, flags, "{help}");
        assert!(help.contains("All settings of the server are accepted"), "{help}");
        assert!(help.lines().count() < 50, "{help}");
    }
    // A setting that the help does not show is taken all the same.
    let said = output(&mut binary(&["scenarios", "--max-depth", "x"]));
    assert!(String::from_utf8_lossy(&said.stderr).contains("`x` is not a whole number of 0 or more"));
}

#[test]
fn health_finds_the_server_by_ready_file_config_or_as_the_only_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    // A program of its own, as in a container: no other test runs it.
    let program = path("identomat-mock");
    fs::copy(env!("CARGO_BIN_EXE_identomat-mock"), &program).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.env_clear().args(arguments);
        command
    };
    let asked = |arguments: &[&str]| {
        let health = output(&mut run(arguments));
        assert!(health.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&health.stderr));
        String::from_utf8(health.stdout).unwrap()
    };
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    fs::write(path("config.yaml"), format!("port: {port}\n")).unwrap();
    let ready = path("ready");
    for arguments in [
        &["--port", &port.to_string()][..],
        &["serve", "--config", &path("config.yaml")],
        &["--port", "0", "--ready-file", &ready, "--public-url", "https://identomat.test"],
    ] {
        let serving = Serving::spawn(&mut run(arguments));
        let said = format!("{} is ready\n", serving.url());
        assert_eq!(asked(&["health"]), said, "{arguments:?}");
        if arguments.contains(&"--ready-file") {
            assert_eq!(asked(&["health", "--ready-file", &ready]), said);
            assert_eq!(fs::read_to_string(&ready).unwrap(), format!("https://identomat.test\n{}\n", serving.url()));
        } else {
            assert_eq!(asked(&["health", "--config", &path("config.yaml")]), said);
        }
        serving.terminate();
    }
    let health = output(&mut run(&["health", "--ready-file", &ready]));
    let said = String::from_utf8_lossy(&health.stderr).into_owned();
    assert!(said.starts_with("error: the server is not ready: cannot read its ready file `"), "{said}");
    let health = output(&mut run(&["health", "--ready-file", "/dev/zero"]));
    let said = String::from_utf8_lossy(&health.stderr).into_owned();
    assert!(said.ends_with("`/dev/zero`: it is a pipe, a device or a socket\n"), "{said}");
}

#[tokio::test]
async fn a_line_of_the_log_cannot_be_forged() {
    let serving = Serving::start(&["--log-level", "debug"]);
    let url = serving.url().to_owned();
    let forged = "x\r\n2026-01-01T00:00:00Z ERROR forged\u{1b}[2J\u{2028}\u{2029}\u{202e}\u{85}";
    begin(&url, forged).await;
    let client = reqwest::Client::new();
    let body =
        json!({"company_key": identomat_mock::DEFAULT_COMPANY_KEY, "flags": {forged: true}, "session_token": forged});
    for path in ["begin", "result"] {
        client.post(format!("{url}/external-api/{path}/")).json(&body).send().await.unwrap();
    }
    client.post(format!("{url}/?session_token=x")).body(format!("outcome={forged}")).send().await.unwrap();
    let (_, _, log) = serving.terminate();
    for line in log.lines() {
        assert!(
            line.starts_with("20") && !line.contains(['\u{1b}', '\u{2028}', '\u{2029}', '\u{202e}', '\u{85}']),
            "{line:?}"
        );
        assert!(!line.starts_with("2026-01-01"), "{line:?}");
    }
    assert!(log.contains("there is no company key `x\\r\\n2026-01-01T00:00:00Z ERROR forged"), "{log}");
}

#[tokio::test]
async fn the_log_tells_odd_things_once_and_each_call_with_session_and_time() {
    let serving = Serving::start(&["--log-level", "debug", "--company-key", "one,other"]);
    let client = reqwest::Client::new();
    let mut tokens = Vec::new();
    for key in ["one", "one", "other"] {
        let body = json!({"company_key": key, "flags": {"liveliness": true}, "steps": [{"type": "lifeness"}]});
        let call = client.post(format!("{}/external-api/begin/", serving.url())).json(&body);
        tokens.push(call.send().await.unwrap().json::<String>().await.unwrap());
    }
    let (_, _, log) = serving.terminate();
    for key in ["one", "other"] {
        for odd in ["unknown flag `liveliness`", "unknown step type `lifeness`"] {
            let said = |line: &&str| {
                line.contains(" WARN ") && line.contains(odd) && line.contains(&format!("company=\"{key}\""))
            };
            assert_eq!(log.lines().filter(said).count(), 1, "{key}: {odd}\n{log}");
        }
    }
    for token in tokens {
        let line = log.lines().find(|line| line.contains("vendor call") && line.contains(&token)).expect(&log);
        let took = line.split("took=").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
        assert!(took.parse::<u64>().is_ok(), "{line}");
    }
}

#[test]
fn colours_are_as_the_user_says() {
    let coloured = |variables: &[(&str, &str)]| {
        let serving = Serving::spawn(binary(&["--port", "0"]).envs(variables.iter().copied()));
        let (_, _, log) = serving.terminate();
        log.contains('\u{1b}')
    };
    assert!(!coloured(&[]), "a pipe is no terminal");
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "0")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn help_wraps_and_a_mistyped_flag_is_told_the_right_one() {
    for width in [60, 90] {
        let help = output(binary(&["--help"]).env("COLUMNS", width.to_string()));
        let help = String::from_utf8(help.stdout).unwrap();
        // A word that is longer than a line stays whole.
        let too_long = |line: &&str| line.chars().count() > width && line.trim().contains(' ');
        assert_eq!(help.lines().filter(too_long).collect::<Vec<_>>(), [""; 0]);
        let longest = help.lines().map(|line| line.chars().count()).filter(|length| *length <= width).max();
        assert!(longest > Some(width - 10), "lines are as long as they may be: {longest:?} of {width}");
    }
    let said = String::from_utf8(output(&mut binary(&["--scenaro", "x"])).stderr).unwrap();
    assert!(said.contains("tip: a similar argument exists: '--scenario'"), "{said}");
}

#[test]
fn doubts_about_scenarios_are_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = "description: a\nsteps: [{type: lifeness}]\noperator_answers: {q: a}\nstages: [{result: REJECTED, \
                    reject_reason: ugly}]\n";
    fs::write(folder.path().join("odd.yaml"), scenario).unwrap();
    let serving = Serving::start(&["--scenarios", folder.path().to_str().unwrap()]);
    let (_, _, log) = serving.terminate();
    let warnings: Vec<_> = log.lines().filter_map(|line| line.split_once(" WARN ")).map(|(_, said)| said).collect();
    assert_eq!(warnings.len(), 3, "{log}");
    for (warning, start) in warnings.iter().zip([
        "2:8: unknown step type `lifeness` has no effect",
        "3:23: `operator_answers` has the question `q`, which no step for the operator has",
        "4:44: the reject_reason `ugly` is not a known one; seen were face_mismatch, ",
    ]) {
        let start = format!("{}:{start}", folder.path().join("odd.yaml").display());
        assert!(warning.starts_with(&start), "{warning}");
    }
}

#[test]
fn health_does_not_take_another_server_for_a_mock() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let other = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let _ = socket.read(&mut [0; 1024]);
        socket.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let health = output(&mut binary(&["health", "--url", &url]));
    other.join().unwrap();
    assert_eq!(health.status.code(), Some(1));
    let said = String::from_utf8_lossy(&health.stderr).into_owned();
    let words = "404 Not Found, but is not an identomat-mock that is ready";
    assert_eq!(said, format!("error: {url} returned {words}\n"));
}

#[test]
fn sigterm_stops_it_with_half_a_request_open() {
    let serving = Serving::start(&[]);
    let address = serving.url().trim_start_matches("http://").to_owned();
    let mut idle = TcpStream::connect(&address).unwrap();
    idle.write_all(b"GET /__admin/health/ready HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let _ = idle.read(&mut [0; 1024]).unwrap();
    let mut half = TcpStream::connect(&address).unwrap();
    half.write_all(b"POST /external-api/begin/ HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{\"comp").unwrap();
    assert_stops_at_once(serving);
}

#[tokio::test]
async fn a_log_that_nobody_reads_stops_nothing() {
    let serving = Serving::start(&["--log-level", "debug"]);
    let url = serving.url().to_owned();
    // More than a pipe holds; nobody reads it.
    for _ in 0..1000 {
        assert_eq!(begin(&url, "wrong").await, "COMPANY_KEY_INVALID");
    }
    // With the log stuck and half a request open, it stops in time all the same.
    let mut half = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    half.write_all(b"POST /external-api/begin/ HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{").unwrap();
    assert_stops_at_once(serving);
}

#[test]
fn a_full_standard_output_stops_nothing() {
    let (_reader, mut writer) = std::io::pipe().unwrap();
    // As much as a pipe holds.
    writer.write_all(&[b' '; 1 << 16]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ready");
    let mut command = binary(&["--port", "0", "--ready-file"]);
    let child = command.arg(&path).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&path, |text| text.ends_with('\n'));
    assert_stops_at_once(Serving { child, said: String::new() });
}

/// Sends SIGTERM and asserts that the process ends well, and long before the rest of a request would have to come.
#[track_caller]
fn assert_stops_at_once(mut serving: Serving) {
    serving.signal("TERM");
    let mut status = None;
    eventually_blocking(LIMIT, "it stops", || {
        status = serving.child.try_wait().unwrap();
        status.is_some()
    });
    assert_eq!(status.unwrap().code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn sigterm_stops_a_start_that_takes_long() {
    const SIGTERM: u32 = 15;
    let folder = tempfile::tempdir().unwrap();
    let stages = "  - {when: polls=1, result: APPROVED}\n".repeat(2000);
    for number in 0..200 {
        let path = folder.path().join(format!("{number}.yaml"));
        fs::write(path, format!("description: a\nstages:\n{stages}")).unwrap();
    }
    let scenarios = folder.path().to_str().unwrap();
    let child =
        binary(&["--port", "0", "--scenarios", scenarios]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let serving = Serving { child: child.unwrap(), said: String::new() };
    // It listens for signals before it reads the files.
    let status = format!("/proc/{}/status", serving.child.id());
    let is_listening = || {
        let status = fs::read_to_string(&status).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap().trim();
        u64::from_str_radix(caught, 16).unwrap() & (1 << (SIGTERM - 1)) != 0
    };
    eventually_blocking(LIMIT, "it listens for signals", is_listening);
    assert_stops_at_once(serving);
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    for name in ["scenarios", "fixtures", "fixtures/people"] {
        fs::create_dir(path(name)).unwrap();
    }
    let pipes = ["scenarios/a.yaml", "fixtures/people/a.yaml", "config.yaml", "ready", "ready-2.partial"].map(path);
    assert!(Command::new("mkfifo").args(&pipes).status().unwrap().success());
    let read = "this is a pipe, a device or a socket; only regular files are read";
    let written = "is a pipe, a device or a socket; name a regular file, or a path where none exists";
    for (setting, value, words) in [
        ("--scenarios", path("scenarios"), format!("{}: {read}", pipes[0])),
        ("--fixtures", path("fixtures"), format!("{}: {read}", pipes[1])),
        ("--config", path("config.yaml"), format!("{}: {read}", pipes[2])),
        ("--config", "/dev/zero".into(), format!("/dev/zero: {read}")),
        ("--ready-file", path("ready"), format!("--ready-file: `{}` {written}", pipes[3])),
        ("--ready-file", path("ready-2"), format!("--ready-file: `{}` {written}", pipes[4])),
        ("--ready-file", "/dev/null".into(), format!("--ready-file: `/dev/null` {written}")),
    ] {
        let refused = output(&mut binary(&["--port", "0", setting, &value]));
        assert_eq!(refused.status.code(), Some(1), "{setting} {value}");
        assert_eq!(String::from_utf8_lossy(&refused.stderr), format!("error: {words}\n"));
    }
}

#[tokio::test]
async fn a_log_that_is_closed_stops_nothing() {
    let mut serving = Serving::start(&[]);
    let url = serving.url().to_owned();
    drop(serving.child.stderr.take());
    for _ in 0..20 {
        assert_eq!(begin(&url, "wrong").await, "COMPANY_KEY_INVALID");
    }
}

#[tokio::test]
async fn a_wrong_signature_is_explained_in_the_log() {
    let serving = Serving::start(&["--company-key", "signed=not-a-real-secret"]);
    assert_eq!(begin(serving.url(), "signed").await, "SIGNATURE_INVALID");
    let (_, _, log) = serving.terminate();
    let line = log.lines().find(|line| line.contains("WARN")).expect(&log);
    assert!(line.contains("signed: the 24 bytes of the raw body; expected `"), "{line}");
    assert!(line.contains("received no Authorization header") && !line.contains("not-a-real-secret"), "{line}");
}

#[test]
fn ctrl_c_stops_it_too() {
    let (took, code, log) = Serving::start(&[]).stop("INT");
    assert!(took < LIMIT, "{took:?}");
    assert_eq!(code, Some(0), "{log}");
}

#[test]
fn a_start_that_fails_leaves_the_ready_file_of_another_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ready");
    let serving = Serving::spawn(binary(&["--port", "0", "--ready-file"]).arg(&path));
    let port = serving.url().rsplit(':').next().unwrap().to_owned();
    let second = output(binary(&["--port", &port, "--ready-file"]).arg(&path));
    assert!(!second.status.success());
    assert_eq!(fs::read_to_string(&path).unwrap().trim_end(), serving.url());
}

#[test]
fn a_ready_file_that_cannot_be_written_stops_the_start_before_its_line() {
    let start = output(&mut binary(&["--port", "0", "--ready-file", "no/such/folder/ready"]));
    assert_eq!(start.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&start.stdout), "");
    let said = String::from_utf8_lossy(&start.stderr).into_owned();
    assert!(said.contains("error: cannot write the ready file `no/such/folder/ready`: "), "{said}");
}

#[test]
fn a_misspelled_variable_is_warned_of() {
    let mut command = binary(&["--port", "0"]);
    let (_, _, log) = Serving::spawn(command.env("IDENTOMAT_MOCK_SCENARO", "rejected")).terminate();
    assert!(log.contains("unknown environment variable `IDENTOMAT_MOCK_SCENARO` is ignored"), "{log}");
}

#[tokio::test]
async fn each_level_logs_what_its_text_says() {
    for (level, lines) in [
        ("off", [false; 4]),
        ("warn", [true, false, false, false]),
        ("info", [true, true, false, false]),
        ("debug", [true, true, true, false]),
        ("trace", [true; 4]),
    ] {
        let serving = Serving::start(&["--log-level", level]);
        begin(serving.url(), "wrong").await;
        begin(serving.url(), identomat_mock::DEFAULT_COMPANY_KEY).await;
        reqwest::get(format!("{}/__admin/companies", serving.url())).await.unwrap();
        let (_, _, log) = serving.terminate();
        let says = [
            "there is no company key `wrong`",
            "stopping",
            "path=\"/external-api/begin/\" status=200",
            "path=\"/__admin/companies\" status=200",
        ];
        assert_eq!(says.map(|words| log.contains(words)), lines, "{level}: {log}");
    }
}
