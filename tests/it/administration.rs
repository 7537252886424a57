//! Logging in and administration, through the real router, on both engines.

mod alerts;
mod audit_log;
mod authority;
mod automations;
mod directory;
mod flow;
mod inboxes;
mod internal_chat;
mod logins;
mod people;
mod repeats;
mod reports;
mod start;
mod templates;
mod webhooks;
mod world;
