//! The actions of the control API: each is a route, the types of its parameters and response, and a function. A client
//! of this process calls the function; all others send a request. The routes and the OpenAPI document are made from them.

use std::{any::Any, marker::PhantomData, pin::Pin, sync::Arc};

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
    resource_path,
};
use crate::{
    company::Tenant,
    foreign_text::{MAX_NAMED, without_quotes},
    json_text::members_of,
    mock::{Cancellation, MockService},
    problem::Problem,
};

/// An action of the control API.
pub(crate) struct Action<T, R> {
    pub(super) row: ActionRow,
    pub(super) work: Work<T, R>,
    pub(super) success: Success<R>,
}

/// The part of an action that does not depend on its types.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(test), expect(dead_code, reason = "only the OpenAPI document has names, summaries and problems"))]
pub(super) struct ActionRow {
    pub(super) method: ActionMethod,
    /// The path under `/__admin`, with at most one `{name}`.
    pub(super) path: &'static str,
    /// The operation id: a verb and a noun.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// The statuses of its own problems, besides those of all actions with such a path and such parameters.
    pub(super) problems: &'static [u16],
    /// Whether `company_key` limits it to a company.
    pub(super) is_of_company: bool,
}

/// The HTTP method of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ActionMethod {
    Get,
    Post,
    Patch,
    Delete,
}

/// The function of an action.
pub(super) enum Work<T, R> {
    /// It may take long, so it runs off the runtime's threads.
    Job(Job<T, R>),
    /// It waits, or must not wait for jobs.
    Async(AsyncWork<T, R>),
}

pub(super) type Job<T, R> = fn(Context<'_>, T) -> Result<R, ProblemResponse>;

/// A function that runs on the runtime.
pub(super) type AsyncWork<T, R> = fn(Arc<MockService>, Target, T) -> ActionFuture<R>;

/// The future of such a function.
pub(super) type ActionFuture<R> = BoxFuture<Result<R, ProblemResponse>>;

type BoxJob<O> = Box<dyn FnOnce(&MockService, &Cancellation) -> O + Send>;
type BoxFuture<O> = Pin<Box<dyn Future<Output = O> + Send>>;

/// An action with its input. Its type is only that of the output, so that the code around it is compiled once.
pub(crate) enum PendingAction<O> {
    Job(BoxJob<O>),
    Async(Box<dyn FnOnce(Arc<MockService>) -> BoxFuture<O> + Send>),
}

/// The response to a client in this process.
pub(crate) type AnyResponse = Box<dyn Any + Send>;

/// The response to an action that succeeds.
pub(super) enum Success<R> {
    /// 200.
    Ok,
    /// 201, with the path of the new resource.
    Created(fn(&R) -> [&str; 2]),
    /// 204.
    NoContent,
}

/// The resource and the company that a request names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    /// The parameter of the path: a key, a token, a name or an id. Empty if there is none.
    pub(crate) name: String,
    pub(crate) company_key: Option<String>,
}

/// The input of an action besides its parameters.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(super) mock: &'a MockService,
    pub(super) target: &'a Target,
    pub(super) cancellation: &'a Cancellation,
}

impl<'a> Context<'a> {
    /// Returns the parameter of the path.
    pub(super) fn name(self) -> &'a str {
        &self.target.name
    }

    /// Returns the company of the request, which an accepted key creates; `None` for all.
    pub(super) fn tenant(self) -> Result<Option<Arc<Tenant>>, ProblemResponse> {
        self.target.tenant(self.mock)
    }

    /// Returns the company of the request; without a key, the first company.
    pub(super) fn tenant_or_default(self) -> Result<Arc<Tenant>, ProblemResponse> {
        Ok(self.tenant()?.unwrap_or_else(|| self.mock.tenants.default_tenant()))
    }

    /// Checks that the company of the request exists, or existed: an accepted key that no call and no test has named
    /// may be misspelt.
    ///
    /// # Errors
    ///
    /// [`ProblemResponse`] if it never did.
    pub(super) fn check_existence(self) -> Result<(), ProblemResponse> {
        let Some(key) = self.target.company_key.as_deref().filter(|key| self.mock.tenants.is_unused(key)) else {
            return Ok(());
        };
        let known = self.mock.companies().into_iter().map(|tenant| tenant.key.clone()).take(MAX_NAMED);
        let problem = Problem::unknown_name(key, "company", known).with_remedy("its first call creates it");
        Err(ProblemResponse::not_found(problem).with_field("company_key"))
    }

    /// Returns the session token of the path.
    ///
    /// # Errors
    ///
    /// [`ProblemResponse`] if it is another company's.
    pub(super) fn token(self) -> Result<&'a str, ProblemResponse> {
        self.target.token(self.mock)
    }
}

impl Target {
    /// As [`Context::tenant`].
    pub(super) fn tenant(&self, mock: &MockService) -> Result<Option<Arc<Tenant>>, ProblemResponse> {
        self.company_key.as_ref().map(|key| find_tenant(mock, key)).transpose()
    }

    /// As [`Context::token`].
    pub(super) fn token(&self, mock: &MockService) -> Result<&str, ProblemResponse> {
        let token = without_quotes(&self.name);
        if let Some(tenant) = self.tenant(mock)?
            && mock.tenant_of(token).is_some_and(|owner| owner.key != tenant.key)
        {
            let problem =
                format!("the company `{}` has no session `{token}`: it is another company's session", tenant.key);
            return Err(ProblemResponse::not_found(problem));
        }
        Ok(token)
    }
}

/// Returns the company with this key, which an accepted key creates.
pub(super) fn find_tenant(mock: &MockService, key: &str) -> Result<Arc<Tenant>, ProblemResponse> {
    mock.tenant(key).map_err(|error| ProblemResponse::not_found(error.problem).with_field("company_key"))
}

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

impl ActionMethod {
    pub(super) fn as_http(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }

    /// Whether the parameters are in the query.
    pub(super) fn is_query(self) -> bool {
        matches!(self, Self::Get | Self::Delete)
    }
}

impl<T, R> Action<T, R> {
    const fn new(method: ActionMethod, path: &'static str, work: Work<T, R>) -> Self {
        let row = ActionRow { method, path, id: "", summary: "", problems: &[], is_of_company: false };
        Self { row, work, success: Success::Ok }
    }

    pub(super) const fn get(path: &'static str, job: Job<T, R>) -> Self {
        Self::new(ActionMethod::Get, path, Work::Job(job))
    }

    pub(super) const fn post(path: &'static str, job: Job<T, R>) -> Self {
        Self::new(ActionMethod::Post, path, Work::Job(job))
    }

    pub(super) const fn patch(path: &'static str, job: Job<T, R>) -> Self {
        Self::new(ActionMethod::Patch, path, Work::Job(job))
    }

    pub(super) const fn get_async(path: &'static str, work: AsyncWork<T, R>) -> Self {
        Self::new(ActionMethod::Get, path, Work::Async(work))
    }

    pub(super) const fn post_async(path: &'static str, work: AsyncWork<T, R>) -> Self {
        Self::new(ActionMethod::Post, path, Work::Async(work))
    }

    /// Sets operation id and summary.
    pub(super) const fn named(self, id: &'static str, summary: &'static str) -> Self {
        Self { row: ActionRow { id, summary, ..self.row }, ..self }
    }

    /// Sets the statuses of its own problems.
    pub(super) const fn fails_with(self, problems: &'static [u16]) -> Self {
        Self { row: ActionRow { problems, ..self.row }, ..self }
    }

    /// Lets `company_key` limit the action to a company.
    pub(super) const fn of_company(self) -> Self {
        Self { row: ActionRow { is_of_company: true, ..self.row }, ..self }
    }

    /// Responds with 201 and the path of the new resource.
    pub(super) const fn created(self, path: fn(&R) -> [&str; 2]) -> Self {
        Self { success: Success::Created(path), ..self }
    }
}

impl<T> Action<T, ()> {
    /// A POST without a response.
    pub(super) const fn post_silent(path: &'static str, job: Job<T, ()>) -> Self {
        Self { success: Success::NoContent, ..Self::new(ActionMethod::Post, path, Work::Job(job)) }
    }

    pub(super) const fn delete(path: &'static str, job: Job<T, ()>) -> Self {
        Self { success: Success::NoContent, ..Self::new(ActionMethod::Delete, path, Work::Job(job)) }
    }
}

impl<T: ActionParams, R: Send + 'static> Action<T, R> {
    /// Prepares the action for a client in this process.
    pub(crate) fn prepare(&self, target: Target, parameters: T) -> PendingAction<Result<AnyResponse, ProblemResponse>> {
        let any = |response| Box::new(response) as AnyResponse;
        self.work.with_input(move || Ok((target, parameters)), move |result| result.map(any))
    }

    /// Returns the request of a client in another process.
    pub(crate) fn to_request(&self, target: &Target, parameters: &T) -> ActionRequest {
        self.row.to_request(target, parameters.to_request(self.row.method.is_query()))
    }
}

impl<T: Send + 'static, R: 'static> Work<T, R> {
    /// Adds the input, and the conversion of the result.
    pub(super) fn with_input<O: 'static>(
        &self,
        read: impl FnOnce() -> Result<(Target, T), ProblemResponse> + Send + 'static,
        convert: impl FnOnce(Result<R, ProblemResponse>) -> O + Send + 'static,
    ) -> PendingAction<O> {
        match *self {
            Self::Job(job) => PendingAction::Job(Box::new(move |mock, cancellation| {
                convert(read().and_then(|(target, input)| job(Context { mock, target: &target, cancellation }, input)))
            })),
            Self::Async(work) => PendingAction::Async(Box::new(move |mock| {
                Box::pin(async move {
                    convert(match read() {
                        Ok((target, input)) => work(mock, target, input).await,
                        Err(problem) => Err(problem),
                    })
                })
            })),
        }
    }
}

impl<O: Send + 'static> PendingAction<O> {
    /// Runs the action.
    pub(crate) async fn run(self, mock: Arc<MockService>) -> O {
        match self {
            Self::Async(work) => work(mock).await,
            Self::Job(job) => {
                let jobs = mock.clone();
                jobs.workers.run(move |cancellation| job(&mock, cancellation)).await
            }
        }
    }

    /// Runs the action on this thread, for a caller that waits for it there.
    ///
    /// # Errors
    ///
    /// The action if it waits.
    pub(crate) fn run_here(self, mock: &MockService) -> Result<O, Self> {
        match self {
            Self::Job(job) => Ok(mock.workers.run_here(|cancellation| job(mock, cancellation))),
            Self::Async(_) => Err(self),
        }
    }
}

impl ActionRow {
    fn to_request(self, target: &Target, content: RequestContent) -> ActionRequest {
        let RequestContent { mut query, body } = content;
        let company_key = target.company_key.iter().filter(|_| self.is_of_company);
        query.extend(company_key.map(|key| ("company_key".to_owned(), key.clone())));
        let parts: Vec<_> = self.path.split('/').skip(1).collect();
        let parts: Vec<_> = parts.iter().map(|part| if part.starts_with('{') { &*target.name } else { part }).collect();
        let mut path = resource_path(&parts);
        if !query.is_empty() {
            path.push('?');
            path.push_str(&form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish());
        }
        (self.method.as_http(), path, body)
    }
}
