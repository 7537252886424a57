//! The workers against real databases and the strict provider fakes on real ports.
#![expect(clippy::unwrap_used, reason = "a test shows the error it met")]

mod again;
mod alerts;
mod assignment;
mod background;
mod chaos;
mod consent;
mod files;
mod flow;
mod jobs;
mod mail;
mod months;
mod reconciliation;
mod reported;
mod retention;
mod returning;
mod search;
mod sending;
mod service_levels;
mod statuses;
mod switches;
mod triage;
mod world;
