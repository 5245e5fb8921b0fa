//! `compare-faces/`: returns the similarity of the faces in two pictures.

use base64::{
    DecodeError, Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use bytes::Bytes;

use super::super::auth::{AuthenticatedCall, VendorResponse};
use crate::{
    foreign_text::shortened,
    media::is_picture,
    mock::{CallError, MockService},
    vendor::VendorError,
};

/// Some libraries pad, others do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(in crate::http) fn compare_faces(
    mock: &MockService,
    call: &AuthenticatedCall<'_>,
) -> Result<VendorResponse, CallError> {
    let (one, other) = (picture(call, "image1")?, picture(call, "image2")?);
    let similarity = mock.compare_faces(&call.tenant, &one, &other);
    let similarity = if similarity == 1.0 { "1".to_owned() } else { similarity.to_string() };
    Ok(Bytes::from(format!("{{\"similarity\":{similarity}}}")).into())
}

/// Decodes a picture in base64, with or without a data URL prefix.
fn picture(call: &AuthenticatedCall<'_>, name: &str) -> Result<Vec<u8>, VendorError> {
    let wrong = |problem: &str| VendorError::argument(format!("`{name}` {problem}"));
    let text = call.params.non_empty_text(name)?;
    let text = text.ok_or_else(|| wrong(&format!("is missing; {}", call.params.summary())))?;
    let encoded = match text.strip_prefix("data:") {
        Some(url) => url.split_once(";base64,").ok_or_else(|| wrong("is a data URL without `;base64,`"))?.1,
        None => &text,
    };
    if encoded.contains(' ') {
        return Err(wrong("has spaces where base64 has `+`; write `+` as %2B in a form or query"));
    }
    let encoded: String = encoded.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    let bytes = BASE64
        .decode(&encoded)
        .map_err(|error| wrong(&format!("is not base64: `{}` {}", shortened(&encoded), fault(&error))))?;
    if is_picture(&bytes) { Ok(bytes) } else { Err(wrong("is base64, but of neither a JPEG nor a PNG")) }
}

/// Describes the problem with invalid base64, to append to the text.
fn fault(error: &DecodeError) -> String {
    match *error {
        DecodeError::InvalidByte(at, letter @ (b'-' | b'_')) => {
            format!("has `{}` at {}; base64url is not accepted, write `+` and `/`", char::from(letter), at + 1)
        }
        DecodeError::InvalidByte(at, b'=') => format!("has `=` at {}, which is allowed only at the end", at + 1),
        DecodeError::InvalidByte(at, letter) => {
            format!("has `{}` at {}; allowed are letters, digits, `+` and `/`", letter.escape_ascii(), at + 1)
        }
        DecodeError::InvalidLength(length) => format!("ends too early: no base64 has {length} characters"),
        DecodeError::InvalidLastSymbol { offset, symbol, .. } => {
            format!("ends too early: `{}` at {} cannot be the last character", symbol.escape_ascii(), offset + 1)
        }
        DecodeError::InvalidPadding => "has a wrong number of `=` at its end".to_owned(),
    }
}
