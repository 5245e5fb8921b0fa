//! `/__admin/health/…`: liveness of the process, and readiness for vendor calls.
//!
//! Scenarios and people are loaded before the port is bound, so a response means that they are available.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{action::Action, any_action::ActionFuture, extract::EmptyBody};
use crate::mock::MockService;

#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct LivenessResponse {
    status: Cow<'static, str>,
    version: Cow<'static, str>,
}

#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ReadinessResponse {
    status: Cow<'static, str>,
    version: Cow<'static, str>,
    /// Number of companies, scenarios and people.
    companies: usize,
    scenarios: usize,
    people: usize,
    sessions: usize,
}

pub(super) static LIVE: Action<EmptyBody, LivenessResponse> =
    Action::get_async("/health/live", |_, _, _| ActionFuture::new(async { Ok(live()) }))
        .named("getLiveness", "Liveness: the process runs");
pub(crate) static READY: Action<EmptyBody, ReadinessResponse> =
    Action::get_async("/health/ready", |mock, _, _| ActionFuture::new(async move { Ok(ready(&mock)) }))
        .named("getReadiness", "Readiness: vendor calls are accepted");

fn live() -> LivenessResponse {
    LivenessResponse { status: "live".into(), version: env!("CARGO_PKG_VERSION").into() }
}

fn ready(mock: &MockService) -> ReadinessResponse {
    let (catalogue, tenants) = (mock.catalogue(), mock.tenants.all());
    ReadinessResponse {
        status: "ready".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        companies: tenants.len(),
        scenarios: catalogue.scenarios.names().len(),
        people: catalogue.fixtures.people.count(),
        sessions: tenants.iter().map(|tenant| tenant.sessions.count()).sum(),
    }
}
