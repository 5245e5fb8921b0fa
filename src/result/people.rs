//! The invented people who go through the sessions.

mod check;

use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{built_in, lay_over};
use crate::{
    built_in::PEOPLE,
    data_file::{DataFile, Findings},
    scenario::{Casting, PersonWish},
    vendor::{DocumentType, Flags, Token},
};

/// The people who are built in; they are read when the first document is made out.
static BUILT_IN: LazyLock<Vec<(String, Person)>> = LazyLock::new(|| built_in(PEOPLE).collect());

/// An invented person and the documents they hold.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Person {
    pub(crate) first_name: LatinName,
    #[serde(default)]
    pub(crate) middle_name: Option<LatinName>,
    pub(crate) last_name: LatinName,
    /// The name as printed in the script of the country.
    #[serde(default)]
    pub(crate) local: Option<LocalName>,
    pub(crate) sex: Sex,
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) birthday: Date,
    pub(crate) birth_place: String,
    /// Three letters: nationality, citizenship and issuing state.
    pub(crate) country: CountryCode<3>,
    /// Two letters.
    pub(crate) country_code: CountryCode<2>,
    pub(crate) personal_number: Number<14>,
    pub(crate) authority: String,
    pub(crate) address: Address,
    documents: Documents,
    /// The schema of such files, for editors.
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
    /// Street and number.
    pub(crate) fn street_line(&self) -> String {
        format!("{} {}", self.street, self.street_number)
    }

    /// The whole address in one line.
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

/// A text that was checked when it was read, because it goes into a machine readable zone.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident $(<$size:ident>)?, $is_right:expr, $wanted:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Deserialize, Serialize)]
        #[serde(try_from = "String")]
        pub(crate) struct $name$(<const $size: usize>)?(String);

        impl$(<const $size: usize>)? TryFrom<String> for $name$(<$size>)? {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                let is_right: fn(&str) -> bool = $is_right;
                if is_right(&text) { Ok(Self(text)) } else { Err(format!("`{text}` is not {}", $wanted)) }
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
    "a Latin name: only the letters A to Z, blank, hyphen and apostrophe"
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

/// The numbers of the documents that a person holds, of which there is one at least.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "BTreeMap<DocumentType, Number<9>>")]
struct Documents(
    #[cfg_attr(test, schemars(with = "BTreeMap<DocumentType, Number<9>>"))] BTreeMap<DocumentType, Number<9>>,
);

impl TryFrom<BTreeMap<DocumentType, Number<9>>> for Documents {
    type Error = &'static str;

    fn try_from(documents: BTreeMap<DocumentType, Number<9>>) -> Result<Self, Self::Error> {
        if documents.is_empty() { Err("the person holds no document; give one at least") } else { Ok(Self(documents)) }
    }
}

impl Person {
    /// The number of the document of that kind, if the person holds one.
    fn document(&self, kind: DocumentType) -> Option<&str> {
        self.documents.0.get(&kind).map(|number| &**number)
    }

    /// This person with members laid over.
    ///
    /// # Errors
    ///
    /// The path of the member that cannot be, and what is wrong with it.
    fn with(&self, members: &Map<String, Value>) -> Result<Self, serde_path_to_error::Error<serde_json::Error>> {
        let mut value = serde_json::to_value(self).expect("a person is JSON");
        lay_over(&mut value, members);
        serde_path_to_error::deserialize(value)
    }

    /// First and last name.
    #[cfg(feature = "media")]
    pub(crate) fn short_name(&self) -> String {
        format!("{} {}", &*self.first_name, &*self.last_name)
    }

    /// First, middle and last name.
    pub(crate) fn full_name(&self) -> String {
        let middle = self.middle_name.as_ref().map(|name| format!("{} ", &**name)).unwrap_or_default();
        format!("{} {middle}{}", &*self.first_name, &*self.last_name)
    }
}

/// The person of a session, and the document they show.
#[derive(Debug, Clone)]
pub(crate) struct Cast<'a> {
    pub(crate) person: Cow<'a, Person>,
    pub(crate) document_type: DocumentType,
    pub(crate) document_number: String,
    /// Three letters: nationality, citizenship and issuing state.
    pub(crate) country: String,
}

impl Cast<'_> {
    /// The same person and document, corrected. What cannot be laid over what else was changed is left out.
    pub(crate) fn corrected<'c>(mut self, changes: impl IntoIterator<Item = &'c Map<String, Value>>) -> Self {
        for members in changes {
            let Ok(person) = self.person.with(members) else { continue };
            if *self.person.country == *self.country {
                self.country = person.country.to_string();
            }
            if let Some(number) = person.document(self.document_type) {
                self.document_number = number.to_owned();
            }
            self.person = Cow::Owned(person);
        }
        self
    }
}

/// Everybody who can go through a session: those of a folder, each with the name of their file, in the order of those
/// names; without them, the built-in people.
#[derive(Debug)]
pub(crate) struct People {
    own: Option<Vec<(String, Person)>>,
    /// The names of files that cannot be read.
    broken: Vec<String>,
}

impl People {
    /// Reads these files; without them, takes the built-in people.
    pub(super) fn read(files: Option<&[DataFile]>, findings: &mut Findings) -> Self {
        let mut people = Self { own: files.map(|_| Vec::new()), broken: Vec::new() };
        for file in files.unwrap_or_default() {
            match findings.take(file.parse()) {
                Some(person) => people.own.get_or_insert_default().push((file.name.clone(), person)),
                None => people.broken.push(file.name.clone()),
            }
        }
        people
    }

    fn all(&self) -> &[(String, Person)] {
        self.own.as_deref().unwrap_or(&BUILT_IN)
    }

    /// One of them, as `number` says.
    pub(crate) fn any(&self, number: u64) -> &Person {
        &pick(self.all(), number).1
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.own.as_ref().map_or(PEOPLE.len(), Vec::len)
    }

    /// Chooses person and document by the token: the one that is wished for, or one of those who can come that the flags
    /// allow. Whoever chose another country on their way comes from there.
    ///
    /// Where nobody comes from the countries asked for, somebody gets a document of the first of them; where nobody
    /// holds a document of the kinds asked for, somebody shows another. Which kind they chose to show changes nothing
    /// about who they are.
    pub(crate) fn cast(
        &self,
        token: &Token,
        flags: &Flags,
        casting: Casting<'_>,
        wish: Option<&PersonWish>,
        chosen: Option<(DocumentType, &str)>,
    ) -> Cast<'_> {
        let Casting { names, by_language } = casting;
        let wished = wish.and_then(|wish| wish.name.as_ref());
        let may_come = |name: &String| match wished {
            Some(wished) => wished == name,
            None => names.is_empty() || names.contains(name),
        };
        let everybody: Vec<&Person> =
            self.all().iter().filter(|(name, _)| may_come(name)).map(|(_, person)| person).collect();
        let kinds = flags.document_types();
        let holds_one = |person: &&Person| kinds.iter().any(|kind| person.document(*kind).is_some());
        let holders: Vec<_> = everybody.iter().copied().filter(holds_one).collect();
        let people = if holders.is_empty() { everybody } else { holders };
        let countries = flags.document_countries();
        let is_wanted = |person: &Person| countries.iter().any(|country| **country == *person.country);
        let pick_where = |is_so: &dyn Fn(&Person) -> bool| {
            let those: Vec<_> = people.iter().copied().filter(|person| is_so(person)).collect();
            (!those.is_empty()).then(|| *pick(&those, token.draw("person")))
        };
        let usual = flags.language().country().filter(|_| by_language && countries.is_empty());
        let expected = pick_where(&|person| is_wanted(person) || usual == Some(&person.country));
        let mut person = expected.unwrap_or_else(|| *pick(&people, token.draw("person")));
        if let Some((_, country)) = chosen
            && *person.country != *country
        {
            person = pick_where(&|person| *person.country == *country).unwrap_or(person);
        }
        let members = wish.map(|wish| &wish.members).filter(|members| !members.is_empty());
        let changed = members.and_then(|members| person.with(members).ok());
        let person = changed.map_or(Cow::Borrowed(person), Cow::Owned);
        let held = |kinds: &[DocumentType]| -> Vec<_> {
            kinds.iter().filter_map(|kind| Some((*kind, person.document(*kind)?))).collect()
        };
        let mut documents = held(chosen.as_ref().map_or(&*kinds, |(kind, _)| std::slice::from_ref(kind)));
        if documents.is_empty() {
            documents = held(&DocumentType::ALL);
        }
        let (held_type, number) = *pick(&documents, token.draw("document"));
        let document_type = chosen.map_or(held_type, |(kind, _)| kind);
        let document_number = number.to_owned();
        let country = match (chosen, countries.first()) {
            (Some((_, country)), _) => country.to_owned(),
            (None, Some(foreign)) if !is_wanted(&person) => foreign.clone(),
            _ => person.country.to_string(),
        };
        Cast { person, document_type, document_number, country }
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
    use crate::vendor::TokenSource;

    const EVERYBODY: Casting<'static> = Casting { names: &[], by_language: true };

    fn flags(value: serde_json::Value) -> Flags {
        Flags::read(&value.to_string())
    }

    #[test]
    fn the_built_in_people_cover_every_document_and_several_scripts() {
        let people = People::read(None, &mut Findings::default());
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

    #[test]
    fn the_document_is_one_that_the_flags_allow() {
        let people = People::read(None, &mut Findings::default());
        let tokens = TokenSource::new(Some(1), "key");
        let flags = flags(serde_json::json!({
            "document_types": ["passport", "driver_license"], "document_countries": ["GEO", "UKR"],
        }));
        let mut seen = BTreeSet::new();
        for _ in 0..200 {
            let token = tokens.next();
            let cast = people.cast(&token, &flags, EVERYBODY, None, None);
            assert!(matches!(cast.document_type, DocumentType::Passport | DocumentType::DriverLicense));
            assert!(["GEO", "UKR"].contains(&&*cast.country));
            seen.insert(cast.document_number);
        }
        assert!(seen.len() > 4, "the token decides: {seen:?}");
    }

    #[test]
    fn a_country_of_nobody_is_printed_on_the_document_of_somebody() {
        let people = People::read(None, &mut Findings::default());
        let flags = flags(serde_json::json!({"document_countries": ["FRA", "ITA"]}));
        assert_eq!(people.cast(&TokenSource::new(Some(1), "key").next(), &flags, EVERYBODY, None, None).country, "FRA");
    }

    #[test]
    fn whoever_chooses_a_country_comes_from_there() {
        let people = People::read(None, &mut Findings::default());
        let (tokens, flags) = (TokenSource::new(Some(1), "key"), flags(serde_json::json!({})));
        let mut stayed = 0;
        for token in std::iter::repeat_with(|| tokens.next()).take(100) {
            let cast = |chosen| people.cast(&token, &flags, EVERYBODY, None, chosen);
            let before = cast(None);
            for country in ["GRC", "GEO", "UKR"] {
                let after = cast(Some((DocumentType::Passport, country)));
                assert_eq!((&*after.person.country, &*after.country), (country, country));
                if before.country == country {
                    assert_eq!(after.person.full_name(), before.person.full_name(), "who is from there stays");
                    stayed += 1;
                }
            }
            let foreign = cast(Some((DocumentType::Passport, "FRA")));
            assert_eq!((foreign.person.full_name(), &*foreign.country), (before.person.full_name(), "FRA"));
        }
        assert!(stayed > 10, "{stayed}");
    }

    #[test]
    fn georgians_go_through_sessions_in_georgian_that_ask_for_no_country() {
        let people = People::read(None, &mut Findings::default());
        let tokens = TokenSource::new(Some(1), "key");
        let countries = |flags: &serde_json::Value, casting| -> BTreeSet<String> {
            let flags = Flags::read(&flags.to_string());
            let tokens = std::iter::repeat_with(|| tokens.next()).take(50);
            tokens.map(|token| people.cast(&token, &flags, casting, None, None).country).collect()
        };
        let one = |country: &str| BTreeSet::from([country.to_owned()]);
        let georgian = serde_json::json!({"language": "ka"});
        assert_eq!(countries(&georgian, EVERYBODY), one("GEO"));
        assert!(countries(&georgian, Casting { by_language: false, ..EVERYBODY }).len() > 3);
        assert!(countries(&serde_json::json!({"language": "uk"}), EVERYBODY).len() > 3);
        let asked = serde_json::json!({"language": "ka", "document_countries": ["UKR"]});
        assert_eq!(countries(&asked, EVERYBODY), one("UKR"));
        let names = ["olena-zrazkova".to_owned()];
        assert_eq!(countries(&georgian, Casting { names: &names, by_language: true }), one("UKR"));
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

    // What YAML takes for a boolean or a number is a text as well.
    looks_like!(
        LatinName: json_schema!({"type": ["string", "boolean"], "pattern": "^[A-Za-z '-]+$"}),
        CountryCode<SIZE>: json_schema!({"type": "string", "pattern": format!("^[A-Z]{{{SIZE}}}$")}),
        Number<SIZE>: json_schema!({"anyOf": [
            {"type": "string", "pattern": format!("^[A-Z0-9]{{1,{SIZE}}}$")},
            {"type": "integer", "minimum": 0, "maximum": 10_u64.pow(SIZE as u32) - 1},
        ]}),
    );
}
