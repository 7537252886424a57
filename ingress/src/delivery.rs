//! What the webhooks hand over, and to whom.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::ids::{ConversationId, InboxId, MessageId};
use patchbay_core::item::Item;
use patchbay_core::vocabulary;
use patchbay_normalizer::Source;
use patchbay_normalizer::twilio::Consent;
use serde::{Deserialize, Serialize};

/// What one verified request holds for one inbox. A request can yield several, in the provider's order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Who delivered it; decides how to deduplicate ([`patchbay_normalizer::dedupe::key`]).
    pub source: Source,
    /// The inbox it is for. `None`: see `quarantine`.
    pub inbox: Option<InboxId>,
    /// Our address as the provider writes it, known to us or not.
    pub account: Option<String>,
    /// When the request arrived.
    pub received_at: DateTime<Utc>,
    /// What happened, in order.
    pub items: Vec<Item>,
    /// Why it is set aside, if it is; the items (if any) are then kept with it and reach no conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<Quarantine>,
}

/// A verified request that we cannot place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quarantine {
    /// Why.
    pub reason: QuarantineReason,
    /// The body as it came.
    #[serde(with = "base64_text")]
    pub raw: Bytes,
}

vocabulary! {
    /// Why a verified request is set aside.
    pub enum QuarantineReason {
        /// For a number or an address that no inbox has.
        UnknownAccount => "unknown_account",
        /// Not what the provider's documents promise.
        MalformedPayload => "malformed_payload",
    }
}

/// What became of the deliveries of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Items that were new.
    pub fresh: usize,
    /// Items that were here already.
    pub duplicates: usize,
}

/// A stored message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Our id.
    pub message_id: MessageId,
    /// Conversation it belongs to.
    pub conversation_id: Option<ConversationId>,
    /// Its place there.
    pub seq: Option<i64>,
}

/// Nothing was kept; the provider has to send the request again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the deliveries could not be made durable")]
pub struct NotDurable {
    /// When trying again makes sense.
    pub retry_after_seconds: u64,
}

/// A file of a message, under the hash of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    /// SHA-256, lowercase hex.
    pub sha256: String,
    /// The content.
    pub content: Bytes,
}

/// A token that may be used for one body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The token, with the name of whoever gave it.
    pub text: String,
    /// Digest of the body, lowercase hex.
    pub digest: String,
    /// Until when it must be remembered.
    pub forget_at: DateTime<Utc>,
}

/// Whether a token was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenUse {
    /// It was not.
    First,
    /// With the same body: the provider repeats itself.
    Repeated,
    /// With another body: somebody plays a recording.
    Replayed,
}

/// A future of a [`Sink`].
pub type SinkFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Takes what the webhooks verified. The hub's intake behind the disk spool in the server, memory in `patchbay replay`.
pub trait Sink: Send + Sync + 'static {
    /// Makes the deliveries of one request durable. `Ok` only when they survive a crash: the provider is answered
    /// after it. Called again with the same deliveries, it adds nothing.
    fn accept(&self, deliveries: Vec<Delivery>) -> SinkFuture<'_, Result<Accepted, NotDurable>>;

    /// Keeps files of messages that are about to be accepted. `Ok` only when they survive a crash. Kept twice, a file is
    /// there once.
    fn keep(&self, files: Vec<KeptFile>) -> SinkFuture<'_, Result<(), NotDurable>>;

    /// Remembers that a token was used with a body, until `forget_at`, and tells whether it was used before.
    fn use_token<'a>(&'a self, token: &'a Token) -> SinkFuture<'a, TokenUse>;

    /// The conversations of message ids that are known. `None`: the taker finds them when it writes.
    fn conversations(&self) -> SinkFuture<'_, Option<HashMap<String, String>>>;

    /// What a message became, by the key under which it counts once in its inbox. `None`: it is not stored yet.
    fn stored<'a>(&'a self, _inbox: InboxId, _key: &'a str) -> SinkFuture<'a, Option<Stored>> {
        Box::pin(std::future::ready(None))
    }

    /// The inbox that a message of ours was sent from. `None`: it is not known, or cannot be found out now.
    fn inbox_of(&self, _message: MessageId) -> SinkFuture<'_, Option<InboxId>> {
        Box::pin(std::future::ready(None))
    }

    /// Notes that requests come which no key of the inbox made.
    fn note_forged(&self, _inbox: InboxId) -> SinkFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    /// What is known of a sender's consent; asked only when the meaning of a message depends on it. Answers
    /// [`Consent::Given`] when it cannot be known.
    fn consent<'a>(&'a self, inbox: Option<InboxId>, channel: Channel, address: &'a str) -> SinkFuture<'a, Consent>;
}

mod base64_text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Bytes::from).map_err(|_| D::Error::custom("not base64"))
    }
}
