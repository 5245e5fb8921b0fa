//! Handlers that are plain functions: they may take long, so they run off the runtime's threads.

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{FromRequestParts, Request},
    handler::Handler,
    http::Response,
    response::IntoResponse,
};
use serde::de::DeserializeOwned;
use tokio::time::sleep;

use super::{
    extract::{AdminParams, PathParam},
    problem::ProblemResponse,
};
use crate::{
    http::client::ClientConnection,
    mock::{Cancellation, MockService},
};

/// How long a job continues for a client that has closed its sending side: some do so and wait for the response.
const HALF_CLOSED: Duration = Duration::from_secs(1);

/// The input of a handler besides the parameters.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) mock: &'a MockService,
    /// The parameter of the path: a key, a token, a name or an id. Empty if there is none.
    pub(super) name: &'a str,
    pub(super) cancellation: &'a Cancellation,
}

/// Marks a request of a caller in this process that waits on its own thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SynchronousCall;

/// A handler that is a plain function of the parameters.
pub(super) struct PlainHandler<T, R>(pub(super) fn(Context<'_>, T) -> R);

impl<T, R> Clone for PlainHandler<T, R> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<T: DeserializeOwned + 'static, R: IntoResponse + 'static> Handler<(), Arc<MockService>> for PlainHandler<T, R> {
    type Future = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

    fn call(self, request: Request, mock: Arc<MockService>) -> Self::Future {
        let Self(handler) = self;
        let handle: Handle =
            Box::new(move |context, said| said.read().map(|said| handler(context, said)).into_response());
        Box::pin(async move { respond(request, mock, handle).await.unwrap_or_else(ProblemResponse::into_response) })
    }
}

/// A handler of any type, boxed so that the code around it is compiled once.
type Handle = Box<dyn FnOnce(Context<'_>, AdminParams) -> Response<Body> + Send>;

async fn respond(request: Request, mock: Arc<MockService>, handle: Handle) -> Result<Response<Body>, ProblemResponse> {
    let (said, mut head) = AdminParams::receive(request, &mock).await?;
    let PathParam(name) = PathParam::from_request_parts(&mut head, &()).await?;
    let job_mock = mock.clone();
    let job = move |cancellation: &Cancellation| handle(Context { mock: &job_mock, name: &name, cancellation }, said);
    if head.extensions.get::<SynchronousCall>().is_some() {
        return Ok(mock.workers.run_here(job));
    }
    let Some(client) = head.extensions.get::<ClientConnection>() else { return Ok(mock.workers.run(job).await) };
    let disconnected = async {
        client.disconnected().await;
        sleep(HALF_CLOSED).await;
    };
    tokio::select! {
        biased;
        response = mock.workers.run(job) => Ok(response),
        () = disconnected => Err(ProblemResponse::timeout("the client disconnected")),
    }
}
