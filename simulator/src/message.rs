//! What the fakes remember: messages, requests, webhooks, and what a phone shows.

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use serde::Serialize;
use serde_json::Value;

use crate::faults::Provider;

patchbay_core::vocabulary! {
    /// How far a message came. Later words outrank earlier ones; see [`DeliveryState::rank`].
    pub enum DeliveryState {
        /// Accepted by the provider.
        Queued => "queued",
        /// On its way.
        Sent => "sent",
        /// It did not arrive.
        Failed => "failed",
        /// On the phone, or for the customer's own messages: taken by our webhook.
        Delivered => "delivered",
        /// Displayed.
        Read => "read",
    }
}

impl DeliveryState {
    /// Rank in the lattice of states: a state never falls back to a lower rank.
    pub fn rank(self) -> u8 {
        self as u8
    }
}

patchbay_core::vocabulary! {
    /// Who wrote a message in a thread.
    pub enum Author {
        /// The owner of the phone.
        Phone => "phone",
        /// We did.
        Business => "business",
    }
}

/// A message a provider accepted from us.
#[derive(Clone, Debug, Serialize)]
pub struct Sent {
    /// Who accepted it.
    pub provider: Provider,
    /// How it travels.
    pub channel: Channel,
    /// The provider's id.
    pub id: String,
    /// Our own id as it travelled: `biz_opaque_callback_data`, or the last path segment of the `StatusCallback` URL.
    pub our_id: Option<String>,
    /// Our number.
    pub from: String,
    /// The customer's number, or what stands for it.
    pub to: String,
    /// `text`, `image`, `template` … as the provider names it.
    pub kind: String,
    /// Text or caption.
    pub text: Option<String>,
    /// Links or ids of media.
    pub media: Vec<ThreadMedia>,
    /// The request's body; a form becomes an object of strings and lists.
    pub body: Value,
    /// When it was accepted.
    pub at: DateTime<Utc>,
    /// How far it came.
    pub state: DeliveryState,
    /// Provider code of the failure.
    pub error_code: Option<u32>,
}

/// A message as the phone shows it.
#[derive(Clone, Debug, Serialize)]
pub struct ThreadMessage {
    /// The provider's id.
    pub id: String,
    /// Who wrote it.
    pub from: Author,
    /// Our number in this exchange.
    pub business: String,
    /// Text or caption.
    pub text: Option<String>,
    /// Pictures and files.
    pub media: Vec<ThreadMedia>,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// How far it came.
    pub status: DeliveryState,
    /// Id of the message it answers or reacts to.
    pub reply_to: Option<String>,
    /// Provider code of the failure, if it failed.
    pub error_code: Option<u32>,
}

/// A picture or a file in a thread.
#[derive(Clone, Debug, Serialize)]
pub struct ThreadMedia {
    /// Where a browser finds it: a path below the simulator's own address, or an outside link.
    pub url: String,
    /// MIME type, when known.
    pub mime_type: Option<String>,
    /// File name, when given.
    pub filename: Option<String>,
}

/// A request to one of the fakes, refused ones included. Never its credentials.
#[derive(Clone, Debug, Serialize)]
pub struct RequestRecord {
    /// Which fake.
    pub provider: Provider,
    /// When.
    pub at: DateTime<Utc>,
    /// HTTP method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Status it was answered with; `None` when it was left unanswered on purpose.
    pub status: Option<u16>,
    /// The provider's error code, when it was refused.
    pub error_code: Option<u32>,
    /// Id of the message it created.
    pub message_id: Option<String>,
}

/// A courtesy towards a customer: their message was marked as read, or they saw somebody typing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Which fake.
    pub provider: Provider,
    /// The customer's message.
    pub message_id: String,
    /// `read` or `typing`.
    pub what: String,
}

/// One attempt to deliver a webhook to us.
#[derive(Clone, Debug, Serialize)]
pub struct WebhookRecord {
    /// Which fake sent it.
    pub provider: Provider,
    /// When.
    pub at: DateTime<Utc>,
    /// Where to, without query and fragment.
    pub url: String,
    /// `message` or the delivery states it reported.
    pub about: String,
    /// Messages it was about.
    pub message_ids: Vec<String>,
    /// First attempt is 1.
    pub attempt: u32,
    /// Our answer; `None` when no connection or no answer came.
    pub status: Option<u16>,
}

/// A thread's place: which phone on which channel.
pub(crate) type ThreadKey = (String, Channel);
