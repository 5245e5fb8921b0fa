//! The HTTP side: handlers translate, [`crate::mock`] decides.

mod admin;
mod auth;
mod body;
mod caller;
mod course;
pub(crate) mod error;
mod external_api;
mod harm;
#[cfg(feature = "media")]
mod media;
mod multipart;
mod params;
mod routes;
mod unread;
mod widget;

pub(crate) use self::{caller::Caller, harm::Sever, routes::Routes};
