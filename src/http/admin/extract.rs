//! Parameters of control API requests: in the query, or in the body.

use std::borrow::Cow;

use axum::{
    body::Body,
    http::{Method, request::Parts},
};
use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::problem::ProblemResponse;
use crate::{
    foreign_text::shortened,
    http::body::{self, BodyError, FullBody},
    json_text::{self, JsonError},
    mock::MockService,
    problem::Problem,
    tree::{self, Entry, Node, NodeValue, OF_BODIES, OF_QUERIES, Renamed, rename_advice},
};

/// The problem of a body that is JSON, but no object.
pub(super) const NOT_AN_OBJECT: &str = "the body is not a JSON object";

/// The only member that may be in the query of any method.
const COMPANY_KEY: &str = "company_key";

/// The unparsed parameters of a request. GET, HEAD and DELETE have them in the query, other methods in a JSON body;
/// `company_key` may be in either. A file is a body with all parameters in the query.
#[derive(Debug)]
pub(crate) struct AdminParams {
    head: Parts,
    /// Whether the parameters are in the query.
    is_query: bool,
    /// A JSON object, or a file.
    body: Bytes,
    depth: usize,
}

impl AdminParams {
    /// Takes the query and reads the body.
    ///
    /// # Errors
    ///
    /// [`ProblemResponse`] if the body does not arrive, or is too large.
    pub(super) async fn receive(
        head: Parts,
        mut body: Body,
        mock: &MockService,
        is_file: bool,
    ) -> Result<Self, ProblemResponse> {
        let (mut limits, depth) = (mock.config.limits, mock.config.limits.depth);
        let flag = if is_file { "--max-upload" } else { "--max-body" };
        if is_file {
            (limits.body, limits.multipart_body) = (limits.upload, limits.upload);
        }
        let read = body::read(&mut body, "application/json", &limits).await;
        let FullBody { bytes, .. } = read.map_err(|problem| match problem {
            BodyError::TooLarge(limit) => {
                ProblemResponse::too_large(format!("the body is larger than {limit} bytes ({flag})"))
            }
            BodyError::Broken => ProblemResponse::invalid("the body ended before it was complete"),
            BodyError::TooSlow(problem) => ProblemResponse::too_slow(problem),
        })?;
        let body = if !is_file && bytes.trim_ascii().is_empty() { Bytes::from_static(b"{}") } else { bytes };
        let is_query = matches!(head.method, Method::GET | Method::HEAD | Method::DELETE);
        Ok(Self { head, is_query, body, depth })
    }

    /// Returns the value of a header.
    pub(super) fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        self.head.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()))
    }

    /// Separates the parameters in the query from a file.
    pub(super) fn into_query_and_file(mut self) -> (Self, Bytes) {
        let file = std::mem::replace(&mut self.body, Bytes::from_static(b"{}"));
        (Self { is_query: true, ..self }, file)
    }

    /// Parses the parameters. Returns the company key, too, if it is a parameter `of_company`.
    ///
    /// # Errors
    ///
    /// [`ProblemResponse`] that names the unknown, invalid or misplaced member.
    pub(super) fn read<T: DeserializeOwned>(self, of_company: bool) -> Result<(Option<String>, T), ProblemResponse> {
        let (company_key, parameters, old_names) = self.into_parts(of_company)?;
        match tree::read_first(&parameters) {
            Ok(read) => {
                warn_of(&old_names);
                Ok((company_key, read))
            }
            Err(problem) => Err(invalid_parameter(problem, of_company)),
        }
    }

    /// Returns the company key, the other parameters, and the old names among them.
    fn into_parts(self, of_company: bool) -> Result<(Option<String>, Node, Vec<Renamed>), ProblemResponse> {
        let body = self.members().map_err(|error| ProblemResponse::invalid(not_json(error)))?;
        let body = body.ok_or_else(|| ProblemResponse::invalid(NOT_AN_OBJECT))?;
        let (mut parameters, old_names) = match self.is_query {
            true => (self.of_query(&body)?, Vec::new()),
            false => {
                let body = self.of_body(body)?;
                let old_names = tree::renamed_keys(&body, &OF_BODIES);
                (body, old_names)
            }
        };
        let company_key = if of_company { take_company_key(&mut parameters)? } else { None };
        let in_query = OF_QUERIES.into_iter().filter(|(old, _)| self.pairs().any(|(name, _)| name == *old));
        let old_names = old_names.into_iter().map(|(_, renamed)| renamed).chain(in_query).collect();
        Ok((company_key, parameters, old_names))
    }

    /// Parses the body; `None` if it is not an object.
    fn members(&self) -> Result<Option<Vec<Entry>>, JsonError> {
        json_text::check(&self.body, self.depth)?;
        Ok(match tree::of_json(&self.body)?.value {
            NodeValue::Mapping(members) => Some(members),
            _ => None,
        })
    }

    fn of_query(&self, body: &[Entry]) -> Result<Node, ProblemResponse> {
        if let Some((name, _)) = body.iter().find(|(name, _)| name.value != COMPANY_KEY) {
            let (name, method) = (shortened(&name.value), &self.head.method);
            let problem = format!("`{name}` is in the body; {method} takes it in the query");
            return Err(ProblemResponse::invalid(problem).with_field(&*name));
        }
        let of_body = self.company_key(body)?.filter(|_| !self.pairs().any(|(name, _)| name == COMPANY_KEY));
        let pairs = self.pairs().map(|(name, value)| (name.into_owned(), value.into_owned()));
        Ok(tree::of_query(pairs.chain(of_body.map(|key| (COMPANY_KEY.to_owned(), key)))))
    }

    fn of_body(&self, mut body: Vec<Entry>) -> Result<Node, ProblemResponse> {
        if let Some((name, _)) = self.pairs().find(|(name, _)| name != COMPANY_KEY) {
            let (name, method) = (shortened(&name), &self.head.method);
            let problem = format!(
                "`{name}` is in the query; {method} takes only `company_key` there, everything else in the body"
            );
            return Err(ProblemResponse::invalid(problem).with_field(&*name));
        }
        // A key in the body alone is there already.
        if let Some(key) = self.company_key(&body)?.filter(|_| self.pairs().next().is_some()) {
            body.retain(|(name, _)| name.value != COMPANY_KEY);
            body.push(tree::unplaced_entry(COMPANY_KEY, NodeValue::Text(key)));
        }
        Ok(tree::unplaced(NodeValue::Mapping(body)))
    }

    fn pairs(&self) -> form_urlencoded::Parse<'_> {
        form_urlencoded::parse(self.head.uri.query().unwrap_or_default().as_bytes())
    }

    /// Returns the company key of query and body; `None` if neither has one.
    ///
    /// # Errors
    ///
    /// [`ProblemResponse`] if they differ.
    fn company_key(&self, body: &[Entry]) -> Result<Option<String>, ProblemResponse> {
        let of_query = self.pairs().filter(|(name, _)| name == COMPANY_KEY).map(|(_, key)| key);
        // A value that is not a string is refused when it is parsed.
        let of_body = body.iter().filter_map(|(name, value)| match &value.value {
            NodeValue::Text(key) if name.value == COMPANY_KEY => Some(Cow::Borrowed(&**key)),
            _ => None,
        });
        let mut keys = of_query.chain(of_body);
        let Some(key) = keys.next() else { return Ok(None) };
        match keys.find(|other| *other != key) {
            None => Ok(Some(key.into_owned())),
            Some(other) => {
                let (key, other) = (shortened(&key), shortened(&other));
                let problem = format!("`company_key` is both `{key}` and `{other}`: name one company");
                Err(ProblemResponse::invalid(problem).with_field(COMPANY_KEY))
            }
        }
    }
}

/// Removes the company key from the parameters, and returns it.
fn take_company_key(parameters: &mut Node) -> Result<Option<String>, ProblemResponse> {
    #[derive(Deserialize)]
    struct CompanyParam {
        company_key: Option<String>,
    }

    let NodeValue::Mapping(members) = &mut parameters.value else { return Ok(None) };
    let (keys, rest) = std::mem::take(members).into_iter().partition(|(name, _)| name.value == COMPANY_KEY);
    *members = rest;
    let key = tree::read_first::<CompanyParam>(&tree::unplaced(NodeValue::Mapping(keys)));
    Ok(key.map_err(ProblemResponse::invalid)?.company_key)
}

fn warn_of(old_names: &[Renamed]) {
    old_names.iter().for_each(|renamed| tracing::warn!("{}", rename_advice(*renamed)));
}

fn invalid_parameter(problem: Problem, of_company: bool) -> ProblemResponse {
    ProblemResponse::invalid(if of_company { problem.with_known_key(COMPANY_KEY) } else { problem })
}

fn not_json(error: JsonError) -> Problem {
    Problem::syntax(format!("the body {error}"))
}

/// No parameters: any parameter is an error.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct EmptyBody {}

/// Parses a part of a body.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> Result<T, ProblemResponse> {
    tree::read_value(value).map_err(ProblemResponse::invalid)
}
