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

/// Defines verbs with the receiver, each for an async caller and a blocking one. `= call(…)` names the method of the
/// caller that runs the action.
macro_rules! verbs {
    ($receiver:tt of $async:ty, $blocking:ty, by $caller:tt; $(
        $(#[$doc:meta])*
        fn $name:ident $arguments:tt -> $answer:ty = $how:ident $input:tt;
    )*) => {
        impl $async {
            $(verbs!(@one [$(#[$doc])*] [pub async fn] $name $receiver $arguments $answer, $caller $how $input [.await]);)*
        }

        impl $blocking {
            $(verbs!(@one [$(#[$doc])*] [pub fn] $name $receiver $arguments $answer, $caller $how $input []);)*
        }
    };
    (@one [$($doc:tt)*] [$($function:tt)+] $name:ident [$($receiver:tt)+] ($($argument:ident: $kind:ty),*) $answer:ty,
        [$($caller:tt)+] $how:ident ($($input:tt)*) [$($wait:tt)*]) => {
        $($doc)*
        $($function)+ $name($($receiver)+ $(, $argument: $kind)*) -> Result<$answer, ControlError> {
            $($caller)+.$how($($input)*)$($wait)*
        }
    };
}
pub(super) use verbs;

verbs! {
    [&self] of Control, blocking::Control, by [self];

    /// Returns the numbers of loaded files, and the version, as `health/ready` does.
    fn health() -> Value = call_as(&health::READY, "", EmptyBody {}, |ready| {
        serde_json::to_value(ready).unwrap_or_default()
    });

    /// Returns the settings of the mock.
    fn settings() -> Value = call_as(&settings::SHOW, "", EmptyBody {}, |shown| shown.0.into());

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
        call(&companies::CHANGE, key, ObjectBody(change));

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
        self.mock.runtime.run(self.clone().all_pages(action, query)).await.unwrap_or_else(|ended| Err(ended.into()))
    }

    /// As [`Control::list`], for a caller that cannot await.
    pub(super) fn list_blocking<T: ActionParams + ListQuery + Clone, I: DeserializeOwned + Send + 'static>(
        &self,
        action: &'static Action<T, ListPage<I>>,
        query: T,
    ) -> Result<Vec<I>, ControlError> {
        self.mock.runtime.block_on(self.clone().all_pages(action, query)).unwrap_or_else(|ended| Err(ended.into()))
    }

    async fn all_pages<T: ActionParams + ListQuery + Clone, I: DeserializeOwned + Send + 'static>(
        self,
        action: &'static Action<T, ListPage<I>>,
        mut query: T,
    ) -> Result<Vec<I>, ControlError> {
        let limit = match self.mock.transport {
            ControlTransport::InProcess(_) => PageLimit(usize::MAX),
            #[cfg(feature = "client")]
            ControlTransport::Http(_) => PageLimit::MAX,
        };
        let (mut items, mut cursor) = (Vec::new(), None);
        loop {
            query.set_page(limit, cursor.as_deref());
            let page = self.start(action, self.target(""), query.clone(), Duration::ZERO).await?;
            items.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(items);
            }
        }
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

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("url", &self.mock.url).field("company_key", &self.company_key).finish()
    }
}
