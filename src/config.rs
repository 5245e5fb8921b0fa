//! All settings of the server, validated together at the start.

mod control_api;
mod cors;
mod error_status;
mod limits;

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    time::{Duration, SystemTime},
};

#[cfg(feature = "cli")]
pub(crate) use self::control_api::check_host_name;
pub use self::{
    control_api::ControlApi,
    cors::Cors,
    error_status::ErrorStatus,
    limits::{ClientLimits, RequestLimits},
};
use crate::{
    company::{Company, JournalSettings},
    faults::Fault,
    glob::Glob,
    problem::{Problem, member_path},
    scenario::{Casting, Scenario, Trigger},
    vendor::{Dialect, ResultCase, Wording},
};

/// The key in the vendor's manual, used if no company is configured.
pub const DEFAULT_COMPANY_KEY: &str = "0123456789012345678901234567890123456789";

/// HTTPS with a certificate of the mock's own CA; needs the crate's feature `tls`.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct TlsConfig {
    /// Host names and addresses of the certificate, besides `localhost` and its addresses.
    pub names: Vec<String>,
    /// Folder of the CA; by default in the user's data folder.
    pub folder: Option<PathBuf>,
}

/// The settings of a server. `Config::default()` needs no file and no network.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// The address to listen on: loopback.
    pub host: IpAddr,
    /// The port to listen on: 8080; 0 picks a free one.
    pub port: u16,
    /// HTTPS on the same port as HTTP: no.
    pub tls: Option<TlsConfig>,
    /// Base URL for clients, if it differs from the listening address (port maps, proxies).
    pub public_url: Option<String>,
    /// The companies; if empty, one company with [`DEFAULT_COMPANY_KEY`] and no secret.
    pub companies: Vec<Company>,
    /// Settings of on-demand companies: none by default. The key is a pattern, with `*` for any characters and `?` for
    /// one; `{key}` in the secret stands for the key of each.
    pub any_company_key: Option<Company>,
    /// Time without a call after which an on-demand company is removed, in real time: an hour.
    pub company_idle: Duration,
    /// Maximum number of on-demand companies: 1,000. The company idle longest is removed first.
    pub max_companies: usize,
    /// Maximum number of sessions of a company: 100,000. The oldest finished session is evicted, otherwise the oldest.
    pub max_sessions: usize,
    /// Whether `begin/` is refused at `max_sessions`, instead of evicting a session.
    pub refuse_at_max_sessions: bool,
    /// Faults for the first calls of any company.
    pub faults: Vec<Fault>,
    /// How long a session token opens the widget: 15 minutes.
    pub session_lifetime: Duration,
    /// Wording of responses, as in the manual or as recorded; a company can override it.
    pub dialect: Dialect,
    /// Case of `result`, if it differs from the dialect.
    pub result_case: Option<ResultCase>,
    /// The HTTP status of each error.
    pub error_status: ErrorStatus,
    /// Whether `reject_reason` is null if nothing was rejected, if it differs from the dialect.
    pub null_reject_reason: Option<bool>,
    /// Whether `session_token` is added to the query of `return_url`: no.
    pub return_url_token: bool,
    /// Whether the widget has the developer panel and its badge: yes.
    pub panel: bool,
    /// How long the embedding page may take to react to `DONE` before the widget reports it: 5 s.
    pub done_timeout: Duration,
    /// Scenario of sessions that request none: `approved`.
    pub scenario: String,
    /// Trigger of a scenario's first outcome if the scenario sets none: the end of the widget.
    pub outcome_trigger: Trigger,
    /// Folder of scenario files, which override built-in scenarios of the same name.
    pub scenarios: Option<PathBuf>,
    /// The file of these settings, if they are from one: it may be in the folder of scenarios, and is not one of them.
    pub config_file: Option<PathBuf>,
    /// Scenarios built in Rust, which override all others of the same name.
    pub own_scenarios: Vec<Scenario>,
    /// Whether the built-in scenarios are available: yes.
    pub builtin_scenarios: bool,
    /// Folder of fixtures that replaces the built-in ones; people are in `people/`.
    pub fixtures: Option<PathBuf>,
    /// Whether sessions in Georgian have Georgians unless another country is requested: yes.
    pub people_by_language: bool,
    /// Seed that makes tokens, people and numbers reproducible.
    pub seed: Option<u64>,
    /// Time at which every company's clock is frozen.
    pub frozen_at: Option<SystemTime>,
    /// How long open calls may continue after the server is told to stop: half a second. Waiting and delayed calls get
    /// 503 at once.
    pub grace: Duration,
    /// Limits of a request.
    pub limits: RequestLimits,
    /// Limits of clients and connections.
    pub clients: ClientLimits,
    /// Settings of the journal.
    pub journal: JournalSettings,
    /// Origins whose pages may call the vendor paths and the session endpoint: only the mock's own.
    pub cors: Cors,
    /// Whether hints with company keys and expected signatures go to all clients: no, only to those on loopback and
    /// private networks that use a known name, no proxy and no page of another origin. The log has the other hints.
    pub verbose_hints: bool,
    /// Whether responses have hints in `x-identomat-mock-hint`: yes. Log and journal always have them.
    pub hints: bool,
    /// Whether every response has the mock's version in `x-identomat-mock`: yes.
    pub version_header: bool,
    /// Settings of the control API.
    pub control_api: ControlApi,
    /// Size of the cache of drawn pictures: 64 MiB.
    pub media_cache: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
            port: 8080,
            tls: None,
            public_url: None,
            companies: Vec::new(),
            any_company_key: None,
            company_idle: Duration::from_secs(60 * 60),
            max_companies: 1000,
            max_sessions: 100_000,
            refuse_at_max_sessions: false,
            faults: Vec::new(),
            session_lifetime: Duration::from_secs(15 * 60),
            dialect: Dialect::default(),
            result_case: None,
            error_status: ErrorStatus::default(),
            null_reject_reason: None,
            return_url_token: false,
            panel: true,
            done_timeout: Duration::from_secs(5),
            scenario: "approved".into(),
            outcome_trigger: Trigger::Widget,
            scenarios: None,
            config_file: None,
            own_scenarios: Vec::new(),
            builtin_scenarios: true,
            fixtures: None,
            people_by_language: true,
            seed: None,
            frozen_at: None,
            grace: Duration::from_millis(500),
            limits: RequestLimits::default(),
            clients: ClientLimits::default(),
            cors: Cors::default(),
            verbose_hints: false,
            hints: true,
            version_header: true,
            journal: JournalSettings::default(),
            control_api: ControlApi::default(),
            media_cache: 64 << 20,
        }
    }
}

impl TlsConfig {
    /// Sets the names of the certificate.
    pub fn for_names(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), folder: None }
    }

    /// Uses the CA in this folder.
    #[must_use]
    pub fn in_folder(self, folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), ..self }
    }
}

impl Config {
    /// Returns the initial companies, at least one.
    pub(crate) fn companies(&self) -> Vec<Company> {
        match &self.companies[..] {
            [] => vec![Company::new(DEFAULT_COMPANY_KEY)],
            companies => companies.to_vec(),
        }
    }

    /// Returns the people of a company's sessions.
    pub(crate) fn casting<'a>(&self, company: &'a Company) -> Casting<'a> {
        Casting { names: &company.people, by_language: self.people_by_language }
    }

    /// Returns the wording of a company's responses. Settings of the company override those of the server.
    pub(crate) fn wording(&self, company: &Company) -> Wording {
        let of_all = self.dialect.wording().with(self.result_case, self.null_reject_reason);
        let of_company = company.dialect.map_or(of_all, Dialect::wording);
        of_company.with(company.result_case, self.null_reject_reason)
    }

    /// Returns all problems of the settings that need no file.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let RequestLimits { body, multipart_body, parts, depth, .. } = self.limits;
        if depth == 0 || depth > RequestLimits::MAX_DEPTH {
            let noun = format!("a number from 1 to {}", RequestLimits::MAX_DEPTH);
            problems.push(Problem::malformed(depth, noun).in_setting("max-depth"));
        }
        for (flag, number) in [("max-parts", parts), ("max-body", body), ("max-multipart-body", multipart_body)] {
            if number == 0 {
                problems.push(Problem::of_setting(flag, "with 0 no call could be read; give at least 1"));
            }
        }
        if let Some(any) = &self.any_company_key {
            if any.key.is_empty() {
                let message = "the pattern is empty; write `*` for all company keys";
                problems.push(Problem::of_setting("any-company-key", message));
            } else if let Some(problem) = Glob::new(&any.key).err().or_else(|| any.problem()) {
                problems.push(problem.in_setting("any-company-key"));
            }
        }
        let ClientLimits { head, body, idle, connections, incomplete_bytes } = self.clients;
        for (flag, time) in [("head-timeout", head), ("body-timeout", body), ("idle-timeout", idle)] {
            if time.is_zero() {
                problems.push(Problem::of_setting(flag, "with 0 no client would be fast enough; give at least 1ms"));
            }
        }
        if connections == 0 {
            problems.push(Problem::of_setting("max-connections", "with 0 no client could connect; give at least 1"));
        }
        if incomplete_bytes == 0 {
            problems.push(Problem::of_setting(
                "max-incomplete-bytes",
                "with 0 no call could arrive in pieces; give at least 1",
            ));
        }
        problems.extend(self.control_api.check().err());
        problems.extend(self.journal.check().err());
        if self.verbose_hints && !self.hints {
            let message = "--verbose-hints conflicts with --no-hints; remove one";
            problems.push(Problem::of_key("verbose-hints", message));
        }
        if self.max_companies == 0 {
            problems.push(Problem::of_setting("max-companies", "with 0 no company could be created; give at least 1"));
        }
        if self.max_sessions == 0 {
            problems.push(Problem::of_setting("max-sessions", "with 0 no session could begin; give at least 1"));
        }
        if self.company_idle.is_zero() {
            let message = "with 0 every company would be removed before its second call; give at least 1ms";
            problems.push(Problem::of_setting("company-idle", message));
        }
        if self.session_lifetime.is_zero() {
            problems.push(Problem::of_setting(
                "session-lifetime",
                "with 0 no token would open the widget; give at least 1ms",
            ));
        }
        if let Some(url) = &self.public_url {
            problems.extend(check_base_url(url).err().map(|problem| problem.in_setting("public-url")));
        }
        let companies = self.companies();
        for (number, company) in companies.iter().enumerate() {
            let of_company = member_path!["companies", &*company.key];
            problems.extend(company.problem().map(|problem| problem.at(&of_company)));
            if companies[..number].iter().any(|other| other.key == company.key) {
                let message = format!("the company key `{}` is given twice", company.key);
                problems.push(Problem::rule(message).at(&of_company));
            }
        }
        problems
    }
}

/// Checks that `url` is only scheme, host and port: the widget's own paths begin at the root.
pub(crate) fn check_base_url(url: &str) -> Result<(), Problem> {
    let authority = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let authority = authority.map(|rest| rest.strip_suffix('/').unwrap_or(rest));
    let is_host = |rest: &str| !rest.is_empty() && rest.bytes().all(|c| c.is_ascii_graphic() && !b"/?#@".contains(&c));
    if authority.is_some_and(is_host) {
        Ok(())
    } else {
        Err(Problem::malformed(url, "a base URL without a path, such as https://identomat.test:8443"))
    }
}
