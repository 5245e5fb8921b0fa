//! The control API in Rust, for a mock in this process or another.

mod sessions;
mod steering;

#[cfg(feature = "client")]
use std::thread;
use std::{fmt, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, header},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use tower::ServiceExt;

use super::calls::expect_ready;
#[cfg(feature = "client")]
use super::client::HttpTransport;
use crate::{
    company::Company,
    http::{SynchronousCall, resource_path},
    json_text::members_of,
    mock::CompanyInfo,
};

/// Controls a mock: one in this process ([`crate::MockServer::control`]), or in another one (`MockClient`). It is cheap
/// to clone.
///
/// It applies to all companies, or to one: see [`Control::company`]. Without a company, queues and new sessions use the
/// first one.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use identomat_mock::{Endpoint, Fault, MockServer, Outcome};
/// use serde_json::json;
///
/// let mock = MockServer::builder().company("one").company("two").start().await?;
/// let two = mock.control().company("two");
/// let session = two.begin(json!({"scenario": "manual-check", "flags": {"language": "ka"}})).await?;
/// two.finish(&session.token).await?;
/// two.decide(&session.token, Outcome::Rejected).await?;
/// assert_eq!(two.session(&session.token).await?.session.current_result, "REJECTED");
/// two.add_fault(Fault::status(503).endpoint(Endpoint::Result)).await?;
/// two.advance(Duration::from_secs(15 * 60)).await?;
/// two.reset().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Control {
    transport: ControlTransport,
    company_key: Option<String>,
}

/// The transport to the control API.
#[derive(Clone)]
enum ControlTransport {
    /// Calls in this process, without a socket.
    InProcess {
        router: Router,
        /// Whether the caller cannot await the response.
        at_once: bool,
    },
    #[cfg(feature = "client")]
    Http(HttpTransport),
}

/// The reason an operation fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The mock cannot be reached, or does not respond in time.
    #[error("{0}")]
    Unreachable(String),
    /// The mock refuses, with a problem.
    #[error("{0}")]
    Refused(Box<ApiProblem>),
    /// The response is not that of a mock, or of another version.
    #[error("{0}")]
    Unexpected(String),
}

/// A problem that the control API reports.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ApiProblem {
    /// Status of the response: 404 for a missing resource, 409 for a conflict with the current state.
    pub status: u16,
    /// The message: problem and remedy.
    pub detail: String,
    /// The invalid member.
    pub field: Option<String>,
    /// The allowed values.
    #[serde(default)]
    pub allowed: Vec<String>,
    /// The allowed value nearest to the invalid one.
    pub nearest: Option<String>,
}

impl fmt::Display for ApiProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        self.nearest.iter().try_for_each(|nearest| write!(f, " (did you mean `{nearest}`?)"))
    }
}

/// A page of a list.
#[derive(Deserialize)]
pub(super) struct ListPageBody<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<String>,
}

/// Default timeout of a wait.
pub(super) const DEFAULT_WAIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Number of items requested per page.
const LIST_PAGE_SIZE: &str = "1000";

/// Every request returns a [`ControlError`] if the mock cannot be reached or refuses; `# Errors` sections name further
/// reasons.
impl Control {
    pub(super) fn in_process(router: Router) -> Self {
        Self { transport: ControlTransport::InProcess { router, at_once: false }, company_key: None }
    }

    #[cfg(feature = "client")]
    pub(super) fn over_http(http: HttpTransport) -> Self {
        Self { transport: ControlTransport::Http(http), company_key: None }
    }

    /// Returns a handle limited to one company. With `--any-company-key`, the first operation creates the company.
    pub fn company(&self, key: impl Into<String>) -> Self {
        Self { transport: self.transport.clone(), company_key: Some(key.into()) }
    }

    /// Returns the numbers of loaded files, and the version, as `health/ready` does.
    pub async fn health(&self) -> Result<Value, ControlError> {
        self.get(&["health", "ready"], &[]).await
    }

    /// Returns the settings of the mock.
    pub async fn settings(&self) -> Result<Value, ControlError> {
        self.get(&["settings"], &[]).await
    }

    /// Returns the companies, by key; only the company of this handle, if it is limited to one.
    pub async fn companies(&self) -> Result<Vec<CompanyInfo>, ControlError> {
        match &self.company_key {
            Some(key) => Ok(vec![self.get(&["companies", key], &[]).await?]),
            None => self.list("companies", &[]).await,
        }
    }

    /// Adds a company, until a full reset.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if its key exists, or a setting is invalid.
    pub async fn add_company(&self, company: impl Into<Company>) -> Result<CompanyInfo, ControlError> {
        self.post(&["companies"], company.into().with_secret()).await
    }

    /// Changes a company, until a reset: `json!({"scenario": "rejected", "secret": null})`.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is none with this key, or a setting is invalid.
    pub async fn change_company(&self, key: &str, change: Value) -> Result<CompanyInfo, ControlError> {
        self.send(Method::PATCH, resource_path(&["companies", key]), Some(change)).await
    }

    /// Removes a company with its sessions.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is none with this key.
    pub async fn remove_company(&self, key: &str) -> Result<(), ControlError> {
        self.delete(&["companies", key], &[]).await
    }

    /// Resets the company, or everything.
    pub async fn reset(&self) -> Result<(), ControlError> {
        let path = match &self.company_key {
            Some(key) => resource_path(&["companies", key, "reset"]),
            None => resource_path(&["reset"]),
        };
        self.send::<Value>(Method::POST, path, None).await.map(|_| ())
    }

    /// Returns the same handle with a longer timeout.
    #[cfg_attr(not(feature = "client"), expect(unused_variables, reason = "without timeouts"))]
    pub(super) fn with_extra_timeout(&self, extra: Duration) -> Self {
        match &self.transport {
            ControlTransport::InProcess { .. } => self.clone(),
            #[cfg(feature = "client")]
            ControlTransport::Http(http) => Self {
                transport: ControlTransport::Http(http.with_extra_timeout(extra)),
                company_key: self.company_key.clone(),
            },
        }
    }

    /// Waits for a response without an async runtime: of a mock in this process directly, of another one on a separate
    /// thread.
    pub(super) fn block_on<T: Send + 'static, F: Future<Output = T>>(
        &self,
        ask: impl FnOnce(Self) -> F + Send + 'static,
    ) -> T {
        match &self.transport {
            ControlTransport::InProcess { .. } => expect_ready(self, ask),
            #[cfg(feature = "client")]
            ControlTransport::Http(http) => {
                let control = Self {
                    transport: ControlTransport::Http(http.with_new_connections()),
                    company_key: self.company_key.clone(),
                };
                let apart = thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                    runtime.expect("a runtime of one thread starts").block_on(ask(control))
                });
                apart.join().unwrap_or_else(|panicked| std::panic::resume_unwind(panicked))
            }
        }
    }

    /// Returns the same handle for a caller that cannot await: a mock in this process responds on the caller's thread.
    pub(super) fn without_waiting(&self) -> Self {
        match &self.transport {
            ControlTransport::InProcess { router, .. } => Self {
                transport: ControlTransport::InProcess { router: router.clone(), at_once: true },
                company_key: self.company_key.clone(),
            },
            #[cfg(feature = "client")]
            ControlTransport::Http(_) => self.clone(),
        }
    }

    /// Adds the company of this handle to a body.
    pub(super) fn with_company_key(&self, mut members: Map<String, Value>) -> Map<String, Value> {
        if let Some(key) = &self.company_key {
            members.entry("company_key").or_insert_with(|| key.as_str().into());
        }
        members
    }

    /// Returns a value as the members of a body, with the company of this handle.
    fn body_of(&self, value: &impl Serialize) -> Map<String, Value> {
        self.with_company_key(members_of(value))
    }

    /// Returns the company of this handle as a query.
    fn company_query(&self) -> Vec<(&str, &str)> {
        self.company_key.iter().map(|key| ("company_key", &**key)).collect()
    }

    /// Returns all pages of a list.
    async fn list<T: DeserializeOwned>(&self, name: &str, query: &[(&str, &str)]) -> Result<Vec<T>, ControlError> {
        let (mut items, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let mut query = [query, &[("limit", LIST_PAGE_SIZE)]].concat();
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let part: ListPageBody<T> = self.get(&[name], &query).await?;
            items.extend(part.items);
            match part.next {
                Some(next) => cursor = Some(next),
                None => return Ok(items),
            }
        }
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, ControlError> {
        self.send(Method::GET, with_query(path, query), None).await
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: Map<String, Value>,
    ) -> Result<T, ControlError> {
        self.send(Method::POST, resource_path(path), Some(body.into())).await
    }

    async fn delete(&self, path: &[&str], query: &[(&str, &str)]) -> Result<(), ControlError> {
        self.send::<Value>(Method::DELETE, with_query(path, query), None).await.map(|_| ())
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: String,
        body: Option<Value>,
    ) -> Result<T, ControlError> {
        let call = format!("{method} {path}");
        let body = body.map(|body| body.to_string());
        let (status, answer) = match &self.transport {
            ControlTransport::InProcess { router, at_once } => {
                let mut request = Request::builder().method(method).uri(&path);
                if body.is_some() {
                    request = request.header(header::CONTENT_TYPE, "application/json");
                }
                if *at_once {
                    request = request.extension(SynchronousCall);
                }
                let request = request.body(Body::from(body.unwrap_or_default()));
                let request = request.map_err(|error| ControlError::Unexpected(format!("{call}: {error}")))?;
                let Ok(response) = router.clone().oneshot(request).await;
                let status = response.status().as_u16();
                let answer = to_bytes(response.into_body(), usize::MAX).await;
                (status, answer.map_err(|error| ControlError::Unexpected(format!("{call}: {error}")))?)
            }
            #[cfg(feature = "client")]
            ControlTransport::Http(http) => http.send(method, &path, body).await?,
        };
        let unexpected = |error: serde_json::Error| {
            let answer = String::from_utf8_lossy(&answer);
            let answer = crate::foreign_text::shortened(&answer);
            ControlError::Unexpected(format!("{call} returned {status} and `{answer}`, which cannot be read: {error}"))
        };
        match status {
            204 => serde_json::from_value(json!(null)).map_err(unexpected),
            200..300 => serde_json::from_slice(&answer).map_err(unexpected),
            _ => Err(ControlError::Refused(serde_json::from_slice(&answer).map_err(unexpected)?)),
        }
    }
}

fn with_query(path: &[&str], query: &[(&str, &str)]) -> String {
    let mut text = resource_path(path);
    if !query.is_empty() {
        text.push('?');
        text.push_str(&form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish());
    }
    text
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = match &self.transport {
            ControlTransport::InProcess { .. } => "this process",
            #[cfg(feature = "client")]
            ControlTransport::Http(http) => http.url(),
        };
        f.debug_struct("Control").field("mock", &transport).field("company_key", &self.company_key).finish()
    }
}
