//! The faults in force at one place: a server, a company or a session.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Delay, End, Endpoint, Fault, Harm};
use crate::clock::later;

/// Faults in the order in which they were added.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub(crate) struct FaultList(Vec<InForce>);

#[derive(Debug, Clone, Deserialize, Serialize)]
struct InForce {
    fault: Fault,
    began_at: Timestamp,
    struck: u32,
}

/// What a fault does to one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Strike {
    pub(crate) delay: Option<Duration>,
    pub(crate) harm: Option<Harm>,
    /// For hint and log: which fault it is, what it does, and how long it goes on.
    pub(crate) note: String,
}

impl Strike {
    /// Whether the call is not carried out at all.
    pub(crate) fn comes_first(&self) -> bool {
        self.harm.as_ref().is_some_and(Harm::comes_first)
    }
}

impl FaultList {
    /// Adds a fault that begins at `now`, in place of one of the same name.
    pub(crate) fn add(&mut self, fault: Fault, now: Timestamp) {
        self.remove(&fault.name());
        self.0.push(InForce { fault, began_at: now, struck: 0 });
    }

    /// Ends the fault of that name; false when there is none.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|in_force| in_force.fault.name() != name);
        self.0.len() < before
    }

    /// Lets the first fault strike that is on this call. `draw` gives a number for what it is asked for.
    pub(crate) fn strike(
        &mut self,
        endpoint: Endpoint,
        session: Option<&str>,
        now: Timestamp,
        draw: impl Fn(&str) -> u64,
    ) -> Option<Strike> {
        self.end_those_due(now);
        let at = self.0.iter().position(|in_force| in_force.fault.is_on(endpoint, session))?;
        let in_force = &mut self.0[at];
        in_force.struck = in_force.struck.saturating_add(1);
        let InForce { fault, began_at, struck } = &*in_force;
        let name = fault.name();
        let (left, is_last) = match fault.ends {
            End::AfterCalls(calls) => (format!("call {struck} of {calls}"), *struck >= calls),
            End::After(time) => (format!("until {}", later(*began_at, time)), false),
            End::Never => ("until it is removed".into(), false),
        };
        let strike = Strike {
            delay: fault.delay.map(|delay| delay.draw(draw(&format!("{name} {struck}")))),
            harm: fault.harm.clone(),
            note: format!("fault `{name}` ({}), {left}", fault.effect()),
        };
        if is_last {
            self.0.remove(at);
        }
        Some(strike)
    }

    /// Ends the faults whose time is over at `now`; answers name and end of each.
    pub(crate) fn end_those_due(&mut self, now: Timestamp) -> Vec<(String, Timestamp)> {
        let end = |in_force: &InForce| match in_force.fault.ends {
            End::After(time) => Some(later(in_force.began_at, time)).filter(|end| *end <= now),
            End::AfterCalls(_) | End::Never => None,
        };
        if !self.0.iter().any(|in_force| end(in_force).is_some()) {
            return Vec::new();
        }
        let ended: Vec<_> = self.0.iter().filter_map(|it| Some((it.fault.name(), end(it)?))).collect();
        self.0.retain(|in_force| end(in_force).is_none());
        ended
    }
}

impl Fault {
    fn is_on(&self, endpoint: Endpoint, session: Option<&str>) -> bool {
        self.on.is_none_or(|on| on == endpoint) && (self.session.is_none() || self.session.as_deref() == session)
    }
}

impl Delay {
    /// A length between the bounds, as `number` says.
    fn draw(self, number: u64) -> Duration {
        let fraction = number as f64 / u64::MAX as f64;
        self.from + (self.to - self.from).mul_f64(fraction)
    }
}

/// The faults of a place that calls reach at the same time.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    list: Mutex<FaultList>,
    /// Mostly there are none, and then no call waits for the lock.
    any: AtomicBool,
}

impl Faults {
    pub(crate) fn add(&self, fault: Fault, now: Timestamp) {
        self.change(|list| list.add(fault, now));
    }

    /// As [`FaultList::remove`].
    pub(crate) fn remove(&self, name: &str) -> bool {
        self.change(|list| list.remove(name))
    }

    /// As [`FaultList::strike`].
    pub(crate) fn strike(
        &self,
        endpoint: Endpoint,
        session: Option<&str>,
        now: impl FnOnce() -> Timestamp,
        draw: impl Fn(&str) -> u64,
    ) -> Option<Strike> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        self.change(|list| list.strike(endpoint, session, now(), draw))
    }

    /// As [`FaultList::end_those_due`].
    pub(crate) fn end_those_due(&self, now: Timestamp) -> Vec<(String, Timestamp)> {
        self.change(|list| list.end_those_due(now))
    }

    /// Ends all faults, and begins others.
    pub(crate) fn replace(&self, faults: &[Fault], now: Timestamp) {
        self.change(|list| {
            *list = FaultList::default();
            for fault in faults {
                list.add(fault.clone(), now);
            }
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut FaultList) -> T) -> T {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut list);
        self.any.store(!list.0.is_empty(), Ordering::Release);
        changed
    }
}
