//! Uploads: files of a session that are served instead of sample pictures.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{NO_SESSION, Session};
use crate::{media::MediaFile, vendor::MediaKind};

/// The reason an upload is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum UploadError {
    /// The session does not exist, or was deleted.
    #[error("there is no session with this token; {NO_SESSION}")]
    NoSuchSession,
    /// The file exceeds a limit.
    #[error("{0}")]
    TooLarge(String),
}

/// An uploaded file of a session. It is cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) kind: MediaKind,
    /// Page of a general document, from 1.
    pub(crate) page: u32,
    pub(crate) media: MediaFile,
    /// The storage that it occupies; `None` for a deserialized file until storage is reserved.
    _room: Option<Arc<StorageLease>>,
}

/// The storage of a server's uploads: bytes in use, and the limit.
#[derive(Debug)]
pub(crate) struct UploadStorage {
    used_bytes: AtomicUsize,
    max_bytes: usize,
}

/// A reserved part of the storage, released when it is dropped.
#[derive(Debug)]
pub(crate) struct StorageLease {
    storage: Arc<UploadStorage>,
    bytes: usize,
}

impl UploadStorage {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { used_bytes: AtomicUsize::new(0), max_bytes: most })
    }

    /// Returns the bytes in use.
    pub(crate) fn used_bytes(&self) -> usize {
        self.used_bytes.load(Ordering::Relaxed)
    }

    /// Reserves storage.
    ///
    /// # Errors
    ///
    /// [`UploadError::TooLarge`] when the limit would be exceeded.
    pub(crate) fn reserve(self: &Arc<Self>, bytes: usize) -> Result<StorageLease, UploadError> {
        let taken = |taken: usize| taken.checked_add(bytes).filter(|taken| *taken <= self.max_bytes);
        let before = self.used_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken);
        before.map(|_| StorageLease { storage: self.clone(), bytes }).map_err(|taken| {
            UploadError::TooLarge(format!(
                "all uploads have {taken} bytes; {bytes} more would exceed {} (--max-uploads)",
                self.max_bytes
            ))
        })
    }
}

impl Drop for StorageLease {
    fn drop(&mut self) {
        self.storage.used_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Upload {
    pub(crate) fn new(kind: MediaKind, page: u32, media: MediaFile, room: StorageLease) -> Self {
        Self { kind, page, media, _room: Some(Arc::new(room)) }
    }

    fn is_for(&self, kind: MediaKind, page: u32) -> bool {
        self.kind == kind && self.page == page
    }
}

impl Session {
    /// Adds an upload, and replaces the previous one of its kind and page.
    ///
    /// # Errors
    ///
    /// [`UploadError::TooLarge`] when the uploads would exceed `most` bytes; nothing changes then.
    pub(crate) fn upload(&mut self, upload: Upload, most: usize) -> Result<(), UploadError> {
        let others = self.uploads().iter().filter(|other| !other.is_for(upload.kind, upload.page));
        let bytes = upload.media.bytes.len() + others.map(|other| other.media.bytes.len()).sum::<usize>();
        if bytes > most {
            return Err(UploadError::TooLarge(format!(
                "the uploads of the session would have {bytes} bytes; the maximum is {most} (--max-session-uploads)"
            )));
        }
        let uploads = &mut self.activity_mut().uploads;
        uploads.retain(|other| !other.is_for(upload.kind, upload.page));
        uploads.push(upload);
        Ok(())
    }

    /// Returns the upload of this kind and page.
    pub(crate) fn uploaded(&self, kind: MediaKind, page: u32) -> Option<&MediaFile> {
        self.uploads().iter().find(|upload| upload.is_for(kind, page)).map(|upload| &upload.media)
    }

    /// Whether an upload has exactly these bytes.
    pub(crate) fn has_upload(&self, bytes: &[u8]) -> bool {
        self.uploads().iter().any(|upload| upload.media.bytes == bytes)
    }

    /// Removes the uploads of this kind and page.
    pub(crate) fn drop_uploads(&mut self, dropped: &[(MediaKind, u32)]) {
        if let Some(activity) = &mut self.activity {
            activity.uploads.retain(|upload| !dropped.iter().any(|(kind, page)| upload.is_for(*kind, *page)));
        }
    }

    /// Returns all uploads.
    pub(crate) fn uploads(&self) -> &[Upload] {
        self.activity.as_ref().map_or(&[], |activity| &activity.uploads)
    }
}

/// Serializes kind, page and the bytes in base64. The rest is derived.
impl Serialize for Upload {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        (self.kind, self.page, STANDARD.encode(&self.media.bytes)).serialize(writer)
    }
}

impl<'de> Deserialize<'de> for Upload {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let (kind, page, bytes) = <(MediaKind, u32, String)>::deserialize(reader)?;
        let bytes = STANDARD.decode(bytes).map_err(D::Error::custom)?;
        Ok(Self { kind, page, media: MediaFile::uploaded(bytes.into(), kind), _room: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_given_back() {
        let storage = UploadStorage::new(10);
        let (one, other) = (storage.reserve(6).unwrap(), storage.reserve(4).unwrap());
        let refused = storage.reserve(1).unwrap_err().to_string();
        assert_eq!(refused, "all uploads have 10 bytes; 1 more would exceed 10 (--max-uploads)");
        drop(one);
        assert!(storage.reserve(7).is_err());
        drop((other, storage.reserve(6).unwrap()));
        storage.reserve(10).unwrap();
    }

    #[test]
    fn a_file_is_written_and_read_back() {
        let media = MediaFile::uploaded(b"\x1a\x45\xdf\xa3 a film".as_slice().into(), MediaKind::FaceVideo);
        let upload = Upload::new(MediaKind::FaceVideo, 1, media.clone(), UploadStorage::new(99).reserve(99).unwrap());
        let text = serde_json::to_string(&upload).unwrap();
        let read: Upload = serde_json::from_str(&text).unwrap();
        assert!(read.is_for(MediaKind::FaceVideo, 1));
        let read = &read.media;
        assert_eq!((&read.bytes, read.content_type, &read.etag), (&media.bytes, "video/webm", &media.etag));
    }
}
