//! `/__admin/metrics`: the Prometheus metrics.

use axum::{
    body::Body,
    http::{Response, header},
    response::IntoResponse,
};
use prometheus::TEXT_FORMAT;

use super::{
    action::{Action, Context},
    action_params::ActionResponse,
    described::described_as,
    extract::EmptyBody,
    problem::ProblemResponse,
};

/// The metrics in the Prometheus text format.
pub(super) struct MetricsText(String);

described_as!(MetricsText, String);

impl ActionResponse for MetricsText {
    #[cfg(test)]
    const CONTENT_TYPE: &'static str = TEXT_FORMAT;

    fn into_http(self) -> Response<Body> {
        ([(header::CONTENT_TYPE, TEXT_FORMAT)], self.0).into_response()
    }
}

pub(super) static SHOW: Action<EmptyBody, MetricsText> =
    Action::get("/metrics", show).named("getMetrics", "Returns the metrics in the Prometheus text format");

fn show(Context { mock, .. }: Context<'_>, EmptyBody {}: EmptyBody) -> Result<MetricsText, ProblemResponse> {
    Ok(MetricsText(mock.metrics.text(&mock.metrics_snapshot())))
}
