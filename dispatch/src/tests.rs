//! The pipeline from outside: HTTP requests against the real router, on both engines.

mod app;
mod billing;
mod commands;
mod concurrency;
mod field_work;
mod idempotency;
mod reads;
mod matrix;
mod planning;
mod refusals;
mod scheduling;
mod stage;
mod storage;

pub(crate) use app::{Answer, App, both_engines, some_id};
