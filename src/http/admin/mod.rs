//! `/__admin/…`: the mock's own paths, one file a resource.

pub(super) mod health;
