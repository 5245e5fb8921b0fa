//! Reads a request body up to a limit.

use std::error::Error;

use axum::BoxError;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body;

use super::{incoming_body::IncomingBodyError, multipart};
use crate::config::RequestLimits;

/// Number of bytes that show the kind of a body: the longest boundary with the header below it.
const SNIFF_BYTES: usize = 100;

/// A complete body, and its boundary if it is multipart.
#[derive(Debug)]
pub(super) struct FullBody {
    pub(super) bytes: Bytes,
    pub(super) boundary: Option<String>,
}

/// The reason a body is not available.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// The body exceeds this limit.
    TooLarge(usize),
    /// The client stopped sending, or sent an invalid chunk.
    Broken,
    /// The client was too slow.
    TooSlow(String),
}

/// Reads the complete body. Its kind, and so its limit, is detected from the first bytes.
pub(super) async fn read(
    body: &mut (impl Body<Data = Bytes, Error: Into<BoxError>> + Unpin),
    content_type: &str,
    limits: &RequestLimits,
) -> Result<FullBody, BodyError> {
    let mut read = BodyChunks::default();
    let mut kind = None;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| problem(&*error.into()))?.into_data() else { continue };
        if read.length == 0 && body.is_end_stream() {
            // Most bodies arrive in one piece, which need not be copied.
            return BodyKind::detect(&data, content_type, limits).fits(data);
        }
        read.push(&data, kind.is_some());
        if kind.is_none() && has_shown_itself(&read.last, limits) {
            kind = Some(BodyKind::detect(&read.last, content_type, limits));
        }
        if let Some(BodyKind { limit, .. }) = kind
            && read.length > limit
        {
            return Err(BodyError::TooLarge(limit));
        }
    }
    kind.unwrap_or_else(|| BodyKind::detect(&read.last, content_type, limits)).fits(read.whole())
}

/// The received pieces of a body. They are not joined while it grows: moving a growing buffer leaves holes in memory.
#[derive(Default)]
struct BodyChunks {
    full: Vec<Bytes>,
    last: BytesMut,
    length: usize,
}

impl BodyChunks {
    /// Size of a full piece.
    const FULL: usize = 64 << 10;

    fn push(&mut self, data: &[u8], may_be_split: bool) {
        self.length += data.len();
        if may_be_split && self.last.len() + data.len() > Self::FULL && !self.last.is_empty() {
            self.full.push(std::mem::take(&mut self.last).freeze());
        }
        self.last.extend_from_slice(data);
    }

    fn whole(self) -> Bytes {
        if self.full.is_empty() {
            return self.last.freeze();
        }
        let mut whole = BytesMut::with_capacity(self.length);
        for piece in self.full {
            whole.extend_from_slice(&piece);
        }
        whole.extend_from_slice(&self.last);
        whole.freeze()
    }
}

fn problem(error: &(dyn Error + Send + Sync + 'static)) -> BodyError {
    IncomingBodyError::too_slow(error).map_or(BodyError::Broken, |error| BodyError::TooSlow(error.to_string()))
}

/// The kind of a body, and its limit.
struct BodyKind {
    boundary: Option<String>,
    limit: usize,
}

impl BodyKind {
    fn detect(body: &[u8], content_type: &str, limits: &RequestLimits) -> Self {
        let boundary = multipart::boundary(content_type, visible(body));
        Self { limit: if boundary.is_some() { limits.multipart_body } else { limits.body }, boundary }
    }

    fn fits(self, bytes: Bytes) -> Result<FullBody, BodyError> {
        let Self { boundary, limit } = self;
        if bytes.len() > limit { Err(BodyError::TooLarge(limit)) } else { Ok(FullBody { bytes, boundary }) }
    }
}

/// The byte order mark, which some editors and libraries write before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Returns the body without a byte order mark and leading whitespace.
pub(super) fn visible(body: &[u8]) -> &[u8] {
    body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body).trim_ascii_start()
}

fn has_shown_itself(body: &[u8], limits: &RequestLimits) -> bool {
    if BYTE_ORDER_MARK.starts_with(body) {
        return false;
    }
    let visible = visible(body);
    let blanks = body.len() - visible.len();
    visible.len() >= SNIFF_BYTES || blanks > limits.body || visible.first().is_some_and(|first| *first != b'-')
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Body;
    use futures_util::stream;

    use super::*;

    /// Reads an endless body in frames of 1,000 bytes. Returns the number of frames taken.
    async fn frames_taken(start: &'static [u8], content_type: &str) -> (usize, BodyError) {
        let (taken, count) = std::sync::mpsc::channel();
        let frames = stream::repeat_with(move || {
            let _ = taken.send(());
            let frame = [start, &[b'a'; 1000][start.len()..]].concat();
            Ok::<_, Infallible>(Bytes::from(frame))
        });
        let limits = RequestLimits { body: 10_000, multipart_body: 50_000, ..RequestLimits::default() };
        let problem = read(&mut Body::from_stream(frames), content_type, &limits).await.unwrap_err();
        (count.iter().count(), problem)
    }

    #[tokio::test]
    async fn a_body_is_kept_up_to_the_limit_of_what_it_is() {
        let multipart = b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
        for (start, content_type, limit) in [
            (&b"{\"a\": \""[..], "application/json", 10_000),
            // The content type does not make it multipart.
            (b"{\"a\": \"", "multipart/form-data; boundary=x", 10_000),
            (b"a=", "", 10_000),
            (b"--y", "multipart/form-data; boundary=x", 10_000),
            (multipart, "multipart/form-data; boundary=x", 50_000),
            (multipart, "", 50_000),
        ] {
            let (taken, problem) = frames_taken(start, content_type).await;
            assert_eq!((taken, problem), (limit / 1000 + 1, BodyError::TooLarge(limit)), "{content_type}");
        }
    }

    #[tokio::test]
    async fn what_a_body_is_shows_in_whatever_pieces_it_comes() {
        let whole = b"\xef\xbb\xbf \r\n--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n";
        let limits = RequestLimits { body: 10, ..RequestLimits::default() };
        for piece in 1..=whole.len() {
            let frames = whole.chunks(piece).map(|frame| Ok::<_, Infallible>(Bytes::from_static(frame)));
            let read = read(&mut Body::from_stream(stream::iter(frames)), "", &limits).await.unwrap();
            assert_eq!((read.boundary.as_deref(), &read.bytes[..]), (Some("x"), &whole[..]));
        }
    }
}
