//! The client of a connection: its address, and whether it is still connected.

use std::{
    future::{pending, poll_fn},
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::request::Parts;
use tokio::{io::ReadBuf, net::TcpStream};

use super::origin;
use crate::config::Config;

/// The client of a connection.
#[derive(Debug, Clone)]
pub(crate) struct ClientConnection {
    pub(crate) address: SocketAddr,
    /// Never locked while waiting.
    pub(crate) socket: Arc<Mutex<TcpStream>>,
}

impl ClientConnection {
    /// Returns the client of a request that the router handles: [`super::Routes`] adds it to each.
    pub(super) fn of(head: &Parts) -> &Self {
        head.extensions.get().expect("each request has its client")
    }

    /// Whether it calls from this machine or a private network.
    fn is_private_network(&self) -> bool {
        is_near(self.address.ip())
    }

    /// Whether it may receive company keys and expected signatures: it is on a private network, uses no proxy, and no
    /// page of another origin sent the request.
    pub(super) fn may_know(&self, head: &Parts, config: &Config) -> bool {
        const FORWARDED: [&str; 3] = ["forwarded", "via", "x-forwarded-for"];
        let (method, headers) = (&head.method, &head.headers);
        config.verbose_hints
            || self.is_private_network()
                && !FORWARDED.iter().any(|name| headers.contains_key(*name))
                && origin::unknown_host(headers, config).is_none()
                && origin::foreign_origin(headers, config).is_none()
                && !origin::is_sent_by_another_site(method, headers)
    }

    /// Runs a future while the client is connected; `None` if it disconnects.
    pub(crate) async fn until_disconnected<T>(&self, it: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            it = it => Some(it),
            () = self.disconnected() => None,
        }
    }

    /// Waits until the client disconnects, as far as visible: it closes its sending side, or the connection.
    pub(crate) async fn disconnected(&self) {
        let mut next = [0];
        let looked = poll_fn(|cx| {
            let mut next = ReadBuf::new(&mut next);
            self.socket.lock().unwrap_or_else(PoisonError::into_inner).poll_peek(cx, &mut next)
        });
        if looked.await.is_ok_and(|length| length > 0) {
            // It has sent its next request already; what follows is not visible.
            pending::<()>().await;
        }
    }
}

fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn addresses_that_nobody_has_on_the_internet_are_near() {
        for near in [
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.17.0.1",
            "192.168.1.1",
            "169.254.1.1",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_near(near.parse().unwrap()), "{near}");
        }
        for far in ["203.0.113.7", "8.8.8.8", "172.32.0.1", "2001:db8::1", "::ffff:203.0.113.7", "100.64.0.1"] {
            assert!(!is_near(far.parse().unwrap()), "{far}");
        }
    }
}
