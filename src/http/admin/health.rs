//! `GET /__admin/health/ready`: answers when the server can take vendor calls.
//!
//! Scenarios and people are read before the port is bound, so an answer means that all is there.

use axum::Json;
use serde::Serialize;

#[derive(Serialize)]
pub(in crate::http) struct Ready {
    status: &'static str,
    version: &'static str,
}

pub(in crate::http) async fn ready() -> Json<Ready> {
    Json(Ready { status: "ready", version: env!("CARGO_PKG_VERSION") })
}
