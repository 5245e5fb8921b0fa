//! Responses about a session: `result/` and `delete/`.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use super::{
    AppliedFaults, CallError, MockService,
    coverage::ObservedResponse,
    faults::{apply_session_faults, attach_faults},
    not_found, read_token,
};
use crate::{
    catalogue::Catalogue,
    company::Tenant,
    faults::Endpoint,
    result::{Fixtures, render},
    session::{CurrentResult, Session},
    vendor::VendorError,
};

/// The response of a call, and the faults applied to it.
#[derive(Debug)]
pub(crate) struct ResultResponse {
    pub(crate) json: Bytes,
    /// A possible mistake in the scenario or decision behind the response.
    pub(crate) doubt: Option<String>,
    pub(crate) faults: AppliedFaults,
}

/// The outcome of looking up a session, and the observed result.
struct ResultLookup {
    response: Result<ResultResponse, CallError>,
    /// `None` if a fault replaces the response.
    observed: Option<ObservedResponse>,
}

impl MockService {
    /// Returns the result document of a session. The call counts as a poll. `is_harmed` says that a fault changes the
    /// response.
    ///
    /// # Errors
    ///
    /// `SESSION_INVALID`, `SESSION_NOT_FOUND`, and the error of the scenario.
    pub(crate) fn result(
        &self,
        tenant: &Arc<Tenant>,
        token: &str,
        is_harmed: bool,
    ) -> Result<ResultResponse, CallError> {
        let look = |session: &mut Session, catalogue: &Catalogue| {
            let now = tenant.clock.now();
            let lookup = self.look_up_result(tenant, session, catalogue, (Endpoint::Result, now), is_harmed)?;
            session.record_poll(now);
            Ok(lookup)
        };
        let ResultLookup { response, observed } = self.with_session(tenant, token, look)?;
        observed.iter().for_each(|observed| self.record_response(tenant, observed));
        response
    }

    /// Deletes a session, and returns its result document.
    ///
    /// # Errors
    ///
    /// As [`MockService::result`]; the session is kept then.
    pub(crate) fn delete(
        &self,
        tenant: &Arc<Tenant>,
        token: &str,
        is_harmed: bool,
    ) -> Result<ResultResponse, CallError> {
        let (known, now) = (read_token(token)?, tenant.clock.now());
        let last_look = |session: &mut Session, catalogue: &Catalogue| {
            let lookup = self.look_up_result(tenant, session, catalogue, (Endpoint::Delete, now), is_harmed);
            let lookup = lookup.unwrap_or_else(|refusal| ResultLookup { response: Err(refusal), observed: None });
            let is_over = lookup.response.is_ok();
            (lookup, is_over)
        };
        let lookup = tenant.sessions.remove(&known, now, last_look);
        let Some(ResultLookup { response, observed }) = lookup else {
            return Err(not_found(tenant, token).into());
        };
        observed.iter().for_each(|observed| self.record_response(tenant, observed));
        response
    }

    /// Looks up a session for a call.
    ///
    /// # Errors
    ///
    /// [`CallError::Fault`] if a fault of the scenario short-circuits the call.
    fn look_up_result(
        &self,
        tenant: &Tenant,
        session: &mut Session,
        catalogue: &Catalogue,
        (endpoint, now): (Endpoint, Timestamp),
        is_harmed: bool,
    ) -> Result<ResultLookup, CallError> {
        let faults = apply_session_faults(session, endpoint, now)?;
        let arrives = !is_harmed && !faults.has_fault_effect();
        let json = self.answer(tenant, session, &catalogue.fixtures);
        let observed = arrives.then(|| ObservedResponse::from_session(session, catalogue, endpoint));
        let doubt = if let CurrentResult::Verdict(verdict) = session.current_result() { verdict.doubt() } else { None };
        let doubt = doubt.map(|doubt| doubt.to_string());
        let response = attach_faults(json, faults).map(|(json, faults)| ResultResponse { json, doubt, faults });
        Ok(ResultLookup { response, observed })
    }

    pub(super) fn answer(
        &self,
        tenant: &Tenant,
        session: &mut Session,
        fixtures: &Fixtures,
    ) -> Result<Bytes, VendorError> {
        let draw = |session: &Session, current: CurrentResult<'_>| {
            let company = &tenant.settings().company;
            render(session, current, fixtures, self.config.casting(company), self.config.wording(company))
        };
        session.render_result(draw).map_err(|code| {
            VendorError::new(code, format!("the scenario `{}` returns this error", session.scenario().name))
        })
    }
}
