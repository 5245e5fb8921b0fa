//! The schema of a config file, from the declarations of the settings.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::super::super::settings::{ALL, FileSettings, LEVELS, LogLevel};
use crate::{
    company::Company,
    faults::Fault,
    settings::{FlagUse, Setting, schemas::in_any_case},
};

/// What is no setting; [`properties`] are the settings, which already have the forms of YAML.
impl JsonSchema for FileSettings {
    fn schema_name() -> Cow<'static, str> {
        "Settings".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut companies = generator.subschema_for::<Vec<Company>>();
        companies.insert("description".into(), "The companies that may call, and the settings of each".into());
        let mut faults = generator.subschema_for::<Vec<Fault>>();
        faults.insert("description".into(), "Faults for the first calls of any company".into());
        json_schema!({
            "type": "object",
            "additionalProperties": false,
            "properties": {"companies": companies, "faults": faults},
        })
    }
}

impl JsonSchema for LogLevel {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "LogLevel".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let levels = LEVELS.map(in_any_case).join("|");
        // Editors suggest the words of the list.
        json_schema!({"anyOf": [{"enum": LEVELS}, {"type": "string", "pattern": format!("^({levels})$")}]})
    }
}

/// Returns the schema of each setting.
pub(super) fn properties(generator: &mut SchemaGenerator) -> Vec<(&'static str, Value)> {
    let in_file = ALL.iter().filter(|setting| setting.name != "config");
    in_file.map(|setting| (setting.name, property(setting, generator))).collect()
}

/// Adds the settings, and the names that only a file has.
pub(super) fn add(schema: &mut Value, settings: Vec<(&str, Value)>) {
    for (name, property) in settings {
        schema["properties"][name] = property;
    }
    add_names(schema["$defs"]["Company"].as_object_mut().expect("an object"));
}

/// Adds the names with dashes to the settings of a company. Those of the control API are deprecated in a file.
fn add_names(company: &mut Map<String, Value>) {
    let properties = company["properties"].as_object_mut().expect("keys");
    let names: Vec<_> = properties.keys().filter(|name| name.contains('_')).cloned().collect();
    for name in names {
        let in_file = if name == "company_key" { "key".to_owned() } else { name.replace('_', "-") };
        properties.insert(in_file, properties[&name].clone());
        properties[&name]["deprecated"] = true.into();
    }
    company.remove("required");
    company.insert("anyOf".into(), json!([{"required": ["key"]}, {"required": ["company_key"]}]));
}

/// Returns the schema of a value, of a list of values, or of none.
fn property(setting: &Setting, generator: &mut SchemaGenerator) -> Value {
    let one = (setting.declared.schema)(generator);
    let mut forms = match one.get("anyOf") {
        Some(forms) => forms.as_array().expect("a list").clone(),
        None => vec![one.clone()],
    };
    if setting.declared.flag_use == FlagUse::List {
        if let Some(alone) = forms.iter_mut().find(|form| form["type"].is_array()) {
            // As a plain value, only a number of 0 or more can stand for a string.
            alone["type"] = "string".into();
            forms.push(json!({"type": "integer", "minimum": 0}));
        }
        forms.push(json!({"type": "array", "items": one}));
    }
    forms.push(json!({"type": "null"}));
    json!({"description": setting.help(), "anyOf": forms})
}
