//! The kinds of media of a session.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A picture or video of a session ([source](crate::fidelity#pictures-and-videos)).
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
    /// `result/face-document/`: the person with their document.
    FaceDocument,
    /// `result/general-document/`
    GeneralDocument,
}

impl MediaKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::CardFront,
        Self::CardBack,
        Self::Passport,
        Self::Face,
        Self::FaceVideo,
        Self::FaceDocument,
        Self::GeneralDocument,
    ];

    /// Returns the last part of its path.
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
