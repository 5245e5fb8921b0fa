//! The schemas of values in the config file, for [`Form::schema`](super::Form::schema).

use serde_json::{Value, json};

/// A string, number or boolean.
pub(crate) fn text() -> Value {
    json!({"type": ["string", "number", "boolean"]})
}

/// A string of visible ASCII.
pub(crate) fn visible() -> Value {
    json!({"anyOf": [
        {"type": "string", "pattern": "^[!-~]+$"},
        {"type": ["number", "boolean"]},
    ]})
}

/// A text of which the whole matches.
pub(crate) fn looks_like(pattern: &str) -> Value {
    json!({"type": "string", "pattern": format!("^({pattern})$")})
}

/// Whole numbers, plain and quoted.
pub(crate) fn whole(least: u64, most: u64) -> Value {
    let pattern = if least == 0 { "^[0-9]+$" } else { "^0*[1-9][0-9]*$" };
    json!({"anyOf": [
        {"type": "integer", "minimum": least, "maximum": most},
        {"type": "string", "pattern": pattern},
    ]})
}

pub(crate) fn switch() -> Value {
    let words = ["true", "yes", "1", "false", "no", "0"].map(in_any_case).join("|");
    json!({"anyOf": [
        {"type": "boolean"},
        {"type": "string", "pattern": format!("^({words})$")},
        {"enum": [0, 1]},
    ]})
}

pub(crate) fn address() -> Value {
    json!({"anyOf": [{"type": "string", "format": "ipv4"}, {"type": "string", "format": "ipv6"}]})
}

pub(crate) fn size() -> Value {
    json!({"anyOf": [
        {"type": "integer", "minimum": 0},
        {"type": "string", "pattern": "^[0-9]+ *(KiB|MiB)?$"},
    ]})
}

/// A pattern of a word in any case.
pub(crate) fn in_any_case(word: &str) -> String {
    let either = |c: char| match c.to_ascii_lowercase() {
        small if small != c.to_ascii_uppercase() => format!("[{}{small}]", c.to_ascii_uppercase()),
        same => same.to_string(),
    };
    word.chars().map(either).collect()
}

/// A string, number or boolean that is not empty.
pub(crate) fn name() -> Value {
    json!({"type": ["string", "number", "boolean"], "minLength": 1})
}

const STATUS: &str = "[2-5][0-9]{2}";

pub(crate) fn status() -> Value {
    status_or(STATUS)
}

/// A status, or one of an error.
pub(crate) fn error_status(errors: &[&str]) -> Value {
    status_or(&format!("(({})=)?{STATUS}", errors.join("|")))
}

fn status_or(pattern: &str) -> Value {
    json!({"anyOf": [
        {"type": "integer", "minimum": 200, "maximum": 599},
        {"type": "string", "pattern": format!("^{pattern}$")},
    ]})
}

/// The maximum nesting of JSON.
pub(crate) fn depth() -> Value {
    json!({"anyOf": [
        {"type": "integer", "minimum": 1, "maximum": 64},
        {"type": "string", "pattern": "^0*([1-9]|[1-5][0-9]|6[0-4])$"},
    ]})
}

pub(crate) fn base_url() -> Value {
    json!({"type": "string", "pattern": "^https?://[^/?#@\\s]+/?$"})
}

pub(crate) fn host_name() -> Value {
    json!({"type": ["string", "number", "boolean"], "pattern": "^[A-Za-z0-9._-]+$"})
}

/// `*`, or an origin.
pub(crate) fn origin() -> Value {
    looks_like("\\*|https?://[^/?#@\\s]+")
}
