//! The handler of an action: reads the parameters of a request, runs the action, and writes its response.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::Response,
    response::IntoResponse,
    routing::{MethodFilter, on},
};
use tokio::time::sleep;

use super::{
    action::{ActionMethod, ActionRow},
    any_action::AnyAction,
    extract::AdminParams,
    problem::ProblemResponse,
};
use crate::{
    http::{
        client::ClientConnection,
        handler::{RequestHandler, handler, path_params},
    },
    mock::MockService,
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

/// Adds actions to the routes; `wrap` is applied to their handlers.
pub(super) fn add_all(
    routes: Router<Arc<MockService>>,
    actions: &[&'static dyn AnyAction],
    wrap: fn(RequestHandler) -> RequestHandler,
) -> Router<Arc<MockService>> {
    actions.iter().fold(routes, |routes, action| {
        let ActionRow { method, path, .. } = action.row();
        let run = |mock, request| async {
            respond(mock, request, *action).await.unwrap_or_else(ProblemResponse::into_response)
        };
        routes.route(path, on(method.filter(), wrap(handler(run))))
    })
}

/// Runs an action, and returns its response.
async fn respond(
    mock: Arc<MockService>,
    request: Request,
    action: &'static dyn AnyAction,
) -> Result<Response<Body>, ProblemResponse> {
    let (mut head, body) = request.into_parts();
    let client = ClientConnection::of(&head).clone();
    let not_text = |_| ProblemResponse::not_found("the name in the path is not UTF-8 text");
    let name = path_params(&mut head).await.map_err(not_text)?.into_iter().next().unwrap_or_default();
    let params = AdminParams::receive(head, body, &mock, action.takes_file()).await?;
    let response = action.prepare_response(name, params).run(mock);
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
