//! The pictures that steps request.

use serde::Deserialize;

use super::{
    answer::{AnswerError, ScreenAnswer, error},
    progress::ScreenInput,
};
use crate::vendor::{Flags, MediaKind};

/// A picture that a step requests, and its allowed sources.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Capture {
    pub(crate) subject: CaptureSubject,
    /// Page of a general document, from 1.
    pub(crate) page: u32,
    pub(crate) may_capture: bool,
    pub(crate) may_upload: bool,
    /// Whether the person may switch devices if there is no camera.
    pub(crate) may_change_device: bool,
    /// Whether the camera needs 1080 lines.
    pub(crate) needs_hd: bool,
}

/// The subject of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CaptureSubject {
    CardFront,
    CardBack,
    Passport,
    /// Both open pages.
    PassportSpread,
    Face,
    /// The face, while the person follows three prompts.
    Liveness,
    FaceWithDocument,
    GeneralDocument,
}

impl CaptureSubject {
    /// Returns the media of this picture.
    pub(crate) fn media(self) -> MediaKind {
        match self {
            Self::CardFront => MediaKind::CardFront,
            Self::CardBack => MediaKind::CardBack,
            Self::Passport | Self::PassportSpread => MediaKind::Passport,
            Self::Face | Self::Liveness => MediaKind::Face,
            Self::FaceWithDocument => MediaKind::FaceDocument,
            Self::GeneralDocument => MediaKind::GeneralDocument,
        }
    }
}

/// The source of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CaptureSource {
    Capture,
    Upload,
}

impl Capture {
    /// Creates a picture with the sources that the flags allow.
    pub(super) fn new(subject: CaptureSubject, page: u32, flags: &Flags) -> Self {
        let may_capture = !flags.is_on("disable_document_capture");
        let (may_capture, may_upload) = match subject {
            CaptureSubject::Face | CaptureSubject::Liveness => (true, flags.is_on("allow_face_upload")),
            CaptureSubject::FaceWithDocument => (true, flags.is_on("allow_face_doc_upload")),
            CaptureSubject::GeneralDocument => {
                let (capture, upload) =
                    (flags.is_on("allow_general_document_capture"), flags.is_on("allow_general_document_upload"));
                // A step with neither flag allows both.
                let says_neither = !capture && !upload;
                (may_capture && (capture || says_neither), upload || says_neither)
            }
            CaptureSubject::CardFront
            | CaptureSubject::CardBack
            | CaptureSubject::Passport
            | CaptureSubject::PassportSpread => (may_capture, flags.is_on("allow_document_upload")),
        };
        let may_share = !flags.is_on("restrict_url_sharing") || flags.text("switch_device_url").is_some();
        Self {
            subject,
            page,
            may_capture,
            may_upload,
            may_change_device: may_capture && may_share,
            needs_hd: flags.is_on("requireHdMedia"),
        }
    }

    /// Checks that the flags allow the picture of an answer, or its sample.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] when the flags forbid it, or the answer has no picture.
    pub(crate) fn check(&self, answer: &ScreenAnswer) -> Result<ScreenInput, AnswerError> {
        match answer.picture {
            Some(CaptureSource::Capture) if !self.may_capture => {
                Err(error("no-capture", "the flags do not allow the camera for this picture"))
            }
            Some(CaptureSource::Upload) if !self.may_upload => {
                Err(error("no-upload", "the flags do not allow an upload for this picture"))
            }
            Some(_) => Ok(ScreenInput::Picture { is_sample: false }),
            None if answer.sample => Ok(ScreenInput::Picture { is_sample: true }),
            None => Err(error("try-again", "neither a picture nor `sample` was sent")),
        }
    }
}
