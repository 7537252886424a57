//! Promised work.

use patchbay_core::ctx::Ctx;
use patchbay_core::job::NewJob;

use crate::error::StoreError;
use crate::tx::Tx;

/// Promises a job. `false` when one with the same key is promised already. Workers are told once the transaction is
/// committed.
pub async fn enqueue(tx: &mut Tx, ctx: &Ctx, job: &NewJob) -> Result<bool, StoreError> {
    let inserted = tx
        .query(
            "insert into jobs (id, queue, kind, lane, dedupe_key, payload, run_at, attempts, max_attempts, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)
             on conflict (dedupe_key) do nothing",
        )
        .bind(job.id)
        .bind(job.queue.rank())
        .bind(job.kind.as_str())
        .bind(job.lane.clone())
        .bind(job.dedupe_key.clone())
        .bind(job.payload.clone())
        .bind(job.run_at)
        .bind(job.max_attempts)
        .bind(ctx.now)
        .execute()
        .await?;
    tx.touch_jobs();
    Ok(inserted == 1)
}
