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
#[cfg(feature = "media")]
mod media;
mod multipart;
mod params;
mod routes;
mod unfinished;
mod unread;
mod widget;

pub(crate) use self::{
    caller::Caller,
    error::head_too_slow,
    harm::Sever,
    routes::Routes,
    unfinished::{CutOff, Share, Unfinished},
};
