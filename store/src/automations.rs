//! Automations and macros, every version of them as it was, and what they did.

use chrono::{DateTime, Utc};
use patchbay_core::automation::{AutomationKind, RunOutcome};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{ActorId, AutomationId, AutomationRunId, ConversationId, EventId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::stored_words;
use crate::tx::Tx;

stored_words!(AutomationKind, RunOutcome);

record! {
    /// An automation or a macro as it is stored.
    #[derive(Clone, Debug)]
    pub struct AutomationRow {
        /// Our id.
        pub id: AutomationId,
        /// Who begins it.
        pub kind: AutomationKind,
        /// What it is called.
        pub name: String,
        /// Its place: lower ones first.
        pub rule_order: i64,
        /// Whether it counts.
        pub enabled: bool,
        /// What it waits for.
        pub events: Value,
        /// When it runs.
        pub conditions: Value,
        /// What it does.
        pub actions: Value,
        /// Grows with every change.
        pub version: i64,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// Makes one and keeps its first version.
pub async fn insert(tx: &mut Tx, ctx: &Ctx, row: &AutomationRow) -> Result<(), StoreError> {
    tx.query(
        "insert into automations (id, kind, name, rule_order, enabled, events, conditions, actions, version, created_at,
                updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
    )
    .bind(row.id)
    .bind(row.kind)
    .bind(row.name.as_str())
    .bind(row.rule_order)
    .bind(row.enabled)
    .bind(row.events.clone())
    .bind(row.conditions.clone())
    .bind(row.actions.clone())
    .bind(row.version)
    .bind(row.created_at)
    .execute()
    .await?;
    keep_version(tx, ctx, row).await
}

async fn keep_version(tx: &mut Tx, ctx: &Ctx, row: &AutomationRow) -> Result<(), StoreError> {
    let body = json!({ "kind": row.kind, "name": row.name, "order": row.rule_order, "enabled": row.enabled,
                       "on": row.events, "when": row.conditions, "then": row.actions });
    tx.query(
        "insert into automation_versions (automation_id, version, body, changed_by, created_at)
         values ($1, $2, $3, $4, $5)",
    )
    .bind(row.id)
    .bind(row.version)
    .bind(body)
    .bind(ctx.actor.id)
    .bind(ctx.now)
    .execute()
    .await
    .map(drop)
}

/// One.
pub async fn by_id(tx: &mut Tx, id: AutomationId) -> Result<Option<AutomationRow>, StoreError> {
    tx.query(
        "select id, kind, name, rule_order, enabled, events, conditions, actions, version, created_at, updated_at
         from automations where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The automations that count, in their order.
pub async fn in_force(tx: &mut Tx) -> Result<Vec<AutomationRow>, StoreError> {
    tx.query(
        "select id, kind, name, rule_order, enabled, events, conditions, actions, version, created_at, updated_at
         from automations where enabled and kind = 'automation' order by rule_order, id",
    )
    .all()
    .await
}

/// Grows with every change of an automation.
pub async fn mark(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.query("select cast(coalesce(sum(version), 0) as bigint) as mark from automations").scalar().await
}

/// Those in the order they were made, after `after`.
pub async fn page(
    tx: &mut Tx,
    kind: Option<AutomationKind>,
    enabled: Option<bool>,
    after: Option<AutomationId>,
    limit: i64,
) -> Result<Vec<AutomationRow>, StoreError> {
    tx.query_for(
        "select id, kind, name, rule_order, enabled, events, conditions, actions, version, created_at, updated_at
         from automations
         where ($1 is null or id > $1) and ($2 is null or enabled = $2) and ($3 is null or kind = $3)
         order by id limit $4",
        "select id, kind, name, rule_order, enabled, events, conditions, actions, version, created_at, updated_at
         from automations
         where ($1::uuid is null or id > $1) and ($2::boolean is null or enabled = $2)
           and ($3::text is null or kind = $3)
         order by id limit $4",
    )
    .bind(after)
    .bind(enabled)
    .bind(kind)
    .bind(limit)
    .all()
    .await
}

/// Writes one as it stands and keeps its next version. Error: [`StoreError::Conflict`] when it changed since it was
/// read. The row in memory has the next version afterwards.
pub async fn update(tx: &mut Tx, ctx: &Ctx, row: &mut AutomationRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update automations
             set name = $3, rule_order = $4, enabled = $5, events = $6, conditions = $7, actions = $8, updated_at = $9,
                 version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.name.as_str())
        .bind(row.rule_order)
        .bind(row.enabled)
        .bind(row.events.clone())
        .bind(row.conditions.clone())
        .bind(row.actions.clone())
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed != 1 {
        return Err(StoreError::Conflict);
    }
    row.version += 1;
    keep_version(tx, ctx, row).await
}

record! {
    /// What one run did.
    #[derive(Clone, Debug)]
    pub struct RunRow {
        /// Our id.
        pub id: AutomationRunId,
        /// Of what.
        pub automation_id: AutomationId,
        /// In which version.
        pub automation_version: i64,
        /// What it was called then.
        pub automation_name: String,
        /// The event or the request it ran for.
        pub cause: Uuid,
        /// On which conversation.
        pub conversation_id: ConversationId,
        /// What became of it.
        pub outcome: RunOutcome,
        /// Each action, what became of it, and how it is taken back.
        pub steps: Value,
        /// Who began it.
        pub actor_id: ActorId,
        /// When.
        pub created_at: DateTime<Utc>,
        /// When it was taken back.
        pub undone_at: Option<DateTime<Utc>>,
        /// By whom.
        pub undone_by: Option<ActorId>,
    }
}

/// Claims a run. `false`: it ran for this cause before.
pub async fn claim_run(tx: &mut Tx, row: &RunRow) -> Result<bool, StoreError> {
    let inserted = tx
        .query(
            "insert into automation_runs (id, automation_id, automation_version, automation_name, cause, conversation_id,
                    outcome, steps, actor_id, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             on conflict (automation_id, cause) do nothing",
        )
        .bind(row.id)
        .bind(row.automation_id)
        .bind(row.automation_version)
        .bind(row.automation_name.as_str())
        .bind(row.cause)
        .bind(row.conversation_id)
        .bind(row.outcome)
        .bind(row.steps.clone())
        .bind(row.actor_id)
        .bind(row.created_at)
        .execute()
        .await?;
    Ok(inserted == 1)
}

/// Writes down what a run did.
pub async fn settle_run(tx: &mut Tx, row: &RunRow) -> Result<(), StoreError> {
    tx.query("update automation_runs set outcome = $2, steps = $3, undone_at = $4, undone_by = $5 where id = $1")
        .bind(row.id)
        .bind(row.outcome)
        .bind(row.steps.clone())
        .bind(row.undone_at)
        .bind(row.undone_by)
        .execute()
        .await
        .map(drop)
}

/// How often an automation ran on a conversation since `since`.
pub async fn count_runs(
    tx: &mut Tx,
    automation: AutomationId,
    conversation: ConversationId,
    since: DateTime<Utc>,
) -> Result<i64, StoreError> {
    tx.query(
        "select count(*) as runs from automation_runs
         where conversation_id = $1 and created_at >= $2 and automation_id = $3 and outcome <> 'stopped'",
    )
    .bind(conversation)
    .bind(since)
    .bind(automation)
    .scalar()
    .await
}

/// One run.
pub async fn run_by_id(tx: &mut Tx, id: AutomationRunId) -> Result<Option<RunRow>, StoreError> {
    tx.query(
        "select id, automation_id, automation_version, automation_name, cause, conversation_id, outcome, steps, actor_id,
                created_at, undone_at, undone_by
         from automation_runs where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Runs, the newest first, before `before`.
pub async fn runs(
    tx: &mut Tx,
    automation: Option<AutomationId>,
    conversation: Option<ConversationId>,
    outcome: Option<RunOutcome>,
    before: Option<AutomationRunId>,
    limit: i64,
) -> Result<Vec<RunRow>, StoreError> {
    tx.query_for(
        "select id, automation_id, automation_version, automation_name, cause, conversation_id, outcome, steps, actor_id,
                created_at, undone_at, undone_by
         from automation_runs
         where ($1 is null or automation_id = $1) and ($2 is null or conversation_id = $2)
           and ($3 is null or outcome = $3) and ($4 is null or id < $4)
         order by id desc limit $5",
        "select id, automation_id, automation_version, automation_name, cause, conversation_id, outcome, steps, actor_id,
                created_at, undone_at, undone_by
         from automation_runs
         where ($1::uuid is null or automation_id = $1) and ($2::uuid is null or conversation_id = $2)
           and ($3::text is null or outcome = $3) and ($4::uuid is null or id < $4)
         order by id desc limit $5",
    )
    .bind(automation)
    .bind(conversation)
    .bind(outcome)
    .bind(before)
    .bind(limit)
    .all()
    .await
}

/// Remembers events that a run wrote: automations do not run for them.
pub async fn remember_effects(tx: &mut Tx, events: &[EventId], now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query_for(
        "insert into automation_effects (event_id, created_at)
         select unhex(value ->> 0), $2 from json_each($1) where true on conflict (event_id) do nothing",
        "insert into automation_effects (event_id, created_at)
         select id, $2::timestamptz from unnest($1::uuid[]) as batch (id) on conflict (event_id) do nothing",
    )
    .bind_batch(Batch::new().ids(events.iter().copied()))
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// Those of these events that a run wrote.
pub async fn effects_among(tx: &mut Tx, events: &[EventId]) -> Result<Vec<EventId>, StoreError> {
    tx.query_for(
        "select event_id from automation_effects where event_id in (select unhex(value ->> 0) from json_each($1))",
        "select event_id from automation_effects where event_id = any($1::uuid[])",
    )
    .bind_batch(Batch::new().ids(events.iter().copied()))
    .column()
    .await
}

/// Forgets events of before `before`: the feed does not hold them any more. At most `limit`.
pub async fn sweep_effects(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
    tx.query(
        "delete from automation_effects where event_id in
             (select event_id from automation_effects where created_at < $1 order by created_at limit $2)",
    )
    .bind(before)
    .bind(limit)
    .execute()
    .await
}
