//! The accept loop: one task a connection, all of them gone when the loop is dropped.

use std::{
    future::pending,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::TokioIo,
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::oneshot,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    STOP_DEADLINE,
    stream::{Shears, Stream},
};
use crate::http::{Caller, Routes, Sever};

/// How many connections may wait to be accepted. The 128 of most libraries are fewer than a test suite opens at once,
/// and whoever finds the queue full tries again a second later.
const BACKLOG: u32 = 4096;

/// Listens on an address, with the options of [`TcpListener::bind`].
///
/// # Errors
///
/// As the system says.
pub(super) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On Windows the option would let others listen on the same port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `stop` is sent, then lets open calls end, at most [`STOP_DEADLINE`]. A dropped sender is no stop.
pub(super) async fn serve(listener: TcpListener, routes: Routes, stop: oneshot::Receiver<()>) {
    let routes = Arc::new(routes);
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
                Ok((stream, peer)) => {
                    connections.spawn(serve_connection(stream, peer, routes.clone(), graceful.watcher()));
                }
                Err(error) => pause(&error).await,
            },
            Some(_) = connections.join_next() => {}
            () = &mut stop => break,
        }
    }
    drop(listener);
    if timeout(STOP_DEADLINE, graceful.shutdown()).await.is_err() {
        tracing::debug!(open = connections.len(), "calls were still open at the deadline and are cut off");
    }
}

async fn serve_connection(stream: TcpStream, address: SocketAddr, routes: Arc<Routes>, stop: Watcher) {
    // Answers are small; without this the system may hold them back for a while.
    let _ = stream.set_nodelay(true);
    let caller = Caller { address, socket: Arc::new(Mutex::new(stream)) };
    let shears = Arc::new(Shears::default());
    let stream = Stream::new(caller.socket.clone(), shears.clone());
    let service = service_fn(|request: hyper::Request<Incoming>| async {
        let response = routes.answer(request, &caller).await;
        match response.extensions().get() {
            None => Ok(response),
            Some(Sever::Before) => Err("a fault closes the connection"),
            Some(Sever::Reset) => {
                let _ = caller.socket.lock().unwrap_or_else(PoisonError::into_inner).set_zero_linger();
                Err("a fault resets the connection")
            }
            Some(at) => {
                shears.arm(*at);
                Ok(response)
            }
        }
    });
    // Without a timer there is no time limit on heads: clients keep idle connections for as long as they like. A
    // client that is done with sending still gets its answer.
    let connection = http1::Builder::new().half_close(true).serve_connection(TokioIo::new(stream), service);
    if let Err(error) = stop.watch(connection).await {
        tracing::debug!(client = %address, %error, "a connection broke off");
    }
}

/// A client that went away before it was accepted is no reason to wait; too many open files is.
async fn pause(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "cannot accept connections; trying again");
        sleep(Duration::from_millis(100)).await;
    }
}
