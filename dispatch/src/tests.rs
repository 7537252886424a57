//! The pipeline from outside: HTTP requests against the real router, on both engines.

mod alerts;
mod app;
mod assignment;
mod audit_log;
mod billing;
mod closeout;
mod commands;
mod concurrency;
mod contention;
mod evidence;
mod field_work;
mod idempotency;
mod matrix;
mod operations;
mod planning;
mod reads;
mod refusals;
mod rounds;
mod scheduling;
mod stage;
mod storage;

pub(crate) use app::{Answer, App, both_engines, some_id};
