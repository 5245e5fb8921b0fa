//! The parameters of a call: one map out of query, form, JSON and multipart; keeps the raw bytes.
//!
//! What a body is shows in the body, not in its label (specification, section 2).

use std::borrow::Cow;

use axum::{
    body::Body,
    http::{header, request::Parts},
};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::{
    body::{self, BodyProblem},
    multipart::{self, Part},
};
use crate::{config::Limits, signature::Payload, vendor_error::VendorError};

/// The parameters of a call. Where query and body both have one, the body's holds.
#[derive(Debug)]
pub(crate) struct Params {
    values: Map<String, Value>,
    read_as: &'static str,
    raw: Raw,
}

/// The bytes that a signature covers.
#[derive(Debug)]
enum Raw {
    Body(Bytes),
    Parts(Vec<Part>),
}

impl Params {
    /// Reads query and body.
    ///
    /// # Errors
    ///
    /// `argumentError` that says what is malformed or too large.
    pub(crate) async fn read(head: &Parts, body: Body, limits: &Limits) -> Result<Self, VendorError> {
        let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default();
        let is_labelled_multipart = content_type.trim_start().to_ascii_lowercase().starts_with("multipart/");
        let limit = if is_labelled_multipart { limits.multipart_body } else { limits.body };
        let body = body::read(body, limit).await.map_err(|problem| {
            VendorError::argument(match problem {
                BodyProblem::TooLarge => format!("the body is larger than {limit} bytes"),
                BodyProblem::Broken => "the body ended before it was complete".into(),
            })
        })?;

        let query = head.uri.query().unwrap_or_default();
        let mut params = Self { values: form(query.as_bytes()), read_as: "query", raw: Raw::Body(body.clone()) };
        let malformed = |problem: String| VendorError::argument(problem);
        let visible = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body).trim_ascii_start();
        match visible.first() {
            None => {}
            Some(b'{' | b'[' | b'"') => {
                params.add(json_object(visible, limits.depth).map_err(malformed)?);
                params.read_as = "JSON";
            }
            Some(_) => match multipart::boundary(content_type, visible) {
                Some(boundary) => {
                    let parts = multipart::parts(body, boundary, limits.parts).await.map_err(malformed)?;
                    params.add(texts(&parts).map_err(malformed)?);
                    params.read_as = "multipart";
                    params.raw = Raw::Parts(parts);
                }
                None => {
                    if std::str::from_utf8(&body).is_err() {
                        return Err(malformed("the body is neither JSON, form nor multipart: it is not UTF-8".into()));
                    }
                    if is_labelled_multipart || (content_type.contains("json") && !body.contains(&b'=')) {
                        return Err(malformed(format!("the body is not what its type `{content_type}` says")));
                    }
                    params.add(form(visible));
                    params.read_as = "form";
                }
            },
        }
        Ok(params)
    }

    /// Adds the parameters of the body to those of the query, of which there are mostly none.
    fn add(&mut self, body: Map<String, Value>) {
        if self.values.is_empty() {
            self.values = body;
        } else {
            self.values.extend(body);
        }
    }

    /// What the call carried and how it was read, for hints: `form: a, b`.
    pub(crate) fn summary(&self) -> String {
        let names: Vec<_> = self.values.keys().map(|name| format!("`{name}`")).collect();
        format!("read as {} with {}", self.read_as, if names.is_empty() { "nothing".into() } else { names.join(", ") })
    }

    /// Calls `check` with what a signature covers.
    pub(crate) fn with_payload<T>(&self, check: impl FnOnce(Payload<'_>) -> T) -> T {
        match &self.raw {
            Raw::Body(body) => check(Payload::Body(body)),
            Raw::Parts(parts) => {
                let (files, texts): (Vec<_>, Vec<_>) = parts.iter().partition(|part| part.is_file);
                let values: Vec<_> = texts.into_iter().chain(files).map(|part| &part.value[..]).collect();
                check(Payload::Parts(&values))
            }
        }
    }

    /// A text parameter; `None` when it is missing or null.
    ///
    /// A text that is itself a quoted JSON string is unquoted: a client sends its token back that way.
    ///
    /// # Errors
    ///
    /// `argumentError` when it is not text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<Cow<'_, str>>, VendorError> {
        match self.values.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(unquoted(text))),
            Some(other) => Err(VendorError::argument(format!("`{name}` is not text: {}", shortened(other)))),
        }
    }

    /// An object, or JSON text of one; empty when it is missing, null, `""` or `[]`.
    ///
    /// # Errors
    ///
    /// `argumentError` when it is something else.
    pub(crate) fn object(&mut self, name: &str, limits: &Limits) -> Result<Map<String, Value>, VendorError> {
        match self.structure(name, limits)? {
            Value::Object(members) => Ok(members),
            Value::Array(list) if list.is_empty() => Ok(Map::new()),
            other => Err(VendorError::argument(format!("`{name}` is not a JSON object: {}", shortened(&other)))),
        }
    }

    /// A list, or JSON text of one; empty when it is missing, null, `""` or `{}`.
    ///
    /// # Errors
    ///
    /// `argumentError` when it is something else.
    pub(crate) fn list(&mut self, name: &str, limits: &Limits) -> Result<Vec<Value>, VendorError> {
        match self.structure(name, limits)? {
            Value::Array(list) => Ok(list),
            Value::Object(members) if members.is_empty() => Ok(Vec::new()),
            other => Err(VendorError::argument(format!("`{name}` is not a JSON array: {}", shortened(&other)))),
        }
    }

    /// Takes a value out; text of JSON is read, twice where it is quoted.
    fn structure(&mut self, name: &str, limits: &Limits) -> Result<Value, VendorError> {
        let empty = || Value::Array(Vec::new());
        let mut value = self.values.remove(name).unwrap_or_default();
        for _ in 0..2 {
            match &value {
                Value::String(text) if text.trim().is_empty() => return Ok(empty()),
                Value::String(text) => {
                    value = json(text.as_bytes(), limits.depth)
                        .map_err(|problem| VendorError::argument(format!("`{name}` {problem}")))?;
                }
                _ => break,
            }
        }
        Ok(if value.is_null() { empty() } else { value })
    }
}

/// The fields of a query or form. Of several with one name the last holds.
fn form(text: &[u8]) -> Map<String, Value> {
    form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect()
}

fn texts(parts: &[Part]) -> Result<Map<String, Value>, String> {
    let read = |part: &Part| match std::str::from_utf8(&part.value) {
        Ok(text) => Ok((part.name.clone(), text.into())),
        Err(_) => Err(format!("the part `{}` of the multipart body is not UTF-8 text", part.name)),
    };
    parts.iter().filter(|part| !part.is_file).map(read).collect()
}

fn json_object(body: &[u8], depth: usize) -> Result<Map<String, Value>, String> {
    match json(body, depth).map_err(|problem| format!("the body {problem}"))? {
        Value::Object(members) => Ok(members),
        other => Err(format!("the body is not a JSON object: {}", shortened(&other))),
    }
}

fn json(text: &[u8], depth: usize) -> Result<Value, String> {
    let value = serde_json::from_slice(text).map_err(|error| format!("is not JSON: {error}"))?;
    if is_deeper(&value, depth) { Err(format!("is nested deeper than {depth} levels")) } else { Ok(value) }
}

/// Whether `value` is nested deeper than `depth`. `serde_json` itself stops at 128.
fn is_deeper(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(list) => depth == 0 || list.iter().any(|value| is_deeper(value, depth - 1)),
        Value::Object(members) => depth == 0 || members.values().any(|value| is_deeper(value, depth - 1)),
        _ => false,
    }
}

fn unquoted(text: &str) -> Cow<'_, str> {
    if !text.ends_with(|last: char| last == '"' || last.is_whitespace()) {
        return Cow::Borrowed(text);
    }
    let trimmed = text.trim();
    if !(trimmed.starts_with('"') && trimmed.ends_with('"')) {
        return Cow::Borrowed(text);
    }
    serde_json::from_str(trimmed).map_or(Cow::Borrowed(text), Cow::Owned)
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
