//! `GET /__widget/{asset}`: the scripts, styles and icon of the pages.

use axum::{
    body::Body,
    extract::{Path, rejection::PathRejection},
    http::{Method, Response, StatusCode, Uri},
};

use super::{super::error, response};

pub(in crate::http) async fn show(
    asset: Result<Path<String>, PathRejection>,
    method: Method,
    uri: Uri,
) -> Response<Body> {
    // What is no text is no name of an asset either.
    let asset = asset.map(|Path(asset)| asset).unwrap_or_default();
    let (content_type, text) = match asset.as_str() {
        "icon.svg" => ("image/svg+xml", include_str!("icon.svg")),
        "home.css" => ("text/css; charset=utf-8", include_str!("../home/home.css")),
        "page.css" => ("text/css; charset=utf-8", include_str!("page.css")),
        "page.js" => ("text/javascript; charset=utf-8", include_str!("page.js")),
        "finished.js" => ("text/javascript; charset=utf-8", include_str!("finished.js")),
        "done.js" => ("text/javascript; charset=utf-8", include_str!("done.js")),
        _ => return error::no_such_path(&method, &uri),
    };
    response(StatusCode::OK, content_type, text)
}
