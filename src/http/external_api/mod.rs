//! The vendor's calls, one file an endpoint. What stands around them is in [`super::exchange`].

pub(super) mod begin;
#[cfg(feature = "media")]
pub(super) mod compare_faces;
pub(super) mod delete;
pub(super) mod get_screening_person_details;
#[cfg(feature = "media")]
pub(super) mod media;
pub(super) mod result;
