//! What is done to an answer, apart from holding it back.

use std::{fmt, num::NonZeroU32, time::Duration};

use serde::{Deserialize, Serialize};

/// What is done to an answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum FaultEffect {
    /// The call is not carried out; somebody in front of the service answers instead.
    Response(FaultResponse),
    /// The call is not carried out; a page of HTML comes instead, with the status of a good answer.
    Html,
    /// The call is carried out, and the connection closed instead of answering, or while answering.
    Close(ClosePoint),
    /// The call is carried out, and the connection reset instead of answering.
    Reset,
    /// The body ends in the middle, and with it the connection, while the head promises the whole.
    Truncation,
    /// The body is no JSON.
    BrokenJson,
    /// The body is right, the head says that it is something else.
    ContentType(String),
    /// The body comes slowly: so many bytes a second.
    Throttle(NonZeroU32),
    /// The signature of a signed answer is that of another.
    WrongSignature,
}

/// The answer of somebody in front of the service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct FaultResponse {
    /// From 200 to 599.
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    /// Text, and what the head says that it is; without one, a page as a proxy's.
    pub(crate) body: Option<(String, String)>,
}

/// Where in an answer the connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClosePoint {
    /// Before the first byte.
    BeforeAnswer,
    /// In the middle of the headers.
    InHeaders,
    /// In the middle of the body, which comes in chunks: no head says how long it would be.
    InBody,
}

impl FaultEffect {
    /// Whether the call is not carried out at all.
    pub(super) fn short_circuits(&self) -> bool {
        matches!(self, Self::Response(_) | Self::Html)
    }
}

impl fmt::Display for FaultEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response(FaultResponse { status, retry_after: None, .. }) => write!(f, "status {status}"),
            Self::Response(FaultResponse { status, retry_after: Some(time), .. }) => {
                write!(f, "status {status}, retry after {time:?}")
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

/// A status that an answer can have.
pub(crate) fn checked_status(status: u16) -> Result<u16, String> {
    match status {
        200..=599 => Ok(status),
        _ => Err(format!("`{status}` is not a status from 200 to 599")),
    }
}

/// Whether HTTP lets an answer of that status have a body.
pub(crate) fn allows_body(status: u16) -> bool {
    !matches!(status, 204 | 205 | 304)
}

pub(super) fn checked_content_type(content_type: String) -> Result<String, String> {
    let is_visible = content_type.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_visible && !content_type.trim().is_empty() {
        Ok(content_type)
    } else {
        Err(format!("`{content_type}` is not a content type; use visible ASCII characters"))
    }
}

/// A body for that status, labelled as what it looks like where nobody says what it is.
pub(super) fn checked_body(
    status: u16,
    body: String,
    content_type: Option<String>,
) -> Result<(String, String), String> {
    if !allows_body(status) {
        return Err(format!("the status {status} allows no body"));
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

pub(super) fn checked_rate(bytes_per_second: u32) -> Result<NonZeroU32, String> {
    NonZeroU32::new(bytes_per_second)
        .ok_or_else(|| "with 0 bytes a second no body would arrive; give at least 1".into())
}
