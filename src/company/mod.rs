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
    event::{Event, Happened, What},
    file::{CompanyChange, CompanyFile},
    guests::Welcome,
    holds::Holds,
    journal::{Journal, Noted, Numbers},
    kept::{Entry, Evicted as EvictedCalls},
    order::Gone,
    recorded::{Headers, Recorded},
    sessions::{Ceiling, LARGE},
    tenant::{Setup, Tenant, TenantSettings, Waiting},
    tenants::Tenants,
};
pub use self::{
    journal_settings::JournalSettings,
    settings::{Company, Configuration},
};
