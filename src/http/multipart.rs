//! Parts of `multipart/form-data`.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;

use crate::{
    problem::Problem,
    {config::RequestLimits, foreign_text::shortened},
};

/// A part of a multipart body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MultipartPart {
    pub(super) name: String,
    /// Whether it has a file name.
    pub(super) is_file: bool,
    pub(super) value: Bytes,
}

/// Returns the boundary of the `content_type`, otherwise the one at the beginning of the body.
///
/// `None` when the body does not look like multipart.
pub(super) fn boundary(content_type: &str, body: &[u8]) -> Option<String> {
    let first_line = body.strip_prefix(b"--")?.split(|byte| *byte == b'\r').next()?;
    if let Ok(boundary) = multer::parse_boundary(content_type) {
        return first_line.starts_with(boundary.as_bytes()).then_some(boundary);
    }
    let is_followed_by_header = body[2 + first_line.len()..]
        .strip_prefix(b"\r\n")
        .is_some_and(|rest| rest.len() > 19 && rest[..19].eq_ignore_ascii_case(b"content-disposition"));
    let boundary = std::str::from_utf8(first_line).ok()?;
    (is_followed_by_header && (1..=70).contains(&boundary.len())).then(|| boundary.to_owned())
}

/// Reads the parts in order.
///
/// # Errors
///
/// [`Problem`] of a malformed body, too many parts, or a text part that exceeds the limit of texts.
pub(super) async fn parts(
    body: Bytes,
    boundary: String,
    limits: &RequestLimits,
) -> Result<Vec<MultipartPart>, Problem> {
    let mut multipart = multer::Multipart::new(stream::iter([Ok::<_, Infallible>(body)]), boundary);
    let mut parts = Vec::new();
    while let Some(field) = multipart.next_field().await.map_err(malformed)? {
        if parts.len() == limits.parts {
            return Err(Problem::rule(format!("the multipart body has more than {} parts", limits.parts)));
        }
        let Some(name) = field.name().map(str::to_owned) else {
            return Err(Problem::rule("a part of the multipart body has no name"));
        };
        let is_file = field.file_name().is_some();
        let value = field.bytes().await.map_err(malformed)?;
        if !is_file && value.len() > limits.body {
            let (name, most) = (shortened(&name), limits.body);
            return Err(Problem::rule(format!("the part `{name}` of the multipart body is larger than {most} bytes")));
        }
        parts.push(MultipartPart { name, is_file, value });
    }
    Ok(parts)
}

fn malformed(error: multer::Error) -> Problem {
    Problem::syntax(format!("the multipart body is malformed: {error}"))
}
