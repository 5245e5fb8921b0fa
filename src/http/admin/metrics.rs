//! `/__admin/metrics`: the Prometheus metrics.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use prometheus::TEXT_FORMAT;

use super::extract::{EmptyBody, Parameters};
use crate::mock::MockService;

pub(super) async fn show(
    State(mock): State<Arc<MockService>>,
    Parameters(EmptyBody {}): Parameters<EmptyBody>,
) -> Response {
    let metrics = mock.clone();
    let text = mock.workers.run(move |_| metrics.metrics.text(&metrics.metrics_snapshot())).await;
    ([(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response()
}
