//! The binary `patchbay`: settings, wiring, roles, telemetry, shutdown and the embedded pages.

mod app;
pub mod cli;
pub mod commands;
mod document;
mod health;
mod listener;
mod observe;
mod packed;
mod pages;
mod roles;
pub mod settings;
mod sinks;
pub mod telemetry;

pub use app::{Running, StartError, start};
pub use roles::Roles;
pub use settings::Settings;
