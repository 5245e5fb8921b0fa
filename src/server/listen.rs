//! The accept loop: one task per connection, all of which end when the loop is dropped.

use std::{future::pending, io, net::SocketAddr, sync::Arc, time::Duration};

use hyper_util::server::graceful::GracefulShutdown;
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::oneshot,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{connection, connections::Connections, runtime::BoxTask, tls::TlsAcceptor};
use crate::{config::ClientLimits, http::Routes};

/// Maximum number of connections that wait to be accepted. The default 128 is less than a test suite opens at once, and
/// a client that finds the queue full retries a second later.
const BACKLOG: u32 = 4096;

/// Listens on an address, with the options of [`TcpListener::bind`].
///
/// # Errors
///
/// An error of the system.
pub(super) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On Windows this option would let other processes listen on the same port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `stop` is sent, then lets open calls end within `grace`. Dropping the sender does not stop it.
pub(super) async fn serve(
    listener: TcpListener,
    routes: Routes,
    tls: Option<TlsAcceptor>,
    (limits, grace): (ClientLimits, Duration),
    stop: oneshot::Receiver<()>,
) {
    let (routes, slots) = (Arc::new(routes), Connections::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let stop = async {
        if stop.await.is_err() {
            pending::<()>().await;
        }
    };
    tokio::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => {
                    let slot = tokio::select! {
                        slot = slots.acquire(&routes.incomplete) => slot,
                        () = &mut stop => break,
                    };
                    let (routes, stop) = (routes.clone(), graceful.watcher());
                    let served = connection::serve(stream, address, slot, routes, tls.clone(), limits, stop);
                    connections.spawn(Box::pin(served) as BoxTask<()>);
                }
                Err(error) => pause(&error).await,
            },
            Some(_) = connections.join_next() => {}
            () = &mut stop => break,
        }
    }
    drop(listener);
    if timeout(grace, graceful.shutdown()).await.is_err() {
        tracing::debug!(open = connections.len(), "aborting calls that are still open at the deadline");
    }
}

/// Pauses after an error of accepting. A client that disconnected early needs no pause; too many open files do.
async fn pause(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "cannot accept connections; trying again");
        sleep(Duration::from_millis(100)).await;
    }
}
