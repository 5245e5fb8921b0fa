//! What stands around every call of the vendor's API and of the widget, refused ones too: faults, and one log line.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Method, Response, Uri, request::Parts},
};
use hyper::Request;

use super::{
    arriving::Arriving,
    auth::{Answer, Call, Content, json_response},
    caller::Caller,
    error::{self, HINT_HEADER, with_hint},
    harm,
    params::{Params, Received},
    unread,
    widget::page,
};
use crate::{
    clock::Stopwatch,
    company::Tenant,
    faults::{Endpoint, Strike},
    mock::{Mock, Refusal},
    vendor::ErrorCase,
};
#[cfg(feature = "media")]
use crate::{mock::Picture, vendor::VendorError};

/// What an endpoint does with a call that was let in.
pub(super) type Handler = fn(&Mock, &Call<'_>) -> Result<Answer, Refusal>;

/// What becomes known of a call on its way: who makes it, about which session, and the faults that are on it.
#[derive(Debug, Default)]
struct Course {
    /// Where the log wants to know how long it took; then it wants the session, too.
    stopwatch: Option<Stopwatch>,
    tenant: Option<Arc<Tenant>>,
    session: Option<String>,
    strikes: Vec<Strike>,
}

/// A call of the vendor's API; `target` is `None` where the mock does not imitate it.
pub(super) async fn vendor_call(
    mock: &Mock,
    target: Option<(Endpoint, Handler)>,
    head: &Parts,
    body: &mut Arriving,
    caller: &Caller,
) -> Response<Body> {
    let mut course = Course::start();
    let response = match course.answer(mock, target, head, body).await {
        Ok(response) => response,
        Err(Refusal::Error(error, strikes)) => {
            course.strikes.extend(strikes);
            let (method, path) = (&head.method, head.uri.path());
            tracing::warn!(%method, path, error = %error.code, "{}", error.message);
            error::response(&error, &mock.config.error_status)
        }
        Err(Refusal::Fault(strikes)) => course.instead(strikes),
    };
    course.end("vendor call", response, &head.method, &head.uri, caller).await
}

/// A call of the person's browser, about the session that it names.
pub(super) async fn widget_call(
    mock: &Mock,
    endpoint: Endpoint,
    router: Router,
    request: Request<Arriving>,
    caller: &Caller,
) -> Response<Body> {
    let mut course = Course::start();
    let token = page::session_of(request.uri());
    let (method, uri) = (request.method().clone(), request.uri().clone());
    course.tenant = mock.tenant_of(&token);
    let response = match mock.strike_widget(endpoint, course.tenant.as_deref(), &token) {
        Ok(strikes) => {
            course.strikes = strikes;
            unread::answer(router, request, &mock.config.limits).await
        }
        Err(strikes) => {
            unread::drain(request.into_body(), &mock.config.limits).await;
            course.instead(strikes)
        }
    };
    course.session = Some(token);
    course.end("widget call", response, &method, &uri, caller).await
}

impl Course {
    fn start() -> Self {
        let stopwatch = tracing::enabled!(tracing::Level::DEBUG).then(Stopwatch::start);
        Self { stopwatch, ..Self::default() }
    }

    /// The answer of a vendor call. Whoever calls and whatever is wrong with it, the faults of server and company that
    /// are on it strike before it is refused.
    async fn answer(
        &mut self,
        mock: &Mock,
        target: Option<(Endpoint, Handler)>,
        head: &Parts,
        body: &mut Arriving,
    ) -> Result<Response<Body>, Refusal> {
        let endpoint = target.map(|(endpoint, _)| endpoint);
        let mut limits = mock.config.limits;
        if endpoint == Some(Endpoint::CompareFaces) {
            // Pictures are large, however they come.
            limits.body = limits.body.max(limits.multipart_body);
        }
        let received = match Received::read(head, body, &limits).await {
            // It has kept us waiting for long enough.
            Err(error) if error.case == ErrorCase::TooSlow => return Err(error.into()),
            received => received,
        };
        body.throw_away();
        let params = received.as_ref().map_err(Clone::clone).and_then(|it| Params::read(head, it, &limits));
        let tenant = params.as_ref().map_err(Clone::clone).and_then(|params| Call::tenant(mock, params));
        self.tenant = tenant.as_ref().ok().cloned();
        let token = params.as_ref().ok().and_then(|params| params.text("session_token").ok()?);
        if self.stopwatch.is_some() {
            self.session = token.as_deref().map(str::to_owned);
        }
        let struck = mock.strike(endpoint, self.tenant.as_deref(), token.as_deref());
        self.strikes = struck.map_err(Refusal::Fault)?;
        let Some((endpoint, handler)) = target else { return Ok(not_imitated(head)) };
        if !takes(endpoint, &head.method) {
            return Ok(wrong_method(endpoint, head));
        }
        let call = Call::admit(endpoint, tenant?, params?, &head.headers)?;
        let answer = handler(mock, &call)?;
        self.strikes.extend(answer.strikes);
        if let Some(token) = answer.begun.filter(|_| self.stopwatch.is_some()) {
            self.session = Some(token.to_string());
        }
        let response = match answer.content {
            Content::Json(json) => json_response(json, &call.tenant),
            #[cfg(feature = "media")]
            Content::Picture(Picture::Uploaded(media)) => super::media::response(&media, head, &call.tenant),
            #[cfg(feature = "media")]
            Content::Picture(Picture::Specimen(specimen)) => {
                let lacks =
                    |why| VendorError::missing_media(format!("the session has no `{}`: {why}", endpoint.as_str()));
                super::media::response(&mock.specimens.get(*specimen).await.map_err(lacks)?, head, &call.tenant)
            }
        };
        Ok(match answer.hint {
            Some(hint) => with_hint(response, &hint),
            None => response,
        })
    }

    /// The answer of a call that the last of these faults keeps from being carried out.
    fn instead(&mut self, strikes: Vec<Strike>) -> Response<Body> {
        let response = harm::instead(strikes.last().and_then(|strike| strike.harm.as_ref()));
        self.strikes.extend(strikes);
        response
    }

    /// Does to the answer what the faults do, and says in the log what came of the call.
    async fn end(
        self,
        what: &'static str,
        mut response: Response<Body>,
        method: &Method,
        uri: &Uri,
        caller: &Caller,
    ) -> Response<Body> {
        let path = uri.path();
        if !self.strikes.is_empty() {
            let company = self.tenant.as_ref().map(|tenant| &*tenant.key);
            for strike in &self.strikes {
                tracing::info!(%method, path, company, "{}", strike.note);
            }
            response = harm::inflict(response, &self.strikes, caller).await;
        }
        if let Some(stopwatch) = self.stopwatch {
            let (status, took) = (response.status().as_u16(), stopwatch.elapsed().as_micros() as u64);
            let session = self.session.unwrap_or_default();
            let hint = response.headers().get(HINT_HEADER).and_then(|hint| hint.to_str().ok()).unwrap_or_default();
            tracing::debug!(%method, path, status, took, session, hint, "{what}");
        }
        response
    }
}

fn takes(endpoint: Endpoint, method: &Method) -> bool {
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

/// Answers a call below `/external-api/` that is none of the endpoints.
fn not_imitated(head: &Parts) -> Response<Body> {
    let (method, uri) = (&head.method, &head.uri);
    tracing::warn!(%method, path = uri.path(), "this call is not imitated");
    error::not_imitated(method, uri)
}
