//! Conversations: intake of inbound batches, replies, assignment, contacts, notes, search, administration. The only
//! writer of conversation tables; makes tickets by calling dispatch.

pub mod administration;
pub mod alerts;
pub mod assignment;
mod audit_log;
pub mod auth;
pub mod automations;
pub mod body;
pub mod catalog;
pub mod chat;
mod consent;
pub mod contacts;
pub mod conversations;
pub mod delivery;
pub mod directory;
mod error;
pub mod feed;
pub mod files;
pub mod inbox_health;
pub mod intake;
mod internal_chat;
mod mail_pages;
pub mod performers;
pub mod places;
pub mod provider_templates;
pub mod received_files;
pub mod recovery;
pub mod replies;
pub mod reports;
mod resource;
pub mod retention;
mod router;
mod satisfaction;
mod sealing;
pub mod seeding;
pub mod service_levels;
mod sheet;
mod state;
pub mod ticket_link;
pub mod triage;
pub mod unsubscribe;
pub mod webhooks;

pub use error::HubError;
pub use router::router;
pub use sealing::Seals;
pub use state::{AbuseLimits, Hub, HubConfig};
