//! The client of a mock in another process, over HTTP.

use std::{ops::Deref, time::Duration};

use axum::http::{Method, Request, Response, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::de::DeserializeOwned;

use super::{
    blocking,
    control::{Control, ControlError, ControlTransport, ControlledMock},
    expect::OpenExpectations,
    runtime::MockRuntime,
};
use crate::{
    config::check_base_url,
    foreign_text::shortened,
    http::admin::{
        action::Target,
        action_params::ActionRequest,
        extract::EmptyBody,
        health::{self, ReadinessResponse},
        problem::ProblemResponse,
        scenarios::{self, QueueResponse},
    },
    mock::SessionDetails,
};

/// Timeout of a control API request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Maximum size of an event, in bytes.
const MAX_EVENT: usize = 1024 * 1024;

/// A mock in another process or container, controlled over HTTP. Its verbs are those of [`Control`], to which it
/// dereferences. Needs the feature `client`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use identomat_mock::MockClient;
/// # let mock = identomat_mock::MockServer::start().await;
/// # let url = mock.url();
///
/// let client = MockClient::connect(url).await?;
/// client.queue_scenario("rejected").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct MockClient(Control);

impl MockClient {
    /// Connects to the mock with this base URL.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if no mock responds there.
    pub async fn connect(url: &str) -> Result<Self, ControlError> {
        Connecting::new(url, None)?.connect().await.map(Self)
    }

    /// Connects as [`MockClient::connect`], with the mock's token (`--admin-token`).
    ///
    /// # Errors
    ///
    /// As [`MockClient::connect`].
    pub async fn connect_with_token(url: &str, token: &str) -> Result<Self, ControlError> {
        Connecting::new(url, Some(token))?.connect().await.map(Self)
    }
}

impl Deref for MockClient {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.0
    }
}

impl Control {
    /// Goes to the `return_url` of a finished session, as its browser would, without following further redirects.
    /// Returns the status. Needs the feature `client`.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is no such session, it is not finished or has no `return_url`, or nothing responds
    /// there.
    pub async fn follow_return_url(&self, token: &str) -> Result<u16, ControlError> {
        let url = return_url(self.session(token).await?)?;
        self.runtime().run(visit(url)).await.unwrap_or_else(|ended| Err(ended.into()))
    }
}

impl blocking::Control {
    /// As [`crate::Control::follow_return_url`].
    ///
    /// # Errors
    ///
    /// As [`crate::Control::follow_return_url`].
    pub fn follow_return_url(&self, token: &str) -> Result<u16, ControlError> {
        let url = return_url(self.session(token)?)?;
        self.0.runtime().block_on(visit(url)).unwrap_or_else(|ended| Err(ended.into()))
    }
}

fn return_url(session: SessionDetails) -> Result<String, ControlError> {
    let token = &session.session.token;
    if !session.session.is_finished {
        return Err(ProblemResponse::conflict(format!("the session `{token}` is not finished")).into());
    }
    let none = || ProblemResponse::conflict(format!("the session `{token}` has no `return_url`"));
    Ok(session.return_url.ok_or_else(none)?)
}

/// Requests a page, and returns the status.
async fn visit(url: String) -> Result<u16, ControlError> {
    let http = HttpTransport::new(String::new(), None);
    if !url.starts_with("http://") {
        return Err(ControlError::Unreachable(format!("`{url}`: the client supports only http, without TLS")));
    }
    http.exchange((Method::GET, url, None), REQUEST_TIMEOUT).await.map(|(status, _)| status)
}

/// A client that has not reached its mock yet.
pub(super) struct Connecting {
    runtime: MockRuntime,
    http: HttpTransport,
}

impl Connecting {
    pub(super) fn new(url: &str, token: Option<&str>) -> Result<Self, ControlError> {
        check_base_url(url).map_err(|problem| ControlError::Unreachable(problem.to_string()))?;
        if !url.starts_with("http://") {
            return Err(ControlError::Unreachable(format!("`{url}`: the client supports only http, without TLS")));
        }
        let no_thread = |error| ControlError::Unreachable(format!("cannot start a thread: {error}"));
        Ok(Self {
            runtime: MockRuntime::start().map_err(no_thread)?,
            http: HttpTransport::new(url.trim_end_matches('/').to_owned(), token.map(str::to_owned)),
        })
    }

    pub(super) async fn connect(self) -> Result<Control, ControlError> {
        let runtime = self.runtime.clone();
        runtime.run(self.read_mock()).await.unwrap_or_else(|ended| Err(ended.into()))
    }

    pub(super) fn connect_blocking(self) -> Result<Control, ControlError> {
        let runtime = self.runtime.clone();
        runtime.block_on(self.read_mock()).unwrap_or_else(|ended| Err(ended.into()))
    }

    /// Reads what a handle needs to know of the mock.
    async fn read_mock(self) -> Result<Control, ControlError> {
        let Self { runtime, http } = self;
        let ready = health::READY.to_request(&Target::default(), &EmptyBody {});
        let _: ReadinessResponse = http.send(ready, Duration::ZERO).await?.read()?;
        // A key is shown only to a client that may control the mock.
        let queue = scenarios::QUEUE.to_request(&Target::default(), &EmptyBody {});
        let first_company_key = match http.send(queue, Duration::ZERO).await {
            Ok(queue) => queue.read::<QueueResponse>()?.company_key,
            Err(ControlError::Refused(_)) => String::new(),
            Err(error) => return Err(error),
        };
        Ok(Control::new(ControlledMock {
            url: http.url.clone(),
            first_company_key,
            expectations: OpenExpectations::default(),
            runtime,
            transport: ControlTransport::Http(http.into()),
        }))
    }
}

/// The HTTP transport to a mock.
#[derive(Debug, Clone)]
pub(super) struct HttpTransport {
    url: String,
    token: Option<String>,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl HttpTransport {
    fn new(url: String, token: Option<String>) -> Self {
        Self { url, token, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Sends a request of an action that waits up to `timeout`.
    pub(super) async fn send(
        &self,
        (method, path, body): ActionRequest,
        timeout: Duration,
    ) -> Result<HttpResponse, ControlError> {
        let call = format!("{method} {path}");
        let (status, body) = self.exchange((method, path, body), REQUEST_TIMEOUT.saturating_add(timeout)).await?;
        let response = HttpResponse { call, status, body };
        if (200..300).contains(&status) { Ok(response) } else { Err(ControlError::Refused(response.read()?)) }
    }

    /// Connects to a stream of events.
    pub(super) async fn listen(&self, (method, path, body): ActionRequest) -> Result<HttpEvents, ControlError> {
        let call = format!("{method} {path}");
        let opened = tokio::time::timeout(REQUEST_TIMEOUT, self.open((method, path, body))).await;
        let response = opened.map_err(|_| late(&call, REQUEST_TIMEOUT))??;
        if response.status().is_success() {
            return Ok(HttpEvents { call, body: response.into_body(), received: Vec::new() });
        }
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.map_err(|error| unreachable(&call, &error))?.to_bytes();
        Err(ControlError::Refused(HttpResponse { call, status, body }.read()?))
    }

    /// Returns the status and the body of the response.
    async fn exchange(&self, request: ActionRequest, time_limit: Duration) -> Result<(u16, Bytes), ControlError> {
        let call = format!("{} {}{}", request.0, self.url, request.1);
        let answered = async {
            let response = self.open(request).await?;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.map_err(|error| unreachable(&call, &error))?;
            Ok((status, body.to_bytes()))
        };
        tokio::time::timeout(time_limit, answered).await.map_err(|_| late(&call, time_limit))?
    }

    /// Sends a request. Returns the response without its body.
    async fn open(&self, (method, path, body): ActionRequest) -> Result<Response<Incoming>, ControlError> {
        let call = format!("{method} {}{path}", self.url);
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        if let Some((content_type, _)) = body {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = body.map(|(_, bytes)| bytes).unwrap_or_default();
        let request = request.body(Full::from(body)).map_err(|error| unreachable(&call, &error))?;
        self.client.request(request).await.map_err(|error| unreachable(&call, &error))
    }
}

fn late(call: &str, time_limit: Duration) -> ControlError {
    ControlError::Unreachable(format!("{call}: no response within {time_limit:?}"))
}

fn unreachable(call: &str, why: &dyn std::error::Error) -> ControlError {
    let cause = why.source().map(|source| format!(": {source}")).unwrap_or_default();
    ControlError::Unreachable(format!("{call}: {why}{cause}"))
}

/// A stream of server-sent events.
pub(super) struct HttpEvents {
    /// The request, for messages.
    call: String,
    body: Incoming,
    /// The bytes after the last complete event.
    received: Vec<u8>,
}

impl HttpEvents {
    /// Returns name and data of the next event; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<(String, String)>, ControlError> {
        loop {
            while let Some(end) = self.received.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<_> = self.received.drain(..end + 2).collect();
                let text = String::from_utf8_lossy(&block);
                // Comments keep the connection alive.
                let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                if let Some(event) = field("event: ").zip(field("data: ")) {
                    return Ok(Some(event));
                }
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(frame) => {
                    let frame = frame.map_err(|error| unreachable(&self.call, &error))?;
                    self.received.extend(frame.data_ref().into_iter().flatten());
                    if self.received.len() > MAX_EVENT {
                        let problem = format!("{}: an event has more than {MAX_EVENT} bytes", self.call);
                        return Err(ControlError::Unexpected(problem));
                    }
                }
            }
        }
    }
}

/// A response of the mock.
pub(super) struct HttpResponse {
    /// The request, for messages.
    call: String,
    status: u16,
    body: Bytes,
}

impl HttpResponse {
    /// Parses the response.
    pub(super) fn read<R: DeserializeOwned>(&self) -> Result<R, ControlError> {
        let body: &[u8] = if self.status == 204 { b"null" } else { &self.body };
        serde_json::from_slice(body).map_err(|error| self.unexpected(&error))
    }

    fn unexpected(&self, error: &serde_json::Error) -> ControlError {
        let Self { call, status, body } = self;
        let body = String::from_utf8_lossy(body);
        let body = shortened(&body);
        ControlError::Unexpected(format!("{call} returned {status} and `{body}`, which cannot be read: {error}"))
    }
}
