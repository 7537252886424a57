//! Webhooks of the providers: verify the raw bytes, normalise, hand over, acknowledge only what is durable. Decides
//! nothing about conversations and holds no SQL.

mod chat;
mod config;
pub mod delivery;
mod forgeries;
mod hand_over;
pub mod inboxes;
pub mod journal;
mod mail_auth;
mod mail_intake;
pub mod memory;
mod rate;
pub mod refusal;
pub mod replay;
pub mod smtp;
pub mod spool;
pub mod verify;
mod webhook;

pub use config::Config;
pub use delivery::{
    Accepted, Delivery, KeptFile, NotDurable, Quarantine, QuarantineReason, Sink, Stored, Token, TokenUse,
};
pub use hand_over::{HandOver, Handed, Sealed, Taker};
pub use inboxes::Inboxes;
pub use journal::{Journal, JournalKey, Reenactment};
pub use mail_auth::MailAuth;
pub use refusal::Refusal;
pub use replay::replay;
pub use smtp::{SmtpListener, SmtpSettings};
pub use spool::Spool;
#[cfg(debug_assertions)]
pub use webhook::openapi;
pub use webhook::{Ingress, Verdict, router};
