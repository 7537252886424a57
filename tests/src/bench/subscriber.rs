//! A socket that counts frames with as little work as possible, so that ten thousand of them leave the machine to the
//! server.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use patchbay_core::clock::Clock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// What all subscribers count together.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Frames of any kind.
    pub(crate) frames: AtomicUsize,
    /// `message.received` frames.
    pub(crate) messages: AtomicUsize,
    /// `system.resync` frames: somebody was too slow.
    pub(crate) resyncs: AtomicUsize,
    /// Sockets that ended.
    pub(crate) ended: AtomicUsize,
}

/// Opens a socket and reads until it ends. Waits of messages whose text carries `t=<microseconds>` go to `waits`.
pub(crate) async fn subscribe(
    port: u16,
    token: &str,
    counts: Arc<Counts>,
    waits: Option<mpsc::Sender<Duration>>,
) -> io::Result<impl Future<Output = ()> + use<>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!(
        "GET /ws HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: patchbay.v1, bearer.{token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut buffer = Vec::with_capacity(2048);
    let head = loop {
        if stream.read_buf(&mut buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    if !buffer.starts_with(b"HTTP/1.1 101") {
        return Err(io::Error::other(String::from_utf8_lossy(&buffer).into_owned()));
    }
    buffer.drain(..head);
    Ok(read(stream, buffer, counts, waits))
}

async fn read(mut stream: TcpStream, mut buffer: Vec<u8>, counts: Arc<Counts>, waits: Option<mpsc::Sender<Duration>>) {
    loop {
        let mut used = 0;
        while let Some((start, end, is_ping)) = frame(&buffer, used) {
            let payload = &buffer[start..end];
            used = end;
            if is_ping {
                // A pong needs no payload that the server would check, and a zero mask masks nothing.
                let _sent = stream.write_all(&[0x8A, 0x80, 0, 0, 0, 0]).await;
                continue;
            }
            counts.frames.fetch_add(1, Ordering::Relaxed);
            if contains(payload, b"\"message.received\"") {
                counts.messages.fetch_add(1, Ordering::Relaxed);
                if let Some(waits) = &waits
                    && let Some(wait) = wait(payload)
                {
                    let _kept = waits.try_send(wait);
                }
            } else if contains(payload, b"\"system.resync\"") {
                counts.resyncs.fetch_add(1, Ordering::Relaxed);
            }
        }
        buffer.drain(..used);
        if !matches!(stream.read_buf(&mut buffer).await, Ok(1..)) {
            counts.ended.fetch_add(1, Ordering::Relaxed);
            return;
        }
    }
}

/// Start and end of the payload of the frame at `at`, and whether it is a ping; `None` while it is not complete. Frames
/// of a server are not masked. Source: RFC 6455, section 5.2.
fn frame(buffer: &[u8], at: usize) -> Option<(usize, usize, bool)> {
    let rest = buffer.get(at..)?;
    let (&first, &second) = (rest.first()?, rest.get(1)?);
    let (head, length) = match second & 0x7F {
        126 => (4, usize::from(u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]))),
        127 => (10, usize::try_from(u64::from_be_bytes(rest.get(2..10)?.try_into().ok()?)).ok()?),
        length => (2, usize::from(length)),
    };
    (rest.len() >= head + length).then_some((at + head, at + head + length, first & 0x0F == 9))
}

fn contains(payload: &[u8], word: &[u8]) -> bool {
    // The event's name stands at the front of the frame.
    payload.get(..96.min(payload.len())).is_some_and(|front| front.windows(word.len()).any(|window| window == word))
}

/// Time since the moment the message's text carries.
fn wait(payload: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(payload).ok()?;
    let (_, rest) = text.split_once("t=")?;
    let digits = rest.split(|found: char| !found.is_ascii_digit()).next()?;
    let sent: i64 = digits.parse().ok()?;
    u64::try_from(Clock::system().now().timestamp_micros() - sent).ok().map(Duration::from_micros)
}
