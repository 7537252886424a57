//! Work that comes again and again. The job that runs promises its successor under a key of its time, so that there is
//! always exactly one, however many nodes there are.

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::JobId;
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_store::jobs::{self, ClaimedJob};
use patchbay_store::{StoreError, Tx};
use serde_json::json;

use crate::deps::Deps;

/// What comes again, and how often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recurring {
    pub(crate) kind: JobKind,
    /// Its lane, and the beginning of its keys.
    pub(crate) name: &'static str,
    pub(crate) every: TimeDelta,
    pub(crate) max_attempts: i64,
}

impl Recurring {
    /// Sees to it that the next one is promised. Safe on every node at every start.
    pub(crate) async fn promise(self, deps: &Deps) -> Result<(), StoreError> {
        let ctx = Ctx::system(deps.clock.now(), "schedule");
        let mut tx = deps.db.begin().await?;
        jobs::enqueue(&mut tx, &ctx, &self.next(ctx.now)).await?;
        tx.commit().await
    }

    /// Ends `job` and promises the next one, in the same transaction.
    pub(crate) async fn go_on(self, tx: &mut Tx, ctx: &Ctx, job: &ClaimedJob) -> Result<(), StoreError> {
        jobs::enqueue(tx, ctx, &self.next(ctx.now)).await?;
        jobs::complete(tx, job).await.map(drop)
    }

    /// The one after `now`.
    fn next(self, now: DateTime<Utc>) -> NewJob {
        let period = self.every.num_seconds();
        let slot = (now.timestamp().div_euclid(period) + 1) * period;
        NewJob {
            id: JobId::new(),
            queue: JobQueue::Low,
            kind: self.kind,
            lane: Some(self.name.into()),
            dedupe_key: Some(format!("{}:{slot}", self.name)),
            payload: json!({}),
            run_at: DateTime::from_timestamp(slot, 0).unwrap_or(now),
            max_attempts: self.max_attempts,
        }
    }
}
