//! Webhooks of the providers: verify the raw bytes, normalise, hand over, acknowledge only what is durable. Decides
//! nothing about conversations and holds no SQL.

mod chat;
mod config;
pub mod delivery;
mod hand_over;
pub mod inboxes;
pub mod journal;
pub mod memory;
mod rate;
pub mod refusal;
pub mod replay;
pub mod spool;
pub mod verify;
mod webhook;

pub use config::Config;
pub use delivery::{Accepted, Delivery, NotDurable, Quarantine, QuarantineReason, Sink, Stored};
pub use hand_over::{HandOver, Handed, Sealed, Taker};
pub use inboxes::Inboxes;
pub use journal::{Journal, JournalKey, Reenactment};
pub use refusal::Refusal;
pub use replay::replay;
pub use spool::Spool;
pub use webhook::{Ingress, Verdict, openapi, router};
