//! The minimal server: it parses a call, inserts into a map or looks up there, and answers.
//!
//! What `begin/` parsed is kept, as every service would. A token has the vendor's length and is four keyed hashes of a
//! counter: cheaper than random numbers from the system. No company key, no signature, no check of any kind.

use std::{
    error::Error,
    hash::{BuildHasher, RandomState},
    io::{self, Read},
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
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
use serde_json::{Value, json};
use tokio::{net::TcpListener, runtime::Runtime};

/// What the server knows.
#[derive(Debug)]
struct Service {
    sessions: DashMap<String, Session>,
    begun: AtomicU64,
    keys: RandomState,
    /// The answer of `result/` for every session.
    document: Bytes,
}

#[derive(Debug)]
struct Session {
    _begun_with: Value,
    document: Bytes,
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
    let service = Service {
        sessions: DashMap::new(),
        begun: AtomicU64::new(0),
        keys: RandomState::new(),
        document: document.into(),
    };
    let router = Router::new()
        .route("/external-api/begin/", post(begin))
        .route("/external-api/result/", post(result))
        .with_state(Arc::new(service));
    // As the mock does: a runtime of the default kind, and no waiting for more to send.
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        println!("{}", json!({"url": format!("http://{}", listener.local_addr()?)}));
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, router).await?)
    })
}

async fn begin(State(service): State<Arc<Service>>, Json(call): Json<Value>) -> Json<String> {
    let token = service.next_token();
    let session = Session { _begun_with: call, document: service.document.clone() };
    service.sessions.insert(token.clone(), session);
    Json(token)
}

async fn result(
    State(service): State<Arc<Service>>,
    Json(call): Json<Value>,
) -> Result<([(HeaderName, &'static str); 1], Bytes), StatusCode> {
    let token = call.get("session_token").and_then(Value::as_str).ok_or(StatusCode::BAD_REQUEST)?;
    let session = service.sessions.get(token).ok_or(StatusCode::NOT_FOUND)?;
    Ok(([(CONTENT_TYPE, "application/json")], session.document.clone()))
}

impl Service {
    fn next_token(&self) -> String {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        let mut token = String::with_capacity(40);
        for part in 0..4 {
            let mut rest = self.keys.hash_one([number, part]);
            for _ in 0..10 {
                token.push(char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize]));
                rest /= 36;
            }
        }
        token
    }
}
