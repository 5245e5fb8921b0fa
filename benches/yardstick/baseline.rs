//! The minimal server: it parses a call, inserts into a map or looks up there, and answers.
//!
//! It reads what it needs as borrowed texts, and of what `begin/` carries it keeps one copy of the bytes. A token has the
//! vendor's length and comes from a fast generator. No company key, no signature, no check of any kind.

use std::{
    error::Error,
    io::{self, Read},
    net::Ipv4Addr,
    sync::Arc,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderName, StatusCode, header::CONTENT_TYPE},
    routing::post,
    serve::ListenerExt,
};
use bytes::Bytes;
use dashmap::DashMap;
use serde::Deserialize;
use serde_json::json;
use tokio::{net::TcpListener, runtime::Runtime};

/// What the server knows.
#[derive(Debug)]
struct Service {
    sessions: DashMap<String, Session>,
    /// The answer of `result/` for every session.
    document: Bytes,
}

#[derive(Debug)]
struct Session {
    _begun_with: Box<[u8]>,
    document: Bytes,
}

#[derive(Debug, Deserialize)]
struct BeginCall<'a> {
    #[serde(rename = "company_key")]
    _company_key: &'a str,
    #[serde(borrow, default, rename = "flags")]
    _flags: Flags<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Flags<'a> {
    #[serde(rename = "return_url")]
    _return_url: Option<&'a str>,
    #[serde(rename = "liveness")]
    _liveness: bool,
}

#[derive(Debug, Deserialize)]
struct ResultCall<'a> {
    session_token: &'a str,
}

/// Serves on that port, or on a free one for 0; says where in one line of JSON. Standard input is the result document.
///
/// # Errors
///
/// A message when it cannot serve.
pub(crate) fn run(port: &str) -> Result<(), Box<dyn Error>> {
    let port: u16 = port.parse().map_err(|_| format!("`{port}` is not a port"))?;
    let mut document = Vec::new();
    io::stdin().read_to_end(&mut document)?;
    // As the mock does: a runtime of the default kind, and no waiting for more to send.
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        println!("{}", json!({"url": format!("http://{}", listener.local_addr()?)}));
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, router(document.into())).await?)
    })
}

/// All that the server answers.
pub(crate) fn router(document: Bytes) -> Router {
    Router::new()
        .route("/external-api/begin/", post(begin))
        .route("/external-api/result/", post(result))
        .with_state(Arc::new(Service { sessions: DashMap::new(), document }))
}

async fn begin(State(service): State<Arc<Service>>, body: Bytes) -> Result<Json<String>, StatusCode> {
    let _: BeginCall<'_> = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let digit = || char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[fastrand::usize(..36)]);
    let token: String = std::iter::repeat_with(digit).take(40).collect();
    let session = Session { _begun_with: body[..].into(), document: service.document.clone() };
    service.sessions.insert(token.clone(), session);
    Ok(Json(token))
}

async fn result(
    State(service): State<Arc<Service>>,
    body: Bytes,
) -> Result<([(HeaderName, &'static str); 1], Bytes), StatusCode> {
    let call: ResultCall<'_> = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let session = service.sessions.get(call.session_token).ok_or(StatusCode::NOT_FOUND)?;
    Ok(([(CONTENT_TYPE, "application/json")], session.document.clone()))
}
