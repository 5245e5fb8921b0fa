//! All settings of the server, validated together at the start.

mod control_api;
mod cors;
mod error_status;
mod forms;
mod limits;

use std::{
    net::IpAddr,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use self::error_status::checked;
use self::forms::{BaseUrl, CompanyKeys, ErrorStatuses, HostNames, OnDemandKey, Origins, OutcomeTrigger, Status};
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
    settings::{Address, Count, FolderPath, Moment, Name, Off, Port, Seed, Size, Switch, Text, Time, Word, settings},
    vendor::{Dialect, ResultCase, Wording},
};

/// The key in the vendor's manual, used if no company is configured.
pub const DEFAULT_COMPANY_KEY: &str = "0123456789012345678901234567890123456789";

settings! {
    /// HTTPS with a certificate of the mock's own CA; needs the crate's feature `tls`.
    #[derive(Debug, Clone)]
    pub struct TlsConfig {
        "Server" {
            /// Serve HTTPS on the same port as HTTP, with a certificate for these names and localhost (commas separate
            /// names); `identomat-mock ca export` prints the CA to trust
            names ("tls"): Option<Vec<String>> as HostNames;

            /// Folder of the CA for `--tls`, created on first use
            folder ("tls-folder"): Option<PathBuf> as FolderPath, default "identomat-mock in the user's data folder";
        }
    }
}

impl TlsConfig {
    /// Serves HTTPS for these host names and addresses, and for `localhost`.
    pub fn for_names(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { names: Some(names.into_iter().map(Into::into).collect()), folder: None }
    }

    /// Uses the CA in this folder.
    #[must_use]
    pub fn in_folder(self, folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), ..self }
    }
}

settings! {
    /// The settings of a server. `Config::default()` needs no file and no network.
    ///
    /// The fields are documented as in the command line: a switch named `no-…` there is `true` here by default.
    #[derive(Debug, Clone)]
    pub struct Config {
        "Server" {
            /// Address to listen on
            host ("host"): IpAddr as Address = "127.0.0.1";

            /// Port to listen on; 0 picks a free one
            port ("port"): u16 as Port = "8080";

            /// Base URL for clients, if it differs from the listening address
            public_url ("public-url"): Option<String> as BaseUrl;

            /// Allow pages of this origin to call the vendor paths and the session endpoint of the widget, `*` for all;
            /// may be repeated, commas separate several
            cors ("cors"): Cors as Origins;
        }
        "Companies" {
            /// Company that may call, with a secret if its calls are signed (HMAC); may be repeated, commas separate
            /// several
            companies ("company-key"): Vec<Company> as CompanyKeys, default "0123456789012345678901234567890123456789";

            /// Accept every company key, or keys that match a pattern (`*` for any characters, `?` for one). The first
            /// call with a key creates its company, with this secret, in which `{key}` stands for the key
            any_company_key ("any-company-key"): Option<Company> as OnDemandKey;

            /// Remove an on-demand company after this time without a call, in real time
            company_idle ("company-idle"): Duration as Time = "1h";

            /// Maximum number of on-demand companies; the company idle longest is removed first
            max_companies ("max-companies"): usize as Count = "1000";

            /// Maximum number of sessions of a company; the oldest finished session is evicted first, otherwise the
            /// oldest
            max_sessions ("max-sessions"): usize as Count = "100000", of company;

            /// Refuse begin/ at that number (argumentError), instead of evicting a session
            refuse_at_max_sessions ("refuse-at-max-sessions"): bool as Switch, of company;
        }
        "Scenarios and time" {
            /// Scenario for sessions that do not request one
            scenario ("scenario"): String as Name = "approved", of company;

            /// Trigger of a scenario's first outcome if the scenario sets none: begin, opened, step=NAME, widget,
            /// polls=N, after=DURATION or operator
            outcome_trigger ("outcome-trigger"): Trigger as OutcomeTrigger = "widget";

            /// Folder of scenario files, which override built-in scenarios of the same name
            scenarios ("scenarios"): Option<PathBuf> as FolderPath;

            /// Disable the built-in scenarios
            builtin_scenarios ("no-builtin-scenarios"): bool as Off = "false";

            /// Folder of fixtures that replaces the built-in ones, with the folders `people`, `documents` and
            /// `screening`
            fixtures ("fixtures"): Option<PathBuf> as FolderPath;

            /// Use people of any country for sessions in Georgian that name no country, not only Georgians
            people_by_language ("no-people-by-language"): bool as Off = "false";

            /// Make tokens, people and numbers reproducible
            seed ("seed"): Option<u64> as Seed;

            /// Freeze the clock of every company at this time, such as 2026-01-31T12:00:00Z
            frozen_at ("frozen-at"): Option<SystemTime> as Moment, of company;

            /// How long a session token opens the widget
            session_lifetime ("session-lifetime"): Duration as Time = "15m";
        }
        "Responses" {
            /// Wording of responses: as in the vendor's manual (APPROVED), or as recorded from the live service
            /// (approved)
            dialect ("dialect"): Dialect as Word = "manual", of company;

            /// Case of `result`, instead of the case of the dialect
            result_case ("result-case"): Option<ResultCase> as Word, of company;

            /// HTTP status of errors: STATUS for all (200), or ERROR=STATUS for one; may be repeated, commas separate
            /// several
            error_status ("error-status"): ErrorStatus as ErrorStatuses, default
                "`COMPANY_KEY_INVALID=403,SESSION_NOT_FOUND=404,SESSION_INVALID=400,SIGNATURE_INVALID=401`, `argumentError=400`";

            /// HTTP status for a picture that the session does not have, which is an argumentError; `--error-status
            /// STATUS` sets this one, too
            missing_media_status ("missing-media-status"): Option<u16> as Status, default "404";

            /// Send null as `reject_reason` if nothing was rejected, as the manual allows, instead of an object of
            /// empty strings
            null_reject_reason ("null-reject-reason"): Option<bool> as Switch;

            /// `result_comment` of an operator's decision without one; the live service was seen to send `approve in
            /// database`
            decision_comment ("decision-comment"): Option<String> as Text, of company;

            /// Send hints with company keys and expected signatures to all clients, not only to those on private
            /// networks that use a known host name
            verbose_hints ("verbose-hints"): bool as Switch;

            /// Do not send hints in `x-identomat-mock-hint`; the log and the journal keep them
            hints ("no-hints"): bool as Off = "false";

            /// Do not send the header `x-identomat-mock`, which has the version of the mock
            version_header ("no-version-header"): bool as Off = "false";

            /// Size of the cache of drawn pictures
            media_cache ("media-cache"): usize as Size = "64MiB";
        }
        "Widget" {
            /// Add `session_token` to the query of `return_url` when the browser is redirected there
            return_url_token ("return-url-token"): bool as Switch;

            /// Hide the developer panel of the widget, and its badge *Mock*
            panel ("no-panel"): bool as Off = "false";

            /// How long the embedding page may take to react to `DONE` before the widget reports it
            done_timeout ("done-timeout"): Duration as Time = "5s";
        }
        "Limits" {
            /// How long open calls may continue after the server is told to stop; waiting and delayed calls get 503 at
            /// once
            grace ("grace"): Duration as Time = "500ms";
        }
        groups {
            /// HTTPS.
            tls: TlsConfig;
            /// Limits of a request.
            limits: RequestLimits;
            /// Limits of clients and connections.
            clients: ClientLimits;
            /// Settings of the control API.
            control_api: ControlApi;
            /// Settings of the journal.
            journal: JournalSettings;
        }
        others {
            /// Faults for the first calls of any company.
            faults: Vec<Fault>;
            /// The file of these settings, if they are from one: it may be in the folder of scenarios, and is not one
            /// of them.
            config_file: Option<PathBuf>;
            /// Scenarios built in Rust, which override all others of the same name.
            own_scenarios: Vec<Scenario>;
        }
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
        if let Some(status) = self.missing_media_status {
            problems.extend(checked(status).err().map(|problem| problem.in_setting("missing-media-status")));
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
