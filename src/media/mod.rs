//! The pictures under `result/`: samples, drawn on demand, which show the values of the result document.

mod draw;
mod printed;
mod sample;
mod sample_cache;

use std::hash::{DefaultHasher, Hasher};

use bytes::Bytes;
use imagesize::ImageType;

use crate::vendor::MediaKind;

pub(crate) use self::{
    printed::ParsedResult,
    sample::{PictureRequest, PortraitSubject, SamplePicture, mark_in},
    sample_cache::SampleCache,
};

const JPEG: &str = "image/jpeg";
const MP4: &str = "video/mp4";

/// The JPEG segment (`APP15`) with the marker of the session.
const MARK_SEGMENT: u8 = 15;

/// A picture or video to send.
#[derive(Debug, Clone)]
pub(crate) struct MediaFile {
    pub(crate) bytes: Bytes,
    pub(crate) content_type: &'static str,
    /// A value for the header `ETag`, in quotation marks, equal for equal bytes.
    pub(crate) etag: Bytes,
}

impl MediaFile {
    fn new(bytes: Bytes, content_type: &'static str) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(&bytes);
        Self { bytes, content_type, etag: format!("\"{:016x}\"", hasher.finish()).into() }
    }

    /// Returns an uploaded file with its detected content type, otherwise with that of the vendor for its kind.
    pub(crate) fn uploaded(bytes: Bytes, kind: MediaKind) -> Self {
        let content_type = match picture_type(&bytes) {
            Some(ImageType::Png) => "image/png",
            Some(_) => JPEG,
            None => video_type(&bytes).unwrap_or(content_type(kind)),
        };
        Self::new(bytes, content_type)
    }
}

/// Returns the vendor's content type for this kind ([source](crate::fidelity#pictures-and-videos)).
fn content_type(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::FaceVideo => MP4,
        _ => JPEG,
    }
}

/// Whether the bytes are a picture in which faces can be compared: JPEG or PNG.
pub(crate) fn is_picture(bytes: &[u8]) -> bool {
    picture_type(bytes).is_some()
}

/// Whether the bytes are a video: MP4 or `WebM`.
pub(crate) fn is_video(bytes: &[u8]) -> bool {
    video_type(bytes).is_some()
}

fn video_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        _ if bytes.get(4..8) == Some(b"ftyp") => Some(MP4),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some("video/webm"),
        _ => None,
    }
}

fn picture_type(bytes: &[u8]) -> Option<ImageType> {
    let known = imagesize::image_type(bytes).ok()?;
    imagesize::blob_size(bytes).ok().map(|_| known)
}
