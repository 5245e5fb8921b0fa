//! Notices that files have changed, by looking at what they say.
//!
//! No system tells of folders that others mount, that links lead to, or that come later; looking finds all of them.

use std::time::Duration;

use tokio::{task::spawn_blocking, time::sleep};

use super::WatchedFiles;
use crate::clock::Stopwatch;

/// An editor writes a file in several steps, and a checkout several files: they count when they are the same after so
/// long.
const QUIET: Duration = Duration::from_millis(100);

/// How long it takes to notice a change. Where reading all files takes long, it is looked less often.
const LOOK: Duration = Duration::from_millis(250);

/// One part in so many of the time is spent on looking, at most.
const REST: u32 = 20;

/// Waits until the files say something else than when they were last looked at, and have come to rest; answers their
/// digest.
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
