//! The vendor calls, one file per endpoint. [`super::exchange`] handles what they have in common.

pub(super) mod begin;
#[cfg(feature = "media")]
pub(super) mod compare_faces;
pub(super) mod delete;
pub(super) mod get_screening_person_details;
#[cfg(feature = "media")]
pub(super) mod media;
pub(super) mod result;
