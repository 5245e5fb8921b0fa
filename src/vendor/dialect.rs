//! Where the vendor's manual and recorded answers of the live service differ, and which of the two is spoken.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Whose words are answered.
///
/// ```
/// use identomat_mock::{Company, Dialect, MockServer};
///
/// let as_recorded = MockServer::builder().dialect(Dialect::Live);
/// let one_company = MockServer::builder().company(Company::new("my-company").dialect(Dialect::Live));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "String", rename_all = "lowercase")]
#[cfg_attr(test, schemars(!try_from))]
pub enum Dialect {
    /// As the vendor's manual documents.
    #[default]
    Manual,
    /// As recorded answers of the live service show.
    Live,
}

impl Dialect {
    /// What the two differ in. The manual says that `reject_reason` *can* be null; a client that needs the object is
    /// served by both, and `--null-reject-reason` sends null (specification, section 5).
    pub(crate) fn wording(self) -> Wording {
        match self {
            Self::Manual => Wording { result_case: ResultCase::Upper, null_reject_reason: false },
            Self::Live => Wording { result_case: ResultCase::Lower, null_reject_reason: false },
        }
    }
}

/// How a result document is worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wording {
    pub(crate) result_case: ResultCase,
    /// `reject_reason` is null where nothing was rejected; else an object of empty texts.
    pub(crate) null_reject_reason: bool,
}

impl Wording {
    /// This wording with the single switches that are set above it.
    pub(crate) fn with(self, result_case: Option<ResultCase>, null_reject_reason: Option<bool>) -> Self {
        Self {
            result_case: result_case.unwrap_or(self.result_case),
            null_reject_reason: null_reject_reason.unwrap_or(self.null_reject_reason),
        }
    }
}

/// How `result` is written. Recorded live answers are lower case, the manual prints upper case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "String", rename_all = "lowercase")]
#[cfg_attr(test, schemars(!try_from))]
pub enum ResultCase {
    /// `APPROVED`
    Upper,
    /// `approved`
    Lower,
}

impl FromStr for Dialect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "manual" => Ok(Self::Manual),
            "live" => Ok(Self::Live),
            _ => Err(format!("`{text}` is not a dialect; allowed: manual, live")),
        }
    }
}

impl FromStr for ResultCase {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "upper" => Ok(Self::Upper),
            "lower" => Ok(Self::Lower),
            _ => Err(format!("`{text}` is not a case; allowed: upper, lower")),
        }
    }
}

impl TryFrom<String> for Dialect {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl TryFrom<String> for ResultCase {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
