//! Fault effects: changes of a response, besides delays.

use std::{fmt, num::NonZeroU32, time::Duration};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{
    foreign_text::shortened,
    problem::{Problem, member_path},
};

/// A change of a response.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum FaultEffect {
    /// The call is not handled; a proxy responds instead.
    Response(FaultResponse),
    /// The call is not handled; the response is an HTML page with status 200.
    Html,
    /// The call is handled, and the connection is closed before or during the response.
    Close(ClosePoint),
    /// The call is handled, and the connection is reset without a response.
    Reset,
    /// The body and the connection end in the middle, although the head announces the full length.
    Truncation,
    /// The body is not JSON.
    BrokenJson,
    /// The body is unchanged, with a wrong content type.
    ContentType(String),
    /// The body is sent slowly, in bytes per second.
    Throttle(NonZeroU32),
    /// The signature is wrong.
    WrongSignature,
}

/// The response of a proxy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct FaultResponse {
    /// From 200 to 599.
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    /// By lower-case name.
    #[serde(default)]
    pub(crate) headers: IndexMap<String, String>,
    /// Text and content type; by default a page as that of a proxy.
    pub(crate) body: Option<(String, String)>,
}

/// The point of a response at which the connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClosePoint {
    /// Before the first byte.
    BeforeAnswer,
    /// In the middle of the headers.
    InHeaders,
    /// In the middle of the body, which is chunked, so that no header announces its length.
    InBody,
}

impl FaultEffect {
    /// Whether the call is not handled at all.
    pub(super) fn short_circuits(&self) -> bool {
        matches!(self, Self::Response(_) | Self::Html)
    }
}

impl fmt::Display for FaultEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response(FaultResponse { status, retry_after, headers, .. }) => {
                write!(f, "status {status}")?;
                retry_after.map_or(Ok(()), |time| write!(f, ", retry after {time:?}"))?;
                headers.keys().try_for_each(|name| write!(f, ", header {name}"))
            }
            Self::Html => f.write_str("HTML instead of JSON"),
            Self::Close(ClosePoint::BeforeAnswer) => f.write_str("connection closed before the response"),
            Self::Close(ClosePoint::InHeaders) => f.write_str("connection closed in the headers"),
            Self::Close(ClosePoint::InBody) => f.write_str("connection closed in the body"),
            Self::Reset => f.write_str("connection reset"),
            Self::Truncation => f.write_str("body cut off"),
            Self::BrokenJson => f.write_str("broken JSON"),
            Self::ContentType(content_type) => write!(f, "content type {content_type}"),
            Self::Throttle(rate) => write!(f, "{rate} bytes a second"),
            Self::WrongSignature => f.write_str("wrong signature"),
        }
    }
}

/// Checks that a response can have this status.
pub(crate) fn checked_status(status: u16) -> Result<u16, Problem> {
    match status {
        200..=599 => Ok(status),
        _ => Err(Problem::malformed(status, "a status from 200 to 599")),
    }
}

/// Whether HTTP allows a body with this status.
pub(crate) fn allows_body(status: u16) -> bool {
    !matches!(status, 204 | 205 | 304)
}

pub(super) fn checked_content_type(content_type: String) -> Result<String, Problem> {
    let is_visible = content_type.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_visible && !content_type.trim().is_empty() {
        Ok(content_type)
    } else {
        Err(Problem::malformed(content_type, "a content type").with_remedy("use visible ASCII characters"))
    }
}

/// Headers that a fault cannot set, with the remedy.
const OTHER_HEADERS: [(&str, &str); 5] = [
    ("connection", "use `close`"),
    ("content-length", "the mock counts the body; use `response: cut-off` for a wrong length"),
    ("content-type", "use `content_type`"),
    ("retry-after", "use `retry_after`"),
    ("transfer-encoding", "the mock sends the whole body; use `close: in-body` for a broken one"),
];

/// Maximum number of headers of a fault.
pub(super) const MAX_HEADERS: usize = 100;
/// Maximum length of a header with its name, in bytes: many clients take no longer one.
const MAX_HEADER_LENGTH: usize = 8192;

/// Checks a header, and returns its name in lower case.
pub(super) fn checked_header(name: &str, value: &str) -> Result<String, Problem> {
    if name.len() + value.len() > MAX_HEADER_LENGTH {
        let name = shortened(name);
        let problem = format!("the header `{name}` has more than {MAX_HEADER_LENGTH} bytes; make it shorter");
        return Err(Problem::of_key(&*name, problem));
    }
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_of_name) {
        return Err(Problem::malformed(name, "a header name"));
    }
    let name = name.to_ascii_lowercase();
    if let Some((_, remedy)) = OTHER_HEADERS.iter().find(|(other, _)| *other == name) {
        return Err(Problem::of_key(&*name, format!("`{name}` cannot be set as a header; {remedy}")));
    }
    if !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        let problem = Problem::malformed(value, "a header value").with_remedy("use visible ASCII characters");
        return Err(problem.at(&member_path![&*name]));
    }
    Ok(name)
}

/// Checks the body for this status, and detects its content type if none is given.
pub(super) fn checked_body(
    status: u16,
    body: String,
    content_type: Option<String>,
) -> Result<(String, String), Problem> {
    if !allows_body(status) {
        return Err(Problem::of_key("body", format!("the status {status} allows no body")));
    }
    let content_type = content_type.map(checked_content_type).transpose()?.unwrap_or_else(|| {
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&body).is_ok();
        let is_html = body.trim_start().starts_with('<');
        if is_json {
            "application/json"
        } else if is_html {
            "text/html"
        } else {
            "text/plain"
        }
        .into()
    });
    Ok((body, content_type))
}

pub(super) fn checked_rate(bytes_per_second: u32) -> Result<NonZeroU32, Problem> {
    NonZeroU32::new(bytes_per_second)
        .ok_or_else(|| Problem::rule("with 0 bytes a second no body would arrive; give at least 1"))
}
