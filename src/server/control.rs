//! The verbs of a test in Rust, for a mock in this process or another.

mod error;
mod request;
mod scenarios;
mod sessions;

use std::{fmt, sync::Arc, time::Duration};

use serde_json::Value;

pub use self::error::ControlError;
use self::request::{ControlRequest, ControlResponse, PagedList, PendingList, PendingVerb};
#[cfg(feature = "client")]
use super::client::HttpTransport;
use super::{
    blocking,
    events::{EventReader, EventSource},
    expect::OpenExpectations,
    runtime::MockRuntime,
};
use crate::{
    company::Company,
    foreign_text::without_quotes,
    http::admin::{
        action::{Action, Target},
        action_params::{ActionParams, ActionResponse},
        any_action::AnyAction,
        companies::{self, AddCompanyBody},
        events::{self, ListenRequest},
        extract::EmptyBody,
        health,
        paging::{ListPage, ListQuery, NameListQuery, PageLimit},
        problem::ProblemResponse,
        settings,
    },
    mock::{CompanyInfo, MockService},
};

/// Controls a mock: one in this process ([`crate::MockServer`] dereferences to it), or in another one (`MockClient`).
/// It is cheap to clone, and borrows nothing.
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
/// let two = mock.company("two");
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
    mock: Arc<ControlledMock>,
    company_key: Option<String>,
}

/// A mock, and the way to it.
pub(super) struct ControlledMock {
    /// The base URL without a trailing slash.
    pub(super) url: String,
    /// The key of the first company.
    pub(super) first_company_key: String,
    pub(super) expectations: OpenExpectations,
    pub(super) runtime: MockRuntime,
    pub(super) transport: ControlTransport,
}

/// The way to a mock.
#[derive(Clone)]
pub(super) enum ControlTransport {
    InProcess(Arc<MockService>),
    #[cfg(feature = "client")]
    Http(Arc<HttpTransport>),
}

/// Default timeout of a wait.
pub(super) const DEFAULT_WAIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Defines verbs with the receiver, each for an async caller and a blocking one. `= call(…)` names the method of the
/// caller that prepares the action.
macro_rules! verbs {
    ($receiver:tt of $async:ty, $blocking:ty, by $caller:tt; $(
        $(#[$doc:meta])*
        fn $name:ident $arguments:tt -> $answer:ty = $how:ident $input:tt;
    )*) => {
        impl $async {
            $(verbs!(
                @one [$(#[$doc])*] [pub async fn] $name $receiver $arguments $answer,
                $caller [] $how $input [.send().await]
            );)*
        }

        impl $blocking {
            $(verbs!(
                @one [$(#[$doc])*] [pub fn] $name $receiver $arguments $answer,
                $caller [.0] $how $input [.send_blocking()]
            );)*
        }
    };
    (@one [$($doc:tt)*] [$($function:tt)+] $name:ident [$($receiver:tt)+] ($($argument:ident: $kind:ty),*) $answer:ty,
        [$($caller:tt)+] [$($inner:tt)*] $how:ident ($($input:tt)*) [$($send:tt)*]) => {
        $($doc)*
        $($function)+ $name($($receiver)+ $(, $argument: $kind)*) -> Result<$answer, ControlError> {
            $($caller)+$($inner)*.$how($($input)*)$($send)*
        }
    };
}
pub(super) use verbs;

verbs! {
    [&self] of Control, blocking::Control, by [self];

    /// Returns the numbers of loaded files, and the version, as `health/ready` does.
    fn health() -> Value = call_as(&health::READY, "", EmptyBody {}, |_, ready| {
        Ok(serde_json::to_value(ready).unwrap_or_default())
    });

    /// Returns the settings of the mock.
    fn settings() -> Value = call_as(&settings::SHOW, "", EmptyBody {}, |_, shown| Ok(shown.0.into()));

    /// Returns the companies, by key.
    fn companies() -> Vec<CompanyInfo> = list(&companies::LIST, NameListQuery::default());

    /// Returns the company: the one of this handle, or the first one.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is none with this key.
    fn company_info() -> CompanyInfo = call(&companies::SHOW, self.company_key(), EmptyBody {});

    /// Adds a company, until a full reset.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if its key exists, or a setting is invalid.
    fn add_company(company: impl Into<Company>) -> CompanyInfo =
        call(&companies::ADD, "", AddCompanyBody(company.into()));

    /// Changes a company, until a reset: `json!({"scenario": "rejected", "secret": null})`.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is none with this key, or a setting is invalid.
    fn change_company(key: &str, change: Value) -> CompanyInfo =
        call(&companies::CHANGE, key, change.into());

    /// Removes a company with its sessions.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is none with this key.
    fn remove_company(key: &str) -> () = call(&companies::REMOVE, key, EmptyBody {});

    /// Resets the company, or everything: no sessions, initial queue, faults and clock.
    fn reset() -> () = call(&companies::RESET, "", EmptyBody {});
}

/// Every verb returns a [`ControlError`] if the mock cannot be reached or refuses; `# Errors` sections name further
/// reasons.
impl Control {
    pub(super) fn new(mock: ControlledMock) -> Self {
        Self { mock: Arc::new(mock), company_key: None }
    }

    /// Returns a handle limited to one company. With `any_company_key`, the first verb creates the company.
    pub fn company(&self, key: impl Into<String>) -> Self {
        Self { mock: self.mock.clone(), company_key: Some(key.into()) }
    }

    /// Returns the base URL without a trailing slash, for the code under test.
    pub fn url(&self) -> &str {
        &self.mock.url
    }

    /// Returns the key of the company: the one of this handle, or the first one. It is empty for a client that may not
    /// control the mock.
    pub fn company_key(&self) -> &str {
        self.company_key.as_ref().unwrap_or(&self.mock.first_company_key)
    }

    /// Returns the URL of the widget for a session.
    pub fn widget_url(&self, token: &str) -> String {
        format!("{}/?session_token={}", self.url(), without_quotes(token))
    }

    /// Returns the key of the company that it is limited to.
    pub(super) fn only_company(&self) -> Option<&str> {
        self.company_key.as_deref()
    }

    pub(super) fn open_expectations(&self) -> &OpenExpectations {
        &self.mock.expectations
    }

    /// Checks that every expectation is verified.
    pub(super) fn check_expectations(&self) -> Result<(), ControlError> {
        let open = self.open_expectations().positions(self.only_company());
        if open.is_empty() {
            return Ok(());
        }
        let open: Vec<_> = open.iter().map(|caller| format!("\n  the expectation at {caller}")).collect();
        Err(ProblemResponse::conflict(format!("not every expectation is verified:{}", open.concat())).into())
    }

    /// Reads the events of the company, or of all, from now on.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 409 if the journal is disabled.
    pub async fn events(&self) -> Result<EventReader<Self>, ControlError> {
        let source = self.mock.runtime.run(self.event_source()).await.unwrap_or_else(|ended| Err(ended.into()))?;
        Ok(EventReader::new(self.mock.runtime.clone(), source))
    }

    /// Connects to the stream of events.
    pub(super) fn event_source(&self) -> impl Future<Output = Result<EventSource, ControlError>> + Send + use<> {
        let request = self.request(&events::LISTEN, "", ListenRequest::default(), Duration::ZERO);
        async {
            match request {
                ControlRequest::InProcess(mock, action) => {
                    let stream = action.run(mock).await?.downcast().expect("it is the response of the action");
                    Ok(EventSource::InProcess(*stream))
                }
                #[cfg(feature = "client")]
                ControlRequest::Http(http, request, _) => http.listen(request).await.map(EventSource::Http),
            }
        }
    }

    pub(super) fn runtime(&self) -> &MockRuntime {
        &self.mock.runtime
    }

    pub(super) fn call<T: ActionParams, R: ActionResponse>(
        &self,
        action: &'static Action<T, R>,
        name: &str,
        parameters: T,
    ) -> PendingVerb<'_, R, R> {
        self.call_as(action, name, parameters, |_, response| Ok(response))
    }

    /// Prepares an action whose response is converted.
    pub(super) fn call_as<T: ActionParams, R: ActionResponse, O>(
        &self,
        action: &'static Action<T, R>,
        name: &str,
        parameters: T,
        convert: fn(&Self, R) -> Result<O, ControlError>,
    ) -> PendingVerb<'_, R, O> {
        self.wait_as(action, name, parameters, Duration::ZERO, convert)
    }

    /// Prepares an action that waits up to `timeout`, and whose response is converted.
    pub(super) fn wait_as<T: ActionParams, R: ActionResponse, O>(
        &self,
        action: &'static Action<T, R>,
        name: &str,
        parameters: T,
        timeout: Duration,
        convert: fn(&Self, R) -> Result<O, ControlError>,
    ) -> PendingVerb<'_, R, O> {
        PendingVerb { control: self, request: self.request(action, name, parameters, timeout), convert }
    }

    /// Prepares a list of all pages.
    pub(super) fn list<T: ListQuery + Clone, I>(
        &self,
        action: &'static Action<T, ListPage<I>>,
        query: T,
    ) -> PendingList<'_, T, I> {
        PendingList { control: self, action, pages: PagedList::new(query, self.page_limit()) }
    }

    fn page_limit(&self) -> PageLimit {
        match self.mock.transport {
            ControlTransport::InProcess(_) => PageLimit(usize::MAX),
            #[cfg(feature = "client")]
            ControlTransport::Http(_) => PageLimit::MAX,
        }
    }

    fn request<T: ActionParams, R: ActionResponse>(
        &self,
        action: &'static Action<T, R>,
        name: &str,
        parameters: T,
        #[cfg_attr(not(feature = "client"), expect(unused_variables, reason = "only a client has timeouts"))]
        timeout: Duration,
    ) -> ControlRequest {
        let target = Target { name: name.to_owned(), company_key: self.company_key.clone() };
        match &self.mock.transport {
            ControlTransport::InProcess(mock) => {
                let action: &'static dyn AnyAction = action;
                ControlRequest::InProcess(mock.clone(), action.prepare(target, Box::new(parameters)))
            }
            #[cfg(feature = "client")]
            ControlTransport::Http(http) => {
                ControlRequest::Http(http.clone(), action.to_request(&target, &parameters), timeout)
            }
        }
    }

    async fn run(&self, request: ControlRequest) -> Result<ControlResponse, ControlError> {
        self.mock.runtime.run(request.run()).await.unwrap_or_else(|ended| Err(ended.into()))
    }

    fn run_blocking(&self, request: ControlRequest) -> Result<ControlResponse, ControlError> {
        let request = match request {
            ControlRequest::InProcess(mock, action) => match action.run_here(&mock) {
                Ok(done) => return Ok(ControlResponse::InProcess(done?)),
                Err(action) => ControlRequest::InProcess(mock, action),
            },
            #[cfg(feature = "client")]
            ControlRequest::Http(..) => request,
        };
        self.mock.runtime.block_on(request.run()).unwrap_or_else(|ended| Err(ended.into()))
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("url", &self.mock.url).field("company_key", &self.company_key).finish()
    }
}
