//! What is said on one connection: commands and their replies, mails and the answer when they are durable.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use metrics::counter;
use patchbay_core::inbox::InboundMail;
use patchbay_normalizer::email::{self, Arrived, Envelope};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::session::{Addressed, Next, Reply, Session, Terms, greeting, over_limit};
use super::wire::{COMMAND_TIMEOUT, Line, Received, Wire};
use crate::webhook::{Ingress, MailRefused};

/// Longest time for the text of one mail.
const DATA_TIMEOUT: Duration = Duration::from_mins(5);
/// A mail above this size is taken apart where it holds nobody up.
const LARGE_BYTES: usize = 128 << 10;

/// Who talks to mail servers.
pub(super) struct Host {
    pub(super) ingress: Ingress,
    pub(super) terms: Terms,
    pub(super) tls: Option<TlsAcceptor>,
    /// What all connections together may hold of unfinished mails, a permit for each kilobyte.
    pub(super) memory: Arc<Semaphore>,
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// For good.
    Over,
    /// It goes on, secured.
    Secure,
}

impl Host {
    /// Greets a mail server and listens to it until the connection ends.
    pub(super) async fn talk(&self, stream: TcpStream, client: IpAddr, stop: &CancellationToken) -> io::Result<()> {
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
        let mail = if raw.len() > LARGE_BYTES {
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
