//! Giving memory back to the system.

use std::{sync::Arc, time::Duration};

use tokio::{task::spawn_blocking, time::sleep};

use crate::mock::MockService;

/// It is not done more often, however often tests reset.
const PAUSE: Duration = Duration::from_secs(1);

/// Gives memory back whenever a journal was cleared, as at a reset, where sessions go too, or a company went.
pub(super) async fn give_back(mock: Arc<MockService>, return_memory: fn()) {
    loop {
        mock.numbers.cleared.notified().await;
        if let Err(error) = spawn_blocking(return_memory).await {
            tracing::error!(%error, "cannot return memory to the system");
        }
        sleep(PAUSE).await;
    }
}
