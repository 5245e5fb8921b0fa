//! `GET /__admin/settings`: the settings of the server, without secrets.

use std::{collections::BTreeMap, time::Duration};

use axum::Json;
use jiff::Timestamp;
use serde::Serialize;

use super::{extract::EmptyBody, plain_handler::Context};
use crate::{
    config::{ClientLimits, Cors, RequestLimits},
    mock::MockService,
    vendor::{Dialect, ErrorCode, ResultCase},
};

/// The settings by name of their flag. Sizes are in bytes, durations in seconds.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct SettingsResponse {
    host: String,
    /// The port as set; 0 picks a free one.
    port: u16,
    public_url: Option<String>,
    company_key: Vec<String>,
    any_company_key: Option<String>,
    company_idle: f64,
    max_companies: usize,
    max_sessions: usize,
    refuse_at_max_sessions: bool,
    session_lifetime: f64,
    dialect: Dialect,
    result_case: Option<ResultCase>,
    error_status: BTreeMap<&'static str, u16>,
    missing_media_status: u16,
    null_reject_reason: Option<bool>,
    return_url_token: bool,
    no_panel: bool,
    tls: Option<Vec<String>>,
    tls_folder: Option<String>,
    done_timeout: f64,
    scenario: String,
    outcome_trigger: String,
    scenarios: Option<String>,
    no_builtin_scenarios: bool,
    fixtures: Option<String>,
    no_people_by_language: bool,
    seed: Option<u64>,
    frozen_at: Option<String>,
    max_body: usize,
    max_multipart_body: usize,
    max_parts: usize,
    max_depth: usize,
    max_upload: usize,
    max_session_uploads: usize,
    max_uploads: usize,
    media_cache: usize,
    head_timeout: f64,
    body_timeout: f64,
    idle_timeout: f64,
    max_connections: usize,
    max_incomplete_bytes: usize,
    grace: f64,
    cors: Vec<String>,
    verbose_hints: bool,
    no_hints: bool,
    no_version_header: bool,
    no_journal: bool,
    journal_calls: usize,
    journal_bytes: usize,
    journal_total: usize,
    journal_body: usize,
    journal_secrets: bool,
    no_admin: bool,
    admin_host: Vec<String>,
    admin_timeout: f64,
    /// Whether the control API requires a token.
    admin_token: bool,
}

pub(super) fn show(Context { mock, .. }: Context<'_>, EmptyBody {}: EmptyBody) -> Json<SettingsResponse> {
    Json(SettingsResponse::from_config(mock))
}

impl SettingsResponse {
    fn from_config(mock: &MockService) -> Self {
        let config = &mock.config;
        let seconds = |time: Duration| time.as_secs_f64();
        let RequestLimits { body, multipart_body, parts, depth, upload, session_uploads, uploads } = config.limits;
        let ClientLimits { head, body: body_time, idle, connections, incomplete_bytes } = config.clients;
        Self {
            host: config.host.to_string(),
            port: config.port,
            public_url: config.public_url.clone(),
            company_key: mock.tenants.configured().iter().map(|tenant| tenant.key.clone()).collect(),
            any_company_key: config.any_company_key.as_ref().map(|any| any.key.clone()),
            company_idle: seconds(config.company_idle),
            max_companies: config.max_companies,
            max_sessions: config.max_sessions,
            refuse_at_max_sessions: config.refuse_at_max_sessions,
            session_lifetime: seconds(config.session_lifetime),
            dialect: config.dialect,
            result_case: config.result_case,
            error_status: ErrorCode::ALL
                .iter()
                .map(|code| (code.as_str(), config.error_status.status_for(*code)))
                .collect(),
            missing_media_status: config.error_status.missing_media(),
            null_reject_reason: config.null_reject_reason,
            return_url_token: config.return_url_token,
            no_panel: !config.panel,
            tls: config.tls.as_ref().map(|tls| tls.names.clone()),
            tls_folder: config.tls.as_ref().and_then(|tls| tls.folder.as_ref()).map(|path| path.display().to_string()),
            done_timeout: seconds(config.done_timeout),
            scenario: config.scenario.clone(),
            outcome_trigger: config.outcome_trigger.to_string(),
            scenarios: config.scenarios.as_ref().map(|path| path.display().to_string()),
            no_builtin_scenarios: !config.builtin_scenarios,
            fixtures: config.fixtures.as_ref().map(|path| path.display().to_string()),
            no_people_by_language: !config.people_by_language,
            seed: config.seed,
            frozen_at: config.frozen_at.and_then(|at| Timestamp::try_from(at).ok()).map(|at| at.to_string()),
            max_body: body,
            max_multipart_body: multipart_body,
            max_parts: parts,
            max_depth: depth,
            max_upload: upload,
            max_session_uploads: session_uploads,
            max_uploads: uploads,
            media_cache: config.media_cache,
            head_timeout: seconds(head),
            body_timeout: seconds(body_time),
            idle_timeout: seconds(idle),
            max_connections: connections,
            max_incomplete_bytes: incomplete_bytes,
            grace: seconds(config.grace),
            cors: match &config.cors {
                Cors::None => Vec::new(),
                Cors::Any => vec!["*".into()],
                Cors::Origins(origins) => origins.clone(),
            },
            verbose_hints: config.verbose_hints,
            no_hints: !config.hints,
            no_version_header: !config.version_header,
            no_journal: !config.journal.enabled,
            journal_calls: config.journal.calls,
            journal_bytes: config.journal.bytes,
            journal_total: config.journal.total,
            journal_body: config.journal.body,
            journal_secrets: config.journal.secrets,
            no_admin: !config.control_api.enabled,
            admin_host: config.control_api.hosts.clone(),
            admin_timeout: seconds(config.control_api.timeout),
            admin_token: config.control_api.token.is_some(),
        }
    }
}
