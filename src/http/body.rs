//! Reads a request body up to a limit.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body as _;

/// How much of a too large body is read and thrown away, in units of the limit, before the connection is given up.
const DRAINED: usize = 16;

/// Why there is no body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyProblem {
    /// It is larger than the limit.
    TooLarge,
    /// The client stopped sending, or sent a broken chunk.
    Broken,
}

/// Reads the whole body.
///
/// A body that is too large is read to its end all the same: a client that is still sending would otherwise see a
/// reset connection instead of the answer.
///
/// # Errors
///
/// [`BodyProblem`].
pub(super) async fn read(mut body: Body, limit: usize) -> Result<Bytes, BodyProblem> {
    let mut read = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyProblem::Broken)?.into_data() else { continue };
        length += data.len();
        if length > limit.saturating_mul(DRAINED) {
            break;
        } else if length > limit {
            read = BytesMut::new();
        } else if read.is_empty() && body.is_end_stream() {
            return Ok(data);
        } else {
            read.extend_from_slice(&data);
        }
    }
    if length > limit { Err(BodyProblem::TooLarge) } else { Ok(read.freeze()) }
}
