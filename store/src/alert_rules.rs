//! Rules that say what becomes an alert, every version of them as it was, and what is remembered of figures.

use chrono::{DateTime, Utc};
use patchbay_core::alert::{Severity, Watch};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{AlertRuleId, LadderId};
use serde_json::{Value, json};

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A rule as it is stored.
    #[derive(Clone, Debug)]
    pub struct AlertRuleRow {
        /// Our id.
        pub id: AlertRuleId,
        /// What it is called.
        pub name: String,
        /// Its place: lower ones are asked first.
        pub rule_order: i64,
        /// Whether it counts.
        pub enabled: bool,
        /// When it applies.
        pub conditions: Value,
        /// How bad its alerts are; what happened says so when null.
        pub severity: Option<Severity>,
        /// What tells its alerts apart.
        pub group_by: Value,
        /// Who is told.
        pub ladder_id: Option<LadderId>,
        /// Grows with every change.
        pub version: i64,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// Makes a rule and keeps its first version.
pub async fn insert(tx: &mut Tx, ctx: &Ctx, row: &AlertRuleRow) -> Result<(), StoreError> {
    tx.query(
        "insert into alert_rules (id, name, rule_order, enabled, conditions, severity, group_by, ladder_id, version,
                created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
    )
    .bind(row.id)
    .bind(row.name.as_str())
    .bind(row.rule_order)
    .bind(row.enabled)
    .bind(row.conditions.clone())
    .bind(row.severity)
    .bind(row.group_by.clone())
    .bind(row.ladder_id)
    .bind(row.version)
    .bind(row.created_at)
    .execute()
    .await?;
    keep_version(tx, ctx, row).await
}

async fn keep_version(tx: &mut Tx, ctx: &Ctx, row: &AlertRuleRow) -> Result<(), StoreError> {
    let body = json!({ "name": row.name, "order": row.rule_order, "enabled": row.enabled, "when": row.conditions,
                       "severity": row.severity, "group_by": row.group_by, "ladder_id": row.ladder_id });
    tx.query(
        "insert into alert_rule_versions (rule_id, version, body, changed_by, created_at) values ($1, $2, $3, $4, $5)",
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

/// One rule.
pub async fn by_id(tx: &mut Tx, id: AlertRuleId) -> Result<Option<AlertRuleRow>, StoreError> {
    tx.query(
        "select id, name, rule_order, enabled, conditions, severity, group_by, ladder_id, version, created_at, updated_at
         from alert_rules where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The rules that count, in the order they are asked.
pub async fn in_force(tx: &mut Tx) -> Result<Vec<AlertRuleRow>, StoreError> {
    tx.query(
        "select id, name, rule_order, enabled, conditions, severity, group_by, ladder_id, version, created_at, updated_at
         from alert_rules where enabled order by rule_order, id",
    )
    .all()
    .await
}

/// Rules in the order they were made, after `after`.
pub async fn page(
    tx: &mut Tx,
    enabled: Option<bool>,
    after: Option<AlertRuleId>,
    limit: i64,
) -> Result<Vec<AlertRuleRow>, StoreError> {
    tx.query_for(
        "select id, name, rule_order, enabled, conditions, severity, group_by, ladder_id, version, created_at, updated_at
         from alert_rules
         where ($1 is null or id > $1) and ($2 is null or enabled = $2) order by id limit $3",
        "select id, name, rule_order, enabled, conditions, severity, group_by, ladder_id, version, created_at, updated_at
         from alert_rules
         where ($1::uuid is null or id > $1) and ($2::boolean is null or enabled = $2) order by id limit $3",
    )
    .bind(after)
    .bind(enabled)
    .bind(limit)
    .all()
    .await
}

/// Writes a rule as it stands and keeps its next version. Error: [`StoreError::Conflict`] when it changed since it was
/// read. The row in memory has the next version afterwards.
pub async fn update(tx: &mut Tx, ctx: &Ctx, row: &mut AlertRuleRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update alert_rules
             set name = $3, rule_order = $4, enabled = $5, conditions = $6, severity = $7, group_by = $8, ladder_id = $9,
                 updated_at = $10, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.name.as_str())
        .bind(row.rule_order)
        .bind(row.enabled)
        .bind(row.conditions.clone())
        .bind(row.severity)
        .bind(row.group_by.clone())
        .bind(row.ladder_id)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed != 1 {
        return Err(StoreError::Conflict);
    }
    row.version += 1;
    keep_version(tx, ctx, row).await
}

/// The active rules that tell by a ladder.
pub async fn count_with_ladder(tx: &mut Tx, ladder: LadderId) -> Result<i64, StoreError> {
    tx.query("select count(*) as count from alert_rules where ladder_id = $1 and enabled").bind(ladder).scalar().await
}

record! {
    struct WatchRow {
        since: Option<DateTime<Utc>>,
        firing_since: Option<DateTime<Utc>>,
    }
}

/// What is remembered of the figure of a rule. On PostgreSQL the row is locked when there is one.
pub async fn watch_of(tx: &mut Tx, rule: AlertRuleId) -> Result<Watch, StoreError> {
    let row = tx
        .query_for(
            "select since, firing_since from alert_watches where rule_id = $1",
            "select since, firing_since from alert_watches where rule_id = $1 for update",
        )
        .bind(rule)
        .optional::<WatchRow>()
        .await?;
    Ok(row.map_or_else(Watch::default, |row| Watch { since: row.since, firing_since: row.firing_since }))
}

/// Remembers it.
pub async fn put_watch(tx: &mut Tx, rule: AlertRuleId, watch: Watch) -> Result<(), StoreError> {
    tx.query(
        "insert into alert_watches (rule_id, since, firing_since) values ($1, $2, $3)
         on conflict (rule_id) do update set since = excluded.since, firing_since = excluded.firing_since",
    )
    .bind(rule)
    .bind(watch.since)
    .bind(watch.firing_since)
    .execute()
    .await
    .map(drop)
}
