//! Patterns of calls, and the differences of other calls.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value};

use super::{head, mask, read};
use crate::{
    clock::{nearest_moment, parse_moment},
    condition::{MAX_SIZE, ValueMatch},
    config::Config,
    faults::Endpoint,
    foreign_text::{shortened, without_quotes},
    json_text,
    mock::OwnedCall,
    problem::{Problem, member_path},
    vendor::Token,
};

/// A pattern of calls: all conditions must match.
///
/// ```
/// use identomat_mock::{CallPattern, Endpoint, expect::{self, contains}};
///
/// let results = CallPattern::default().endpoint(Endpoint::Result).with("session_token", "abc").status(200);
/// let begun_in_georgian = expect::begin().with("flags.language", "ka").header("user-agent", contains("app/"));
/// ```
#[must_use]
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CallPattern {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint: Option<Endpoint>,
    /// The token of their session, existing or begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// The format of the parameters: `JSON`, `form`, `multipart`, or `query` without a body.
    #[serde(alias = "encoding", skip_serializing_if = "Option::is_none")]
    pub(crate) body_format: Option<String>,
    /// Conditions on parameters, by name: a value, or another condition. `flags.language` is a member.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub(crate) parameters: IndexMap<String, ValueMatch>,
    /// Conditions on headers, in the same way.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub(crate) headers: IndexMap<String, ValueMatch>,
    /// From this time on, on the company's clock.
    #[serde(deserialize_with = "moment", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) from: Option<Timestamp>,
    /// Before this time.
    #[serde(deserialize_with = "moment", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) to: Option<Timestamp>,
    /// After the call with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<u64>,
}

impl CallPattern {
    /// Only calls of this endpoint.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Only calls of the session with this token, including the call that began it.
    pub fn of_session(mut self, token: &str) -> Self {
        self.session = Some(without_quotes(token).to_owned());
        self
    }

    /// Only calls with this parameter: a value, or another condition ([`crate::expect::contains`] and the others).
    /// `flags.language` is a member, sent as JSON or as its text.
    pub fn with(mut self, parameter: impl Into<String>, value: impl Into<ValueMatch>) -> Self {
        self.parameters.insert(parameter.into(), value.into());
        self
    }

    /// Only calls with this header, in the same way.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<ValueMatch>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Only calls with this HTTP method.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Only calls with parameters in this format: `JSON`, `form`, `multipart`, or `query` without a body.
    pub fn body_format(mut self, format: impl Into<String>) -> Self {
        self.body_format = Some(format.into());
        self
    }

    /// Only calls with this response status.
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Only calls after the one with this id.
    pub fn after(mut self, id: u64) -> Self {
        self.after = Some(id);
        self
    }

    /// Only calls with a response at this time of the company's clock, or later.
    pub fn from(mut self, moment: std::time::SystemTime) -> Self {
        self.from = Some(nearest_moment(moment));
        self
    }

    /// Only calls with a response before this time.
    pub fn before(mut self, moment: std::time::SystemTime) -> Self {
        self.to = Some(nearest_moment(moment));
        self
    }

    /// Describes the conditions, one per line.
    pub(super) fn in_words(&self) -> Vec<String> {
        let Self { endpoint, session, method, status, body_format, parameters, headers, from, to, after: _ } = self;
        let mut words = Vec::new();
        words.extend(endpoint.map(|endpoint| format!("the endpoint is `{}`", endpoint.as_str())));
        words.extend(session.iter().map(|session| format!("the session is `{session}`")));
        words.extend(method.iter().map(|method| format!("the method is {method}")));
        words.extend(status.map(|status| format!("the status is {status}")));
        words.extend(body_format.iter().map(|format| format!("the body format is {format}")));
        words.extend(parameters.iter().map(|(name, value)| format!("the parameter `{name}` {}", value.in_words())));
        words.extend(headers.iter().map(|(name, value)| format!("the header `{name}` {}", value.in_words())));
        words.extend(from.map(|from| format!("it was answered at {from} or later")));
        words.extend(to.map(|to| format!("it was answered before {to}")));
        words
    }

    /// Compiles its regular expressions.
    ///
    /// # Errors
    ///
    /// [`Problem`] for too many conditions, or the first invalid regular expression.
    pub(crate) fn compile(mut self) -> Result<CallMatcher, Problem> {
        let count = self.parameters.len() + self.headers.len();
        if count > MAX_CONDITIONS {
            return Err(Problem::of_key(
                "parameters",
                format!("the pattern has {count} conditions; the maximum is {MAX_CONDITIONS}"),
            ));
        }
        let places = [("parameters", &mut self.parameters), ("headers", &mut self.headers)];
        for (place, (name, condition)) in
            places.into_iter().flat_map(|(place, them)| them.iter_mut().map(move |it| (place, it)))
        {
            condition.compile(MAX_SIZE).map_err(|problem| problem.at(&member_path![place, &**name]))?;
        }
        Ok(CallMatcher { pattern: self })
    }
}

/// Maximum number of parameters and headers of a pattern.
const MAX_CONDITIONS: usize = 200;

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct CallMatcher {
    pattern: CallPattern,
}

impl CallMatcher {
    pub(super) fn pattern(&self) -> &CallPattern {
        &self.pattern
    }

    /// Whether only the status of a call can tell: it is still being answered.
    pub(super) fn awaits_status(&self, OwnedCall { entry, .. }: &OwnedCall) -> bool {
        entry.is_open() && self.pattern.status.is_some()
    }

    /// Whether comparing a call takes hardly longer than recording it.
    pub(super) fn is_quick(&self) -> bool {
        self.pattern.parameters.values().chain(self.pattern.headers.values()).all(ValueMatch::is_quick)
    }

    /// Describes the conditions that a call does not meet; empty if it matches.
    pub(super) fn differences(&self, OwnedCall { entry, .. }: &OwnedCall, config: &Config) -> Vec<String> {
        let (call, mut differences) = (&entry.recorded, Vec::new());
        let CallPattern {
            endpoint,
            session,
            method,
            status,
            body_format,
            parameters: wanted,
            headers,
            from,
            to,
            after,
        } = &self.pattern;
        let mut differ = |what: &str, is: Option<&str>, wanted: Option<&str>| {
            if let Some(wanted) = wanted
                && !is.is_some_and(|is| is.eq_ignore_ascii_case(wanted))
            {
                let is = is.map_or_else(|| "none".to_owned(), |is| format!("`{is}`"));
                differences.push(format!("the {what} is {is}, not `{wanted}`"));
            }
        };
        differ("endpoint", call.endpoint.map(Endpoint::as_str), endpoint.map(Endpoint::as_str));
        differ("session", call.session.as_ref().map(Token::as_str), session.as_deref());
        differ("method", Some(&call.method), method.as_deref());
        let [is, status] = [call.status, *status].map(|status| status.map(|status| status.to_string()));
        // The status of an open call is not known yet.
        differ("status", is.as_deref(), status.as_deref().filter(|_| !entry.is_open()));
        let reads = body_format.is_some() || !wanted.is_empty();
        let (read_as, parameters) = if reads { read(call, &head(call), config) } else { (None, Map::new()) };
        differ("body format", read_as, body_format.as_deref());
        for (name, wanted) in wanted {
            let is_secret = name == "company_key" && !config.journal.secrets;
            let given = find(&parameters, name);
            if !wanted.holds(given.as_ref()) {
                differences.push(difference(("parameter", name), wanted, given.as_ref(), is_secret));
            }
        }
        for (name, wanted) in headers {
            let is_secret = name.eq_ignore_ascii_case("authorization") && !config.journal.secrets;
            let given = call.headers.get(name).map(|value| Value::from(&*value));
            if !wanted.holds(given.as_ref()) {
                differences.push(difference(("header", name), wanted, given.as_ref(), is_secret));
            }
        }
        if from.is_some_and(|from| call.at < from) || to.is_some_and(|to| call.at >= to) {
            differences.push(format!("it was answered at {}", call.at));
        }
        if after.is_some_and(|after| entry.id <= after) {
            differences.push("it came before".to_owned());
        }
        differences
    }
}

/// Describes the difference between the received value and the condition.
fn difference((what, name): (&str, &str), wanted: &ValueMatch, given: Option<&Value>, is_secret: bool) -> String {
    let difference = match given {
        None | Some(Value::Null) => "is missing".into(),
        Some(Value::String(text)) if is_secret => wanted.difference(&format!("{:?}", mask(text)), true),
        Some(given) => wanted.difference(&shortened(&given.to_string()), is_secret),
    };
    format!("the {what} `{name}` {difference}")
}

/// Returns the parameter with this name, or its member: `flags.language`. JSON text is parsed.
fn find(parameters: &Map<String, Value>, name: &str) -> Option<Value> {
    if let Some(given) = parameters.get(name) {
        return Some(given.clone());
    }
    let mut parts = name.split('.');
    let mut found = parameters.get(parts.next()?)?.clone();
    for part in parts {
        if let Value::String(text) = &found {
            found = json_text::tree(text)?;
        }
        found = match &found {
            Value::Object(members) => members.get(part)?.clone(),
            Value::Array(items) => items.get(part.parse::<usize>().ok()?)?.clone(),
            _ => return None,
        };
    }
    Some(found)
}

fn moment<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(reader)? else { return Ok(None) };
    let moment = parse_moment(&text).map_err(D::Error::custom)?;
    Timestamp::try_from(moment).map(Some).map_err(D::Error::custom)
}
