//! Keeping for as long as the policies say: once a day what is due begins; each run is taken in bites, and rests between
//! them several times as long as a bite took, so that the intake has the database to itself.

use std::time::Duration;

use chrono::TimeDelta;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::RetentionRunId;
use patchbay_core::job::JobKind;
use patchbay_hub::retention::{ArchiveError, Bite, begin_due, fail, take_bite};
use patchbay_store::jobs::ClaimedJob;
use patchbay_store::{StoreError, Tx};
use serde::Deserialize;
use tokio::time::Instant;

use crate::deps::Deps;
use crate::recurring::Recurring;
use crate::work::{Verdict, WorkError};

pub(crate) const ROUNDS: Recurring =
    Recurring { kind: JobKind::BeginRetention, name: "retention", every: TimeDelta::days(1), max_attempts: 10 };
/// How long to rest after a bite, against the time it took, and at least.
const REST: u32 = 4;
const BREATH: Duration = Duration::from_millis(100);

#[derive(Debug, Deserialize)]
struct Payload {
    run_id: RetentionRunId,
}

pub(crate) async fn begin(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let mut tx = deps.db.begin().await?;
    begin_due(&mut tx, &deps.hub, ctx).await?;
    ROUNDS.go_on(&mut tx, ctx, job).await?;
    tx.commit().await?;
    Ok(Verdict::Settled)
}

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    let started = Instant::now();
    match take_bite(&deps.hub, ctx, payload.run_id).await {
        Ok(Bite::Over) => Ok(Verdict::Done),
        Ok(Bite::More) => Ok(Verdict::Later(deps.clock.now() + (started.elapsed() * REST).max(BREATH))),
        Err(ArchiveError::Store(error)) => Err(error.into()),
        Err(ArchiveError::Files(_)) => Err(WorkError::Elsewhere("the object store refused the archive")),
        Err(ArchiveError::Damaged) => Err(WorkError::Elsewhere("the archive could not be read back as it was written")),
    }
}

pub(crate) async fn give_up(tx: &mut Tx, ctx: &Ctx, job: &ClaimedJob) -> Result<(), StoreError> {
    match serde_json::from_value::<Payload>(job.payload.clone()) {
        Ok(payload) => fail(tx, ctx, payload.run_id).await,
        Err(_) => Ok(()),
    }
}
