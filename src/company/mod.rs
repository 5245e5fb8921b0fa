//! Companies: how one is set, and what belongs to it alone while the server runs.

mod file;
mod journal;
mod journal_settings;
mod sessions;
mod settings;
mod tenant;
mod tenants;

pub(crate) use self::{
    file::{CompanyChange, CompanyFile},
    journal::{Entry, Evicted as EvictedCalls, Journal, Recorded},
    sessions::Ceiling,
    tenant::{Setup, Tenant, TenantSettings},
    tenants::{Tenants, Welcome},
};
pub use self::{
    journal_settings::JournalSettings,
    settings::{Company, Configuration},
};
