//! How many files the system lets this process open: connections are files.

use crate::Config;

/// What the process opens besides connections: files, pipes, the log.
const OTHERS: usize = 64;

/// Asks the system for as many open files as there may be connections. Where it allows fewer, there are fewer
/// connections, and the log says so.
pub(super) fn fit(config: &mut Config) {
    let wanted = config.clients.connections;
    // Where nothing can be asked, nothing is known.
    let Ok(allowed) = rlimit::increase_nofile_limit(wanted.saturating_add(OTHERS) as u64) else { return };
    let most = usize::try_from(allowed).unwrap_or(usize::MAX).saturating_sub(OTHERS).max(1);
    if most < wanted {
        config.clients.connections = most;
        tracing::warn!(
            "this process may open {allowed} files (ulimit -n), so the limit is {most} connections instead of \
             {wanted} (--max-connections)"
        );
    }
}
