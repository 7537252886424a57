//! SMTP, step by step, so that it is known at each end whether the mail may have been taken. Connections are kept for a
//! moment for the next mail of the same mailbox.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use patchbay_core::ids::InboxId;
use patchbay_core::trace::{self, Kind};
use patchbay_normalizer::email::smtp::Stage;
use tokio::time::{Instant, timeout};

use super::relay::{Encryption, RelayAddress};

/// Connections of one mailbox that are kept.
const KEPT: usize = 4;
/// How long a connection is kept without use. Servers hang up after minutes.
const KEPT_FOR: Duration = Duration::from_secs(20);
/// How long the server may think about a mail that it has in full. Source: RFC 5321, 4.5.3.2.6.
const FINAL_ANSWER: Duration = Duration::from_mins(2);

/// A mail ready to be posted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Posted<'a> {
    /// The mailbox.
    pub(crate) inbox: InboxId,
    /// How we introduce ourselves.
    pub(crate) our_domain: &'a str,
    /// Where bounces go; empty: nowhere.
    pub(crate) sender: &'a str,
    /// Who gets it; the first must be taken.
    pub(crate) recipients: &'a [String],
    /// The mail.
    pub(crate) bytes: &'a [u8],
}

/// How posting a mail ended.
#[derive(Debug)]
pub(crate) enum MailEnd {
    /// The relay has it.
    Accepted,
    /// The relay said no.
    Refused { code: u16, text: String, stage: Stage },
    /// It certainly was not handed over.
    NotSent,
    /// It may have been taken. The word says how.
    Lost(&'static str),
}

/// Posts mail.
pub(crate) struct MailRoom {
    patience: Duration,
    kept: Mutex<HashMap<InboxId, Vec<Kept>>>,
}

struct Kept {
    connection: Box<AsyncSmtpConnection>,
    since: Instant,
    relay: (String, u16),
}

impl std::fmt::Debug for MailRoom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MailRoom")
    }
}

impl MailRoom {
    /// `patience`: the longest wait for each answer but the last.
    pub(crate) fn new(patience: Duration) -> Self {
        Self { patience, kept: Mutex::default() }
    }

    /// Hands a mail to the relay; a span below the current one, if there is one.
    pub(crate) async fn post(&self, relay: &RelayAddress, mail: &Posted<'_>) -> MailEnd {
        let Some(mut span) = trace::child("provider call", Kind::Client) else {
            return self.post_now(relay, mail).await;
        };
        span.set("patchbay.channel", "email");
        span.set("patchbay.inbox_id", mail.inbox.to_string());
        let end = self.post_now(relay, mail).await;
        match &end {
            MailEnd::Accepted => {}
            MailEnd::NotSent => span.fail("not_sent"),
            MailEnd::Lost(how) => span.fail(*how),
            MailEnd::Refused { code, .. } => {
                span.set("patchbay.smtp_code", i64::from(*code));
                span.fail("refused");
            }
        }
        end
    }

    async fn post_now(&self, relay: &RelayAddress, mail: &Posted<'_>) -> MailEnd {
        let (sender, recipients) = match addresses(mail) {
            Ok(addresses) => addresses,
            Err(end) => return end,
        };
        // A kept connection may be dead by now; then nothing was sent, and a new one is made.
        if let Some(connection) = self.take(relay, mail.inbox) {
            match self.deliver(connection, relay, mail, sender.clone(), &recipients).await {
                MailEnd::NotSent => {}
                end => return end,
            }
        }
        match timeout(self.patience * 2, connect(relay, mail.our_domain, self.patience)).await {
            Ok(Ok(connection)) => self.deliver(connection, relay, mail, sender, &recipients).await,
            Ok(Err(end)) => end,
            Err(_) => MailEnd::NotSent,
        }
    }

    async fn deliver(
        &self,
        mut connection: Box<AsyncSmtpConnection>,
        relay: &RelayAddress,
        mail: &Posted<'_>,
        sender: Option<Address>,
        recipients: &[Address],
    ) -> MailEnd {
        match timeout(self.patience, introduce(&mut connection, sender, recipients)).await {
            Ok(Ok(())) => {}
            Ok(Err(end)) => {
                hang_up(connection);
                return end;
            }
            Err(_) => return MailEnd::NotSent,
        }
        match timeout(FINAL_ANSWER, connection.message(mail.bytes)).await {
            Ok(Ok(_)) => {
                self.keep(relay, mail.inbox, connection);
                MailEnd::Accepted
            }
            Ok(Err(error)) => match refusal(&error, Stage::Mail) {
                Some(end) => {
                    hang_up(connection);
                    end
                }
                None => MailEnd::Lost("connection_lost"),
            },
            Err(_) => MailEnd::Lost("timeout"),
        }
    }

    fn take(&self, relay: &RelayAddress, inbox: InboxId) -> Option<Box<AsyncSmtpConnection>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let own = kept.get_mut(&inbox)?;
        own.retain(|one| one.since.elapsed() < KEPT_FOR && one.relay == (relay.host.clone(), relay.port));
        own.pop().map(|one| one.connection)
    }

    fn keep(&self, relay: &RelayAddress, inbox: InboxId, connection: Box<AsyncSmtpConnection>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, own| {
            own.retain(|one| one.since.elapsed() < KEPT_FOR);
            !own.is_empty()
        });
        let own = kept.entry(inbox).or_default();
        if own.len() < KEPT && !connection.has_broken() {
            own.push(Kept { connection, since: Instant::now(), relay: (relay.host.clone(), relay.port) });
        }
    }
}

/// The addresses of the envelope. What is none was refused by us as a relay would.
fn addresses(mail: &Posted<'_>) -> Result<(Option<Address>, Vec<Address>), MailEnd> {
    let read = |text: &str| {
        text.parse::<Address>().map_err(|_| MailEnd::Refused {
            code: 553,
            text: "5.1.3 not an address that mail can be sent to".to_owned(),
            stage: Stage::Mail,
        })
    };
    let sender = if mail.sender.is_empty() { None } else { Some(read(mail.sender)?) };
    let recipients = mail.recipients.iter().map(|text| read(text)).collect::<Result<Vec<_>, _>>()?;
    Ok((sender, recipients))
}

async fn connect(
    relay: &RelayAddress,
    our_domain: &str,
    patience: Duration,
) -> Result<Box<AsyncSmtpConnection>, MailEnd> {
    let us = ClientId::Domain(our_domain.to_owned());
    let tls = || TlsParameters::new(relay.host.clone()).map_err(|_| MailEnd::NotSent);
    let wrapped = if relay.encryption == Encryption::Wrapped { Some(tls()?) } else { None };
    let opened =
        AsyncSmtpConnection::connect_tokio1((relay.host.as_str(), relay.port), Some(patience), &us, wrapped, None)
            .await;
    let mut connection = Box::new(opened.map_err(|error| session(&error))?);
    let wants = match relay.encryption {
        Encryption::Required => true,
        Encryption::Opportunistic => connection.can_starttls(),
        Encryption::Wrapped | Encryption::None => false,
    };
    if wants {
        connection.starttls(tls()?, &us).await.map_err(|error| session(&error))?;
    }
    if let Some((name, password)) = &relay.credentials {
        if !connection.is_encrypted() && !relay.is_local() && relay.encryption != Encryption::None {
            return Err(MailEnd::Refused {
                code: 538,
                text: "5.7.11 the relay offers no encryption, and a password is not sent without".to_owned(),
                stage: Stage::Session,
            });
        }
        let credentials = Credentials::new(name.clone(), password.expose().to_owned());
        connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map_err(|error| session(&error))?;
    }
    Ok(connection)
}

/// Everything before the mail itself: until its last byte is sent, nothing is.
async fn introduce(
    connection: &mut AsyncSmtpConnection,
    sender: Option<Address>,
    recipients: &[Address],
) -> Result<(), MailEnd> {
    let before = |error: &Error| refusal(error, Stage::Mail).unwrap_or(MailEnd::NotSent);
    let mut parameters = Vec::new();
    let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    if !sender.iter().chain(recipients).all(is_ascii) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            let text = "5.6.7 the relay takes no such address".to_owned();
            return Err(MailEnd::Refused { code: 553, text, stage: Stage::Mail });
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    connection.command(Mail::new(sender, parameters)).await.map_err(|error| before(&error))?;
    for (index, recipient) in recipients.iter().enumerate() {
        let taken = connection.command(Rcpt::new(recipient.clone(), Vec::new())).await;
        match taken {
            Ok(_) => {}
            // A copy that cannot be delivered does not keep the mail from its reader.
            Err(error) if index > 0 && error.status().is_some() => {
                metrics::counter!("mail_copies_refused_total").increment(1);
            }
            Err(error) => return Err(before(&error)),
        }
    }
    connection.command(Data).await.map_err(|error| before(&error))?;
    Ok(())
}

/// The server's no, if the error is one.
fn refusal(error: &Error, stage: Stage) -> Option<MailEnd> {
    let code: u16 = error.status()?.to_string().parse().ok()?;
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    Some(MailEnd::Refused { code, text, stage })
}

fn session(error: &Error) -> MailEnd {
    refusal(error, Stage::Session).unwrap_or(MailEnd::NotSent)
}

/// Says good-bye without keeping anybody waiting: dropping the connection would do.
fn hang_up(connection: Box<AsyncSmtpConnection>) {
    drop(connection);
}
