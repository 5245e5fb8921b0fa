//! HMAC authorization ([source](crate::fidelity#signatures)): sign, verify in constant time, explain.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{foreign_text::shortened, problem::Problem};

/// The signed part of a request or response.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Payload<'a> {
    /// The raw bytes of a body; empty if there is none.
    Body(&'a [u8]),
    /// Names and values of multipart parts: first the text parts, then the file parts, each in the order of the request.
    Parts(&'a [(&'a str, &'a [u8])]),
}

impl Payload<'_> {
    fn describe(&self) -> String {
        match self {
            Self::Body([]) => "the empty body".into(),
            Self::Body(body) => format!("the {} bytes of the raw body", body.len()),
            Self::Parts(parts) => {
                let size = |(name, value): &(&str, &[u8])| format!("`{}` of {} bytes", shortened(name), value.len());
                let sizes: Vec<_> = parts.iter().map(size).collect();
                format!("the values of the parts {}, one HMAC round each in this order", sizes.join(", "))
            }
        }
    }

    fn mac(&self, secret: &str) -> Hmac<Sha256> {
        let keyed = |key: &[u8]| Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        match self {
            Self::Body(body) => keyed(secret.as_bytes()).chain_update(body),
            Self::Parts(parts) => {
                let Some(((_, first), rest)) = parts.split_first() else { return keyed(secret.as_bytes()) };
                let start = keyed(secret.as_bytes()).chain_update(first);
                rest.iter().fold(start, |round, (_, part)| keyed(&round.finalize().into_bytes()).chain_update(part))
            }
        }
    }
}

/// Returns the value of the `Authorization` header for `payload`.
pub(crate) fn header(secret: &str, payload: Payload<'_>) -> String {
    format!("signature=\"{}\"", code(secret, payload))
}

fn code(secret: &str, payload: Payload<'_>) -> String {
    STANDARD.encode(payload.mac(secret).finalize().into_bytes())
}

/// Whether two texts are equal, in constant time.
pub(crate) fn is_same(given: &str, known: &str) -> bool {
    let digest = |text: &str| Payload::Body(text.as_bytes()).mac(known);
    digest(given).verify_slice(&digest(known).finalize().into_bytes()).is_ok()
}

/// Verifies the received `Authorization` header, in constant time.
///
/// # Errors
///
/// [`Problem`] that says what was signed, expected and received.
pub(crate) fn verify(secret: &str, payload: Payload<'_>, header: Option<&str>) -> Result<(), Problem> {
    let received = header.and_then(received_code);
    let matches = received
        .and_then(|code| STANDARD.decode(code).ok())
        .is_some_and(|digest| payload.mac(secret).verify_slice(&digest).is_ok());
    if matches {
        return Ok(());
    }
    let received = match (header, received) {
        (None, _) => "received no Authorization header".to_owned(),
        (Some(header), None) => {
            format!("received `{}`, which is not of the form signature=\"CODE\"", shortened(header))
        }
        (Some(_), Some(code)) if code.eq_ignore_ascii_case(&hex(payload.mac(secret))) => {
            "received the right code in hex; send it in base64".to_owned()
        }
        (Some(_), Some(code)) => format!("received `{}`", shortened(code)),
    };
    let message = format!("signed: {}; expected `{}`; {received}", payload.describe(), code(secret, payload));
    Err(Problem::rule(message))
}

fn hex(mac: Hmac<Sha256>) -> String {
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn received_code(header: &str) -> Option<&str> {
    header.trim().strip_prefix("signature=\"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// A code computed by another implementation.
    #[derive(Deserialize)]
    struct TestVector {
        name: String,
        secret: String,
        body_base64: String,
        parts: Option<Vec<VectorPart>>,
        signature: String,
    }

    #[derive(Deserialize)]
    struct VectorPart {
        kind: String,
        value_base64: String,
    }

    #[test]
    fn codes_are_those_of_another_implementation() {
        let vectors: Vec<TestVector> =
            serde_json::from_str(include_str!("../fixtures/signatures/vectors.json")).unwrap();
        let decoded = |text: &str| STANDARD.decode(text).unwrap();
        for vector in &vectors {
            let body = decoded(&vector.body_base64);
            let parts = vector.parts.as_ref().map(|parts| {
                let of_kind = |kind: &'static str| parts.iter().filter(move |part| part.kind == kind);
                of_kind("text").chain(of_kind("file")).map(|part| decoded(&part.value_base64)).collect::<Vec<_>>()
            });
            let parts: Option<Vec<(&str, &[u8])>> =
                parts.as_ref().map(|parts| parts.iter().map(|part| ("", part.as_slice())).collect());
            let payload = parts.as_ref().map_or(Payload::Body(&body), |parts| Payload::Parts(parts));
            let header = header(&vector.secret, payload);
            assert_eq!(header, format!("signature=\"{}\"", vector.signature), "{}", vector.name);
            verify(&vector.secret, payload, Some(&header)).unwrap();
            verify("another-secret", payload, Some(&header)).unwrap_err();
        }
        assert!(vectors.iter().filter(|vector| vector.parts.is_some()).count() >= 5);
    }

    #[test]
    fn a_refusal_says_what_was_signed_expected_and_received() {
        let error = |header| verify("not-a-real-secret", Payload::Body(b"{}"), header).unwrap_err().to_string();
        let expected = code("not-a-real-secret", Payload::Body(b"{}"));
        let said = format!("signed: the 2 bytes of the raw body; expected `{expected}`; ");
        assert_eq!(error(None), format!("{said}received no Authorization header"));
        assert_eq!(error(Some("signature=\"AAAA\"")), format!("{said}received `AAAA`"));
        assert_eq!(
            error(Some("Bearer x")),
            format!("{said}received `Bearer x`, which is not of the form signature=\"CODE\"")
        );
        let in_hex = format!("signature=\"{}\"", hex(Payload::Body(b"{}").mac("not-a-real-secret")));
        assert_eq!(error(Some(&in_hex)), format!("{said}received the right code in hex; send it in base64"));
        let parts: [(&str, &[u8]); 2] = [("company_key", b"abc"), ("photo", b"")];
        let said = verify("not-a-real-secret", Payload::Parts(&parts), None).unwrap_err().to_string();
        let start = "signed: the values of the parts `company_key` of 3 bytes, `photo` of 0 bytes, one HMAC round each";
        assert!(said.starts_with(start), "{said}");
    }
}
