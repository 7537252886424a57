//! What the webhooks hand over, and to whom.

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

/// A future of a [`Sink`].
pub type SinkFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Takes what the webhooks verified. The hub's intake behind the disk spool in the server, memory in `patchbay replay`.
pub trait Sink: Send + Sync + 'static {
    /// Makes the deliveries of one request durable. `Ok` only when they survive a crash: the provider is answered
    /// after it. Called again with the same deliveries, it adds nothing.
    fn accept(&self, deliveries: Vec<Delivery>) -> SinkFuture<'_, Result<Accepted, NotDurable>>;

    /// What a message became, by the key under which it counts once in its inbox. `None`: it is not stored yet.
    fn stored<'a>(&'a self, _inbox: InboxId, _key: &'a str) -> SinkFuture<'a, Option<Stored>> {
        Box::pin(std::future::ready(None))
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
