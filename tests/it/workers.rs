//! The workers against real databases and the strict provider fakes on real ports.
#![expect(clippy::unwrap_used, reason = "a test shows the error it met")]

mod background;
mod files;
mod jobs;
mod reconciliation;
mod sending;
mod statuses;
mod switches;
mod world;
