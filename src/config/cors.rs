//! Origins whose pages may read responses of the vendor paths and the session endpoint.

use std::str::FromStr;

use crate::problem::Problem;

/// The pages that may call the vendor paths and the session endpoint, besides the mock's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cors {
    /// No pages: backends need none.
    #[default]
    None,
    /// All pages.
    Any,
    /// The pages of these origins: `https://app.example.com`.
    Origins(Vec<String>),
}

/// Parses `*` for all pages, or an origin.
impl FromStr for Cors {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        if text == "*" {
            return Ok(Self::Any);
        }
        match super::check_base_url(text) {
            Ok(()) if !text.ends_with('/') => Ok(Self::Origins(vec![text.to_owned()])),
            _ => Err(Problem::malformed(
                text,
                "`*` or an origin such as https://app.example.com, without a trailing slash",
            )),
        }
    }
}

impl Cors {
    /// Whether pages of this origin are allowed.
    pub(crate) fn allows(&self, origin: &str) -> bool {
        match self {
            Self::None => false,
            Self::Any => true,
            Self::Origins(origins) => origins.iter().any(|known| known.eq_ignore_ascii_case(origin)),
        }
    }

    /// Returns the origins, `*` for all pages.
    pub(super) fn origins(&self) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::Any => vec!["*".into()],
            Self::Origins(origins) => origins.clone(),
        }
    }

    /// Allows the pages of both.
    pub(crate) fn and(self, others: Self) -> Self {
        match (self, others) {
            (Self::Any, _) | (_, Self::Any) => Self::Any,
            (Self::None, some) | (some, Self::None) => some,
            (Self::Origins(mut some), Self::Origins(others)) => {
                some.extend(others);
                Self::Origins(some)
            }
        }
    }
}
