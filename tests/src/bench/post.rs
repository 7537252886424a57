//! One keep-alive connection that posts prepared requests, without the weight of an HTTP client.

use std::io;

use patchbay_tests::settings::{APP_SECRET, PHONE_NUMBER_ID};
use patchbay_tests::webhook::{sign_meta, whatsapp_text};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A signed WhatsApp webhook as it goes over the wire.
pub(crate) fn whatsapp_post(port: u16, contact: u32, id: &str, text: &str, at: i64) -> Vec<u8> {
    let from = format!("+1555{contact:07}");
    let body = whatsapp_text(PHONE_NUMBER_ID, &from, "A customer", id, text, at).to_string();
    let signature = sign_meta(APP_SECRET, body.as_bytes());
    format!(
        "POST /webhooks/whatsapp HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n\
         x-hub-signature-256: {signature}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A connection and what was read from it but not used.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    /// Sends a prepared request and returns the status of its answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        loop {
            if let Some((status, used)) = answer(&self.buffer) {
                self.buffer.drain(..used);
                return Ok(status);
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// Status and length of the first answer in `bytes`; `None` while it is not complete.
fn answer(bytes: &[u8]) -> Option<(u16, usize)> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse::<usize>().unwrap_or(0));
    (bytes.len() >= end + length).then_some((status, end + length))
}
