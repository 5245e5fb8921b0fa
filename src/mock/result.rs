//! What is answered about a session: `result/` and `delete/`.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use super::{
    Met, Mock, Refusal,
    coverage::Telling,
    not_found, read_token,
    striking::{strike_session, struck},
};
use crate::{
    catalogue::Catalogue,
    company::Tenant,
    faults::Endpoint,
    result::{Fixtures, render},
    session::{CurrentResult, Session},
    vendor::VendorError,
};

/// What a call answers, and what it met on its way.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) json: Bytes,
    /// A possible mistake in the scenario or the decision behind the answer.
    pub(crate) doubt: Option<String>,
    pub(crate) met: Met,
}

/// What a look at a session comes to, and what the code under test was told by it.
struct Looked {
    answer: Result<Told, Refusal>,
    /// `None` where a fault keeps it from being told.
    telling: Option<Telling>,
}

impl Mock {
    /// The result document of a session. The call counts as a poll. `is_harmed` says that a fault is on its answer.
    ///
    /// # Errors
    ///
    /// `SESSION_INVALID`, `SESSION_NOT_FOUND`, and what the scenario says.
    pub(crate) fn result(&self, tenant: &Arc<Tenant>, token: &str, is_harmed: bool) -> Result<Told, Refusal> {
        let look = |session: &mut Session, catalogue: &Catalogue| {
            let now = tenant.clock.now();
            let looked = self.look_at(tenant, session, catalogue, (Endpoint::Result, now), is_harmed)?;
            session.record_poll(now);
            Ok(looked)
        };
        let Looked { answer, telling } = self.with_session(tenant, token, look)?;
        telling.iter().for_each(|telling| self.met_by(tenant, telling));
        answer
    }

    /// Deletes a session and hands out its result document.
    ///
    /// # Errors
    ///
    /// As [`Mock::result`]; the session stays then.
    pub(crate) fn delete(&self, tenant: &Arc<Tenant>, token: &str, is_harmed: bool) -> Result<Told, Refusal> {
        let (known, now) = (read_token(token)?, tenant.clock.now());
        let last_look = |session: &mut Session, catalogue: &Catalogue| {
            let looked = self.look_at(tenant, session, catalogue, (Endpoint::Delete, now), is_harmed);
            let looked = looked.unwrap_or_else(|refusal| Looked { answer: Err(refusal), telling: None });
            let is_over = looked.answer.is_ok();
            (looked, is_over)
        };
        let looked = tenant.sessions.remove(&known, now, last_look);
        let Some(Looked { answer, telling }) = looked else { return Err(not_found(tenant, token).into()) };
        telling.iter().for_each(|telling| self.met_by(tenant, telling));
        answer
    }

    /// Looks at a session for a call.
    ///
    /// # Errors
    ///
    /// [`Refusal::Fault`] where a fault of the scenario keeps the call from being carried out.
    fn look_at(
        &self,
        tenant: &Tenant,
        session: &mut Session,
        catalogue: &Catalogue,
        (endpoint, now): (Endpoint, Timestamp),
        is_harmed: bool,
    ) -> Result<Looked, Refusal> {
        let met = strike_session(session, endpoint, now)?;
        let is_told = !is_harmed && !met.is_harmed();
        let answer = self.answer(tenant, session, &catalogue.fixtures);
        let telling = is_told.then(|| Telling::of(session, catalogue, endpoint));
        let doubt = if let CurrentResult::Verdict(verdict) = session.current_result() { verdict.doubt() } else { None };
        let answer = struck(answer, met).map(|(json, met)| Told { json, doubt, met });
        Ok(Looked { answer, telling })
    }

    pub(super) fn answer(
        &self,
        tenant: &Tenant,
        session: &mut Session,
        fixtures: &Fixtures,
    ) -> Result<Bytes, VendorError> {
        let draw = |session: &Session, standing: CurrentResult<'_>| {
            let company = &tenant.settings().company;
            render(session, standing, fixtures, self.config.casting(company), self.config.wording(company))
        };
        session
            .render_result(draw)
            .map_err(|code| VendorError::new(code, format!("the scenario `{}` says so", session.scenario().name)))
    }
}
