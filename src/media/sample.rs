//! Sample pictures: which exist, and why others do not.

use std::sync::Arc;

use bytes::Bytes;

use super::{draw, printed::ParsedResult};
use crate::{
    problem::Problem,
    vendor::{MediaKind, Token, draw as drawn_number},
};

/// Text before the token in the marker segment of a JPEG.
const MARK: &[u8] = b"identomat-mock specimen\0";

/// The requested picture.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PictureRequest {
    pub(crate) kind: MediaKind,
    /// The kind of general document; by default the first.
    pub(crate) document_type: Option<String>,
    /// The page of a general document, from 1.
    pub(crate) page: u32,
}

/// All inputs of a drawn picture. Equal values draw equal pictures.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SamplePicture {
    pub(crate) request: PictureRequest,
    /// The current result document.
    pub(crate) document: Bytes,
    pub(crate) subject: Arc<PortraitSubject>,
    /// Whether liveness was checked, which records a video.
    pub(crate) has_liveness: bool,
    /// Whether a selfie with the document was requested.
    pub(crate) has_face_document: bool,
}

/// The person of the session; their face is derived from their name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PortraitSubject {
    pub(crate) session: Token,
    pub(crate) name: String,
    pub(crate) is_female: bool,
}

impl PortraitSubject {
    /// Returns a number that depends on the person and a purpose.
    pub(super) fn draw(&self, purpose: &str) -> u64 {
        drawn_number(&self.name, purpose)
    }

    /// Returns the marker by which a picture is recognized.
    pub(super) fn mark(&self) -> Vec<u8> {
        [MARK, self.session.as_str().as_bytes()].concat()
    }
}

/// Returns the session of a drawn picture; `None` for any other picture.
pub(crate) fn mark_in(picture: &[u8]) -> Option<Token> {
    // The marker is before the picture data.
    let start = &picture[..picture.len().min(512)];
    let at = start.windows(MARK.len()).position(|window| window == MARK)? + MARK.len();
    Token::parse(std::str::from_utf8(picture.get(at..at + Token::LENGTH)?).ok()?)
}

impl SamplePicture {
    /// Draws the picture.
    ///
    /// # Errors
    ///
    /// [`Problem`]: the reason the session has no such picture.
    pub(super) fn render(&self) -> Result<Vec<u8>, Problem> {
        let document = &ParsedResult::read(&self.document);
        let subject = &document.subject(&self.subject);
        let none = |reason: &str| Err(Problem::rule(format!("{}{reason}", document.describe_available())));
        match self.request.kind {
            MediaKind::CardFront | MediaKind::CardBack if matches!(document.kind(), "" | "passport") => {
                none(", which has no sides of a card")
            }
            MediaKind::CardFront => Ok(draw::card_front(document, subject)),
            MediaKind::CardBack => Ok(draw::card_back(document, subject)),
            MediaKind::Passport if document.kind() != "passport" => none(", which is not a passport"),
            MediaKind::Passport => Ok(draw::passport(document, subject)),
            MediaKind::Face | MediaKind::FaceVideo | MediaKind::FaceDocument if !document.has_face() => {
                none(", and `face_images` is 0")
            }
            MediaKind::Face => Ok(draw::selfie(subject)),
            MediaKind::FaceVideo if self.has_liveness => Ok(draw::video(subject)),
            MediaKind::FaceVideo => Err(Problem::rule("liveness was not checked: the flag `liveness` is off")),
            MediaKind::FaceDocument if !self.has_face_document => {
                let message = "no selfie with the document was requested: the flag `require_face_document` is off, and \
                               there is no step `selfie-with-document`";
                Err(Problem::rule(message))
            }
            MediaKind::FaceDocument if document.kind().is_empty() => none(""),
            MediaKind::FaceDocument => Ok(draw::selfie_with_document(document, subject)),
            MediaKind::GeneralDocument => {
                let page = document.page(self.request.document_type.as_deref(), self.request.page)?;
                Ok(draw::general_document(&page, self.request.page, subject))
            }
        }
    }
}
