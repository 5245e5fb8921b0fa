//! The handling of every call of the vendor API and the widget, including refused ones: faults, the journal, and one
//! log line.

use std::{borrow::Cow, mem, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderValue, Method, Response, header, request::Parts, uri::PathAndQuery},
};
use bytes::Bytes;
use hyper::{Request, body::Body as _};
use jiff::Timestamp;

use super::{
    auth::{AuthenticatedCall, ResponseContent, VendorResponse, json_response},
    client::ClientConnection,
    drain,
    error::{self, HINT_HEADER, with_hint},
    fault_effects::{self, ReleaseCounts},
    incoming_body::{BodyPrefix, IncomingBody},
    params::Params,
    received_body::ReceivedBody,
    widget::page,
};
#[cfg(feature = "media")]
use crate::mock::Picture;
use crate::{
    clock::Stopwatch,
    company::{EffectiveSettings, LARGE, RecordedCall, RecordedHeaders, RemovalReason, Tenant},
    faults::Endpoint,
    mock::{AppliedFaults, CallError, MockService},
    vendor::{ErrorCase, ErrorCode, Token, VendorError},
};

/// An endpoint's handler, called after authentication.
pub(super) type Handler = fn(&MockService, &AuthenticatedCall<'_>) -> Result<VendorResponse, CallError>;

/// The result of a vendor call.
enum HandlerResult {
    /// The response, and the settings of its company.
    Response(VendorResponse, Arc<EffectiveSettings>),
    /// Another response, because the call is not implemented.
    Refused(Response<Body>),
}

/// The facts about a call that faults, journal and log need.
#[derive(Debug, Default)]
struct Exchange {
    stopwatch: Stopwatch,
    endpoint: Option<Endpoint>,
    tenant: Option<Arc<Tenant>>,
    session: Option<Token>,
    faults: AppliedFaults,
    /// Numbers of releases before the call met its first delay.
    releases: ReleaseCounts,
    error: Option<ErrorCode>,
    /// The beginning of the body; `body_length` is the full length.
    body: Box<[u8]>,
    body_length: usize,
    /// The response body, if it is in memory, and its hint.
    json: Option<Bytes>,
    hint: Option<String>,
}

/// Handles a vendor call; `target` is `None` if the mock does not implement it.
pub(super) async fn vendor_call(
    mock: &MockService,
    target: Option<(Endpoint, Handler)>,
    head: &Parts,
    body: &mut IncomingBody,
    caller: &ClientConnection,
) -> Response<Body> {
    let mut exchange = Exchange::new(target.map(|(endpoint, _)| endpoint));
    let response = match exchange.handle(mock, target, head, body).await {
        Ok(response) => response,
        Err(CallError::Error(error, faults)) => {
            exchange.faults.merge(faults);
            exchange.error = Some(error.code);
            let (method, path) = (&head.method, head.uri.path());
            tracing::warn!(%method, path, error = %error.code, "{}", error.problem);
            error::response(&error, &mock.config, caller.may_know(head, &mock.config))
        }
        Err(CallError::Fault(faults)) => exchange.fault_response(faults),
    };
    exchange.complete("vendor call", mock, response, head, caller).await
}

/// Handles a widget call, about the session that it names.
pub(super) async fn widget_call(
    mock: &MockService,
    endpoint: Endpoint,
    router: Router,
    request: Request<IncomingBody>,
    caller: &ClientConnection,
) -> Response<Body> {
    let mut exchange = Exchange::new(Some(endpoint));
    let token = page::session_of(request.uri());
    let (head, body) = request.into_parts();
    exchange.tenant = mock.tenant_of(&token);
    exchange.session = Token::parse(&token);
    exchange.releases = ReleaseCounts::so_far(mock, exchange.tenant.as_deref());
    let prefix = BodyPrefix::default();
    let response = match mock.faults_for_widget(endpoint, exchange.tenant.as_deref(), &token) {
        Ok(faults) => {
            exchange.faults = faults;
            let body = body.with_prefix(&prefix, exchange.body_prefix_limit(mock));
            drain::answer(router, Request::from_parts(head.clone(), body), &mock.config.limits).await
        }
        Err(faults) => {
            drain::drain(body, &mock.config.limits).await;
            exchange.fault_response(faults)
        }
    };
    (exchange.body, exchange.body_length) = prefix.take();
    exchange.complete("widget call", mock, response, &head, caller).await
}

impl Exchange {
    fn new(endpoint: Option<Endpoint>) -> Self {
        Self { endpoint, ..Self::default() }
    }

    /// Returns how much of a body the journal keeps.
    fn body_prefix_limit(&self, mock: &MockService) -> usize {
        if mock.config.journal.enabled { mock.config.journal.body } else { 0 }
    }

    /// Returns the response of a vendor call. Faults of server and company apply before the call can be refused.
    async fn handle(
        &mut self,
        mock: &MockService,
        target: Option<(Endpoint, Handler)>,
        head: &Parts,
        body: &mut IncomingBody,
    ) -> Result<Response<Body>, CallError> {
        let mut limits = mock.config.limits;
        if self.endpoint == Some(Endpoint::CompareFaces) {
            // Pictures are large in any format.
            limits.body = limits.body.max(limits.multipart_body);
        }
        let received = match ReceivedBody::read(head, body, &limits).await {
            // The client has kept the server waiting long enough.
            Err(error) if error.case == ErrorCase::TooSlow => return Err(error.into()),
            received => received,
        };
        body.discard();
        if let Ok(received) = &received {
            let body = received.body();
            (self.body, self.body_length) = (body[..body.len().min(self.body_prefix_limit(mock))].into(), body.len());
        }
        let is_large = self.body_length > LARGE;
        let read = || received.as_ref().map_err(Clone::clone).and_then(|it| Params::read(head, it, &limits));
        let params = mock.workers.run_in_place(is_large, read).await;
        let is_large = is_large
            || mock.tenants.has_large() && {
                let token = params.as_ref().ok().and_then(token_of);
                token.as_deref().and_then(Token::parse).is_some_and(|token| mock.tenants.is_large(&token))
            };
        let carry_out = || self.run_handler(mock, target, head, params);
        let (answer, settings) = match mock.workers.run_in_place(is_large, carry_out).await? {
            HandlerResult::Response(answer, settings) => (answer, settings),
            HandlerResult::Refused(response) => return Ok(response),
        };
        let response = match answer.content {
            ResponseContent::Json(json) => {
                self.json = Some(json.clone());
                json_response(json, &settings)
            }
            #[cfg(feature = "media")]
            ResponseContent::Picture(Picture::Uploaded(media)) => super::media::response(&media, head, &settings),
            #[cfg(feature = "media")]
            ResponseContent::Picture(Picture::Sample(specimen)) => {
                let kind = specimen.request.kind;
                let lacks = |why| VendorError::missing_media(format!("the session has no `{kind}`: {why}"));
                super::media::response(&mock.specimens.get(*specimen).await.map_err(lacks)?, head, &settings)
            }
        };
        self.hint = answer.hint;
        Ok(match &self.hint {
            Some(hint) => with_hint(response, hint),
            None => response,
        })
    }

    /// Authenticates the call and runs its handler; only slow work is left to the caller.
    fn run_handler(
        &mut self,
        mock: &MockService,
        target: Option<(Endpoint, Handler)>,
        head: &Parts,
        params: Result<Params<'_>, VendorError>,
    ) -> Result<HandlerResult, CallError> {
        let tenant = params.as_ref().map_err(Clone::clone).and_then(|params| AuthenticatedCall::tenant(mock, params));
        self.tenant = tenant.as_ref().ok().cloned();
        let token = params.as_ref().ok().and_then(token_of);
        self.session = token.as_deref().and_then(Token::parse);
        self.releases = ReleaseCounts::so_far(mock, self.tenant.as_deref());
        self.faults = mock
            .faults_before_auth(self.endpoint, self.tenant.as_deref(), token.as_deref())
            .map_err(CallError::Fault)?;
        let Some((endpoint, handler)) = target else { return Ok(HandlerResult::Refused(not_implemented(head))) };
        if !allows_method(endpoint, &head.method) {
            return Ok(HandlerResult::Refused(wrong_method(endpoint, head)));
        }
        let mut call = AuthenticatedCall::admit(endpoint, tenant?, params?, &head.headers)?;
        call.is_harmed = self.faults.has_fault_effect();
        let mut answer = handler(mock, &call)?;
        self.faults.merge(mem::take(&mut answer.faults));
        self.session = answer.begun.or(self.session);
        Ok(HandlerResult::Response(answer, call.settings))
    }

    /// Returns the response of the short-circuiting fault.
    fn fault_response(&mut self, faults: AppliedFaults) -> Response<Body> {
        let response = fault_effects::short_circuit_response(faults.hits.last().and_then(|hit| hit.effect.as_ref()));
        self.faults.merge(faults);
        response
    }

    /// Applies the fault effects to the response, records the call, and logs it.
    async fn complete(
        mut self,
        what: &'static str,
        mock: &MockService,
        mut response: Response<Body>,
        head: &Parts,
        caller: &ClientConnection,
    ) -> Response<Body> {
        let (method, path) = (&head.method, head.uri.path());
        let most = mock.config.journal.enabled.then_some(mock.config.journal.body);
        let response_length = response.body().size_hint().exact();
        let mut response_bytes = self.json.take().unwrap_or_default();
        if let Some(most) = most
            && (response_bytes.is_empty() || response_bytes.len() > most)
        {
            (response, response_bytes) = body_prefix(response, most).await;
        }
        let tenant = self.tenant.clone();
        let journal = mock.journal_of(tenant.as_deref());
        let clock = tenant.as_ref().map_or(&mock.clock, |tenant| &tenant.clock);
        let (mut open, mut is_received) = (None, true);
        if !self.faults.hits.is_empty() {
            let company = self.tenant.as_ref().map(|tenant| &*tenant.key);
            for hit in &self.faults.hits {
                tracing::info!(%method, path, company, "{}", hit.note);
                mock.note_fault(self.tenant.as_deref(), self.session, &hit.note);
            }
            if most.is_some() && self.faults.hits.iter().any(|hit| hit.delay.is_some()) {
                let now = (clock.now(), self.stopwatch.elapsed());
                open = Some(journal.open(self.record(head, response_bytes.clone(), response_length, now)));
            }
            let held = (mock, tenant.as_ref(), self.releases);
            (response, is_received) = fault_effects::apply_effects(response, &self.faults.hits, held, caller).await;
        }
        self.record_coverage(mock);
        let took = self.stopwatch.elapsed();
        #[cfg(feature = "metrics")]
        mock.metrics.answered(
            self.endpoint.map(Endpoint::as_str),
            response.status().as_str(),
            took,
            self.faults.hits.len(),
        );
        if tracing::enabled!(tracing::Level::DEBUG) {
            let (status, took) = (response.status().as_u16(), took.as_micros() as u64);
            let session = self.session.map(tracing::field::display);
            let hint = response.headers().get(HINT_HEADER).and_then(|hint| hint.to_str().ok()).unwrap_or_default();
            tracing::debug!(%method, path, status, took, session, hint, "{what}");
        }
        let end = |call: &mut RecordedCall| {
            call.status = is_received.then(|| response.status().as_u16());
            call.response_type = response.headers().get(header::CONTENT_TYPE).map(known_type);
            call.hint = call.hint.take().filter(|_| call.hits.is_empty()).or_else(|| hint_of(&response));
        };
        if let Some(open) = open {
            open.close(|call| {
                (call.at, call.took) = (clock.now(), took);
                end(call);
            });
        } else if most.is_some() {
            let mut call = self.record(head, response_bytes, response_length, (clock.now(), took));
            end(&mut call);
            journal.record(call);
        }
        response
    }
}

impl Exchange {
    /// Returns the call for the journal, without a response.
    fn record(
        &mut self,
        head: &Parts,
        response: Bytes,
        response_length: Option<u64>,
        (at, took): (Timestamp, Duration),
    ) -> RecordedCall {
        let position = self.faults.position.take();
        RecordedCall {
            at,
            took,
            endpoint: self.endpoint,
            session: self.session,
            method: name_of(&head.method),
            path_and_query: known_path(head.uri.path_and_query().map_or("", PathAndQuery::as_str)),
            headers: RecordedHeaders::new(head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))),
            body: mem::take(&mut self.body),
            body_length: self.body_length,
            status: None,
            error: self.error,
            response,
            response_type: None,
            response_length,
            hint: self.hint.take(),
            stage: position.as_ref().and_then(|position| position.stage),
            scenario: position.map(|position| position.scenario),
            hits: self.faults.hits.clone(),
        }
    }

    /// Records the coverage of this call.
    fn record_coverage(&self, mock: &MockService) {
        let (tenant, hits) = (self.tenant.as_deref(), &self.faults.hits);
        if !hits.is_empty() {
            mock.record_faults(tenant, self.session, hits);
        }
        if let Some(code) = self.error {
            let is_gone = |(tenant, token): (&Tenant, Token)| {
                tenant.sessions.removal_reason(&token) == Some(RemovalReason::Deleted)
            };
            let is_deleted = code == ErrorCode::SessionNotFound && tenant.zip(self.session).is_some_and(is_gone);
            mock.record_error(tenant, code, is_deleted);
        }
        if self.endpoint == Some(Endpoint::Begin)
            && let Some(tenant) = tenant
        {
            mock.record_begin(tenant, self.faults.has_fault_effect());
        }
    }
}

/// Returns the session token that a call names, as received.
fn token_of<'p>(params: &'p Params<'_>) -> Option<Cow<'p, str>> {
    params.text("session_token").ok()?
}

/// Returns a response, and the beginning of its body. The body is in memory; slow effects are applied later.
async fn body_prefix(response: Response<Body>, most: usize) -> (Response<Body>, Bytes) {
    let (head, body) = response.into_parts();
    let Ok(whole) = to_bytes(body, usize::MAX).await else {
        return (Response::from_parts(head, Body::empty()), Bytes::new());
    };
    let beginning = if whole.len() <= most { whole.clone() } else { Bytes::copy_from_slice(&whole[..most]) };
    (Response::from_parts(head, Body::from(whole)), beginning)
}

/// Returns the value of a header.
fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn hint_of(response: &Response<Body>) -> Option<String> {
    response.headers().get(HINT_HEADER).map(text)
}

/// Returns a content type, without an allocation for common ones.
fn known_type(value: &HeaderValue) -> Cow<'static, str> {
    const JSON: &str = "application/json";
    if value.as_bytes() == JSON.as_bytes() { JSON.into() } else { text(value).into() }
}

/// Returns a path with its query, without an allocation for common ones.
fn known_path(path: &str) -> Cow<'static, str> {
    const COMMON_PATHS: [&str; 3] = ["/external-api/begin/", "/external-api/result/", "/external-api/delete/"];
    COMMON_PATHS.into_iter().find(|known| *known == path).map_or_else(|| path.to_owned().into(), Cow::Borrowed)
}

fn name_of(method: &Method) -> Cow<'static, str> {
    match *method {
        Method::GET => "GET".into(),
        Method::POST => "POST".into(),
        _ => method.as_str().to_owned().into(),
    }
}

fn allows_method(endpoint: Endpoint, method: &Method) -> bool {
    match *method {
        Method::GET | Method::POST => true,
        Method::HEAD => matches!(endpoint, Endpoint::Media(_)),
        _ => false,
    }
}

fn wrong_method(endpoint: Endpoint, head: &Parts) -> Response<Body> {
    tracing::warn!(method = %head.method, path = head.uri.path(), "this method is not taken here");
    error::method_not_allowed(&head.method, matches!(endpoint, Endpoint::Media(_)))
}

/// Handles a call under `/external-api/` to an unknown endpoint.
fn not_implemented(head: &Parts) -> Response<Body> {
    let (method, uri) = (&head.method, &head.uri);
    tracing::warn!(%method, path = uri.path(), "this call is not imitated");
    error::not_implemented(method, uri)
}
