//! The checks of the parser, as rules of a schema.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{
    faults::{Endpoint, allows_body},
    scenario::VerdictDetails,
    settings::schemas::{DURATION, MOMENT, in_any_case, looks_like, whole},
    vendor::Outcome,
};

/// A string, without numbers and booleans.
fn text() -> Value {
    json!({"type": "string"})
}

/// Requires that a key has a value.
fn has(key: &str) -> Value {
    has_any(&[key])
}

/// Requires that one of these keys has a value. Editors offer `required` keys as a group, so it is not used.
fn has_any(keys: &[&str]) -> Value {
    // An editor would insert `null` for a type of that name.
    let null = not(json!({"type": ["string", "number", "boolean", "object", "array"]}));
    let without = keys.iter().map(|key| ((*key).to_owned(), null.clone())).collect::<Map<_, _>>();
    not(json!({"properties": without}))
}

/// Requires that one of these keys has a value, or says the message.
fn needs_any(keys: &[&str], message: &str) -> Value {
    let mut rule = has_any(keys);
    rule["errorMessage"] = message.into();
    rule
}

/// Forbids what the rule describes, or says the message.
fn never(rule: Value, message: &str) -> Value {
    json!({"not": rule, "errorMessage": message})
}

/// Requires that a key is true.
fn is_true(key: &str) -> Value {
    json!({"required": [key], "properties": {key: {"enum": [true, "true"]}}})
}

fn not(rule: Value) -> Value {
    json!({"not": rule})
}

fn if_then(condition: Value, rule: Value) -> Value {
    json!({"if": condition, "then": rule})
}

/// Allows at most one of these, or says the message.
fn at_most_one(rules: &[Value], message: &str) -> Vec<Value> {
    let pairs = rules.iter().enumerate().flat_map(|(at, one)| rules[at + 1..].iter().map(move |other| (one, other)));
    pairs.map(|(one, other)| never(json!({"allOf": [one, other]}), message)).collect()
}

/// Returns the descriptions of the variants of an enum, in their order.
fn descriptions<T: JsonSchema>() -> Vec<Value> {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    schema["oneOf"].as_array().expect("variants").iter().map(|variant| variant["description"].clone()).collect()
}

/// Replaces the schema of a key; null stays allowed if it was, and so does the description.
fn take(object: &mut Value, key: &str, takes: Value) {
    let property = &mut object["properties"][key];
    let mut taken = takes;
    for said in ["description", "default"] {
        if let Some(said_so) = property.get(said) {
            taken[said] = said_so.clone();
        }
    }
    *property = taken;
}

fn or_null(mut takes: Value) -> Value {
    match takes.get_mut("anyOf").and_then(Value::as_array_mut) {
        Some(alternatives) => alternatives.push(json!({"type": "null"})),
        None => takes = json!({"anyOf": [takes, {"type": "null"}]}),
    }
    takes
}

fn add_rules(object: &mut Value, rules: impl IntoIterator<Item = Value>) {
    object["allOf"] = rules.into_iter().collect::<Vec<_>>().into();
}

pub(super) fn of_scenarios(schema: &mut Value) {
    of_faults(schema);
    let person = json!({"anyOf": [
        text(),
        {"type": "object", "properties": {"like": text()}},
        {"type": "null"},
    ]});
    take(schema, "person", person);
    let only_begin = json!({
        "not": has_any(&["scenario", "session"]),
        "properties": {"endpoint": {"enum": ["begin", null]}},
    });
    add_rules(
        schema,
        [
            needs_any(&["stages", "refuse_begin"], "a scenario needs `stages` (`[]` if no stage is ever reached)"),
            if_then(has("refuse_begin"), json!({"properties": {"stages": {"maxItems": 0}}})),
            if_then(has("begin_fault"), json!({"properties": {"begin_fault": only_begin}})),
        ],
    );
    let defs = &mut schema["$defs"];
    defs["OperatorAnswer"]["anyOf"] = json!([text(), {"type": "boolean"}, {"type": "array", "items": text()}]);
    of_matches(&mut defs["BeginMatch"]);
    defs["ValueMatch"] = json!({
        "description": "A value that must match exactly, or another condition",
        "not": {"type": "null"},
        "if": {"type": "object"},
        "then": {"oneOf": [
            {"required": ["present"], "properties": {"present": {"type": "boolean"}}},
            {"required": ["contains"], "properties": {"contains": {"not": {"type": "null"}}}},
            {"required": ["is"]},
            {"required": ["matches"], "properties": {"matches": {"type": "string"}}},
            {"required": ["glob"], "properties": {"glob": {"type": "string", "maxLength": 200}}},
        ], "minProperties": 1, "maxProperties": 1},
    });
    let score = json!({"anyOf": [
        {"type": "number", "minimum": 0, "maximum": 100},
        {"type": "string", "pattern": "^([0-9]{1,2}(\\.[0-9]+)?|100(\\.0+)?)$"},
    ]});
    take(&mut defs["ScreeningMatch"], "score", score);
    of_stages(&mut defs["Stage"]);
}

fn of_matches(matches: &mut Value) {
    let alone = ["company", "steps", "config_id", "parent", "return_url"];
    let mut none = has_any(&alone);
    for key in ["flags", "header"] {
        none["not"]["properties"][key] = json!({"maxProperties": 0});
    }
    none["errorMessage"] = "`match` names no condition, so every call would match".into();
    add_rules(matches, [none]);
}

fn of_stages(stage: &mut Value) {
    let similarity = json!({"anyOf": [
        {"type": "number", "minimum": 0, "maximum": 1},
        {"type": "string", "pattern": "^(0(\\.[0-9]+)?|1(\\.0+)?)$"},
        {"type": "null"},
    ]});
    take(stage, "similarity", similarity);
    let words = Outcome::ALL.map(|outcome| in_any_case(outcome.as_str())).join("|");
    // Editors suggest the outcomes, each with its description.
    let described = Outcome::ALL.iter().zip(descriptions::<Outcome>());
    let described = described.map(|(outcome, text)| json!({"const": outcome.as_str(), "description": text}));
    let others = json!({"not": {"type": ["object", "array"]}});
    take(stage, "result", json!({"anyOf": described.chain([others]).collect::<Vec<_>>()}));
    stage["title"] = "A stage".into();
    // An editor lists the words of the first form for another one.
    let listed = json!({"enum": Outcome::ALL.map(|outcome| outcome.as_str())});
    let is_listed = json!({"properties": {"result": {"anyOf": [listed, looks_like(&words)]}}});
    let is_rejected = json!({"properties": {"result": looks_like(&in_any_case("REJECTED"))}});
    let is_blank = json!({"properties": {"result": looks_like("\\s*")}});
    let result = has("result");
    let needs_result = needs_any(&["result"], "details of a result need a `result`");
    let stage_fault = json!({
        "not": has_any(&["scenario", "session"]),
        "properties": {"endpoint": {"enum": Endpoint::all().filter(|it| it.names_session()).map(|it| it.as_str().into())
            .chain([Value::Null]).collect::<Vec<Value>>()}},
    });
    let bare = json!({
        "required": ["reject_description"],
        "properties": {
            "reject_description": {"not": {"enum": [null, ""]}},
            "reject_reason": {"enum": [null, ""]},
        },
    });
    let mut rules = vec![
        needs_any(
            &["result", "error", "document", "person", "change", "fault"],
            "a stage needs an effect: `result`, `error`, `document`, `person`, `change` or `fault`",
        ),
        if_then(has_any(VerdictDetails::NAMES), needs_result.clone()),
        if_then(is_true("unlisted"), needs_result),
        if_then(
            json!({"allOf": [result, not(is_true("unlisted"))]}),
            json!({"allOf": [is_listed, if_then(has_any(&["reject_reason", "reject_description"]), is_rejected)]}),
        ),
        if_then(is_true("unlisted"), not(json!({"anyOf": [is_listed, is_blank]}))),
        not(bare),
        if_then(has("fault"), json!({"properties": {"fault": stage_fault}})),
    ];
    let message = "a stage has only one of `result`, `error` and `document`";
    rules.extend(at_most_one(&["result", "error", "document"].map(has), message));
    add_rules(stage, rules);
}

/// Adds the rules of a fault.
fn of_faults(schema: &mut Value) {
    let defs = &mut schema["$defs"];
    for (name, pattern) in [
        ("DurationText", DURATION.to_owned()),
        ("DelayRange", format!(" *{DURATION}(to +{DURATION})?")),
        ("CallRange", " *0*[1-9][0-9]* to +0*[1-9][0-9]* *".to_owned()),
    ] {
        let description = defs[name]["description"].take();
        defs[name] = looks_like(&pattern);
        defs[name]["description"] = description;
    }
    let fault = &mut defs["Fault"];
    fault["title"] = "A fault".into();
    let (status, number) = ("^[2-5][0-9]{2}$", whole(1, u32::MAX.into()));
    let status = json!({"anyOf": [
        {"type": "integer", "minimum": 200, "maximum": 599},
        {"type": "string", "pattern": status},
        {"type": "null"},
    ]});
    take(fault, "status", status);
    take(fault, "drip", or_null(number.clone()));
    take(fault, "times", or_null(number));
    let visible = json!({"anyOf": [
        {"type": "string", "pattern": "^[ -~]*[!-~][ -~]*$"},
        {"type": ["number", "boolean", "null"]},
    ]});
    take(fault, "content_type", visible);
    let instead = has_any(&["status", "retry_after"]);
    let type_alone = json!({"allOf": [has("content_type"), not(has("body"))]});
    let harms = [instead.clone(), type_alone, has("close"), has("response"), has("drip")];
    let ends = [has("times"), has("calls"), has("lasts"), is_true("forever")];
    let without_body: Vec<_> = (200..=599u16).filter(|status| !allows_body(*status)).collect();
    let without_body: Vec<Value> =
        without_body.iter().flat_map(|status| [json!(status), json!(status.to_string())]).collect();
    let nameless: Vec<_> =
        Endpoint::all().filter(|it| *it != Endpoint::Begin && !it.names_session()).map(|it| it.as_str()).collect();
    let harmless = "a fault has only one of `status`, `retry_after`, `content_type`, `close`, `response`, `drip`";
    let mut rules = at_most_one(&harms, harmless);
    rules.extend(at_most_one(&ends, "a fault has only one of `times`, `calls`, `lasts` and `forever: true`"));
    rules.extend([
        needs_any(
            &["delay", "status", "retry_after", "content_type", "close", "response", "drip"],
            "a fault needs an effect: `delay`, `status`, `retry_after`, `content_type`, `close`, `response` or `drip`",
        ),
        if_then(has("body"), needs_any(&["status", "retry_after"], "`body` needs a `status`")),
        if_then(json!({"required": ["status"], "properties": {"status": {"enum": without_body}}}), not(has("body"))),
        if_then(
            has("scenario"),
            not(json!({"required": ["endpoint"], "properties": {"endpoint": {"enum": nameless}}})),
        ),
    ]);
    add_rules(fault, rules);
}

pub(super) fn of_people(schema: &mut Value) {
    take(schema, "birthday", json!({"type": "string", "format": "date"}));
    schema["$defs"]["DocumentNumbers"]["minProperties"] = 1.into();
}

pub(super) fn of_settings(schema: &mut Value, settings: Vec<(&str, Value)>) {
    of_faults(schema);
    for (name, property) in settings {
        schema["properties"][name] = property;
    }
    let defs = &mut schema["$defs"];
    let company = &mut defs["Company"];
    let named = json!({"type": ["string", "number", "boolean"], "minLength": 1});
    take(company, "company_key", named.clone());
    take(company, "secret", or_null(named));
    take(company, "frozen_at", or_null(looks_like(MOMENT)));
    take(company, "max_sessions", or_null(whole(1, u64::MAX)));
    company["properties"]["configurations"]["propertyNames"] = json!({"pattern": "^[0-9a-f]{24}$"});
    let mut rules = vec![json!({"anyOf": [{"required": ["key"]}, {"required": ["company_key"]}]})];
    let names: Vec<_> = company["properties"].as_object().expect("keys").keys().cloned().collect();
    for name in names.iter().filter(|name| name.contains('_')) {
        let other = if name == "company_key" { "key".to_owned() } else { name.replace('_', "-") };
        company["properties"][&other] = company["properties"][name].clone();
        // As in the control API.
        company["properties"][name]["deprecated"] = true.into();
        rules.push(not(json!({"required": [name, other]})));
    }
    company.as_object_mut().expect("an object").remove("required");
    add_rules(company, rules);
}
