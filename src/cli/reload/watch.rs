//! Notices that files have changed.
//!
//! The system says that something happens in a folder; what it was is seen by looking. It is also looked every second,
//! as no system says anything of folders that others mount, that links lead to, or that come later.

use std::{path::PathBuf, sync::Arc, time::Duration};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::{
    sync::Notify,
    task::spawn_blocking,
    time::{sleep, timeout},
};

use super::Sources;

/// An editor writes a file in several steps, and a checkout several files: they count when they are the same after so
/// long.
const QUIET: Duration = Duration::from_millis(100);

/// How long it takes to notice what the system does not tell.
const LOOK: Duration = Duration::from_secs(1);

/// What the system tells of folders.
pub(super) struct Watch {
    watcher: Option<RecommendedWatcher>,
    folders: Vec<PathBuf>,
    told: Arc<Notify>,
}

impl Watch {
    pub(super) fn start(folders: Vec<PathBuf>) -> Self {
        let told = Arc::new(Notify::new());
        let happened = {
            let told = told.clone();
            move |event: notify::Result<Event>| {
                // Reading a file is an event too.
                if event.is_ok_and(|event| !matches!(event.kind, EventKind::Access(_))) {
                    told.notify_one();
                }
            }
        };
        let watcher = notify::recommended_watcher(happened);
        let watcher = watcher.inspect_err(|error| {
            tracing::info!(
                "--watch: files are looked at every second, as the system does not tell of changes: {error}"
            );
        });
        let mut watch = Self { watcher: watcher.ok(), folders, told };
        watch.listen();
        watch
    }

    /// Listens in each folder that is there; in one that took the place of another it does not yet.
    fn listen(&mut self) {
        for folder in &self.folders {
            if let Some(watcher) = &mut self.watcher {
                let _ = watcher.watch(folder, RecursiveMode::NonRecursive);
            }
        }
    }
}

/// Waits until the files say something else than when they were last looked at, and have come to rest; answers their
/// digest. Without a watch it waits for ever.
pub(super) async fn changed(watch: &mut Option<Watch>, sources: &Sources) -> u64 {
    let Some(watch) = watch else { return std::future::pending().await };
    loop {
        let _ = timeout(LOOK, watch.told.notified()).await;
        let mut digest = look(sources).await;
        if digest == sources.digest {
            // Something else in the folder may change all the time.
            sleep(QUIET).await;
            continue;
        }
        loop {
            sleep(QUIET).await;
            let before = std::mem::replace(&mut digest, look(sources).await);
            if before == digest {
                break;
            }
        }
        if digest != sources.digest {
            watch.listen();
            return digest;
        }
    }
}

async fn look(sources: &Sources) -> u64 {
    let (files, before) = (sources.clone(), sources.digest);
    spawn_blocking(move || files.digest()).await.unwrap_or(before)
}
