//! The workers against real databases and the strict provider fakes on real ports.

mod background;
mod jobs;
mod reconciliation;
mod sending;
mod statuses;
mod world;
