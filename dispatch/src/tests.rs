//! The pipeline from outside: HTTP requests against the real router, on both engines.

mod app;
mod closeout;
mod commands;
mod concurrency;
mod evidence;
mod idempotency;
mod refusals;
mod storage;

pub(crate) use app::{App, both_engines, some_id};
