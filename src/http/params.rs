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
    body::{self, BodyProblem, ReadBody},
    multipart::{self, Part},
};
use crate::{
    config::Limits,
    foreign_text::{MOST_NAMED, shortened},
    signature::Payload,
    vendor::VendorError,
};

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
        let body = body::read(body, content_type, limits).await.map_err(|problem| match problem {
            BodyProblem::TooLarge(limit) => VendorError::argument(format!("the body is larger than {limit} bytes")),
            BodyProblem::Broken => VendorError::argument("the body ended before it was complete"),
        })?;
        let query = head.uri.query().unwrap_or_default();
        let raw = Raw::Body(body.bytes.clone());
        let mut params = Self { values: form(query.as_bytes()), read_as: "query", raw };
        params.read_body(body, content_type, limits).await.map_err(|problem| {
            VendorError::argument(match unread_encoding(head) {
                Some(encoding) => {
                    format!("the body is `{encoding}` (Content-Encoding), which is not read: send it plain")
                }
                None => problem,
            })
        })?;
        Ok(params)
    }

    async fn read_body(&mut self, body: ReadBody, content_type: &str, limits: &Limits) -> Result<(), String> {
        let ReadBody { bytes, boundary } = body;
        let visible = body::visible(&bytes);
        match (visible.first(), boundary) {
            (None, _) => {}
            (Some(b'{' | b'[' | b'"'), _) => {
                self.add(json_object(visible, limits.depth)?);
                self.read_as = "JSON";
            }
            (_, Some(boundary)) => {
                let parts = multipart::parts(bytes, boundary, limits).await?;
                self.add(texts(&parts)?);
                self.read_as = "multipart";
                self.raw = Raw::Parts(parts);
            }
            (_, None) => {
                check_form(visible, content_type)?;
                self.add(form(visible));
                self.read_as = "form";
            }
        }
        Ok(())
    }

    /// Adds the parameters of the body to those of the query, of which there are mostly none.
    fn add(&mut self, body: Map<String, Value>) {
        if self.values.is_empty() {
            self.values = body;
        } else {
            self.values.extend(body);
        }
    }

    /// What the call carried and how it was read, for hints: "the call was read as form with `a`, `b`".
    pub(crate) fn summary(&self) -> String {
        let mut names: Vec<_> =
            self.values.keys().take(MOST_NAMED).map(|name| format!("`{}`", shortened(name))).collect();
        if self.values.len() > MOST_NAMED {
            names.push("…".into());
        }
        let files = match &self.file_parts().take(MOST_NAMED).collect::<Vec<_>>()[..] {
            [] => String::new(),
            names => format!(", and with file names, so not as parameters, {}", names.join(", ")),
        };
        match (self.read_as, &names[..]) {
            ("query", []) => "the call has no parameters: its query and its body are empty".into(),
            (place, []) => format!("the call was read as {place}, and has no parameters{files}"),
            (place, names) => format!("the call was read as {place} with {}{files}", names.join(", ")),
        }
    }

    /// The parameters that an endpoint does not know, for the hint header; parts with a file name are never known.
    pub(crate) fn unknown(&self, known: &[&str]) -> Vec<String> {
        let names = self.values.keys().filter(|name| !known.contains(&name.as_str()));
        let names = names.map(|name| format!("the parameter `{}` is not known", shortened(name)));
        let files = self.file_parts().map(|name| format!("the part {name} has a file name and is no parameter"));
        names.take(MOST_NAMED).chain(files.take(MOST_NAMED)).collect()
    }

    /// The names of parts that have a file name.
    fn file_parts(&self) -> impl Iterator<Item = String> {
        let parts = match &self.raw {
            Raw::Body(_) => &[][..],
            Raw::Parts(parts) => parts,
        };
        parts.iter().filter(|part| part.is_file).map(|part| format!("`{}`", shortened(&part.name)))
    }

    /// Calls `check` with what a signature covers.
    pub(crate) fn with_payload<T>(&self, check: impl FnOnce(Payload<'_>) -> T) -> T {
        match &self.raw {
            Raw::Body(body) => check(Payload::Body(body)),
            Raw::Parts(parts) => {
                let (files, texts): (Vec<_>, Vec<_>) = parts.iter().partition(|part| part.is_file);
                let in_order = texts.into_iter().chain(files);
                let values: Vec<_> = in_order.map(|part| (part.name.as_str(), &part.value[..])).collect();
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
            Some(other) => {
                Err(VendorError::argument(format!("`{name}` is not text: {}", shortened(&other.to_string()))))
            }
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
            other => {
                Err(VendorError::argument(format!("`{name}` is not a JSON object: {}", shortened(&other.to_string()))))
            }
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
            other => {
                Err(VendorError::argument(format!("`{name}` is not a JSON array: {}", shortened(&other.to_string()))))
            }
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

/// The encoding that a body claims, where it is not plain.
fn unread_encoding(head: &Parts) -> Option<Cow<'_, str>> {
    let encoding = head.headers.get(header::CONTENT_ENCODING)?.to_str().ok()?;
    (!encoding.eq_ignore_ascii_case("identity")).then(|| shortened(encoding))
}

fn is_multipart_label(content_type: &str) -> bool {
    content_type.trim_start().get(..10).is_some_and(|start| start.eq_ignore_ascii_case("multipart/"))
}

/// Refuses what is no form, or would be a form by accident.
fn check_form(body: &[u8], content_type: &str) -> Result<(), String> {
    if std::str::from_utf8(body).is_err() {
        return Err("the body is neither JSON, form nor multipart: it is not UTF-8".into());
    }
    let claims_more = is_multipart_label(content_type) || content_type.contains("json");
    if claims_more && !body.contains(&b'=') {
        return Err(format!("the body is not what its type `{}` says", shortened(content_type)));
    }
    Ok(())
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
        other => Err(format!("the body is not a JSON object: {}", shortened(&other.to_string()))),
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
