//! Every setting as a flag, an environment variable and a key of the config file.

mod help;
mod into_config;
mod layers;
mod renamed;

use std::{net::IpAddr, path::PathBuf};

use clap::Args;
use serde::Deserialize;
use tracing::level_filters::LevelFilter;

use super::args::{
    self, CompanyArg, CorsArg, DurationArg, ErrorStatusArg, HostNameArg, LogFormat, LogLevel, OnDemandArg,
    PublicUrlArg, SizeArg, StatusArg, TimestampArg, one_or_many, parse_host, parse_number, parse_port,
};
use crate::{Config, Dialect, ResultCase, Trigger, company::CompanyFile, data_file::FileProblem, faults::FaultFile};

pub(super) use self::{
    help::in_groups,
    renamed::{is_renamed, warn_of_renamed, with_old_variables},
};

/// Settings as the user gave them. The doc comments are the help texts.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct SettingsArgs {
    /// Address to listen on [default: 127.0.0.1]
    #[arg(long, env = "IDENTOMAT_MOCK_HOST", value_name = "ADDRESS", value_parser = parse_host)]
    #[serde(deserialize_with = "args::host")]
    host: Option<IpAddr>,

    /// Port to listen on; 0 picks a free one [default: 8080]
    #[arg(long, env = "IDENTOMAT_MOCK_PORT", value_name = "PORT", value_parser = parse_port)]
    #[serde(deserialize_with = "args::port")]
    port: Option<u16>,

    /// Base URL for clients, if it differs from the listening address
    #[arg(long, env = "IDENTOMAT_MOCK_PUBLIC_URL", value_name = "URL")]
    public_url: Option<PublicUrlArg>,

    /// Serve HTTPS on the same port as HTTP, with a certificate for these names and localhost (commas separate names);
    /// `identomat-mock ca export` prints the CA to trust
    #[arg(long, env = "IDENTOMAT_MOCK_TLS", value_name = "NAMES", value_delimiter = ',')]
    tls: Option<Vec<HostNameArg>>,

    /// Folder of the CA for `--tls`, created on first use [default: identomat-mock in the user's data folder]
    #[arg(long, env = "IDENTOMAT_MOCK_TLS_FOLDER", value_name = "PATH")]
    tls_folder: Option<PathBuf>,

    /// Allow pages of this origin to call the vendor paths and the session endpoint of the widget, `*` for all; may be
    /// repeated, commas separate several
    #[arg(long, env = "IDENTOMAT_MOCK_CORS", value_name = "ORIGIN", value_delimiter = ',')]
    #[serde(deserialize_with = "one_or_many")]
    cors: Option<Vec<CorsArg>>,

    /// Company that may call, with a secret if its calls are signed (HMAC); may be repeated, commas separate several
    /// [default: 0123456789012345678901234567890123456789]
    #[arg(long, env = "IDENTOMAT_MOCK_COMPANY_KEY", value_name = "KEY[=SECRET]")]
    #[arg(value_delimiter = ',', hide_env_values = true)]
    #[serde(deserialize_with = "one_or_many")]
    company_key: Option<Vec<CompanyArg>>,

    /// Accept every company key, or keys that match a pattern (`*` for any characters, `?` for one). The first call
    /// with a key creates its company, with this secret, in which `{key}` stands for the key
    #[arg(long, env = "IDENTOMAT_MOCK_ANY_COMPANY_KEY", value_name = "PATTERN[=SECRET]")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "*", hide_env_values = true)]
    any_company_key: Option<OnDemandArg>,

    /// Remove an on-demand company after this time without a call, in real time [default: 1h]
    #[arg(long, env = "IDENTOMAT_MOCK_COMPANY_IDLE", value_name = "DURATION")]
    company_idle: Option<DurationArg>,

    /// Maximum number of on-demand companies; the company idle longest is removed first [default: 1000]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_COMPANIES", value_name = "NUMBER", value_parser = parse_number::<usize>)]
    #[serde(deserialize_with = "args::count")]
    max_companies: Option<usize>,

    /// Maximum number of sessions of a company; the oldest finished session is evicted first, otherwise the oldest
    /// [default: 100000]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_SESSIONS", value_name = "NUMBER", value_parser = parse_number::<usize>)]
    #[serde(deserialize_with = "args::count")]
    max_sessions: Option<usize>,

    /// Refuse begin/ at that number (argumentError), instead of evicting a session
    #[arg(long, env = "IDENTOMAT_MOCK_REFUSE_AT_MAX_SESSIONS", value_name = "true|false")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    refuse_at_max_sessions: Option<bool>,

    /// Scenario for sessions that do not request one [default: approved]
    #[arg(long, env = "IDENTOMAT_MOCK_SCENARIO", value_name = "NAME")]
    scenario: Option<String>,

    /// Trigger of a scenario's first outcome if the scenario sets none: begin, opened, step=NAME, widget, polls=N,
    /// after=DURATION or operator [default: widget]
    #[arg(long, alias = "finish", env = "IDENTOMAT_MOCK_OUTCOME_TRIGGER", value_name = "WHEN")]
    #[serde(alias = "finish")]
    outcome_trigger: Option<Trigger>,

    /// Folder of scenario files, which override built-in scenarios of the same name
    #[arg(long, env = "IDENTOMAT_MOCK_SCENARIOS", value_name = "DIR")]
    scenarios: Option<PathBuf>,

    /// Disable the built-in scenarios
    #[arg(long, env = "IDENTOMAT_MOCK_NO_BUILTIN_SCENARIOS", value_name = "true|false")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    no_builtin_scenarios: Option<bool>,

    /// Folder of fixtures that replaces the built-in ones, with the folders `people`, `documents` and `screening`
    #[arg(long, env = "IDENTOMAT_MOCK_FIXTURES", value_name = "DIR")]
    fixtures: Option<PathBuf>,

    /// Use people of any country for sessions in Georgian that name no country, not only Georgians
    #[arg(long, env = "IDENTOMAT_MOCK_NO_PEOPLE_BY_LANGUAGE", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", value_name = "true|false")]
    no_people_by_language: Option<bool>,

    /// Reload scenarios, fixtures and the companies of the config file when the files change, as SIGHUP always does;
    /// sessions keep what they began with
    #[arg(long, env = "IDENTOMAT_MOCK_WATCH", value_name = "true|false")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    watch: Option<bool>,

    /// Make tokens, people and numbers reproducible
    #[arg(long, env = "IDENTOMAT_MOCK_SEED", value_name = "NUMBER", value_parser = parse_number::<u64>)]
    #[serde(deserialize_with = "args::seed")]
    seed: Option<u64>,

    /// Freeze the clock of every company at this time, such as 2026-01-31T12:00:00Z
    #[arg(long, env = "IDENTOMAT_MOCK_FROZEN_AT", value_name = "MOMENT")]
    frozen_at: Option<TimestampArg>,

    /// How long a session token opens the widget [default: 15m]
    #[arg(long, env = "IDENTOMAT_MOCK_SESSION_LIFETIME", value_name = "DURATION")]
    session_lifetime: Option<DurationArg>,

    /// Wording of responses: as in the vendor's manual (APPROVED), or as recorded from the live service (approved)
    /// [default: manual]
    #[arg(long, env = "IDENTOMAT_MOCK_DIALECT", value_name = "manual|live")]
    dialect: Option<Dialect>,

    /// Case of `result`, instead of the case of the dialect
    #[arg(long, env = "IDENTOMAT_MOCK_RESULT_CASE", value_name = "upper|lower")]
    result_case: Option<ResultCase>,

    /// HTTP status of errors: STATUS for all (200), or ERROR=STATUS for one; may be repeated, commas separate several
    /// [default: `COMPANY_KEY_INVALID=403,SESSION_NOT_FOUND=404,SESSION_INVALID=400,SIGNATURE_INVALID=401`,
    /// `argumentError=400`]
    #[arg(long, env = "IDENTOMAT_MOCK_ERROR_STATUS", value_name = "[ERROR=]STATUS")]
    #[arg(value_delimiter = ',')]
    #[serde(deserialize_with = "one_or_many")]
    error_status: Option<Vec<ErrorStatusArg>>,

    /// HTTP status for a picture that the session does not have, which is an argumentError; `--error-status STATUS`
    /// sets this one, too [default: 404]
    #[arg(long, env = "IDENTOMAT_MOCK_MISSING_MEDIA_STATUS", value_name = "STATUS")]
    missing_media_status: Option<StatusArg>,

    /// Send null as `reject_reason` if nothing was rejected, as the manual allows, instead of an object of empty
    /// strings
    #[arg(long, env = "IDENTOMAT_MOCK_NULL_REJECT_REASON", value_name = "true|false")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    null_reject_reason: Option<bool>,

    /// Send hints with company keys and expected signatures to all clients, not only to those on private networks that
    /// use a known host name
    #[arg(long, env = "IDENTOMAT_MOCK_VERBOSE_HINTS", value_name = "true|false")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    verbose_hints: Option<bool>,

    /// Do not send hints in `x-identomat-mock-hint`; the log and the journal keep them
    #[arg(long, env = "IDENTOMAT_MOCK_NO_HINTS", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", value_name = "true|false")]
    no_hints: Option<bool>,

    /// Do not send the header `x-identomat-mock`, which has the version of the mock
    #[arg(long, env = "IDENTOMAT_MOCK_NO_VERSION_HEADER", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", value_name = "true|false")]
    no_version_header: Option<bool>,

    /// Size of the cache of drawn pictures [default: 64MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_MEDIA_CACHE", value_name = "SIZE")]
    media_cache: Option<SizeArg>,

    /// Add `session_token` to the query of `return_url` when the browser is redirected there
    #[arg(long, env = "IDENTOMAT_MOCK_RETURN_URL_TOKEN", value_name = "true|false")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    return_url_token: Option<bool>,

    /// Hide the developer panel of the widget, and its badge *Mock*
    #[arg(long, env = "IDENTOMAT_MOCK_NO_PANEL", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", value_name = "true|false")]
    no_panel: Option<bool>,

    /// How long the embedding page may take to react to `DONE` before the widget reports it [default: 5s]
    #[arg(long, alias = "done-patience", env = "IDENTOMAT_MOCK_DONE_TIMEOUT", value_name = "DURATION")]
    #[serde(alias = "done-patience")]
    done_timeout: Option<DurationArg>,

    /// Maximum size of a body that is not multipart, and of a text part of a multipart body [default: 1MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_BODY", value_name = "SIZE")]
    max_body: Option<SizeArg>,

    /// Maximum size of a multipart body [default: 16MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_MULTIPART_BODY", value_name = "SIZE")]
    max_multipart_body: Option<SizeArg>,

    /// Maximum number of parts of a multipart body [default: 100]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_PARTS", value_name = "NUMBER", value_parser = parse_number::<usize>)]
    #[serde(deserialize_with = "args::count")]
    max_parts: Option<usize>,

    /// Maximum nesting of JSON, up to 64 [default: 32]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_DEPTH", value_name = "NUMBER", value_parser = parse_number::<usize>)]
    #[serde(deserialize_with = "args::count")]
    max_depth: Option<usize>,

    /// Maximum size of one picture or video that is uploaded to a session [default: 16MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_UPLOAD", value_name = "SIZE")]
    max_upload: Option<SizeArg>,

    /// Maximum size of all uploads of one session [default: 64MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_SESSION_UPLOADS", value_name = "SIZE")]
    max_session_uploads: Option<SizeArg>,

    /// Maximum size of all uploads of all sessions [default: 512MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_UPLOADS", value_name = "SIZE")]
    max_uploads: Option<SizeArg>,

    /// Timeout for the head of a request, from its first byte [default: 10s]
    #[arg(long, env = "IDENTOMAT_MOCK_HEAD_TIMEOUT", value_name = "DURATION")]
    head_timeout: Option<DurationArg>,

    /// Timeout for the body of a request [default: 30s]
    #[arg(long, env = "IDENTOMAT_MOCK_BODY_TIMEOUT", value_name = "DURATION")]
    body_timeout: Option<DurationArg>,

    /// Timeout for a connection without a request [default: 75s]
    #[arg(long, env = "IDENTOMAT_MOCK_IDLE_TIMEOUT", value_name = "DURATION")]
    idle_timeout: Option<DurationArg>,

    /// Maximum number of open connections; the connection idle longest is closed first [default: 16000]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_CONNECTIONS", value_name = "NUMBER", value_parser = parse_number::<usize>)]
    #[serde(deserialize_with = "args::count")]
    max_connections: Option<usize>,

    /// Memory limit for partially received requests; the oldest is aborted when it is exceeded [default: 256MiB]
    #[arg(long, alias = "max-unfinished", env = "IDENTOMAT_MOCK_MAX_INCOMPLETE_BYTES", value_name = "SIZE")]
    #[serde(alias = "max-unfinished")]
    max_incomplete_bytes: Option<SizeArg>,

    /// How long open calls may continue after the server is told to stop; waiting and delayed calls get 503 at once
    /// [default: 500ms]
    #[arg(long, env = "IDENTOMAT_MOCK_GRACE", value_name = "DURATION")]
    grace: Option<DurationArg>,

    /// Disable the control API under `/__admin/`, except its health checks
    #[arg(long, env = "IDENTOMAT_MOCK_NO_ADMIN", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", value_name = "true|false")]
    no_admin: Option<bool>,

    /// Require this token for the control API, sent as `Authorization: Bearer TOKEN`
    #[arg(long, env = "IDENTOMAT_MOCK_ADMIN_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    admin_token: Option<String>,

    /// Additional host name of the control API; addresses, `localhost`, names without a dot and the host of the public
    /// URL always work; may be repeated, commas separate several
    #[arg(long, env = "IDENTOMAT_MOCK_ADMIN_HOST", value_name = "NAME", value_delimiter = ',')]
    #[serde(deserialize_with = "one_or_many")]
    admin_host: Option<Vec<HostNameArg>>,

    /// Time limit for the work of one control API request, without the time that it waits [default: 10s]
    #[arg(long, env = "IDENTOMAT_MOCK_ADMIN_TIMEOUT", value_name = "DURATION")]
    admin_timeout: Option<DurationArg>,

    /// Disable the journal: calls cannot be listed, counted or waited for
    #[arg(long, env = "IDENTOMAT_MOCK_NO_JOURNAL", value_name = "true|false")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    no_journal: Option<bool>,

    /// Maximum number of calls in the journal of a company [default: 1000]
    #[arg(long, env = "IDENTOMAT_MOCK_JOURNAL_CALLS", value_name = "NUMBER", value_parser = parse_number::<usize>)]
    #[serde(deserialize_with = "args::count")]
    journal_calls: Option<usize>,

    /// Maximum size of the calls in the journal of a company [default: 2MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_JOURNAL_BYTES", value_name = "SIZE")]
    journal_bytes: Option<SizeArg>,

    /// Maximum size of all journals together, calls and events; the oldest are evicted [default: 256MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_JOURNAL_TOTAL", value_name = "SIZE")]
    journal_total: Option<SizeArg>,

    /// How much of a body, and of a response, the journal keeps [default: 16KiB]
    #[arg(long, env = "IDENTOMAT_MOCK_JOURNAL_BODY", value_name = "SIZE")]
    journal_body: Option<SizeArg>,

    /// Show company keys and signatures in the journal in full, instead of masking them
    #[arg(long, env = "IDENTOMAT_MOCK_JOURNAL_SECRETS", value_name = "true|false")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    journal_secrets: Option<bool>,

    /// YAML file of settings: each key is a flag without its dashes; `companies` and `faults` exist only here
    #[arg(long, env = "IDENTOMAT_MOCK_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,

    /// File to write the base URL to when the server is ready; with `--public-url`, the local URL is in a second line;
    /// removed on exit
    #[arg(long, env = "IDENTOMAT_MOCK_READY_FILE", value_name = "PATH")]
    pub(super) ready_file: Option<PathBuf>,

    /// Write a coverage report to this file on exit: which outcomes, errors and races were exercised; a `JUnit` XML
    /// report goes to the file of the same name that ends with `.xml`
    #[arg(long, env = "IDENTOMAT_MOCK_COVERAGE", value_name = "FILE")]
    pub(super) coverage: Option<PathBuf>,

    /// Format of the log and of the startup lines [default: text]
    #[arg(long, env = "IDENTOMAT_MOCK_LOG_FORMAT", value_name = "text|json")]
    log_format: Option<LogFormat>,

    /// Log level: error, warn (refused calls and why), info, debug (every call of the vendor API and the widget), trace
    /// (control API calls, too) or off [default: info]
    #[arg(long, env = "IDENTOMAT_MOCK_LOG_LEVEL", value_name = "LEVEL")]
    log_level: Option<LogLevel>,

    /// The schema of this kind of file, for editors
    #[arg(skip)]
    #[serde(rename = "$schema")]
    #[cfg_attr(test, schemars(skip))]
    _schema: Option<String>,

    /// Warnings for the keys of the config file that have an old name
    #[arg(skip)]
    #[serde(skip)]
    #[cfg_attr(test, schemars(skip))]
    pub(super) renamed_keys: Vec<FileProblem>,

    /// The folders of the config file that cannot be read, each with the problem
    #[arg(skip)]
    #[serde(skip)]
    #[cfg_attr(test, schemars(skip))]
    missing_folders: Vec<(PathBuf, FileProblem)>,

    /// The companies that may call, and the settings of each
    #[arg(skip)]
    companies: Vec<CompanyFile>,

    /// Faults for the first calls of any company
    #[arg(skip)]
    faults: Vec<FaultFile>,
}

impl SettingsArgs {
    /// Returns settings with only the location of a server.
    pub(super) fn of_whereabouts(
        host: Option<IpAddr>,
        port: Option<u16>,
        ready_file: Option<PathBuf>,
        config: Option<PathBuf>,
    ) -> Self {
        Self { host, port, ready_file, config, ..Self::default() }
    }

    /// Returns settings with only the location of the CA.
    pub(super) fn of_tls_folder(tls_folder: Option<PathBuf>, config: Option<PathBuf>) -> Self {
        Self { tls_folder, config, ..Self::default() }
    }

    /// Returns the folder of the CA.
    pub(super) fn tls_folder(&self) -> Option<PathBuf> {
        self.tls_folder.clone()
    }

    /// Whether these settings determine the server's port.
    pub(super) fn tells_port(&self) -> bool {
        self.port.is_some() || self.ready_file.is_some() || self.config.is_some()
    }

    /// Returns the address to listen on.
    pub(super) fn address(&self) -> (IpAddr, u16) {
        let Config { host, port, .. } = Config::default();
        (self.host.unwrap_or(host), self.port.unwrap_or(port))
    }

    /// Whether they name files.
    pub(super) fn names_files(&self) -> bool {
        self.config.is_some() || self.scenarios.is_some() || self.fixtures.is_some()
    }

    pub(super) fn watch(&self) -> bool {
        self.watch.unwrap_or(false)
    }

    /// Returns the folder of scenario files.
    pub(super) fn scenarios(&self) -> Option<PathBuf> {
        self.scenarios.clone()
    }

    pub(super) fn config_file(&self) -> Option<PathBuf> {
        self.config.clone()
    }

    pub(super) fn log_format(&self) -> LogFormat {
        self.log_format.unwrap_or(LogFormat::Text)
    }

    pub(super) fn log_level(&self) -> LevelFilter {
        self.log_level.map_or(LevelFilter::INFO, |LogLevel(level)| level)
    }
}

#[cfg(test)]
mod page;
#[cfg(test)]
mod reading;
