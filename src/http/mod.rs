//! The HTTP side: handlers translate, [`crate::mock`] decides.

#[cfg_attr(not(feature = "client"), expect(dead_code, reason = "only a client writes requests"))]
pub(crate) mod admin;
mod auth;
mod body;
mod client;
mod drain;
pub(crate) mod error;
mod exchange;
mod external_api;
mod fault_effects;
mod handler;
mod home;
mod incoming_body;
mod incomplete_requests;
mod journal;
#[cfg(feature = "media")]
mod media;
mod multipart;
mod origin;
mod params;
mod received_body;
mod routes;
mod widget;

pub use self::{
    admin::problem::ApiProblem,
    journal::{CallInfo, CallPattern, NearMiss, Times},
};
pub(crate) use self::{
    client::ClientConnection,
    fault_effects::ConnectionCut,
    incomplete_requests::{AbortReason, IncompleteGuard, IncompleteRequests},
    routes::Routes,
};
