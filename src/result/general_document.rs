//! General documents such as a utility bill, which prove an address (specification, section 5).

use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use super::{day, midnight, people::Person, slashed};
use crate::session::Token;

/// One element of `generalDocuments`: a document of that kind, some days or weeks old.
pub(super) fn general_document(kind: &str, person: &Person, token: &Token, begun_at: Timestamp) -> Value {
    let age_in_days = 3 + (token.draw("general document") % 60) as i32;
    let issued = day(begun_at).saturating_sub(Span::new().days(age_in_days));
    let address = &person.address;
    json!({
        "documentType": kind.to_ascii_uppercase(),
        "typeId": kind,
        "pages": [{"typeId": kind.replace('_', "-")}],
        "final": {
            "fullName": person.full_name(),
            "firstName": *person.first_name,
            "lastName": *person.last_name,
            "formattedAddress": address.one_line(),
            "address": address.street_line(),
            "street": address.street,
            "streetNumber": address.street_number,
            "city": address.city,
            "state": address.state,
            "postalCode": address.postal_code,
            "country": address.country,
            "countryCode": *person.country,
            "latitude": address.latitude,
            "longitude": address.longitude,
            "issuingAuthority": issuer(kind),
            "documentIssued": slashed(issued),
            "documentIssuedTime": midnight(issued),
        },
        "documentPages": [{"pageNumber": 1}],
    })
}

fn issuer(kind: &str) -> &'static str {
    match kind {
        "bank_statement" => "Specimen Bank",
        "drivers_license" => "Specimen Licensing Office",
        _ => "Specimen Water and Power",
    }
}
