//! `/__admin/health/…`: whether the process lives, and whether the server can take vendor calls.
//!
//! Scenarios and people are read before the port is bound, so an answer means that all is there.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;

use super::reading::{Nothing, Parameters};
use crate::mock::MockService;

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Live {
    status: &'static str,
    version: &'static str,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Ready {
    status: &'static str,
    version: &'static str,
    /// How many there are of each.
    companies: usize,
    scenarios: usize,
    people: usize,
    sessions: usize,
}

pub(super) async fn live(Parameters(Nothing {}): Parameters<Nothing>) -> Json<Live> {
    Json(Live { status: "live", version: env!("CARGO_PKG_VERSION") })
}

pub(super) async fn ready(
    State(mock): State<Arc<MockService>>,
    Parameters(Nothing {}): Parameters<Nothing>,
) -> Json<Ready> {
    let (catalogue, tenants) = (mock.catalogue(), mock.tenants.all());
    Json(Ready {
        status: "ready",
        version: env!("CARGO_PKG_VERSION"),
        companies: tenants.len(),
        scenarios: catalogue.scenarios.names().len(),
        people: catalogue.fixtures.people.count(),
        sessions: tenants.iter().map(|tenant| tenant.sessions.count()).sum(),
    })
}
