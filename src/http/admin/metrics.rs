//! `/__admin/metrics`: the Prometheus metrics.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use prometheus::TEXT_FORMAT;

use super::{extract::EmptyBody, plain_handler::Context};

pub(super) fn show(Context { mock, .. }: Context<'_>, EmptyBody {}: EmptyBody) -> Response {
    ([(header::CONTENT_TYPE, TEXT_FORMAT)], mock.metrics.text(&mock.metrics_snapshot())).into_response()
}
