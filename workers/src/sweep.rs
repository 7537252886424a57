//! Removes what has expired, every ten minutes. The job that runs promises its successor in the same transaction, under a
//! key of its time, so that there is always exactly one, however many nodes there are.

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::JobId;
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_hub::intake::apply_ripe;
use patchbay_store::jobs::{self, ClaimedJob};
use patchbay_store::{
    StoreError, contact_imports, feed, idempotency, journal, parked_changes, quarantine, repairs, statuses, sweeps,
    webhook_deliveries, webhook_tokens,
};
use serde_json::json;

use crate::deps::Deps;
use crate::work::{Verdict, WorkError};

const EVERY: TimeDelta = TimeDelta::minutes(10);
/// Rows of one table that go in one transaction.
const BITE: i64 = 1000;
/// Bites of one table in one run.
const BITES: usize = 50;
/// Events that go in one transaction, and how often in one run: together more than a busy node writes between two runs.
const FEED_BITE: i64 = 5_000;
const FEED_BITES: usize = 200;
/// Reports that nobody has claimed for so long belong to nobody.
const PARKED_FOR: TimeDelta = TimeDelta::days(7);
/// How long the feed reaches back.
const FEED_REACHES: TimeDelta = TimeDelta::days(7);
const FAILED_LOGINS_COUNT_FOR: TimeDelta = TimeDelta::hours(1);
const OUTBOX_KEPT_FOR: TimeDelta = TimeDelta::days(30);
/// How long repairs, lists that were read in and settled events of the quarantine are kept.
const REPAIRS_KEPT_FOR: TimeDelta = TimeDelta::days(30);
/// Segments of the journal hold up to some hundred requests each.
const JOURNAL_BITE: i64 = 50;

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    for table in Table::ALL {
        for _ in 0..BITES {
            if bite(deps, ctx, table).await? < table.bite().unsigned_abs() {
                break;
            }
        }
    }
    for _ in 0..FEED_BITES {
        let mut tx = deps.db.begin().await?;
        let gone = feed::trim(&mut tx, ctx.now - FEED_REACHES, ctx.now, FEED_BITE).await?;
        tx.commit().await?;
        if gone < FEED_BITE.unsigned_abs() {
            break;
        }
    }
    let mut tx = deps.db.begin().await?;
    statuses::sweep_parked(&mut tx, ctx.now - PARKED_FOR).await?;
    apply_ripe(&mut tx, ctx, &deps.directory.load_full()).await?;
    parked_changes::sweep(&mut tx, ctx.now - PARKED_FOR).await?;
    jobs::enqueue(&mut tx, ctx, &next(ctx.now)).await?;
    jobs::complete(&mut tx, job).await?;
    tx.commit().await?;
    Ok(Verdict::Settled)
}

/// Sees to it that a sweep is promised. Safe on every node at every start.
pub(crate) async fn promise(deps: &Deps) -> Result<(), StoreError> {
    let ctx = Ctx::system(deps.clock.now(), "schedule");
    let mut tx = deps.db.begin().await?;
    jobs::enqueue(&mut tx, &ctx, &next(ctx.now)).await?;
    tx.commit().await
}

/// The sweep after `now`.
fn next(now: DateTime<Utc>) -> NewJob {
    let period = EVERY.num_seconds();
    let slot = (now.timestamp().div_euclid(period) + 1) * period;
    NewJob {
        id: JobId::new(),
        queue: JobQueue::Low,
        kind: JobKind::Sweep,
        lane: Some("sweep".into()),
        dedupe_key: Some(format!("sweep:{slot}")),
        payload: json!({}),
        run_at: DateTime::from_timestamp(slot, 0).unwrap_or(now),
        max_attempts: 10,
    }
}

#[derive(Clone, Copy)]
enum Table {
    IdempotencyKeys,
    RefreshTokens,
    LoginFailures,
    Outbox,
    Journal,
    Quarantine,
    Imports,
    Repairs,
    WebhookTokens,
    WebhookDeliveries,
    WebhookAttempts,
}

impl Table {
    fn bite(self) -> i64 {
        if matches!(self, Self::Journal) { JOURNAL_BITE } else { BITE }
    }

    const ALL: [Self; 11] = [
        Self::IdempotencyKeys,
        Self::RefreshTokens,
        Self::LoginFailures,
        Self::Outbox,
        Self::Journal,
        Self::Quarantine,
        Self::Imports,
        Self::Repairs,
        Self::WebhookTokens,
        Self::WebhookDeliveries,
        Self::WebhookAttempts,
    ];
}

async fn bite(deps: &Deps, ctx: &Ctx, table: Table) -> Result<u64, StoreError> {
    let mut tx = deps.db.begin().await?;
    let gone = match table {
        Table::IdempotencyKeys => idempotency::sweep(&mut tx, ctx.now, BITE).await?,
        Table::RefreshTokens => sweeps::refresh_tokens(&mut tx, ctx.now, BITE).await?,
        Table::LoginFailures => sweeps::login_failures(&mut tx, ctx.now - FAILED_LOGINS_COUNT_FOR, BITE).await?,
        Table::Outbox => sweeps::delivered_outbox(&mut tx, ctx.now - OUTBOX_KEPT_FOR, BITE).await?,
        Table::Journal => {
            journal::sweep(&mut tx, ctx.now - TimeDelta::days(deps.journal_days.into()), JOURNAL_BITE).await?
        }
        Table::Quarantine => quarantine::sweep(&mut tx, ctx.now - REPAIRS_KEPT_FOR, BITE).await?,
        Table::Imports => contact_imports::sweep(&mut tx, ctx.now - REPAIRS_KEPT_FOR, BITE).await?,
        Table::Repairs => repairs::sweep(&mut tx, ctx.now - REPAIRS_KEPT_FOR, BITE).await?,
        Table::WebhookTokens => webhook_tokens::forget(&mut tx, ctx.now, BITE).await?,
        Table::WebhookDeliveries => webhook_deliveries::sweep(&mut tx, ctx.now - webhook_log(deps), BITE).await?,
        Table::WebhookAttempts => {
            webhook_deliveries::sweep_attempts(&mut tx, ctx.now - webhook_log(deps), BITE).await?
        }
    };
    tx.commit().await?;
    Ok(gone)
}

fn webhook_log(deps: &Deps) -> TimeDelta {
    TimeDelta::days(deps.config.webhooks.log_days.into())
}
