//! Reads the rest of a request body before the response is sent: a client that is still sending would otherwise see a
//! broken connection.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{Router, body::Body, http::Response};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{
    Request,
    body::{Body as HttpBody, Frame, SizeHint},
};
use tokio::sync::oneshot;
use tower::Service;

use super::incoming_body::{IncomingBody, IncomingBodyError};
use crate::config::RequestLimits;

/// Maximum length of a drained body, in units of the largest limit; then the connection is closed.
const DRAINED: usize = 16;

/// Answers a request after all of its body has been read, by the handler or here.
pub(super) async fn answer(
    mut router: Router,
    request: Request<IncomingBody>,
    limits: &RequestLimits,
) -> Response<Body> {
    if request.body().is_end_stream() {
        let Ok(response) = router.call(request.map(Body::new)).await;
        return response;
    }
    let (given_back, mut unread) = oneshot::channel();
    let lent = |body| Body::new(DrainOnDrop { body: Some(body), given_back: Some(given_back) });
    let Ok(response) = router.call(request.map(lent)).await;
    if let Ok(rest) = unread.try_recv() {
        drain(rest, limits).await;
    }
    response
}

/// Reads and discards the rest of a body, up to a maximum length.
pub(super) async fn drain(mut body: IncomingBody, limits: &RequestLimits) {
    body.discard();
    let most = limits.body.max(limits.multipart_body).saturating_mul(DRAINED);
    let mut length = 0;
    while !body.is_end_stream()
        && length <= most
        && let Some(Ok(frame)) = body.frame().await
    {
        length += frame.data_ref().map_or(0, Bytes::len);
    }
}

/// A body that is returned when it is dropped before its end.
#[derive(Debug)]
struct DrainOnDrop {
    body: Option<IncomingBody>,
    given_back: Option<oneshot::Sender<IncomingBody>>,
}

impl Drop for DrainOnDrop {
    fn drop(&mut self) {
        if let (Some(body), Some(given_back)) = (self.body.take(), self.given_back.take())
            && !body.is_end_stream()
        {
            // Without a receiver, the connection is closing.
            let _ = given_back.send(body);
        }
    }
}

impl HttpBody for DrainOnDrop {
    type Data = Bytes;
    type Error = IncomingBodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, IncomingBodyError>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}
