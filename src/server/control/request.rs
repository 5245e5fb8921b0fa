//! Requests of verbs, and pages of lists.

use std::sync::Arc;
#[cfg(feature = "client")]
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::{Control, ControlError};
#[cfg(feature = "client")]
use crate::{
    http::admin::action_params::ActionRequest,
    server::client::{HttpResponse, HttpTransport},
};
use crate::{
    http::admin::{
        action::Action,
        action_params::{ActionParams, ActionResponse},
        any_action::{AnyResponse, AnyResult, PendingAction},
        paging::{ListPage, ListQuery, PageLimit},
    },
    mock::MockService,
};

/// A request of a verb, without the types of its action, so that the code around it is compiled once.
pub(super) enum ControlRequest {
    InProcess(Arc<MockService>, PendingAction<AnyResult>),
    /// With the time that the mock may wait.
    #[cfg(feature = "client")]
    Http(Arc<HttpTransport>, ActionRequest, Duration),
}

impl ControlRequest {
    pub(super) async fn run(self) -> Result<ControlResponse, ControlError> {
        match self {
            Self::InProcess(mock, action) => Ok(ControlResponse::InProcess(action.run(mock).await?)),
            #[cfg(feature = "client")]
            Self::Http(http, request, timeout) => http.send(request, timeout).await.map(ControlResponse::Http),
        }
    }
}

/// The response to a [`ControlRequest`].
pub(super) enum ControlResponse {
    InProcess(AnyResponse),
    #[cfg(feature = "client")]
    Http(HttpResponse),
}

impl ControlResponse {
    pub(super) fn read<R: DeserializeOwned + 'static>(self) -> Result<R, ControlError> {
        match self {
            Self::InProcess(response) => Ok(*response.downcast().expect("it is the response of the action")),
            #[cfg(feature = "client")]
            Self::Http(response) => response.read(),
        }
    }
}

/// A verb that is ready to run: its request, and the conversion of the response.
pub(in crate::server) struct PendingVerb<'a, R, O> {
    pub(super) control: &'a Control,
    pub(super) request: ControlRequest,
    pub(super) convert: fn(&Control, R) -> Result<O, ControlError>,
}

impl<R: DeserializeOwned + 'static, O> PendingVerb<'_, R, O> {
    pub(in crate::server) async fn send(self) -> Result<O, ControlError> {
        let response = self.control.run(self.request).await?;
        (self.convert)(self.control, response.read()?)
    }

    pub(in crate::server) fn send_blocking(self) -> Result<O, ControlError> {
        let response = self.control.run_blocking(self.request)?;
        (self.convert)(self.control, response.read()?)
    }
}

/// A list that is ready to be read, page by page.
pub(in crate::server) struct PendingList<'a, T: 'static, I: 'static> {
    pub(super) control: &'a Control,
    pub(super) action: &'static Action<T, ListPage<I>>,
    pub(super) pages: PagedList<T, I>,
}

impl<T: ActionParams + ListQuery + Clone, I: DeserializeOwned> PendingList<'_, T, I>
where
    ListPage<I>: ActionResponse + DeserializeOwned,
{
    pub(in crate::server) async fn send(mut self) -> Result<Vec<I>, ControlError> {
        while let Some(query) = self.pages.next_query() {
            let page = self.control.call(self.action, "", query).send().await?;
            self.pages.add(page);
        }
        Ok(self.pages.items)
    }

    pub(in crate::server) fn send_blocking(mut self) -> Result<Vec<I>, ControlError> {
        while let Some(query) = self.pages.next_query() {
            let page = self.control.call(self.action, "", query).send_blocking()?;
            self.pages.add(page);
        }
        Ok(self.pages.items)
    }
}

/// A list that is read page by page.
pub(super) struct PagedList<T, I> {
    /// The query of the next page; `None` after the last page.
    query: Option<T>,
    limit: PageLimit,
    pub(super) items: Vec<I>,
}

impl<T: ListQuery + Clone, I> PagedList<T, I> {
    pub(super) fn new(mut query: T, limit: PageLimit) -> Self {
        query.set_page(limit, None);
        Self { query: Some(query), limit, items: Vec::new() }
    }

    pub(super) fn next_query(&self) -> Option<T> {
        self.query.clone()
    }

    pub(super) fn add(&mut self, page: ListPage<I>) {
        self.items.extend(page.items);
        let query = self.query.take();
        self.query = page.next.zip(query).map(|(cursor, mut query)| {
            query.set_page(self.limit, Some(&cursor));
            query
        });
    }
}
