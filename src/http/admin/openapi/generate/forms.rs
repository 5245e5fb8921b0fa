//! The forms of schemas in OpenAPI 3.0, which more generators read than 3.1.

use std::collections::BTreeSet;

use schemars::{
    Schema,
    transform::{
        AddNullable, RemoveRefSiblings, ReplaceBoolSchemas, ReplaceConstValue, Transform, transform_subschemas,
    },
};
use serde_json::{Map, Value, json};

use super::vendor::capitalized;

/// The start of a reference.
const SCHEMAS: &str = "#/components/schemas/";

/// Converts all schemas of a document.
pub(super) fn convert(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object_mut().expect("schemas");
    let mut named = Map::new();
    for (name, schema) in schemas.iter_mut() {
        convert_schema(schema);
        complete_forms(schema);
        name_forms(name, schema, &mut named);
    }
    for (name, schema) in named {
        assert!(schemas.insert(name.clone(), schema).is_none(), "`{name}` has two schemas");
    }
    each_inline_schema(&mut document["paths"]);
    let schemas = document["components"]["schemas"].clone();
    inline_nullable(document, &schemas);
}

/// Removes null from the references of a request: there it is as good as no member, and a generated type is simpler.
pub(super) fn without_null_references(schema: &mut Value) {
    let members = schema.get_mut("properties").and_then(Value::as_object_mut);
    for member in members.into_iter().flat_map(Map::values_mut) {
        let Some([form, null]) = member.get("anyOf").and_then(Value::as_array).map(Vec::as_slice) else { continue };
        if form.get("$ref").is_none() || null["type"] != "null" {
            continue;
        }
        let form = form.clone();
        let member = member.as_object_mut().expect("a schema");
        member.remove("anyOf");
        member.extend(form.as_object().expect("a schema").clone());
    }
}

/// Replaces references that may be null with the schema: null needs a type beside it.
fn inline_nullable(part: &mut Value, schemas: &Value) {
    match part {
        Value::Object(members) => {
            members.values_mut().for_each(|part| inline_nullable(part, schemas));
            if members.get("nullable") != Some(&Value::Bool(true)) || members.contains_key("type") {
                return;
            }
            let Some(Value::Array(forms)) = members.remove("allOf") else { return };
            let path = forms[0]["$ref"].as_str().expect("a reference");
            let mut schema = schemas[&path[SCHEMAS.len()..]].as_object().expect("it has a schema").clone();
            if let Some(Value::Array(words)) = schema.get_mut("enum") {
                words.push(Value::Null);
            }
            schema.append(members);
            *members = schema;
            if !members.contains_key("type") {
                members.remove("nullable");
            }
        }
        Value::Array(parts) => parts.iter_mut().for_each(|part| inline_nullable(part, schemas)),
        _ => {}
    }
}

/// Converts the schemas of parameters, requests and responses.
fn each_inline_schema(part: &mut Value) {
    match part {
        Value::Object(members) => members.iter_mut().for_each(|(name, part)| match name.as_str() {
            "schema" => convert_schema(part),
            _ => each_inline_schema(part),
        }),
        Value::Array(parts) => parts.iter_mut().for_each(each_inline_schema),
        _ => {}
    }
}

fn convert_schema(schema: &mut Value) {
    let schema: &mut Schema = schema.try_into().expect("a schema");
    let mut bool_schemas = ReplaceBoolSchemas::default();
    bool_schemas.skip_additional_properties = true;
    bool_schemas.transform(schema);
    convert_part(schema);
    AddNullable::default().transform(schema);
    RemoveRefSiblings::default().transform(schema);
    ReplaceConstValue::default().transform(schema);
}

fn convert_part(schema: &mut Schema) {
    transform_subschemas(&mut convert_part, schema);
    for step in [remove_annotations, mark_nullable, merge_words, merge_texts, prefer_list, split_types] {
        step(schema);
    }
}

/// Removes what a generator takes for more than it is.
fn remove_annotations(schema: &mut Schema) {
    // A generated type makes a member with a default mandatory.
    schema.remove("default");
    schema.remove("writeOnly");
    // Unknown in this version.
    schema.remove("propertyNames");
    // Examples, sources and line breaks of doc comments are for readers of the code.
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    }
    // Other numbers would be those of 32 bits.
    if schema.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("uint")) {
        schema.insert("format".into(), "int64".into());
    }
}

/// Marks a schema of which null is a form.
fn mark_nullable(schema: &mut Schema) {
    for key in ["anyOf", "oneOf"] {
        let Some(Value::Array(forms)) = schema.get_mut(key) else { continue };
        let all = forms.len();
        forms.retain(|form| form["type"] != "null");
        if forms.len() == all {
            continue;
        }
        if let [form] = &forms[..] {
            let form = form.clone();
            schema.remove(key);
            match form {
                Value::Object(form) if !form.contains_key("$ref") => {
                    let schema = schema.ensure_object();
                    form.into_iter().for_each(|(key, value)| _ = schema.entry(key).or_insert(value));
                }
                form => _ = schema.insert("allOf".into(), json!([form])),
            }
        }
        schema.insert("nullable".into(), true.into());
    }
}

/// Makes one list of words that have a description each.
fn merge_words(schema: &mut Schema) {
    let words = schema.get("oneOf").and_then(Value::as_array).and_then(|forms| words_of(forms));
    if let Some(words) = words {
        schema.remove("oneOf");
        schema.insert("type".into(), "string".into());
        schema.insert("enum".into(), words);
    }
}

/// Makes one text of several forms of a text, of which the description says enough.
fn merge_texts(schema: &mut Schema) {
    let is_text = |form: &Value| form["type"] == "string" || form["const"].is_string();
    for key in ["anyOf", "oneOf"] {
        if schema.get(key).and_then(Value::as_array).is_some_and(|forms| forms.iter().all(is_text)) {
            schema.remove(key);
            schema.insert("type".into(), "string".into());
        }
    }
}

/// Describes one value or a list of several as a list, and a list among other forms as any value: generators have no
/// type for it.
fn prefer_list(schema: &mut Schema) {
    let Some(forms) = schema.get("anyOf").and_then(Value::as_array) else { return };
    let Some(list) = forms.iter().find(|form| form["type"] == "array").cloned() else { return };
    let is_preferred = forms.len() == 2 && forms.contains(&list["items"]);
    schema.remove("anyOf");
    if is_preferred {
        schema.ensure_object().extend(list.as_object().expect("a schema").clone());
    }
}

/// Makes several types forms of a value.
fn split_types(schema: &mut Schema) {
    let types = schema.get("type").and_then(Value::as_array).cloned().unwrap_or_default();
    let several: Vec<_> = types.iter().filter(|kind| **kind != "null").collect();
    if several.len() < 2 {
        return;
    }
    let forms: Vec<_> = several.iter().map(|kind| json!({"type": kind})).collect();
    if types.len() > several.len() {
        schema.insert("nullable".into(), true.into());
    }
    schema.remove("type");
    // A schema without a type is any value.
    if !several.contains(&&json!("array")) {
        schema.insert("anyOf".into(), forms.into());
    }
}

/// Moves the members that all forms of an object have into each form: a generated type is either an object or one of
/// several.
fn complete_forms(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    if !(schema.contains_key("properties") && schema.contains_key("oneOf")) {
        return;
    }
    let (shared, names) = (schema.remove("properties"), schema.remove("required"));
    schema.remove("type");
    let shared = shared.as_ref().and_then(Value::as_object).expect("members");
    let names = names.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    for form in schema["oneOf"].as_array_mut().expect("forms") {
        let own = form["properties"].as_object_mut().map(std::mem::take).unwrap_or_default();
        form["properties"] = shared.clone().into_iter().chain(own).collect::<Map<_, _>>().into();
        let own = form["required"].as_array_mut().map(std::mem::take).unwrap_or_default();
        form["required"] = names.iter().cloned().chain(own).collect();
    }
}

/// Makes each form of a schema one of its own, which has the name that generators need.
fn name_forms(name: &str, schema: &mut Value, named: &mut Map<String, Value>) {
    for key in ["anyOf", "oneOf"] {
        for form in schema.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            if form.get("$ref").is_some() {
                continue;
            }
            let form_name = name_of_form(name.trim_end_matches("Kind"), form);
            let reference = json!({"$ref": format!("{SCHEMAS}{form_name}")});
            let mut form = std::mem::replace(form, reference);
            name_forms(&form_name, &mut form, named);
            let previous = named.insert(form_name, form);
            assert!(previous.is_none(), "{name}: two forms have one name");
        }
    }
}

/// Names an object after its one word, or the first member that it needs, and other values after their type.
fn name_of_form(schema: &str, form: &Value) -> String {
    let members = form["properties"].as_object().into_iter().flatten();
    let word = members.filter_map(|(_, member)| member["enum"].as_array()).find_map(|words| match &words[..] {
        [word] => word.as_str(),
        _ => None,
    });
    if let Some(word) = word.or_else(|| form["required"][0].as_str()) {
        return word.split(['-', '_']).map(capitalized).chain([schema.to_owned()]).collect();
    }
    let kind = match form["type"].as_str() {
        Some("array") => "List",
        Some("boolean") => "Switch",
        Some("number") => "Number",
        Some("object") => "Members",
        Some("string") => match form["enum"].as_array().map(Vec::as_slice) {
            Some([Value::String(word)]) => return format!("{}{schema}", capitalized(word)),
            Some(_) => "Word",
            None => "Text",
        },
        _ => "Value",
    };
    format!("{schema}{kind}")
}

/// Returns the words of forms that are words or lists of words.
fn words_of(forms: &[Value]) -> Option<Value> {
    let words = forms.iter().map(|form| match (form.get("const"), form.get("enum")) {
        (Some(word), None) if word.is_string() => Some(vec![word.clone()]),
        (None, Some(Value::Array(words))) => Some(words.clone()),
        _ => None,
    });
    Some(words.collect::<Option<Vec<_>>>()?.concat().into())
}

/// Returns a schema without null, which no query has.
pub(super) fn without_null(mut schema: Value) -> Value {
    if let Some(kinds) = schema.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
        if let [only] = &kinds[..] {
            schema["type"] = only.clone();
        }
    }
    let alone = schema.get("anyOf").and_then(Value::as_array).and_then(|forms| forms.first()).cloned();
    match (alone, schema.get("description").cloned()) {
        (Some(alone), Some(description)) => json!({"allOf": [alone], "description": description}),
        (Some(alone), None) => alone,
        (None, _) => schema,
    }
}

/// Returns the names of the schemas that these parts need.
pub(super) fn used_by<'a>(mut parts: Vec<&'a Value>, schemas: &'a Map<String, Value>) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    while let Some(part) = parts.pop() {
        match part {
            Value::Array(inner) => parts.extend(inner),
            Value::Object(inner) => {
                let name = inner.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix(SCHEMAS));
                if let Some(name) = name.filter(|name| used.insert(name.to_string())) {
                    parts.extend(schemas.get(name));
                }
                parts.extend(inner.values());
            }
            _ => {}
        }
    }
    used
}
