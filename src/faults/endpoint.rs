//! What a fault can be on.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{foreign_text::shortened, vendor::MediaKind};

/// What a fault can be on: a call of the vendor's API, or what the person's browser asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(into = "&str", try_from = "String")]
#[non_exhaustive]
pub enum Endpoint {
    /// `begin/`
    Begin,
    /// `result/`
    Result,
    /// `delete/`
    Delete,
    /// A picture or video below `result/`.
    Media(MediaKind),
    /// `get-screening-person-details/`
    GetScreeningPersonDetails,
    /// `compare-faces/`
    CompareFaces,
    /// The page of the widget, and the form that it posts: `/?session_token=…`.
    Widget,
    /// What the page asks about a session, and tells about it: `/__widget/sessions/…`.
    WidgetData,
}

impl Endpoint {
    /// Its name in files: the last part of the path, or `widget` and `widget-data`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Result => "result",
            Self::Delete => "delete",
            Self::Media(kind) => kind.as_str(),
            Self::GetScreeningPersonDetails => "get-screening-person-details",
            Self::CompareFaces => "compare-faces",
            Self::Widget => "widget",
            Self::WidgetData => "widget-data",
        }
    }

    /// Every endpoint.
    pub fn all() -> impl Iterator<Item = Self> {
        let others = [
            Self::Begin,
            Self::Result,
            Self::Delete,
            Self::GetScreeningPersonDetails,
            Self::CompareFaces,
            Self::Widget,
            Self::WidgetData,
        ];
        others.into_iter().chain(MediaKind::ALL.map(Self::Media))
    }

    /// Whether the company's backend calls it, and not the person's browser.
    pub(crate) fn is_the_vendors(self) -> bool {
        !matches!(self, Self::Widget | Self::WidgetData)
    }

    /// Whether its calls name a session that has begun.
    pub(crate) fn names_session(self) -> bool {
        !matches!(self, Self::Begin | Self::GetScreeningPersonDetails | Self::CompareFaces)
    }
}

impl From<Endpoint> for &str {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.as_str()
    }
}

impl TryFrom<String> for Endpoint {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::all().find(|endpoint| endpoint.as_str() == name).ok_or_else(|| {
            let names: Vec<_> = Self::all().map(|endpoint| format!("`{endpoint}`")).collect();
            format!("`{}` is not an endpoint; allowed: {}", shortened(&name), names.join(", "))
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
