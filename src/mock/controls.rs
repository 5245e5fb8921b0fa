//! The controls of a test or an operator: clocks, queues, faults, decisions, reset.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DecisionError, MockService, Token};
use crate::{
    clock::ClockChange,
    company::{Event, Tenant},
    faults::{Fault, FaultInfo},
    foreign_text::shortened,
    problem::{Problem, member_path},
    scenario::{ScenarioChoice, Verdict},
    session::{DueSessionEvent, FinishError, NO_SESSION},
};

/// An event that became due when a clock moved.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct DueEvent {
    /// Its due time, as RFC 3339 in UTC.
    pub at: String,
    /// Its company; `None` for the server.
    pub company_key: Option<String>,
    /// Token of its session.
    pub session: Option<String>,
    /// Its kind.
    pub what: DueEventKind,
}

/// The kinds of due events.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum DueEventKind {
    /// A stage of a session's scenario was reached; describes it.
    #[serde(rename = "stage")]
    StageReached(String),
    /// A session token expired while the widget was open.
    #[serde(rename = "abandoned")]
    SessionAbandoned,
    /// A session token expired before the widget was opened.
    #[serde(rename = "expired")]
    SessionExpired,
    /// The fault with this name expired.
    #[serde(rename = "fault_ended")]
    FaultExpired(String),
}

/// The reason a scenario is not switched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SwitchScenarioError {
    #[error(transparent)]
    Session(FinishError),
    #[error(transparent)]
    NoSuchScenario(Problem),
}

impl MockService {
    /// Advances the clock of a company. Returns the due events, in order of time.
    pub(crate) fn advance(&self, tenant: &Tenant, by: Duration) -> Vec<DueEvent> {
        self.clock_moved(tenant, tenant.change_clock(ClockChange::Advance(by)))
    }

    /// Sets the clock of a company. Reached stages stay when it is set back.
    pub(crate) fn set_clock(&self, tenant: &Tenant, moment: Timestamp) -> Vec<DueEvent> {
        self.clock_moved(tenant, tenant.change_clock(ClockChange::Set(moment)))
    }

    /// Advances every clock: that of each company, and the server's.
    pub(crate) fn advance_all(&self, by: Duration) -> Vec<DueEvent> {
        let mut due: Vec<_> = self.tenants.all().iter().flat_map(|tenant| self.advance(tenant, by)).collect();
        due.extend(self.server_clock_moved(ClockChange::Advance(by)));
        due
    }

    /// Sets the server's clock only.
    pub(crate) fn set_own_clock(&self, moment: Timestamp) -> Vec<DueEvent> {
        self.server_clock_moved(ClockChange::Set(moment))
    }

    /// Changes the server's clock only. Returns the new time.
    pub(crate) fn turn_own_clock(&self, turn: ClockChange) -> Timestamp {
        let tell = |now, is_frozen| self.journal.add_events([Event::clock(now, is_frozen)]);
        self.clock.update(turn, tell).1
    }

    fn server_clock_moved(&self, turn: ClockChange) -> Vec<DueEvent> {
        let now = self.turn_own_clock(turn);
        let ended = self.faults.expire(now).into_iter();
        let ended = ended.map(|fault| DueEvent {
            at: fault.at.to_string(),
            company_key: None,
            session: None,
            what: DueEventKind::FaultExpired(fault.name),
        });
        ended.collect()
    }

    /// Returns the active faults: those of the server, then each company's own.
    pub(crate) fn all_faults(&self) -> Vec<FaultInfo> {
        let of_companies = self.tenants.all().into_iter().flat_map(|tenant| tenant.fault_infos());
        self.faults.infos(self.clock.now()).into_iter().chain(of_companies).collect()
    }

    /// Adds a fault for the calls of a company, or of all.
    ///
    /// # Errors
    ///
    /// [`Problem`] if it names an unknown scenario or session.
    pub(crate) fn add_fault(&self, tenant: Option<&Tenant>, fault: Fault) -> Result<FaultInfo, Problem> {
        if let Some(name) = fault.scenario() {
            self.catalogue().scenarios.check(name).map_err(|problem| problem.at(&member_path!["scenario"]))?;
        }
        if let Some(token) = fault.session() {
            let is_its = |owner: &Arc<Tenant>| tenant.is_none_or(|tenant| tenant.key == owner.key);
            if self.tenant_of(token).filter(is_its).is_none() {
                let whose = tenant.map(|tenant| format!(" of the company `{}`", tenant.key)).unwrap_or_default();
                let problem = format!("there is no session `{}`{whose}; {NO_SESSION}", shortened(token));
                return Err(Problem::of_key("session", problem));
            }
        }
        match tenant {
            Some(tenant) => tenant.add_fault(fault),
            None => self.faults.add(fault, self.clock.now()),
        }
    }

    /// Removes all faults: those of the server, and each company's own.
    pub(crate) fn clear_faults(&self) {
        self.faults.replace(&[], self.clock.now());
        self.holds.release_all();
        self.tenants.all().iter().for_each(|tenant| tenant.clear_faults());
    }

    /// Says of each prepared thing that it was not used: faults without a hit, and scenarios in a queue. Without a
    /// company, those of the server and all companies.
    pub(crate) fn unused(&self, tenant: Option<&Arc<Tenant>>) -> Vec<String> {
        let faults = |(active, expired): (Vec<String>, Vec<String>), whose: &str| {
            let active = active.into_iter().map(|name| format!("the fault `{name}`{whose} never hit a call"));
            let expired = expired.into_iter().map(|name| format!("the fault `{name}`{whose} expired without a hit"));
            active.chain(expired).collect::<Vec<_>>()
        };
        let mut unused = match tenant {
            Some(_) => Vec::new(),
            None => faults(self.faults.unused(self.clock.now()), ""),
        };
        for tenant in tenant.map_or_else(|| self.companies(), |tenant| vec![tenant.clone()]) {
            let whose = format!(" of the company `{}`", shortened(&tenant.key));
            unused.extend(faults(tenant.faults.unused(tenant.clock.now()), &whose));
            let queued = tenant.queued().into_iter();
            unused.extend(queued.map(|name| format!("the scenario `{name}` in the queue{whose} was never taken")));
        }
        unused
    }

    fn clock_moved(&self, tenant: &Tenant, (before, now): (Timestamp, Timestamp)) -> Vec<DueEvent> {
        let mut due: Vec<(Timestamp, Option<Token>, DueEventKind)> = Vec::new();
        tenant.sessions.update_all(|session, _| {
            for (at, event) in session.advance_clock(before, now) {
                let what = match event {
                    DueSessionEvent::StageReached(stage) => DueEventKind::StageReached(stage),
                    DueSessionEvent::SessionAbandoned => DueEventKind::SessionAbandoned,
                    DueSessionEvent::SessionExpired => DueEventKind::SessionExpired,
                };
                due.push((at, Some(session.token), what));
            }
        });
        for fault in tenant.faults.expire(now) {
            due.push((fault.at, None, DueEventKind::FaultExpired(fault.name)));
        }
        due.sort_by_key(|(at, token, _)| (*at, *token));
        let company = &tenant.key;
        tracing::info!(company, %now, due = due.len(), "changed the clock");
        let mut events = Vec::with_capacity(due.len());
        for (at, token, what) in due {
            tracing::debug!(company, %at, session = token.map(tracing::field::display), ?what, "fell due");
            let session = token.map(|token| token.to_string());
            events.push(DueEvent { at: at.to_string(), company_key: Some(company.clone()), session, what });
        }
        events
    }

    /// Queues scenarios for the next sessions of a company that request none, one each.
    ///
    /// # Errors
    ///
    /// [`Problem`] of the first invalid scenario; none is queued then.
    pub(crate) fn enqueue(
        &self,
        tenant: &Tenant,
        scenarios: impl IntoIterator<Item = impl Into<ScenarioChoice>>,
    ) -> Result<(), Problem> {
        let catalogue = self.catalogue();
        let ready = scenarios.into_iter().enumerate().map(|(at, scenario)| {
            let ready = match scenario.into() {
                ScenarioChoice::Named(name) => catalogue.scenarios.check(&name).map(|()| ScenarioChoice::Named(name)),
                ScenarioChoice::Inline(scenario) => {
                    catalogue.ready(&scenario, &self.config.outcome_trigger).map(ScenarioChoice::Inline)
                }
            };
            ready.map_err(|problem| problem.at(&member_path![at]))
        });
        tenant.enqueue(ready.collect::<Result<_, Problem>>()?);
        Ok(())
    }

    /// Switches a session to the scenario with this name, from its first stage.
    ///
    /// # Errors
    ///
    /// [`SwitchScenarioError`] if there is no such scenario or session, or the person has finished.
    pub(crate) fn play(&self, token: &str, name: &str, chosen_by: &'static str) -> Result<(), SwitchScenarioError> {
        let catalogue = self.catalogue();
        catalogue.scenarios.check(name).map_err(SwitchScenarioError::NoSuchScenario)?;
        let scenario = catalogue.scenarios.get(name).expect("it was checked");
        self.in_widget(token, |session, now| session.switch_scenario(scenario.clone(), chosen_by, now))
            .map_err(SwitchScenarioError::Session)
    }

    /// Resets a company: no sessions, initial queue, faults and clock.
    pub(crate) fn reset(&self, tenant: &Tenant) {
        tenant.reset();
        tracing::info!(company = tenant.key, "reset the company");
    }

    /// Makes a decision as the vendor's operator: this `verdict`, or the one that the scenario waits for.
    ///
    /// # Errors
    ///
    /// [`DecisionError`] if there is no such session, the verdict is invalid, or none is given and the scenario does
    /// not wait for one.
    pub(crate) fn decide(&self, token: &str, verdict: Option<&Verdict>) -> Result<(), DecisionError> {
        verdict.map_or(Ok(()), Verdict::check).map_err(DecisionError::InvalidVerdict)?;
        let usual = self.tenant_of(token).and_then(|tenant| tenant.settings().company.decision_comment.clone());
        let comment = usual.as_ref().or(self.config.decision_comment.as_ref());
        let decided = self.in_session(token, |session, now| {
            let decided = verdict.map(|verdict| {
                let mut verdict = verdict.clone().completed_for_decision(session.default_reject_reason());
                verdict.details.result_comment = verdict.details.result_comment.or(comment.cloned());
                verdict
            });
            session.decide(decided, now)
        });
        decided.unwrap_or(Err(DecisionError::NoSuchSession))
    }
}
