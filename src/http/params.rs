//! The parameters of a call: query, form, JSON and multipart merged into one map, with the raw bytes.
//!
//! The format is detected from the body, not from its content type ([source](crate::fidelity#calls)).

use std::borrow::Cow;

use axum::http::request::Parts;
use serde_json::{Map, Value, json};

use super::{
    body,
    multipart::MultipartPart,
    received_body::{ReceivedBody, content_type, unreadable},
};
use crate::{
    config::RequestLimits,
    foreign_text::{MAX_NAMED, shortened},
    json_cursor,
    json_text::{self, JsonStr, compact},
    problem::Problem,
    signature::Payload,
    vendor::{FlagsAtBegin, StepsAtBegin, VendorError},
};

/// The parameters of a call. Those of the body override those of the query.
#[derive(Debug)]
pub(crate) struct Params<'a> {
    /// Names and values in the order of the request. If a name repeats, the last value counts.
    values: Vec<(Cow<'a, str>, ParamValue<'a>)>,
    read_as: &'static str,
    received: &'a ReceivedBody,
    /// `flags` and `steps` of a JSON body, if they are an object and an array.
    pub(crate) flags: Option<FlagsAtBegin<'a>>,
    pub(crate) steps: Option<StepsAtBegin<'a>>,
}

/// A parameter as received.
#[derive(Debug)]
enum ParamValue<'a> {
    /// The value of a query, form or part.
    Text(Cow<'a, str>),
    /// A JSON value, which was checked.
    Json(&'a str),
}

impl<'a> Params<'a> {
    /// Reads query and body.
    ///
    /// # Errors
    ///
    /// `argumentError` for malformed parameters.
    pub(crate) fn read(
        head: &'a Parts,
        received: &'a ReceivedBody,
        limits: &RequestLimits,
    ) -> Result<Self, VendorError> {
        let values = form(head.uri.query().unwrap_or_default().as_bytes());
        let mut params = Self { values, read_as: "query", received, flags: None, steps: None };
        params.read_body(content_type(head), limits).map_err(|problem| unreadable(head, problem))?;
        Ok(params)
    }

    fn read_body(&mut self, content_type: &str, limits: &RequestLimits) -> Result<(), Problem> {
        let ReceivedBody { body, parts } = self.received;
        let visible = body::visible(body);
        match (visible.first(), parts) {
            (None, _) => {}
            (Some(_), Some(parts)) => {
                self.add(texts(parts)?);
                self.read_as = "multipart";
            }
            (Some(b'{' | b'[' | b'"'), None) => {
                self.read_json(visible, limits.depth)?;
                self.read_as = "JSON";
            }
            (_, None) => {
                check_form(visible, content_type)?;
                self.add(form(visible));
                self.read_as = "form";
            }
        }
        Ok(())
    }

    /// Adds the parameters of the body to those of the query, which is usually empty.
    fn add(&mut self, body: Vec<(Cow<'a, str>, ParamValue<'a>)>) {
        if self.values.is_empty() {
            self.values = body;
        } else {
            self.values.extend(body);
        }
    }

    /// Adds the members of a JSON body, in one pass over its text.
    fn read_json(&mut self, body: &'a [u8], depth: usize) -> Result<(), Problem> {
        let not_json = |error| Problem::syntax(format!("the body {error}"));
        let (Ok(text), Some(b'{')) = (std::str::from_utf8(body), body.first()) else {
            json_text::check(body, depth).map_err(not_json)?;
            let given = preview(&String::from_utf8_lossy(body));
            return Err(Problem::syntax(format!("the body is not a JSON object: {given}")));
        };
        let read = json_cursor::read(text, depth, |cursor| {
            cursor.members(&mut |cursor| {
                let name = cursor.name()?;
                let text = match &*name {
                    "flags" => cursor.value_as(b'{', FlagsAtBegin::take_from, &mut self.flags)?,
                    "steps" => cursor.value_as(b'[', StepsAtBegin::take_from, &mut self.steps)?,
                    _ => cursor.value()?,
                };
                self.values.push((name, ParamValue::Json(text)));
                Ok(())
            })
        });
        read.map(drop).map_err(not_json)
    }

    fn get(&self, name: &str) -> Option<&ParamValue<'a>> {
        self.values.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value)
    }

    /// Returns the first names that are `wanted`, each once.
    fn names(&self, wanted: impl Fn(&str) -> bool) -> Vec<&str> {
        let mut names = Vec::new();
        for (name, _) in &self.values {
            if names.len() <= MAX_NAMED && wanted(name) && !names.contains(&&**name) {
                names.push(&**name);
            }
        }
        names
    }

    /// Describes the parameters and their format, for hints: "the call was read as form with `a`, `b`".
    pub(crate) fn summary(&self) -> String {
        let all = self.names(|_| true);
        let mut names: Vec<_> = all.iter().take(MAX_NAMED).map(|name| format!("`{}`", shortened(name))).collect();
        if all.len() > MAX_NAMED {
            names.push("…".into());
        }
        let files = match &self.file_parts().take(MAX_NAMED).collect::<Vec<_>>()[..] {
            [] => String::new(),
            names => format!(", and with file names, so not as parameters, {}", names.join(", ")),
        };
        match (self.read_as, &names[..]) {
            ("query", []) => "the call has no parameters: its query and its body are empty".into(),
            (place, []) => format!("the call was read as {place}, and has no parameters{files}"),
            (place, names) => format!("the call was read as {place} with {}{files}", names.join(", ")),
        }
    }

    /// Returns the parameters that an endpoint does not know, for the hint header; file parts are always unknown.
    pub(crate) fn unknown(&self, known: &[&str]) -> Vec<String> {
        let names = self.names(|name| !known.contains(&name)).into_iter();
        let names = names.map(|name| format!("the parameter `{}` is not known", shortened(name)));
        let files = self.file_parts().map(|name| format!("the part {name} has a file name and is no parameter"));
        names.take(MAX_NAMED).chain(files.take(MAX_NAMED)).collect()
    }

    /// Returns the names of file parts.
    fn file_parts(&self) -> impl Iterator<Item = String> {
        let parts = self.received.parts.iter().flatten();
        parts.filter(|part| part.is_file).map(|part| format!("`{}`", shortened(&part.name)))
    }

    /// Returns the format: `query`, `form`, `JSON`, `multipart`.
    pub(crate) fn read_as(&self) -> &'static str {
        self.read_as
    }

    /// Returns all parameters as JSON, with the length of file parts.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let mut members = Map::new();
        for (name, given) in &self.values {
            let value = match given {
                ParamValue::Text(text) => Value::String(text.to_string()),
                ParamValue::Json(value) => serde_json::from_str(value).expect("it was checked"),
            };
            members.insert(name.to_string(), value);
        }
        for part in self.received.parts.iter().flatten().filter(|part| part.is_file) {
            members.insert(part.name.clone(), json!({"file_bytes": part.value.len()}));
        }
        members
    }

    /// Calls `check` with the signed part of the request.
    pub(crate) fn with_payload<T>(&self, check: impl FnOnce(Payload<'_>) -> T) -> T {
        match &self.received.parts {
            None => check(Payload::Body(&self.received.body)),
            Some(parts) => {
                let (files, texts): (Vec<_>, Vec<_>) = parts.iter().partition(|part| part.is_file);
                let in_order = texts.into_iter().chain(files);
                let values: Vec<_> = in_order.map(|part| (part.name.as_str(), &part.value[..])).collect();
                check(Payload::Parts(&values))
            }
        }
    }

    /// Returns a string parameter; `None` if it is missing or null.
    ///
    /// A value that is a quoted JSON string is unquoted: a client sends its token back that way.
    ///
    /// # Errors
    ///
    /// `argumentError` if it is not a string.
    pub(crate) fn text(&self, name: &str) -> Result<Option<Cow<'_, str>>, VendorError> {
        let text = match self.get(name) {
            None => return Ok(None),
            Some(ParamValue::Text(text)) => Cow::Borrowed(&**text),
            Some(ParamValue::Json(value)) => match JsonStr::read(value) {
                Some(text) => text,
                None if *value == "null" => return Ok(None),
                None => return Err(VendorError::argument(format!("`{name}` is not text: {}", preview(value)))),
            },
        };
        Ok(Some(unquoted(&text).map_or(text, Cow::Owned)))
    }

    /// Returns a non-empty string; an empty one counts as missing.
    ///
    /// # Errors
    ///
    /// As [`Params::text`].
    pub(crate) fn non_empty_text(&self, name: &str) -> Result<Option<Cow<'_, str>>, VendorError> {
        Ok(self.text(name)?.filter(|text| !text.is_empty()))
    }

    /// Returns a number from 1, sent as text or JSON; `None` if it is missing, null or `""`.
    ///
    /// # Errors
    ///
    /// `argumentError` for other values.
    #[cfg(feature = "media")]
    pub(crate) fn number(&self, name: &str) -> Result<Option<u32>, VendorError> {
        let text = match self.get(name) {
            Some(ParamValue::Json(value)) if value.starts_with(|first: char| first.is_ascii_digit()) => {
                Some(Cow::Borrowed(*value))
            }
            _ => self.non_empty_text(name)?,
        };
        let read = |text: Cow<'_, str>| {
            let number = text.parse().ok().filter(|number| *number > 0);
            number.ok_or_else(|| VendorError::argument(format!("`{name}` is not a number from 1: {}", preview(&text))))
        };
        text.map(read).transpose()
    }

    /// Returns the text of a JSON object; empty if it is missing, null, `""`, `{}` or `[]`. It may be sent as JSON
    /// text.
    ///
    /// # Errors
    ///
    /// `argumentError` for other values.
    pub(crate) fn object(&self, name: &str, limits: &RequestLimits) -> Result<Cow<'_, str>, VendorError> {
        self.json_text(name, "object", '{', limits)
    }

    /// Returns the text of a JSON array; empty if it is missing, null, `""`, `[]` or `{}`. It may be sent as JSON text.
    ///
    /// # Errors
    ///
    /// `argumentError` for other values.
    pub(crate) fn list(&self, name: &str, limits: &RequestLimits) -> Result<Cow<'_, str>, VendorError> {
        self.json_text(name, "array", '[', limits)
    }

    /// Returns the text of a JSON value with this opening bracket; JSON text is parsed, twice if it is quoted. Empty
    /// for none.
    fn json_text(
        &self,
        name: &str,
        kind: &str,
        begins: char,
        limits: &RequestLimits,
    ) -> Result<Cow<'_, str>, VendorError> {
        let (mut value, texts_inside) = match self.get(name) {
            None => return Ok(Cow::Borrowed("")),
            Some(ParamValue::Text(text)) => (json_in(Cow::Borrowed(text), name, limits)?, 1),
            Some(ParamValue::Json(value)) => (Cow::Borrowed(*value), 2),
        };
        for _ in 0..texts_inside {
            match JsonStr::read(&value).map(Cow::into_owned) {
                Some(text) => value = json_in(Cow::Owned(text), name, limits)?,
                None => break,
            }
        }
        let is_none = match value.as_bytes() {
            [b'{', inside @ .., b'}'] | [b'[', inside @ .., b']'] => inside.trim_ascii().is_empty(),
            other => matches!(other, b"" | b"null"),
        };
        match value {
            _ if is_none => Ok(Cow::Borrowed("")),
            value if value.starts_with(begins) => Ok(value),
            other => Err(VendorError::argument(format!("`{name}` is not a JSON {kind}: {}", preview(&other)))),
        }
    }
}

/// Checks JSON text and trims it; a blank text stays empty.
fn json_in<'a>(text: Cow<'a, str>, name: &str, limits: &RequestLimits) -> Result<Cow<'a, str>, VendorError> {
    if !text.trim().is_empty() {
        json_text::check(text.as_bytes(), limits.depth)
            .map_err(|problem| VendorError::argument(format!("`{name}` {problem}")))?;
    }
    Ok(match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    })
}

/// Returns the beginning of a JSON value, for messages.
fn preview(value: &str) -> String {
    shortened(&compact(value)).into_owned()
}

fn is_multipart_label(content_type: &str) -> bool {
    content_type.trim_start().get(..10).is_some_and(|start| start.eq_ignore_ascii_case("multipart/"))
}

/// Refuses a body that is no form, or would be one only by accident.
fn check_form(body: &[u8], content_type: &str) -> Result<(), Problem> {
    if std::str::from_utf8(body).is_err() {
        return Err(Problem::rule("the body is neither JSON, form nor multipart: it is not UTF-8"));
    }
    let claims_more = is_multipart_label(content_type) || content_type.contains("json");
    if claims_more && !body.contains(&b'=') {
        let message = format!("the body does not match its content type `{}`", shortened(content_type));
        return Err(Problem::rule(message));
    }
    Ok(())
}

/// Returns the fields of a query or form.
fn form(text: &[u8]) -> Vec<(Cow<'_, str>, ParamValue<'_>)> {
    form_urlencoded::parse(text).map(|(name, value)| (name, ParamValue::Text(value))).collect()
}

fn texts(parts: &[MultipartPart]) -> Result<Vec<(Cow<'_, str>, ParamValue<'_>)>, Problem> {
    let read = parts.iter().filter(|part| !part.is_file).map(|part| match std::str::from_utf8(&part.value) {
        Ok(text) => Ok((Cow::Borrowed(&*part.name), ParamValue::Text(text.into()))),
        Err(_) => Err(Problem::rule(format!("the part `{}` of the multipart body is not UTF-8 text", part.name))),
    });
    read.collect()
}

/// Removes quotation marks; `None` for a text without any.
fn unquoted(text: &str) -> Option<String> {
    if !text.ends_with(|last: char| last == '"' || last.is_whitespace()) {
        return None;
    }
    JsonStr::read(text.trim()).map(Cow::into_owned)
}
