//! Goes on repairing dead letters or quarantined events, at the rate somebody asked for.

use patchbay_core::ctx::Ctx;
use patchbay_core::ids::RepairId;
use patchbay_hub::recovery::{RepairStep, run_repair};
use patchbay_store::jobs::ClaimedJob;
use serde::Deserialize;

use crate::deps::Deps;
use crate::work::{Verdict, WorkError};

#[derive(Debug, Deserialize)]
struct Payload {
    repair_id: RepairId,
}

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    let directory = deps.directory.load_full();
    match run_repair(&deps.db, ctx, &directory, &deps.reenactor, payload.repair_id).await? {
        RepairStep::Done => Ok(Verdict::Done),
        RepairStep::More => Ok(Verdict::Later(deps.clock.now())),
    }
}
