//! Who calls: where from, and whether they are still there.

use std::{
    future::{pending, poll_fn},
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{io::ReadBuf, net::TcpStream};

/// The client of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) address: SocketAddr,
    /// Nobody keeps the lock while waiting.
    pub(crate) socket: Arc<Mutex<TcpStream>>,
}

impl Caller {
    /// Waits until the client has gone away, as far as can be seen: it has ended its sending side, or the connection.
    pub(super) async fn gone(&self) {
        let mut next = [0];
        let looked = poll_fn(|cx| {
            let mut next = ReadBuf::new(&mut next);
            self.socket.lock().unwrap_or_else(PoisonError::into_inner).poll_peek(cx, &mut next)
        });
        if looked.await.is_ok_and(|length| length > 0) {
            // It has sent its next request already, and what is behind cannot be seen.
            pending::<()>().await;
        }
    }
}
