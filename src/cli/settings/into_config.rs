//! Conversion of the settings to the server's configuration.

use super::{
    super::args::{
        CompanyArg, CorsArg, DurationArg, ErrorStatusArg, HostNameArg, OnDemandArg, PublicUrlArg, SizeArg, StatusArg,
        TimestampArg,
    },
    SettingsArgs,
};
use crate::{Company, Config, Cors, ErrorStatus, company::CompanyFile, data_file::LoadError, faults::FaultFile};

impl SettingsArgs {
    /// Converts the settings to the server's configuration.
    ///
    /// # Errors
    ///
    /// [`LoadError`] of an invalid combination, or of a folder that the config file names and that cannot be read.
    pub(in crate::cli) fn into_config(self) -> Result<Config, LoadError> {
        let is_used = |folder| [&self.scenarios, &self.fixtures].into_iter().flatten().any(|used| used == folder);
        let missing = self.missing_folders.iter().filter(|(folder, _)| is_used(folder));
        LoadError::check(missing.map(|(_, problem)| problem.clone()).collect())?;
        let defaults = Config::default();
        let Config {
            host, port, session_lifetime, dialect, scenario, outcome_trigger, limits, clients, journal, ..
        } = defaults;
        // The status of one error overrides the status of all, in any order.
        let mut error_status = ErrorStatus::default();
        let (for_all, for_one): (Vec<_>, Vec<_>) = self
            .error_status
            .unwrap_or_default()
            .into_iter()
            .partition(|status| matches!(status, ErrorStatusArg::All(_)));
        for setting in for_all.into_iter().chain(for_one) {
            match setting {
                ErrorStatusArg::All(StatusArg(status)) => error_status = ErrorStatus::all(status)?,
                ErrorStatusArg::One(code, StatusArg(status)) => error_status.set(code, status)?,
            }
        }
        if let Some(StatusArg(status)) = self.missing_media_status {
            error_status.set_missing_media(status)?;
        }
        let mut companies: Vec<_> =
            self.company_key.unwrap_or_default().into_iter().map(|CompanyArg(company)| company).collect();
        let of_flags = companies.len();
        for listed in self.companies.into_iter().map(CompanyFile::into_company) {
            // A key in both places is one company; the flag's secret overrides.
            match companies[..of_flags].iter_mut().find(|given| given.key == listed.key) {
                Some(given) => *given = Company { secret: given.secret.take().or(listed.secret.clone()), ..listed },
                None => companies.push(listed),
            }
        }
        Ok(Config {
            host: self.host.unwrap_or(host),
            port: self.port.unwrap_or(port),
            tls: self.tls.map(|names| crate::TlsConfig {
                names: names.into_iter().map(|HostNameArg(name)| name).collect(),
                folder: self.tls_folder,
            }),
            public_url: self.public_url.map(|PublicUrlArg(url)| url),
            companies,
            any_company_key: self.any_company_key.and_then(|OnDemandArg(company)| company),
            company_idle: self.company_idle.map_or(defaults.company_idle, |DurationArg(time)| time),
            max_companies: self.max_companies.unwrap_or(defaults.max_companies),
            max_sessions: self.max_sessions.unwrap_or(defaults.max_sessions),
            refuse_at_max_sessions: self.refuse_at_max_sessions.unwrap_or(false),
            faults: self.faults.into_iter().map(|FaultFile(fault)| fault).collect(),
            session_lifetime: self.session_lifetime.map_or(session_lifetime, |DurationArg(time)| time),
            dialect: self.dialect.unwrap_or(dialect),
            result_case: self.result_case,
            error_status,
            null_reject_reason: self.null_reject_reason,
            return_url_token: self.return_url_token.unwrap_or(false),
            done_timeout: self.done_timeout.map_or(defaults.done_timeout, |DurationArg(time)| time),
            panel: !self.no_panel.unwrap_or(false),
            scenario: self.scenario.unwrap_or(scenario),
            outcome_trigger: self.outcome_trigger.unwrap_or(outcome_trigger),
            scenarios: self.scenarios,
            config_file: self.config,
            own_scenarios: Vec::new(),
            builtin_scenarios: !self.no_builtin_scenarios.unwrap_or(false),
            fixtures: self.fixtures,
            people_by_language: !self.no_people_by_language.unwrap_or(false),
            seed: self.seed,
            frozen_at: self.frozen_at.map(|TimestampArg(moment)| moment),
            grace: self.grace.map_or(defaults.grace, |DurationArg(time)| time),
            limits: crate::RequestLimits {
                body: self.max_body.map_or(limits.body, |SizeArg(bytes)| bytes),
                multipart_body: self.max_multipart_body.map_or(limits.multipart_body, |SizeArg(bytes)| bytes),
                parts: self.max_parts.unwrap_or(limits.parts),
                depth: self.max_depth.unwrap_or(limits.depth),
                upload: self.max_upload.map_or(limits.upload, |SizeArg(bytes)| bytes),
                session_uploads: self.max_session_uploads.map_or(limits.session_uploads, |SizeArg(bytes)| bytes),
                uploads: self.max_uploads.map_or(limits.uploads, |SizeArg(bytes)| bytes),
            },
            clients: crate::ClientLimits {
                head: self.head_timeout.map_or(clients.head, |DurationArg(time)| time),
                body: self.body_timeout.map_or(clients.body, |DurationArg(time)| time),
                idle: self.idle_timeout.map_or(clients.idle, |DurationArg(time)| time),
                connections: self.max_connections.unwrap_or(clients.connections),
                incomplete_bytes: self.max_incomplete_bytes.map_or(clients.incomplete_bytes, |SizeArg(bytes)| bytes),
            },
            cors: self.cors.unwrap_or_default().into_iter().map(|CorsArg(cors)| cors).fold(Cors::None, Cors::and),
            verbose_hints: self.verbose_hints.unwrap_or(false),
            hints: !self.no_hints.unwrap_or(false),
            version_header: !self.no_version_header.unwrap_or(false),
            journal: crate::JournalSettings {
                enabled: !self.no_journal.unwrap_or(false),
                calls: self.journal_calls.unwrap_or(journal.calls),
                bytes: self.journal_bytes.map_or(journal.bytes, |SizeArg(bytes)| bytes),
                total: self.journal_total.map_or(journal.total, |SizeArg(bytes)| bytes),
                body: self.journal_body.map_or(journal.body, |SizeArg(bytes)| bytes),
                secrets: self.journal_secrets.unwrap_or(false),
            },
            control_api: crate::ControlApi {
                enabled: !self.no_admin.unwrap_or(false),
                token: self.admin_token,
                hosts: self.admin_host.unwrap_or_default().into_iter().map(|HostNameArg(name)| name).collect(),
                timeout: self.admin_timeout.map_or(defaults.control_api.timeout, |DurationArg(time)| time),
            },
            media_cache: self.media_cache.map_or(defaults.media_cache, |SizeArg(bytes)| bytes),
        })
    }
}
