//! The forms of setting values in the config file.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::json;

use super::{
    super::super::args::{
        CompanyArg, CorsArg, DurationArg, ErrorStatusArg, HostNameArg, LogFormat, LogLevel, OnDemandArg, PublicUrlArg,
        SizeArg, StatusArg, TimestampArg,
    },
    rules::{DURATION, MOMENT, in_any_case},
};
use crate::ErrorCode;

macro_rules! looks_like {
    ($($name:ident: $schema:expr),* $(,)?) => {
        $(impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema.try_into().expect("it is a schema")
            }
        })*
    };
}

const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

const STATUS: &str = "[2-5][0-9]{2}";

looks_like!(
    PublicUrlArg: json!({"type": "string", "pattern": "^https?://[^/?#@\\s]+/?$"}),
    HostNameArg: json!({"type": ["string", "number", "boolean"], "pattern": "^[A-Za-z0-9._-]+$"}),
    CorsArg: json!({"type": "string", "pattern": "^(\\*|https?://[^/?#@\\s]+)$"}),
    CompanyArg: json!({"type": ["string", "number", "boolean"], "minLength": 1}),
    OnDemandArg: json!({"type": ["string", "number", "boolean"], "minLength": 1}),
    TimestampArg: json!({"type": "string", "pattern": format!("^{MOMENT}$")}),
    DurationArg: json!({"type": "string", "pattern": format!("^{DURATION}$")}),
    SizeArg: json!({"anyOf": [
        {"type": "integer", "minimum": 0},
        {"type": "string", "pattern": "^[0-9]+ *(KiB|MiB)?$"},
    ]}),
    StatusArg: json!({"anyOf": [
        {"type": "integer", "minimum": 200, "maximum": 599},
        {"type": "string", "pattern": format!("^{STATUS}$")},
    ]}),
    ErrorStatusArg: json!({"anyOf": [
        {"type": "integer", "minimum": 200, "maximum": 599},
        {"type": "string", "pattern": format!("^(({})=)?{STATUS}$", ErrorCode::ALL.map(|code| code.as_str()).join("|"))},
    ]}),
    LogFormat: json!({"enum": ["text", "json"]}),
    // Editors suggest the words of the list.
    LogLevel: json!({"anyOf": [
        {"enum": LEVELS},
        {"type": "string", "pattern": format!("^({})$", LEVELS.map(in_any_case).join("|"))},
    ]}),
);
