//! Handlers of routes without the types of their functions, so that what the router adds is compiled once.

use std::{pin::Pin, sync::Arc};

use axum::{
    body::Body,
    extract::{FromRequestParts, RawPathParams, Request, rejection::RawPathParamsRejection},
    handler::Handler,
    http::{Response, request::Parts},
};

use crate::mock::MockService;

pub(super) type ResponseFuture = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// A handler that takes the whole request.
#[derive(Clone)]
pub(super) struct RequestHandler(Arc<dyn Fn(Arc<MockService>, Request) -> ResponseFuture + Send + Sync>);

/// Returns the handler that calls a function.
pub(super) fn handler<F: Future<Output = Response<Body>> + Send + 'static>(
    run: impl Fn(Arc<MockService>, Request) -> F + Send + Sync + 'static,
) -> RequestHandler {
    RequestHandler(Arc::new(move |mock, request| Box::pin(run(mock, request))))
}

impl RequestHandler {
    pub(super) fn run(&self, mock: Arc<MockService>, request: Request) -> ResponseFuture {
        (self.0)(mock, request)
    }
}

impl Handler<(), Arc<MockService>> for RequestHandler {
    type Future = ResponseFuture;

    fn call(self, request: Request, mock: Arc<MockService>) -> ResponseFuture {
        self.run(mock, request)
    }
}

/// Returns the parameters of the path, in order.
///
/// # Errors
///
/// A parameter is not UTF-8 text.
pub(super) async fn path_params(head: &mut Parts) -> Result<Vec<String>, RawPathParamsRejection> {
    let params = RawPathParams::from_request_parts(head, &()).await?;
    Ok(params.iter().map(|(_, value)| value.to_owned()).collect())
}
