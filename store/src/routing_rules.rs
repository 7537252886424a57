//! Routing rules, and every version of them as it was.

use chrono::{DateTime, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::RoutingRuleId;
use serde_json::{Value, json};

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A routing rule as it is stored.
    #[derive(Clone, Debug)]
    pub struct RoutingRuleRow {
        /// Our id.
        pub id: RoutingRuleId,
        /// What it is called.
        pub name: String,
        /// Its place: lower ones first.
        pub rule_order: i64,
        /// Whether it counts.
        pub enabled: bool,
        /// Whether those after it are not asked any more.
        pub stop: bool,
        /// When it applies.
        pub conditions: Value,
        /// What it does.
        pub consequences: Value,
        /// Grows with every change.
        pub version: i64,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// Makes a rule and keeps its first version.
pub async fn insert(tx: &mut Tx, ctx: &Ctx, row: &RoutingRuleRow) -> Result<(), StoreError> {
    tx.query(
        "insert into routing_rules (id, name, rule_order, enabled, stop, conditions, consequences, version, created_at,
                updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(row.id)
    .bind(row.name.as_str())
    .bind(row.rule_order)
    .bind(row.enabled)
    .bind(row.stop)
    .bind(row.conditions.clone())
    .bind(row.consequences.clone())
    .bind(row.version)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await?;
    keep_version(tx, ctx, row).await
}

async fn keep_version(tx: &mut Tx, ctx: &Ctx, row: &RoutingRuleRow) -> Result<(), StoreError> {
    let body = json!({ "name": row.name, "order": row.rule_order, "enabled": row.enabled, "stop": row.stop,
                       "when": row.conditions, "then": row.consequences });
    tx.query(
        "insert into routing_rule_versions (rule_id, version, body, changed_by, created_at)
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

/// One rule.
pub async fn by_id(tx: &mut Tx, id: RoutingRuleId) -> Result<Option<RoutingRuleRow>, StoreError> {
    tx.query(
        "select id, name, rule_order, enabled, stop, conditions, consequences, version, created_at, updated_at
         from routing_rules where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The rules that count, in the order they are asked.
pub async fn in_force(tx: &mut Tx) -> Result<Vec<RoutingRuleRow>, StoreError> {
    tx.query(
        "select id, name, rule_order, enabled, stop, conditions, consequences, version, created_at, updated_at
         from routing_rules where enabled order by rule_order, id",
    )
    .all()
    .await
}

/// Rules in the order they were made, after `after`.
pub async fn page(
    tx: &mut Tx,
    enabled: Option<bool>,
    after: Option<RoutingRuleId>,
    limit: i64,
) -> Result<Vec<RoutingRuleRow>, StoreError> {
    tx.query_for(
        "select id, name, rule_order, enabled, stop, conditions, consequences, version, created_at, updated_at
         from routing_rules
         where ($1 is null or id > $1) and ($2 is null or enabled = $2) order by id limit $3",
        "select id, name, rule_order, enabled, stop, conditions, consequences, version, created_at, updated_at
         from routing_rules
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
pub async fn update(tx: &mut Tx, ctx: &Ctx, row: &mut RoutingRuleRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update routing_rules
             set name = $3, rule_order = $4, enabled = $5, stop = $6, conditions = $7, consequences = $8,
                 updated_at = $9, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.name.as_str())
        .bind(row.rule_order)
        .bind(row.enabled)
        .bind(row.stop)
        .bind(row.conditions.clone())
        .bind(row.consequences.clone())
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed != 1 {
        return Err(StoreError::Conflict);
    }
    row.version += 1;
    keep_version(tx, ctx, row).await
}
