//! The schema of the settings, from their declarations.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Map;

use super::{SettingsResponse, member};
use crate::{Config, settings::Settings};

impl JsonSchema for SettingsResponse {
    fn schema_name() -> Cow<'static, str> {
        "SettingsResponse".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        Config::default().each(&mut |setting, value| {
            let mut schema = value.shown_schema(generator);
            schema.insert("description".into(), setting.declared.help.trim_start().into());
            required.push(member(setting.name));
            properties.insert(member(setting.name), schema.to_value());
        });
        json_schema!({
            "type": "object",
            "description": "The settings by name of their flag. Sizes are in bytes, durations in seconds.",
            "properties": properties,
            "required": required,
        })
    }
}
