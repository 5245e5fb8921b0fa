//! The person and the raw card fields of an identity document.

use jiff::{Span, Timestamp, civil::Date};
use serde_json::{Map, Value};

use super::{day, midnight, mrz::Mrz, people::AssignedPerson, us_date};
use crate::vendor::{DocumentType, Token};

/// Returns the validity of each kind of document, in years.
fn validity(document_type: DocumentType) -> i32 {
    match document_type {
        DocumentType::ResidenceLicense => 5,
        DocumentType::Id | DocumentType::Passport | DocumentType::DriverLicense => 10,
    }
}

/// An identity document as the vendor reads it.
#[derive(Debug)]
pub(super) struct IdentityDocument<'a> {
    assigned: &'a AssignedPerson<'a>,
    issued: Date,
    expires: Date,
    /// The day of the vendor's check.
    today: Date,
    mrz: Option<String>,
}

impl<'a> IdentityDocument<'a> {
    /// Creates the document of a person. Its date of issue, up to four years before `begun_at`, is derived from the
    /// token.
    pub(super) fn new(
        assigned: &'a AssignedPerson<'a>,
        token: &Token,
        begun_at: Timestamp,
        read_at: Timestamp,
    ) -> Self {
        let age_in_days = 30 + (token.draw("issued") % 1400) as i32;
        let issued = day(begun_at).saturating_sub(Span::new().days(age_in_days));
        let expires = issued.saturating_add(Span::new().years(validity(assigned.document_type)));
        let mut document = Self { assigned, issued, expires, today: day(read_at), mrz: None };
        document.mrz = document.machine_readable_zone();
        document
    }

    /// Returns the zone; driver licences have none.
    fn machine_readable_zone(&self) -> Option<String> {
        let person = &self.assigned.person;
        let given_names = match &person.middle_name {
            Some(middle) => format!("{} {}", &*person.first_name, &**middle),
            None => person.first_name.to_string(),
        };
        let zone = Mrz {
            last_name: &person.last_name,
            given_names: &given_names,
            country: &self.assigned.country,
            document_number: &self.assigned.document_number,
            personal_number: &person.personal_number,
            birthday: person.birthday,
            sex: person.sex.as_str(),
            expires: self.expires,
        };
        match self.assigned.document_type {
            DocumentType::Passport => Some(zone.passport()),
            DocumentType::Id => Some(zone.card("ID")),
            DocumentType::ResidenceLicense => Some(zone.card("IR")),
            DocumentType::DriverLicense => None,
        }
    }

    /// Returns the member `person`: Latin name, local name if the document has one, dates in both forms.
    pub(super) fn person(&self) -> Map<String, Value> {
        let AssignedPerson { person, document_type, document_number, country } = self.assigned;
        let (country, document_number) = (country.as_str(), document_number.as_str());
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        put("first_name", (*person.first_name).into());
        put("last_name", (*person.last_name).into());
        if let Some(middle) = &person.middle_name {
            put("middle_name", (**middle).into());
        }
        if let Some(local) = self.local_name() {
            put("local_first_name", (*local.first_name).into());
            put("local_last_name", (*local.last_name).into());
            if let Some(middle) = &local.middle_name {
                put("local_middle_name", (**middle).into());
            }
        }
        put("sex", person.sex.as_str().into());
        put("age", age(person.birthday, self.today).into());
        put("birthday", us_date(person.birthday).into());
        put("birthday_time", midnight(person.birthday).into());
        put("birth_place", (*person.birth_place).into());
        put("citizenship", country.into());
        put("nationality", country.into());
        put("issuing_state", country.into());
        put("authority", (*person.authority).into());
        if let Some(authority) = self.local_name().and_then(|local| local.authority.as_deref()) {
            put("local_authority", authority.into());
        }
        put("address", person.address.one_line().into());
        put("personal_number", (*person.personal_number).into());
        put("document_type_id", document_type.as_str().into());
        put("document_number", document_number.into());
        put("document_issued", us_date(self.issued).into());
        put("document_issued_time", midnight(self.issued).into());
        put("document_expires", us_date(self.expires).into());
        put("document_expires_time", midnight(self.expires).into());
        if let Some(mrz) = &self.mrz {
            put("mrz", (**mrz).into());
        }
        members
    }

    /// Returns the raw fields of the front of a card; `None` for a passport.
    pub(super) fn card_front(&self) -> Option<Map<String, Value>> {
        (self.assigned.document_type != DocumentType::Passport).then(|| self.card_fields())
    }

    /// Returns the raw fields of the back of a card: those of the front, and the zone. `None` for a passport.
    pub(super) fn card_back(&self) -> Option<Map<String, Value>> {
        let mut fields = self.card_front()?;
        if let Some(mrz) = &self.mrz {
            fields.insert("mrz".into(), (**mrz).into());
        }
        Some(fields)
    }

    /// Returns the raw fields of both sides of a card, in Latin and local script
    /// ([source](crate::fidelity#the-result-document)).
    fn card_fields(&self) -> Map<String, Value> {
        let AssignedPerson { person, document_number, country, .. } = self.assigned;
        // Of a country without people in the fixtures, only the code is known.
        let is_at_home = *person.country == **country;
        let nationality = if is_at_home { &person.address.country } else { country };
        let (birthday, issued, expires) = (us_date(person.birthday), us_date(self.issued), us_date(self.expires));
        let mut fields = Map::new();
        let mut put = |name: &str, locale: &str, value: &str| {
            fields.insert(format!("{name}_{locale}"), value.into());
        };
        for (name, value) in [
            ("Given_Names", &*person.first_name),
            ("Surname", &person.last_name),
            ("Nationality", nationality),
            ("Nationality_Code", country),
            ("Sex", person.sex.as_str()),
            ("Document_Number", document_number),
            ("Personal_Number", &person.personal_number),
            ("Issuing_State_Code", country),
            ("Authority", &person.authority),
            ("Address", &person.address.one_line()),
            ("Date_of_Birth", &birthday),
            ("Date_of_Expiry", &expires),
            ("Date_of_Issue", &issued),
            ("Place_of_Birth", &person.birth_place),
        ] {
            put(name, "en_US", value);
        }
        put("Date_of_Birth", "ISO", &midnight(person.birthday));
        put("Date_of_Expiry", "ISO", &midnight(self.expires));
        if let Some(local) = self.local_name() {
            for (name, value) in [
                ("Given_Names", Some(&local.first_name)),
                ("Surname", Some(&local.last_name)),
                ("Authority", local.authority.as_ref()),
                ("Address", Some(&local.address)),
                ("Place_of_Birth", local.birth_place.as_ref()),
            ] {
                if let Some(value) = value {
                    put(name, &local.locale, value);
                }
            }
            if let Some(middle) = &local.middle_name {
                fields.insert("localMiddleName".into(), (**middle).into());
            }
        }
        fields
    }

    /// Returns the local name, if the document is of the person's own country.
    fn local_name(&self) -> Option<&super::people::LocalName> {
        self.assigned.person.local.as_ref().filter(|_| *self.assigned.person.country == self.assigned.country)
    }
}

/// Returns the full years from `birthday` to `today`.
fn age(birthday: Date, today: Date) -> i16 {
    let had_birthday = (today.month(), today.day()) >= (birthday.month(), birthday.day());
    today.year() - birthday.year() - i16::from(!had_birthday)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn age_changes_on_the_birthday() {
        assert_eq!(age(date(1990, 8, 2), date(2026, 8, 1)), 35);
        assert_eq!(age(date(1990, 8, 2), date(2026, 8, 2)), 36);
        assert_eq!(age(date(2000, 2, 29), date(2026, 2, 28)), 25);
        assert_eq!(age(date(2000, 2, 29), date(2026, 3, 1)), 26);
    }
}
