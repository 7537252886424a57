//! Runs: begun once a day or by hand, taken in bites.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::audit::{AuditEntry, Outcome};
use patchbay_core::ids::{AccountId, ConversationId, JobId, RetentionRunId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::retention::{RetentionPolicy, RetentionState};
use patchbay_store::chains::{self, Log};
use patchbay_store::months::{self, Kept};
use patchbay_store::retention::{self, RunRow};
use patchbay_store::{StoreError, Tx, audit, jobs, tool_invocations};
use serde_json::json;
use uuid::Uuid;

use super::archive::{ArchiveError, Archived, archive};
use crate::state::Hub;

/// Conversations that go to the archive in one bite.
const CONVERSATIONS: i64 = 20;
/// Rows that are looked at in one bite.
const ROWS: i64 = 1_000;
/// How much later than a row one that comes after it by its id may have been written.
const DISORDER: chrono::TimeDelta = chrono::TimeDelta::days(1);
/// How often a bite is tried before its run has failed.
const TRIES: i64 = 10;

/// What a bite left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bite {
    /// There is more.
    More,
    /// The run is over.
    Over,
}

/// Begins a run. `None`: one of the same policy goes on.
pub(super) async fn begin(
    tx: &mut Tx,
    ctx: &Ctx,
    policy: RetentionPolicy,
    cutoff: DateTime<Utc>,
) -> Result<Option<RunRow>, StoreError> {
    let row = RunRow {
        id: RetentionRunId::new(),
        policy,
        dry_run: false,
        state: RetentionState::Running,
        cutoff_at: cutoff,
        cursor: None,
        expected: retention::count_due(tx, policy, cutoff).await?,
        seen: 0,
        done: 0,
        bytes: 0,
        error: None,
        started_by: ctx.actor.id,
        created_at: ctx.now,
        updated_at: ctx.now,
        finished_at: None,
    };
    if !retention::insert_run(tx, &row).await? {
        return Ok(None);
    }
    let job = NewJob {
        id: JobId::new(),
        queue: JobQueue::Low,
        kind: JobKind::Retain,
        lane: None,
        dedupe_key: Some(format!("retain:{}", row.id)),
        payload: json!({ "run_id": row.id }),
        run_at: ctx.now,
        max_attempts: TRIES,
    };
    jobs::enqueue(tx, ctx, &job).await?;
    Ok(Some(row))
}

/// Begins what the policies say is due today. Tells how many runs that are.
pub async fn begin_due(tx: &mut Tx, hub: &Hub, ctx: &Ctx) -> Result<usize, StoreError> {
    let mut begun = 0;
    for policy in RetentionPolicy::ALL {
        let Some(cutoff) = hub.config.retention.cutoff(*policy, ctx.now) else { continue };
        if retention::count_due(tx, *policy, cutoff).await? > 0 {
            begun += usize::from(begin(tx, ctx, *policy, cutoff).await?.is_some());
        }
    }
    Ok(begun)
}

/// Takes the next bite of a run.
pub async fn take_bite(hub: &Hub, ctx: &Ctx, id: RetentionRunId) -> Result<Bite, ArchiveError> {
    let found = retention::run(&mut hub.db.read().await?, id).await?;
    let Some(mut row) = found.filter(|row| row.state == RetentionState::Running) else { return Ok(Bite::Over) };
    let bite = match row.policy {
        RetentionPolicy::Messages => bite_of_conversations(hub, ctx, &mut row).await?,
        RetentionPolicy::ToolCalls => bite_of_calls(hub, ctx, &mut row).await?,
        _ => bite_of_rows(hub, &mut row).await?,
    };
    row.updated_at = ctx.now;
    if bite == Bite::Over {
        (row.state, row.finished_at) = (RetentionState::Done, Some(ctx.now));
    }
    let mut tx = hub.db.begin().await?;
    let goes_on = retention::put_run(&mut tx, &row).await?;
    tx.commit().await?;
    Ok(if goes_on { bite } else { Bite::Over })
}

/// Where a run over conversations goes on: the end of the last one, in microseconds, and its id.
fn place(cursor: Option<&str>) -> (DateTime<Utc>, ConversationId) {
    let start = (DateTime::UNIX_EPOCH, ConversationId(Uuid::nil()));
    let Some((at, id)) = cursor.and_then(|cursor| cursor.split_once(':')) else { return start };
    let at = at.parse().ok().and_then(DateTime::from_timestamp_micros);
    at.zip(id.parse().ok()).unwrap_or(start)
}

async fn bite_of_conversations(hub: &Hub, ctx: &Ctx, row: &mut RunRow) -> Result<Bite, ArchiveError> {
    let from = place(row.cursor.as_deref());
    let due = retention::due_conversations(&mut hub.db.read().await?, row.cutoff_at, from, CONVERSATIONS).await?;
    for conversation in &due {
        row.seen += 1;
        if let Archived::Now(bytes) = archive(hub, ctx, conversation.id).await? {
            row.done += 1;
            row.bytes += bytes;
            count(row.policy, 1);
        }
        row.cursor = Some(format!("{}:{}", conversation.closed_at.timestamp_micros(), conversation.id));
    }
    Ok(if due.is_empty() { Bite::Over } else { Bite::More })
}

async fn bite_of_rows(hub: &Hub, row: &mut RunRow) -> Result<Bite, ArchiveError> {
    // Months that are over for long enough go whole; what is left of the last one goes row by row.
    if row.policy == RetentionPolicy::ConversationEvents && row.cursor.is_none() {
        let mut tx = hub.db.begin().await?;
        if let Some(gone) = months::drop_oldest(&mut tx, Kept::ConversationEvents, row.cutoff_at).await? {
            tx.commit().await?;
            row.seen += gone;
            row.done += gone;
            count(row.policy, gone.unsigned_abs());
            return Ok(Bite::More);
        }
        tx.rollback().await?;
    }
    let after = row.cursor.as_deref().and_then(|cursor| cursor.parse().ok()).unwrap_or_else(Uuid::nil);
    let rows = retention::next_aged(&mut hub.db.read().await?, row.policy, after, ROWS).await?;
    let due: Vec<Uuid> = rows.iter().filter(|aged| aged.created_at < row.cutoff_at).map(|aged| aged.id).collect();
    row.seen += i64::try_from(rows.len()).unwrap_or(0);
    if !due.is_empty() {
        let mut tx = hub.db.begin().await?;
        let gone = retention::remove(&mut tx, row.policy, &due).await?;
        tx.commit().await?;
        row.done += i64::try_from(gone).unwrap_or(0);
        count(row.policy, gone);
    }
    row.cursor = rows.last().map(|aged| aged.id.to_string()).or_else(|| row.cursor.take());
    let is_through = rows.last().is_none_or(|aged| aged.created_at >= row.cutoff_at + DISORDER);
    Ok(if is_through { Bite::Over } else { Bite::More })
}

/// The next rows of a chain of tool calls; the chains come one after another. What goes, and the hash after which the
/// chain begins then, stand in the audit log, which is a chain itself.
async fn bite_of_calls(hub: &Hub, ctx: &Ctx, row: &mut RunRow) -> Result<Bite, ArchiveError> {
    let nil = Uuid::nil();
    let after = row.cursor.as_deref().and_then(|cursor| cursor.parse::<Uuid>().ok());
    let chains = chains::of(&mut hub.db.read().await?, Log::Calls).await?;
    let mut keys: Vec<Uuid> = chains.into_iter().map(|account| account.map_or(nil, Into::into)).collect();
    keys.sort_unstable();
    let Some(key) = keys.into_iter().find(|key| after.is_none_or(|after| *key > after)) else { return Ok(Bite::Over) };
    let account = Some(AccountId(key)).filter(|_| !key.is_nil());
    let mut tx = hub.db.begin().await?;
    let trimmed = tool_invocations::trim(&mut tx, account, row.cutoff_at, ctx.now, ROWS).await?;
    if let Some(begins_after) = &trimmed.after {
        let entry = AuditEntry {
            account_id: account,
            payload: json!({ "policy": row.policy, "run_id": row.id, "cutoff_at": row.cutoff_at,
                             "rows": trimmed.rows, "chain_begins_after": begins_after }),
            ..AuditEntry::new(ctx, "retention.remove", Outcome::Success)
        };
        audit::append(&mut tx, &entry).await?;
        tx.commit().await?;
        row.done += i64::try_from(trimmed.rows).unwrap_or(0);
        count(row.policy, trimmed.rows);
    } else {
        tx.rollback().await?;
        row.cursor = Some(key.to_string());
    }
    row.seen += i64::try_from(trimmed.seen).unwrap_or(0);
    Ok(Bite::More)
}

/// A run cannot go on: it says so, and the next day brings another.
pub async fn fail(tx: &mut Tx, ctx: &Ctx, id: RetentionRunId) -> Result<(), StoreError> {
    let Some(mut row) = retention::run(tx, id).await? else { return Ok(()) };
    row.error = Some("it was tried often enough; see the dead letters".to_owned());
    (row.state, row.updated_at, row.finished_at) = (RetentionState::Failed, ctx.now, Some(ctx.now));
    retention::put_run(tx, &row).await.map(drop)
}

fn count(policy: RetentionPolicy, rows: u64) {
    metrics::counter!("retention_rows_total", "policy" => policy.as_str()).increment(rows);
}
