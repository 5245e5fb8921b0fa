//! The load: `wrk` on a core of its own.

use std::{error::Error, process::Command};

use serde::Deserialize;

use crate::server::Call;

/// The core of the load.
const CORE: &str = "1";

/// What came of repeating a call.
#[derive(Debug, Deserialize)]
pub(crate) struct Measured {
    calls: u64,
    seconds: f64,
    /// Half of the calls took no longer, in milliseconds.
    pub(crate) p50_ms: f64,
    /// Of a hundred calls 99 took no longer, in milliseconds.
    pub(crate) p99_ms: f64,
    /// Answers with a status that is no success.
    refused: u64,
    /// Connections that broke off, and calls without an answer.
    broken: u64,
}

impl Measured {
    /// Calls in a second.
    pub(crate) fn rate(&self) -> f64 {
        self.calls as f64 / self.seconds
    }
}

/// Repeats a call for that many seconds over 64 connections.
///
/// # Errors
///
/// A message when `wrk` does not run, or any call fails.
pub(crate) fn repeat(call: &Call, seconds: u64) -> Result<Measured, Box<dyn Error>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/yardstick/post.lua");
    let output = Command::new("taskset")
        .args(["-c", CORE, "wrk", "-t1", "-c64", "--latency", "-s", script])
        .arg(format!("-d{seconds}s"))
        .args([&call.url, "--", &call.body])
        .output()
        .map_err(|error| format!("cannot run `taskset`: {error}"))?;
    let (report, problem) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let Some(last) = report.lines().last().filter(|line| output.status.success() && line.starts_with('{')) else {
        return Err(format!("`wrk` failed: {}{}", report.trim(), problem.trim()).into());
    };
    let measured: Measured = serde_json::from_str(last)?;
    if measured.refused > 0 || measured.broken > 0 || measured.calls == 0 {
        let Measured { calls, refused, broken, .. } = measured;
        let url = &call.url;
        return Err(
            format!("{url}: of {calls} calls {refused} were refused; {broken} broke off or took too long").into()
        );
    }
    Ok(measured)
}
