//! Secrets, which no message, log line or response shows.

use std::fmt;

use serde::Deserialize;

/// A secret. It is never printed, and cannot be serialized.
///
/// ```
/// use identomat_mock::Secret;
///
/// assert_eq!(format!("{:?}", Secret::from("not-a-real-secret")), "…");
/// ```
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Returns the text of the secret.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
