//! The byte stream of a connection: records progress and stalls, and closes without cutting off a
//! peer that is still sending.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

use super::activity::Activity;

/// How long a peer may send nothing while the rest of its bytes is read.
const LINGER_SILENCE: Duration = Duration::from_secs(2);
/// How long the rest may take altogether.
const LINGER_TIMEOUT: Duration = Duration::from_secs(10);
/// How many bytes of the rest are read.
const MAX_LINGER_BYTES: usize = 16 << 20;

/// A socket that records what happens on it in the connection's [`Activity`].
pub(super) struct Transport {
    stream: TcpStream,
    activity: Arc<Activity>,
    /// Whether the peer sends nothing more.
    ended: bool,
    /// Bytes of the peer that were read ahead, and are read again.
    unread: Bytes,
    closing: Option<Closing>,
}

/// The state of a connection that is being closed: our side is closed, and the peer's bytes are read.
///
/// Closing a socket with unread bytes resets the connection, and the peer may lose the response that it has
/// not read yet (RFC 9112, section 9.6).
struct Closing {
    begun: Instant,
    received: usize,
    silence: Pin<Box<Sleep>>,
}

impl Transport {
    pub(super) fn new(stream: TcpStream, activity: Arc<Activity>) -> Self {
        Self {
            stream,
            activity,
            ended: false,
            unread: Bytes::new(),
            closing: None,
        }
    }

    /// Gives bytes back that were read ahead.
    pub(super) fn unread(&mut self, bytes: Bytes) {
        self.unread = bytes;
    }

    /// Whether there are bytes that were read ahead.
    pub(super) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    fn wrote(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(_) => self.activity.written(),
            Poll::Pending => self.activity.blocked(),
        }
        written
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.unread.is_empty() {
            let count = self.unread.len().min(buffer.remaining());
            buffer.put_slice(&self.unread.split_to(count));
            self.activity.received();
            return Poll::Ready(Ok(()));
        }
        let (before, room) = (buffer.filled().len(), buffer.remaining());
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.activity.received();
        } else if room > 0 {
            self.ended = true;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Closes our side, then reads what the peer still sends, within the bounds above.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let closing = match &mut this.closing {
            Some(closing) => closing,
            None => {
                ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
                this.activity.closing();
                let begun = Instant::now();
                this.closing.insert(Closing {
                    begun,
                    received: 0,
                    silence: Box::pin(sleep_until(begun + LINGER_SILENCE)),
                })
            }
        };
        let mut bytes = [0; 8192];
        while !this.ended {
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut this.stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    closing.received += buffer.filled().len();
                    this.ended = closing.received >= MAX_LINGER_BYTES;
                    let bound = closing.begun + LINGER_TIMEOUT;
                    let next = (Instant::now() + LINGER_SILENCE).min(bound);
                    closing.silence.as_mut().reset(next);
                }
                Poll::Ready(_) => this.ended = true,
                Poll::Pending => {
                    ready!(closing.silence.as_mut().poll(cx));
                    this.ended = true;
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}
