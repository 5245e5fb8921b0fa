//! Events, for listeners.

use std::{sync::Arc, time::Duration};

use super::MockService;
use crate::{
    company::{Journal, JournalItem, Tenant},
    vendor::Token,
};

/// Number of events read from a journal at once.
const EVENT_BATCH_SIZE: usize = 256;

/// An event and its company; `None` for an event without one.
pub(crate) type OwnedEvent = (Option<Arc<Tenant>>, JournalItem);

/// A batch of events.
#[derive(Debug, Default)]
pub(crate) struct EventBatch {
    /// The events in order.
    pub(crate) events: Vec<OwnedEvent>,
    /// All events up to this id are included.
    pub(crate) up_to: u64,
    /// Up to this id, some events are no longer in a journal.
    pub(crate) forgotten: Option<u64>,
}

impl MockService {
    /// Returns the events after an id, of one company or of all, of one session or of all.
    pub(crate) fn events_after(&self, tenant: Option<&Arc<Tenant>>, session: Option<Token>, after: u64) -> EventBatch {
        let mut batch = EventBatch { up_to: self.numbers.last_event(), ..EventBatch::default() };
        let mut read = |owner: Option<&Arc<Tenant>>, journal: &Journal| {
            let (noted, forgotten) = journal.read_events(after, batch.up_to, EVENT_BATCH_SIZE);
            if noted.len() == EVENT_BATCH_SIZE {
                // Later events are in the next batch, of every journal.
                batch.up_to = noted.last().map_or(batch.up_to, JournalItem::id);
            }
            batch.forgotten = batch.forgotten.max(forgotten);
            batch.events.extend(noted.into_iter().map(|noted| (owner.cloned(), noted)));
        };
        match tenant {
            Some(tenant) => read(Some(tenant), &tenant.journal),
            None => {
                read(None, &self.journal);
                self.tenants.all().iter().for_each(|tenant| read(Some(tenant), &tenant.journal));
            }
        }
        batch.events.retain(|(_, noted)| noted.id() <= batch.up_to);
        batch.events.retain(|(_, noted)| session.is_none_or(|token| noted.session() == Some(token)));
        batch.events.sort_by_key(|(_, noted)| noted.id());
        if batch.events.len() > EVENT_BATCH_SIZE {
            batch.events.truncate(EVENT_BATCH_SIZE);
            batch.up_to = batch.events.last().map_or(batch.up_to, |(_, noted)| noted.id());
        }
        batch
    }

    /// Whether this is still the company with its key.
    pub(crate) fn is_current(&self, tenant: &Arc<Tenant>) -> bool {
        self.tenants.get(&tenant.key).is_some_and(|current| Arc::ptr_eq(&current, tenant))
    }

    /// Applies the due stages and expiries of one company or of all. Returns the real time until the next, if their
    /// clocks run.
    pub(crate) fn apply_due_stages(&self, tenant: Option<&Arc<Tenant>>) -> Option<Duration> {
        let tenants = tenant.map_or_else(|| self.tenants.all(), |tenant| vec![tenant.clone()]);
        let next = |tenant: &Arc<Tenant>| {
            tenant.sessions.apply_due_stages(tenant.clock.now());
            tenant.clock.runs_until(tenant.sessions.next_due()?)
        };
        tenants.iter().filter_map(next).min()
    }
}
