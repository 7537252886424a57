//! What was promised gets done here: the runner (leases, back-off, dead letters), the senders, reconciliation, files,
//! sweeps, the search index. One file for each job; nothing here writes conversation or ticket tables but through the
//! hub and dispatch.

mod backoff;
mod config;
mod runner;
mod work;

pub use config::WorkersConfig;
pub use runner::Runner;
pub use work::{Verdict, Work, WorkError};
