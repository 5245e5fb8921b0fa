//! Actions of any type, so that the code around them is compiled once.

use std::{any::Any, marker::PhantomData, pin::Pin, sync::Arc};

use axum::{
    body::Body,
    http::{Response, StatusCode, header},
    response::IntoResponse,
};

use super::{
    action::{Action, ActionRow, AsyncWork, Context, Job, Success, Target, Work},
    action_params::{ActionParams, ActionResponse},
    extract::AdminParams,
    problem::ProblemResponse,
    resource_path,
};
use crate::mock::{Cancellation, MockService};

/// The parameters of an action.
pub(crate) type AnyParams = Box<dyn Any + Send>;

/// The response of an action.
pub(crate) type AnyResponse = Box<dyn Any + Send>;

/// The result of an action.
pub(crate) type AnyResult = Result<AnyResponse, ProblemResponse>;

type BoxJob<O> = Box<dyn FnOnce(&MockService, &Cancellation) -> O + Send>;
type BoxFuture<O> = Pin<Box<dyn Future<Output = O> + Send>>;

/// An action with its input.
pub(crate) enum PendingAction<O> {
    Job(BoxJob<O>),
    Async(Box<dyn FnOnce(Arc<MockService>) -> BoxFuture<O> + Send>),
}

/// The future of an action with a response of this type.
pub(super) struct ActionFuture<R> {
    future: BoxFuture<AnyResult>,
    response: PhantomData<fn() -> R>,
}

/// An action without its types.
pub(crate) trait AnyAction: Sync {
    fn row(&self) -> ActionRow;

    /// Whether the body of a request is a file.
    fn takes_file(&self) -> bool;

    /// Returns the company and the parameters of a request.
    fn read(&self, request: AdminParams) -> Result<(Option<String>, AnyParams), ProblemResponse>;

    fn work(&self) -> AnyWork<'_>;

    /// Returns the response to a client in another process.
    fn respond(&self, response: AnyResponse) -> Response<Body>;

    /// Adds the action to the OpenAPI document.
    #[cfg(test)]
    fn describe(&self, document: &mut super::openapi::generate::OpenApiDocument);
}

/// The function of an action without its types.
pub(crate) enum AnyWork<'a> {
    Job(&'a dyn AnyActionJob),
    Async(&'a dyn AnyActionFuture),
}

pub(crate) trait AnyActionJob: Sync {
    fn run(&self, context: Context<'_>, parameters: AnyParams) -> AnyResult;
}

pub(crate) trait AnyActionFuture: Sync {
    fn start(&self, mock: Arc<MockService>, target: Target, parameters: AnyParams) -> BoxFuture<AnyResult>;
}

impl<T: 'static, R: Send + 'static> AnyActionJob for Job<T, R> {
    fn run(&self, context: Context<'_>, parameters: AnyParams) -> AnyResult {
        Ok(Box::new(self(context, own(parameters))?))
    }
}

impl<T: 'static, R> AnyActionFuture for AsyncWork<T, R> {
    fn start(&self, mock: Arc<MockService>, target: Target, parameters: AnyParams) -> BoxFuture<AnyResult> {
        self(mock, target, own(parameters)).future
    }
}

impl<R: Send + 'static> ActionFuture<R> {
    pub(super) fn new(future: impl Future<Output = Result<R, ProblemResponse>> + Send + 'static) -> Self {
        let any = async { future.await.map(|response| Box::new(response) as AnyResponse) };
        Self { future: Box::pin(any), response: PhantomData }
    }
}

fn created(location: String, response: Response<Body>) -> Response<Body> {
    (StatusCode::CREATED, [(header::LOCATION, location)], response).into_response()
}

/// Returns the parameters or the response of an action with their type.
fn own<T: 'static>(any: Box<dyn Any + Send>) -> T {
    *any.downcast().expect("it is of the action")
}

impl<T: ActionParams, R: ActionResponse> AnyAction for Action<T, R> {
    fn row(&self) -> ActionRow {
        self.row
    }

    fn takes_file(&self) -> bool {
        T::IS_FILE
    }

    fn read(&self, request: AdminParams) -> Result<(Option<String>, AnyParams), ProblemResponse> {
        let (company_key, parameters) = T::read(request, self.row.is_of_company)?;
        Ok((company_key, Box::new(parameters)))
    }

    fn work(&self) -> AnyWork<'_> {
        match &self.work {
            Work::Job(job) => AnyWork::Job(job),
            Work::Async(work) => AnyWork::Async(work),
        }
    }

    fn respond(&self, response: AnyResponse) -> Response<Body> {
        let response: R = own(response);
        match &self.success {
            Success::Ok => response.into_http(),
            Success::NoContent => StatusCode::NO_CONTENT.into_response(),
            Success::Created(path) => created(resource_path(&path(&response)), response.into_http()),
        }
    }

    #[cfg(test)]
    fn describe(&self, document: &mut super::openapi::generate::OpenApiDocument) {
        document.add(self);
    }
}

impl dyn AnyAction {
    /// Prepares the action for a client in this process.
    pub(crate) fn prepare(&'static self, target: Target, parameters: AnyParams) -> PendingAction<AnyResult> {
        self.with_input(move || Ok((target, parameters)), |result| result)
    }

    /// Prepares the response to a request for the resource with this name.
    pub(super) fn prepare_response(&'static self, name: String, request: AdminParams) -> PendingAction<Response<Body>> {
        let read = move || {
            let (company_key, parameters) = self.read(request)?;
            Ok((Target { name, company_key }, parameters))
        };
        self.with_input(read, |result| result.map_or_else(ProblemResponse::into_response, |it| self.respond(it)))
    }

    /// Adds the input, and the conversion of the result.
    fn with_input<O: 'static>(
        &'static self,
        read: impl FnOnce() -> Result<(Target, AnyParams), ProblemResponse> + Send + 'static,
        convert: impl FnOnce(AnyResult) -> O + Send + 'static,
    ) -> PendingAction<O> {
        match self.work() {
            AnyWork::Job(job) => PendingAction::Job(Box::new(move |mock, cancellation| {
                convert(
                    read().and_then(|(target, input)| job.run(Context { mock, target: &target, cancellation }, input)),
                )
            })),
            AnyWork::Async(work) => PendingAction::Async(Box::new(move |mock| {
                Box::pin(async move {
                    convert(match read() {
                        Ok((target, input)) => work.start(mock, target, input).await,
                        Err(problem) => Err(problem),
                    })
                })
            })),
        }
    }
}

impl<O: Send + 'static> PendingAction<O> {
    /// Runs the action.
    pub(crate) async fn run(self, mock: Arc<MockService>) -> O {
        match self {
            Self::Async(work) => work(mock).await,
            Self::Job(job) => {
                let jobs = mock.clone();
                jobs.workers.run(move |cancellation| job(&mock, cancellation)).await
            }
        }
    }

    /// Runs the action on this thread, for a caller that waits for it there.
    ///
    /// # Errors
    ///
    /// The action if it waits.
    pub(crate) fn run_here(self, mock: &MockService) -> Result<O, Self> {
        match self {
            Self::Job(job) => Ok(mock.workers.run_here(|cancellation| job(mock, cancellation))),
            Self::Async(_) => Err(self),
        }
    }
}
