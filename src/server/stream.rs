//! The stream of a connection for hyper: it records traffic, and cuts a response on request.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{connections::ConnectionActivity, transport::Transport};
use crate::http::ConnectionCut;

/// A socket that records traffic, and stops writing at the point that [`CutHandle`] sets.
pub(super) struct FaultStream {
    socket: Transport,
    cut_handle: Arc<CutHandle>,
    activity: Arc<ConnectionActivity>,
}

/// The cut of a connection's next response, if any.
#[derive(Debug, Default)]
pub(super) struct CutHandle {
    /// Whether a cut is set; otherwise writes do not take the lock.
    is_armed: AtomicBool,
    cut: Mutex<Option<CutPoint>>,
}

/// A cut at a number of bytes after the first occurrence of a byte sequence.
#[derive(Debug)]
struct CutPoint {
    after: &'static [u8],
    seen: usize,
    remaining: usize,
}

impl CutHandle {
    /// Sets a cut of the next response.
    pub(super) fn arm(&self, at: ConnectionCut) {
        let (after, rest): (&[u8], _) = match at {
            ConnectionCut::Before | ConnectionCut::Reset => (b"", 0),
            // After the status line, in the name of a header.
            ConnectionCut::InHeaders => (b"\r\n", 4),
            ConnectionCut::InBody(bytes) => (b"\r\n\r\n", bytes),
        };
        *self.cut.lock().unwrap_or_else(PoisonError::into_inner) = Some(CutPoint { after, seen: 0, remaining: rest });
        self.is_armed.store(true, Ordering::Release);
    }
}

impl CutPoint {
    /// Returns how many of these bytes may be written.
    fn writable(&self, bytes: &[u8]) -> usize {
        let mut seen = self.seen;
        let before = bytes.iter().take_while(|byte| self.is_before(&mut seen, **byte)).count();
        bytes.len().min(before + if seen < self.after.len() { 0 } else { self.remaining })
    }

    /// Records written bytes.
    fn record_written(&mut self, bytes: &[u8]) {
        let mut seen = self.seen;
        let before = bytes.iter().take_while(|byte| self.is_before(&mut seen, **byte)).count();
        self.seen = seen;
        self.remaining -= bytes.len() - before;
    }

    /// Whether a byte is before the cut's sequence.
    fn is_before(&self, seen: &mut usize, byte: u8) -> bool {
        let Some(wanted) = self.after.get(*seen) else { return false };
        *seen = if byte == *wanted { *seen + 1 } else { usize::from(byte == self.after[0]) };
        true
    }
}

impl FaultStream {
    pub(super) fn new(socket: Transport, cut_handle: Arc<CutHandle>, activity: Arc<ConnectionActivity>) -> Self {
        Self { socket, cut_handle, activity }
    }

    fn noted(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = written {
            self.activity.on_write(bytes);
        }
        written
    }
}

impl AsyncRead for FaultStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.socket).poll_read(cx, buffer);
        self.activity.agrees(self.socket.is_agreeing());
        ready!(read)?;
        self.activity.on_read(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for FaultStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !self.cut_handle.is_armed.load(Ordering::Acquire) {
            let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
            return self.noted(written);
        }
        let cut_handle = self.cut_handle.clone();
        let mut cut = cut_handle.cut.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(cut) = cut.as_mut() else { return Pin::new(&mut self.socket).poll_write(cx, bytes) };
        let spared = cut.writable(bytes);
        if spared == 0 && !bytes.is_empty() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, "a fault closes the connection")));
        }
        let written = ready!(Pin::new(&mut self.socket).poll_write(cx, &bytes[..spared]))?;
        cut.record_written(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.cut_handle.is_armed.load(Ordering::Acquire) {
            let first = slices.iter().find(|slice| !slice.is_empty()).map_or(&[][..], |slice| slice);
            return self.poll_write(cx, first);
        }
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.noted(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n12345678";

    /// Returns the part of a response that is written before the cut, in pieces of this size.
    fn written(at: ConnectionCut, piece: usize) -> Vec<u8> {
        let cut_handle = CutHandle::default();
        cut_handle.arm(at);
        let mut cut = cut_handle.cut.lock().unwrap();
        let cut = cut.as_mut().unwrap();
        let mut written = Vec::new();
        for bytes in ANSWER.chunks(piece) {
            let spared = &bytes[..cut.writable(bytes)];
            cut.record_written(spared);
            written.extend_from_slice(spared);
            if spared.len() < bytes.len() {
                break;
            }
        }
        written
    }

    #[test]
    fn an_answer_breaks_off_at_the_same_place_in_whatever_pieces_it_comes() {
        for piece in 1..=ANSWER.len() {
            assert_eq!(written(ConnectionCut::Before, piece), b"");
            assert_eq!(written(ConnectionCut::InHeaders, piece), b"HTTP/1.1 200 OK\r\ncont");
            assert_eq!(written(ConnectionCut::InBody(4), piece), &ANSWER[..ANSWER.len() - 4]);
        }
    }
}
