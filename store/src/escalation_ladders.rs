//! Ladders: who is told of an alert, and who next.

use chrono::{DateTime, Utc};
use patchbay_core::ids::LadderId;
use serde_json::Value;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A ladder as it is stored. Its steps may hold an address of Slack's, which is a secret.
    #[derive(Clone)]
    pub struct LadderRow {
        /// Our id.
        pub id: LadderId,
        /// What it is called.
        pub name: String,
        /// Its steps.
        pub steps: Value,
        /// How often it begins anew.
        pub repeat: i64,
        /// The ladder that follows it.
        pub next_id: Option<LadderId>,
        /// Whether it counts.
        pub is_active: bool,
        /// Grows with every change.
        pub version: i64,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// Steps do not print.
impl std::fmt::Debug for LadderRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LadderRow").field("id", &self.id).field("version", &self.version).finish_non_exhaustive()
    }
}

/// Makes a ladder.
pub async fn insert(tx: &mut Tx, row: &LadderRow) -> Result<(), StoreError> {
    tx.query(
        "insert into escalation_ladders (id, name, steps, repeat, next_id, is_active, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, 1, $7, $7)",
    )
    .bind(row.id)
    .bind(row.name.as_str())
    .bind(row.steps.clone())
    .bind(row.repeat)
    .bind(row.next_id)
    .bind(row.is_active)
    .bind(row.created_at)
    .execute()
    .await
    .map(drop)
}

/// One ladder.
pub async fn by_id(tx: &mut Tx, id: LadderId) -> Result<Option<LadderRow>, StoreError> {
    tx.query(
        "select id, name, steps, repeat, next_id, is_active, version, created_at, updated_at
         from escalation_ladders where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Ladders in the order they were made, after `after`.
pub async fn page(tx: &mut Tx, after: Option<LadderId>, limit: i64) -> Result<Vec<LadderRow>, StoreError> {
    tx.query_for(
        "select id, name, steps, repeat, next_id, is_active, version, created_at, updated_at
         from escalation_ladders where ($1 is null or id > $1) order by id limit $2",
        "select id, name, steps, repeat, next_id, is_active, version, created_at, updated_at
         from escalation_ladders where ($1::uuid is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(limit)
    .all()
    .await
}

/// Writes a ladder as it stands. Error: [`StoreError::Conflict`] when it changed since it was read.
pub async fn update(tx: &mut Tx, row: &LadderRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update escalation_ladders
             set name = $3, steps = $4, repeat = $5, next_id = $6, is_active = $7, updated_at = $8, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.name.as_str())
        .bind(row.steps.clone())
        .bind(row.repeat)
        .bind(row.next_id)
        .bind(row.is_active)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// How many ladders lead to this one.
pub async fn count_leading_to(tx: &mut Tx, id: LadderId) -> Result<i64, StoreError> {
    tx.query("select count(*) as count from escalation_ladders where next_id = $1 and is_active")
        .bind(id)
        .scalar()
        .await
}
