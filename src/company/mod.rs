//! Companies: their settings, and their state at run time.

mod call_buffer;
mod event;
mod eviction_order;
mod held_calls;
mod journal;
mod journal_settings;
mod notifiers;
mod on_demand;
mod recorded;
mod session_index;
mod sessions;
mod settings;
mod tenant;
mod tenant_registry;

#[cfg(feature = "metrics")]
pub(crate) use self::session_index::SESSION_SIZE;
pub(crate) use self::{
    call_buffer::{EvictedCalls, JournalEntry},
    event::{Event, EventKind, JournalEvent},
    eviction_order::RemovalReason,
    held_calls::HeldCalls,
    journal::{Journal, JournalItem, JournalSequence},
    on_demand::OnDemandPolicy,
    recorded::{RecordedCall, RecordedHeaders},
    session_index::LARGE,
    sessions::SessionLimit,
    tenant::{EffectiveSettings, Tenant, TenantSettings, WaiterGuard},
    tenant_registry::TenantRegistry,
};
pub use self::{
    journal_settings::JournalSettings,
    settings::{Company, SavedConfiguration},
};
