//! The schemas of a company as it is shown, and of a change.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{CompanyInfo, CompanyPatch, CompanyState};
use crate::company::Company;

fn properties<T: JsonSchema>(generator: &mut SchemaGenerator) -> Map<String, Value> {
    let schema = T::json_schema(generator).to_value();
    schema["properties"].as_object().expect("members").clone()
}

/// Returns the members of the settings and of the state, without the secret.
fn shown(generator: &mut SchemaGenerator) -> Map<String, Value> {
    let mut members = properties::<Company>(generator);
    members.shift_remove("secret");
    members.extend(properties::<CompanyState>(generator));
    members
}

impl JsonSchema for CompanyInfo {
    fn schema_name() -> Cow<'static, str> {
        "CompanyInfo".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let members = shown(generator);
        let required: Vec<_> = members.keys().cloned().collect();
        let description = "A company: its settings and its state.";
        let schema = json!({
            "type": "object", "description": description, "properties": members, "required": required,
        });
        schema.try_into().expect("it is a schema")
    }
}

impl JsonSchema for CompanyPatch {
    fn schema_name() -> Cow<'static, str> {
        "CompanyPatch".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut members = shown(generator);
        // The path names the company; its key may be sent back as it was shown.
        members.shift_remove("company_key");
        members.insert("secret".into(), properties::<Company>(generator)["secret"].clone());
        for member in members.values_mut() {
            if let Some(member) = member.as_object_mut() {
                member.shift_remove("default");
            }
            *member = json!({"anyOf": [member.take(), {"type": "null"}]});
        }
        let description = "A JSON merge patch of a company (RFC 7396): absent members stay, null removes one.";
        let schema = json!({"type": "object", "description": description, "properties": members});
        schema.try_into().expect("it is a schema")
    }
}
