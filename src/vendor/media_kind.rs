//! The kinds of media that a session has.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A picture or video of a session (specification, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaKind {
    /// `result/card-front/`
    CardFront,
    /// `result/card-back/`
    CardBack,
    /// `result/passport/`
    Passport,
    /// `result/face/`
    Face,
    /// `result/face-video/`
    FaceVideo,
    /// `result/face-document/`: the person, holding their document.
    FaceDocument,
    /// `result/general-document/`
    GeneralDocument,
}

impl MediaKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::CardFront,
        Self::CardBack,
        Self::Passport,
        Self::Face,
        Self::FaceVideo,
        Self::FaceDocument,
        Self::GeneralDocument,
    ];

    /// The last part of its path.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CardFront => "card-front",
            Self::CardBack => "card-back",
            Self::Passport => "passport",
            Self::Face => "face",
            Self::FaceVideo => "face-video",
            Self::FaceDocument => "face-document",
            Self::GeneralDocument => "general-document",
        }
    }
}

impl fmt::Display for MediaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
