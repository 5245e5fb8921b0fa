//! Parameters and responses of actions: how a request is read and written, and how a response is.

use std::marker::PhantomData;

use axum::{
    body::Body,
    http::{Method, Response, header},
    response::IntoResponse,
};
use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    described::Described,
    extract::{AdminParams, NOT_AN_OBJECT},
    problem::ProblemResponse,
};
use crate::json_text::members_of;

/// The parameters of an action.
pub(crate) trait ActionParams: Described + Send + Sized + 'static {
    /// Whether the body is a file.
    const IS_FILE: bool = false;
    /// Names and descriptions of headers that it reads.
    #[cfg(test)]
    const HEADERS: &'static [(&'static str, &'static str)] = &[];

    /// Reads the parameters of a request, and its company key if the action is `of_company`.
    ///
    /// # Errors
    ///
    /// [`ProblemResponse`] that names the unknown or invalid member.
    fn read(request: AdminParams, of_company: bool) -> Result<(Option<String>, Self), ProblemResponse>;

    /// Returns query and body of a request.
    fn to_request(&self, is_query: bool) -> RequestContent;
}

/// Method, path with query, and content type with body of a request.
pub(crate) type ActionRequest = (Method, String, Option<(&'static str, Bytes)>);

/// Query and body of a request.
#[derive(Debug, Default)]
pub(crate) struct RequestContent {
    pub(crate) query: Vec<(String, String)>,
    /// Content type and bytes.
    pub(crate) body: Option<(&'static str, Bytes)>,
}

impl RequestContent {
    /// Returns the members of an object as a query, or as a body.
    pub(super) fn from_members(members: Map<String, Value>, is_query: bool) -> Self {
        if !is_query {
            let body = (!members.is_empty()).then(|| ("application/json", Value::Object(members).to_string().into()));
            return Self { query: Vec::new(), body };
        }
        let text = |value: Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        };
        let query = members.into_iter().filter_map(|(name, value)| Some((name, text(value)?)));
        Self { query: query.collect(), body: None }
    }
}

impl<T: Serialize + DeserializeOwned + Described + Send + 'static> ActionParams for T {
    fn read(request: AdminParams, of_company: bool) -> Result<(Option<String>, Self), ProblemResponse> {
        request.read(of_company)
    }

    fn to_request(&self, is_query: bool) -> RequestContent {
        RequestContent::from_members(members_of(self), is_query)
    }
}

/// The response of an action.
pub(crate) trait ActionResponse: Described + Send + 'static {
    /// The content type of the OpenAPI document.
    #[cfg(test)]
    const CONTENT_TYPE: &'static str = "application/json";

    fn into_http(self) -> Response<Body>;
}

impl<R: Serialize + Described + Send + 'static> ActionResponse for R {
    fn into_http(self) -> Response<Body> {
        json_response(serde_json::to_vec(&self).expect("a response is JSON"))
    }
}

pub(super) fn json_response(json: impl Into<Body>) -> Response<Body> {
    ([(header::CONTENT_TYPE, "application/json")], json.into()).into_response()
}

/// A body with the schema of `B`, of which a client in this process gives any value.
#[derive(Debug)]
pub(crate) struct ObjectBody<B> {
    value: Value,
    shape: PhantomData<fn() -> B>,
}

impl<B> From<Value> for ObjectBody<B> {
    fn from(value: Value) -> Self {
        Self { value, shape: PhantomData }
    }
}

impl<B> ObjectBody<B> {
    pub(super) fn into_members(self) -> Result<Map<String, Value>, ProblemResponse> {
        match self.value {
            Value::Object(members) => Ok(members),
            _ => Err(ProblemResponse::invalid(NOT_AN_OBJECT)),
        }
    }
}

impl<B: Described + 'static> ActionParams for ObjectBody<B> {
    fn read(request: AdminParams, of_company: bool) -> Result<(Option<String>, Self), ProblemResponse> {
        Value::read(request, of_company).map(|(company_key, body)| (company_key, Self::from(body)))
    }

    fn to_request(&self, _is_query: bool) -> RequestContent {
        RequestContent { query: Vec::new(), body: Some(("application/json", self.value.to_string().into())) }
    }
}
