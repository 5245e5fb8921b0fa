//! The errors of vendor calls; [`crate::http::error`] words the responses.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, Serializer};

use crate::problem::{Problem, read_as_text};

/// An error of a vendor call ([source](crate::fidelity#errors)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub enum ErrorCode {
    /// The company key is unknown or missing.
    CompanyKeyInvalid,
    /// The token is well formed, but the company has no such session.
    SessionNotFound,
    /// The token is malformed: not 40 characters of `[a-z0-9]`.
    SessionInvalid,
    /// The company has a secret, and the signature is missing or wrong.
    SignatureInvalid,
    /// A parameter is missing or malformed.
    ArgumentError,
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl ErrorCode {
    /// Every code, in the order of the specification.
    pub const ALL: [Self; 5] = [
        Self::CompanyKeyInvalid,
        Self::SessionNotFound,
        Self::SessionInvalid,
        Self::SignatureInvalid,
        Self::ArgumentError,
    ];

    /// Returns the vendor's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CompanyKeyInvalid => "COMPANY_KEY_INVALID",
            Self::SessionNotFound => "SESSION_NOT_FOUND",
            Self::SessionInvalid => "SESSION_INVALID",
            Self::SignatureInvalid => "SIGNATURE_INVALID",
            Self::ArgumentError => "argumentError",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ErrorCode {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let unknown = || Problem::unknown_word(text, "a vendor error", Self::ALL.map(Self::as_str));
        Self::ALL.into_iter().find(|code| code.as_str() == text).ok_or_else(unknown)
    }
}

read_as_text!(ErrorCode);

/// A failed vendor call: the response, and the mock's advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VendorError {
    pub(crate) code: ErrorCode,
    /// Part of the response for [`ErrorCode::ArgumentError`]; otherwise advice for the hint header and the log.
    pub(crate) problem: Problem,
    pub(crate) case: ErrorCase,
}

/// A case with a status of its own, whatever the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorCase {
    Standard,
    /// The session does not have the requested picture.
    #[cfg_attr(not(feature = "media"), expect(dead_code, reason = "there are no pictures"))]
    MissingMedia,
    /// The request did not arrive in time.
    TooSlow,
}

impl VendorError {
    pub(crate) fn new(code: ErrorCode, problem: impl Into<Problem>) -> Self {
        Self { code, problem: problem.into(), case: ErrorCase::Standard }
    }

    pub(crate) fn argument(problem: impl Into<Problem>) -> Self {
        Self::new(ErrorCode::ArgumentError, problem)
    }

    pub(crate) fn too_slow(problem: impl Into<Problem>) -> Self {
        Self { case: ErrorCase::TooSlow, ..Self::argument(problem) }
    }

    #[cfg(feature = "media")]
    pub(crate) fn missing_media(problem: impl Into<Problem>) -> Self {
        Self { case: ErrorCase::MissingMedia, ..Self::argument(problem) }
    }
}
