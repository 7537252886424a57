//! Looks every minute at the figures that become alerts, and at alerts that are over.

use chrono::TimeDelta;
use patchbay_core::ctx::Ctx;
use patchbay_core::job::JobKind;
use patchbay_hub::alerts::{Watched, watch};
use patchbay_store::jobs::ClaimedJob;

use crate::deps::Deps;
use crate::recurring::Recurring;
use crate::work::{Verdict, WorkError};

pub(crate) const LOOKS: Recurring =
    Recurring { kind: JobKind::WatchAlerts, name: "watch_alerts", every: TimeDelta::minutes(1), max_attempts: 5 };

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let watched = watch(&deps.hub, ctx).await?;
    if watched != Watched::default() {
        tracing::info!(?watched, "figures became alerts, or alerts were over");
    }
    let mut tx = deps.db.begin().await?;
    LOOKS.go_on(&mut tx, ctx, job).await?;
    tx.commit().await?;
    Ok(Verdict::Settled)
}
