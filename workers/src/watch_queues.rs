//! Looks after conversations that nobody looks after, every minute. The job that runs promises its successor, under a key
//! of its time, so that there is always exactly one, however many nodes there are.

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::JobId;
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_hub::triage::{Watched, watch};
use patchbay_store::StoreError;
use patchbay_store::jobs::{self, ClaimedJob};
use serde_json::json;

use crate::deps::Deps;
use crate::work::{Verdict, WorkError};

const EVERY: TimeDelta = TimeDelta::minutes(1);

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let watched = watch(&deps.hub, ctx).await?;
    if watched != Watched::default() {
        tracing::info!(?watched, "conversations that nobody looked after were found");
    }
    let mut tx = deps.db.begin().await?;
    jobs::enqueue(&mut tx, ctx, &next(ctx.now)).await?;
    jobs::complete(&mut tx, job).await?;
    tx.commit().await?;
    Ok(Verdict::Settled)
}

/// Sees to it that a look is promised. Safe on every node at every start.
pub(crate) async fn promise(deps: &Deps) -> Result<(), StoreError> {
    let ctx = Ctx::system(deps.clock.now(), "schedule");
    let mut tx = deps.db.begin().await?;
    jobs::enqueue(&mut tx, &ctx, &next(ctx.now)).await?;
    tx.commit().await
}

/// The look after `now`.
fn next(now: DateTime<Utc>) -> NewJob {
    let period = EVERY.num_seconds();
    let slot = (now.timestamp().div_euclid(period) + 1) * period;
    NewJob {
        id: JobId::new(),
        queue: JobQueue::Low,
        kind: JobKind::WatchQueues,
        lane: Some("watch_queues".into()),
        dedupe_key: Some(format!("watch_queues:{slot}")),
        payload: json!({}),
        run_at: DateTime::from_timestamp(slot, 0).unwrap_or(now),
        max_attempts: 5,
    }
}
