//! Every setting as a flag, an environment variable and a key of the config file.

mod into_config;
mod layers;
mod renamed;

use std::{net::IpAddr, path::PathBuf};

use clap::{Args, Command};
use serde::Deserialize;
use tracing::level_filters::LevelFilter;

use super::args::{
    self, CompanyArg, CorsArg, DurationArg, ErrorStatusArg, HostNameArg, LogFormat, LogLevel, OnDemandArg,
    PublicUrlArg, SizeArg, StatusArg, TimestampArg, one_or_many, parse_host, parse_number, parse_port,
};
use crate::{Config, Dialect, ResultCase, Trigger, company::CompanyFile, data_file::FileProblem, faults::FaultFile};

pub(super) use self::renamed::{is_renamed, warn_of_renamed, with_old_names};

/// The settings in groups, each from that one on.
const GROUPS: [(&str, &str); 8] = [
    ("host", "Where it serves"),
    ("company_key", "Companies"),
    ("scenario", "What happens"),
    ("dialect", "Answers"),
    ("return_url_token", "Widget"),
    ("max_body", "Limits"),
    ("no_admin", "Control API and journal"),
    ("config", "Files and log"),
];

/// What the user set. The doc comments are the help texts.
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

    /// Base URL that others use, where it is not the address listened on
    #[arg(long, env = "IDENTOMAT_MOCK_PUBLIC_URL", value_name = "URL")]
    public_url: Option<PublicUrlArg>,

    /// Serve HTTPS on the same port, beside HTTP, with a certificate for these names and for localhost (several with
    /// commas); `identomat-mock ca export` prints the CA to trust
    #[arg(long, env = "IDENTOMAT_MOCK_TLS", value_name = "NAMES", value_delimiter = ',')]
    tls: Option<Vec<HostNameArg>>,

    /// Folder of the CA that `--tls` uses, which is made at first use [default: identomat-mock in the user's data folder]
    #[arg(long, env = "IDENTOMAT_MOCK_TLS_FOLDER", value_name = "PATH")]
    tls_folder: Option<PathBuf>,

    /// Let pages of this origin call the vendor's paths and the widget's data, `*` for all; may be repeated, commas
    /// separate several
    #[arg(long, env = "IDENTOMAT_MOCK_CORS", value_name = "ORIGIN", value_delimiter = ',')]
    #[serde(deserialize_with = "one_or_many")]
    cors: Option<Vec<CorsArg>>,

    /// Company that may call, with a secret where calls are signed; may be repeated, commas separate several
    /// [default: 0123456789012345678901234567890123456789]
    #[arg(long, env = "IDENTOMAT_MOCK_COMPANY_KEY", value_name = "KEY[=SECRET]")]
    #[arg(value_delimiter = ',', hide_env_values = true)]
    #[serde(deserialize_with = "one_or_many")]
    company_key: Option<Vec<CompanyArg>>,

    /// Let every company key call, or those that match a pattern (`*` for any characters, `?` for one): each is a
    /// company of its own from its first call on, with this secret, in which `{key}` stands for its key
    #[arg(long, env = "IDENTOMAT_MOCK_ANY_COMPANY_KEY", value_name = "PATTERN[=SECRET]")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "*", hide_env_values = true)]
    any_company_key: Option<OnDemandArg>,

    /// How long such a company stays without a call, in real time [default: 1h]
    #[arg(long, env = "IDENTOMAT_MOCK_COMPANY_IDLE", value_name = "DURATION")]
    company_idle: Option<DurationArg>,

    /// How many such companies there are at most; the idlest makes room [default: 1000]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_COMPANIES", value_name = "NUMBER", value_parser = parse_number::<usize>)]
    #[serde(deserialize_with = "args::count")]
    max_companies: Option<usize>,

    /// How many sessions a company has at most; the oldest that is finished makes room, or else the oldest
    /// [default: 100000]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_SESSIONS", value_name = "NUMBER", value_parser = parse_number::<usize>)]
    #[serde(deserialize_with = "args::count")]
    max_sessions: Option<usize>,

    /// Refuse begin/ at that number (argumentError), instead of making room
    #[arg(long, env = "IDENTOMAT_MOCK_REFUSE_AT_MAX_SESSIONS", value_name = "true|false")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    refuse_at_max_sessions: Option<bool>,

    /// Scenario for sessions that do not ask for one [default: approved]
    #[arg(long, env = "IDENTOMAT_MOCK_SCENARIO", value_name = "NAME")]
    scenario: Option<String>,

    /// When a scenario that does not say so reaches its outcome: begin, opened, step=NAME, widget, polls=N,
    /// after=DURATION or operator [default: widget]
    #[arg(long, env = "IDENTOMAT_MOCK_OUTCOME_TRIGGER", value_name = "WHEN")]
    #[serde(alias = "finish")]
    outcome_trigger: Option<Trigger>,

    /// Folder of scenario files; they hold above the built-in ones of the same name
    #[arg(long, env = "IDENTOMAT_MOCK_SCENARIOS", value_name = "DIR")]
    scenarios: Option<PathBuf>,

    /// Leave the built-in scenarios out
    #[arg(long, env = "IDENTOMAT_MOCK_NO_BUILTIN_SCENARIOS", value_name = "true|false")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    no_builtin_scenarios: Option<bool>,

    /// Folder of fixtures instead of the built-in ones, in its folders `people`, `documents` and `screening`
    #[arg(long, env = "IDENTOMAT_MOCK_FIXTURES", value_name = "DIR")]
    fixtures: Option<PathBuf>,

    /// Let anybody go through sessions in Georgian that ask for no country, not Georgians alone
    #[arg(long, env = "IDENTOMAT_MOCK_NO_PEOPLE_BY_LANGUAGE", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", value_name = "true|false")]
    no_people_by_language: Option<bool>,

    /// Read scenarios, fixtures and the companies of the config file again when the files change, as SIGHUP does always;
    /// sessions keep what they began with
    #[arg(long, env = "IDENTOMAT_MOCK_WATCH", value_name = "true|false")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    watch: Option<bool>,

    /// Make tokens, and with them people and numbers, repeatable
    #[arg(long, env = "IDENTOMAT_MOCK_SEED", value_name = "NUMBER", value_parser = parse_number::<u64>)]
    #[serde(deserialize_with = "args::seed")]
    seed: Option<u64>,

    /// Stop the clock of every company at this moment, such as 2026-01-31T12:00:00Z
    #[arg(long, env = "IDENTOMAT_MOCK_FROZEN_AT", value_name = "MOMENT")]
    frozen_at: Option<TimestampArg>,

    /// How long a session token opens the widget [default: 15m]
    #[arg(long, env = "IDENTOMAT_MOCK_SESSION_LIFETIME", value_name = "DURATION")]
    session_lifetime: Option<DurationArg>,

    /// Whether answers are worded as in the vendor's manual (APPROVED) or as in recorded live ones (approved)
    /// [default: manual]
    #[arg(long, env = "IDENTOMAT_MOCK_DIALECT", value_name = "manual|live")]
    dialect: Option<Dialect>,

    /// How `result` is written, instead of what the dialect says
    #[arg(long, env = "IDENTOMAT_MOCK_RESULT_CASE", value_name = "upper|lower")]
    result_case: Option<ResultCase>,

    /// HTTP status of errors: one for all (200), or ERROR=STATUS for one; may be repeated, commas separate several
    /// [default: `COMPANY_KEY_INVALID=403,SESSION_NOT_FOUND=404,SESSION_INVALID=400,SIGNATURE_INVALID=401`,
    /// `argumentError=400`]
    #[arg(long, env = "IDENTOMAT_MOCK_ERROR_STATUS", value_name = "[ERROR=]STATUS")]
    #[arg(value_delimiter = ',')]
    #[serde(deserialize_with = "one_or_many")]
    error_status: Option<Vec<ErrorStatusArg>>,

    /// HTTP status for a picture that the session does not have, which is an argumentError; `--error-status` for all
    /// errors is for it too [default: 404]
    #[arg(long, env = "IDENTOMAT_MOCK_MISSING_MEDIA_STATUS", value_name = "STATUS")]
    missing_media_status: Option<StatusArg>,

    /// Send null as `reject_reason` where nothing was rejected, as the manual allows, instead of an object of empty texts
    #[arg(long, env = "IDENTOMAT_MOCK_NULL_REJECT_REASON", value_name = "true|false")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    null_reject_reason: Option<bool>,

    /// Send hints that name company keys and expected signatures to everybody, not only to callers from near by a known
    /// name
    #[arg(long, env = "IDENTOMAT_MOCK_VERBOSE_HINTS", value_name = "true|false")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    verbose_hints: Option<bool>,

    /// Send no hints in `x-identomat-mock-hint`; the log and the journal have them
    #[arg(long, env = "IDENTOMAT_MOCK_NO_HINTS", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", value_name = "true|false")]
    no_hints: Option<bool>,

    /// Leave out the header `x-identomat-mock`, in which every answer has the version of the mock
    #[arg(long, env = "IDENTOMAT_MOCK_NO_VERSION_HEADER", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", value_name = "true|false")]
    no_version_header: Option<bool>,

    /// How much of the pictures that were drawn is kept for whoever asks again [default: 64MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_MEDIA_CACHE", value_name = "SIZE")]
    media_cache: Option<SizeArg>,

    /// Add `session_token` to the query of `return_url` when the browser goes there
    #[arg(long, env = "IDENTOMAT_MOCK_RETURN_URL_TOKEN", value_name = "true|false")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    return_url_token: Option<bool>,

    /// Leave out the mark and the drawer that the widget has for developers
    #[arg(long, env = "IDENTOMAT_MOCK_NO_PANEL", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", value_name = "true|false")]
    no_panel: Option<bool>,

    /// How long the page around the widget has to do something at the end, before the widget says that nothing came
    /// [default: 5s]
    #[arg(long, env = "IDENTOMAT_MOCK_DONE_TIMEOUT", value_name = "DURATION")]
    #[serde(alias = "done-patience")]
    done_timeout: Option<DurationArg>,

    /// Largest body that is not multipart, and largest text part of one that is [default: 1MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_BODY", value_name = "SIZE")]
    max_body: Option<SizeArg>,

    /// Largest multipart body [default: 16MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_MULTIPART_BODY", value_name = "SIZE")]
    max_multipart_body: Option<SizeArg>,

    /// Most parts of a multipart body [default: 100]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_PARTS", value_name = "NUMBER", value_parser = parse_number::<usize>)]
    #[serde(deserialize_with = "args::count")]
    max_parts: Option<usize>,

    /// Deepest nesting of JSON, at most 64 [default: 32]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_DEPTH", value_name = "NUMBER", value_parser = parse_number::<usize>)]
    #[serde(deserialize_with = "args::count")]
    max_depth: Option<usize>,

    /// Largest picture or video that comes into a session [default: 16MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_UPLOAD", value_name = "SIZE")]
    max_upload: Option<SizeArg>,

    /// Most bytes of all that come into one session [default: 64MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_SESSION_UPLOADS", value_name = "SIZE")]
    max_session_uploads: Option<SizeArg>,

    /// Most bytes of all that come into all sessions [default: 512MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_UPLOADS", value_name = "SIZE")]
    max_uploads: Option<SizeArg>,

    /// How long the head of a request may take, from its first byte on [default: 10s]
    #[arg(long, env = "IDENTOMAT_MOCK_HEAD_TIMEOUT", value_name = "DURATION")]
    head_timeout: Option<DurationArg>,

    /// How long the body of a request may take [default: 30s]
    #[arg(long, env = "IDENTOMAT_MOCK_BODY_TIMEOUT", value_name = "DURATION")]
    body_timeout: Option<DurationArg>,

    /// How long a connection stays open without a request [default: 75s]
    #[arg(long, env = "IDENTOMAT_MOCK_IDLE_TIMEOUT", value_name = "DURATION")]
    idle_timeout: Option<DurationArg>,

    /// Most open connections; the longest idle one makes room [default: 16000]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_CONNECTIONS", value_name = "NUMBER", value_parser = parse_number::<usize>)]
    #[serde(deserialize_with = "args::count")]
    max_connections: Option<usize>,

    /// Most bytes of all requests that have not arrived in full; the one that takes longest makes room
    /// [default: 256MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_MAX_INCOMPLETE_BYTES", value_name = "SIZE")]
    #[serde(alias = "max-unfinished")]
    max_incomplete_bytes: Option<SizeArg>,

    /// How long open calls may go on when the server is told to stop; those that wait, or are held by a delay, get 503 at
    /// once [default: 500ms]
    #[arg(long, env = "IDENTOMAT_MOCK_GRACE", value_name = "DURATION")]
    grace: Option<DurationArg>,

    /// Switch the control API below `/__admin/` off; its health checks stay
    #[arg(long, env = "IDENTOMAT_MOCK_NO_ADMIN", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", value_name = "true|false")]
    no_admin: Option<bool>,

    /// Let those alone use the control API who send this as `Authorization: Bearer TOKEN`
    #[arg(long, env = "IDENTOMAT_MOCK_ADMIN_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    admin_token: Option<String>,

    /// Name by which the control API can be called, besides addresses, `localhost`, names without a dot and the public
    /// URL; may be repeated, commas separate several
    #[arg(long, env = "IDENTOMAT_MOCK_ADMIN_HOST", value_name = "NAME", value_delimiter = ',')]
    #[serde(deserialize_with = "one_or_many")]
    admin_host: Option<Vec<HostNameArg>>,

    /// How long the work of one request of the control API may take, besides what it waits for [default: 10s]
    #[arg(long, env = "IDENTOMAT_MOCK_ADMIN_TIMEOUT", value_name = "DURATION")]
    admin_timeout: Option<DurationArg>,

    /// Remember no calls and no events; nobody can count them then, or wait for calls
    #[arg(long, env = "IDENTOMAT_MOCK_NO_JOURNAL", value_name = "true|false")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    no_journal: Option<bool>,

    /// How many calls of each company are remembered [default: 1000]
    #[arg(long, env = "IDENTOMAT_MOCK_JOURNAL_CALLS", value_name = "NUMBER", value_parser = parse_number::<usize>)]
    #[serde(deserialize_with = "args::count")]
    journal_calls: Option<usize>,

    /// How many bytes the remembered calls of each company take [default: 2MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_JOURNAL_BYTES", value_name = "SIZE")]
    journal_bytes: Option<SizeArg>,

    /// How many bytes the remembered calls and events of all companies take together; the oldest make room
    /// [default: 256MiB]
    #[arg(long, env = "IDENTOMAT_MOCK_JOURNAL_TOTAL", value_name = "SIZE")]
    journal_total: Option<SizeArg>,

    /// How much of a body, and of an answer, is remembered [default: 16KiB]
    #[arg(long, env = "IDENTOMAT_MOCK_JOURNAL_BODY", value_name = "SIZE")]
    journal_body: Option<SizeArg>,

    /// Show company keys and signatures of remembered calls in full
    #[arg(long, env = "IDENTOMAT_MOCK_JOURNAL_SECRETS", value_name = "true|false")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    journal_secrets: Option<bool>,

    /// YAML file of settings: each flag without its dashes is a key, and `companies` says more about each company
    #[arg(long, env = "IDENTOMAT_MOCK_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,

    /// File to write the base URL to as soon as the server answers, with `--public-url` and the local one in a second
    /// line; removed when it stops
    #[arg(long, env = "IDENTOMAT_MOCK_READY_FILE", value_name = "PATH")]
    pub(super) ready_file: Option<PathBuf>,

    /// File to write at the end: what the code under test has met of all outcomes, errors and races, and what never; as
    /// `JUnit` XML in the file of the same name that ends with `.xml`
    #[arg(long, env = "IDENTOMAT_MOCK_COVERAGE", value_name = "FILE")]
    pub(super) coverage: Option<PathBuf>,

    /// Form of the log and of the lines that say where the server is [default: text]
    #[arg(long, env = "IDENTOMAT_MOCK_LOG_FORMAT", value_name = "text|json")]
    log_format: Option<LogFormat>,

    /// What is logged: error, warn (refused calls and why), info, debug (every call of the vendor's API and the widget),
    /// trace (every call of the control API too), or off [default: info]
    #[arg(long, env = "IDENTOMAT_MOCK_LOG_LEVEL", value_name = "LEVEL")]
    log_level: Option<LogLevel>,

    /// The schema of such files, for editors
    #[arg(skip)]
    #[serde(rename = "$schema")]
    #[cfg_attr(test, schemars(skip))]
    _schema: Option<String>,

    /// Warnings for the keys of the config file that have an old name
    #[arg(skip)]
    #[serde(skip)]
    #[cfg_attr(test, schemars(skip))]
    pub(super) renamed_keys: Vec<FileProblem>,

    /// The companies that may call, and what is set for each
    #[arg(skip)]
    companies: Vec<CompanyFile>,

    /// What goes wrong with the first calls, of whichever company
    #[arg(skip)]
    faults: Vec<FaultFile>,
}

/// The command line with its settings in groups, wherever all of them are.
pub(super) fn in_groups(command: Command) -> Command {
    let settings = SettingsArgs::augment_args(Command::new("settings"));
    let ids: Vec<_> = settings.get_arguments().map(|argument| argument.get_id().clone()).collect();
    let has_all = ids.iter().all(|id| command.get_arguments().any(|argument| argument.get_id() == id));
    let mut group = None;
    let command = command.mut_args(|argument| {
        let id = argument.get_id();
        if !has_all || !ids.contains(id) {
            return argument;
        }
        group = GROUPS.iter().find(|(first, _)| id == first).map(|(_, name)| *name).or(group);
        argument.help_heading(group)
    });
    command.mut_subcommands(in_groups)
}

impl SettingsArgs {
    /// Settings that say where a server is, and nothing else.
    pub(super) fn of_whereabouts(
        host: Option<IpAddr>,
        port: Option<u16>,
        ready_file: Option<PathBuf>,
        config: Option<PathBuf>,
    ) -> Self {
        Self { host, port, ready_file, config, ..Self::default() }
    }

    /// Settings that say where the certificate authority is, and nothing else.
    pub(super) fn of_tls_folder(tls_folder: Option<PathBuf>, config: Option<PathBuf>) -> Self {
        Self { tls_folder, config, ..Self::default() }
    }

    /// Where the certificate authority is.
    pub(super) fn tls_folder(&self) -> Option<PathBuf> {
        self.tls_folder.clone()
    }

    /// Whether these settings can say at which port the server is.
    pub(super) fn tells_port(&self) -> bool {
        self.port.is_some() || self.ready_file.is_some() || self.config.is_some()
    }

    /// The address to listen on.
    pub(super) fn address(&self) -> (IpAddr, u16) {
        let Config { host, port, .. } = Config::default();
        (self.host.unwrap_or(host), self.port.unwrap_or(port))
    }

    /// Whether they name files that are read.
    pub(super) fn names_files(&self) -> bool {
        self.config.is_some() || self.scenarios.is_some() || self.fixtures.is_some()
    }

    pub(super) fn watch(&self) -> bool {
        self.watch.unwrap_or(false)
    }

    /// The folder of scenario files.
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
