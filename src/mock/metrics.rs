//! The state of the whole server, for monitoring.

use std::{
    collections::{BTreeMap, HashSet},
    ops::ControlFlow,
    sync::Arc,
};

use super::MockService;
use crate::{clock::uptime, company::SESSION_SIZE, heap::OnHeap, metrics::MetricsSnapshot, scenario::Scenario};

impl MockService {
    /// Returns sessions by stage, active faults, waiting clients, evictions and memory.
    pub(crate) fn metrics_snapshot(&self) -> MetricsSnapshot {
        let tenants = self.tenants.all();
        let (mut by_stage, mut memory) = (BTreeMap::<(String, usize), u64>::new(), 0);
        // Results that sessions keep and calls of the journal share.
        let mut rendered = HashSet::new();
        let mut seen: Option<(Arc<Scenario>, usize, u64)> = None;
        let mut count = |seen: Option<(Arc<Scenario>, usize, u64)>| {
            if let Some((scenario, stage, number)) = seen {
                *by_stage.entry((scenario.name.clone(), stage)).or_default() += number;
            }
        };
        for tenant in &tenants {
            let now = tenant.clock.now();
            tenant.sessions.scan(None, false, |_, session, _| {
                session.apply_due_stages(now);
                memory += SESSION_SIZE + session.on_heap();
                rendered.extend(session.rendered().map(|document| document.as_ptr()));
                let stage = session.last_stage().unwrap_or(0);
                match &mut seen {
                    // Equal kinds often follow each other.
                    Some((scenario, last, number))
                        if *last == stage && Arc::ptr_eq(scenario, &session.spec.scenario) =>
                    {
                        *number += 1;
                    }
                    other => count(other.replace((session.spec.scenario.clone(), stage, 1))),
                }
                ControlFlow::Continue(())
            });
        }
        count(seen);
        let journals = tenants.iter().map(|tenant| tenant.journal.bytes(&rendered)).sum::<usize>();
        let journals = journals + self.journal.bytes(&rendered);
        let mut memory = vec![("sessions", memory), ("journals", journals)];
        #[cfg(feature = "media")]
        memory.push(("uploads", self.storage.used_bytes()));
        MetricsSnapshot {
            sessions: by_stage.into_iter().map(|((scenario, stage), number)| (scenario, stage, number)).collect(),
            companies: tenants.len(),
            faults: self.all_faults().len(),
            waiting: self.config.clients.waiting().saturating_sub(self.waiting.available_permits()),
            memory: std::mem::take(&mut memory),
            evicted: vec![
                ("session", self.numbers.evicted_sessions()),
                ("company", self.tenants.eviction_count(uptime())),
                ("call", self.numbers.evicted_calls()),
            ],
        }
    }
}
