//! Generates `schemas/` from the types of the files.
//!
//! The types define keys and values. This file adds the forms of YAML, such as quoted numbers. Rules about several keys
//! are left to the parser.

mod agreement;
mod settings;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{super::settings::FileSettings, SchemaKind};
use crate::{result::Person, scenario::Scenario, vendor::Outcome};

/// A pattern of values with an environment variable.
const VARIABLE: &str = "\\$\\{";

pub(super) fn generated(of: SchemaKind) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let settings: Vec<_> = match of {
        SchemaKind::Config => settings::properties(&mut generator),
        SchemaKind::Scenario | SchemaKind::Person => Vec::new(),
    };
    let (mut schema, title) = match of {
        SchemaKind::Scenario => (base::<Scenario>(generator), "A scenario: what happens to its sessions, and when"),
        SchemaKind::Config => (base::<FileSettings>(generator), "Settings of a server"),
        SchemaKind::Person => (base::<Person>(generator), "An invented person and the documents they hold"),
    };
    let root = schema.as_object_mut().expect("a file is an object");
    root.insert("title".into(), title.into());
    root.remove("description");
    let of_editors = json!({"type": ["string", "null"], "description": "The schema of this kind of file, for editors"});
    root["properties"]["$schema"] = of_editors;
    allow_what_yaml_does(&mut schema);
    if let SchemaKind::Config = of {
        settings::add(&mut schema, settings);
        allow_variables(&mut schema);
    }
    schema
}

fn base<T: JsonSchema>(generator: SchemaGenerator) -> Value {
    generator.into_root_schema_for::<T>().to_value()
}

/// Allows a number or boolean for a string, and quoted numbers and booleans for themselves.
fn allow_what_yaml_does(schema: &mut Value) {
    each_part(schema, &mut |part| {
        // Examples and line breaks of doc comments are for readers of the code.
        if let Some(Value::String(text)) = part.get_mut("description") {
            *text = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
        }
        if part.get("format").is_some_and(|format| format != "date") {
            part.remove("format");
        }
        part.remove("writeOnly");
        let is_open = !["pattern", "enum", "const", "format"].iter().any(|key| part.contains_key(*key));
        let types: Vec<_> = match part.get("type") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(several) => serde_json::from_value(several.clone()).expect("a list of types"),
            None => return,
        };
        let is = |name: &str| types.iter().any(|one| one == name);
        if is("string") && is_open && !is("number") {
            let types: Vec<_> = types.iter().map(String::as_str).chain(["number", "boolean"]).collect();
            part.insert("type".into(), json!(types));
        } else if let Some(pattern) = quoted(&types) {
            let mut unquoted = Map::new();
            for key in ["type", "minimum", "maximum"] {
                unquoted.extend(part.remove_entry(key));
            }
            part.insert("anyOf".into(), json!([unquoted, {"type": "string", "pattern": pattern}]));
        }
    });
}

/// Returns the pattern of a quoted number or boolean.
fn quoted(types: &[String]) -> Option<&'static str> {
    let is = |name: &str| types.iter().any(|one| one == name);
    match () {
        () if is("string") => None,
        () if is("boolean") => Some("^(true|false)$"),
        () if is("integer") => Some("^[0-9]+$"),
        () if is("number") => Some("^-?[0-9]+(\\.[0-9]+)?$"),
        () => None,
    }
}

/// Allows a variable for each value that is not a string; strings may contain one anyway.
fn allow_variables(schema: &mut Value) {
    let variable = json!({"type": "string", "pattern": VARIABLE});
    let Some(part) = schema.as_object_mut() else { return };
    if let Some(all) = ["anyOf", "oneOf"].into_iter().find(|key| part.contains_key(*key)) {
        let alternatives = part[all].as_array_mut().expect("a list");
        let is_value = |one: &Value| one.get("$ref").is_none() && one["type"] != "array";
        if alternatives.iter().all(is_value) {
            alternatives.push(variable);
        } else {
            alternatives.iter_mut().for_each(allow_variables);
        }
    } else if ["pattern", "enum", "format", "const"].iter().any(|key| part.contains_key(*key)) {
        let mut value = Map::new();
        for key in ["type", "pattern", "enum", "format", "const"] {
            value.extend(part.remove_entry(key));
        }
        part.insert("anyOf".into(), json!([value, variable]));
    }
    parts_of(part).for_each(allow_variables);
}

/// Returns the schemas of members and elements, and the referenced ones.
fn parts_of(part: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    part.iter_mut().flat_map(|(key, inner)| -> Vec<&mut Value> {
        match (key.as_str(), inner) {
            ("properties" | "$defs", Value::Object(parts)) => parts.values_mut().collect(),
            ("items" | "additionalProperties", part) => vec![part],
            _ => Vec::new(),
        }
    })
}

/// Calls `change` for each nested schema, innermost first.
fn each_part(schema: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    let Some(part) = schema.as_object_mut() else { return };
    parts_of(part).for_each(|part| each_part(part, change));
    for key in ["anyOf", "oneOf"] {
        let parts = part.get_mut(key).and_then(Value::as_array_mut);
        parts.into_iter().flatten().for_each(|part| each_part(part, change));
    }
    change(part);
}

#[test]
fn editors_list_outcomes_and_describe_what_they_complete() {
    let schema = generated(SchemaKind::Scenario);
    let outcomes = Outcome::ALL.map(|outcome| outcome.as_str());
    let stage = &schema["$defs"]["Stage"];
    let is_described = |form: &Value| form["description"].as_str().is_some_and(|text| !text.is_empty());
    let completed: Vec<_> = stage["properties"]["result"]["anyOf"].as_array().expect("forms").iter().collect();
    let words: Vec<_> = completed.iter().filter(|form| is_described(form)).map(|form| &form["const"]).collect();
    assert_eq!(words, outcomes);
    assert!(stage["properties"].as_object().expect("keys").values().all(is_described), "{stage}");
    let triggers = schema["$defs"]["Trigger"]["anyOf"].as_array().expect("forms");
    assert!(triggers.len() == 7 && triggers.iter().all(is_described), "{triggers:?}");
}

#[test]
fn the_schemas_are_those_of_the_code() {
    for (of, name) in
        [(SchemaKind::Scenario, "scenario"), (SchemaKind::Config, "config"), (SchemaKind::Person, "person")]
    {
        let path = format!("{}/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = format!("{:#}\n", generated(of));
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &text).expect("the schema is written");
        } else {
            let advice = format!("schemas/{name}.json is stale: UPDATE_SCHEMAS=1 cargo test --lib schema writes it");
            assert!(text == of.text(), "{advice}");
        }
    }
}
