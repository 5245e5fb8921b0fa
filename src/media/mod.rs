//! The pictures below `result/`: specimens that are drawn when they are asked for, and say what the result document says.

mod document;
mod draw;
mod specimen;
mod specimens;

use bytes::Bytes;

pub(crate) use self::{
    specimen::{Sitter, Specimen, Wanted},
    specimens::Specimens,
};

/// The segment of a JPEG (`APP15`) that says whose picture it is.
const MARK_SEGMENT: u8 = 15;

/// A picture or video as it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Media {
    pub(crate) bytes: Bytes,
    pub(crate) content_type: &'static str,
    /// The same for the same bytes, in quotation marks as the header `ETag` has it.
    pub(crate) etag: Bytes,
}
