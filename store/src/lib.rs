//! Rows in, rows out: all SQL of the project, for both engines, one module for each aggregate. Functions take the
//! transaction first and answer a question or make a change; they decide nothing.

pub mod accounts;
pub mod annotations;
pub mod attempts;
pub mod audit;
mod batch;
pub mod canned_responses;
pub mod contacts;
pub mod conversations;
pub mod counters;
mod db;
pub mod dead_letters;
pub mod directory;
pub mod error;
pub mod events;
pub mod feed;
pub mod idempotency;
pub mod inbox_views;
pub mod inboxes;
pub mod jobs;
pub mod media;
pub mod messages;
pub mod objects;
pub mod outbox;
pub mod param;
pub mod quarantine;
pub mod queues;
pub mod row;
pub mod search;
pub mod sessions;
mod signals;
pub mod sites;
pub mod statuses;
pub mod sweeps;
pub mod teams;
pub mod templates;
pub mod tickets;
mod tx;
pub mod users;

pub use batch::Batch;
pub use db::{Db, Engine, MIGRATIONS};
pub use error::StoreError;
pub use signals::Signals;
pub use tx::{Statement, Tx};
