//! A connection: it is served, and closed when its client is too slow or its slot is needed.

use std::{
    future::poll_fn,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};

use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::Watcher};
use tokio::{
    net::TcpStream,
    time::{Sleep, sleep},
};

use super::{
    connections::{ConnectionPhase, ConnectionSlot},
    socket::SharedSocket,
    stream::{CutHandle, FaultStream},
    tls::TlsAcceptor,
    transport::Transport,
};
use crate::{
    clock::uptime,
    config::ClientLimits,
    http::{ClientConnection, ConnectionCut, IncompleteGuard, IncompleteRequests, Routes},
};

/// Maximum length of a request's head, in bytes, and of one read. The longest URL that hyper accepts has half of it.
const MAX_HEAD_BYTES: usize = 128 << 10;

/// The end of a connection.
enum ConnectionEnd {
    /// The connection ended normally or with an error.
    Done(hyper::Result<()>),
    /// The connection was idle too long, or its slot was needed.
    Idle,
    /// The head of a request was too slow.
    TooSlow(String),
}

/// Serves the client of an accepted connection until either side ends it.
pub(super) async fn serve(
    stream: TcpStream,
    address: SocketAddr,
    slot: ConnectionSlot,
    routes: Arc<Routes>,
    tls: Option<TlsAcceptor>,
    limits: ClientLimits,
    stop: Watcher,
) {
    // Responses are small; without this the system may delay them.
    let _ = stream.set_nodelay(true);
    let caller = ClientConnection { address, socket: Arc::new(Mutex::new(stream)) };
    let (cut_handle, activity) = (Arc::new(CutHandle::default()), &slot.activity);
    let transport = Transport::new(SharedSocket(caller.socket.clone()), tls);
    let is_secure = transport.is_secure();
    let stream = FaultStream::new(transport, cut_handle.clone(), activity.clone());
    let service = service_fn(|request: hyper::Request<Incoming>| async {
        activity.on_head();
        let response = routes.answer(request, &caller).await;
        activity.on_response();
        match response.extensions().get() {
            None => Ok(response),
            Some(ConnectionCut::Before) => Err("a fault closes the connection"),
            Some(ConnectionCut::Reset) => {
                let _ = caller.socket.lock().unwrap_or_else(PoisonError::into_inner).set_zero_linger();
                Err("a fault resets the connection")
            }
            Some(at) => {
                cut_handle.arm(*at);
                Ok(response)
            }
        }
    });
    // Hyper's own timeout covers idle connections and heads alike. A client that closes its sending side still gets its
    // response.
    let mut http = http1::Builder::new();
    http.half_close(true).header_read_timeout(None).max_buf_size(MAX_HEAD_BYTES);
    let connection = stop.watch(http.serve_connection(TokioIo::new(stream), service));
    match watched(connection, &slot, &limits, &routes.incomplete).await {
        ConnectionEnd::Done(Ok(())) => {}
        ConnectionEnd::Done(Err(error)) => tracing::debug!(client = %address, %error, "a connection failed"),
        ConnectionEnd::Idle => tracing::debug!(client = %address, "an idle connection is closed"),
        ConnectionEnd::TooSlow(problem) => {
            tracing::debug!(client = %address, "aborted a request: {problem}");
            // If the send buffer is full, the client has not read for long. TLS accepts nothing besides the stream.
            if !is_secure.load(Ordering::Relaxed) {
                let answer = routes.head_too_slow(&problem);
                let _ = caller.socket.lock().unwrap_or_else(PoisonError::into_inner).try_write(answer.as_bytes());
            }
        }
    }
}

/// Waits until a connection ends, or must be closed.
async fn watched(
    connection: impl Future<Output = hyper::Result<()>>,
    slot: &ConnectionSlot,
    limits: &ClientLimits,
    incomplete: &Arc<IncompleteRequests>,
) -> ConnectionEnd {
    let (mut connection, mut alarm) = (pin!(connection), pin!(sleep(limits.idle)));
    let rings_at = slot.activity.since().saturating_add(limits.idle);
    let mut watch = TimeoutWatch { slot, limits, incomplete, seen: None, rings_at, head: None };
    poll_fn(|cx| match connection.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(ConnectionEnd::Done(done)),
        Poll::Pending => watch.poll(alarm.as_mut(), cx),
    })
    .await
}

/// Watches a connection. The timer is set again only if it would fire too late: on a busy connection it fires
/// occasionally without effect.
struct TimeoutWatch<'a> {
    slot: &'a ConnectionSlot,
    limits: &'a ClientLimits,
    incomplete: &'a Arc<IncompleteRequests>,
    /// The phase and progress at the last look.
    seen: Option<(ConnectionPhase, u64)>,
    rings_at: Duration,
    /// The head that is incomplete.
    head: Option<IncompleteGuard>,
}

impl TimeoutWatch<'_> {
    fn poll(&mut self, mut alarm: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<ConnectionEnd> {
        let activity = &self.slot.activity;
        let (phase, mut is_set) = (activity.phase(), false);
        let seen = Some((phase, activity.progress()));
        if self.seen != seen {
            if self.seen.is_none() {
                activity.waker.register(cx.waker());
                is_set = true;
            }
            // Until the first byte, it is idle since it was accepted.
            if seen != Some((ConnectionPhase::Idle, 0)) {
                activity.touch(uptime());
            }
            self.seen = seen;
            if phase == ConnectionPhase::Idle {
                self.slot.notify_slot_free();
            }
            self.head = (phase == ConnectionPhase::Head).then(|| self.incomplete.register());
            if let Some(due) = self.due(phase).filter(|due| *due < self.rings_at) {
                self.set(alarm.as_mut(), due);
                is_set = true;
            }
        }
        if let Some(head) = &mut self.head {
            head.set_bytes(activity.of_head());
            if let Poll::Ready(Err(why)) = head.poll_room(cx) {
                return Poll::Ready(ConnectionEnd::TooSlow(why.to_string()));
            }
        }
        if activity.is_closing() && phase == ConnectionPhase::Idle {
            return Poll::Ready(ConnectionEnd::Idle);
        }
        while (is_set || alarm.is_elapsed()) && alarm.as_mut().poll(cx).is_ready() {
            match self.due(phase) {
                Some(due) if due <= uptime() => return Poll::Ready(self.late(phase)),
                due => self.set(alarm.as_mut(), due.unwrap_or_else(|| uptime().saturating_add(self.limits.idle))),
            }
            is_set = true;
        }
        Poll::Pending
    }

    /// Returns the time at which the client is too slow, in real time.
    fn due(&self, phase: ConnectionPhase) -> Option<Duration> {
        let time = match phase {
            ConnectionPhase::Idle => self.limits.idle,
            ConnectionPhase::Head => self.limits.head,
            ConnectionPhase::Answering => return None,
        };
        Some(self.slot.activity.since().saturating_add(time))
    }

    fn late(&self, phase: ConnectionPhase) -> ConnectionEnd {
        match phase {
            ConnectionPhase::Head => {
                let time = self.limits.head;
                ConnectionEnd::TooSlow(format!(
                    "the head of the request did not arrive within {time:?} (--head-timeout)"
                ))
            }
            ConnectionPhase::Idle | ConnectionPhase::Answering => ConnectionEnd::Idle,
        }
    }

    fn set(&mut self, mut alarm: Pin<&mut Sleep>, at: Duration) {
        alarm.set(sleep(at.saturating_sub(uptime())));
        self.rings_at = at;
    }
}
