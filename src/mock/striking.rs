//! What faults do to a call: those of the server, then the company's, then the session's.

use jiff::Timestamp;

use super::{Mock, Refusal};
use crate::{
    company::Tenant,
    faults::{Endpoint, Occasion, Strike},
    session::Session,
    vendor::{Token, VendorError},
};

impl Mock {
    /// What the faults of the server and of the company do to a call, before anybody knows whether it is let in.
    /// `endpoint` is `None` for one that is not imitated.
    ///
    /// # Errors
    ///
    /// The faults, of which the last one keeps the call from being carried out.
    pub(crate) fn strike(
        &self,
        endpoint: Option<Endpoint>,
        tenant: Option<&Tenant>,
        token: Option<&str>,
    ) -> Result<Vec<Strike>, Vec<Strike>> {
        if !self.faults.any() && !tenant.is_some_and(|tenant| tenant.faults.any()) {
            return Ok(Vec::new());
        }
        // Only a company's own calls tell of its sessions.
        let known = tenant.zip(token.and_then(Token::parse));
        let session = |(tenant, token): (&Tenant, Token)| {
            tenant.sessions.update(&token, |session, _| session.asked.scenario.clone())
        };
        let scenario = known.and_then(session);
        let scenario = scenario.as_ref().map(|scenario| &*scenario.name);
        self.strike_on(&Occasion { endpoint, session: token, scenario, is_second_look: false }, tenant)
    }

    /// What the faults of server, company and session do to a call of the widget.
    ///
    /// # Errors
    ///
    /// The faults, of which the last one keeps the call from being carried out.
    pub(crate) fn strike_widget(
        &self,
        endpoint: Endpoint,
        tenant: Option<&Tenant>,
        token: &str,
    ) -> Result<Vec<Strike>, Vec<Strike>> {
        let mut strikes = self.strike(Some(endpoint), tenant, Some(token))?;
        let of_session = self.in_session(token, |session, now| {
            session.settle(now);
            session.strike(endpoint, now)
        });
        strikes.extend(of_session.unwrap_or_default());
        let_through(strikes)
    }

    /// What those faults of the server and of the company do to a call of `begin/` that are for one scenario, which is
    /// known by now.
    ///
    /// # Errors
    ///
    /// As [`Mock::strike`].
    pub(super) fn strike_begin(&self, tenant: &Tenant, scenario: &str) -> Result<Vec<Strike>, Vec<Strike>> {
        if !self.faults.any() && !tenant.faults.any() {
            return Ok(Vec::new());
        }
        let (endpoint, scenario) = (Some(Endpoint::Begin), Some(scenario));
        self.strike_on(&Occasion { endpoint, session: None, scenario, is_second_look: true }, Some(tenant))
    }

    fn strike_on(&self, occasion: &Occasion<'_>, tenant: Option<&Tenant>) -> Result<Vec<Strike>, Vec<Strike>> {
        let draw = |purpose: &str| self.draws.draw(purpose);
        let mut strikes = self.faults.strike(occasion, false, || self.clock.now(), draw);
        if let Some(tenant) = tenant {
            let is_answered = strikes.last().is_some_and(Strike::comes_first);
            strikes.extend(tenant.strike(occasion, is_answered));
        }
        let_through(strikes)
    }
}

/// What the faults of the session's scenario do to a call, unless one keeps it from being carried out.
pub(super) fn strike_session(
    session: &mut Session,
    endpoint: Endpoint,
    now: Timestamp,
) -> Result<Vec<Strike>, Refusal> {
    session.settle(now);
    let_through(session.strike(endpoint, now)).map_err(Refusal::Fault)
}

/// An answer and the faults that are on it, whether or not it is an error.
pub(super) fn struck<T>(answer: Result<T, VendorError>, strikes: Vec<Strike>) -> Result<(T, Vec<Strike>), Refusal> {
    match answer {
        Ok(answer) => Ok((answer, strikes)),
        Err(error) => Err(Refusal::Error(error, strikes)),
    }
}

/// What faults do to a call, as an error where the last one keeps it from being carried out.
pub(super) fn let_through(strikes: Vec<Strike>) -> Result<Vec<Strike>, Vec<Strike>> {
    if strikes.last().is_some_and(Strike::comes_first) { Err(strikes) } else { Ok(strikes) }
}
