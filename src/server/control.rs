//! Seeing and steering a mock, in this process or another, in the words of the control API.

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
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use tower::ServiceExt;

use super::calls::expect_ready;
#[cfg(feature = "client")]
use super::client::HttpTransport;
use crate::{
    company::Company,
    http::{SynchronousCall, resource_path},
    mock::CompanyInfo,
};

/// Sees and steers a mock: one in this process ([`crate::MockServer::control`]), or one that listens somewhere
/// (`MockClient`). It is cheap to clone.
///
/// It is for every company, or for one: see [`Control::company`]. What belongs to one alone, a queue and a session that
/// begins, is that of the first company then.
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

/// How the control API is reached.
#[derive(Clone)]
enum ControlTransport {
    /// In this process, without a socket.
    InProcess {
        router: Router,
        /// Whether the caller cannot await the response.
        at_once: bool,
    },
    #[cfg(feature = "client")]
    Http(HttpTransport),
}

/// Why a mock does not do what it is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// It cannot be reached, or does not answer in time.
    #[error("{0}")]
    Unreachable(String),
    /// It says why not.
    #[error("{0}")]
    Refused(Box<ApiProblem>),
    /// It answers what no mock answers, or one of another version.
    #[error("{0}")]
    Unexpected(String),
}

/// What the control API says is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ApiProblem {
    /// The status of the answer: 404 for what is not there, 409 for what does not go with how things stand.
    pub status: u16,
    /// What is wrong, and what to do.
    pub detail: String,
    /// Where it is wrong.
    pub field: Option<String>,
    /// What could stand there.
    #[serde(default)]
    pub allowed: Vec<String>,
    /// That of it which is most like what was given.
    pub nearest: Option<String>,
}

impl fmt::Display for ApiProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        self.nearest.iter().try_for_each(|nearest| write!(f, " (did you mean `{nearest}`?)"))
    }
}

/// A part of a list.
#[derive(Deserialize)]
pub(super) struct ListPageBody<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<String>,
}

/// So long somebody waits for something, where they do not say how long.
pub(super) const DEFAULT_WAIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Of a list, so many are asked for at once.
const LIST_PAGE_SIZE: &str = "1000";

impl Control {
    pub(super) fn in_process(router: Router) -> Self {
        Self { transport: ControlTransport::InProcess { router, at_once: false }, company_key: None }
    }

    #[cfg(feature = "client")]
    pub(super) fn over_http(http: HttpTransport) -> Self {
        Self { transport: ControlTransport::Http(http), company_key: None }
    }

    /// The same for one company: what is done here, no other notices. Where any key may call, it comes to be when it is
    /// steered.
    pub fn company(&self, key: impl Into<String>) -> Self {
        Self { transport: self.transport.clone(), company_key: Some(key.into()) }
    }

    /// What the mock has loaded, and its version, as `health/ready` says it.
    ///
    /// # Errors
    ///
    /// As all that can be asked for here: [`ControlError`], which says what is wrong.
    pub async fn health(&self) -> Result<Value, ControlError> {
        self.get(&["health", "ready"], &[]).await
    }

    /// What the mock was started with.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn settings(&self) -> Result<Value, ControlError> {
        self.get(&["settings"], &[]).await
    }

    /// The companies, in the order of their keys; the one alone, where this is for one.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn companies(&self) -> Result<Vec<CompanyInfo>, ControlError> {
        match &self.company_key {
            Some(key) => Ok(vec![self.get(&["companies", key], &[]).await?]),
            None => self.list("companies", &[]).await,
        }
    }

    /// Adds a company, until everything is reset.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is one of its key, or it says what cannot be.
    pub async fn add_company(&self, company: impl Into<Company>) -> Result<CompanyInfo, ControlError> {
        self.post(&["companies"], company.into().to_file_value()).await
    }

    /// Sets a company in another way, until it is reset: `json!({"scenario": "rejected", "secret": null})`.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is none of that key, or the change says what cannot be.
    pub async fn change_company(&self, key: &str, change: Value) -> Result<CompanyInfo, ControlError> {
        self.send(Method::PATCH, resource_path(&["companies", key]), Some(change)).await
    }

    /// Removes a company with its sessions.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is none of that key.
    pub async fn remove_company(&self, key: &str) -> Result<(), ControlError> {
        self.delete(&["companies", key], &[]).await
    }

    /// Makes the company as it was at the start, or everything.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn reset(&self) -> Result<(), ControlError> {
        let path = match &self.company_key {
            Some(key) => resource_path(&["companies", key, "reset"]),
            None => resource_path(&["reset"]),
        };
        self.send::<Value>(Method::POST, path, None).await.map(|_| ())
    }

    /// The same for a call that may take so much longer than others.
    #[cfg_attr(not(feature = "client"), expect(unused_variables, reason = "here nobody gives up"))]
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

    /// What a mock answers to somebody who cannot await it: one in this process at once, another to a thread of its own.
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

    /// The same for a caller who cannot await: a mock in this process answers on the caller's thread.
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

    /// What is said, with the company that it is for.
    pub(super) fn with_company_key(&self, mut members: Map<String, Value>) -> Map<String, Value> {
        if let Some(key) = &self.company_key {
            members.entry("company_key").or_insert_with(|| key.as_str().into());
        }
        members
    }

    /// The company that it is for, as a query names it.
    fn company_query(&self) -> Vec<(&str, &str)> {
        self.company_key.iter().map(|key| ("company_key", &**key)).collect()
    }

    /// All parts of a list.
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
