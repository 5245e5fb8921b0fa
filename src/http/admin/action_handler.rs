//! The handler of an action: reads the parameters of a request, runs the action, and writes its response.

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts, Request},
    handler::Handler,
    http::Response,
    response::IntoResponse,
    routing::{MethodFilter, on},
};
use tokio::time::sleep;

use super::{
    action::{ActionMethod, ActionRow},
    any_action::AnyAction,
    extract::{AdminParams, PathParam},
    problem::ProblemResponse,
};
use crate::{http::client::ClientConnection, mock::MockService};

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

/// Adds actions to the routes.
pub(super) fn add_all(
    routes: Router<Arc<MockService>>,
    actions: &[&'static dyn AnyAction],
) -> Router<Arc<MockService>> {
    actions.iter().fold(routes, |routes, action| {
        let ActionRow { method, path, .. } = action.row();
        routes.route(path, on(method.filter(), ActionHandler(*action)))
    })
}

/// The handler of an action.
#[derive(Clone, Copy)]
struct ActionHandler(&'static dyn AnyAction);

impl Handler<(), Arc<MockService>> for ActionHandler {
    type Future = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

    fn call(self, request: Request, mock: Arc<MockService>) -> Self::Future {
        Box::pin(async move { respond(request, mock, self.0).await.unwrap_or_else(ProblemResponse::into_response) })
    }
}

async fn respond(
    request: Request,
    mock: Arc<MockService>,
    action: &'static dyn AnyAction,
) -> Result<Response<Body>, ProblemResponse> {
    let (mut head, body) = request.into_parts();
    let client = head.extensions.get::<ClientConnection>().cloned();
    let PathParam(name) = PathParam::from_request_parts(&mut head, &()).await?;
    let params = AdminParams::receive(head, body, &mock, action.takes_file()).await?;
    let response = action.prepare_response(name, params).run(mock);
    let Some(client) = client else { return Ok(response.await) };
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
