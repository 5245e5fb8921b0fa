//! A request body while it arrives: within its timeout, and within the memory of all incomplete requests.

use std::{
    error::Error,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

use super::incomplete_requests::{AbortReason, IncompleteGuard, IncompleteRequests};

/// A request body while it arrives. The reader keeps what is read, unless [`IncomingBody::discard`] was called.
#[derive(Debug)]
pub(super) struct IncomingBody {
    body: Incoming,
    incomplete: Arc<IncompleteRequests>,
    /// The timeout.
    time: Duration,
    /// Time from which the body had to be waited for.
    late: Option<Pin<Box<Sleep>>>,
    guard: Option<IncompleteGuard>,
    is_kept: bool,
    /// Stores its beginning for the journal, up to a length.
    copy: Option<(BodyPrefix, usize)>,
}

/// The beginning of a body, and its length so far.
#[derive(Debug, Clone, Default)]
pub(super) struct BodyPrefix(Arc<Mutex<(Vec<u8>, usize)>>);

impl BodyPrefix {
    fn push(&self, data: &[u8], most: usize) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = most.saturating_sub(kept.0.len());
        kept.0.extend_from_slice(&data[..data.len().min(room)]);
        kept.1 += data.len();
    }

    /// Takes the bytes received so far.
    pub(super) fn take(&self) -> (Box<[u8]>, usize) {
        let (beginning, length) = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        (beginning.into(), length)
    }
}

/// The reason a body does not arrive.
#[derive(Debug, thiserror::Error)]
pub(super) enum IncomingBodyError {
    #[error(transparent)]
    Broken(hyper::Error),
    #[error("the body did not arrive within {0:?} (--body-timeout)")]
    TimedOut(Duration),
    #[error(transparent)]
    CutOff(AbortReason),
}

impl IncomingBodyError {
    /// Returns the message for a body that is too slow; `None` for a broken one.
    pub(super) fn too_slow<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        // The error of a body that passed a router is boxed.
        let own = error.downcast_ref::<Self>().or_else(|| error.source()?.downcast_ref::<Self>());
        own.filter(|error| !matches!(error, Self::Broken(_)))
    }
}

impl IncomingBody {
    pub(super) fn new(body: Incoming, time: Duration, incomplete: &Arc<IncompleteRequests>) -> Self {
        Self { body, incomplete: incomplete.clone(), time, late: None, guard: None, is_kept: true, copy: None }
    }

    /// Stores this much of its beginning.
    pub(super) fn with_prefix(self, kept: &BodyPrefix, most: usize) -> Self {
        Self { copy: Some((kept.clone(), most)), ..self }
    }

    /// Stops counting the body as memory, because it is discarded.
    pub(super) fn discard(&mut self) {
        self.is_kept = false;
        if let Some(share) = &mut self.guard {
            share.set_bytes(0);
        }
    }

    fn share(&mut self) -> &mut IncompleteGuard {
        self.guard.get_or_insert_with(|| self.incomplete.register())
    }
}

impl Body for IncomingBody {
    type Data = Bytes;
    type Error = IncomingBodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, IncomingBodyError>>> {
        if let Some(share) = &self.guard
            && let Err(why) = ready!(share.poll_room(cx))
        {
            return Poll::Ready(Some(Err(IncomingBodyError::CutOff(why))));
        }
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                let frame = frame.map(|frame| frame.map_err(IncomingBodyError::Broken));
                if let (Some((kept, most)), Some(Ok(frame))) = (&self.copy, &frame)
                    && let Some(data) = frame.data_ref()
                {
                    kept.push(data, *most);
                }
                if self.body.is_end_stream() || !matches!(frame, Some(Ok(_))) {
                    self.guard = None;
                } else if let Some(Ok(frame)) = &frame {
                    let (is_kept, share) = (self.is_kept, self.share());
                    if is_kept {
                        share.set_bytes(share.bytes() + frame.data_ref().map_or(0, Bytes::len));
                    }
                }
                Poll::Ready(frame)
            }
            Poll::Pending => {
                if let Poll::Ready(why) = self.share().poll_cut_off(cx) {
                    return Poll::Ready(Some(Err(IncomingBodyError::CutOff(why))));
                }
                let time = self.time;
                let late = self.late.get_or_insert_with(|| Box::pin(sleep(time)));
                ready!(late.as_mut().poll(cx));
                Poll::Ready(Some(Err(IncomingBodyError::TimedOut(time))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
