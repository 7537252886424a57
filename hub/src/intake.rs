//! Inbound items on their way into the database: gathered into shared commits, deduplicated by a unique constraint in
//! the transaction that writes their effect, and acknowledged only after the commit.

mod abuse;
mod apply;
mod calls;
mod changes;
mod consent;
mod duty;
mod gather;
mod mail;
mod noted;
mod people;
mod poison;
mod records;
mod renewed;
mod threads;
mod uploads;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use patchbay_core::ids::InboxId;
use patchbay_core::inbox::Inbox;
use patchbay_core::item::Item;
use patchbay_core::trace::SpanContext;

pub(crate) use calls::CALL_BEGINS;
pub use changes::apply_ripe;
pub use gather::{Counts, Intake};
pub use patchbay_store::journal::JournalEntry;
pub(crate) use people::name_of_stranger;

/// Items of one webhook for one inbox.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// Inbox whose secret proved them.
    pub inbox_id: InboxId,
    /// The items, in the provider's order.
    pub items: Vec<Item>,
    /// When the webhook arrived.
    pub received_at: DateTime<Utc>,
    /// The span that received it, when traces are recorded.
    pub span: Option<SpanContext>,
}

/// An event that could not be understood or belongs to nobody we know; kept for a person to look at.
#[derive(Clone, Debug)]
pub struct SetAside {
    /// Inbox, if one could be told.
    pub inbox_id: Option<InboxId>,
    /// Provider it came from.
    pub provider: String,
    /// A stable word: `malformed_payload`, `unknown_account`, `poisoned`, `ingest_rejected`.
    pub reason: String,
    /// The bytes as they came.
    pub raw: Vec<u8>,
    /// When they came.
    pub received_at: DateTime<Utc>,
}

/// Why an item was not accepted. Nothing was stored; the provider or the spool must try again.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum NotAccepted {
    /// The database is away.
    #[error("the database is not available")]
    Unavailable,
    /// More arrives than can be written.
    #[error("the intake is full")]
    Full,
    /// The server is stopping.
    #[error("the intake has stopped")]
    Stopped,
}

/// One item with its inbox, as the shards work on them.
#[derive(Clone, Debug)]
struct Work {
    inbox: Arc<Inbox>,
    item: Item,
    received_at: DateTime<Utc>,
    /// The span of the intake, when traces are recorded.
    span: Option<SpanContext>,
}

#[cfg(test)]
mod tests;
