//! Returning memory to the system.

use std::{sync::Arc, time::Duration};

use tokio::{task::spawn_blocking, time::sleep};

use crate::mock::MockService;

/// Minimum time between two returns, however often tests reset.
const PAUSE: Duration = Duration::from_secs(1);

/// Returns memory whenever a journal was cleared: at a reset, or when a company is removed.
pub(super) async fn give_back(mock: Arc<MockService>, return_memory: fn()) {
    loop {
        mock.numbers.cleared.notified().await;
        if let Err(error) = spawn_blocking(return_memory).await {
            tracing::error!(%error, "cannot return memory to the system");
        }
        sleep(PAUSE).await;
    }
}
