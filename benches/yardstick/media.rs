//! How long a picture takes, and what pictures cost in memory.

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use identomat_mock::DEFAULT_COMPANY_KEY;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    load::repeat,
    server::{Call, Server, Side, client},
    start::median,
};

/// Sessions whose first picture is waited for, for each kind.
const FIRSTS: usize = 21;

/// A first picture takes at most this long.
const GOAL: Duration = Duration::from_millis(30);

/// Sessions of which a picture is asked for, and how many at the same time.
const SESSIONS: usize = 10_000;
const CONNECTIONS: usize = 8;

/// How much of the pictures the server keeps, in bytes, and what their drawing may take besides.
const CACHE: usize = 64 << 20;
const DRAWING: usize = 48 << 20;

/// Prints how long the first picture of each kind takes.
///
/// # Errors
///
/// A message when a call fails.
pub(crate) async fn of_firsts() -> Result<(), Box<dyn Error>> {
    let (server, client) = (Server::start(Side::Mock, &[], true)?, client()?);
    println!("\nThe first picture of a session, median of {FIRSTS}; goal {GOAL:?}:\n");
    for (path, document_type) in [
        ("card-front", "id"),
        ("card-back", "id"),
        ("passport", "passport"),
        ("face", "id"),
        ("face-document", "id"),
        ("general-document", "id"),
        ("face-video", "id"),
    ] {
        let (mut took, mut bytes) = (Vec::new(), 0);
        for _ in 0..FIRSTS {
            let call = session(&server, &client, document_type).await?;
            #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
            let started = Instant::now();
            bytes = picture(&server, &client, path, &call).await?;
            took.push(started.elapsed());
        }
        let took = median(took);
        let verdict = if took <= GOAL { "reached" } else { "missed" };
        println!("{path:<20} {took:>10.2?} {bytes:>10} B   {verdict}");
    }
    Ok(())
}

/// Prints how fast a picture comes that was drawn before, beside `result/`.
///
/// # Errors
///
/// A message when a call fails.
pub(crate) fn of_cached(seconds: u64) -> Result<(), Box<dyn Error>> {
    let calls = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let server = Server::start(Side::Mock, &[], true)?;
    let client = client()?;
    let body = calls.block_on(session(&server, &client, "id"))?.to_string();
    println!();
    for path in ["result", "result/card-front", "result/face"] {
        let call = Call { url: server.at(path), body: body.clone(), answer: bytes::Bytes::new() };
        repeat(&call, 1)?;
        let measured = repeat(&call, seconds)?;
        println!(
            "{path:<20} {:>10.0} req/s, p50 {:.2} ms, p99 {:.2} ms",
            measured.rate(),
            measured.p50_ms,
            measured.p99_ms
        );
    }
    Ok(())
}

/// Prints what is resident after many sessions were asked for a picture each.
///
/// # Errors
///
/// A message when a call fails.
pub(crate) async fn of_many() -> Result<(), Box<dyn Error>> {
    let (server, client) = (Arc::new(Server::start(Side::Mock, &[], false)?), client()?);
    // What sessions keep of their results is there before it counts.
    let mut calls = Vec::new();
    for _ in 0..SESSIONS {
        let call = session(&server, &client, "id").await?;
        client.post(server.at("result")).json(&call).send().await?.error_for_status()?.bytes().await?;
        calls.push(call);
    }
    let before = server.resident()?;
    let (turns, mut asking) = (Arc::new(Semaphore::new(CONNECTIONS)), JoinSet::new());
    for call in calls {
        let turn = turns.clone().acquire_owned().await?;
        let (server, client) = (server.clone(), client.clone());
        asking.spawn(async move {
            let drawn = picture(&server, &client, "card-front", &call).await;
            drop(turn);
            drawn
        });
    }
    let bytes: usize = asking.join_all().await.into_iter().sum::<reqwest::Result<usize>>()?;
    let kept = server.resident()?.saturating_sub(before);
    let verdict = if kept <= CACHE + DRAWING { "reached" } else { "missed" };
    let mebibytes = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    println!(
        "\n{SESSIONS} sessions and the front of a card of each, {:.0} MiB: {:.1} MiB are resident; goal {:.0} MiB: {verdict}",
        mebibytes(bytes),
        mebibytes(kept),
        mebibytes(CACHE + DRAWING),
    );
    Ok(())
}

/// Begins a session and goes through it; answers what calls about it carry.
async fn session(server: &Server, client: &Client, document_type: &str) -> Result<Value, Box<dyn Error>> {
    let flags = json!({
        "document_types": [document_type], "liveness": true, "require_face_document": true,
        "allow_general_document_capture": true,
    });
    let begin = json!({"company_key": DEFAULT_COMPANY_KEY, "flags": flags});
    let begun = client.post(server.at("begin")).json(&begin).send().await?.error_for_status()?;
    let token: String = begun.json().await?;
    let widget = format!("http://{}/?session_token={token}", server.address());
    client.post(widget).body("outcome=APPROVED").send().await?.error_for_status()?.bytes().await?;
    Ok(json!({"company_key": DEFAULT_COMPANY_KEY, "session_token": token}))
}

async fn picture(server: &Server, client: &Client, path: &str, call: &Value) -> reqwest::Result<usize> {
    let url = server.at(&format!("result/{path}"));
    Ok(client.post(url).json(call).send().await?.error_for_status()?.bytes().await?.len())
}
