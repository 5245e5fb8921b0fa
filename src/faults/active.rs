//! The active faults of a scope: a server, a company or a session.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DelayRange, Endpoint, Fault, FaultEffect, FaultEnd};
use crate::{clock::later, problem::Problem};

/// Maximum number of active faults of a server or a company.
const MAX_FAULTS: usize = 1000;

/// Active faults, in the order in which they were added.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub(crate) struct ActiveFaults(Vec<ActiveFault>);

#[derive(Debug, Clone, Deserialize, Serialize)]
struct ActiveFault {
    /// Given, or derived; unique in its scope.
    name: String,
    fault: Fault,
    began_at: Timestamp,
    /// Number of matching calls.
    matched_calls: u32,
    /// Number of hits among them.
    hits: u32,
}

/// The properties of a call that faults match.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FaultContext<'a> {
    /// `None` for a vendor call that the mock does not implement.
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) session: Option<&'a str>,
    pub(crate) scenario: Option<&'a str>,
    /// Whether the call was checked before, when its scenario was not chosen yet.
    pub(crate) is_second_look: bool,
}

/// The effect of a fault on one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FaultHit {
    pub(crate) delay: Option<Duration>,
    pub(crate) effect: Option<FaultEffect>,
    /// Whether the fault applies to all companies, so that a company cannot remove it.
    pub(crate) is_of_server: bool,
    /// The text for hint and log: name, effect and end of the fault.
    pub(crate) note: String,
}

impl FaultHit {
    /// Whether the call is not handled at all.
    pub(crate) fn short_circuits(&self) -> bool {
        self.effect.as_ref().is_some_and(FaultEffect::short_circuits)
    }
}

/// An active fault.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct FaultInfo {
    /// Its name in hints and log, by which it is removed.
    pub name: String,
    /// The company that it applies to; `None` for all.
    pub company_key: Option<String>,
    /// The endpoint that it applies to; `None` for all vendor calls.
    pub endpoint: Option<Endpoint>,
    /// The token of the session that it applies to; `None` for all.
    pub session: Option<String>,
    /// The scenario whose sessions it applies to; `None` for all.
    pub scenario: Option<String>,
    /// Its effect: `a delay of 3s, then status 503`.
    pub effect: String,
    /// Its end: `after 2 calls`.
    pub ends: String,
    /// Number of calls that it hit.
    pub hits: u32,
}

impl ActiveFaults {
    /// Adds a fault that starts at `now`. It replaces one of the same name, if it has been given a name.
    pub(crate) fn add(&mut self, fault: Fault, now: Timestamp) {
        let mut name = fault.name();
        if fault.name.is_some() {
            self.remove(&name);
        }
        let derived = name.clone();
        let mut number = 1;
        while self.0.iter().any(|active| active.name == name) {
            number += 1;
            name = format!("{derived} #{number}");
        }
        self.0.push(ActiveFault { name, fault, began_at: now, matched_calls: 0, hits: 0 });
    }

    /// Removes the fault with this name; false if there is none.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|in_force| in_force.name != name);
        self.0.len() < before
    }

    /// Applies the faults that match this call, up to the first with an effect: delays add up, effects do not.
    /// `is_answered` means that a fault of another scope short-circuits the call. `draw` returns a number for a seed
    /// text.
    pub(crate) fn apply(
        &mut self,
        occasion: &FaultContext<'_>,
        mut is_answered: bool,
        now: Timestamp,
        draw: impl Fn(&str) -> u64,
    ) -> Vec<FaultHit> {
        self.expire(now);
        let mut hits = Vec::new();
        for in_force in self.0.iter_mut().filter(|in_force| in_force.fault.is_on(occasion)) {
            in_force.matched_calls = in_force.matched_calls.saturating_add(1);
            if is_answered || !in_force.is_active_for_call() {
                continue;
            }
            in_force.hits = in_force.hits.saturating_add(1);
            let hit = in_force.hit(&draw);
            is_answered = hit.effect.is_some();
            hits.push(hit);
        }
        self.0.retain(|in_force| !in_force.is_over());
        hits
    }

    /// Whether no fault is active.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes the faults that have expired at `now`, and returns them.
    fn expire(&mut self, now: Timestamp) -> Vec<ExpiredFault> {
        let end = |in_force: &ActiveFault| match in_force.fault.ends {
            FaultEnd::After(time) => Some(later(in_force.began_at, time)).filter(|end| *end <= now),
            FaultEnd::AfterTimes(_) | FaultEnd::AfterCalls(_) | FaultEnd::Never => None,
        };
        if !self.0.iter().any(|in_force| end(in_force).is_some()) {
            return Vec::new();
        }
        let expired = |it: &ActiveFault| Some(ExpiredFault { name: it.name.clone(), at: end(it)?, hits: it.hits });
        let ended: Vec<_> = self.0.iter().filter_map(expired).collect();
        self.0.retain(|in_force| end(in_force).is_none());
        ended
    }

    /// Returns the active faults at `now`.
    pub(crate) fn infos(&mut self, now: Timestamp) -> Vec<FaultInfo> {
        self.expire(now);
        self.0.iter().map(ActiveFault::info).collect()
    }
}

/// A fault whose time is over.
#[derive(Debug)]
pub(crate) struct ExpiredFault {
    pub(crate) name: String,
    pub(crate) at: Timestamp,
    hits: u32,
}

impl ActiveFault {
    fn is_active_for_call(&self) -> bool {
        match &self.fault.ends {
            FaultEnd::AfterCalls(calls) => calls.contains(&self.matched_calls),
            FaultEnd::AfterTimes(_) | FaultEnd::After(_) | FaultEnd::Never => true,
        }
    }

    fn is_over(&self) -> bool {
        match &self.fault.ends {
            FaultEnd::AfterTimes(times) => self.hits >= *times,
            FaultEnd::AfterCalls(calls) => self.matched_calls >= *calls.end(),
            FaultEnd::After(_) | FaultEnd::Never => false,
        }
    }

    /// Creates the hit on a matching call.
    fn hit(&self, draw: impl Fn(&str) -> u64) -> FaultHit {
        let Self { name, fault, began_at, matched_calls, hits } = self;
        let left = match &fault.ends {
            FaultEnd::AfterTimes(times) => format!("call {hits} of {times}"),
            FaultEnd::AfterCalls(calls) => {
                format!("call {matched_calls} of calls {} to {}", calls.start(), calls.end())
            }
            FaultEnd::After(time) => format!("until {}", later(*began_at, *time)),
            FaultEnd::Never => "until it is removed".into(),
        };
        let delay = fault.delay.map(|delay| delay.sample(draw(&format!("{name} {hits}"))));
        let drawn = match (delay, fault.delay) {
            (Some(drawn), Some(DelayRange { from, to })) if from != to => format!(", here {drawn:?}"),
            _ => String::new(),
        };
        let note = format!("fault `{name}` ({}{drawn}), {left}", fault.effect());
        FaultHit { delay, effect: fault.effect.clone(), is_of_server: false, note }
    }

    fn info(&self) -> FaultInfo {
        let Self { name, fault, began_at, hits, .. } = self;
        FaultInfo {
            name: name.clone(),
            company_key: None,
            endpoint: fault.endpoint,
            session: fault.session.clone(),
            scenario: fault.scenario.clone(),
            effect: fault.effect(),
            ends: match &fault.ends {
                FaultEnd::AfterTimes(1) => "after 1 call".into(),
                FaultEnd::AfterTimes(times) => format!("after {times} calls"),
                FaultEnd::AfterCalls(calls) => format!("after calls {} to {}", calls.start(), calls.end()),
                FaultEnd::After(time) => format!("at {}", later(*began_at, *time)),
                FaultEnd::Never => "when it is removed".into(),
            },
            hits: *hits,
        }
    }
}

impl Fault {
    fn is_on(&self, occasion: &FaultContext<'_>) -> bool {
        let FaultContext { endpoint, session, scenario, is_second_look } = *occasion;
        let is_endpoint = match self.endpoint {
            Some(wanted) => endpoint == Some(wanted),
            None => endpoint.is_none_or(Endpoint::is_the_vendors),
        };
        let is_scenario = match &self.scenario {
            Some(of) => scenario == Some(of),
            None => !is_second_look,
        };
        is_endpoint && is_scenario && (self.session.is_none() || self.session.as_deref() == session)
    }
}

impl DelayRange {
    /// Returns a delay in the range, selected by `number`.
    fn sample(self, number: u64) -> Duration {
        let (span, fraction) = (self.to - self.from, number as f64 / u64::MAX as f64);
        let part = Duration::try_from_secs_f64(span.as_secs_f64() * fraction).unwrap_or(span);
        self.from.saturating_add(part).min(self.to)
    }
}

/// The faults of a scope, for concurrent calls.
#[derive(Debug, Default)]
pub(crate) struct SharedFaults {
    list: Mutex<FaultList>,
    /// Usually there are none, and then no call takes the lock.
    any: AtomicBool,
}

#[derive(Debug, Default)]
struct FaultList {
    active: ActiveFaults,
    /// Names of the faults that expired without a hit, at most as many as can be active.
    expired_unused: Vec<String>,
}

impl SharedFaults {
    /// Whether there are faults.
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// Adds a fault, as [`ActiveFaults::add`]. Returns it.
    ///
    /// # Errors
    ///
    /// [`Problem`] if there are too many.
    pub(crate) fn add(&self, fault: Fault, now: Timestamp) -> Result<FaultInfo, Problem> {
        self.change_at(now, |list| {
            if list.0.len() >= MAX_FAULTS {
                let problem = format!("there are {MAX_FAULTS} faults already; remove some, or let them expire");
                return Err(Problem::rule(problem));
            }
            list.add(fault, now);
            Ok(list.0.last().expect("it was added").info())
        })
    }

    /// As [`ActiveFaults::remove`].
    pub(crate) fn remove(&self, name: &str) -> bool {
        self.change(|list| list.active.remove(name))
    }

    /// As [`ActiveFaults::apply`].
    pub(crate) fn apply(
        &self,
        occasion: &FaultContext<'_>,
        is_answered: bool,
        now: impl FnOnce() -> Timestamp,
        draw: impl Fn(&str) -> u64,
    ) -> Vec<FaultHit> {
        if !self.any() {
            return Vec::new();
        }
        let now = now();
        self.change_at(now, |list| list.apply(occasion, is_answered, now, draw))
    }

    /// Removes the faults that have expired at `now`, and returns them.
    pub(crate) fn expire(&self, now: Timestamp) -> Vec<ExpiredFault> {
        self.change(|list| list.expire(now))
    }

    /// Returns the names of the active faults without a hit, and of the faults that expired without a hit.
    pub(crate) fn unused(&self, now: Timestamp) -> (Vec<String>, Vec<String>) {
        self.change(|list| {
            list.expire(now);
            let active = list.active.0.iter().filter(|fault| fault.hits == 0).map(|fault| fault.name.clone());
            (active.collect(), list.expired_unused.clone())
        })
    }

    /// As [`ActiveFaults::infos`].
    pub(crate) fn infos(&self, now: Timestamp) -> Vec<FaultInfo> {
        self.change_at(now, |list| list.infos(now))
    }

    /// Replaces all faults.
    pub(crate) fn replace(&self, faults: &[Fault], now: Timestamp) {
        self.change(|list| {
            *list = FaultList::default();
            for fault in faults {
                list.active.add(fault.clone(), now);
            }
        });
    }

    /// Changes the faults that are still active at `now`.
    fn change_at<T>(&self, now: Timestamp, change: impl FnOnce(&mut ActiveFaults) -> T) -> T {
        self.change(|list| {
            list.expire(now);
            change(&mut list.active)
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut FaultList) -> T) -> T {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut list);
        self.any.store(!list.active.0.is_empty(), Ordering::Release);
        changed
    }
}

impl FaultList {
    fn expire(&mut self, now: Timestamp) -> Vec<ExpiredFault> {
        let expired = self.active.expire(now);
        let unused = expired.iter().filter(|fault| fault.hits == 0).map(|fault| fault.name.clone());
        self.expired_unused.extend(unused.take(MAX_FAULTS.saturating_sub(self.expired_unused.len())));
        expired
    }
}
