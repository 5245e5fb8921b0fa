//! Events of a mock, as they happen.

use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::{
    sync::{
        Mutex,
        mpsc::{self, Receiver, Sender},
    },
    time::timeout,
};

#[cfg(feature = "client")]
use super::client::HttpEvents;
use super::{
    blocking,
    control::{Control, ControlError, DEFAULT_WAIT_TIMEOUT},
    runtime::MockRuntime,
};
use crate::http::admin::{
    events::{EventStream, MISSED, MissedEvents},
    problem::ProblemResponse,
};

/// Number of events that are read ahead.
const READ_AHEAD: usize = 16;

/// An event of a mock, with the members that `/__admin/events` sends.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct MockEvent {
    /// Its id, unique among all events of the mock.
    pub id: u64,
    /// Its time on the company's clock, or the server's if it has no company, as RFC 3339 in UTC.
    pub at: String,
    /// Its company; `None` for the server.
    pub company_key: Option<String>,
    /// Token of its session.
    pub session: Option<String>,
    /// Its kind, such as `begun`, `opened`, `step`, `finished`, `stage`, `call` or `fault`.
    pub what: String,
    /// The other members, which depend on its kind: `scenario` of a begun session, `stage` of a reached stage.
    #[serde(flatten)]
    pub details: Map<String, Value>,
}

/// Reads the events of a mock, or of a company, from its creation on.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use identomat_mock::MockServer;
/// use serde_json::json;
///
/// let mock = MockServer::start().await;
/// let mut events = mock.events().await?;
/// let session = mock.begin(json!({"scenario": "rejected"})).await?;
/// let begun = events.next_event().await?;
/// assert_eq!((begun.what.as_str(), &begun.details["scenario"]), ("begun", &json!("rejected")));
/// mock.finish(&session.token).await?;
/// let finished = events.until(|event| event.what == "finished").await?;
/// assert_eq!(finished.session, Some(session.token));
/// # Ok(())
/// # }
/// ```
pub struct EventReader<C> {
    runtime: MockRuntime,
    events: Arc<Mutex<Receiver<Result<MockEvent, ControlError>>>>,
    timeout: Duration,
    of: PhantomData<C>,
}

/// The way to the events.
pub(super) enum EventSource {
    InProcess(EventStream),
    #[cfg(feature = "client")]
    Http(HttpEvents),
}

impl<C> EventReader<C> {
    pub(super) fn new(runtime: MockRuntime, source: EventSource) -> Self {
        let (send, events) = mpsc::channel(READ_AHEAD);
        runtime.spawn(Box::pin(async move {
            // A reader that is dropped ends its stream.
            tokio::select! {
                () = send_all(source, &send) => {}
                () = send.closed() => {}
            }
        }));
        Self { runtime, events: Arc::new(Mutex::new(events)), timeout: DEFAULT_WAIT_TIMEOUT, of: PhantomData }
    }

    /// Sets the timeout of each event in real time, instead of 5 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn receive(&self) -> impl Future<Output = Result<MockEvent, ControlError>> + Send + 'static {
        let (events, limit) = (self.events.clone(), self.timeout);
        async move {
            let received = timeout(limit, async { events.lock().await.recv().await }).await;
            let late = |_| ControlError::from(ProblemResponse::timeout(format!("there was no event within {limit:?}")));
            let ended = "the stream of events has ended: the mock has stopped, or reported why before";
            received.map_err(late)?.unwrap_or_else(|| Err(ControlError::Unreachable(ended.into())))
        }
    }
}

/// Each method returns a [`ControlError`]: with status 408 after the timeout, and with 410 if the mock has evicted
/// events that were not read in time.
impl EventReader<Control> {
    /// Returns the next event.
    pub async fn next_event(&mut self) -> Result<MockEvent, ControlError> {
        self.runtime.run(self.receive()).await.unwrap_or_else(|ended| Err(ended.into()))
    }

    /// Returns the next event for which `is_awaited` returns true.
    pub async fn until(&mut self, mut is_awaited: impl FnMut(&MockEvent) -> bool) -> Result<MockEvent, ControlError> {
        loop {
            let event = self.next_event().await?;
            if is_awaited(&event) {
                return Ok(event);
            }
        }
    }
}

/// As [`EventReader<Control>`].
impl EventReader<blocking::Control> {
    /// Returns the next event.
    pub fn next_event(&mut self) -> Result<MockEvent, ControlError> {
        self.runtime.block_on(self.receive()).unwrap_or_else(|ended| Err(ended.into()))
    }

    /// Returns the next event for which `is_awaited` returns true.
    pub fn until(&mut self, mut is_awaited: impl FnMut(&MockEvent) -> bool) -> Result<MockEvent, ControlError> {
        loop {
            let event = self.next_event()?;
            if is_awaited(&event) {
                return Ok(event);
            }
        }
    }
}

impl<C> fmt::Debug for EventReader<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventReader").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

async fn send_all(source: EventSource, send: &Sender<Result<MockEvent, ControlError>>) {
    match source {
        EventSource::InProcess(mut stream) => {
            while let Some((event, next)) = stream.next().await {
                stream = next;
                let _ = send.send(read_event(event.name, &event.data)).await;
            }
        }
        #[cfg(feature = "client")]
        EventSource::Http(mut stream) => loop {
            match stream.next().await {
                Ok(Some((name, data))) => _ = send.send(read_event(&name, &data)).await,
                Ok(None) => break,
                Err(error) => {
                    let _ = send.send(Err(error)).await;
                    break;
                }
            }
        },
    }
}

fn read_event(name: &str, data: &str) -> Result<MockEvent, ControlError> {
    let unexpected = |error| ControlError::Unexpected(format!("the event `{data}` cannot be read: {error}"));
    if name == MISSED {
        let MissedEvents { up_to, why } = serde_json::from_str(data).map_err(unexpected)?;
        return Err(ProblemResponse::gone(format!("events up to id {up_to} are missing: {why}")).into());
    }
    serde_json::from_str(data).map_err(unexpected)
}
