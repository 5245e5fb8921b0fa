//! The mock's own choices that shaped a response: rows of FIDELITY.md.

use axum::http::{Method, request::Parts};
use serde_json::{Map, Value};

use crate::{company::RecordedCall, faults::Endpoint, vendor::ErrorCode};

const METHODS: &str = "GET and POST for every method; others return 405, whatever `--error-status` says";
const NOT_IMITATED: &str = "Vendor methods that the mock does not implement return 501";
const QUERY_AND_BODY: &str = "Query and body are read together; the body overrides the query";
const STATUSES: &str = "Statuses 403, 404, 400, 401 and 400 in this order, the last for `argumentError`";
const ARGUMENT_WORDS: &str = "The words in `argumentError`";
const SESSION_INVALID: &str = "`SESSION_INVALID` for a malformed token";
const SIGNATURE_INVALID: &str = "`SIGNATURE_INVALID` for a missing or wrong signature";
const FAULTS: &str = "A fault applies before authentication: it also hits calls with a wrong key, signature or \
                      method, malformed calls, and calls that are not implemented";
const UNKNOWN_PARENT: &str = "An unknown or malformed `parent_session_id` is `SESSION_NOT_FOUND`";
const PICTURES: &str = "The pictures are drawn, about 1280 × 960 pixels, and say SPECIMEN";
const FACES: &str = "The similarity is 1 for the same picture, that of the session for two pictures of its person, \
                     and below 0.5 for any other two, computed from both";
const SCREENING: &str = "`get-screening-person-details/` takes `person_id` or `personId`, and returns the members of \
                         published clients";
const DELETE: &str = "`delete/` returns the result document and removes the session";

/// Returns the first cells of the rows that apply.
pub(super) fn rows_for(
    call: &RecordedCall,
    body_format: Option<&str>,
    parameters: &Map<String, Value>,
    head: &Parts,
) -> Vec<&'static str> {
    let mut choices = Vec::new();
    let is_vendors = call.endpoint.is_none_or(Endpoint::is_the_vendors);
    if !call.hits.is_empty() {
        choices.push(FAULTS);
    }
    if !is_vendors {
        return choices;
    }
    let is_taken = matches!(head.method, Method::GET | Method::POST | Method::HEAD);
    match (call.endpoint, call.error, call.status) {
        (None, _, Some(501)) => choices.push(NOT_IMITATED),
        (_, None, Some(405)) if !is_taken => choices.push(METHODS),
        _ => {}
    }
    if head.uri.query().is_some() && body_format.is_some_and(|format| format != "query") {
        choices.push(QUERY_AND_BODY);
    }
    match call.error {
        Some(ErrorCode::ArgumentError) => choices.extend([STATUSES, ARGUMENT_WORDS]),
        Some(ErrorCode::SessionInvalid) => choices.extend([STATUSES, SESSION_INVALID]),
        Some(ErrorCode::SignatureInvalid) => choices.extend([STATUSES, SIGNATURE_INVALID]),
        Some(ErrorCode::SessionNotFound) if parameters.contains_key("parent_session_id") => {
            choices.extend([STATUSES, UNKNOWN_PARENT]);
        }
        Some(_) => choices.push(STATUSES),
        None if call.status.is_none_or(|status| status >= 300) => {}
        None => match call.endpoint {
            Some(Endpoint::Delete) => choices.push(DELETE),
            Some(Endpoint::Media(_)) => choices.push(PICTURES),
            Some(Endpoint::CompareFaces) => choices.push(FACES),
            Some(Endpoint::GetScreeningPersonDetails) => choices.push(SCREENING),
            _ => {}
        },
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_a_row_of_the_table() {
        let table = std::fs::read_to_string("FIDELITY.md").unwrap();
        for choice in [
            METHODS,
            NOT_IMITATED,
            QUERY_AND_BODY,
            STATUSES,
            ARGUMENT_WORDS,
            SESSION_INVALID,
            SIGNATURE_INVALID,
            FAULTS,
            UNKNOWN_PARENT,
            PICTURES,
            FACES,
            SCREENING,
            DELETE,
        ] {
            let row = table.lines().find(|line| line.starts_with(&format!("| {choice} |")));
            assert!(row.is_some_and(|row| row.contains("our choice")), "{choice}");
        }
    }
}
