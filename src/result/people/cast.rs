//! The person of a session, and their document.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{People, Person, pick};
use crate::{
    scenario::{Casting, PersonPatch},
    vendor::{DocumentType, Flags, Token},
};

/// The person of a session, and the document that they show.
#[derive(Debug, Clone)]
pub(crate) struct AssignedPerson<'a> {
    pub(crate) person: Cow<'a, Person>,
    pub(crate) document_type: DocumentType,
    pub(crate) document_number: String,
    /// Three-letter code: nationality, citizenship and issuing state.
    pub(crate) country: String,
}

impl AssignedPerson<'_> {
    /// Returns the same person and document with a later change. A change that conflicts with earlier ones is left out.
    pub(crate) fn patched<'c>(mut self, changes: impl IntoIterator<Item = &'c Map<String, Value>>) -> Self {
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

impl People {
    /// Assigns person and document by the token: the requested person, or one that the flags allow. A country chosen in
    /// the widget takes precedence.
    ///
    /// If no person is from the requested countries, a person gets a document of the first country. If no person has a
    /// requested kind of document, another kind is shown. The choice of a kind does not change the person.
    pub(crate) fn assign(
        &self,
        token: &Token,
        flags: &Flags,
        casting: Casting<'_>,
        patch: Option<&PersonPatch>,
        chosen: Option<(DocumentType, &str)>,
    ) -> AssignedPerson<'_> {
        let Casting { names, by_language } = casting;
        let wished = patch.and_then(|patch| patch.name.as_ref());
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
        let members = patch.map(|patch| &patch.members).filter(|members| !members.is_empty());
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
        AssignedPerson { person, document_type, document_number, country }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::{data_file::LoadDiagnostics, vendor::TokenSource};

    const EVERYBODY: Casting<'static> = Casting { names: &[], by_language: true };

    fn flags(value: Value) -> Flags {
        Flags::read(&value.to_string())
    }

    #[test]
    fn the_document_is_one_that_the_flags_allow() {
        let people = People::read(None, &mut LoadDiagnostics::default());
        let tokens = TokenSource::new(Some(1), "key");
        let flags = flags(json!({
            "document_types": ["passport", "driver_license"], "document_countries": ["GEO", "UKR"],
        }));
        let mut seen = BTreeSet::new();
        for _ in 0..200 {
            let token = tokens.next();
            let cast = people.assign(&token, &flags, EVERYBODY, None, None);
            assert!(matches!(cast.document_type, DocumentType::Passport | DocumentType::DriverLicense));
            assert!(["GEO", "UKR"].contains(&&*cast.country));
            seen.insert(cast.document_number);
        }
        assert!(seen.len() > 4, "the token decides: {seen:?}");
    }

    #[test]
    fn a_country_of_nobody_is_printed_on_the_document_of_somebody() {
        let people = People::read(None, &mut LoadDiagnostics::default());
        let flags = flags(json!({"document_countries": ["FRA", "ITA"]}));
        assert_eq!(
            people.assign(&TokenSource::new(Some(1), "key").next(), &flags, EVERYBODY, None, None).country,
            "FRA"
        );
    }

    #[test]
    fn a_chosen_country_decides_where_the_person_comes_from() {
        let people = People::read(None, &mut LoadDiagnostics::default());
        let (tokens, flags) = (TokenSource::new(Some(1), "key"), flags(json!({})));
        let mut stayed = 0;
        for token in std::iter::repeat_with(|| tokens.next()).take(100) {
            let cast = |chosen| people.assign(&token, &flags, EVERYBODY, None, chosen);
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
        let people = People::read(None, &mut LoadDiagnostics::default());
        let tokens = TokenSource::new(Some(1), "key");
        let countries = |flags: &Value, casting| -> BTreeSet<String> {
            let flags = Flags::read(&flags.to_string());
            let tokens = std::iter::repeat_with(|| tokens.next()).take(50);
            tokens.map(|token| people.assign(&token, &flags, casting, None, None).country).collect()
        };
        let one = |country: &str| BTreeSet::from([country.to_owned()]);
        let georgian = json!({"language": "ka"});
        assert_eq!(countries(&georgian, EVERYBODY), one("GEO"));
        assert!(countries(&georgian, Casting { by_language: false, ..EVERYBODY }).len() > 3);
        assert!(countries(&json!({"language": "uk"}), EVERYBODY).len() > 3);
        let asked = json!({"language": "ka", "document_countries": ["UKR"]});
        assert_eq!(countries(&asked, EVERYBODY), one("UKR"));
        let names = ["olena-zrazkova".to_owned()];
        assert_eq!(countries(&georgian, Casting { names: &names, by_language: true }), one("UKR"));
    }
}
