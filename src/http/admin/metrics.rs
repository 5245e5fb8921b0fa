//! `/__admin/metrics`: what is counted, as Prometheus reads it.

use std::sync::Arc;

use axum::{extract::State, http::header, response::IntoResponse};
use prometheus::TEXT_FORMAT;

use crate::mock::Mock;

pub(super) async fn show(State(mock): State<Arc<Mock>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, TEXT_FORMAT)], mock.metrics.text(&mock.standings()))
}
