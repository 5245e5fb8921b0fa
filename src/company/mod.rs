//! Companies: how one is set, and what belongs to it alone while the server runs.

mod bells;
mod event;
mod file;
mod guests;
mod holds;
mod journal;
mod journal_settings;
mod kept;
mod order;
mod recorded;
mod sessions;
mod settings;
mod tenant;
mod tenants;

#[cfg(feature = "metrics")]
pub(crate) use self::sessions::SESSION_SIZE;
pub(crate) use self::{
    event::{Event, EventKind, JournalEvent},
    file::{CompanyChange, CompanyFile},
    guests::OnDemandPolicy,
    holds::HeldCalls,
    journal::{Journal, JournalItem, JournalSequence},
    kept::{EvictedCalls, JournalEntry},
    order::RemovalReason,
    recorded::{RecordedCall, RecordedHeaders},
    sessions::{LARGE, SessionLimit},
    tenant::{EffectiveSettings, Tenant, TenantSettings, WaiterGuard},
    tenants::TenantRegistry,
};
pub use self::{
    journal_settings::JournalSettings,
    settings::{Company, SavedConfiguration},
};
