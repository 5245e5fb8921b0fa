//! The actions of the control API: each is a route, the types of its parameters and response, and a function. A client
//! of this process calls the function; all others send a request. The routes and the OpenAPI document are made from them.

use std::sync::Arc;

use axum::http::Method;

use super::{
    action_params::{ActionParams, ActionRequest, RequestContent},
    any_action::ActionFuture,
    problem::ProblemResponse,
    resource_path,
};
use crate::{
    company::Tenant,
    foreign_text::without_quotes,
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
pub(crate) struct ActionRow {
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
pub(crate) enum ActionMethod {
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
        let problem =
            Problem::unknown_name(key, "company", self.mock.named_keys()).with_remedy("its first call creates it");
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

impl<T: ActionParams, R> Action<T, R> {
    /// Returns the request of a client in another process.
    pub(crate) fn to_request(&self, target: &Target, parameters: &T) -> ActionRequest {
        self.row.to_request(target, parameters.to_request(self.row.method.is_query()))
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
