//! Companies: how one is set, and what belongs to it alone while the server runs.

mod file;
mod sessions;
mod settings;
mod tenant;
mod tenants;

pub use self::settings::{Company, Configuration};
pub(crate) use self::{
    file::{CompanyChange, CompanyFile},
    sessions::Ceiling,
    tenant::{Tenant, TenantSettings},
    tenants::{Tenants, Welcome},
};
