//! Whose pages may read answers of the vendor's paths and of the widget's data.

use std::str::FromStr;

/// Whose pages may call the vendor's paths and the widget's data from a browser, besides the mock's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cors {
    /// Nobody's, as it is where a backend calls.
    #[default]
    Nobody,
    /// Everybody's.
    Everybody,
    /// Those of these origins: `https://app.example.com`.
    Origins(Vec<String>),
}

/// `*` for everybody, or the origin of one page.
impl FromStr for Cors {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Everybody);
        }
        match super::check_base_url(text) {
            Ok(()) if !text.ends_with('/') => Ok(Self::Origins(vec![text.to_owned()])),
            _ => Err(format!(
                "`{text}` is not `*` or an origin such as https://app.example.com, without a trailing \
                              slash"
            )),
        }
    }
}

impl Cors {
    /// Whether the pages of that origin may.
    pub(crate) fn allows(&self, origin: &str) -> bool {
        match self {
            Self::Nobody => false,
            Self::Everybody => true,
            Self::Origins(origins) => origins.iter().any(|known| known.eq_ignore_ascii_case(origin)),
        }
    }

    /// These pages and those.
    #[cfg(feature = "cli")]
    pub(crate) fn and(self, others: Self) -> Self {
        match (self, others) {
            (Self::Everybody, _) | (_, Self::Everybody) => Self::Everybody,
            (Self::Nobody, some) | (some, Self::Nobody) => some,
            (Self::Origins(mut some), Self::Origins(others)) => {
                some.extend(others);
                Self::Origins(some)
            }
        }
    }
}
