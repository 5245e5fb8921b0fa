//! A headless Chromium for one test, and the chromedriver that steers it.
//!
//! Nothing here sleeps for a fixed time: what a page needs time for is waited for, at most [`PATIENCE`].

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::Duration,
};

use axum::http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thirtyfour::{
    LoggingPrefsLogLevel, RequestData, SessionId, common::command::FormatRequestData, components::SelectElement,
    prelude::*,
};

/// How long a condition may take to come true. Only a failing test waits that long. It is shorter than the page waits for
/// news of its session, so that a condition comes true by the news alone.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a browser may take to start.
const START: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// The viewports that pictures are taken in: a phone and a desktop.
pub(crate) const SIZES: [(u32, u32); 2] = [(390, 844), (1280, 800)];

/// Where pictures go: `target/screenshots/`, wherever `target/` is.
const PICTURES: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/../screenshots");

/// Chromium without windows, settings and pages of its own; tests need a third less of the processor with it.
const SHELL: &str = "chromium-headless-shell";

/// What looks for what shuts people out.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/node_modules/axe-core/axe.min.js");

const ARGUMENTS: [&str; 13] = [
    "--headless",
    // As root, which CI is, Chromium does not start in its sandbox; all that it sees here is our own pages.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    // The next page of a site gets the process of the last one; a new one for each takes an eighth of the tests' time.
    "--renderer-process-limit=1",
    // Dates are typed the American way.
    "--lang=en-US",
    // Chromium ends when the other end of the pipe is gone, even where chromedriver was killed.
    "--remote-debugging-pipe",
];

/// What camera the browser has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Camera {
    /// One that shows a test picture, which every page may use that the embedding page lets.
    Fake,
    /// As the fake one; no page may keep anything besides, and every name below `.test` leads to this machine.
    FakeWithoutCookies,
    /// One that no page may use.
    Denied,
    None,
}

impl Camera {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Fake => &["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
            Self::FakeWithoutCookies => &[
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                "--host-resolver-rules=MAP *.test 127.0.0.1",
            ],
            Self::Denied => &["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream=deny"],
            Self::None => &["--use-fake-ui-for-media-stream"],
        }
    }
}

/// Browsers that tests are done with. Starting one takes longer than most tests.
static AT_REST: Mutex<Vec<(Camera, WebDriver, Chromedriver)>> = Mutex::new(Vec::new());

/// A browser with a tab that no test has used. After a test that failed it is gone; otherwise the next test gets it.
pub(crate) struct Browser {
    camera: Camera,
    driver: WebDriver,
    /// Whether another test may get it.
    is_shared: bool,
    /// How many frames it went into.
    frames: AtomicUsize,
    /// `None` when it is handed on.
    chromedriver: Option<Chromedriver>,
}

impl Browser {
    /// Starts chromedriver and Chromium, with a camera.
    ///
    /// # Panics
    ///
    /// As [`Browser::with_camera`].
    pub(crate) async fn start() -> Self {
        Self::with_camera(Camera::Fake).await
    }

    /// Starts chromedriver and Chromium.
    ///
    /// # Panics
    ///
    /// When one of them is missing or does not start; a test without a browser must not pass.
    pub(crate) async fn with_camera(camera: Camera) -> Self {
        let browser = match Self::at_rest(camera).await {
            Some(browser) => browser,
            None => Self::anew(camera).await,
        };
        let (width, height) = SIZES[1];
        browser.resize(width, height).await;
        browser
    }

    /// One that is at rest, with a new tab alone; `None` where there is none that still works.
    async fn at_rest(camera: Camera) -> Option<Self> {
        let (_, driver, chromedriver) = {
            let mut all = AT_REST.lock().expect("nobody panics while holding it");
            let at = all.iter().position(|(other, ..)| *other == camera)?;
            all.swap_remove(at)
        };
        let browser = Self::new(camera, driver, chromedriver);
        let tab = browser.driver.new_tab().await.ok()?;
        for other in browser.driver.windows().await.ok()?.into_iter().filter(|other| *other != tab) {
            browser.driver.switch_to_window(other).await.ok()?;
            browser.driver.close_window().await.ok()?;
        }
        browser.driver.switch_to_window(tab).await.ok()?;
        browser.complaints().await;
        Some(browser)
    }

    /// One that trusts the CA of that file, takes names as those rules say, and says why it shows no page. It is used once.
    pub(crate) async fn trusting(ca: &Path, rules: &str) -> Self {
        let chromedriver = Chromedriver::start();
        let database = chromedriver.folder.join(".pki/nssdb");
        fs::create_dir_all(&database).expect("there is room for a database");
        let database = format!("sql:{}", database.display());
        let file = ca.to_str().expect("the path is text");
        for arguments in [
            &["-N", "--empty-password", "-d", &database][..],
            &["-A", "-d", &database, "-t", "C,,", "-n", "identomat-mock", "-i", file],
        ] {
            let done = Command::new("certutil").args(arguments).output().expect("`make browser` installs certutil");
            assert!(done.status.success(), "{done:?}");
        }
        let rules = format!("--host-resolver-rules={rules}");
        let mut browser = Self::started(Camera::Fake, chromedriver, None, &[&rules]).await;
        browser.is_shared = false;
        browser
    }

    async fn anew(camera: Camera) -> Self {
        // What keeps pages from keeping anything is a setting.
        let shell = if camera == Camera::FakeWithoutCookies { None } else { shell() };
        Self::started(camera, Chromedriver::start(), shell, &[]).await
    }

    /// Starts that browser, or the one that chromedriver finds.
    async fn started(camera: Camera, chromedriver: Chromedriver, binary: Option<PathBuf>, more: &[&str]) -> Self {
        let mut capabilities = DesiredCapabilities::chrome();
        for argument in ARGUMENTS.iter().chain(camera.arguments()).chain(more) {
            capabilities.add_arg(argument).expect("an argument is text");
        }
        if let Some(binary) = binary {
            capabilities.set_binary(binary.to_str().expect("the path is text")).expect("a path is text");
        }
        if camera == Camera::FakeWithoutCookies {
            let blocked = json!({"profile.default_content_setting_values.cookies": 2});
            capabilities.add_experimental_option("prefs", blocked).expect("preferences are JSON");
        }
        capabilities.accept_insecure_certs(false).expect("it is a choice");
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All).expect("a level is text");
        let url = format!("http://127.0.0.1:{}", chromedriver.port);
        let driver = match tokio::time::timeout(START, WebDriver::new(url, capabilities)).await {
            Ok(Ok(driver)) => driver,
            Ok(Err(problem)) => {
                panic!("Chromium does not start; `make browser` installs it where it is missing: {problem}")
            }
            Err(_) => panic!("Chromium does not start within {START:?}"),
        };
        Self::new(camera, driver, chromedriver)
    }

    fn new(camera: Camera, driver: WebDriver, chromedriver: Chromedriver) -> Self {
        Self { camera, driver, is_shared: true, frames: AtomicUsize::new(0), chromedriver: Some(chromedriver) }
    }

    /// Goes to a page and waits until it is loaded.
    pub(crate) async fn open(&self, url: &str) {
        self.frames.store(0, Relaxed);
        self.driver.goto(url).await.expect("the page can be gone to");
    }

    pub(crate) async fn url(&self) -> String {
        self.driver.current_url().await.expect("there is a page").into()
    }

    pub(crate) async fn title(&self) -> String {
        self.driver.title().await.expect("there is a page")
    }

    /// The element with that `data-testid`, as soon as it can be seen.
    pub(crate) async fn element(&self, test_id: &str) -> WebElement {
        self.find(&format!("[data-testid={}]", json!(test_id))).await
    }

    /// What the person reads in the first visible element that the selector fits.
    pub(crate) async fn text(&self, selector: &str) -> String {
        loop {
            match self.find(selector).await.text().await {
                Err(problem) if is_stale(&problem) => {}
                text => return text.expect("a text can be read"),
            }
        }
    }

    /// The first element that the selector fits, as soon as it can be seen.
    pub(crate) async fn find(&self, selector: &str) -> WebElement {
        let selector = json!(selector);
        let script = format!("return [...document.querySelectorAll({selector})].find((it) => it.checkVisibility(ALL))")
            .replace("ALL", "{ opacityProperty: true, visibilityProperty: true }");
        let found = async {
            let mut pace = tokio::time::interval(POLL);
            loop {
                pace.tick().await;
                // While a page loads, nothing can be asked.
                if let Ok(answer) = self.driver.execute(script.as_str(), []).await
                    && let Ok(element) = answer.element()
                {
                    return element;
                }
            }
        };
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(element) => element,
            Err(_) => panic!("{selector} does not show up at {}", self.url().await),
        }
    }

    pub(crate) async fn click(&self, test_id: &str) {
        loop {
            match self.find(&format!("[data-testid={}]:not(:disabled)", json!(test_id))).await.click().await {
                Err(problem) if is_stale(&problem) => {}
                clicked => return clicked.unwrap_or_else(|problem| panic!("`{test_id}` cannot be clicked: {problem}")),
            }
        }
    }

    pub(crate) async fn double_click(&self, test_id: &str) {
        let element = self.element(test_id).await;
        let clicked = self.driver.action_chain().double_click_element(&element).perform().await;
        clicked.unwrap_or_else(|problem| panic!("`{test_id}` cannot be double-clicked: {problem}"));
    }

    /// Drags an element so many pixels to the right and down.
    pub(crate) async fn drag(&self, test_id: &str, right: i64, down: i64) {
        let element = self.element(test_id).await;
        let chain = self.driver.action_chain().click_and_hold_element(&element).move_by_offset(right, down).release();
        chain.perform().await.unwrap_or_else(|problem| panic!("`{test_id}` cannot be dragged: {problem}"));
    }

    /// Types into a field, key by key.
    pub(crate) async fn fill_in(&self, test_id: &str, text: impl Into<thirtyfour::TypingData>) {
        let typed = self.element(test_id).await.send_keys(text).await;
        typed.unwrap_or_else(|problem| panic!("`{test_id}` takes no keys: {problem}"));
    }

    /// Empties a field and types into it.
    pub(crate) async fn replace(&self, test_id: &str, text: &str) {
        self.element(test_id).await.clear().await.expect("a field can be emptied");
        self.fill_in(test_id, text).await;
    }

    /// Gives a file to a field that nobody sees.
    pub(crate) async fn attach(&self, test_id: &str, file: &Path) {
        let selector = format!("[data-testid={}]", json!(test_id));
        let query = self.driver.query(By::Css(&selector)).wait(PATIENCE, POLL);
        let field = query.first().await.unwrap_or_else(|problem| panic!("there is no `{test_id}`: {problem}"));
        field.send_keys(file.to_str().expect("the path is text")).await.expect("a file can be given");
    }

    /// Whether an element with that `data-testid` can be seen now.
    pub(crate) async fn shows(&self, test_id: &str) -> bool {
        let selector = format!("[data-testid={}]", json!(test_id));
        self.eval(&format!("document.querySelector({})?.checkVisibility() ?? false", json!(selector))).await
    }

    /// Loads the page again.
    pub(crate) async fn reload(&self) {
        self.driver.refresh().await.expect("the page can be loaded again");
        self.frames.store(0, Relaxed);
    }

    /// Goes back as with the browser's own button.
    pub(crate) async fn go_back(&self) {
        self.driver.back().await.expect("there is a page before");
    }

    /// Calls itself a phone's.
    pub(crate) async fn be_phone(&self) {
        let agent = json!({"userAgent": "Mozilla/5.0 (Linux; Android 15; Sample) Mobile"});
        self.devtools("Emulation.setUserAgentOverride", agent).await;
    }

    /// Chooses the option that reads so.
    pub(crate) async fn choose(&self, test_id: &str, option: &str) {
        let list = SelectElement::new(&self.element(test_id).await).await.expect("the element is a list");
        let chosen = list.select_by_visible_text(option).await;
        chosen.unwrap_or_else(|problem| panic!("`{option}` cannot be chosen in `{test_id}`: {problem}"));
    }

    /// Presses a key for whatever has the focus.
    pub(crate) async fn press(&self, key: Key) {
        self.driver.action_chain().send_keys(key).perform().await.expect("a key can be pressed");
    }

    /// Presses Tab until the element with that `data-testid` has the focus.
    pub(crate) async fn tab_to(&self, test_id: &str) {
        const MOST: usize = 30;
        for _ in 0..MOST {
            self.press(Key::Tab).await;
            if self.focused().await == test_id {
                return;
            }
        }
        panic!("`{test_id}` does not get the focus in {MOST} steps");
    }

    /// The `data-testid` of what has the focus.
    pub(crate) async fn focused(&self) -> String {
        self.eval("document.activeElement?.dataset.testid ?? ''").await
    }

    /// Runs JavaScript in the page.
    pub(crate) async fn run(&self, script: &str) {
        let done = self.driver.execute(script, []).await;
        done.unwrap_or_else(|problem| panic!("`{script}` fails: {problem}"));
    }

    /// The value of a JavaScript expression in the page.
    pub(crate) async fn eval<T: DeserializeOwned>(&self, expression: &str) -> T {
        let answer = self.driver.execute(format!("return {expression}"), []).await;
        let answer = answer.unwrap_or_else(|problem| panic!("`{expression}` fails: {problem}"));
        answer.convert().unwrap_or_else(|problem| panic!("`{expression}` is of another type: {problem}"))
    }

    /// Whether a JavaScript expression holds now. While a page loads, it does not.
    async fn holds(&self, expression: &str) -> bool {
        if self.frames.load(Relaxed) == 0 {
            // It takes a fifth of the time of a script, and knows the page itself alone.
            let parameters = json!({"expression": format!("Boolean({expression})"), "returnByValue": true});
            let command = DevTools { method: "Runtime.evaluate", parameters };
            let answer = self.driver.cmd(command).await.and_then(|answer| answer.value::<Value>());
            return answer.is_ok_and(|answer| answer["result"]["value"] == true);
        }
        let answer = self.driver.execute(format!("return Boolean({expression})"), []).await;
        answer.is_ok_and(|answer| answer.json() == &json!(true))
    }

    /// Waits until a JavaScript expression holds. While a page loads, it does not.
    pub(crate) async fn until(&self, expression: &str) {
        let holds = async {
            let mut pace = tokio::time::interval(POLL);
            loop {
                pace.tick().await;
                if self.holds(expression).await {
                    return;
                }
            }
        };
        if tokio::time::timeout(PATIENCE, holds).await.is_err() {
            panic!("`{expression}` does not come true at {}", self.url().await);
        }
    }

    /// Goes on inside an iframe of the page.
    pub(crate) async fn enter_frame(&self, selector: &str) {
        self.find(selector).await.enter_frame().await.expect("the element is a frame");
        self.frames.fetch_add(1, Relaxed);
    }

    /// Goes on in the page that has the iframe.
    pub(crate) async fn leave_frame(&self) {
        self.driver.enter_parent_frame().await.expect("the frame has a parent");
        self.frames.fetch_sub(1, Relaxed);
    }

    /// What the browser complained about since the last call: errors, warnings, and breaches of the page's policy.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.expect("chromedriver hands out the log");
        let complaints = log.into_iter().filter(|entry| matches!(&*entry.level, "WARNING" | "SEVERE"));
        complaints.map(|entry| entry.message).collect()
    }

    /// What axe-core finds wrong with the page: the rules that are broken, and where.
    pub(crate) async fn violations(&self) -> Vec<String> {
        self.violations_of("{}").await
    }

    /// What axe-core finds wrong with the colours of the page.
    pub(crate) async fn unreadable(&self) -> Vec<String> {
        self.violations_of("{ runOnly: ['color-contrast'] }").await
    }

    async fn violations_of(&self, options: &str) -> Vec<String> {
        if !self.eval::<bool>("'axe' in window").await {
            let axe = fs::read_to_string(AXE);
            let axe = axe.unwrap_or_else(|_| panic!("{AXE} is missing; `make browser` installs it"));
            self.driver.execute(axe, []).await.expect("axe-core can be loaded");
        }
        let run = "const done = arguments[0];
            axe.run(OPTIONS).then(({ violations }) => done(violations.map(({ id, nodes }) =>
                `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join()}`)))";
        let run = run.replace("OPTIONS", options);
        let found = self.driver.execute_async(run, []).await.expect("axe-core runs");
        found.convert().expect("it finds texts")
    }

    /// Gives the page a viewport of that size, which may be smaller than a window can be. A narrow one is a phone's,
    /// where scroll bars take no room.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Has the person prefer light or dark pages.
    pub(crate) async fn prefer(&self, scheme: &str) {
        let preference = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", preference).await;
    }

    /// Makes every answer take at least that long to arrive.
    pub(crate) async fn slow_down(&self, latency: Duration) {
        self.devtools("Network.enable", json!({})).await;
        let latency = u32::try_from(latency.as_millis()).expect("a short time");
        let conditions =
            json!({"offline": false, "latency": latency, "downloadThroughput": -1, "uploadThroughput": -1});
        self.devtools("Network.emulateNetworkConditions", conditions).await;
    }

    /// Leaves a picture of the whole page in each of the [`SIZES`], named after the page and the width.
    pub(crate) async fn take_pictures(&self, name: &str) {
        fs::create_dir_all(PICTURES).expect("there is room for pictures");
        for (width, height) in SIZES {
            self.resize(width, height).await;
            let whole: u32 = self.eval("document.documentElement.scrollHeight").await;
            self.resize(width, height.max(whole)).await;
            let picture = self.driver.screenshot_as_png().await.expect("a picture can be taken");
            let path = Path::new(PICTURES).join(format!("{name}-{width}.png"));
            fs::write(&path, picture).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()));
            self.resize(width, height).await;
        }
    }

    /// What a QR code says that the selector fits, as another program reads it off a picture.
    pub(crate) async fn scan(&self, selector: &str) -> String {
        const READ: &str = "import sys, zxingcpp; from PIL import Image
for code in zxingcpp.read_barcodes(Image.open(sys.argv[1])): print(code.text)";
        let picture = self.find(selector).await.screenshot_as_png().await.expect("a picture can be taken");
        let folder = tempfile::tempdir().expect("there is room for a picture");
        let file = folder.path().join("code.png");
        fs::write(&file, picture).expect("the picture can be kept");
        let read = Command::new("python3").args(["-c", READ]).arg(&file).output().expect("python3 is there");
        assert!(read.status.success(), "{}; `make tools` installs it", String::from_utf8_lossy(&read.stderr));
        String::from_utf8(read.stdout).expect("the code is text").trim_end().to_owned()
    }

    async fn devtools(&self, method: &'static str, parameters: Value) {
        let done = self.driver.cmd(DevTools { method, parameters }).await;
        done.unwrap_or_else(|problem| panic!("{method}: {problem}"));
    }
}

/// Whether an element was there, and is not any more.
fn is_stale(problem: &WebDriverError) -> bool {
    problem.to_string().contains("stale element")
}

impl Drop for Browser {
    fn drop(&mut self) {
        let is_shared = self.is_shared && !std::thread::panicking();
        let chromedriver = self.chromedriver.take().filter(|_| is_shared);
        if let (Some(chromedriver), Ok(mut all)) = (chromedriver, AT_REST.lock()) {
            all.push((self.camera, self.driver.clone(), chromedriver));
        }
        // Chromedriver closes its browsers when it ends; the client's own way would start another runtime for it.
        let _ = self.driver.clone().leak();
    }
}

/// Where Chromium's shell is; where it is missing, the whole of Chromium does the same.
pub(crate) fn shell() -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(SHELL)).find(|file| file.is_file())
}

/// A chromedriver on a port of its own, with a folder for its files. A shell watches it: when the test process is gone,
/// however that ends, so are chromedriver, its browsers and the folder.
struct Chromedriver {
    shell: Child,
    port: u16,
    folder: PathBuf,
    /// Open, so that chromedriver can go on writing.
    _output: BufReader<ChildStdout>,
}

impl Chromedriver {
    /// Starts one. It may find that somebody has taken the port that it was given, and ends then.
    ///
    /// # Panics
    ///
    /// When none of several starts.
    fn start() -> Self {
        const TRIES: usize = 5;
        let mut started = Self::try_start("chromedriver");
        for _ in 1..TRIES {
            if started.is_ok() {
                break;
            }
            started = Self::try_start("chromedriver");
        }
        started.unwrap_or_else(|problem| {
            panic!("`chromedriver` does not start; `make browser` installs it where it is missing: {problem}")
        })
    }

    /// Starts that program.
    ///
    /// # Errors
    ///
    /// What it said, when it ends instead, or takes too long.
    fn try_start(program: &str) -> Result<Self, String> {
        let folder = tempfile::tempdir().expect("there is room for a browser's files").keep();
        let mut command = Command::new("sh");
        // Its input ends with the test process. Whatever names the folder is a browser's, and writes to it. The output is
        // that of the program alone, and ends with it.
        command.arg("-c").arg(
            r#""$0" --port=0 & exec >&-; read -r _; kill -KILL $!
            while pids=$(echo "$TMPDIR" | grep -lsf - /proc/[0-9]*/cmdline | cut -d/ -f3) && [ "$pids" ]; do
                kill -KILL $pids; sleep 0.1
            done
            rm -rf "$TMPDIR""#,
        );
        command
            .arg(program)
            .env("TMPDIR", &folder)
            .env("HOME", &folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut shell = command.spawn().expect("there is a shell");
        let output = BufReader::new(shell.stdout.take().expect("the output is a pipe"));
        let (tell, told) = mpsc::channel();
        thread::spawn(move || tell.send(port_of(output)));
        let port = told.recv_timeout(START).unwrap_or_else(|_| Err(format!("it says no port within {START:?}")));
        match port {
            Ok((port, output)) => Ok(Self { shell, port, folder, _output: output }),
            Err(problem) => {
                drop(shell.stdin.take());
                let _ = shell.wait();
                Err(problem)
            }
        }
    }
}

/// The port that chromedriver says it has, and the rest of its output.
///
/// # Errors
///
/// What it said, when it ends without one.
fn port_of(mut output: BufReader<ChildStdout>) -> Result<(u16, BufReader<ChildStdout>), String> {
    let mut said = String::new();
    loop {
        let start = said.len();
        if output.read_line(&mut said).expect("the output is text") == 0 {
            return Err(format!("it ended, and said: {said}"));
        }
        let line = said[start..].trim_end().trim_end_matches('.');
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return Ok((port.parse().expect("a port is a number"), output));
        }
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// A command of the browser's developer tools, by way of chromedriver.
#[derive(Debug)]
struct DevTools {
    method: &'static str,
    parameters: Value,
}

impl FormatRequestData for DevTools {
    fn format_request(&self, session: &SessionId) -> RequestData {
        let command = json!({"cmd": self.method, "params": self.parameters});
        RequestData::new(Method::POST, format!("session/{session}/goog/cdp/execute")).add_body(command)
    }
}

#[test]
fn a_chromedriver_that_ends_at_once_is_noticed() {
    let problem = Chromedriver::try_start("echo").err().expect("it is none");
    assert_eq!(problem, "it ended, and said: --port=0\n");
}

/// Whatever hangs in a browser, the tests go on.
#[tokio::test]
async fn a_browser_that_hangs_ends_with_its_test() {
    const STOP: &str = r#"for file in $(echo "$FOLDER" | grep -lsf - /proc/[0-9]*/cmdline); do
        kill -STOP "$(echo $file | cut -d/ -f3)"; done; kill -STOP $(cat /proc/$DRIVER_OF/task/$DRIVER_OF/children)"#;
    let mut browser = Browser::start().await;
    browser.is_shared = false;
    let chromedriver = browser.chromedriver.as_ref().expect("it has one");
    let (folder, shell) = (chromedriver.folder.clone(), chromedriver.shell.id());
    let mut stop = Command::new("sh");
    stop.args(["-c", STOP]).env("FOLDER", &folder).env("DRIVER_OF", shell.to_string());
    assert!(stop.status().expect("there is a shell").success());
    drop(browser);
    assert!(!folder.exists());
}
