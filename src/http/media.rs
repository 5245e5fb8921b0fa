//! Responses with a picture or video: all of it, a range, or "not modified".

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header, request::Parts},
};
use bytes::Bytes;
use http_range_header::parse_range_header;

use super::{auth::sign, error::with_hint};
use crate::{company::EffectiveSettings, media::MediaFile};

/// Creates the response, signed over the bytes that are sent.
///
/// A request for several ranges, or an invalid range, gets all of it, as RFC 9110 allows.
pub(super) fn response(media: &MediaFile, head: &Parts, settings: &EffectiveSettings) -> Response<Body> {
    let MediaFile { bytes, content_type, etag } = media;
    let etag = HeaderValue::from_maybe_shared(etag.clone()).expect("an ETag is a header value");
    let is_known = named(&head.headers, header::IF_NONE_MATCH).is_some_and(|tags| {
        tags.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == "*" || etag == tag)
    });
    // RFC 9110 defines conditions for GET and HEAD, and ranges only for GET.
    let (status, body, range) = match head.method {
        Method::GET | Method::HEAD if is_known => (StatusCode::NOT_MODIFIED, Bytes::new(), None),
        Method::GET => part(bytes, &head.headers, &etag),
        _ => (StatusCode::OK, bytes.clone(), None),
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag);
    // An upload is only displayed as its own type.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.extend(range.map(|range| (header::CONTENT_RANGE, range)));
    if status.is_success() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        sign(&mut response, settings, &body);
        *response.body_mut() = Body::from(body);
    }
    if status == StatusCode::RANGE_NOT_SATISFIABLE {
        return with_hint(response, &format!("the range starts after the end; the picture has {} bytes", bytes.len()));
    }
    response
}

/// Returns the part that the header `Range` requests, and its position.
fn part(bytes: &Bytes, headers: &HeaderMap, etag: &HeaderValue) -> (StatusCode, Bytes, Option<HeaderValue>) {
    let whole = (StatusCode::OK, bytes.clone(), None);
    let is_current = named(headers, header::IF_RANGE).is_none_or(|tag| etag == tag);
    let asked = named(headers, header::RANGE).filter(|_| is_current).and_then(|asked| parse_range_header(asked).ok());
    let Some(asked) = asked.filter(|asked| asked.len() == 1) else {
        return whole;
    };
    let length = bytes.len();
    let value = |text: String| HeaderValue::try_from(text).expect("numbers are a header value");
    match asked.validate(length as u64).as_deref() {
        Ok([range]) => {
            let (start, end) = (*range.start() as usize, *range.end() as usize);
            let range = value(format!("bytes {start}-{end}/{length}"));
            (StatusCode::PARTIAL_CONTENT, bytes.slice(start..=end), Some(range))
        }
        Ok(_) => whole,
        Err(_) => (StatusCode::RANGE_NOT_SATISFIABLE, Bytes::new(), Some(value(format!("bytes */{length}")))),
    }
}

fn named(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
