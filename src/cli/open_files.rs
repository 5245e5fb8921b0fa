//! The limit of open files, which limits connections.

use crate::Config;

/// Files that the process opens besides connections: files, pipes, the log.
const OTHERS: usize = 64;

/// Raises the limit of open files to the maximum number of connections. If the system allows fewer, reduces the
/// connections and logs it.
pub(super) fn fit(config: &mut Config) {
    let wanted = config.clients.connections;
    // Without a known limit, nothing changes.
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
