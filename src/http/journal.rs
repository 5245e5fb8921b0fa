//! The readable form of recorded calls.

use axum::http::{Request, header, request::Parts};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{params::Params, received_body::ReceivedBody};
use crate::{
    company::RecordedCall,
    config::Config,
    faults::Endpoint,
    json_text,
    mock::{MockService, OwnedCall},
};

mod choices;
mod count;
mod pattern;
mod times;

pub(crate) use self::{count::CountError, pattern::CallMatcher};
pub use self::{count::NearMiss, pattern::CallPattern, times::Times};

/// A call of the vendor API or the widget, with its response. Times are RFC 3339 in UTC.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CallInfo {
    /// Its id, unique among all calls of the server.
    pub id: u64,
    /// Time of the response, on the company's clock.
    pub at: String,
    /// The company; `None` without a known key.
    pub company_key: Option<String>,
    /// The token of its session, existing or begun.
    pub session: Option<String>,
    /// The endpoint; `None` if it is not implemented.
    pub endpoint: Option<Endpoint>,
    /// `GET`, `POST` …
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The format of the parameters: `JSON`, `form`, `multipart`, or `query` without a body.
    pub body_format: Option<String>,
    /// The parameters of query and body. The company key is masked, unless `--journal-secrets` is set.
    pub parameters: Map<String, Value>,
    /// The headers, with lower-case names; `authorization` is masked in the same way.
    pub headers: Map<String, Value>,
    /// The header `Authorization`; masked in the same way.
    pub signature: Option<String>,
    /// The beginning of a body that is invalid, or too long to be recorded completely; `None` for a picture or video.
    pub unread_body: Option<String>,
    /// Length of the body.
    pub body_bytes: usize,
    /// Status of the response; `None` if the client received none, because a fault closed the connection, or the client
    /// did.
    pub status: Option<u16>,
    /// The response before a fault changed it: JSON or text. `None` for a picture, and if it is too long to be recorded
    /// completely.
    pub response: Option<Value>,
    /// Content type of the response.
    pub response_type: Option<String>,
    /// Length of the response.
    pub response_bytes: Option<u64>,
    /// Duration of the call, in milliseconds of real time.
    pub duration_ms: f64,
    /// The scenario of the session.
    pub scenario: Option<String>,
    /// Number of the last reached stage of the scenario at that time, from 1.
    pub stage: Option<usize>,
    /// The faults that hit the call.
    pub faults: Vec<String>,
    /// The hint of the response.
    pub hint: Option<String>,
    /// The mock's own choices that shaped the response, as rows of FIDELITY.md.
    pub choices: Vec<String>,
}

impl CallInfo {
    pub(crate) fn from_entry(OwnedCall { owner, entry }: &OwnedCall, mock: &MockService) -> Self {
        let (call, config) = (&entry.recorded, &mock.config);
        let head = head(call);
        let masked = |text: &str| if config.journal.secrets { text.to_owned() } else { mask(text) };
        let (body_format, mut parameters) = read(call, &head, config);
        let choices = choices::rows_for(call, body_format, &parameters, &head);
        if let Some(Value::String(key)) = parameters.get_mut("company_key") {
            *key = masked(key);
        }
        let unread = || String::from_utf8_lossy(&call.body).into_owned();
        let label = call.headers.get("content-type").unwrap_or_default();
        let is_text = !call.body.is_empty() && !label.starts_with("image/") && !label.starts_with("video/");
        let unread_body = (body_format.is_none() && is_text).then(unread);
        Self {
            id: entry.id,
            at: call.at.to_string(),
            company_key: owner.as_ref().map(|tenant| tenant.key.clone()),
            session: call.session.map(|token| token.to_string()),
            endpoint: call.endpoint,
            method: call.method.to_string(),
            path: call.path().to_owned(),
            body_format: body_format.map(str::to_owned),
            parameters,
            headers: headers(call, masked),
            signature: call.headers.get("authorization").map(|signature| masked(&signature)),
            unread_body: unread_body.map(|body| if config.journal.secrets { body } else { hide_keys(body, mock) }),
            body_bytes: call.body_length,
            status: call.status,
            response: response_value(call),
            response_type: call.response_type.as_deref().map(str::to_owned),
            response_bytes: call.response_length,
            duration_ms: call.took.as_secs_f64() * 1000.0,
            scenario: call.scenario.as_ref().map(|scenario| scenario.name.clone()),
            stage: call.stage,
            faults: call.hits.iter().map(|hit| hit.note.clone()).collect(),
            hint: call.hint.as_deref().map(str::to_owned),
            choices: choices.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// Returns the headers by name; repeated headers are joined, as in HTTP.
fn headers(call: &RecordedCall, masked: impl Fn(&str) -> String) -> Map<String, Value> {
    let mut headers = Map::<String, Value>::new();
    for (name, value) in call.headers.iter() {
        let value = if name == "authorization" { masked(&value) } else { value.into_owned() };
        let value = match headers.get(&*name).and_then(Value::as_str) {
            Some(before) => format!("{before}, {value}"),
            None => value,
        };
        headers.insert(name.into_owned(), value.into());
    }
    headers
}

/// Restores the recorded part of the head.
fn head(call: &RecordedCall) -> Parts {
    let mut request = Request::builder().method(&*call.method).uri(&*call.path_and_query);
    for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING] {
        if let Some(value) = call.headers.get(name.as_str()) {
            request = request.header(name, &*value);
        }
    }
    request.body(()).unwrap_or_default().into_parts().0
}

/// Returns the format of the parameters, and the parameters. For an invalid body, there is no format, and the
/// parameters are those of the query.
fn read(call: &RecordedCall, head: &Parts, config: &Config) -> (Option<&'static str>, Map<String, Value>) {
    let mut limits = config.limits;
    limits.body = limits.body.max(limits.multipart_body);
    if call.body.len() == call.body_length
        && let Ok(received) = ReceivedBody::from_bytes(head, Bytes::copy_from_slice(&call.body), &limits)
        && let Ok(params) = Params::read(head, &received, &limits)
    {
        return (Some(params.read_as()), params.to_json());
    }
    let nothing = ReceivedBody::from_bytes(head, Bytes::new(), &limits).expect("nothing can be read");
    let of_query = Params::read(head, &nothing, &limits).map(|params| params.to_json());
    (None, of_query.unwrap_or_default())
}

fn response_value(call: &RecordedCall) -> Option<Value> {
    let is_whole = call.response_length == Some(call.response.len() as u64);
    if !is_whole || call.response.is_empty() {
        return None;
    }
    let text = std::str::from_utf8(&call.response).ok()?;
    Some(json_text::tree(text).unwrap_or_else(|| text.into()))
}

/// Returns the beginning of a secret, enough to distinguish secrets.
fn mask(secret: &str) -> String {
    const SHOWN: usize = 4;
    let beginning = secret.char_indices().nth(SHOWN).filter(|_| secret.chars().count() > 2 * SHOWN);
    beginning.map_or_else(|| "…".into(), |(end, _)| format!("{}…", &secret[..end]))
}

/// Masks the keys of all companies in an invalid body, whose company is unknown.
fn hide_keys(text: String, mock: &MockService) -> String {
    mock.tenants.all().iter().fold(text, |text, tenant| match text.contains(&tenant.key) {
        true => text.replace(&tenant.key, &mask(&tenant.key)),
        false => text,
    })
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn a_mask_shows_the_beginning_of_what_is_long_and_nothing_else() {
        for (secret, shown) in [("", "…"), ("12345678", "…"), ("123456789", "1234…"), ("გასაღებიგა", "გასა…")]
        {
            assert_eq!(mask(secret), shown);
        }
    }
}
