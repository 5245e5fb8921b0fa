//! `/__admin/health/…`: liveness of the process, and readiness for vendor calls.
//!
//! Scenarios and people are loaded before the port is bound, so a response means that they are available.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;

use super::extract::{EmptyBody, Parameters};
use crate::mock::MockService;

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct LivenessResponse {
    status: &'static str,
    version: &'static str,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ReadinessResponse {
    status: &'static str,
    version: &'static str,
    /// Number of companies, scenarios and people.
    companies: usize,
    scenarios: usize,
    people: usize,
    sessions: usize,
}

pub(super) async fn live(Parameters(EmptyBody {}): Parameters<EmptyBody>) -> Json<LivenessResponse> {
    Json(LivenessResponse { status: "live", version: env!("CARGO_PKG_VERSION") })
}

pub(super) async fn ready(
    State(mock): State<Arc<MockService>>,
    Parameters(EmptyBody {}): Parameters<EmptyBody>,
) -> Json<ReadinessResponse> {
    let (catalogue, tenants) = (mock.catalogue(), mock.tenants.all());
    Json(ReadinessResponse {
        status: "ready",
        version: env!("CARGO_PKG_VERSION"),
        companies: tenants.len(),
        scenarios: catalogue.scenarios.names().len(),
        people: catalogue.fixtures.people.count(),
        sessions: tenants.iter().map(|tenant| tenant.sessions.count()).sum(),
    })
}
