//! How long a start takes.

use std::{
    error::Error,
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    time::{Duration, Instant},
};

use bytes::Bytes;
use identomat_mock::MockServer;
use tokio::net::TcpListener;

use crate::{
    baseline,
    body::Body,
    server::{Server, Side},
};

/// Starts of each kind; they take turns.
const STARTS: usize = 101;

/// Prints how long both programs take to their first answer.
///
/// # Errors
///
/// A message when one does not start.
pub(crate) fn of_processes() -> Result<(), Box<dyn Error>> {
    let (mut mock, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        mock.push(first_answer(Side::Mock)?);
        bare.push(first_answer(Side::Baseline)?);
    }
    let (mock, bare) = (median(mock), median(bare));
    println!("\nProcess start to the first answer, median of {STARTS}: ");
    println!("mock {mock:.2?}, baseline {bare:.2?}, ratio {:.2}", mock.as_secs_f64() / bare.as_secs_f64());
    Ok(())
}

/// Prints how long the harness takes to start, beside a bare server.
pub(crate) async fn of_harness() -> Result<(), Box<dyn Error>> {
    let (mut mock, mut bare) = (Vec::new(), Vec::new());
    let mut first = Duration::ZERO;
    for number in 0..STARTS {
        let began = now();
        let started = MockServer::start().await;
        if number == 0 {
            first = began.elapsed()
        } else {
            mock.push(began.elapsed())
        }
        drop(started);

        let began = now();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let router = baseline::router(Bytes::new());
        let serving = tokio::spawn(async { axum::serve(listener, router).await });
        bare.push(began.elapsed());
        serving.abort();
    }
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    let (mock, bare) = (median(mock), median(bare));
    println!("\n`MockServer::start()`, {profile}, median of {STARTS}:");
    println!("{mock:.2?} (the first in a process {first:.2?}), bare axum server {bare:.2?}");
    Ok(())
}

fn first_answer(side: Side) -> Result<Duration, Box<dyn Error>> {
    let body = Body::Key.text();
    let began = now();
    let server = Server::start(side, &[], false)?;
    let mut stream = TcpStream::connect(server.address())?;
    let head = "POST /external-api/begin/ HTTP/1.1\r\nhost: mock\r\ncontent-type: application/json\r\ncontent-length: ";
    stream.write_all(format!("{head}{}\r\n\r\n{body}", body.len()).as_bytes())?;
    let mut answer = [0; 15];
    stream.read_exact(&mut answer)?;
    let took = began.elapsed();
    if answer != *b"HTTP/1.1 200 OK" {
        return Err(format!("{side:?} answers {}", String::from_utf8_lossy(&answer)).into());
    }
    Ok(took)
}

#[expect(clippy::disallowed_methods, reason = "real time is what is measured")]
fn now() -> Instant {
    Instant::now()
}

pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
