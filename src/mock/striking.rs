//! What faults do to a call: those of the server, then the company's, then the session's.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Mock, Refusal};
use crate::{
    company::Tenant,
    coverage::{self, Race},
    faults::{Endpoint, Occasion, Strike},
    scenario::Scenario,
    session::Session,
    vendor::{Token, VendorError},
};

/// What a call met on its way.
#[derive(Debug, Default)]
pub(crate) struct Met {
    /// What faults do to it, in the order in which they strike.
    pub(crate) strikes: Vec<Strike>,
    /// Where its session stood.
    pub(crate) stand: Option<Stand>,
}

/// Where a session stood in its scenario.
#[derive(Debug, Clone)]
pub(crate) struct Stand {
    pub(crate) scenario: Arc<Scenario>,
    /// The number of the stage that came last, from 1.
    pub(crate) stage: Option<usize>,
}

impl Stand {
    pub(super) fn of(session: &Session) -> Self {
        Self { scenario: session.spec.scenario.clone(), stage: session.last_stage() }
    }
}

impl Met {
    /// Adds what it met later.
    pub(crate) fn then(&mut self, later: Self) {
        self.strikes.extend(later.strikes);
        self.stand = later.stand.or(self.stand.take());
    }

    /// Whether a fault is on the answer that does more than to hold it back.
    pub(crate) fn is_harmed(&self) -> bool {
        self.strikes.iter().any(|strike| strike.harm.is_some())
    }

    /// These faults alone.
    fn of_faults(strikes: Vec<Strike>) -> Self {
        Self { strikes, stand: None }
    }

    /// What it met, as an error where the last fault keeps the call from being carried out.
    pub(super) fn let_through(self) -> Result<Self, Self> {
        if self.strikes.last().is_some_and(Strike::comes_first) { Err(self) } else { Ok(self) }
    }
}

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
    ) -> Result<Met, Met> {
        if !self.faults.any() && !tenant.is_some_and(|tenant| tenant.faults.any()) {
            return Ok(Met::default());
        }
        // Only a company's own calls tell of its sessions.
        let known = tenant.zip(token.and_then(Token::parse));
        let session = |(tenant, token): (&Tenant, Token)| {
            tenant.sessions.update(&token, |session, _| session.spec.scenario.clone())
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
    pub(crate) fn strike_widget(&self, endpoint: Endpoint, tenant: Option<&Tenant>, token: &str) -> Result<Met, Met> {
        let mut met = self.strike(Some(endpoint), tenant, Some(token))?;
        let of_session = self.in_session(token, |session, now| {
            session.apply_due_stages(now);
            Met { strikes: session.apply_faults(endpoint, now), stand: Some(Stand::of(session)) }
        });
        met.then(of_session.unwrap_or_default());
        met.let_through()
    }

    /// What those faults of the server and of the company do to a call of `begin/` that are for one scenario, which is
    /// known by now.
    ///
    /// # Errors
    ///
    /// As [`Mock::strike`].
    pub(super) fn strike_begin(&self, tenant: &Tenant, scenario: &str) -> Result<Met, Met> {
        if !self.faults.any() && !tenant.faults.any() {
            return Ok(Met::default());
        }
        let (endpoint, scenario) = (Some(Endpoint::Begin), Some(scenario));
        self.strike_on(&Occasion { endpoint, session: None, scenario, is_second_look: true }, Some(tenant))
    }

    /// Takes note of what faults did to a call, for the code that has to cope with it.
    pub(crate) fn met_faults(&self, tenant: Option<&Tenant>, session: Option<Token>, strikes: &[Strike]) {
        for strike in strikes {
            if strike.delay.is_some() {
                self.met(tenant, coverage::Met::Fault(None));
            }
            if let Some(harm) = &strike.harm {
                self.met(tenant, coverage::Met::Fault(Some(harm)));
            }
        }
        if strikes.iter().any(|strike| strike.harm.is_some())
            && let Some((tenant, token)) = tenant.zip(session)
        {
            tenant.sessions.update(&token, |session, _| session.record_fault_hit());
        }
    }

    /// Takes note of how a call of `begin/` went.
    pub(crate) fn met_begin(&self, tenant: &Tenant, is_struck: bool) {
        if tenant.ledger.began(is_struck) {
            self.met(Some(tenant), coverage::Met::Race(Race::RetriedAfterFault));
        }
    }

    fn strike_on(&self, occasion: &Occasion<'_>, tenant: Option<&Tenant>) -> Result<Met, Met> {
        let draw = |purpose: &str| self.draws.draw(purpose);
        let mut strikes = self.faults.strike(occasion, false, || self.clock.now(), draw);
        strikes.iter_mut().for_each(|strike| strike.is_of_server = true);
        if let Some(tenant) = tenant {
            let is_answered = strikes.last().is_some_and(Strike::comes_first);
            strikes.extend(tenant.apply_faults(occasion, is_answered));
        }
        Met::of_faults(strikes).let_through()
    }
}

/// What the faults of the session's scenario do to a call, unless one keeps it from being carried out.
pub(super) fn strike_session(session: &mut Session, endpoint: Endpoint, now: Timestamp) -> Result<Met, Refusal> {
    session.apply_due_stages(now);
    let met = Met { strikes: session.apply_faults(endpoint, now), stand: Some(Stand::of(session)) };
    met.let_through().map_err(Refusal::Fault)
}

/// An answer and what was met on the way to it, whether or not it is an error.
pub(super) fn struck<T>(answer: Result<T, VendorError>, met: Met) -> Result<(T, Met), Refusal> {
    match answer {
        Ok(answer) => Ok((answer, met)),
        Err(error) => Err(Refusal::Error(error, met)),
    }
}
