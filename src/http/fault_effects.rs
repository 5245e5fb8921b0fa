//! Applies fault effects to a response.

use std::{convert::Infallible, num::NonZeroU32, sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Response, header},
};
use bytes::Bytes;
use futures_util::stream;
use tokio::time::{sleep, timeout};

use super::{
    client::ClientConnection,
    error::{self, add_hint},
};
use crate::{
    company::Tenant,
    faults::{ClosePoint, FaultEffect, FaultHit, FaultResponse},
    mock::MockService,
};

/// Maximum number of pieces of a throttled body per second.
const PIECES: u32 = 10;

/// Marks a response whose connection is cut instead of sending all of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ConnectionCut {
    /// Before the first byte.
    Before,
    /// Before the first byte, with a reset.
    Reset,
    /// In the middle of the headers.
    InHeaders,
    /// This number of bytes after the headers.
    InBody(usize),
}

/// Returns the response of a short-circuiting fault.
pub(super) fn short_circuit_response(effect: Option<&FaultEffect>) -> Response<Body> {
    match effect {
        Some(FaultEffect::Response(FaultResponse { status, retry_after, headers, body })) => {
            let mut response = error::gateway_error(*status, body.as_ref());
            for (name, value) in headers {
                let name = HeaderName::try_from(name).expect("headers of faults are checked");
                let value = HeaderValue::try_from(value).expect("headers of faults are checked");
                response.headers_mut().insert(name, value);
            }
            if let Some(time) = retry_after {
                let seconds = time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0));
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            response
        }
        _ => error::gateway_error(200, None),
    }
}

/// Numbers of releases of the server and of the company when the call arrived; a later release ends its delays.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ReleaseCounts {
    server: u64,
    company: u64,
}

impl ReleaseCounts {
    /// Returns the current numbers.
    pub(super) fn so_far(mock: &MockService, tenant: Option<&Tenant>) -> Self {
        Self { server: mock.holds.releases(), company: tenant.map_or(0, |tenant| tenant.holds.releases()) }
    }
}

/// Delays a response and applies the fault effects in order; the hint names the faults. Returns whether the client
/// receives its head, too.
pub(super) async fn apply_effects(
    mut response: Response<Body>,
    hits: &[FaultHit],
    (mock, tenant, freed): (&MockService, Option<&Arc<Tenant>>, ReleaseCounts),
    caller: &ClientConnection,
) -> (Response<Body>, bool) {
    for hit in hits {
        add_hint(&mut response, &hit.note);
    }
    let delay = |is_of_server| {
        let delays = hits.iter().filter(|hit| hit.is_of_server == is_of_server);
        delays.filter_map(|hit| hit.delay).fold(Duration::ZERO, Duration::saturating_add)
    };
    let (of_server, of_company) = (delay(true), delay(false));
    let mut is_received = true;
    if !(of_server.is_zero() && of_company.is_zero()) {
        let _waiting = tenant.map(Tenant::register_waiter);
        let held = async {
            let _ = timeout(of_server, mock.holds.wait_for_release(freed.server)).await;
            match tenant {
                Some(tenant) => _ = timeout(of_company, tenant.holds.wait_for_release(freed.company)).await,
                None => sleep(of_company).await,
            }
        };
        // A client that only closed its sending side gets the response early; a disconnected one holds no resources.
        tokio::select! {
            () = held => {}
            () = caller.disconnected() => {
                is_received = false;
                tracing::debug!(client = %caller.address, "the client disconnected during a delay");
            }
            () = mock.stopping() => return (error::stopping(), true),
        }
    }
    // Throttling comes last: the other effects need the whole body.
    let effects = hits.iter().filter_map(|hit| hit.effect.as_ref());
    let (drips, others): (Vec<_>, Vec<_>) = effects.partition(|effect| matches!(effect, FaultEffect::Throttle(_)));
    for effect in others.into_iter().chain(drips) {
        response = apply_effect(response, effect).await;
    }
    let is_cut = matches!(
        response.extensions().get(),
        Some(ConnectionCut::Before | ConnectionCut::Reset | ConnectionCut::InHeaders)
    );
    (response, is_received && !is_cut)
}

async fn apply_effect(mut response: Response<Body>, effect: &FaultEffect) -> Response<Body> {
    match effect {
        // These replaced the response.
        FaultEffect::Response(_) | FaultEffect::Html => response,
        FaultEffect::Close(ClosePoint::BeforeAnswer) => cut_connection(response, ConnectionCut::Before),
        FaultEffect::Close(ClosePoint::InHeaders) => cut_connection(response, ConnectionCut::InHeaders),
        FaultEffect::Reset => cut_connection(response, ConnectionCut::Reset),
        FaultEffect::Truncation => truncate_body(response).await,
        // A stream is sent in chunks.
        FaultEffect::Close(ClosePoint::InBody) => {
            truncate_body(response).await.map(|body| Body::from_stream(body.into_data_stream()))
        }
        FaultEffect::ContentType(content_type) => {
            let value = HeaderValue::from_str(content_type).expect("content types of faults are checked");
            response.headers_mut().insert(header::CONTENT_TYPE, value);
            response
        }
        FaultEffect::BrokenJson => {
            let (head, body) = collect_body(response).await;
            Response::from_parts(head, Body::from([b"{", &body[..]].concat()))
        }
        FaultEffect::Throttle(rate) => {
            let (head, body) = collect_body(response).await;
            let length = body.len();
            let mut response = Response::from_parts(head, throttle_body(body, *rate));
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            response
        }
        FaultEffect::WrongSignature => {
            corrupt_signature(response.headers_mut());
            response
        }
    }
}

fn cut_connection(mut response: Response<Body>, cut: ConnectionCut) -> Response<Body> {
    response.extensions_mut().insert(cut);
    response
}

/// Returns a response whose connection is cut in the middle of its body, if it has one.
async fn truncate_body(response: Response<Body>) -> Response<Body> {
    let (head, body) = collect_body(response).await;
    let half = body.len() / 2;
    let response = Response::from_parts(head, Body::from(body));
    if half > 0 { cut_connection(response, ConnectionCut::InBody(half)) } else { response }
}

/// Returns head and complete body, so that the body can be replaced.
async fn collect_body(response: Response<Body>) -> (axum::http::response::Parts, Bytes) {
    let (mut head, body) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    (head, to_bytes(body, usize::MAX).await.expect("the bodies of answers are in memory"))
}

/// Returns a body in pieces, with a pause before each.
fn throttle_body(body: Bytes, rate: NonZeroU32) -> Body {
    let piece = (rate.get() / PIECES).max(1);
    let pause = Duration::from_secs(1) * piece / rate.get();
    Body::from_stream(stream::unfold(body, move |mut body| async move {
        if body.is_empty() {
            return None;
        }
        sleep(pause).await;
        let piece = body.split_to(body.len().min(piece as usize));
        Some((Ok::<_, Infallible>(piece), body))
    }))
}

/// Changes the first character of the signature, which stays well-formed.
fn corrupt_signature(headers: &mut HeaderMap) {
    let Some(signed) = headers.get_mut(header::AUTHORIZATION) else { return };
    let (start, mut bytes) = (b"signature=\"".len(), signed.as_bytes().to_vec());
    if let Some(first) = bytes.get_mut(start) {
        *first = if *first == b'A' { b'B' } else { b'A' };
    }
    *signed = HeaderValue::from_bytes(&bytes).expect("a letter in place of another is a header value, too");
}
