//! The gateway over a database, with customers who write and a transaction system that may fail.

/// A query that makes its tool panic.
pub(crate) const FATAL: &str = "panic now";
/// A query whose tool never answers.
pub(crate) const ENDLESS: &str = "wait for ever";

mod answers;
mod attacks;
mod bank;
mod flow;
mod ground;
mod guards;
mod limits;
mod mcp;
mod outage;
mod policy;
mod record;
mod schema;
mod sinks;
mod stops;
mod world;
