//! Looks after conversations that nobody looks after, every minute.

use chrono::TimeDelta;
use patchbay_core::ctx::Ctx;
use patchbay_core::job::JobKind;
use patchbay_hub::triage::{Watched, watch};
use patchbay_store::jobs::ClaimedJob;

use crate::deps::Deps;
use crate::recurring::Recurring;
use crate::work::{Verdict, WorkError};

pub(crate) const LOOKS: Recurring =
    Recurring { kind: JobKind::WatchQueues, name: "watch_queues", every: TimeDelta::minutes(1), max_attempts: 5 };

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let watched = watch(&deps.hub, ctx).await?;
    if watched != Watched::default() {
        tracing::info!(?watched, "conversations that nobody looked after were found");
    }
    let mut tx = deps.db.begin().await?;
    LOOKS.go_on(&mut tx, ctx, job).await?;
    tx.commit().await?;
    Ok(Verdict::Settled)
}
