//! The pictures that steps ask for.

use serde::Deserialize;

use super::{
    answer::{AnswerError, ScreenAnswer, error},
    progress::ScreenInput,
};
use crate::vendor::{Flags, MediaKind};

/// A picture that a step asks for, and the ways in which it may come.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Capture {
    pub(crate) subject: CaptureSubject,
    /// Of a general document, from 1.
    pub(crate) page: u32,
    pub(crate) may_capture: bool,
    pub(crate) may_upload: bool,
    /// Whether the person can go on with another device where there is no camera.
    pub(crate) may_change_device: bool,
    /// Whether the camera has to have 1080 lines.
    pub(crate) needs_hd: bool,
}

/// What is on the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CaptureSubject {
    CardFront,
    CardBack,
    Passport,
    /// Both of the open pages.
    PassportSpread,
    Face,
    /// The face, while the person does what three prompts say.
    Liveness,
    FaceWithDocument,
    GeneralDocument,
}

impl CaptureSubject {
    /// The media that come of it.
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

/// How a picture came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CaptureSource {
    Capture,
    Upload,
}

impl Capture {
    /// A picture, with the ways in which the flags let it come.
    pub(super) fn new(subject: CaptureSubject, page: u32, flags: &Flags) -> Self {
        let may_capture = !flags.is_on("disable_document_capture");
        let (may_capture, may_upload) = match subject {
            CaptureSubject::Face | CaptureSubject::Liveness => (true, flags.is_on("allow_face_upload")),
            CaptureSubject::FaceWithDocument => (true, flags.is_on("allow_face_doc_upload")),
            CaptureSubject::GeneralDocument => {
                let (capture, upload) =
                    (flags.is_on("allow_general_document_capture"), flags.is_on("allow_general_document_upload"));
                // A step that says neither takes both.
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

    /// Takes a picture that came in, if it may come so, or the sample.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] when the flags forbid it, or nothing came.
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
