//! Rows in, rows out: all SQL of the project, for both engines, one module for each aggregate. Functions take the
//! transaction first and answer a question or make a change; they decide nothing.

pub mod annotations;
pub mod attempts;
mod batch;
pub mod contacts;
pub mod conversations;
mod db;
pub mod dead_letters;
pub mod error;
pub mod events;
pub mod feed;
pub mod inbox_views;
pub mod jobs;
pub mod media;
pub mod messages;
pub mod param;
pub mod quarantine;
pub mod queues;
pub mod row;
mod signals;
pub mod statuses;
mod tx;

pub use batch::Batch;
pub use db::{Db, Engine, MIGRATIONS};
pub use error::StoreError;
pub use signals::Signals;
pub use tx::{Statement, Tx};
