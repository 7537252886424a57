//! Repairing what went wrong: work that was given up and events that were put aside, each settled once, one by one or many
//! at a rate; and how a request goes through the adapters again.

pub mod dead_letters;
pub mod quarantine;
mod reenact;
mod run;
mod settling;

use crate::state::Hub;
use patchbay_http::{OpenApiRouter, routes};

pub use reenact::{Reenact, ReenactFuture, Reenacted, Reenactor, ToldFuture};
pub use run::{RepairStep, run_repair};
pub use settling::Settled;

/// The endpoints under `/api/v1/dlq`, `/api/v1/quarantine` and `/api/v1/repairs`.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new().merge(dead_letters::router()).merge(quarantine::router()).routes(routes!(run::progress))
}
