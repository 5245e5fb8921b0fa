//! The complete body of a call.

use std::borrow::Cow;

use axum::{
    BoxError,
    http::{header, request::Parts},
};
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::Full;
use hyper::body::Body;

use super::{
    body::{self, BodyError, FullBody},
    multipart::{self, MultipartPart},
};
use crate::{config::RequestLimits, foreign_text::shortened, problem::Problem, vendor::VendorError};

/// The complete body of a call, and its parts if it is multipart.
#[derive(Debug)]
pub(crate) struct ReceivedBody {
    pub(super) body: Bytes,
    pub(super) parts: Option<Vec<MultipartPart>>,
}

impl ReceivedBody {
    /// Reads the complete body.
    ///
    /// # Errors
    ///
    /// `argumentError` for a body that is malformed, too large or too slow.
    pub(crate) async fn read(
        head: &Parts,
        body: &mut (impl Body<Data = Bytes, Error: Into<BoxError>> + Unpin),
        limits: &RequestLimits,
    ) -> Result<Self, VendorError> {
        let FullBody { bytes, boundary } =
            body::read(body, content_type(head), limits).await.map_err(|problem| match problem {
                BodyError::TooLarge(limit) => VendorError::argument(format!("the body is larger than {limit} bytes")),
                BodyError::Broken => VendorError::argument("the body ended before it was complete"),
                BodyError::TooSlow(problem) => VendorError::too_slow(problem),
            })?;
        let parts = match boundary {
            Some(boundary) => {
                let parts = multipart::parts(bytes.clone(), boundary, limits).await;
                Some(parts.map_err(|problem| unreadable(head, problem))?)
            }
            None => None,
        };
        Ok(Self { body: bytes, parts })
    }

    /// Reads a body that is in memory.
    ///
    /// # Errors
    ///
    /// As [`ReceivedBody::read`].
    pub(crate) fn from_bytes(head: &Parts, body: Bytes, limits: &RequestLimits) -> Result<Self, VendorError> {
        let mut body = Full::new(body);
        Self::read(head, &mut body, limits).now_or_never().expect("all of it is there, so nothing is waited for")
    }

    pub(crate) fn body(&self) -> &Bytes {
        &self.body
    }
}

pub(super) fn content_type(head: &Parts) -> &str {
    let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.unwrap_or_default()
}

/// Returns the error for an invalid body; if it is compressed, the error names that.
pub(super) fn unreadable(head: &Parts, problem: Problem) -> VendorError {
    VendorError::argument(match unread_encoding(head) {
        Some(encoding) => Problem::rule(format!(
            "the body is `{encoding}` (Content-Encoding), which is not supported; send it uncompressed"
        )),
        None => problem,
    })
}

/// Returns the `Content-Encoding` of a body that is not plain.
fn unread_encoding(head: &Parts) -> Option<Cow<'_, str>> {
    let encoding = head.headers.get(header::CONTENT_ENCODING)?.to_str().ok()?;
    (!encoding.eq_ignore_ascii_case("identity")).then(|| shortened(encoding))
}
