//! The journal: recording calls, and finding them.

use std::sync::Arc;

use jiff::Timestamp;

use super::MockService;
use crate::{
    company::{Event, EventKind, EvictedCalls, Journal, JournalEntry, RecordedCall, Tenant},
    faults::Endpoint,
    vendor::Token,
};

/// A filter for calls.
#[derive(Debug, Default)]
pub(crate) struct CallFilter {
    pub(crate) session: Option<Token>,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) method: Option<String>,
    pub(crate) status: Option<u16>,
    /// From this time on, on the company's clock.
    pub(crate) from: Option<Timestamp>,
    /// Before this time.
    pub(crate) to: Option<Timestamp>,
}

impl CallFilter {
    fn takes(&self, call: &RecordedCall) -> bool {
        let Self { session, endpoint, method, status, from, to } = self;
        session.is_none_or(|token| call.session == Some(token))
            && endpoint.is_none_or(|endpoint| call.endpoint == Some(endpoint))
            && method.as_ref().is_none_or(|method| call.method.eq_ignore_ascii_case(method))
            && status.is_none_or(|status| call.status == Some(status))
            && from.is_none_or(|from| from <= call.at)
            && to.is_none_or(|to| call.at < to)
    }
}

/// A recorded call and its company; `None` for a call without one.
#[derive(Debug, Clone)]
pub(crate) struct OwnedCall {
    pub(crate) owner: Option<Arc<Tenant>>,
    pub(crate) entry: Arc<JournalEntry>,
}

impl MockService {
    /// Returns the journal of a company, or of calls without one.
    pub(crate) fn journal_of<'a>(&'a self, tenant: Option<&'a Tenant>) -> &'a Arc<Journal> {
        tenant.map_or(&self.journal, |tenant| &tenant.journal)
    }

    /// Records that a fault hit a call, of a company or of none.
    pub(crate) fn note_fault(&self, tenant: Option<&Tenant>, session: Option<Token>, fault: &str) {
        let (clock, journal) = match tenant {
            Some(tenant) => (&tenant.clock, &tenant.journal),
            None => (&self.clock, &self.journal),
        };
        journal.add_events([Event { at: clock.now(), session, kind: EventKind::FaultHit { fault: fault.to_owned() } }]);
    }

    /// Records an event that belongs to no company.
    pub(crate) fn add_event(&self, kind: EventKind) {
        self.journal.add_events([Event { at: self.clock.now(), session: None, kind }]);
    }

    /// Returns the answered calls that match, in order, and the evicted calls of the searched journals. Without a
    /// company, all journals are searched.
    pub(crate) fn find_calls(
        &self,
        tenant: Option<&Arc<Tenant>>,
        filter: &CallFilter,
    ) -> (Vec<OwnedCall>, EvictedCalls) {
        let (mut calls, evicted) = self.read_calls(tenant);
        calls.retain(|OwnedCall { entry, .. }| !entry.is_open() && filter.takes(&entry.recorded));
        (calls, evicted)
    }

    /// Returns all calls in order, the open ones last, and the evicted calls of the searched journals.
    pub(crate) fn read_calls(&self, tenant: Option<&Arc<Tenant>>) -> (Vec<OwnedCall>, EvictedCalls) {
        let (mut calls, mut evicted) = (Vec::new(), EvictedCalls::default());
        let mut look = |owner: Option<&Arc<Tenant>>, journal: &Journal| {
            let (entries, gone) = journal.read();
            evicted = evicted.merge(gone);
            calls.extend(entries.into_iter().map(|entry| OwnedCall { owner: owner.cloned(), entry }));
        };
        match tenant {
            Some(tenant) => look(Some(tenant), &tenant.journal),
            None => {
                look(None, &self.journal);
                self.tenants.all().iter().for_each(|tenant| look(Some(tenant), &tenant.journal));
                calls.sort_by_key(|call| call.entry.id);
                evicted = evicted.merge(self.tenants.evicted_calls());
            }
        }
        (calls, evicted)
    }

    /// Returns the calls with an id above this one and the open ones, unordered.
    pub(crate) fn calls_after(&self, tenant: Option<&Arc<Tenant>>, after: u64) -> Vec<OwnedCall> {
        let mut calls = Vec::new();
        let mut look = |owner: Option<&Arc<Tenant>>, journal: &Journal| {
            let behind = journal.calls_after(after).into_iter();
            calls.extend(behind.map(|entry| OwnedCall { owner: owner.cloned(), entry }));
        };
        match tenant {
            Some(tenant) => look(Some(tenant), &tenant.journal),
            None => {
                self.tenants.all().iter().for_each(|tenant| look(Some(tenant), &tenant.journal));
                look(None, &self.journal);
            }
        }
        calls
    }

    /// Returns the call with this id; `None` if it is not in a journal.
    pub(crate) fn find_call(&self, id: u64) -> Option<OwnedCall> {
        if let Some(entry) = self.journal.get(id) {
            return Some(OwnedCall { owner: None, entry });
        }
        self.tenants.all().into_iter().find_map(|tenant| {
            let entry = tenant.journal.get(id)?;
            Some(OwnedCall { owner: Some(tenant), entry })
        })
    }

    /// Whether a call with this id may have been evicted.
    pub(crate) fn was_call_evicted(&self, id: u64) -> bool {
        let tenants = self.tenants.all();
        let journals = tenants.iter().map(|tenant| &tenant.journal).chain([&self.journal]);
        id > 0 && journals.map(|journal| journal.evicted()).any(|evicted| evicted.last.is_some_and(|last| id <= last))
    }

    /// Clears the journal of a company, or all journals.
    pub(crate) fn forget_calls(&self, tenant: Option<&Tenant>) {
        match tenant {
            Some(tenant) => tenant.journal.clear(),
            None => {
                self.journal.clear();
                self.tenants.all().iter().for_each(|tenant| tenant.journal.clear());
            }
        }
    }
}
