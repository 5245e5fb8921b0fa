//! The languages of the widget ([source](crate::fidelity#the-widget)).

/// A language of the widget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Spanish,
    Georgian,
    Russian,
    Ukrainian,
    Greek,
    Uzbek,
}

impl Language {
    /// All languages, English first.
    pub(crate) const ALL: [Self; 7] =
        [Self::English, Self::Spanish, Self::Georgian, Self::Russian, Self::Ukrainian, Self::Greek, Self::Uzbek];

    /// Returns the language with this code of the vendor.
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// Returns the language of a standard code, which may have a country: `en-GB`.
    pub(super) fn meant(code: &str) -> Option<Self> {
        let language = code.split(['-', '_']).next()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|known| known.code() == language || known.html() == language)
    }

    /// Returns the vendor's code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::Georgian => "ka",
            Self::Russian => "ru",
            Self::Ukrainian => "uk",
            Self::Greek => "gr",
            Self::Uzbek => "uz",
        }
    }

    /// Returns the three-letter country from which most people with this language come, if it is one country: known web
    /// clients in Georgian have Georgian customers.
    pub(crate) fn country(self) -> Option<&'static str> {
        (self == Self::Georgian).then_some("GEO")
    }

    /// Returns the language tag of HTML.
    pub(crate) fn html(self) -> &'static str {
        match self {
            Self::Greek => "el",
            other => other.code(),
        }
    }
}
