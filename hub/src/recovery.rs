//! Repairing what went wrong: how a request goes through the adapters again, and repairs of many at once.

mod reenact;
mod run;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Hub;

pub use reenact::{Reenact, ReenactFuture, Reenacted, Reenactor, ToldFuture};
pub(crate) use run::{BulkRequest, MOST, RepairBody, begin, discard_note};
pub use run::{RepairStep, run_repair};

/// The endpoint `/api/v1/repairs/{id}`.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new().routes(routes!(run::progress))
}
