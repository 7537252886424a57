//! A mail as it is understood, whoever delivered it: taken apart by us from the raw message, or by the provider.

use std::net::IpAddr;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use patchbay_core::vocabulary;
use sha2::{Digest, Sha256};

use super::headers::{Headers, Party};
use super::report::Report;

/// How a mail reached us.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// Who received it: one of our addresses, as it was written on the envelope.
    pub recipient: String,
    /// Who sent it, by the envelope; empty for reports, none when it is not known.
    pub sender: Option<String>,
    /// Who handed it to the provider or to us.
    pub client_ip: Option<IpAddr>,
    /// The name that client gave itself.
    pub helo: Option<String>,
    /// When the provider took it, else when we did.
    pub received_at: DateTime<Utc>,
    /// The provider's own id of the mail.
    pub provider_message_id: Option<String>,
}

vocabulary! {
    /// Why a mail is kept whole and not taken apart.
    pub enum Damage {
        /// More header fields than anybody writes.
        HeaderBomb => "too_many_headers",
        /// More parts than anybody sends.
        PartBomb => "too_many_parts",
        /// Parts within parts without end.
        NestingBomb => "nested_too_deep",
        /// Nothing in it can be read.
        Unreadable => "unreadable",
    }
}

/// A mail.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    /// Its header fields.
    pub headers: Headers,
    /// The text, before anything is cut off: the first one that the mail has, else what its page says. Lines end with LF.
    pub text: Option<String>,
    /// Further texts, as programs write them that show pictures between words.
    pub more_text: Option<String>,
    /// The page, if it has one.
    pub html: Option<String>,
    /// Its files.
    pub files: Vec<MailFile>,
    /// What it reports, if it is a report.
    pub report: Option<Report>,
    /// The raw message, if we have it.
    pub raw: Option<Bytes>,
    /// SHA-256 of the raw message or of what stands for it, lowercase hex.
    pub digest: String,
    /// Why it was not taken apart.
    pub damage: Option<Damage>,
}

/// A file of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailFile {
    /// Name as the sender gave it. Never a path.
    pub filename: Option<String>,
    /// Type as the sender claims it.
    pub mime_type: String,
    /// Shown inside the text.
    pub is_inline: bool,
    /// Content-ID, without angle brackets.
    pub content_id: Option<String>,
    /// Decoded content.
    pub content: Bytes,
    /// SHA-256 of the content, lowercase hex.
    pub sha256: String,
}

impl Mail {
    /// Who wrote it, in the order of the header; a proper mail has one author.
    pub fn authors(&self) -> Vec<Party> {
        self.headers.parties("From")
    }

    /// Whether exactly one author stands in exactly one `From`.
    pub fn has_one_author(&self) -> bool {
        self.headers.all("From").count() == 1 && self.authors().len() == 1
    }

    /// The page as a file of its own.
    pub fn html_file(&self) -> Option<MailFile> {
        let html = self.html.as_deref().filter(|html| !html.trim().is_empty())?;
        Some(MailFile::new(None, "text/html", Bytes::from(html.to_owned())))
    }

    /// The decoded subject.
    pub fn subject(&self) -> Option<String> {
        self.headers.text("Subject")
    }
}

impl MailFile {
    /// A file that is not shown inside the text.
    pub fn new(filename: Option<String>, mime_type: impl Into<String>, content: Bytes) -> Self {
        let sha256 = hex::encode(Sha256::digest(&content));
        Self { filename, mime_type: mime_type.into(), is_inline: false, content_id: None, content, sha256 }
    }
}
