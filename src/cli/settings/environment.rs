//! The settings as environment variables, and variables that look like settings, but are none.

use std::{collections::BTreeMap, env, ffi::OsString};

use super::{ALL, SettingsArgs, variable_of};
use crate::{
    problem::Problem,
    settings::{FlagUse, Setting},
    tree::{OF_SETTINGS, rename_advice},
};

/// The prefix of all variables of the mock.
pub(super) const PREFIX: &str = "IDENTOMAT_MOCK_";

impl SettingsArgs {
    /// Reads the settings of the environment.
    ///
    /// # Errors
    ///
    /// [`Problem`] of a variable that is not UTF-8, or has an invalid value.
    pub(in crate::cli) fn in_environment() -> Result<Self, Problem> {
        let mut given = BTreeMap::new();
        let (_, variables) = variables();
        for setting in ALL.iter() {
            let old = OF_SETTINGS.iter().filter(|(_, new)| *new == setting.name).map(|(old, _)| variable_of(old));
            let set = std::iter::once(setting.variable()).chain(old).find_map(|name| variables.get_key_value(&name));
            if let Some((variable, value)) = set {
                let not_text = || Problem::rule(format!("{variable}: the value is not UTF-8 text"));
                let text = value.to_str().ok_or_else(not_text)?;
                given.insert(setting.name, texts(setting, variable, text)?);
            }
        }
        Ok(Self { given, ..Self::default() })
    }
}

/// Returns the variables with the mock's prefix: the variables of an orchestrator, and the others.
fn variables() -> (BTreeMap<String, OsString>, BTreeMap<String, OsString>) {
    let variables = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok().filter(|name| name.starts_with(PREFIX))?, value)));
    variables.partition(|(name, value)| is_injected(&name[PREFIX.len()..], &value.to_string_lossy()))
}

/// Returns the values in a variable.
fn texts(setting: &Setting, variable: &str, text: &str) -> Result<Vec<String>, Problem> {
    let texts: Vec<_> = match setting.declared.flag_use {
        FlagUse::List => text.split(',').map(str::to_owned).collect(),
        FlagUse::Value | FlagUse::Optional(_) => vec![text.to_owned()],
    };
    for text in &texts {
        (setting.declared.check)(text).map_err(|problem| problem.with_context(variable))?;
    }
    Ok(texts)
}

/// Whether Kubernetes sets this variable (without the prefix) for a service called identomat-mock:
/// `IDENTOMAT_MOCK_PORT=tcp://10.0.0.1:8080`, and others about its host and ports.
fn is_injected(name: &str, value: &str) -> bool {
    let is_address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let is_about_port = name.starts_with("PORT_") && ["_TCP", "_UDP", "_SCTP"].iter().any(|part| name.contains(part));
    (name == "PORT" && is_address) || is_about_port || name == "SERVICE_HOST" || name.starts_with("SERVICE_PORT")
}

/// Logs ignored variables, and those with an old name. A misspelled one would otherwise be a setting that is silently
/// not made.
pub(in crate::cli) fn warn_of_variables() {
    let (injected, set) = variables();
    if !injected.is_empty() {
        let names: Vec<_> = injected.into_keys().collect();
        tracing::warn!(
            "ignored environment variables that an orchestrator set for a service of this name: {}",
            names.join(", ")
        );
    }
    let renamed = OF_SETTINGS.map(|(old, new)| (variable_of(old), variable_of(new)));
    for name in set.keys() {
        if let Some((old, new)) = renamed.iter().find(|(old, _)| old == name) {
            tracing::warn!("{}", rename_advice((old, new)));
        } else if !ALL.iter().any(|setting| setting.variable() == *name) {
            tracing::warn!("unknown environment variable `{name}` is ignored");
        }
    }
}
