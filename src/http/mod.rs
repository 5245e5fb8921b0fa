//! The HTTP side: handlers translate, [`crate::mock`] decides.

mod admin;
mod arriving;
mod auth;
mod body;
mod caller;
mod course;
pub(crate) mod error;
mod external_api;
mod harm;
mod home;
mod journal;
#[cfg(feature = "media")]
mod media;
mod multipart;
mod origin;
mod params;
mod routes;
mod unfinished;
mod unread;
mod widget;

pub use self::journal::{CallInfo, CallPattern, NearMiss, Times, ValueMatch};
pub(crate) use self::{
    admin::{SynchronousCall, control, resource_path},
    caller::ClientConnection,
    harm::ConnectionCut,
    routes::Routes,
    unfinished::{AbortReason, IncompleteGuard, IncompleteRequests},
};
