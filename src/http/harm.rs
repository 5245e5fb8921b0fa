//! What a fault does to an answer.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderValue, Response, header},
};
use bytes::Bytes;
use futures_util::stream;

use super::error::{self, add_hint};
use crate::{
    clock::Clock,
    faults::{CloseAt, Harm, Strike},
};

/// A mark on an answer: the connection is closed there instead of sending all of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sever(pub(crate) CloseAt);

/// The answer of a call that a fault keeps from being carried out.
pub(super) fn instead(harm: Option<&Harm>) -> Response<Body> {
    match harm {
        Some(Harm::Status(status)) => error::proxy(*status),
        Some(Harm::TooManyRequests { retry_after }) => {
            let mut response = error::proxy(429);
            let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        _ => error::proxy(503),
    }
}

/// Holds an answer back and does to it what the faults do, one after the other; the hint names them.
pub(super) async fn inflict(mut response: Response<Body>, strikes: &[Strike], clock: &Arc<Clock>) -> Response<Body> {
    for strike in strikes {
        add_hint(&mut response, &strike.note);
        if let Some(delay) = strike.delay {
            clock.pause(delay).await;
        }
    }
    // What is sent slowly is sent last: the other harms need the whole body.
    let harms = strikes.iter().filter_map(|strike| strike.harm.as_ref());
    let (drips, others): (Vec<_>, Vec<_>) = harms.partition(|harm| matches!(harm, Harm::Drip(_)));
    for harm in others.into_iter().chain(drips) {
        response = harmed(response, harm, clock).await;
    }
    response
}

async fn harmed(mut response: Response<Body>, harm: &Harm, clock: &Arc<Clock>) -> Response<Body> {
    match harm {
        // These were answered instead.
        Harm::Status(_) | Harm::TooManyRequests { .. } => response,
        Harm::Close(at) => {
            response.extensions_mut().insert(Sever(*at));
            response
        }
        Harm::ContentType(content_type) => {
            let value = HeaderValue::from_str(content_type).expect("content types of faults are checked");
            response.headers_mut().insert(header::CONTENT_TYPE, value);
            response
        }
        Harm::CutOff => with_body(response, |body| Body::from(body.slice(..body.len() / 2))).await,
        Harm::BrokenJson => with_body(response, |body| Body::from([b"{", &body[..]].concat())).await,
        Harm::Drip(pause) => {
            let (pause, clock, mut length) = (*pause, clock.clone(), 0);
            let dripping = |body: Bytes| {
                length = body.len();
                dripping(body, pause, clock)
            };
            let mut response = with_body(response, dripping).await;
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            response
        }
    }
}

/// The answer with another body made of its own.
async fn with_body(response: Response<Body>, change: impl FnOnce(Bytes) -> Body) -> Response<Body> {
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("the bodies of answers are in memory");
    Response::from_parts(head, change(body))
}

/// A body that comes one byte at a time, with a pause before each.
fn dripping(body: Bytes, pause: Duration, clock: Arc<Clock>) -> Body {
    Body::from_stream(stream::unfold((body, clock), move |(mut body, clock)| async move {
        if body.is_empty() {
            return None;
        }
        clock.pause(pause).await;
        let byte = body.split_to(1);
        Some((Ok::<_, std::convert::Infallible>(byte), (body, clock)))
    }))
}
