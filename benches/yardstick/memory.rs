//! What a session costs in memory.

use std::{error::Error, sync::Arc};

use bytes::Bytes;
use identomat_mock::DEFAULT_COMPANY_KEY;
use reqwest::{Client, header::CONTENT_TYPE};
use tokio::task::JoinSet;

use crate::{
    body::Body,
    server::{Server, Side, client},
};

/// Sessions of each body.
const SESSIONS: usize = 100_000;

/// Calls at the same time.
const CONNECTIONS: usize = 16;

/// Of a session without flags and steps, or beside their text: the goal, in bytes.
const GOAL: usize = 350;

/// Prints what the mock keeps of each body, and of the largest ones.
///
/// # Errors
///
/// A message when a call fails.
pub(crate) async fn compare() -> Result<(), Box<dyn Error>> {
    println!(
        "\nResident memory of a session; {SESSIONS} of each body. Beside the text of flags and steps, at most {GOAL} B:\n"
    );
    println!("{:<28} {:>12} {:>12} {:>12}", "body", "session", "text", "beside it");
    for body in Body::ALL {
        let kept = kept_of(SESSIONS, CONNECTIONS, "application/json", body.text()).await?;
        let text = body.form_length();
        let beside = kept.saturating_sub(text);
        let verdict = if beside <= GOAL { "reached" } else { "missed" };
        println!("{:<28} {kept:>10} B {text:>10} B {beside:>10} B   {verdict}", body.name());
    }
    println!("\nOf a large body, at most twice what was sent:\n");
    for (name, content_type, body) in [
        ("1 MiB of [[0],[0],…]", "application/json", deep_in_lists()),
        ("16 MiB multipart", "multipart/form-data; boundary=line", many_parts()),
    ] {
        let sent = body.len();
        let kept = kept_of(10, 1, content_type, body).await?;
        let verdict = if kept <= 2 * sent { "reached" } else { "missed" };
        println!("{name:<28} {:>8.1} MiB {verdict:>21}", kept as f64 / f64::from(1 << 20));
    }
    let server = Server::start(Side::Mock, &[], false)?;
    println!("\nIdle: {:.1} MB", server.resident()? as f64 / 1e6);
    Ok(())
}

/// How many bytes more are resident a session, after so many that were begun over so many connections.
async fn kept_of(
    sessions: usize,
    connections: usize,
    content_type: &'static str,
    body: String,
) -> Result<usize, Box<dyn Error>> {
    let (server, client) = (Arc::new(Server::start(Side::Mock, &[], false)?), client()?);
    let begin = async |sessions: usize, content_type: &'static str, body: Bytes| {
        let tasks = (0..connections).map(|number| {
            let share = sessions / connections + usize::from(number < sessions % connections);
            begin(server.clone(), client.clone(), share, content_type, body.clone())
        });
        JoinSet::from_iter(tasks).join_all().await.into_iter().collect::<reqwest::Result<()>>()
    };
    // Connections, buffers and arenas are there before it counts.
    begin(connections * 4, "application/json", Body::Key.text().into()).await?;
    let before = server.resident()?;
    begin(sessions, content_type, body.into()).await?;
    Ok(server.resident()?.saturating_sub(before) / sessions)
}

async fn begin(
    server: Arc<Server>,
    client: Client,
    sessions: usize,
    content_type: &'static str,
    body: Bytes,
) -> reqwest::Result<()> {
    for _ in 0..sessions {
        let call = client.post(server.at("begin")).header(CONTENT_TYPE, content_type).body(body.clone());
        call.send().await?.error_for_status()?.bytes().await?;
    }
    Ok(())
}

/// As many lists in a flag as a body may have.
fn deep_in_lists() -> String {
    let (start, end) = (format!(r#"{{"company_key":"{DEFAULT_COMPANY_KEY}","flags":{{"x":["#), "[0]]}}");
    let lists = ((1 << 20) - start.len() - end.len()) / 4;
    [start, "[0],".repeat(lists), end.into()].concat()
}

/// As many long texts as a multipart body may have, flags and steps among them.
fn many_parts() -> String {
    let long = "x".repeat((1 << 20) - 1000);
    let part = |name: &str, value: &str| {
        format!("--line\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let mut body = part("company_key", DEFAULT_COMPANY_KEY);
    body += &part("flags", &format!(r#"{{"x":"{long}"}}"#));
    body += &part("steps", &format!(r#"[{{"type":"email","x":"{long}"}}]"#));
    for number in 0..13 {
        body += &part(&format!("other{number}"), &long);
    }
    body + "--line--\r\n"
}
