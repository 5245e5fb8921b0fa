//! `/__admin/events`: all events, as server-sent events.

use std::{borrow::Cow, collections::VecDeque, convert::Infallible, pin::pin, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::Response,
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::{sync::OwnedSemaphorePermit, time::sleep};

use super::{
    action::{Action, Target},
    action_params::{ActionParams, ActionResponse, RequestContent},
    any_action::ActionFuture,
    described::described_as,
    extract::AdminParams,
    problem::ProblemResponse,
    sessions::token_in,
    wait::acquire_wait_slot,
};
use crate::{
    company::{EventKind, JournalItem, Tenant, WaiterGuard},
    foreign_text::shortened,
    mock::{MockService, OwnedEvent},
    vendor::Token,
};

/// Interval of comment lines, which keep the connection alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The filters of a stream of events.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct EventsQuery {
    session: Option<String>,
    /// Only events after the one with this id: 0 for all in the journal; by default from now on. The header
    /// `Last-Event-ID` overrides it.
    after: Option<u64>,
}

/// An event. Times are RFC 3339 in UTC.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Event"))]
pub(super) struct EventInfo<'a> {
    /// Its id, unique among all events of the server.
    id: u64,
    /// Its time on the company's clock, or the server's if it has no company.
    at: String,
    company_key: Option<&'a str>,
    session: Option<String>,
    #[serde(flatten)]
    what: &'a EventKind,
}

/// Sent instead of events that are no longer in the journal.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct MissedEvents {
    /// Some of the events up to this id are missing.
    pub(crate) up_to: u64,
    pub(crate) why: Cow<'static, str>,
}

/// The name of [`MissedEvents`].
pub(crate) const MISSED: &str = "missed";

/// The filters of a stream, with the header of a client that reconnects.
#[derive(Debug, Default)]
pub(crate) struct ListenRequest(EventsQuery);

described_as!(ListenRequest, EventsQuery);

impl ActionParams for ListenRequest {
    #[cfg(test)]
    const HEADERS: &'static [(&'static str, &'static str)] =
        &[("Last-Event-ID", "Only events after this id; overrides `after`")];

    fn read(request: AdminParams, of_company: bool) -> Result<(Option<String>, Self), ProblemResponse> {
        let last = request.header("last-event-id").map(|id| last_heard(&id)).transpose()?;
        let (company_key, query) = EventsQuery::read(request, of_company)?;
        Ok((company_key, Self(EventsQuery { after: last.or(query.after), ..query })))
    }

    fn to_request(&self, is_query: bool) -> RequestContent {
        self.0.to_request(is_query)
    }
}

pub(crate) static LISTEN: Action<ListenRequest, EventStream> =
    Action::get_async("/events", |mock, target, request| ActionFuture::new(listen(mock, target, request)))
        .named("streamEvents", "Streams events as server-sent events, each with a JSON object as its data")
        .of_company()
        .fails_with(&[409, 503]);

/// An event as it is sent.
pub(crate) struct SentEvent {
    /// `None` for `missed`: a disconnected reader continues after the last event that it received.
    id: Option<u64>,
    pub(crate) name: &'static str,
    /// A JSON object.
    pub(crate) data: String,
}

/// The stream of a listener.
pub(crate) struct EventStream {
    mock: Arc<MockService>,
    tenant: Option<Arc<Tenant>>,
    session: Option<Token>,
    /// All events up to this id were read.
    last_read: u64,
    /// Up to this id, missing events were reported.
    last_sent: u64,
    ready: VecDeque<SentEvent>,
    has_begun: bool,
    is_cut_off: bool,
    _slot: OwnedSemaphorePermit,
    /// Guard in the company of the stream.
    _waiting: Option<WaiterGuard>,
}

described_as!(EventStream, EventInfo<'_>);

impl ActionResponse for EventStream {
    #[cfg(test)]
    const CONTENT_TYPE: &'static str = "text/event-stream";

    fn into_http(self) -> Response<Body> {
        let events = stream::unfold(self, |stream| async {
            let (SentEvent { id, name, data }, stream) = stream.next().await?;
            let event = id.iter().fold(Event::default().event(name), |event, id| event.id(id.to_string()));
            Some((Ok::<_, Infallible>(event.data(data)), stream))
        });
        Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
    }
}

async fn listen(
    mock: Arc<MockService>,
    target: Target,
    ListenRequest(query): ListenRequest,
) -> Result<EventStream, ProblemResponse> {
    if !mock.config.journal.enabled {
        return Err(ProblemResponse::conflict("the journal is disabled (--no-journal), so there are no events"));
    }
    let tenant = target.tenant(&mock)?;
    let session = query.session.map(|token| token_in(&token, "session")).transpose()?;
    let slot = acquire_wait_slot(&mock)?;
    let now = mock.numbers.last_event();
    let heard = query.after.unwrap_or(now);
    let (ready, told, has_begun, is_cut_off) = (VecDeque::new(), 0, false, false);
    let of_session = session.and_then(|token| mock.tenant_of(token.as_str()));
    let _waiting = tenant.as_ref().or(of_session.as_ref()).map(Tenant::register_waiter);
    let mut listener = EventStream {
        mock,
        tenant,
        session,
        last_read: heard,
        last_sent: told,
        ready,
        has_begun,
        is_cut_off,
        _slot: slot,
        _waiting,
    };
    if heard > now {
        listener.last_read = 0;
        listener.ready.push_back(missed(heard, "they are from a server that ran before this one"));
    }
    Ok(listener)
}

fn last_heard(id: &str) -> Result<u64, ProblemResponse> {
    let id = id.trim();
    id.parse().map_err(|_| ProblemResponse::invalid(format!("Last-Event-ID: `{}` is not an event id", shortened(id))))
}

impl EventStream {
    /// Returns the next event; `None` at the end.
    pub(crate) async fn next(mut self) -> Option<(SentEvent, Self)> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some((event, self));
            }
            if self.is_cut_off {
                return None;
            }
            let mock = self.mock.clone();
            let tenant = self.tenant.clone();
            let changed = tenant.as_ref().map_or(&mock.numbers.changed, |tenant| &tenant.journal.changed);
            let mut notified = pin!(changed.notified());
            // No event is missed from here on.
            notified.as_mut().enable();
            let (listener, next_due, has_news) = mock.workers.run(move |_| self.listen_when_settled()).await;
            self = listener;
            if has_news {
                continue;
            }
            if tenant.as_ref().is_some_and(|tenant| !mock.is_current(tenant)) {
                self.cut_off(self.last_read, "removed the company");
                continue;
            }
            tokio::select! {
                () = notified => {}
                () = mock.stopping() => return None,
                () = sleep(next_due.unwrap_or(Duration::MAX)) => {}
            }
        }
    }

    /// Applies due stages, and reads new events. Returns the time until the next due stage, and whether there are
    /// events.
    fn listen_when_settled(mut self) -> (Self, Option<Duration>, bool) {
        let next_due = self.mock.apply_due_stages(self.tenant.as_ref());
        let has_news = self.listen();
        (self, next_due, has_news)
    }

    /// Reads new events. Returns whether there are any.
    fn listen(&mut self) -> bool {
        let heard = self.mock.events_after(self.tenant.as_ref(), self.session, self.last_read);
        if let Some(forgotten) = heard.forgotten.filter(|forgotten| *forgotten > self.last_sent) {
            self.last_sent = forgotten;
            if self.has_begun {
                self.cut_off(
                    forgotten,
                    "the reader was too slow: the journal evicted events (--journal-calls, --journal-bytes) or was \
                     reset; reconnect with Last-Event-ID",
                );
                return true;
            }
            self.ready.push_back(missed(forgotten, "they are no longer in the journal"));
        }
        self.has_begun |= heard.up_to == self.mock.numbers.last_event();
        let has_more = heard.up_to > self.last_read;
        self.last_read = heard.up_to;
        self.ready.extend(heard.events.iter().map(event));
        has_more || !self.ready.is_empty()
    }

    fn cut_off(&mut self, up_to: u64, why: &'static str) {
        self.ready.push_back(missed(up_to, why));
        self.is_cut_off = true;
    }
}

fn event((tenant, noted): &OwnedEvent) -> SentEvent {
    let company_key = tenant.as_ref().map(|tenant| &*tenant.key);
    let info = |at: String, what: &EventKind| {
        let session = noted.session().map(|token| token.to_string());
        let info = EventInfo { id: noted.id(), at, company_key, session, what };
        let data = serde_json::to_string(&info).expect("an event is JSON");
        SentEvent { id: Some(info.id), name: what.name(), data }
    };
    match noted {
        JournalItem::Event(event) => info(event.event.at.to_string(), &event.event.kind),
        JournalItem::Call(entry) => info(entry.recorded.at.to_string(), &EventKind::call(entry)),
    }
}

fn missed(up_to: u64, why: &'static str) -> SentEvent {
    let data = serde_json::to_string(&MissedEvents { up_to, why: why.into() }).expect("it is JSON");
    SentEvent { id: None, name: MISSED, data }
}
