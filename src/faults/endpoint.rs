//! Endpoints that a fault can apply to.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{problem::Problem, vendor::MediaKind};

/// An endpoint that a fault can apply to: of the vendor API or the widget.
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
    /// A picture or video under `result/`.
    Media(MediaKind),
    /// `get-screening-person-details/`
    GetScreeningPersonDetails,
    /// `compare-faces/`
    CompareFaces,
    /// The page of the widget and its form: `/?session_token=…`.
    Widget,
    /// The session endpoint of the widget: `/__widget/sessions/…`.
    WidgetData,
}

impl Endpoint {
    /// Returns its name in files: the last part of the path, or `widget` and `widget-data`.
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

    /// Returns its path below `/external-api/`; for the widget its name.
    pub(crate) fn vendor_path(self) -> String {
        match self {
            Self::Media(kind) => format!("result/{}/", kind.as_str()),
            other => format!("{}/", other.as_str()),
        }
    }

    /// Returns all endpoints.
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

    /// Whether the company's backend calls it, not the person's browser.
    pub(crate) fn is_the_vendors(self) -> bool {
        !matches!(self, Self::Widget | Self::WidgetData)
    }

    /// Whether its calls name an existing session.
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
    type Error = Problem;

    fn try_from(name: String) -> Result<Self, Problem> {
        let unknown = || Problem::unknown_word(&*name, "an endpoint", Self::all().map(Self::as_str));
        Self::all().find(|endpoint| endpoint.as_str() == name).ok_or_else(unknown)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
