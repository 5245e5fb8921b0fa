//! Reads scenarios and fixtures again when their files change.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

use crate::{config::Config, mock::Mock};

/// An editor writes a file in several steps, and a checkout several files: they are read when this long nothing more
/// has changed.
const QUIET: Duration = Duration::from_millis(100);

/// Watches until it is dropped.
pub(super) struct Watching {
    _watcher: RecommendedWatcher,
    task: JoinHandle<()>,
}

impl Watching {
    /// Watches the folders of scenarios and fixtures that the settings name, and the config file.
    ///
    /// # Errors
    ///
    /// A message when there is nothing to watch, or the system cannot.
    pub(super) fn start(mock: Arc<Mock>, config_file: Option<&Path>) -> Result<Self, String> {
        let Config { scenarios, fixtures, .. } = &mock.config;
        if scenarios.is_none() && fixtures.is_none() {
            return Err("--watch: there is nothing to watch; name a folder with --scenarios or --fixtures".into());
        }
        let folders: Vec<_> = [scenarios, fixtures].into_iter().flatten().map(|folder| absolute(folder)).collect();
        let config_file = config_file.map(absolute);
        let (changed, changes) = mpsc::unbounded_channel();
        let what_changed = {
            let (folders, config_file) = (folders.clone(), config_file.clone());
            move |path: &Path| match &config_file {
                Some(config) if path == config => Some(Changed::Config),
                // What else is in the folder of the config file is nothing to us.
                Some(config) if path.parent() == config.parent() && !folders.iter().any(|it| path.starts_with(it)) => {
                    None
                }
                _ => Some(Changed::Data),
            }
        };
        let seen = move |event: notify::Result<Event>| {
            // Reading a file is an event too.
            let Some(event) = event.ok().filter(|event| !matches!(event.kind, EventKind::Access(_))) else { return };
            for what in event.paths.iter().filter_map(|path| what_changed(path)) {
                // The receiver is gone when the server stops.
                let _ = changed.send(what);
            }
        };
        let mut watcher = notify::recommended_watcher(seen).map_err(|error| format!("--watch: {error}"))?;
        let mut watch = |path: &Path, mode| {
            watcher.watch(path, mode).map_err(|error| format!("--watch: cannot watch `{}`: {error}", path.display()))
        };
        for folder in &folders {
            watch(folder, RecursiveMode::Recursive)?;
        }
        // Its folder, because editors put a new file in the place of the old one.
        if let Some(folder) = config_file.as_deref().and_then(Path::parent) {
            watch(folder, RecursiveMode::NonRecursive)?;
        }
        Ok(Self { _watcher: watcher, task: tokio::spawn(reload_after(changes, mock)) })
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changed {
    Data,
    Config,
}

async fn reload_after(mut changes: mpsc::UnboundedReceiver<Changed>, mock: Arc<Mock>) {
    while let Some(first) = changes.recv().await {
        let mut seen = vec![first];
        while let Ok(Some(next)) = timeout(QUIET, changes.recv()).await {
            seen.push(next);
        }
        if seen.contains(&Changed::Config) {
            tracing::warn!("the config file has changed; it counts from the next start on");
        }
        if seen.contains(&Changed::Data) {
            let mock = mock.clone();
            let reloaded = tokio::task::spawn_blocking(move || mock.reload()).await;
            match reloaded {
                Ok(Ok(())) => tracing::info!("files have changed and were read again; new sessions take them"),
                Ok(Err(error)) => {
                    for problem in error.lines() {
                        tracing::error!("files have changed, but what was there before stays: {problem}");
                    }
                }
                Err(error) => tracing::error!(%error, "files have changed, but reading them again broke off"),
            }
        }
    }
}
