//! The invented people of sessions.

mod cast;
mod check;

use std::sync::LazyLock;

use indexmap::IndexMap;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value};

pub(crate) use self::cast::AssignedPerson;
use super::built_in;
use crate::{
    built_in::PEOPLE,
    data_file::{DataFile, LoadDiagnostics},
    json_text::merge_patch,
    problem::Problem,
    tree,
    vendor::DocumentType,
};

/// The embedded people, read on first use.
static BUILT_IN: LazyLock<Vec<(String, Person)>> = LazyLock::new(|| built_in(PEOPLE).collect());

/// An invented person and their documents.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Person {
    pub(crate) first_name: LatinName,
    #[serde(default)]
    pub(crate) middle_name: Option<LatinName>,
    pub(crate) last_name: LatinName,
    /// The name in the script of the country.
    #[serde(default)]
    pub(crate) local: Option<LocalName>,
    pub(crate) sex: Sex,
    #[serde(deserialize_with = "date")]
    #[cfg_attr(test, schemars(with = "String", extend("format" = "date")))]
    pub(crate) birthday: Date,
    pub(crate) birth_place: String,
    /// Three-letter code: nationality, citizenship and issuing state.
    pub(crate) country: CountryCode<3>,
    /// Two-letter code.
    pub(crate) country_code: CountryCode<2>,
    pub(crate) personal_number: Number<14>,
    pub(crate) authority: String,
    pub(crate) address: Address,
    documents: DocumentNumbers,
    /// The schema of this kind of file, for editors.
    #[serde(rename = "$schema", default, skip_serializing)]
    #[cfg_attr(test, schemars(skip))]
    _schema: Option<String>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct LocalName {
    /// Language and country, as in the names of raw fields: `ka_GE`.
    pub(crate) locale: String,
    pub(crate) first_name: String,
    #[serde(default)]
    pub(crate) middle_name: Option<String>,
    pub(crate) last_name: String,
    pub(crate) address: String,
    #[serde(default)]
    pub(crate) birth_place: Option<String>,
    #[serde(default)]
    pub(crate) authority: Option<String>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Address {
    pub(crate) street: String,
    pub(crate) street_number: String,
    pub(crate) city: String,
    #[serde(default)]
    pub(crate) state: String,
    pub(crate) postal_code: String,
    pub(crate) country: String,
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
}

impl Address {
    /// Returns street and number.
    pub(crate) fn street_line(&self) -> String {
        format!("{} {}", self.street, self.street_number)
    }

    /// Returns the whole address in one line.
    pub(crate) fn one_line(&self) -> String {
        format!("{}, {} {}, {}", self.street_line(), self.postal_code, self.city, self.country)
    }
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) enum Sex {
    F,
    M,
}

impl Sex {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::F => "F",
            Self::M => "M",
        }
    }
}

/// Defines a text type that is validated when it is read, because it is part of a machine readable zone.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident $(<$size:ident>)?, $is_right:expr, $wanted:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Deserialize, Serialize)]
        #[serde(try_from = "String")]
        pub(crate) struct $name$(<const $size: usize>)?(String);

        impl$(<const $size: usize>)? TryFrom<String> for $name$(<$size>)? {
            type Error = Problem;

            fn try_from(text: String) -> Result<Self, Problem> {
                let is_right: fn(&str) -> bool = $is_right;
                if is_right(&text) { Ok(Self(text)) } else { Err(Problem::malformed(text, $wanted)) }
            }
        }

        impl$(<const $size: usize>)? std::ops::Deref for $name$(<$size>)? {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }
    };
}

checked_text!(
    /// A name in Latin letters.
    LatinName,
    |text| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, ' ' | '-' | '\'')),
    "a Latin name: only the letters A to Z, space, hyphen and apostrophe"
);
checked_text!(
    /// A country in `SIZE` letters.
    CountryCode<SIZE>,
    |text| text.len() == SIZE && text.bytes().all(|c| c.is_ascii_uppercase()),
    format!("a country: {SIZE} capital letters")
);
checked_text!(
    /// A number of a person or document, at most `SIZE` characters.
    Number<SIZE>,
    |text| (1..=SIZE).contains(&text.len())
        && text.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()),
    format!("a number: 1 to {SIZE} digits and capital letters")
);

/// The document numbers of a person, at least one.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(try_from = "IndexMap<DocumentType, Number<9>>")]
struct DocumentNumbers(IndexMap<DocumentType, Number<9>>);

impl TryFrom<IndexMap<DocumentType, Number<9>>> for DocumentNumbers {
    type Error = Problem;

    fn try_from(documents: IndexMap<DocumentType, Number<9>>) -> Result<Self, Problem> {
        match documents.is_empty() {
            true => Err(Problem::rule("the person has no document; add at least one")),
            false => Ok(Self(documents)),
        }
    }
}

/// Reads `2015-01-31`.
fn date<'de, D: Deserializer<'de>>(reader: D) -> Result<Date, D::Error> {
    let text = String::deserialize(reader)?;
    text.parse().map_err(|_| {
        // Day, month and year, as most of the people write it.
        let parts: Vec<i16> = text.split('.').filter_map(|part| part.parse().ok()).collect();
        let meant = match parts[..] {
            [day, month, year] => Date::new(year, month as i8, day as i8).ok(),
            _ => None,
        };
        let remedy = meant.map_or_else(|| "write it like 2015-01-31".into(), |date| format!("write {date}"));
        de::Error::custom(Problem::malformed(text, "a date").with_remedy(remedy))
    })
}

impl Person {
    /// Returns the number of the person's document of this kind.
    fn document(&self, kind: DocumentType) -> Option<&str> {
        self.documents.0.get(&kind).map(|number| &**number)
    }

    /// Returns this person with members merged in.
    ///
    /// # Errors
    ///
    /// [`Problem`] with the invalid member.
    fn with(&self, members: &Map<String, Value>) -> Result<Self, Problem> {
        let mut value = serde_json::to_value(self).expect("a person is JSON");
        merge_patch(&mut value, members);
        tree::read_value(value)
    }

    /// Returns first and last name.
    #[cfg(feature = "media")]
    pub(crate) fn short_name(&self) -> String {
        format!("{} {}", &*self.first_name, &*self.last_name)
    }

    /// Returns first, middle and last name.
    pub(crate) fn full_name(&self) -> String {
        let middle = self.middle_name.as_ref().map(|name| format!("{} ", &**name)).unwrap_or_default();
        format!("{} {middle}{}", &*self.first_name, &*self.last_name)
    }
}

/// The people, each with a file name, in the order of names: those of a folder, otherwise the embedded ones.
#[derive(Debug)]
pub(crate) struct People {
    custom: Option<Vec<(String, Person)>>,
    /// Names of files that cannot be read.
    broken: Vec<String>,
}

impl People {
    /// Reads these files; without files, uses the embedded people.
    pub(super) fn read(files: Option<&[DataFile]>, findings: &mut LoadDiagnostics) -> Self {
        let mut people = Self { custom: files.map(|_| Vec::new()), broken: Vec::new() };
        for file in files.unwrap_or_default() {
            match findings.ok_or_record(file.parse()) {
                Some(person) => people.custom.get_or_insert_default().push((file.name.clone(), person)),
                None => people.broken.push(file.name.clone()),
            }
        }
        people
    }

    fn all(&self) -> &[(String, Person)] {
        self.custom.as_deref().unwrap_or(&BUILT_IN)
    }

    /// Returns a person selected by `number`.
    pub(crate) fn any(&self, number: u64) -> &Person {
        &pick(self.all(), number).1
    }

    /// Returns the number of people.
    pub(crate) fn count(&self) -> usize {
        self.custom.as_ref().map_or(PEOPLE.len(), Vec::len)
    }
}

fn pick<T>(list: &[T], number: u64) -> &T {
    &list[(number % list.len() as u64) as usize]
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, collections::BTreeSet};

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::*;

    #[test]
    fn the_built_in_people_cover_every_document_and_several_scripts() {
        let people = People::read(None, &mut LoadDiagnostics::default());
        assert!(people.all().len() >= 12, "{}", people.all().len());
        for kind in DocumentType::ALL {
            assert!(people.all().iter().any(|(_, person)| person.document(kind).is_some()), "{kind:?}");
        }
        let locales: BTreeSet<_> =
            people.all().iter().filter_map(|(_, person)| person.local.as_ref()).map(|local| &*local.locale).collect();
        for locale in ["ka_GE", "uk_UA", "el_GR"] {
            assert!(locales.contains(locale), "{locale} is not among {locales:?}");
        }
        assert!(people.all().iter().any(|(_, person)| person.local.is_none()));
    }

    macro_rules! looks_like {
        ($($name:ident $(<$size:ident>)?: $schema:expr),* $(,)?) => {
            $(impl$(<const $size: usize>)? JsonSchema for $name$(<$size>)? {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    $schema
                }
            })*
        };
    }

    // A value that YAML reads as a boolean or a number is accepted as a string.
    looks_like!(
        LatinName: json_schema!({"type": ["string", "boolean"], "pattern": "^[A-Za-z '-]+$"}),
        CountryCode<SIZE>: json_schema!({"type": "string", "pattern": format!("^[A-Z]{{{SIZE}}}$")}),
        Number<SIZE>: json_schema!({"anyOf": [
            {"type": "string", "pattern": format!("^[A-Z0-9]{{1,{SIZE}}}$")},
            {"type": "integer", "minimum": 0, "maximum": 10_u64.pow(SIZE as u32) - 1},
        ]}),
    );
}
