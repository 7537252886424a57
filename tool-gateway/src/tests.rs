//! The gateway over a database, with customers who write and a transaction system that may fail.

mod attacks;
mod bank;
mod flow;
mod ground;
mod limits;
mod mcp;
