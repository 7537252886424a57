//! Closes conversations whose customers stopped answering, every ten minutes.

use chrono::TimeDelta;
use patchbay_core::ctx::Ctx;
use patchbay_core::job::JobKind;
use patchbay_hub::conversations::close_idle;
use patchbay_store::jobs::ClaimedJob;

use crate::deps::Deps;
use crate::recurring::Recurring;
use crate::work::{Verdict, WorkError};

pub(crate) const ROUNDS: Recurring =
    Recurring { kind: JobKind::CloseIdle, name: "close_idle", every: TimeDelta::minutes(10), max_attempts: 10 };

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let hours = i64::from(deps.config.close_idle_hours);
    if hours > 0 {
        let closed = close_idle(&deps.hub, ctx, ctx.now - TimeDelta::hours(hours)).await?;
        if closed > 0 {
            tracing::info!(closed, "{closed} conversations were closed: their customers stopped answering");
        }
    }
    let mut tx = deps.db.begin().await?;
    ROUNDS.go_on(&mut tx, ctx, job).await?;
    tx.commit().await?;
    Ok(Verdict::Settled)
}
