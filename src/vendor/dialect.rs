//! Differences between the vendor's manual and recorded responses of the live service.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::problem::{Problem, read_as_text};

/// The wording of responses.
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
    /// As in the vendor's manual.
    #[default]
    Manual,
    /// As in recorded responses of the live service.
    Live,
}

impl Dialect {
    /// Returns the differences. The manual says that `reject_reason` *can* be null; a client that needs the object
    /// works with both, and `--null-reject-reason` sends null ([source](crate::fidelity#the-result-document)).
    pub(crate) fn wording(self) -> Wording {
        match self {
            Self::Manual => Wording { result_case: ResultCase::Upper, null_reject_reason: false },
            Self::Live => Wording { result_case: ResultCase::Lower, null_reject_reason: false },
        }
    }
}

/// The wording of a result document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wording {
    pub(crate) result_case: ResultCase,
    /// Whether `reject_reason` is null if nothing was rejected; otherwise it is an object of empty strings.
    pub(crate) null_reject_reason: bool,
}

impl Wording {
    /// Returns this wording with the settings that override it.
    pub(crate) fn with(self, result_case: Option<ResultCase>, null_reject_reason: Option<bool>) -> Self {
        Self {
            result_case: result_case.unwrap_or(self.result_case),
            null_reject_reason: null_reject_reason.unwrap_or(self.null_reject_reason),
        }
    }
}

/// The case of `result`. Recorded live responses are lower case, the manual is upper case.
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
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        match text {
            "manual" => Ok(Self::Manual),
            "live" => Ok(Self::Live),
            _ => Err(Problem::unknown_word(text, "a dialect", ["manual", "live"])),
        }
    }
}

impl FromStr for ResultCase {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        match text {
            "upper" => Ok(Self::Upper),
            "lower" => Ok(Self::Lower),
            _ => Err(Problem::unknown_word(text, "a case", ["upper", "lower"])),
        }
    }
}

read_as_text!(Dialect, ResultCase);
