//! Connections of mail servers: bounded in number, in time and in what they may make us hold.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use metrics::{counter, gauge};
use patchbay_core::inbox::InboundMail;
use patchbay_normalizer::email::{self, Arrived, Envelope};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;

use super::data::{DataReader, Progress};
use super::session::{Addressed, MAX_LINE_BYTES, Next, Reply, Session, Terms, greeting, over_limit, too_many};
use crate::webhook::{Ingress, MailRefused};

/// Longest silence between two commands. Source: RFC 5321, 4.5.3.2, shortened: we have no slow clients.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest time for the text of one mail.
const DATA_TIMEOUT: Duration = Duration::from_secs(300);
/// Longest life of a connection.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(1_800);
/// Pieces that are read at once.
const PIECE_BYTES: usize = 16 << 10;
/// What all connections together may hold of unfinished mails.
const HELD_KILOBYTES: usize = 256 << 10;
/// A mail up to this size is held without asking.
const FREE_BYTES: usize = 64 << 10;

/// How the receiver behaves.
#[derive(Clone)]
pub struct SmtpSettings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The name it gives itself.
    pub hostname: String,
    /// Largest mail, in bytes.
    pub max_bytes: usize,
    /// Connections at a time.
    pub max_connections: usize,
    /// Connections at a time of one client.
    pub max_connections_per_client: usize,
    /// Certificate and key for STARTTLS.
    pub tls: Option<Arc<ServerConfig>>,
}

impl std::fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpSettings").field("listen", &self.listen).finish_non_exhaustive()
    }
}

impl SmtpSettings {
    /// The usual bounds, without STARTTLS.
    pub fn new(listen: SocketAddr, hostname: impl Into<String>) -> Self {
        Self {
            listen,
            hostname: hostname.into(),
            max_bytes: 35 << 20,
            max_connections: 200,
            max_connections_per_client: 50,
            tls: None,
        }
    }
}

/// The receiver, bound and not yet running.
#[derive(Debug)]
pub struct SmtpListener {
    socket: TcpListener,
    shared: Arc<Shared>,
}

struct Shared {
    ingress: Ingress,
    terms: Terms,
    tls: Option<TlsAcceptor>,
    places: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    per_client: usize,
    /// Connections of each client. Held for a few instructions.
    clients: Mutex<HashMap<IpAddr, usize>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("terms", &self.terms).finish_non_exhaustive()
    }
}

/// A client's place; given back when it is dropped.
struct Place {
    shared: Arc<Shared>,
    client: IpAddr,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut clients = self.shared.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = clients.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                clients.remove(&self.client);
            }
        }
    }
}

impl SmtpListener {
    /// Binds the address.
    pub async fn bind(settings: SmtpSettings, ingress: Ingress) -> io::Result<Self> {
        let socket = TcpListener::bind(settings.listen).await?;
        let terms =
            Terms { hostname: settings.hostname, max_bytes: settings.max_bytes, has_tls: settings.tls.is_some() };
        let shared = Shared {
            ingress,
            terms,
            tls: settings.tls.map(TlsAcceptor::from),
            places: Arc::new(Semaphore::new(settings.max_connections)),
            memory: Arc::new(Semaphore::new(HELD_KILOBYTES)),
            per_client: settings.max_connections_per_client,
            clients: Mutex::default(),
        };
        Ok(Self { socket, shared: Arc::new(shared) })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Takes mail until told to stop; then what is under way is finished.
    pub async fn run(self, stop: CancellationToken) {
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.socket.accept() => accepted,
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let (shared, stop) = (Arc::clone(&self.shared), stop.clone());
                    connections.spawn(async move { shared.welcome(stream, peer.ip(), stop).await });
                }
                Err(error) => {
                    tracing::warn!(error = %error, "a mail server could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        while connections.join_next().await.is_some() {}
    }
}

impl Shared {
    async fn welcome(self: Arc<Self>, mut stream: TcpStream, client: IpAddr, stop: CancellationToken) {
        let Some(place) = self.place(client) else {
            counter!("smtp_connections_total", "outcome" => "refused").increment(1);
            let said = too_many(&self.terms);
            let _gone = tokio::time::timeout(Duration::from_secs(5), stream.write_all(said.as_bytes())).await;
            return;
        };
        counter!("smtp_connections_total", "outcome" => "accepted").increment(1);
        gauge!("smtp_connections").increment(1);
        let _nodelay = stream.set_nodelay(true);
        let talk = self.talk(stream, client, &stop);
        if let Ok(Err(error)) = tokio::time::timeout(CONNECTION_TIMEOUT, talk).await {
            tracing::debug!(error = %error, "a mail server went away");
        }
        gauge!("smtp_connections").decrement(1);
        drop(place);
    }

    fn place(self: &Arc<Self>, client: IpAddr) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let count = clients.entry(client).or_default();
        if *count >= self.per_client {
            return None;
        }
        *count += 1;
        Some(Place { shared: Arc::clone(self), client, _permit: permit })
    }

    async fn talk(&self, stream: TcpStream, client: IpAddr, stop: &CancellationToken) -> io::Result<()> {
        let mut wire = Wire::new(stream);
        wire.say(&greeting(&self.terms)).await?;
        let Ending::Secure = self.converse(&mut wire, Session::default(), client, stop).await? else { return Ok(()) };
        let Some(tls) = &self.tls else { return Ok(()) };
        // What was sent ahead of the handshake was sent by anybody: it is dropped with the old wire.
        let stream = tokio::time::timeout(COMMAND_TIMEOUT, tls.accept(wire.stream)).await??;
        self.converse(&mut Wire::new(stream), Session::secured(), client, stop).await.map(drop)
    }

    /// Talks until the connection ends or becomes secure.
    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        wire: &mut Wire<S>,
        mut session: Session,
        client: IpAddr,
        stop: &CancellationToken,
    ) -> io::Result<Ending> {
        let takes = |address: &str| self.ingress.takes_mail(address);
        loop {
            let line = tokio::select! {
                line = wire.line() => line?,
                () = stop.cancelled() => {
                    wire.say("421 4.3.2 closing, come back soon\r\n").await?;
                    return Ok(Ending::Over);
                }
            };
            let Reply { text, next } = match &line {
                Line::Command(line) => session.command(line, &self.terms, &takes),
                Line::TooLong => session.line_too_long(),
                Line::Silence => {
                    wire.say("421 4.4.2 too long a silence\r\n").await?;
                    return Ok(Ending::Over);
                }
                Line::End => return Ok(Ending::Over),
            };
            // A group of commands is answered together, so that it takes one packet.
            if next == Next::Command && wire.has_line() {
                wire.queue(&text);
                continue;
            }
            wire.say(&text).await?;
            match next {
                Next::Command => {}
                Next::Close => return Ok(Ending::Over),
                Next::Secure => return Ok(Ending::Secure),
                Next::Data => {
                    let addressed = session.take_envelope();
                    let answer = self.receive(wire, addressed, client).await?;
                    wire.say(&format!("{answer}\r\n")).await?;
                }
            }
        }
    }

    /// Reads a mail and answers when it is durable.
    async fn receive<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        wire: &mut Wire<S>,
        addressed: Addressed,
        client: IpAddr,
    ) -> io::Result<String> {
        let mut memory = Vec::new();
        let reading = wire.mail(self.terms.max_bytes, &self.memory, &mut memory);
        let received = tokio::time::timeout(DATA_TIMEOUT, reading).await??;
        let raw = match received {
            Received::Mail(raw) => raw,
            Received::TooLong => {
                counter!("smtp_mails_total", "outcome" => "too_long").increment(1);
                return Ok(over_limit(&self.terms));
            }
            Received::NoRoom => {
                counter!("smtp_mails_total", "outcome" => "no_room").increment(1);
                return Ok("452 4.3.1 no room at the moment".to_owned());
            }
        };
        let received_at = self.ingress.now();
        let raw = Bytes::from(raw);
        let parsed = raw.clone();
        let mail = if raw.len() > PIECE_BYTES * 8 {
            tokio::task::spawn_blocking(move || email::parse(&parsed)).await.map_err(io::Error::other)?
        } else {
            email::parse(&parsed)
        };
        let envelopes = addressed.recipients.into_iter().map(|recipient| Envelope {
            recipient,
            sender: Some(addressed.sender.clone()),
            client_ip: Some(client.to_canonical()),
            helo: Some(addressed.helo.clone()),
            received_at,
            provider_message_id: None,
        });
        let arrived = Arrived { mail, envelopes: envelopes.collect() };
        let (outcome, answer) = match self.ingress.take_mail(InboundMail::Smtp, &arrived, raw).await {
            Ok(()) => ("accepted", "250 2.0.0 kept".to_owned()),
            Err(MailRefused::RateLimited) => ("rate_limited", "450 4.7.1 too much at once, try again later".to_owned()),
            Err(MailRefused::NotDurable) => ("not_durable", "451 4.3.0 could not be kept, try again later".to_owned()),
            Err(MailRefused::NotOurs) => ("not_ours", "550 5.1.1 no such mailbox here".to_owned()),
        };
        counter!("smtp_mails_total", "outcome" => outcome).increment(1);
        Ok(answer)
    }
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// For good.
    Over,
    /// It goes on, secured.
    Secure,
}

/// What was read of a mail.
enum Received {
    Mail(Vec<u8>),
    TooLong,
    NoRoom,
}

/// What was read of a command.
enum Line {
    Command(Vec<u8>),
    TooLong,
    /// Nothing came for too long.
    Silence,
    /// The client is gone.
    End,
}

/// A connection with what was read ahead and what waits to be written.
struct Wire<S> {
    stream: S,
    ahead: Vec<u8>,
    queued: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    fn new(stream: S) -> Self {
        Self { stream, ahead: Vec::new(), queued: String::new() }
    }

    fn queue(&mut self, text: &str) {
        self.queued.push_str(text);
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
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

    fn has_line(&self) -> bool {
        self.line_end().is_some()
    }

    /// The next line, without its end. Only CRLF ends a line.
    async fn line(&mut self) -> io::Result<Line> {
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
    async fn mail(
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
                match Arc::clone(memory).try_acquire_many_owned(u32::try_from(more >> 10).unwrap_or(u32::MAX)) {
                    Ok(permit) => {
                        permits.push(permit);
                        counted += more;
                    }
                    Err(_) => {
                        has_room = false;
                        reader.give_up();
                    }
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

#[cfg(test)]
mod tests;
