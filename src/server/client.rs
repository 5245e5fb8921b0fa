//! The client of a mock in another process, over HTTP.

use std::{ops::Deref, time::Duration};

use axum::http::{Method, Request, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use super::control::{Control, ControlError};
use crate::config::check_base_url;

/// Timeout of a control API request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A mock in another process or container, controlled over HTTP. Its operations are in [`Control`], to which it
/// dereferences.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use identomat_mock::MockClient;
/// # let mock = identomat_mock::MockServer::start().await;
/// # let url = mock.url();
///
/// let client = MockClient::connect(&url).await?;
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
        Self::connect_inner(url, None).await
    }

    /// Connects as [`MockClient::connect`], with the mock's token (`--admin-token`).
    ///
    /// # Errors
    ///
    /// As [`MockClient::connect`].
    pub async fn connect_with_token(url: &str, token: &str) -> Result<Self, ControlError> {
        Self::connect_inner(url, Some(token)).await
    }

    async fn connect_inner(url: &str, token: Option<&str>) -> Result<Self, ControlError> {
        check_base_url(url).map_err(|problem| ControlError::Unreachable(problem.to_string()))?;
        if !url.starts_with("http://") {
            return Err(ControlError::Unreachable(format!("`{url}`: the client supports only http, without TLS")));
        }
        let client = Self(Control::over_http(HttpTransport {
            url: url.trim_end_matches('/').to_owned(),
            token: token.map(str::to_owned),
            time_limit: REQUEST_TIMEOUT,
            client: Client::builder(TokioExecutor::new()).build_http(),
        }));
        let ready = client.health().await?;
        if ready["status"] == "ready" {
            Ok(client)
        } else {
            Err(ControlError::Unexpected(format!("{url} responds, but is not an identomat-mock that is ready")))
        }
    }
}

impl Deref for MockClient {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.0
    }
}

/// The HTTP transport to a mock.
#[derive(Debug, Clone)]
pub(super) struct HttpTransport {
    url: String,
    token: Option<String>,
    time_limit: Duration,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl HttpTransport {
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Returns the same transport with a longer timeout.
    pub(super) fn with_extra_timeout(&self, time_limit: Duration) -> Self {
        Self { time_limit: REQUEST_TIMEOUT.saturating_add(time_limit), ..self.clone() }
    }

    /// Returns the same transport with separate connections, for another runtime, and with a shorter timeout.
    pub(super) fn with_new_connections(&self) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { time_limit: REQUEST_TIMEOUT / 3, client, ..self.clone() }
    }

    /// Sends a request. Returns the status and the body of the response.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<(u16, Bytes), ControlError> {
        let call = format!("{method} {}{path}", self.url);
        let failed = |why: &dyn std::error::Error| {
            let cause = why.source().map(|source| format!(": {source}")).unwrap_or_default();
            ControlError::Unreachable(format!("{call}: {why}{cause}"))
        };
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::from(body.unwrap_or_default())).map_err(|error| failed(&error))?;
        let answered = async {
            let response = self.client.request(request).await.map_err(|error| failed(&error))?;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.map_err(|error| failed(&error))?;
            Ok((status, body.to_bytes()))
        };
        let late = |_| ControlError::Unreachable(format!("{call}: no response within {:?}", self.time_limit));
        tokio::time::timeout(self.time_limit, answered).await.map_err(late)?
    }
}
