//! Takes jobs as they fall due and has them done: so many of each queue at once, each under a lease that is renewed
//! while it runs, retried with back-off, and a dead letter in the end. What a dead node held is taken over when its
//! leases have run out.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use patchbay_core::clock::Clock;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{DeadLetterId, JobId};
use patchbay_core::job::JobQueue;
use patchbay_core::trace::{self, Kind, Span};
use patchbay_store::jobs::{self, ClaimedJob, Lease};
use patchbay_store::{Db, Engine, StoreError, traces};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::backoff;
use crate::config::WorkersConfig;
use crate::heartbeat::Heartbeat;
use crate::work::{Verdict, Work, WorkError};

/// Most jobs that are claimed in one statement.
const CLAIM_BATCH: usize = 20;
/// An answer of the database that took longer says that it was away.
const SLOW_STORE: Duration = Duration::from_secs(1);
/// How soon settling a job is tried again while the database is away.
const SETTLE_AGAIN: Duration = Duration::from_secs(1);

/// Runs jobs. One for each node.
pub struct Runner {
    shared: Arc<Shared>,
    config: WorkersConfig,
}

struct Shared {
    db: Db,
    clock: Clock,
    node: String,
    lease: Duration,
    work: Arc<dyn Work>,
    /// Jobs of this node that run now, and the queue they came from.
    running: Mutex<BTreeMap<JobId, JobQueue>>,
    heartbeat: Heartbeat,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("node", &self.shared.node).finish_non_exhaustive()
    }
}

impl Runner {
    /// A runner named `node`: the name stands in the leases and differs from every other node's.
    pub fn new(db: Db, clock: Clock, node: impl Into<String>, config: WorkersConfig, work: Arc<dyn Work>) -> Self {
        let shared = Shared {
            db,
            clock,
            node: node.into(),
            lease: config.lease(),
            work,
            running: Mutex::default(),
            heartbeat: Heartbeat::default(),
        };
        Self { shared: Arc::new(shared), config }
    }

    /// Its signs of life: one at every look at the queues.
    pub fn heartbeat(&self) -> Heartbeat {
        self.shared.heartbeat.clone()
    }

    /// Runs until `stop`; then finishes what is running, at most for the configured time, and gives the rest back.
    pub async fn run(&self, stop: CancellationToken) {
        let mut wake = self.shared.db.signals().jobs();
        let mut tasks: JoinSet<()> = JoinSet::new();
        let mut renew = tokio::time::interval(self.shared.lease / 3);
        renew.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            while tasks.try_join_next().is_some() {}
            self.shared.heartbeat.beat();
            wake.mark_unchanged();
            let asked = Instant::now();
            let answer = self.shared.claim(&self.config).await;
            // A pool waits for a database that is away, and answers when it is back.
            if answer.is_err() || asked.elapsed() > SLOW_STORE {
                self.shared.work.store_was_away();
            }
            let claimed = match answer {
                Ok(jobs) => jobs,
                Err(error) => {
                    tracing::warn!(error = %Causes(&error), "the queues could not be read; looking again soon");
                    Vec::new()
                }
            };
            let more = !claimed.is_empty();
            for job in claimed {
                let shared = self.shared.clone();
                tasks.spawn(async move { shared.run(job).await });
            }
            if more {
                continue;
            }
            let idle = tokio::time::sleep(self.config.poll());
            tokio::pin!(idle);
            loop {
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = &mut idle => break,
                    // The sender lives in the database handle that this runner holds.
                    _ = wake.changed() => break,
                    Some(_) = tasks.join_next() => break,
                    _ = renew.tick() => self.shared.renew().await,
                }
            }
        }
        self.drain(tasks).await;
    }

    async fn drain(&self, mut tasks: JoinSet<()>) {
        let deadline = Instant::now() + self.config.drain();
        let mut renew = tokio::time::interval(self.shared.lease / 3);
        loop {
            tokio::select! {
                ended = tasks.join_next() => if ended.is_none() { break },
                () = tokio::time::sleep_until(deadline) => break,
                _ = renew.tick() => self.shared.renew().await,
            }
        }
        let unfinished = tasks.len();
        tasks.shutdown().await;
        if unfinished > 0 {
            tracing::warn!(jobs = unfinished, "{unfinished} jobs did not end in time; another run takes them up");
        }
        if let Err(error) = self.shared.release().await {
            tracing::warn!(error = %Causes(&error), "leases could not be given back; they end by themselves");
        }
    }

    /// Does what is due now, to the end, and tells how many jobs that were. For tests that move the clock.
    pub async fn drain_once(&self) -> Result<usize, StoreError> {
        let claimed = self.shared.claim(&self.config).await?;
        let count = claimed.len();
        let mut tasks: JoinSet<()> = JoinSet::new();
        for job in claimed {
            let shared = self.shared.clone();
            tasks.spawn(async move { shared.run(job).await });
        }
        while tasks.join_next().await.is_some() {}
        Ok(count)
    }

    /// Does what is due now and what that makes due, until nothing is.
    pub async fn drain_all(&self) -> Result<usize, StoreError> {
        let mut count = 0;
        loop {
            match self.drain_once().await? {
                0 => return Ok(count),
                done => count += done,
            }
        }
    }
}

impl Shared {
    fn running(&self) -> std::sync::MutexGuard<'_, BTreeMap<JobId, JobQueue>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn free(&self, queue: JobQueue, config: &WorkersConfig) -> usize {
        let permits = match queue {
            JobQueue::High => config.high_permits,
            JobQueue::Default => config.default_permits,
            JobQueue::Low => config.low_permits,
        };
        let busy = self.running().values().filter(|of| **of == queue).count();
        permits.max(1).saturating_sub(busy).min(CLAIM_BATCH)
    }

    async fn claim(&self, config: &WorkersConfig) -> Result<Vec<ClaimedJob>, StoreError> {
        let now = self.clock.now();
        let wanted: Vec<(JobQueue, usize)> = JobQueue::ALL
            .iter()
            .map(|queue| (*queue, self.free(*queue, config)))
            .filter(|(_, free)| *free > 0)
            .collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        // The one writer of SQLite belongs to the intake: do not ask for it without need.
        if self.db.engine() == Engine::Sqlite && !jobs::any_due(&mut self.db.read().await?, now).await? {
            return Ok(Vec::new());
        }
        let mut tx = self.db.begin().await?;
        let lease = Lease { owner: &self.node, now, until: now + self.lease };
        let mut claimed = Vec::new();
        for (queue, free) in wanted {
            let jobs = jobs::claim(&mut tx, lease, queue, free).await?;
            claimed.extend(jobs.into_iter().map(|job| (queue, job)));
        }
        if claimed.is_empty() {
            tx.rollback().await?;
            return Ok(Vec::new());
        }
        tx.commit().await?;
        let mut running = self.running();
        running.extend(claimed.iter().map(|(queue, job)| (job.id, *queue)));
        Ok(claimed.into_iter().map(|(_, job)| job).collect())
    }

    async fn renew(&self) {
        let jobs: Vec<JobId> = self.running().keys().copied().collect();
        if jobs.is_empty() {
            return;
        }
        let renewed: Result<Vec<JobId>, StoreError> = async {
            let mut tx = self.db.begin().await?;
            let kept = jobs::renew(&mut tx, &self.node, &jobs, self.clock.now() + self.lease).await?;
            tx.commit().await?;
            Ok(kept)
        }
        .await;
        if let Err(error) = renewed {
            tracing::warn!(error = %Causes(&error), "leases could not be renewed");
        }
    }

    async fn release(&self) -> Result<u64, StoreError> {
        let mut tx = self.db.begin().await?;
        let released = jobs::release_all(&mut tx, &self.node).await?;
        tx.commit().await?;
        Ok(released)
    }

    async fn run(&self, job: ClaimedJob) {
        let started = Instant::now();
        let ctx = Ctx::system(self.clock.now(), job.id.to_string());
        let mut span = self.span_of(&job).await;
        let ended = if job.attempts > job.max_attempts {
            // It took its node down, or its lease ran out, every time.
            Ok(Ok(Verdict::Hopeless("it was never finished")))
        } else {
            let work = AssertUnwindSafe(self.work.run(&ctx, &job)).catch_unwind();
            match &span {
                Some(span) => trace::within(span.context(), work).await,
                None => work.await,
            }
        };
        let end = match ended {
            Ok(Ok(verdict)) => End::Verdict(verdict),
            Ok(Err(error)) => {
                tracing::warn!(job.id = %job.id, job.kind = %job.kind, attempt = job.attempts, error = %Causes(&error),
                    "job {} failed", job.id);
                End::Failed(error)
            }
            Err(_) => {
                tracing::error!(job.id = %job.id, job.kind = %job.kind, "job {} panicked", job.id);
                End::Panicked
            }
        };
        self.settle(&job, &end).await;
        self.running().remove(&job.id);
        if let Some(span) = &mut span {
            span.set("patchbay.outcome", end.word());
            if matches!(end, End::Failed(_) | End::Panicked | End::Verdict(Verdict::Hopeless(_))) {
                span.fail("the job failed");
            }
        }
        drop(span);
        let kind = job.kind.clone();
        metrics::counter!("jobs_total", "kind" => kind.clone(), "outcome" => end.word()).increment(1);
        metrics::histogram!("job_duration_seconds", "kind" => kind).record(started.elapsed().as_secs_f64());
    }

    /// The span of a run, below the one that promised the job. Without one, or when it cannot be read, there is none.
    async fn span_of(&self, job: &ClaimedJob) -> Option<Span> {
        if !trace::is_on() {
            return None;
        }
        let looking = async { traces::of(&mut self.db.read().await?, [job.id.into()]).await };
        let promised_by = looking.await.unwrap_or_default();
        let mut span = trace::child_of(*promised_by.get(&job.id.into())?, format!("job {}", job.kind), Kind::Consumer)?;
        span.set("patchbay.job_id", job.id.to_string());
        span.set("patchbay.attempt", job.attempts);
        Some(span)
    }

    /// Writes down what is to become of a job. While the database is away this is tried again for half the lease; then the
    /// lease ends by itself, and whoever claims the job next finds what this run left behind.
    async fn settle(&self, job: &ClaimedJob, end: &End) {
        let until = Instant::now() + self.lease / 2;
        loop {
            let settled = match end {
                End::Verdict(Verdict::Settled) => Ok(()),
                End::Verdict(Verdict::Done) => self.complete(job).await,
                End::Verdict(Verdict::Later(run_at)) => self.defer(job, *run_at).await,
                End::Verdict(Verdict::Hopeless(reason)) => self.bury(job, reason).await,
                End::Failed(error) => self.failed(job, error).await,
                End::Panicked => self.retry(job, "it panicked").await,
            };
            match settled {
                Ok(()) => return,
                Err(error) if error.is_unavailable() && Instant::now() < until => {
                    tokio::time::sleep(SETTLE_AGAIN).await;
                }
                Err(error) => {
                    tracing::warn!(job.id = %job.id, error = %Causes(&error), "job {} could not be settled", job.id);
                    return;
                }
            }
        }
    }

    async fn complete(&self, job: &ClaimedJob) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        jobs::complete(&mut tx, job).await?;
        tx.commit().await
    }

    async fn defer(&self, job: &ClaimedJob, run_at: DateTime<Utc>) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        jobs::defer(&mut tx, job, run_at).await?;
        tx.commit().await
    }

    async fn failed(&self, job: &ClaimedJob, error: &WorkError) -> Result<(), StoreError> {
        match error {
            // The database being away is not the job's fault, however long it lasts.
            WorkError::Store(error) if error.is_unavailable() => {
                self.defer(job, self.clock.now() + backoff::after(1)).await
            }
            WorkError::Payload(_) => self.bury(job, "its payload cannot be read").await,
            WorkError::Store(_) => self.retry(job, "the store refused").await,
            WorkError::Elsewhere(reason) => self.retry(job, reason).await,
        }
    }

    async fn retry(&self, job: &ClaimedJob, reason: &'static str) -> Result<(), StoreError> {
        if job.attempts >= job.max_attempts {
            return self.bury(job, reason).await;
        }
        let mut tx = self.db.begin().await?;
        jobs::retry(&mut tx, job, self.clock.now() + backoff::after(job.attempts), reason).await?;
        tx.commit().await
    }

    async fn bury(&self, job: &ClaimedJob, reason: &'static str) -> Result<(), StoreError> {
        let ctx = Ctx::system(self.clock.now(), job.id.to_string());
        let mut tx = self.db.begin().await?;
        let told = self.work.give_up(&mut tx, &ctx, job).await?;
        let held = if told {
            jobs::complete(&mut tx, job).await?
        } else {
            jobs::bury(&mut tx, &ctx, job, DeadLetterId::new(), reason).await?
        };
        if !held {
            return tx.rollback().await;
        }
        tx.commit().await?;
        tracing::error!(job.id = %job.id, job.kind = %job.kind, reason, "job {} was given up: {reason}", job.id);
        metrics::counter!("dead_letters_total", "kind" => job.kind.clone()).increment(1);
        Ok(())
    }
}

/// How a run ended.
enum End {
    Verdict(Verdict),
    Failed(WorkError),
    Panicked,
}

impl End {
    fn word(&self) -> &'static str {
        match self {
            Self::Verdict(Verdict::Done | Verdict::Settled) => "done",
            Self::Verdict(Verdict::Later(_)) => "later",
            Self::Verdict(Verdict::Hopeless(_)) => "dead",
            Self::Failed(_) => "failed",
            Self::Panicked => "panicked",
        }
    }
}

/// Writes an error and all its causes on one line.
pub(crate) struct Causes<'e>(pub(crate) &'e (dyn std::error::Error + 'static));

impl std::fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
