//! What can be wrong with how a page embeds the widget: found by the widget itself, told to whoever develops.

use serde::{Deserialize, Serialize};

/// Something that the widget found out about where it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Finding {
    /// It is framed, and the frame has no leave for the camera.
    NoCameraPermission,
    /// Its scripts do not run.
    SandboxScripts,
    /// Its frame has no origin.
    SandboxOrigin,
    /// Its forms do nothing.
    SandboxForms,
    /// It may not take the whole window elsewhere.
    SandboxTopNavigation,
    /// It has a `return_url` although it is framed.
    ReturnUrlFramed,
    /// It is not framed and has no `return_url`.
    NotFramed,
    /// The page around it did nothing when the person was through.
    ParentSilent,
    /// The page around it may take messages of the live service's origin alone.
    OriginCompared,
    /// It can keep nothing in the browser.
    StorageBlocked,
    /// The browser lets no page use the camera that comes this way.
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

    /// As it is written: `no-camera-permission`.
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

    /// The finding that is written so.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|finding| finding.as_str() == name)
    }

    /// Whether something does not work by that; otherwise it may be as it is meant.
    pub(crate) fn is_mistake(self) -> bool {
        !matches!(self, Self::NotFramed | Self::ParentSilent | Self::OriginCompared | Self::StorageBlocked)
    }

    /// What is wrong, in a sentence.
    pub(crate) fn problem(self) -> &'static str {
        match self {
            Self::NoCameraPermission => "The iframe gives the widget no leave for the camera.",
            Self::SandboxScripts => "No script runs in the widget, so it shows nothing.",
            Self::SandboxOrigin => {
                "The sandbox of the iframe leaves the widget no origin, so its scripts are not loaded."
            }
            Self::SandboxForms => "The sandbox of the iframe lets no form be sent, so the main buttons do nothing.",
            Self::SandboxTopNavigation => {
                "The sandbox of the iframe keeps the widget from taking the window elsewhere."
            }
            Self::ReturnUrlFramed => {
                "The session has a `return_url` although the widget is framed: no message is posted, and the frame goes \
                 to that page."
            }
            Self::NotFramed => "The widget is not framed and has no `return_url`: at the end nobody hears of it.",
            Self::ParentSilent => "The page around the widget did nothing when the person was through.",
            Self::OriginCompared => {
                "The page around the widget may take messages of the live service's origin alone; those of the mock have \
                 another."
            }
            Self::StorageBlocked => {
                "The browser lets the widget keep nothing in this frame: a page that is loaded again counts as another \
                 browser, and the live service's cookies do not arrive either."
            }
            Self::InsecureContext => {
                "The browser lets no page use the camera that is neither of https nor of localhost, nor one in a frame of \
                 such a page."
            }
        }
    }

    /// What to do, with the line to change.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::NoCameraPermission => {
                r#"Write <iframe src="…" allow="camera; microphone; geolocation">, and see that no Permissions-Policy header forbids the camera."#
            }
            Self::SandboxScripts => {
                r#"Write <iframe src="…" sandbox="allow-scripts allow-same-origin allow-forms">, or leave `sandbox` out."#
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
                r#"Leave `return_url` out of the flags of begin/, or put <a href="…"> in the place of <iframe src="…">."#
            }
            Self::NotFramed => {
                r#"Put <iframe src="…" allow="camera; microphone; geolocation"> into your page, or give begin/ a `return_url`. In a WebView all is well: the messages are posted to the page itself."#
            }
            Self::ParentSilent => {
                r#"Listen before <iframe src="…">: addEventListener("message", (event) => { if (event.data === "DONE") … }), and take the frame away. --done-timeout says how long the widget waits."#
            }
            Self::OriginCompared => {
                r#"Take the origin to compare with from a setting of the app, the same as that of <iframe src="…">; or let the live host's name lead to the mock, with --tls and an entry in the hosts file."#
            }
            Self::StorageBlocked => {
                r#"Serve page and <iframe src="…"> from one site, such as localhost with two ports, or allow third-party cookies for the test."#
            }
            Self::InsecureContext => {
                r#"Write <iframe src="https://…"> in a page of https (--tls), or use localhost for both; a file or the sample works without."#
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
