//! Applying faults to a call: those of the server, then the company's, then the session's.

use std::sync::Arc;

use jiff::Timestamp;

use super::{CallError, MockService};
use crate::{
    company::Tenant,
    coverage::{self, Race},
    faults::{Endpoint, FaultContext, FaultHit},
    scenario::Scenario,
    session::Session,
    vendor::{Token, VendorError},
};

/// The faults applied to a call, and its position.
#[derive(Debug, Default)]
pub(crate) struct AppliedFaults {
    /// The hits, in order.
    pub(crate) hits: Vec<FaultHit>,
    /// The position of its session.
    pub(crate) position: Option<StagePosition>,
}

/// The position of a session in its scenario.
#[derive(Debug, Clone)]
pub(crate) struct StagePosition {
    pub(crate) scenario: Arc<Scenario>,
    /// Number of the last reached stage, from 1.
    pub(crate) stage: Option<usize>,
}

impl StagePosition {
    pub(super) fn from_session(session: &Session) -> Self {
        Self { scenario: session.spec.scenario.clone(), stage: session.last_stage() }
    }
}

impl AppliedFaults {
    /// Adds later faults and position.
    pub(crate) fn merge(&mut self, later: Self) {
        self.hits.extend(later.hits);
        self.position = later.position.or(self.position.take());
    }

    /// Whether a fault changes the response, besides delays.
    pub(crate) fn has_fault_effect(&self) -> bool {
        self.hits.iter().any(|hit| hit.effect.is_some())
    }

    /// Returns only these faults.
    fn from_hits(hits: Vec<FaultHit>) -> Self {
        Self { hits, position: None }
    }

    /// Returns the faults, as an error if the last one short-circuits the call.
    pub(super) fn into_result(self) -> Result<Self, Self> {
        if self.hits.last().is_some_and(FaultHit::short_circuits) { Err(self) } else { Ok(self) }
    }
}

impl MockService {
    /// Applies the faults of the server and the company to a call, before authentication. `endpoint` is `None` for a
    /// call that is not implemented.
    ///
    /// # Errors
    ///
    /// The faults, if the last one short-circuits the call.
    pub(crate) fn faults_before_auth(
        &self,
        endpoint: Option<Endpoint>,
        tenant: Option<&Tenant>,
        token: Option<&str>,
    ) -> Result<AppliedFaults, AppliedFaults> {
        if !self.faults.any() && !tenant.is_some_and(|tenant| tenant.faults.any()) {
            return Ok(AppliedFaults::default());
        }
        // Only the company's own calls reveal its sessions.
        let known = tenant.zip(token.and_then(Token::parse));
        let session = |(tenant, token): (&Tenant, Token)| {
            tenant.sessions.update(&token, |session, _| session.spec.scenario.clone())
        };
        let scenario = known.and_then(session);
        let scenario = scenario.as_ref().map(|scenario| &*scenario.name);
        self.apply_faults(&FaultContext { endpoint, session: token, scenario, is_second_look: false }, tenant)
    }

    /// Applies the faults of server, company and session to a call of the widget.
    ///
    /// # Errors
    ///
    /// The faults, if the last one short-circuits the call.
    pub(crate) fn faults_for_widget(
        &self,
        endpoint: Endpoint,
        tenant: Option<&Tenant>,
        token: &str,
    ) -> Result<AppliedFaults, AppliedFaults> {
        let mut faults = self.faults_before_auth(Some(endpoint), tenant, Some(token))?;
        let of_session = self.in_session(token, |session, now| {
            session.apply_due_stages(now);
            AppliedFaults {
                hits: session.apply_faults(endpoint, now),
                position: Some(StagePosition::from_session(session)),
            }
        });
        faults.merge(of_session.unwrap_or_default());
        faults.into_result()
    }

    /// Applies the faults of server and company that are limited to a scenario to a call of `begin/`, whose scenario is
    /// now known.
    ///
    /// # Errors
    ///
    /// As [`MockService::faults_before_auth`].
    pub(super) fn faults_for_begin(&self, tenant: &Tenant, scenario: &str) -> Result<AppliedFaults, AppliedFaults> {
        if !self.faults.any() && !tenant.faults.any() {
            return Ok(AppliedFaults::default());
        }
        let (endpoint, scenario) = (Some(Endpoint::Begin), Some(scenario));
        self.apply_faults(&FaultContext { endpoint, session: None, scenario, is_second_look: true }, Some(tenant))
    }

    /// Records the coverage of faults that hit a call.
    pub(crate) fn record_faults(&self, tenant: Option<&Tenant>, session: Option<Token>, hits: &[FaultHit]) {
        for hit in hits {
            if hit.delay.is_some() {
                self.record_coverage(tenant, coverage::CoverageEvent::Fault(None));
            }
            if let Some(effect) = &hit.effect {
                self.record_coverage(tenant, coverage::CoverageEvent::Fault(Some(effect)));
            }
        }
        if hits.iter().any(|hit| hit.effect.is_some())
            && let Some((tenant, token)) = tenant.zip(session)
        {
            tenant.sessions.update(&token, |session, _| session.record_fault_hit());
        }
    }

    /// Records the coverage of a call of `begin/`.
    pub(crate) fn record_begin(&self, tenant: &Tenant, is_struck: bool) {
        if tenant.coverage.record_begin(is_struck) {
            self.record_coverage(Some(tenant), coverage::CoverageEvent::Race(Race::RetriedAfterFault));
        }
    }

    fn apply_faults(
        &self,
        occasion: &FaultContext<'_>,
        tenant: Option<&Tenant>,
    ) -> Result<AppliedFaults, AppliedFaults> {
        let draw = |purpose: &str| self.draws.draw(purpose);
        let mut hits = self.faults.apply(occasion, false, || self.clock.now(), draw);
        hits.iter_mut().for_each(|hit| hit.is_of_server = true);
        if let Some(tenant) = tenant {
            let is_answered = hits.last().is_some_and(FaultHit::short_circuits);
            hits.extend(tenant.apply_faults(occasion, is_answered));
        }
        AppliedFaults::from_hits(hits).into_result()
    }
}

/// Applies the faults of the session's scenario to a call, unless one short-circuits it already.
pub(super) fn apply_session_faults(
    session: &mut Session,
    endpoint: Endpoint,
    now: Timestamp,
) -> Result<AppliedFaults, CallError> {
    session.apply_due_stages(now);
    let faults = AppliedFaults {
        hits: session.apply_faults(endpoint, now),
        position: Some(StagePosition::from_session(session)),
    };
    faults.into_result().map_err(CallError::Fault)
}

/// Combines a response or error with the faults applied on the way.
pub(super) fn attach_faults<T>(
    answer: Result<T, VendorError>,
    faults: AppliedFaults,
) -> Result<(T, AppliedFaults), CallError> {
    match answer {
        Ok(answer) => Ok((answer, faults)),
        Err(error) => Err(CallError::Error(error, faults)),
    }
}
