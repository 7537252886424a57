//! A connection as lines and mails, read in pieces, bounded in time and in memory.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::data::{DataReader, Progress};
use super::session::MAX_LINE_BYTES;

/// Longest silence between two commands. Source: RFC 5321, 4.5.3.2, shortened: we have no slow clients.
pub(super) const COMMAND_TIMEOUT: Duration = Duration::from_mins(1);
/// Pieces that are read at once.
const PIECE_BYTES: usize = 16 << 10;
/// A mail up to this size is held without asking.
const FREE_BYTES: usize = 64 << 10;

/// What was read of a mail.
pub(super) enum Received {
    Mail(Vec<u8>),
    TooLong,
    NoRoom,
}

/// What was read of a command.
pub(super) enum Line {
    Command(Vec<u8>),
    TooLong,
    /// Nothing came for too long.
    Silence,
    /// The client is gone.
    End,
}

/// A connection with what was read ahead and what waits to be written.
pub(super) struct Wire<S> {
    pub(super) stream: S,
    ahead: Vec<u8>,
    queued: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, ahead: Vec::new(), queued: String::new() }
    }

    pub(super) fn queue(&mut self, text: &str) {
        self.queued.push_str(text);
    }

    pub(super) async fn say(&mut self, text: &str) -> io::Result<()> {
        self.queued.push_str(text);
        let said = std::mem::take(&mut self.queued);
        tokio::time::timeout(COMMAND_TIMEOUT, async {
            self.stream.write_all(said.as_bytes()).await?;
            self.stream.flush().await
        })
        .await?
    }

    fn line_end(&self) -> Option<usize> {
        self.ahead.windows(2).position(|pair| pair == b"\r\n")
    }

    pub(super) fn has_line(&self) -> bool {
        self.line_end().is_some()
    }

    /// The next line, without its end. Only CRLF ends a line.
    pub(super) async fn line(&mut self) -> io::Result<Line> {
        let mut is_too_long = false;
        loop {
            if let Some(end) = self.line_end() {
                let line: Vec<u8> = self.ahead.drain(..end + 2).take(end).collect();
                let fits = !is_too_long && line.len() <= MAX_LINE_BYTES;
                return Ok(if fits { Line::Command(line) } else { Line::TooLong });
            }
            if self.ahead.len() > MAX_LINE_BYTES {
                // The rest of it is read and forgotten; a CR at the end may belong to the line's end.
                is_too_long = true;
                let kept = usize::from(self.ahead.last() == Some(&b'\r'));
                self.ahead.drain(..self.ahead.len() - kept);
            }
            match tokio::time::timeout(COMMAND_TIMEOUT, self.fill()).await {
                Ok(Ok(0)) => return Ok(Line::End),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(error),
                Err(_) => return Ok(Line::Silence),
            }
        }
    }

    async fn fill(&mut self) -> io::Result<usize> {
        self.ahead.reserve(PIECE_BYTES);
        self.stream.read_buf(&mut self.ahead).await
    }

    /// The text of a mail. What is held beyond a little is counted in `memory`, a permit for each kilobyte.
    pub(super) async fn mail(
        &mut self,
        limit: usize,
        memory: &Arc<Semaphore>,
        permits: &mut Vec<OwnedSemaphorePermit>,
    ) -> io::Result<Received> {
        let mut reader = DataReader::new(limit);
        let mut counted = FREE_BYTES;
        let mut has_room = true;
        loop {
            match reader.read(&self.ahead) {
                Progress::Done(count) => {
                    self.ahead.drain(..count);
                    break;
                }
                Progress::More => self.ahead.clear(),
            }
            if has_room && reader.held() > counted {
                // A quarter more than is held now, at least some pieces.
                let more = (reader.held() / 4).max(PIECE_BYTES * 4);
                if let Ok(permit) =
                    Arc::clone(memory).try_acquire_many_owned(u32::try_from(more >> 10).unwrap_or(u32::MAX))
                {
                    permits.push(permit);
                    counted += more;
                } else {
                    has_room = false;
                    reader.give_up();
                }
            }
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(match reader.finish() {
            Some(mail) => Received::Mail(mail),
            None if has_room => Received::TooLong,
            None => Received::NoRoom,
        })
    }
}
