//! `GET /__admin/settings`: the settings of the server, without secrets.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    action::{Action, Context},
    extract::EmptyBody,
    problem::ProblemResponse,
};
use crate::settings::Settings;

/// The settings by name of their flag. Sizes are in bytes, durations in seconds.
#[derive(Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct SettingsResponse(pub(crate) Map<String, Value>);

pub(crate) static SHOW: Action<EmptyBody, SettingsResponse> =
    Action::get("/settings", show).named("getSettings", "Returns the settings");

fn show(Context { mock, .. }: Context<'_>, EmptyBody {}: EmptyBody) -> Result<SettingsResponse, ProblemResponse> {
    let (mut config, mut shown) = (mock.config.clone(), Map::new());
    // The companies of now: a reload can change them.
    config.companies = mock.tenants.configured().iter().map(|tenant| tenant.settings().company.clone()).collect();
    config.missing_media_status.get_or_insert(config.error_status.missing_media());
    config.each(&mut |setting, value| drop(shown.insert(member(setting.name), value.shown())));
    Ok(SettingsResponse(shown))
}

/// Returns the name of a setting in JSON.
fn member(name: &str) -> String {
    name.replace('-', "_")
}

#[cfg(test)]
mod schema;
