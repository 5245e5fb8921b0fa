//! Embedding checks: mistakes in how a page embeds the widget. The widget finds them, and developers read them.

use serde::{Deserialize, Serialize};

/// A finding of the embedding checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Finding {
    /// The iframe does not allow the camera.
    NoCameraPermission,
    /// The sandbox blocks scripts.
    SandboxScripts,
    /// The sandbox removes the origin.
    SandboxOrigin,
    /// The sandbox blocks forms.
    SandboxForms,
    /// The sandbox blocks top navigation.
    SandboxTopNavigation,
    /// A `return_url`, although the widget is in an iframe.
    ReturnUrlFramed,
    /// Neither an iframe nor a `return_url`.
    NotFramed,
    /// The embedding page did not react at the end.
    ParentSilent,
    /// The embedding page may accept only messages from the live service's origin.
    OriginCompared,
    /// The browser blocks storage.
    StorageBlocked,
    /// The page is neither https nor localhost, so there is no camera.
    InsecureContext,
}

impl Finding {
    pub(crate) const ALL: [Self; 11] = [
        Self::NoCameraPermission,
        Self::SandboxScripts,
        Self::SandboxOrigin,
        Self::SandboxForms,
        Self::SandboxTopNavigation,
        Self::ReturnUrlFramed,
        Self::NotFramed,
        Self::ParentSilent,
        Self::OriginCompared,
        Self::StorageBlocked,
        Self::InsecureContext,
    ];

    /// Returns its name: `no-camera-permission`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NoCameraPermission => "no-camera-permission",
            Self::SandboxScripts => "sandbox-scripts",
            Self::SandboxOrigin => "sandbox-origin",
            Self::SandboxForms => "sandbox-forms",
            Self::SandboxTopNavigation => "sandbox-top-navigation",
            Self::ReturnUrlFramed => "return-url-framed",
            Self::NotFramed => "not-framed",
            Self::ParentSilent => "parent-silent",
            Self::OriginCompared => "origin-compared",
            Self::StorageBlocked => "storage-blocked",
            Self::InsecureContext => "insecure-context",
        }
    }

    /// Returns the finding with this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|finding| finding.as_str() == name)
    }

    /// Whether it is certainly a mistake; otherwise it may be intended.
    pub(crate) fn is_mistake(self) -> bool {
        !matches!(self, Self::NotFramed | Self::ParentSilent | Self::OriginCompared | Self::StorageBlocked)
    }

    /// Returns the problem, as a sentence.
    pub(crate) fn problem(self) -> &'static str {
        match self {
            Self::NoCameraPermission => "The iframe does not allow the camera.",
            Self::SandboxScripts => "The sandbox of the iframe blocks scripts, so the widget stays empty.",
            Self::SandboxOrigin => {
                "The sandbox of the iframe removes the widget's origin, so its scripts are not loaded."
            }
            Self::SandboxForms => "The sandbox of the iframe blocks forms, so the main buttons do nothing.",
            Self::SandboxTopNavigation => "The sandbox of the iframe does not let the widget navigate the window.",
            Self::ReturnUrlFramed => {
                "The session has a `return_url` although the widget is in a frame: no message is posted, and that \
                 page loads in the frame."
            }
            Self::NotFramed => {
                "The widget is not in a frame and has no `return_url`: no page is notified when the session finishes."
            }
            Self::ParentSilent => "The embedding page did not react when the person finished.",
            Self::OriginCompared => {
                "The embedding page may accept only messages from the live service's origin; the mock has a different \
                 one."
            }
            Self::StorageBlocked => {
                "The browser blocks storage in this frame: a reloaded page counts as another browser, and the live \
                 service would get no cookies either."
            }
            Self::InsecureContext => {
                "The browser allows the camera only on https or localhost, and in a frame only if the embedding page \
                 is such a page, too."
            }
        }
    }

    /// Returns the remedy, with the line to change.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::NoCameraPermission => {
                r#"Write <iframe src="…" allow="camera; microphone; geolocation">, and make sure that no Permissions-Policy header forbids the camera."#
            }
            Self::SandboxScripts => {
                r#"Write <iframe src="…" sandbox="allow-scripts allow-same-origin allow-forms">, or remove `sandbox`."#
            }
            Self::SandboxOrigin => {
                r#"Add allow-same-origin: <iframe src="…" sandbox="allow-scripts allow-same-origin allow-forms">."#
            }
            Self::SandboxForms => {
                r#"Add allow-forms: <iframe src="…" sandbox="allow-scripts allow-same-origin allow-forms">."#
            }
            Self::SandboxTopNavigation => {
                r#"Add allow-top-navigation-by-user-activation: <iframe src="…" sandbox="allow-scripts allow-same-origin allow-forms allow-top-navigation-by-user-activation">."#
            }
            Self::ReturnUrlFramed => {
                r#"Remove `return_url` from the flags of begin/, or link with <a href="…"> instead of <iframe src="…">."#
            }
            Self::NotFramed => {
                r#"Embed <iframe src="…" allow="camera; microphone; geolocation"> in your page, or pass a `return_url` to begin/. In a WebView no change is needed: the messages are posted to the page itself."#
            }
            Self::ParentSilent => {
                r#"Listen before <iframe src="…">: addEventListener("message", (event) => { if (event.data === "DONE") … }), and remove the frame. --done-timeout sets how long the widget waits."#
            }
            Self::OriginCompared => {
                r#"Read the expected origin from a setting of the app, the same as in <iframe src="…">; or point the live host name to the mock, with --tls and an entry in the hosts file."#
            }
            Self::StorageBlocked => {
                r#"Serve the page and <iframe src="…"> from one site, such as localhost with two ports, or allow third-party cookies for the test."#
            }
            Self::InsecureContext => {
                r#"Use <iframe src="https://…"> in an https page (--tls), or localhost for both; a file or the sample works without."#
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_written_as_they_are_read() {
        for finding in Finding::ALL {
            assert_eq!(Finding::from_name(finding.as_str()), Some(finding));
            assert_eq!(serde_json::to_value(finding).unwrap(), finding.as_str());
            assert!(finding.remedy().contains('<'), "{finding:?} names a line to change");
        }
    }
}
