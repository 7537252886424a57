//! Promised work: enqueued in the transaction that needs it, claimed with a lease, removed when done.

use chrono::{DateTime, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{DeadLetterId, JobId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use serde_json::Value;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::traces;
use crate::tx::Tx;

record! {
    /// A job under a lease. Only its holder can settle it: owner and count of attempts together name the lease.
    #[derive(Clone, Debug)]
    pub struct ClaimedJob {
        /// Names the job.
        pub id: JobId,
        /// Rank of its queue.
        pub queue: i64,
        /// Word of its kind; a newer release may know more kinds than this one.
        pub kind: String,
        /// Jobs of one lane run one at a time.
        pub lane: Option<String>,
        /// What the worker needs to know.
        pub payload: Value,
        /// When it was due.
        pub run_at: DateTime<Utc>,
        /// How often it was claimed, this time included.
        pub attempts: i64,
        /// After so many claims it becomes a dead letter.
        pub max_attempts: i64,
        /// Who holds the lease.
        pub lease_owner: String,
        /// When it was promised.
        pub created_at: DateTime<Utc>,
    }
}

record! {
    /// How many jobs a queue holds.
    #[derive(Clone, Copy, Debug)]
    pub struct QueueDepth {
        /// Rank of the queue.
        pub queue: i64,
        /// Jobs that are due and nobody has taken.
        pub due: i64,
        /// All jobs.
        pub total: i64,
    }
}

/// A lease about to be taken.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    /// Who takes it.
    pub owner: &'a str,
    /// The time now.
    pub now: DateTime<Utc>,
    /// Until when it holds unless renewed.
    pub until: DateTime<Utc>,
}

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
    if inserted == 1 {
        traces::keep_here(tx, [job.id.into()], ctx.now).await?;
    }
    tx.touch_jobs();
    Ok(inserted == 1)
}

/// Promises jobs; those whose key is promised already are left out. Workers are told once the transaction is committed.
pub async fn enqueue_all(tx: &mut Tx, ctx: &Ctx, jobs: &[NewJob]) -> Result<(), StoreError> {
    if jobs.is_empty() {
        return Ok(());
    }
    let batch = Batch::new()
        .ids(jobs.iter().map(|job| job.id))
        .integers(jobs.iter().map(|job| job.queue.rank()))
        .texts(jobs.iter().map(|job| job.kind.as_str()))
        .optional_texts(jobs.iter().map(|job| job.lane.as_deref()))
        .optional_texts(jobs.iter().map(|job| job.dedupe_key.as_deref()))
        .texts(jobs.iter().map(|job| job.payload.to_string()))
        .times(jobs.iter().map(|job| job.run_at))
        .integers(jobs.iter().map(|job| job.max_attempts))
        .times(jobs.iter().map(|_| ctx.now));
    tx.query_for(
        "insert into jobs (id, queue, kind, lane, dedupe_key, payload, run_at, max_attempts, created_at, attempts)
         select unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
                value ->> 7, value ->> 8, 0
         from json_each($1) where true
         on conflict (dedupe_key) do nothing",
        "insert into jobs (id, queue, kind, lane, dedupe_key, payload, run_at, max_attempts, created_at, attempts)
         select batch.*, 0
         from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
                     $8::bigint[], $9::timestamptz[]) as batch
         on conflict (dedupe_key) do nothing",
    )
    .bind_batch(batch)
    .execute()
    .await?;
    traces::keep_here(tx, jobs.iter().map(|job| job.id.into()), ctx.now).await?;
    tx.touch_jobs();
    Ok(())
}

/// Promises jobs, each with a key; one that is promised already, even one that runs, is due anew when the new one says.
/// Whoever runs it settles it under the lock of what it is about. Workers are told once the transaction is committed.
pub async fn set_timers(tx: &mut Tx, ctx: &Ctx, jobs: &[NewJob]) -> Result<(), StoreError> {
    if jobs.is_empty() {
        return Ok(());
    }
    let batch = Batch::new()
        .ids(jobs.iter().map(|job| job.id))
        .integers(jobs.iter().map(|job| job.queue.rank()))
        .texts(jobs.iter().map(|job| job.kind.as_str()))
        .optional_texts(jobs.iter().map(|job| job.lane.as_deref()))
        .optional_texts(jobs.iter().map(|job| job.dedupe_key.as_deref()))
        .texts(jobs.iter().map(|job| job.payload.to_string()))
        .times(jobs.iter().map(|job| job.run_at))
        .integers(jobs.iter().map(|job| job.max_attempts))
        .times(jobs.iter().map(|_| ctx.now));
    tx.query_for(
        "insert into jobs (id, queue, kind, lane, dedupe_key, payload, run_at, max_attempts, created_at, attempts)
         select unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
                value ->> 7, value ->> 8, 0
         from json_each($1) where true
         on conflict (dedupe_key) do update set run_at = excluded.run_at",
        "insert into jobs (id, queue, kind, lane, dedupe_key, payload, run_at, max_attempts, created_at, attempts)
         select batch.*, 0
         from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
                     $8::bigint[], $9::timestamptz[]) as batch
         on conflict (dedupe_key) do update set run_at = excluded.run_at",
    )
    .bind_batch(batch)
    .execute()
    .await?;
    tx.touch_jobs();
    Ok(())
}

/// Whether any job could be claimed at `now`, lanes not considered. Cheap: lets a poll pass without a write. Each queue is
/// looked at in the order of its index: a million timers that are not due yet are not read.
pub async fn any_due(tx: &mut Tx, now: DateTime<Utc>) -> Result<bool, StoreError> {
    tx.query(
        "select coalesce((select true from jobs
                          where queue = 0 and run_at <= $1 and (lease_until is null or lease_until <= $1)
                          order by run_at, id limit 1),
                         (select true from jobs
                          where queue = 1 and run_at <= $1 and (lease_until is null or lease_until <= $1)
                          order by run_at, id limit 1),
                         (select true from jobs
                          where queue = 2 and run_at <= $1 and (lease_until is null or lease_until <= $1)
                          order by run_at, id limit 1),
                         false) as found",
    )
    .bind(now)
    .scalar()
    .await
}

/// Takes up to `limit` due jobs of `queue`, oldest first. A job with a lane is taken only when no earlier job of its
/// lane is left and none of them is under a lease.
pub async fn claim(
    tx: &mut Tx,
    lease: Lease<'_>,
    queue: JobQueue,
    limit: usize,
) -> Result<Vec<ClaimedJob>, StoreError> {
    let mut jobs = tx
        .query_for(
            "update jobs set lease_owner = $1, lease_until = $2, attempts = attempts + 1
             where id in (
                 select due.id from jobs due
                 where due.queue = $3 and due.run_at <= $4 and (due.lease_until is null or due.lease_until <= $4)
                   and (due.lane is null or not exists (
                       select 1 from jobs other
                       where other.lane = due.lane and other.id <> due.id
                         and (other.id < due.id or other.lease_until > $4)))
                 order by due.run_at, due.id
                 limit $5)
               and (lease_until is null or lease_until <= $4)
             returning id, queue, kind, lane, payload, run_at, attempts, max_attempts, lease_owner, created_at",
            "update jobs set lease_owner = $1, lease_until = $2, attempts = attempts + 1
             where id in (
                 select due.id from jobs due
                 where due.queue = $3 and due.run_at <= $4 and (due.lease_until is null or due.lease_until <= $4)
                   and (due.lane is null or not exists (
                       select 1 from jobs other
                       where other.lane = due.lane and other.id <> due.id
                         and (other.id < due.id or other.lease_until > $4)))
                 order by due.run_at, due.id
                 limit $5
                 for update skip locked)
               and (lease_until is null or lease_until <= $4)
             returning id, queue, kind, lane, payload, run_at, attempts, max_attempts, lease_owner, created_at",
        )
        .bind(lease.owner)
        .bind(lease.until)
        .bind(queue.rank())
        .bind(lease.now)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .all::<ClaimedJob>()
        .await?;
    jobs.sort_by_key(|job| (job.run_at, job.id));
    Ok(jobs)
}

/// Removes a finished job. `false`: the lease was lost, whoever has it now settles the job.
pub async fn complete(tx: &mut Tx, job: &ClaimedJob) -> Result<bool, StoreError> {
    let done = tx
        .query("delete from jobs where id = $1 and lease_owner = $2 and attempts = $3")
        .bind(job.id)
        .bind(job.lease_owner.as_str())
        .bind(job.attempts)
        .execute()
        .await?;
    // The next job of the lane may run now.
    tx.touch_jobs();
    Ok(done == 1)
}

/// Gives a job back after a failure; the attempt counts. `false`: the lease was lost.
pub async fn retry(tx: &mut Tx, job: &ClaimedJob, run_at: DateTime<Utc>, error: &str) -> Result<bool, StoreError> {
    let done = tx
        .query(
            "update jobs set lease_owner = null, lease_until = null, run_at = $4, last_error = $5
             where id = $1 and lease_owner = $2 and attempts = $3",
        )
        .bind(job.id)
        .bind(job.lease_owner.as_str())
        .bind(job.attempts)
        .bind(run_at)
        .bind(error)
        .execute()
        .await?;
    Ok(done == 1)
}

/// Gives a job back that has to wait through no fault of its own; the attempt does not count. `false`: the lease was
/// lost.
pub async fn defer(tx: &mut Tx, job: &ClaimedJob, run_at: DateTime<Utc>) -> Result<bool, StoreError> {
    let done = tx
        .query(
            "update jobs set lease_owner = null, lease_until = null, run_at = $4, attempts = attempts - 1
             where id = $1 and lease_owner = $2 and attempts = $3",
        )
        .bind(job.id)
        .bind(job.lease_owner.as_str())
        .bind(job.attempts)
        .bind(run_at)
        .execute()
        .await?;
    Ok(done == 1)
}

/// Turns a job into a dead letter: the job goes, the letter stays, with all that a replay needs. `false`: the lease was
/// lost.
pub async fn bury(
    tx: &mut Tx,
    ctx: &Ctx,
    job: &ClaimedJob,
    letter: DeadLetterId,
    reason: &str,
) -> Result<bool, StoreError> {
    if !complete(tx, job).await? {
        return Ok(false);
    }
    let payload = serde_json::json!({
        "queue": job.queue, "lane": job.lane, "max_attempts": job.max_attempts, "payload": job.payload,
    });
    crate::dead_letters::insert(
        tx,
        ctx,
        &crate::dead_letters::NewDeadLetter {
            id: letter,
            source: "job",
            kind: &job.kind,
            ref_id: job.id.into(),
            payload,
            error: reason,
            attempts: job.attempts,
        },
    )
    .await?;
    Ok(true)
}

/// Holds on to the leases of `jobs` until `until`. Answers the jobs whose lease still is the owner's.
pub async fn renew(tx: &mut Tx, owner: &str, jobs: &[JobId], until: DateTime<Utc>) -> Result<Vec<JobId>, StoreError> {
    tx.query_for(
        "update jobs set lease_until = $2
         where lease_owner = $1 and id in (select unhex(value ->> 0) from json_each($3))
         returning id",
        "update jobs set lease_until = $2 where lease_owner = $1 and id = any($3) returning id",
    )
    .bind(owner)
    .bind(until)
    .bind_batch(Batch::new().ids(jobs.iter().copied()))
    .column()
    .await
}

/// Gives back every lease of `owner`, so that other nodes need not wait for it to end.
pub async fn release_all(tx: &mut Tx, owner: &str) -> Result<u64, StoreError> {
    let released = tx
        .query("update jobs set lease_owner = null, lease_until = null where lease_owner = $1")
        .bind(owner)
        .execute()
        .await?;
    tx.touch_jobs();
    Ok(released)
}

/// Turns a job into one of another kind that takes its place in the lane. The attempts start anew. `false`: the lease
/// was lost.
pub async fn become_kind(
    tx: &mut Tx,
    job: &ClaimedJob,
    kind: JobKind,
    payload: Value,
    run_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let done = tx
        .query(
            "update jobs set kind = $4, payload = $5, run_at = $6, attempts = 0, lease_owner = null, lease_until = null
             where id = $1 and lease_owner = $2 and attempts = $3",
        )
        .bind(job.id)
        .bind(job.lease_owner.as_str())
        .bind(job.attempts)
        .bind(kind.as_str())
        .bind(payload)
        .bind(run_at)
        .execute()
        .await?;
    tx.touch_jobs();
    Ok(done == 1)
}

/// Makes the waiting jobs of `kind` in these lanes due at once.
pub async fn hasten(tx: &mut Tx, kind: JobKind, lanes: &[String], now: DateTime<Utc>) -> Result<u64, StoreError> {
    if lanes.is_empty() {
        return Ok(0);
    }
    let moved = tx
        .query_for(
            "update jobs set run_at = $2
             where kind = $1 and run_at > $2 and lease_until is null
               and lane in (select value ->> 0 from json_each($3))",
            "update jobs set run_at = $2
             where kind = $1 and run_at > $2 and lease_until is null and lane = any($3::text[])",
        )
        .bind(kind.as_str())
        .bind(now)
        .bind_batch(Batch::new().texts(lanes.iter().map(String::as_str)))
        .execute()
        .await?;
    if moved > 0 {
        tx.touch_jobs();
    }
    Ok(moved)
}

/// Most jobs of a queue that are counted: timers may be millions, and nobody needs their number to the last one.
pub const MOST_COUNTED: i64 = 10_000;

/// How full the queues are, each counted up to [`MOST_COUNTED`].
pub async fn depths(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<QueueDepth>, StoreError> {
    tx.query(
        "select queue, total, due from (
             select q.queue,
                    (select count(*) from (select 1 from jobs j where j.queue = q.queue limit $2) counted) as total,
                    (select count(*) from (select 1 from jobs j
                                           where j.queue = q.queue and j.run_at <= $1
                                             and (j.lease_until is null or j.lease_until <= $1) limit $2) counted) as due
             from (select cast(0 as bigint) as queue union all select 1 union all select 2) q) depths
         where total > 0 order by queue",
    )
    .bind(now)
    .bind(MOST_COUNTED)
    .all()
    .await
}
