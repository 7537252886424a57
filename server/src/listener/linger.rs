//! Closing a connection so that the last answer is read: what the client still sends is thrown away for a moment, else
//! the system resets the connection and the client loses the answer to a body that was refused before its end.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// How long at most.
const LONGEST: Duration = Duration::from_secs(2);
/// How many bytes at most: more than any body that we take.
const MOST_BYTES: usize = 64 << 20;
/// How much is thrown away at a time.
const CHUNK_BYTES: usize = 16 << 10;

/// A connection that lingers when it is closed.
pub(super) struct Lingering {
    stream: TcpStream,
    end: Option<Box<End>>,
}

struct End {
    deadline: Pin<Box<Sleep>>,
    bytes: usize,
    is_shut: bool,
}

impl Lingering {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, end: None }
    }
}

impl AsyncRead for Lingering {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let end = this.end.get_or_insert_with(|| {
            Box::new(End { deadline: Box::pin(tokio::time::sleep(LONGEST)), bytes: 0, is_shut: false })
        });
        if !end.is_shut {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            end.is_shut = true;
        }
        let mut scratch = [0; CHUNK_BYTES];
        while end.bytes < MOST_BYTES && end.deadline.as_mut().poll(cx).is_pending() {
            let mut buf = ReadBuf::new(&mut scratch);
            // A client that is gone has read what it wanted.
            if ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buf)).is_err() || buf.filled().is_empty() {
                break;
            }
            end.bytes += buf.filled().len();
        }
        Poll::Ready(Ok(()))
    }
}
