//! Every way a vendor call can fail → status and body; the only place that picks a status for a vendor path.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header},
};
use serde_json::json;

use crate::{
    config::Config,
    faults::{Endpoint, allows_body},
    problem::nearest,
    vendor::{ErrorCase, ErrorCode, VendorError},
};

/// The response header with the mock's advice; the live service does not send it.
pub(crate) const HINT_HEADER: HeaderName = HeaderName::from_static("x-identomat-mock-hint");

/// The response header that names the mock, so that an app can refuse to run against it.
pub(super) const MOCK_HEADER: HeaderName = HeaderName::from_static("x-identomat-mock");
pub(super) const VERSION: HeaderValue = HeaderValue::from_static(env!("CARGO_PKG_VERSION"));

/// Maximum length of a sent hint, in bytes; the log has the whole hint.
const MAX_HINT_BYTES: usize = 2000;

/// The replacement of a hint with company keys or an expected signature.
const HINT_IS_PRIVATE: &str = "the hint is withheld, because it has company keys or signatures; it is in the log. \
                               Such hints go only to clients on loopback and private networks that use a known host \
                               name, no proxy, and no page of another origin (--verbose-hints)";

/// Returns the response of a failed call ([source](crate::fidelity#errors)). A client that `may_know` gets hints with
/// company keys and expected signatures.
pub(super) fn response(error: &VendorError, config: &Config, may_know: bool) -> Response<Body> {
    let status = match error.case {
        ErrorCase::Standard => config.error_status.status_for(error.code),
        ErrorCase::MissingMedia => config.missing_media_status.unwrap_or_else(|| config.error_status.missing_media()),
        // The status of HTTP itself; the rest of the request is unread, so the connection closes.
        ErrorCase::TooSlow => 408,
    };
    let status = StatusCode::from_u16(status).expect("statuses are checked at the start");
    let body = match error.code {
        ErrorCode::ArgumentError => json!({"argumentError": error.problem.to_string()}),
        code => json!(code.as_str()),
    };
    let names_secrets = matches!(error.code, ErrorCode::CompanyKeyInvalid | ErrorCode::SignatureInvalid);
    let problem = error.problem.to_string();
    let hint = if names_secrets && !may_know { HINT_IS_PRIVATE } else { &problem };
    let mut response = with_hint(json_response(status, &body), hint);
    if error.case == ErrorCase::TooSlow {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Returns the response to a request whose head was too slow: its path is unknown.
pub(super) fn head_too_slow(problem: &str, config: &Config) -> String {
    let body = json!({"error": problem, "instructions": "Send the request again, on a new connection."}).to_string();
    let length = body.len();
    let hint = if config.hints { format!("{HINT_HEADER}: {problem}\r\n") } else { String::new() };
    let version =
        if config.version_header { format!("{MOCK_HEADER}: {}\r\n", env!("CARGO_PKG_VERSION")) } else { String::new() };
    format!(
        "HTTP/1.1 408 Request Timeout\r\ncontent-type: application/json\r\n{hint}{version}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// Returns the response of a failing proxy; `status` is from 200 to 599. `body` and its type replace the default page.
pub(super) fn gateway_error(status: u16, body: Option<&(String, String)>) -> Response<Body> {
    let status = StatusCode::from_u16(status).expect("statuses of faults are checked where they are set");
    let mut response = Response::new(Body::empty());
    if allows_body(status.as_u16()) {
        let page = || format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n");
        let (text, content_type) = body.cloned().unwrap_or_else(|| (page(), "text/html".into()));
        let content_type = HeaderValue::try_from(content_type).expect("content types of faults are checked");
        *response.body_mut() = Body::from(text);
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    *response.status_mut() = status;
    response
}

/// Returns the response of a vendor call that the mock does not implement, or of the mobile SDKs
/// ([source](crate::fidelity#the-widget)).
pub(super) fn not_implemented(method: &Method, uri: &Uri) -> Response<Body> {
    let call = format!("{method} {}", uri.path());
    let (what, instructions) = match uri.path().strip_prefix("/external-api/") {
        Some(path) => ("", instead_of(path)),
        None => (
            ": that is the protocol of the mobile SDKs",
            "Open the widget, /?session_token=TOKEN, in a WebView of the app instead of the SDK; docs/widget.md says \
             how."
                .to_owned(),
        ),
    };
    let body =
        json!({"error": format!("identomat-mock does not implement `{call}`{what}"), "instructions": instructions});
    let hint = format!("`{call}` is not implemented{what}; FIDELITY.md lists what is");
    with_hint(json_response(StatusCode::NOT_IMPLEMENTED, &body), &hint)
}

/// Returns what to do instead of a call of the vendor API that the mock does not implement.
fn instead_of(path: &str) -> String {
    let paths: Vec<_> =
        Endpoint::all().filter(|endpoint| endpoint.is_the_vendors()).map(Endpoint::vendor_path).collect();
    if !cfg!(feature = "media") && paths.iter().any(|known| known == path) {
        return "This server was built without pictures. The Docker image and the released program have them.".into();
    }
    let meant = nearest(path, paths.iter().map(String::as_str));
    let meant = meant.map(|meant| format!("Did you mean /external-api/{meant}? ")).unwrap_or_default();
    format!(
        "{meant}Implemented under /external-api/: {}. If your code needs another call, answer it in front of the mock, \
         for example in a proxy of your tests.",
        paths.join(", ")
    )
}

/// Message for waiting and delayed calls when the server stops.
pub(super) const STOPPING: &str = "the mock is stopping; send the request again after it has restarted";

/// Returns the response of a delayed call when the server stops.
pub(super) fn stopping() -> Response<Body> {
    let body = json!({"error": STOPPING});
    let mut response = with_hint(json_response(StatusCode::SERVICE_UNAVAILABLE, &body), STOPPING);
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Returns the response of a vendor path to a method other than GET and POST, or HEAD for media.
pub(super) fn method_not_allowed(method: &Method, is_media: bool) -> Response<Body> {
    let (allowed, or_head) = if is_media { ("GET, HEAD, POST", ", HEAD") } else { ("GET, POST", "") };
    let problem = format!("the method {method} is not GET{or_head} or POST");
    let mut response = json_response(StatusCode::METHOD_NOT_ALLOWED, &json!({"argumentError": problem}));
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    with_hint(response, &problem)
}

/// Returns the response of the mock's own paths to another method. The router adds the allowed methods.
pub(super) fn wrong_method(method: &Method, uri: &Uri) -> Response<Body> {
    let problem = format!("`{}` does not take {method}", uri.path());
    let body = json!({"error": problem, "instructions": "The header `allow` names the methods that it takes."});
    with_hint(json_response(StatusCode::METHOD_NOT_ALLOWED, &body), &problem)
}

/// Returns the response of an unknown path.
pub(super) fn no_such_path(method: &Method, uri: &Uri) -> Response<Body> {
    let problem = format!("there is no `{method} {}`", uri.path());
    let instructions = match uri.path() {
        "/health" | "/healthz" | "/livez" | "/readyz" => {
            "The readiness check is at /__admin/health/ready; `identomat-mock health` asks it."
        }
        _ => "The vendor's calls are under /external-api/, the widget is at /?session_token=TOKEN.",
    };
    let body = json!({"error": problem, "instructions": instructions});
    with_hint(json_response(StatusCode::NOT_FOUND, &body), &format!("{problem}. {instructions}"))
}

/// Adds the hint header to a response.
pub(super) fn with_hint(mut response: Response<Body>, hint: &str) -> Response<Body> {
    response.headers_mut().insert(HINT_HEADER, hint_value(hint));
    response
}

/// Adds to the hint of a response.
pub(super) fn add_hint(response: &mut Response<Body>, hint: &str) {
    let before = response.headers().get(HINT_HEADER).and_then(|value| value.to_str().ok());
    let value = hint_value(&before.map_or_else(|| hint.to_owned(), |before| format!("{before}; {hint}")));
    response.headers_mut().insert(HINT_HEADER, value);
}

/// Escapes a header value: headers are visible ASCII.
fn hint_value(hint: &str) -> HeaderValue {
    if hint.len() <= MAX_HINT_BYTES
        && hint.is_ascii()
        && let Ok(value) = HeaderValue::from_str(hint)
    {
        return value;
    }
    let mut escaped = String::with_capacity(hint.len());
    for character in hint.chars() {
        match character {
            ' '..='~' => escaped.push(character),
            _ => escaped.extend(character.escape_default()),
        }
    }
    escaped.truncate(MAX_HINT_BYTES);
    HeaderValue::from_str(&escaped).expect("escaped text is ASCII")
}

fn json_response(status: StatusCode, body: &serde_json::Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
