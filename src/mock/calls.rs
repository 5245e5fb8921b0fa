//! The journal: remembering calls, and finding them again.

use std::sync::Arc;

use jiff::Timestamp;

use super::MockService;
use crate::{
    company::{Event, EventKind, EvictedCalls, Journal, JournalEntry, RecordedCall, Tenant},
    faults::Endpoint,
    vendor::Token,
};

/// Which calls are wanted.
#[derive(Debug, Default)]
pub(crate) struct CallFilter {
    pub(crate) session: Option<Token>,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) method: Option<String>,
    pub(crate) status: Option<u16>,
    /// From that moment on, on the company's clock.
    pub(crate) from: Option<Timestamp>,
    /// Before that moment.
    pub(crate) to: Option<Timestamp>,
}

impl CallFilter {
    fn takes(&self, call: &RecordedCall) -> bool {
        let Self { session, endpoint, method, status, from, to } = self;
        session.is_none_or(|token| call.session == Some(token))
            && endpoint.is_none_or(|endpoint| call.endpoint == Some(endpoint))
            && method.as_ref().is_none_or(|method| call.method.eq_ignore_ascii_case(method))
            && status.is_none_or(|status| call.status == status)
            && from.is_none_or(|from| from <= call.at)
            && to.is_none_or(|to| call.at < to)
    }
}

/// A remembered call, and whose it is; `None` for nobody's.
pub(crate) type OwnedCall = (Option<Arc<Tenant>>, Arc<JournalEntry>);

impl MockService {
    /// Remembers a call of a company, or of nobody.
    pub(crate) fn record(&self, tenant: Option<&Tenant>, recorded: RecordedCall) {
        let journal = tenant.map_or(&self.journal, |tenant| &tenant.journal);
        journal.record(recorded);
    }

    /// Notes that a fault strikes a call of a company, or of nobody: which, in words.
    pub(crate) fn note_fault(&self, tenant: Option<&Tenant>, session: Option<Token>, fault: &str) {
        let (clock, journal) = match tenant {
            Some(tenant) => (&tenant.clock, &tenant.journal),
            None => (&self.clock, &self.journal),
        };
        journal.add_events([Event { at: clock.now(), session, kind: EventKind::FaultHit { fault: fault.to_owned() } }]);
    }

    /// Notes that something happened to none of the companies alone.
    pub(crate) fn add_event(&self, kind: EventKind) {
        self.journal.add_events([Event { at: self.clock.now(), session: None, kind }]);
    }

    /// The calls that are wanted, in the order in which they were answered, and what of the journals that were looked at
    /// had to make room. Without a company, those of all are looked at, and those that belong to none.
    pub(crate) fn find_calls(
        &self,
        tenant: Option<&Arc<Tenant>>,
        filter: &CallFilter,
    ) -> (Vec<OwnedCall>, EvictedCalls) {
        let (mut calls, mut evicted) = (Vec::new(), EvictedCalls::default());
        let mut look = |owner: Option<&Arc<Tenant>>, journal: &Journal| {
            let (entries, gone) = journal.read();
            evicted = evicted.merge(gone);
            let wanted = entries.into_iter().filter(|entry| filter.takes(&entry.recorded));
            calls.extend(wanted.map(|entry| (owner.cloned(), entry)));
        };
        match tenant {
            Some(tenant) => look(Some(tenant), &tenant.journal),
            None => {
                look(None, &self.journal);
                self.tenants.all().iter().for_each(|tenant| look(Some(tenant), &tenant.journal));
                calls.sort_by_key(|(_, entry)| entry.id);
                evicted = evicted.merge(self.tenants.evicted_calls());
            }
        }
        (calls, evicted)
    }

    /// The calls that were answered behind the one of that id, in no order.
    pub(crate) fn calls_after(&self, tenant: Option<&Arc<Tenant>>, after: u64) -> Vec<OwnedCall> {
        let of = |owner: Option<&Arc<Tenant>>, journal: &Journal| {
            let behind = journal.calls_after(after).into_iter();
            behind.map(|entry| (owner.cloned(), entry)).collect::<Vec<_>>()
        };
        match tenant {
            Some(tenant) => of(Some(tenant), &tenant.journal),
            None => {
                let tenants = self.tenants.all();
                let of_companies = tenants.iter().flat_map(|tenant| of(Some(tenant), &tenant.journal));
                of_companies.chain(of(None, &self.journal)).collect()
            }
        }
    }

    /// The call of that id; `None` when it is not remembered any more, or never was.
    pub(crate) fn find_call(&self, id: u64) -> Option<OwnedCall> {
        if let Some(entry) = self.journal.get(id) {
            return Some((None, entry));
        }
        self.tenants.all().into_iter().find_map(|tenant| {
            let entry = tenant.journal.get(id)?;
            Some((Some(tenant), entry))
        })
    }

    /// Whether a call of that id may be one that had to make room.
    pub(crate) fn was_call_evicted(&self, id: u64) -> bool {
        let tenants = self.tenants.all();
        let journals = tenants.iter().map(|tenant| &tenant.journal).chain([&self.journal]);
        id > 0 && journals.map(|journal| journal.evicted()).any(|evicted| evicted.last.is_some_and(|last| id <= last))
    }

    /// Forgets the calls of one company, or all.
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
