//! The languages of the widget (specification, section 6).

/// A language that the widget speaks.
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
    /// Every language, English first.
    pub(crate) const ALL: [Self; 7] =
        [Self::English, Self::Spanish, Self::Georgian, Self::Russian, Self::Ukrainian, Self::Greek, Self::Uzbek];

    /// The language of that code of the vendor's, if there is one.
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The vendor's code of the language that is meant by another code: that of a standard, or one with a country.
    pub(super) fn meant(code: &str) -> Option<Self> {
        let language = code.split(['-', '_']).next()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|known| known.code() == language || known.html() == language)
    }

    /// The vendor's code.
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

    /// The country, in three letters, from which most come who go through sessions in this language, where it is one
    /// country: known web clients in Georgian have Georgian customers.
    pub(crate) fn country(self) -> Option<&'static str> {
        (self == Self::Georgian).then_some("GEO")
    }

    /// As HTML writes it.
    pub(crate) fn html(self) -> &'static str {
        match self {
            Self::Greek => "el",
            other => other.code(),
        }
    }
}
