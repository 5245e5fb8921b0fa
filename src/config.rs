//! Every setting of the server, checked as a whole at the start.

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
    scenario::{Casting, Scenario, Trigger},
    vendor::{Dialect, ResultCase, Wording},
};

/// The key of the vendor's manual, and the mock's own when none is given.
pub const DEFAULT_COMPANY_KEY: &str = "0123456789012345678901234567890123456789";

/// HTTPS with a certificate of the mock's own authority; the crate's feature `tls` has to be on.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct TlsConfig {
    /// The host names and addresses that the certificate is for, besides `localhost` and its addresses.
    pub names: Vec<String>,
    /// Where the authority is kept: a folder of the user's data.
    pub folder: Option<PathBuf>,
}

/// What a server is started with. `Config::default()` needs no file and no network.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// The address to listen on: loopback.
    pub host: IpAddr,
    /// The port to listen on: 8080; 0 picks a free one.
    pub port: u16,
    /// HTTPS on the same port, beside HTTP: no.
    pub tls: Option<TlsConfig>,
    /// The base URL that others use, where it is not the address listened on (port maps, proxies).
    pub public_url: Option<String>,
    /// Who may call; empty stands for one company with [`DEFAULT_COMPANY_KEY`] and no secret.
    pub companies: Vec<Company>,
    /// The keys that become companies at their first call, none without it: as the key of this company, a pattern with
    /// `*` for any characters and `?` for one. They are set as it is; `{key}` in its secret stands for the key of each.
    pub any_company_key: Option<Company>,
    /// How long such a company stays without a call, in real time: an hour.
    pub company_idle: Duration,
    /// How many such companies there are at most: 1,000. The idlest one makes room.
    pub max_companies: usize,
    /// How many sessions a company has at most: 100,000. The oldest that is finished makes room, or else the oldest.
    pub max_sessions: usize,
    /// Whether `begin/` is refused at `max_sessions`, instead of making room.
    pub refuse_at_max_sessions: bool,
    /// What goes wrong with the first calls, of whichever company.
    pub faults: Vec<Fault>,
    /// How long a session token opens the widget: 15 minutes.
    pub session_lifetime: Duration,
    /// Whether answers are worded as the manual's or as recorded ones; a company can have its own.
    pub dialect: Dialect,
    /// How `result` is written, where that is not as the dialect says.
    pub result_case: Option<ResultCase>,
    /// The HTTP status of each error.
    pub error_status: ErrorStatus,
    /// Whether `reject_reason` is null where nothing was rejected, where that is not as the dialect says.
    pub null_reject_reason: Option<bool>,
    /// Adds `session_token` to the query of `return_url` when the browser goes there.
    pub return_url_token: bool,
    /// Whether the widget has the mark and the drawer that are there for developers: yes.
    pub panel: bool,
    /// How long the widget waits for the page around it to do something when the person is through, before it says that
    /// nothing came: 5 s.
    pub done_timeout: Duration,
    /// The scenario for sessions that do not ask for one: `approved`.
    pub scenario: String,
    /// When a scenario that does not say so reaches its outcome: when the widget is finished.
    pub outcome_trigger: Trigger,
    /// A folder of scenario files, which hold above the built-in ones of the same name.
    pub scenarios: Option<PathBuf>,
    /// Scenarios that were built in Rust, which hold above all others of the same name.
    pub own_scenarios: Vec<Scenario>,
    /// Whether the built-in scenarios are there.
    pub builtin_scenarios: bool,
    /// A folder of fixtures instead of the built-in ones; people are in `people/`.
    pub fixtures: Option<PathBuf>,
    /// Whether Georgians go through sessions whose language is Georgian, where nobody asks for another country: yes.
    pub people_by_language: bool,
    /// Makes tokens, and with them people and numbers, repeatable.
    pub seed: Option<u64>,
    /// Stops every company's clock at this moment; it moves on only when told to.
    pub frozen_at: Option<SystemTime>,
    /// How long calls that are open may go on when the server is told to stop: half a second. Those that wait, or are held
    /// by a delay, get 503 at once.
    pub grace: Duration,
    /// What a call may carry.
    pub limits: RequestLimits,
    /// How long clients may take, and how many there may be.
    pub clients: ClientLimits,
    /// What is remembered of calls.
    pub journal: JournalSettings,
    /// Whose pages may call the vendor's paths and the widget's data from a browser: nobody's but the mock's own.
    pub cors: Cors,
    /// Whether hints that name company keys and expected signatures go to everybody: no, to callers on loopback and
    /// private networks alone, by a known name, through no proxy and from no page of another origin. The log has them.
    pub verbose_hints: bool,
    /// Whether answers carry hints in `x-identomat-mock-hint` at all: yes. Log and journal have them in any case.
    pub hints: bool,
    /// Whether every answer names the mock and its version in `x-identomat-mock`: yes.
    pub version_header: bool,
    /// Who may use the control API.
    pub control_api: ControlApi,
    /// How many bytes of drawn pictures are kept for whoever asks again: 64 MiB.
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
    /// HTTPS for those names.
    pub fn for_names(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), folder: None }
    }

    /// With the authority of that folder.
    #[must_use]
    pub fn in_folder(self, folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), ..self }
    }
}

impl Config {
    /// The companies that are there from the start, of which there is always one.
    pub(crate) fn companies(&self) -> Vec<Company> {
        match &self.companies[..] {
            [] => vec![Company::new(DEFAULT_COMPANY_KEY)],
            companies => companies.to_vec(),
        }
    }

    /// Who goes through the sessions of a company.
    pub(crate) fn casting<'a>(&self, company: &'a Company) -> Casting<'a> {
        Casting { names: &company.people, by_language: self.people_by_language }
    }

    /// How answers to a company are worded. What is said of the company holds above what is said of all.
    pub(crate) fn wording(&self, company: &Company) -> Wording {
        let of_all = self.dialect.wording().with(self.result_case, self.null_reject_reason);
        let of_company = company.dialect.map_or(of_all, Dialect::wording);
        of_company.with(company.result_case, self.null_reject_reason)
    }

    /// What is wrong, of all that needs no file: messages that name the setting by its flag, and say what is allowed.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let RequestLimits { body, multipart_body, parts, depth, .. } = self.limits;
        if depth == 0 || depth > RequestLimits::MAX_DEPTH {
            problems.push(format!("--max-depth: `{depth}` is not a number from 1 to {}", RequestLimits::MAX_DEPTH));
        }
        for (flag, number) in [("--max-parts", parts), ("--max-body", body), ("--max-multipart-body", multipart_body)] {
            if number == 0 {
                problems.push(format!("{flag}: with 0 no call could be read; give at least 1"));
            }
        }
        if let Some(any) = &self.any_company_key {
            if any.key.is_empty() {
                problems.push("--any-company-key: the pattern is empty; write `*` for all company keys".into());
            } else if let Err(problem) = Glob::new(&any.key) {
                problems.push(format!("--any-company-key: {problem}"));
            } else if let Some(problem) = any.problem() {
                problems.push(format!("--any-company-key: {problem}"));
            }
        }
        let ClientLimits { head, body, idle, connections, incomplete_bytes } = self.clients;
        for (flag, time) in [("--head-timeout", head), ("--body-timeout", body), ("--idle-timeout", idle)] {
            if time.is_zero() {
                problems.push(format!("{flag}: with 0 no client would be fast enough; give at least 1ms"));
            }
        }
        if connections == 0 {
            problems.push("--max-connections: with 0 no client could connect; give at least 1".into());
        }
        if incomplete_bytes == 0 {
            problems.push("--max-incomplete-bytes: with 0 no call could arrive in pieces; give at least 1".into());
        }
        problems.extend(self.control_api.check().err());
        problems.extend(self.journal.check().err());
        if self.verbose_hints && !self.hints {
            problems.push("--verbose-hints conflicts with --no-hints; remove one".into());
        }
        if self.max_companies == 0 {
            problems.push("--max-companies: with 0 no company could be created; give at least 1".into());
        }
        if self.max_sessions == 0 {
            problems.push("--max-sessions: with 0 no session could begin; give at least 1".into());
        }
        if self.company_idle.is_zero() {
            problems.push(
                "--company-idle: with 0 every company would be removed before its second call; give at \
                           least 1ms"
                    .into(),
            );
        }
        if self.session_lifetime.is_zero() {
            problems.push("--session-lifetime: with 0 no token would open the widget; give at least 1ms".into());
        }
        if let Some(url) = &self.public_url {
            problems.extend(check_base_url(url).err().map(|problem| format!("--public-url: {problem}")));
        }
        let companies = self.companies();
        for (number, company) in companies.iter().enumerate() {
            if let Some(problem) = company.problem() {
                problems.push(problem);
            }
            if companies[..number].iter().any(|other| other.key == company.key) {
                problems.push(format!("the company key `{}` is given twice", company.key));
            }
        }
        problems
    }
}

/// Checks that `url` is scheme, host and port alone: the widget's own paths begin at the root.
pub(crate) fn check_base_url(url: &str) -> Result<(), String> {
    let authority = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let authority = authority.map(|rest| rest.strip_suffix('/').unwrap_or(rest));
    let is_host = |rest: &str| !rest.is_empty() && rest.bytes().all(|c| c.is_ascii_graphic() && !b"/?#@".contains(&c));
    if authority.is_some_and(is_host) {
        Ok(())
    } else {
        Err(format!("`{url}` is not a base URL without a path, such as https://identomat.test:8443"))
    }
}
