//! The verbs of a test in Rust, for a mock in this process or another.

mod error;
mod scenarios;
mod sessions;

use std::{fmt, sync::Arc, time::Duration};

use serde::de::DeserializeOwned;
use serde_json::Value;

pub use self::error::ControlError;
#[cfg(feature = "client")]
use super::client::HttpTransport;
use super::{blocking, runtime::MockRuntime};
use crate::{
    company::Company,
    foreign_text::without_quotes,
    http::admin::{
        action::{Action, ActionParams, ObjectBody, Target},
        companies::{self, AddCompanyBody},
        extract::EmptyBody,
        health,
        paging::{ListPage, ListQuery, NameListQuery, PageLimit},
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
    pub(super) runtime: MockRuntime,
    pub(super) transport: ControlTransport,
}

/// The way to a mock.
#[derive(Clone)]
pub(super) enum ControlTransport {
    InProcess(Arc<MockService>),
    #[cfg(feature = "client")]
    Http(HttpTransport),
}

/// Default timeout of a wait.
pub(super) const DEFAULT_WAIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Defines verbs, each for an async caller and a blocking one: `= call(…)` names the method that runs the action.
macro_rules! verbs {
    ($async:ty, $blocking:ty; $($(#[$doc:meta])* fn $name:ident(&$self:ident $(, $argument:ident: $kind:ty)*) -> $answer:ty
        = $how:ident($($input:tt)*);)*) => {
        impl $async {
            $(
                $(#[$doc])*
                pub async fn $name(&$self $(, $argument: $kind)*) -> Result<$answer, ControlError> {
                    $self.$how($($input)*).await
                }
            )*
        }

        impl $blocking {
            $(
                $(#[$doc])*
                pub fn $name(&$self $(, $argument: $kind)*) -> Result<$answer, ControlError> {
                    $self.$how($($input)*)
                }
            )*
        }
    };
    ($async:ty, $blocking:ty; $($(#[$doc:meta])* fn $name:ident($self:ident $(, $argument:ident: $kind:ty)*) -> $answer:ty
        = $how:ident($($input:tt)*);)*) => {
        impl $async {
            $(
                $(#[$doc])*
                pub async fn $name($self $(, $argument: $kind)*) -> Result<$answer, ControlError> {
                    $self.control.$how($($input)*).await
                }
            )*
        }

        impl $blocking {
            $(
                $(#[$doc])*
                pub fn $name($self $(, $argument: $kind)*) -> Result<$answer, ControlError> {
                    $self.control.$how($($input)*)
                }
            )*
        }
    };
}
pub(super) use verbs;

verbs! {
    Control, blocking::Control;

    /// Returns the numbers of loaded files, and the version, as `health/ready` does.
    fn health(&self) -> Value = call_as(&health::READY, "", EmptyBody {}, |ready| {
        serde_json::to_value(ready).unwrap_or_default()
    });

    /// Returns the settings of the mock.
    fn settings(&self) -> Value = call_as(&settings::SHOW, "", EmptyBody {}, |shown| shown.0.into());

    /// Returns the companies, by key.
    fn companies(&self) -> Vec<CompanyInfo> = list(&companies::LIST, NameListQuery::default());

    /// Returns the company: the one of this handle, or the first one.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is none with this key.
    fn company_info(&self) -> CompanyInfo = call(&companies::SHOW, self.company_key(), EmptyBody {});

    /// Adds a company, until a full reset.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if its key exists, or a setting is invalid.
    fn add_company(&self, company: impl Into<Company>) -> CompanyInfo =
        call(&companies::ADD, "", AddCompanyBody(company.into()));

    /// Changes a company, until a reset: `json!({"scenario": "rejected", "secret": null})`.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is none with this key, or a setting is invalid.
    fn change_company(&self, key: &str, change: Value) -> CompanyInfo =
        call(&companies::CHANGE, key, ObjectBody(change));

    /// Removes a company with its sessions.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is none with this key.
    fn remove_company(&self, key: &str) -> () = call(&companies::REMOVE, key, EmptyBody {});

    /// Resets the company, or everything: no sessions, initial queue, faults and clock.
    fn reset(&self) -> () = call(&companies::RESET, "", EmptyBody {});
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

    /// Returns the key of the company: the one of this handle, or the first one.
    pub fn company_key(&self) -> &str {
        self.company_key.as_ref().unwrap_or(&self.mock.first_company_key)
    }

    /// Returns the URL of the widget for a session.
    pub fn widget_url(&self, token: &str) -> String {
        format!("{}/?session_token={}", self.url(), without_quotes(token))
    }

    #[cfg(feature = "client")]
    pub(super) fn runtime(&self) -> &MockRuntime {
        &self.mock.runtime
    }

    pub(super) async fn call<T: ActionParams, R: DeserializeOwned + Send + 'static>(
        &self,
        action: &'static Action<T, R>,
        name: &str,
        parameters: T,
    ) -> Result<R, ControlError> {
        self.call_as(action, name, parameters, |response| response).await
    }

    /// Runs an action, and converts its response.
    pub(super) async fn call_as<T: ActionParams, R: DeserializeOwned + Send + 'static, O>(
        &self,
        action: &'static Action<T, R>,
        name: &str,
        parameters: T,
        convert: impl FnOnce(R) -> O + Send,
    ) -> Result<O, ControlError> {
        self.wait_as(action, name, parameters, Duration::ZERO, |response| Ok(convert(response))).await
    }

    /// Runs an action that waits up to `timeout`, and converts its response.
    pub(super) async fn wait_as<T: ActionParams, R: DeserializeOwned + Send + 'static, O>(
        &self,
        action: &'static Action<T, R>,
        name: &str,
        parameters: T,
        timeout: Duration,
        convert: impl FnOnce(R) -> Result<O, ControlError> + Send,
    ) -> Result<O, ControlError> {
        let work = self.start(action, self.target(name), parameters, timeout);
        self.mock.runtime.run(work).await.unwrap_or_else(|ended| Err(ended.into())).and_then(convert)
    }

    /// As [`Control::wait_as`], for a caller that cannot await.
    pub(super) fn block_on<T: ActionParams, R: DeserializeOwned + Send + 'static, O>(
        &self,
        action: &'static Action<T, R>,
        name: &str,
        parameters: T,
        timeout: Duration,
        convert: impl FnOnce(R) -> Result<O, ControlError> + Send,
    ) -> Result<O, ControlError> {
        let target = self.target(name);
        let parameters = match &self.mock.transport {
            ControlTransport::InProcess(mock) => match action.run_here(mock, &target, parameters) {
                Ok(done) => return done.map_err(ControlError::from).and_then(convert),
                Err(parameters) => parameters,
            },
            #[cfg(feature = "client")]
            ControlTransport::Http(_) => parameters,
        };
        let work = self.start(action, target, parameters, timeout);
        self.mock.runtime.block_on(work).unwrap_or_else(|ended| Err(ended.into())).and_then(convert)
    }

    /// Returns all pages of a list.
    pub(super) async fn list<T: ActionParams + ListQuery + Clone, I: DeserializeOwned + Send + 'static>(
        &self,
        action: &'static Action<T, ListPage<I>>,
        query: T,
    ) -> Result<Vec<I>, ControlError> {
        let mut pages = Pages::new(self, query);
        while let Some(query) = pages.next_query() {
            pages.add(self.call(action, "", query).await?);
        }
        Ok(pages.items)
    }

    /// As [`Control::list`], for a caller that cannot await.
    pub(super) fn list_blocking<T: ActionParams + ListQuery + Clone, I: DeserializeOwned + Send + 'static>(
        &self,
        action: &'static Action<T, ListPage<I>>,
        query: T,
    ) -> Result<Vec<I>, ControlError> {
        let mut pages = Pages::new(self, query);
        while let Some(query) = pages.next_query() {
            pages.add(self.block_on(action, "", query, Duration::ZERO, Ok)?);
        }
        Ok(pages.items)
    }

    fn target(&self, name: &str) -> Target {
        Target { name: name.to_owned(), company_key: self.company_key.clone() }
    }

    fn start<T: ActionParams, R: DeserializeOwned + Send + 'static>(
        &self,
        action: &'static Action<T, R>,
        target: Target,
        parameters: T,
        #[cfg_attr(not(feature = "client"), expect(unused_variables, reason = "only a client has timeouts"))]
        timeout: Duration,
    ) -> impl Future<Output = Result<R, ControlError>> + Send + use<T, R> {
        let transport = self.mock.transport.clone();
        async move {
            match transport {
                ControlTransport::InProcess(mock) => Ok(action.run(mock, target, parameters).await?),
                #[cfg(feature = "client")]
                ControlTransport::Http(http) => http.send(action.to_request(&target, &parameters), timeout).await,
            }
        }
    }
}

/// The pages of a list.
struct Pages<T, I> {
    query: T,
    limit: PageLimit,
    /// Whether there are more pages.
    has_more: bool,
    items: Vec<I>,
}

impl<T: ListQuery + Clone, I> Pages<T, I> {
    fn new(control: &Control, mut query: T) -> Self {
        let limit = match control.mock.transport {
            ControlTransport::InProcess(_) => PageLimit(usize::MAX),
            #[cfg(feature = "client")]
            ControlTransport::Http(_) => PageLimit::MAX,
        };
        query.set_page(limit, None);
        Self { query, limit, has_more: true, items: Vec::new() }
    }

    fn next_query(&self) -> Option<T> {
        self.has_more.then(|| self.query.clone())
    }

    fn add(&mut self, page: ListPage<I>) {
        self.items.extend(page.items);
        self.has_more = page.next.is_some();
        self.query.set_page(self.limit, page.next.as_deref());
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("url", &self.mock.url).field("company_key", &self.company_key).finish()
    }
}
