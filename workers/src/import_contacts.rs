//! Reads the next rows of a list of contacts.

use patchbay_core::ctx::Ctx;
use patchbay_core::ids::ContactImportId;
use patchbay_hub::contacts::{ImportStep, import_rows};
use patchbay_store::jobs::ClaimedJob;
use serde::Deserialize;

use crate::deps::Deps;
use crate::work::{Verdict, WorkError};

#[derive(Debug, Deserialize)]
struct Payload {
    import_id: ContactImportId,
}

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    match import_rows(&deps.db, ctx, payload.import_id).await? {
        ImportStep::Done => Ok(Verdict::Done),
        ImportStep::More => Ok(Verdict::Later(deps.clock.now())),
    }
}
