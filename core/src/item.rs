//! What every ingress emits: messages, delivery statuses and events, in the provider's order.
//! The JSON form of these types is the normalised form that tests and `patchbay replay` compare.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::channel::{Channel, Direction, SenderType};
use crate::vocabulary;

/// One normalised thing that a provider told us.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Item {
    /// Somebody said something.
    Message(MessageItem),
    /// Delivery progress of a message that we sent.
    Status(StatusItem),
    /// Everything else worth acting on.
    Event(EventItem),
}

/// Somebody said something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageItem {
    /// Channel the message travelled on.
    pub channel: Channel,
    /// The provider's id, unique per channel and account.
    pub channel_message_id: String,
    /// Which of our addresses received or sent it.
    pub account: String,
    /// Which way it went.
    pub direction: Direction,
    /// Who wrote it.
    pub sender: Sender,
    /// What was said.
    pub content: Content,
    /// Provider id of the message this answers.
    pub reply_to: Option<String>,
    /// When the provider says it was written, else when we received it. Whole seconds.
    #[serde(with = "whole_seconds")]
    pub timestamp: DateTime<Utc>,
    /// `received` for inbound messages; echoes of our own staff carry `sent`.
    pub status: String,
    /// Facts about the message as a whole.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

impl MessageItem {
    /// The key under which the message counts once in its inbox. Two visitors of a chat may pick the same id.
    pub fn key(&self) -> Cow<'_, str> {
        match self.channel {
            Channel::Chat => Cow::Owned(chat_key(&self.sender.address, &self.channel_message_id)),
            _ => Cow::Borrowed(&self.channel_message_id),
        }
    }
}

/// The key of a chat message: whose it is, and the id its writer gave it.
pub fn chat_key(address: &str, client_message_id: &str) -> String {
    // A unit separator stands in neither part.
    format!("{address}\u{1f}{client_message_id}")
}

/// Who wrote a message, as the channel knows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sender {
    /// Kind of writer.
    #[serde(rename = "type")]
    pub kind: SenderType,
    /// Canonical channel address.
    pub address: String,
    /// Display name, if the channel tells one.
    pub name: Option<String>,
}

vocabulary! {
    /// What kind of content a message carries.
    pub enum ContentType {
        /// Plain text.
        Text => "text",
        /// A still picture.
        Image => "image",
        /// A film.
        Video => "video",
        /// Sound.
        Audio => "audio",
        /// A file.
        Document => "document",
        /// A sticker.
        Sticker => "sticker",
        /// A place.
        Location => "location",
        /// Address cards.
        Contacts => "contacts",
        /// A pressed button, a chosen row, a filled form.
        Interactive => "interactive",
        /// An emoji on another message.
        Reaction => "reaction",
        /// A basket of products.
        Order => "order",
        /// A template that we sent.
        Template => "template",
        /// Kept, shown and normalised again when we learn the type.
        Unsupported => "unsupported",
    }
}

/// What was said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// Kind of content.
    #[serde(rename = "type")]
    pub kind: ContentType,
    /// The text, or the caption of the media.
    pub text: Option<String>,
    /// E-mail only: the complete text before quotes were stripped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_text: Option<String>,
    /// Attached files.
    #[serde(default)]
    pub media: Vec<Media>,
    /// Facts by content type: `location`, `contacts`, `interactive`, `reaction`, `order`, `unsupported`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

impl Content {
    /// Text and nothing else.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            kind: ContentType::Text,
            text: Some(text.into()),
            full_text: None,
            media: Vec::new(),
            metadata: Map::new(),
        }
    }
}

/// One attached file, as the provider describes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// The provider's id of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where the provider serves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Type as the provider claims it, parameters included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Name as the sender gave it. Never use it as a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// SHA-256 as the provider gives it (base64 or hex).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// SHA-256 as we computed it, lowercase hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256_hex: Option<String>,
    /// A voice note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<bool>,
    /// An animated sticker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub animated: Option<bool>,
    /// Shown inside the text of an e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inline: Option<bool>,
    /// Content-ID of an e-mail part, without angle brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
}

/// Delivery progress of a message that we sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusItem {
    /// Channel of the message.
    pub channel: Channel,
    /// Our address that sent it.
    pub account: String,
    /// The provider's id of the message.
    pub channel_message_id: String,
    /// Progress in our words.
    pub status: ReportedStatus,
    /// The provider's word.
    pub provider_status: String,
    /// Canonical address of the recipient.
    pub recipient: Option<String>,
    /// When the provider says it happened, else when we received it. Whole seconds.
    #[serde(with = "whole_seconds")]
    pub timestamp: DateTime<Utc>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProviderError>,
    /// `pricing`, `callback_data`, `raw_dlr_done_date`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

vocabulary! {
    /// Progress that a provider can report.
    pub enum ReportedStatus {
        /// The provider has it and has not sent it yet.
        Pending => "pending",
        /// On its way.
        Sent => "sent",
        /// On the recipient's device.
        Delivered => "delivered",
        /// Displayed to the recipient.
        Read => "read",
        /// Did not arrive.
        Failed => "failed",
        /// Withdrawn before it was sent; stored as failed.
        Canceled => "canceled",
    }
}

/// A provider's error, with the class that decides what we do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProviderError {
    /// The provider's code, always as text.
    pub code: String,
    /// Short name; unstable, for people only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Sentence; unstable, for people only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Further words of the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// What we do about it.
    pub class: ErrorClass,
}

vocabulary! {
    /// What an error of a provider means for the message.
    pub enum ErrorClass {
        /// The same message may be tried again later, with back-off.
        Retryable => "retryable",
        /// Never retry this message on this channel.
        Permanent => "permanent",
        /// Needs a template, or the customer must write first.
        WindowClosed => "window_closed",
        /// The recipient refused: suppress, do not retry.
        OptedOut => "opted_out",
        /// An operator must act; hold the queue of that sender.
        Config => "config",
    }
}

/// Everything else worth acting on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventItem {
    /// `opt_out`, `opt_in`, `help_requested`, `contact.phone_changed`, `message.edited`, `message.revoked`,
    /// `provider.error`, `provider.notice`, `ingest.rejected` and others.
    #[serde(rename = "type")]
    pub kind: String,
    /// Channel it came by.
    pub channel: Channel,
    /// Which of our addresses it concerns.
    pub account: Option<String>,
    /// Canonical address of the customer it concerns.
    pub address: Option<String>,
    /// When it happened. Whole seconds.
    #[serde(with = "whole_seconds")]
    pub timestamp: DateTime<Utc>,
    /// Facts by type.
    pub data: Map<String, Value>,
}

/// Times on the wire: RFC 3339, UTC, whole seconds, suffix `Z`.
mod whole_seconds {
    use chrono::{DateTime, SecondsFormat, Utc};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Secs, true))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        DateTime::<Utc>::deserialize(deserializer)
    }
}
