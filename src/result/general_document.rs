//! General documents such as a utility bill, which prove an address ([source](crate::fidelity#the-result-document)).

use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use super::{day, midnight, people::Person};
use crate::vendor::Token;

/// Returns an element of `generalDocuments`: a document of this kind and number of pages, some days or weeks old.
/// Values that such a document lacks are null, as in recorded responses.
pub(super) fn general_document(kind: &str, pages: u32, person: &Person, token: &Token, begun_at: Timestamp) -> Value {
    let age_in_days = 3 + (token.draw("general document") % 60) as i32;
    let issued = day(begun_at).saturating_sub(Span::new().days(age_in_days));
    let address = &person.address;
    let page = |number: u32| {
        json!({
            "typeId": kind.replace('_', "-"),
            "pageNumber": number,
            "final": {
                "fullName": person.full_name(),
                "firstName": *person.first_name,
                "lastName": *person.last_name,
                "formattedAddress": address.one_line(),
                "address": address.street_line(),
                "street": address.street,
                "streetNumber": address.street_number,
                "houseNumber": null,
                "city": address.city,
                "state": address.state,
                "county": null,
                "sublocality": null,
                "postalTown": null,
                "postalCode": address.postal_code,
                "country": address.country,
                "countryCode": *person.country,
                "latitude": address.latitude,
                "longitude": address.longitude,
                "localType": "ROOFTOP",
                "authority": issuer(kind),
                "issuingAuthority": issuer(kind),
                "registrationNumber": null,
                "documentIssued": midnight(issued),
                "documentIssuedTime": midnight(issued),
                "documentExpires": null,
            },
            "documentPages": [{"pageNumber": number}],
            "statuses": [],
        })
    };
    json!({
        "documentType": kind.to_ascii_uppercase(),
        "typeId": kind,
        "pages": (1..=pages).map(page).collect::<Vec<_>>(),
    })
}

fn issuer(kind: &str) -> &'static str {
    match kind {
        "bank_statement" => "Specimen Bank",
        "drivers_license" => "Specimen Licensing Office",
        _ => "Specimen Water and Power",
    }
}
