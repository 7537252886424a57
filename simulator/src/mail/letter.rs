//! What the mail server keeps.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use mail_parser::{MessageParser, MimeHeaders as _};
use serde::Serialize;

use crate::message::{Author, DeliveryState, ThreadMedia};

/// A mail as it was posted to the server.
#[derive(Clone, Debug)]
pub struct Letter {
    /// `MAIL FROM`; empty for mail that must not bounce.
    pub sender: String,
    /// `RCPT TO`, as far as they were taken.
    pub recipients: Vec<String>,
    /// The mail as it came, dots undone.
    pub raw: Bytes,
    /// When it was taken.
    pub at: DateTime<Utc>,
}

/// A mail as a customer's mailbox shows it.
#[derive(Clone, Debug, Serialize)]
pub struct MailRecord {
    /// Its Message-ID without angle brackets.
    pub id: String,
    /// Who wrote it.
    pub from: Author,
    /// Our mailbox in this exchange.
    pub business: String,
    /// Name of the writer, if it has one.
    pub writer: Option<String>,
    /// Where an answer goes.
    pub answer_to: String,
    /// Subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// Files.
    pub media: Vec<ThreadMedia>,
    /// Id of the mail it answers.
    pub reply_to: Option<String>,
    /// Ids before it, oldest first.
    pub references: Vec<String>,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// How far it came.
    pub status: DeliveryState,
    /// The enhanced code of a failure.
    pub error_code: Option<String>,
}

impl MailRecord {
    /// Whether it is in the mailbox already: written by its owner, or delivered.
    pub(crate) fn shows(&self) -> bool {
        self.from == Author::Phone || self.status.rank() >= DeliveryState::Delivered.rank()
    }
}

/// What a mail says of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) message_id: String,
    pub(crate) from: String,
    pub(crate) writer: Option<String>,
    pub(crate) answer_to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: Option<String>,
    pub(crate) reply_to: Option<String>,
    pub(crate) references: Vec<String>,
    pub(crate) files: Vec<File>,
}

#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) filename: Option<String>,
    pub(crate) mime_type: String,
    pub(crate) bytes: Bytes,
}

/// Reads a mail. `None`: it is none.
pub(crate) fn read(raw: &[u8]) -> Option<Reading> {
    let mail = MessageParser::default().parse(raw)?;
    let author = mail.from().and_then(|list| list.first())?;
    let from = author.address()?.to_lowercase();
    let ids = |value: &mail_parser::HeaderValue<'_>| -> Vec<String> {
        value.as_text_list().map(|list| list.iter().map(ToString::to_string).collect()).unwrap_or_default()
    };
    let answer_to = mail.reply_to().and_then(|list| list.first()).and_then(|one| one.address()).map(str::to_lowercase);
    let files = mail.attachments().map(|part| File {
        filename: part.attachment_name().map(str::to_owned),
        mime_type: part.content_type().map_or_else(
            || "application/octet-stream".to_owned(),
            |kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("octet-stream")),
        ),
        bytes: Bytes::copy_from_slice(part.contents()),
    });
    Some(Reading {
        message_id: mail.message_id()?.to_owned(),
        writer: author.name().map(str::to_owned),
        answer_to: answer_to.unwrap_or_else(|| from.clone()),
        from,
        subject: mail.subject().unwrap_or_default().to_owned(),
        text: mail.body_text(0).map(|text| text.trim().to_owned()).unwrap_or_default(),
        html: mail.body_html(0).map(std::borrow::Cow::into_owned),
        reply_to: ids(mail.in_reply_to()).into_iter().next(),
        references: ids(mail.references()),
        files: files.collect(),
    })
}
