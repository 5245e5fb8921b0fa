//! Company key and signature of a vendor call, and the signature of its response.

use std::{borrow::Cow, sync::Arc};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Response, header},
};
use bytes::Bytes;

use super::params::Params;
#[cfg(feature = "media")]
use crate::mock::Picture;
use crate::{
    company::{EffectiveSettings, Tenant},
    faults::Endpoint,
    mock::{AppliedFaults, MockService, ResultResponse},
    signature::{self, Payload},
    vendor::{ErrorCode, Token, VendorError},
};

/// A vendor call of a known company, with a valid signature if the company has a secret.
#[derive(Debug)]
pub(super) struct AuthenticatedCall<'a> {
    #[cfg_attr(not(feature = "media"), expect(dead_code, reason = "the endpoints of media share a handler"))]
    pub(super) endpoint: Endpoint,
    pub(super) tenant: Arc<Tenant>,
    /// The settings of the company at the time of authentication.
    pub(super) settings: Arc<EffectiveSettings>,
    pub(super) params: Params<'a>,
    pub(super) headers: &'a HeaderMap,
    /// Whether a fault changes the response, besides delays.
    pub(super) is_harmed: bool,
}

impl<'a> AuthenticatedCall<'a> {
    /// Returns the company of the call.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::CompanyKeyInvalid`] with a hint.
    pub(super) fn tenant(mock: &MockService, params: &Params<'_>) -> Result<Arc<Tenant>, VendorError> {
        let refused = |problem: &dyn std::fmt::Display| {
            VendorError::new(ErrorCode::CompanyKeyInvalid, format!("{problem}; {}", params.summary()))
        };
        match params.text("company_key") {
            Ok(Some(key)) => mock.tenant(&key),
            Ok(None) => Err(refused(&"`company_key` is missing")),
            Err(error) => Err(refused(&error.problem)),
        }
    }

    /// Verifies the signature over the raw bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::SignatureInvalid`] with a hint.
    pub(super) fn admit(
        endpoint: Endpoint,
        tenant: Arc<Tenant>,
        params: Params<'a>,
        headers: &'a HeaderMap,
    ) -> Result<Self, VendorError> {
        let settings = tenant.settings();
        if let Some(secret) = &settings.company.secret {
            let header = headers.get(header::AUTHORIZATION).map(|value| String::from_utf8_lossy(value.as_bytes()));
            params
                .with_payload(|payload| signature::verify(secret.expose(), payload, header.as_deref()))
                .map_err(|problem| VendorError::new(ErrorCode::SignatureInvalid, problem))?;
        }
        Ok(Self { endpoint, tenant, settings, params, headers, is_harmed: false })
    }

    /// Returns the session token.
    ///
    /// # Errors
    ///
    /// `argumentError` if it is missing or not a string.
    pub(super) fn session_token(&self) -> Result<Cow<'_, str>, VendorError> {
        let token = self.params.text("session_token")?;
        token.ok_or_else(|| VendorError::argument(format!("`session_token` is missing; {}", self.params.summary())))
    }
}

/// The response of a successful vendor call.
#[derive(Debug)]
pub(super) struct VendorResponse {
    pub(super) content: ResponseContent,
    pub(super) hint: Option<String>,
    /// The session that the call began.
    pub(super) begun: Option<Token>,
    /// The faults applied after authentication.
    pub(super) faults: AppliedFaults,
}

/// The content of a response.
#[derive(Debug)]
pub(super) enum ResponseContent {
    Json(Bytes),
    /// A picture, which may have to be drawn.
    #[cfg(feature = "media")]
    Picture(Picture),
}

impl From<Bytes> for VendorResponse {
    fn from(json: Bytes) -> Self {
        Self { content: ResponseContent::Json(json), hint: None, begun: None, faults: AppliedFaults::default() }
    }
}

impl From<ResultResponse> for VendorResponse {
    fn from(ResultResponse { json, doubt, faults }: ResultResponse) -> Self {
        Self { faults, hint: doubt, ..json.into() }
    }
}

/// Creates a JSON response, signed if the company has a secret.
pub(super) fn json_response(json: Bytes, settings: &EffectiveSettings) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    sign(&mut response, settings, &json);
    *response.body_mut() = Body::from(json);
    response
}

/// Signs a response over its body, if the company has a secret.
pub(super) fn sign(response: &mut Response<Body>, settings: &EffectiveSettings, body: &[u8]) {
    if let Some(secret) = &settings.company.secret {
        let signature = signature::header(secret.expose(), Payload::Body(body));
        let signature = HeaderValue::try_from(signature).expect("base64 is a header value");
        response.headers_mut().insert(header::AUTHORIZATION, signature);
    }
}
