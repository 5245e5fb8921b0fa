//! The transport of a connection: plain or TLS. If a server accepts both, the client's first byte decides.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, atomic::AtomicBool},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
#[cfg(feature = "tls")]
use tokio_rustls::{Accept, server::TlsStream};

use super::{socket::SharedSocket, tls::TlsAcceptor};

/// The first byte of a TLS client.
#[cfg(feature = "tls")]
const HANDSHAKE: u8 = 0x16;

/// A connection for hyper. Until its client sends a byte, and during a handshake, it counts as idle.
pub(super) struct Transport {
    socket: SharedSocket,
    state: TlsState,
    is_secure: Arc<AtomicBool>,
}

enum TlsState {
    Plain,
    /// The client has sent no byte yet.
    #[cfg(feature = "tls")]
    AwaitingFirstByte(TlsAcceptor),
    #[cfg(feature = "tls")]
    Handshaking(Box<Accept<SharedSocket>>),
    #[cfg(feature = "tls")]
    Secure(Box<TlsStream<SharedSocket>>),
    #[cfg(feature = "tls")]
    Failed,
}

/// A readable and writable stream.
trait ByteStream: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> ByteStream for T {}

impl Transport {
    pub(super) fn new(socket: SharedSocket, tls: Option<TlsAcceptor>) -> Self {
        #[cfg(feature = "tls")]
        let state = tls.map_or(TlsState::Plain, TlsState::AwaitingFirstByte);
        #[cfg(not(feature = "tls"))]
        let state = match tls {
            None => TlsState::Plain,
            Some(none) => match none {},
        };
        Self { socket, state, is_secure: Arc::default() }
    }

    /// Whether it is a TLS connection.
    pub(super) fn is_secure(&self) -> Arc<AtomicBool> {
        self.is_secure.clone()
    }

    /// Whether a TLS handshake is in progress.
    pub(super) fn is_agreeing(&self) -> bool {
        #[cfg(feature = "tls")]
        return matches!(self.state, TlsState::Handshaking(_));
        #[cfg(not(feature = "tls"))]
        return false;
    }

    /// Returns the stream as soon as it is known.
    #[cfg(feature = "tls")]
    fn poll_stream(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Pin<&mut dyn ByteStream>>> {
        loop {
            self.state = match &mut self.state {
                TlsState::Plain | TlsState::Secure(_) => break,
                TlsState::AwaitingFirstByte(acceptor) => match ready!(self.socket.poll_first(cx))? {
                    Some(HANDSHAKE) => {
                        self.is_secure.store(true, std::sync::atomic::Ordering::Relaxed);
                        TlsState::Handshaking(Box::new(acceptor.accept(self.socket.clone())))
                    }
                    _ => TlsState::Plain,
                },
                TlsState::Handshaking(accept) => match ready!(Pin::new(accept).poll(cx)) {
                    Ok(stream) => TlsState::Secure(Box::new(stream)),
                    Err(error) => {
                        tracing::warn!(
                            "a TLS handshake failed: {error}; does the client trust the CA (`identomat-mock ca \
                             export`), and is the name among those of --tls?"
                        );
                        self.state = TlsState::Failed;
                        return Poll::Ready(Err(error));
                    }
                },
                TlsState::Failed => return Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            };
        }
        Poll::Ready(Ok(match &mut self.state {
            TlsState::Secure(stream) => Pin::new(&mut **stream),
            _ => Pin::new(&mut self.socket),
        }))
    }

    #[cfg(not(feature = "tls"))]
    fn poll_stream(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<Pin<&mut dyn ByteStream>>> {
        let TlsState::Plain = self.state;
        Poll::Ready(Ok(Pin::new(&mut self.socket)))
    }

    /// Returns the stream to flush and shut down, without waiting for the client.
    fn stream(&mut self) -> Pin<&mut dyn ByteStream> {
        match &mut self.state {
            #[cfg(feature = "tls")]
            TlsState::Secure(stream) => Pin::new(&mut **stream),
            _ => Pin::new(&mut self.socket),
        }
    }
}

impl AsyncRead for Transport {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_stream(cx))?.poll_read(cx, buffer)
    }
}

impl AsyncWrite for Transport {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_stream(cx))?.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_stream(cx))?.poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}
