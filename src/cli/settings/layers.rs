//! Precedence of settings: flag and variable, then the config file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::SettingsArgs;
use crate::{
    data_file::{DataFile, FileProblem, LoadError},
    problem::Problem,
    tree::OF_SETTINGS,
};

impl SettingsArgs {
    /// Adds the settings of the config file, which these override.
    pub(in crate::cli) fn with_file(self) -> Result<Self, LoadError> {
        let Some(path) = &self.config else { return Ok(self) };
        let file = Self::in_file(&DataFile::read(path)?)?;
        Ok(self.over(file))
    }

    /// Reads a config file.
    pub(in crate::cli) fn in_file(file: &DataFile) -> Result<Self, LoadError> {
        let mut settings: Self = file.parse_with_environment()?;
        settings.renamed_keys = file.renamed_keys(&OF_SETTINGS);
        let mut settings = settings.relative_to(file.path.parent().unwrap_or(Path::new("")));
        settings.missing_folders = settings.find_missing_folders(file);
        Ok(settings)
    }

    /// Returns the folders of files that cannot be read, each with a problem at its position in the file.
    fn find_missing_folders(&self, file: &DataFile) -> Vec<(PathBuf, FileProblem)> {
        let folders = [("scenarios", &self.scenarios), ("fixtures", &self.fixtures)];
        let missing = folders.into_iter().filter_map(|(key, folder)| {
            let folder = folder.as_ref()?;
            let error = fs::read_dir(folder).err()?;
            let message = format!("the folder `{}` cannot be read: {error}", folder.display());
            Some((folder.clone(), file.problem_in(Problem::of_key(key, message))))
        });
        missing.collect()
    }

    /// Makes paths relative to the folder of the config file.
    fn relative_to(mut self, folder: &Path) -> Self {
        for path in
            [&mut self.scenarios, &mut self.fixtures, &mut self.tls_folder, &mut self.ready_file, &mut self.coverage]
                .into_iter()
                .flatten()
        {
            *path = folder.join(&path);
        }
        self
    }

    /// Merges these settings over `others`.
    pub(in crate::cli) fn over(self, others: Self) -> Self {
        macro_rules! merged {
            ($($field:ident),* $(,)?) => {
                Self { $($field: self.$field.or(others.$field),)* companies: others.companies, renamed_keys: others.renamed_keys, missing_folders: others.missing_folders, faults: others.faults, _schema: None }
            };
        }
        merged!(
            host,
            port,
            public_url,
            company_key,
            any_company_key,
            company_idle,
            max_companies,
            max_sessions,
            refuse_at_max_sessions,
            session_lifetime,
            dialect,
            result_case,
            error_status,
            missing_media_status,
            media_cache,
            null_reject_reason,
            return_url_token,
            no_panel,
            tls,
            tls_folder,
            done_timeout,
            scenario,
            outcome_trigger,
            scenarios,
            no_builtin_scenarios,
            fixtures,
            no_people_by_language,
            watch,
            seed,
            frozen_at,
            max_body,
            max_multipart_body,
            max_parts,
            max_depth,
            max_upload,
            max_session_uploads,
            max_uploads,
            head_timeout,
            body_timeout,
            idle_timeout,
            max_connections,
            max_incomplete_bytes,
            grace,
            cors,
            verbose_hints,
            no_hints,
            no_version_header,
            no_journal,
            journal_calls,
            journal_bytes,
            journal_total,
            journal_body,
            journal_secrets,
            no_admin,
            admin_token,
            admin_host,
            admin_timeout,
            log_format,
            log_level,
            ready_file,
            coverage,
            config,
        )
    }
}
