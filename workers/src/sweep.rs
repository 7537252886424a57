//! Removes what has expired, every ten minutes.

use chrono::TimeDelta;
use patchbay_core::ctx::Ctx;
use patchbay_core::job::JobKind;
use patchbay_hub::intake::apply_ripe;
use patchbay_store::jobs::ClaimedJob;
use patchbay_store::{
    StoreError, automations, contact_imports, counters, feed, idempotency, journal, parked_changes, quarantine,
    repairs, statuses, sweeps, traces, webhook_deliveries, webhook_tokens,
};

use crate::classify;
use crate::deps::Deps;
use crate::recurring::Recurring;
use crate::work::{Verdict, WorkError};

pub(crate) const SWEEPS: Recurring =
    Recurring { kind: JobKind::Sweep, name: "sweep", every: TimeDelta::minutes(10), max_attempts: 10 };
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
    // Yesterday's budget is of no use to anybody.
    counters::forget_before(&mut tx, classify::BUDGET, &classify::day(ctx)).await?;
    SWEEPS.go_on(&mut tx, ctx, job).await?;
    tx.commit().await?;
    Ok(Verdict::Settled)
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
    AutomationEffects,
    Traces,
}

impl Table {
    fn bite(self) -> i64 {
        if matches!(self, Self::Journal) { JOURNAL_BITE } else { BITE }
    }

    const ALL: [Self; 13] = [
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
        Self::AutomationEffects,
        Self::Traces,
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
        Table::AutomationEffects => automations::sweep_effects(&mut tx, ctx.now - FEED_REACHES, BITE).await?,
        Table::Traces => traces::sweep(&mut tx, ctx.now - FEED_REACHES, BITE).await?,
    };
    tx.commit().await?;
    Ok(gone)
}

fn webhook_log(deps: &Deps) -> TimeDelta {
    TimeDelta::days(deps.config.webhooks.log_days.into())
}
