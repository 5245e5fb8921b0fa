//! The code under test: the backend of a shop that verifies its customers.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Address of the service, and the shop's company key.
#[derive(Debug, Clone)]
pub struct Settings {
    pub url: String,
    pub company_key: String,
    pub timeout: Duration,
}

struct Shop {
    settings: Settings,
    client: reqwest::Client,
    /// The page to which the browser returns at the end of the widget.
    return_url: String,
}

/// Serves the shop on a free port and returns its address.
pub async fn serve(settings: Settings) -> SocketAddr {
    let client = reqwest::Client::builder().timeout(settings.timeout).build().expect("a client");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let return_url = format!("http://{address}/welcome-back");
    let router = Router::new()
        .route("/verifications", post(begin))
        .route("/verifications/{token}", get(verdict))
        .route("/welcome-back", get(welcome_back))
        .with_state(Arc::new(Shop { settings, client, return_url }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Begins a session and returns the address of its widget.
async fn begin(State(shop): State<Arc<Shop>>) -> Result<Json<Value>, StatusCode> {
    let token = shop.call("begin", json!({"flags": {"return_url": shop.return_url}})).await?;
    let token = token.as_str().ok_or(StatusCode::BAD_GATEWAY)?;
    Ok(Json(json!({"token": token, "widget": format!("{}/?session_token={token}", shop.settings.url)})))
}

/// Greets a person who comes back from the widget.
async fn welcome_back(State(shop): State<Arc<Shop>>, RawQuery(query): RawQuery) -> Result<String, StatusCode> {
    let token =
        query.as_deref().and_then(|query| query.strip_prefix("session_token=")).ok_or(StatusCode::BAD_REQUEST)?;
    let document = shop.call("result", json!({"session_token": token})).await?;
    Ok(if document["result"] == "APPROVED" { "You are verified." } else { "We are checking." }.to_owned())
}

/// Polls until there is a verdict.
async fn verdict(State(shop): State<Arc<Shop>>, Path(token): Path<String>) -> Result<Json<Value>, StatusCode> {
    for _ in 0..5 {
        let document = shop.call("result", json!({"session_token": token})).await?;
        if document["result"] != "IN_PROGRESS" {
            return Ok(Json(json!({"result": document["result"]})));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(Json(json!({"result": "EXPIRED"})))
}

impl Shop {
    /// Calls the service, and tries twice more after an error of a proxy or a timeout.
    async fn call(&self, method: &str, mut parameters: Value) -> Result<Value, StatusCode> {
        parameters["company_key"] = self.settings.company_key.as_str().into();
        let url = format!("{}/external-api/{method}/", self.settings.url);
        let mut status = StatusCode::GATEWAY_TIMEOUT;
        for _ in 0..3 {
            match self.client.post(&url).json(&parameters).send().await {
                Ok(response) if response.status().is_server_error() => status = StatusCode::BAD_GATEWAY,
                Ok(response) => return response.json().await.map_err(|_| StatusCode::BAD_GATEWAY),
                Err(_) => status = StatusCode::GATEWAY_TIMEOUT,
            }
        }
        Err(status)
    }
}
