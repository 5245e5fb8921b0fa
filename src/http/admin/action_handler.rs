//! The handler of an action: reads the parameters of a request, runs the action, and writes its response.

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    extract::{FromRequestParts, Request},
    handler::Handler,
    http::{Response, StatusCode, header},
    response::IntoResponse,
    routing::{MethodFilter, on},
};
use serde::Serialize;
use tokio::time::sleep;

use super::{
    action::{Action, ActionMethod, ActionParams, Context, Success, Target, Work},
    extract::{AdminParams, PathParam},
    problem::ProblemResponse,
    resource_path,
};
use crate::{
    http::client::ClientConnection,
    mock::{Cancellation, MockService},
};

/// How long an action continues for a client that has closed its sending side: some do so and wait for the response.
const HALF_CLOSED: Duration = Duration::from_secs(1);

impl ActionMethod {
    fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Patch => MethodFilter::PATCH,
            Self::Delete => MethodFilter::DELETE,
        }
    }
}

impl<T: ActionParams, R: Serialize + Send + 'static> Action<T, R> {
    /// Adds the action to the routes.
    pub(super) fn add_to(&'static self, routes: Router<Arc<MockService>>) -> Router<Arc<MockService>> {
        routes.route(self.path, on(self.method.filter(), ActionHandler(self)))
    }

    fn respond(&self, result: Result<R, ProblemResponse>) -> Response<Body> {
        match (result, &self.success) {
            (Err(problem), _) => problem.into_response(),
            (Ok(response), Success::Json) => Json(response).into_response(),
            (Ok(_), Success::NoContent) => StatusCode::NO_CONTENT.into_response(),
            (Ok(response), Success::Created(path)) => {
                let location = resource_path(&path(&response));
                (StatusCode::CREATED, [(header::LOCATION, location)], Json(response)).into_response()
            }
        }
    }
}

/// The handler of an action.
struct ActionHandler<T: 'static, R: 'static>(&'static Action<T, R>);

impl<T, R> Clone for ActionHandler<T, R> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<T: ActionParams, R: Serialize + Send + 'static> Handler<(), Arc<MockService>> for ActionHandler<T, R> {
    type Future = ResponseFuture;

    fn call(self, request: Request, mock: Arc<MockService>) -> ResponseFuture {
        let Self(action) = self;
        let read = |request, name| -> Result<(Target, T), ProblemResponse> {
            let (company_key, parameters) = T::read(request, action.is_of_company)?;
            Ok((Target { name, company_key }, parameters))
        };
        let handle: Handle = match action.work {
            Work::Job(job) => Box::new(move |mock, name, request| {
                let work = move |mock: &MockService, cancellation: &Cancellation| {
                    let (target, parameters) = read(request, name)?;
                    job(Context { mock, target: &target, cancellation }, parameters)
                };
                Box::pin(async move {
                    let jobs = mock.clone();
                    jobs.workers.run(move |cancellation| action.respond(work(&mock, cancellation))).await
                })
            }),
            Work::Async(wait) => Box::new(move |mock, name, request| {
                Box::pin(async move {
                    let waited = async {
                        let (target, parameters) = read(request, name)?;
                        wait(mock, target, parameters).await
                    };
                    action.respond(waited.await)
                })
            }),
        };
        Box::pin(async move {
            respond(request, mock, T::IS_FILE, handle).await.unwrap_or_else(ProblemResponse::into_response)
        })
    }
}

type ResponseFuture = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// A handler of any type, boxed so that the code around it is compiled once.
type Handle = Box<dyn FnOnce(Arc<MockService>, String, AdminParams) -> ResponseFuture + Send>;

async fn respond(
    request: Request,
    mock: Arc<MockService>,
    is_file: bool,
    handle: Handle,
) -> Result<Response<Body>, ProblemResponse> {
    let (params, mut head) = AdminParams::receive(request, &mock, is_file).await?;
    let PathParam(name) = PathParam::from_request_parts(&mut head, &()).await?;
    let response = handle(mock, name, params);
    let Some(client) = head.extensions.get::<ClientConnection>() else { return Ok(response.await) };
    let disconnected = async {
        client.disconnected().await;
        sleep(HALF_CLOSED).await;
    };
    tokio::select! {
        biased;
        response = response => Ok(response),
        () = disconnected => Err(ProblemResponse::timeout("the client disconnected")),
    }
}
