//! The pipeline from outside: HTTP requests against the real router, on both engines.

mod app;
mod commands;
mod concurrency;
mod idempotency;
mod reads;
mod refusals;
mod storage;

pub(crate) use app::{App, both_engines, some_id};
