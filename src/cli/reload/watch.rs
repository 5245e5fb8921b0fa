//! Detects changed files by comparing their content.
//!
//! System notifications miss mounted folders, link targets and folders that are created later; comparing finds all of
//! them.

use std::time::Duration;

use tokio::{task::spawn_blocking, time::sleep};

use super::WatchedFiles;
use crate::clock::Stopwatch;

/// Time without a change after which files count as changed: an editor writes a file in several steps, and a checkout
/// several files.
const QUIET: Duration = Duration::from_millis(100);

/// Time between two looks. If reading all files takes long, it is longer.
const LOOK: Duration = Duration::from_millis(250);

/// Maximum share of time spent on looking: one part in this number.
const REST: u32 = 20;

/// Waits until the files have changed since the last look, and are quiet. Returns their digest.
pub(super) async fn changed(sources: &WatchedFiles) -> u64 {
    let mut took = Duration::ZERO;
    loop {
        sleep(LOOK.max(took * REST)).await;
        let stopwatch = Stopwatch::start();
        let mut digest = look(sources).await;
        took = stopwatch.elapsed();
        while digest != sources.digest {
            sleep(QUIET).await;
            let before = std::mem::replace(&mut digest, look(sources).await);
            if before == digest {
                return digest;
            }
        }
    }
}

async fn look(sources: &WatchedFiles) -> u64 {
    let (files, before) = (sources.clone(), sources.digest);
    spawn_blocking(move || files.digest()).await.unwrap_or(before)
}
