//! Who is on call when.

use chrono::{DateTime, Utc};
use patchbay_core::ids::OnCallScheduleId;
use serde_json::Value;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A schedule as it is stored.
    #[derive(Clone, Debug)]
    pub struct ScheduleRow {
        /// Our id.
        pub id: OnCallScheduleId,
        /// What it is called.
        pub name: String,
        /// Whose clocks count.
        pub timezone: String,
        /// Rotations.
        pub rotations: Value,
        /// Exceptions.
        pub overrides: Value,
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

/// Makes a schedule.
pub async fn insert(tx: &mut Tx, row: &ScheduleRow) -> Result<(), StoreError> {
    tx.query(
        "insert into on_call_schedules (id, name, timezone, rotations, overrides, is_active, version, created_at,
                updated_at)
         values ($1, $2, $3, $4, $5, $6, 1, $7, $7)",
    )
    .bind(row.id)
    .bind(row.name.as_str())
    .bind(row.timezone.as_str())
    .bind(row.rotations.clone())
    .bind(row.overrides.clone())
    .bind(row.is_active)
    .bind(row.created_at)
    .execute()
    .await
    .map(drop)
}

/// One schedule.
pub async fn by_id(tx: &mut Tx, id: OnCallScheduleId) -> Result<Option<ScheduleRow>, StoreError> {
    tx.query(
        "select id, name, timezone, rotations, overrides, is_active, version, created_at, updated_at
         from on_call_schedules where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Schedules in the order they were made, after `after`.
pub async fn page(tx: &mut Tx, after: Option<OnCallScheduleId>, limit: i64) -> Result<Vec<ScheduleRow>, StoreError> {
    tx.query_for(
        "select id, name, timezone, rotations, overrides, is_active, version, created_at, updated_at
         from on_call_schedules where ($1 is null or id > $1) order by id limit $2",
        "select id, name, timezone, rotations, overrides, is_active, version, created_at, updated_at
         from on_call_schedules where ($1::uuid is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(limit)
    .all()
    .await
}

/// Writes a schedule as it stands. Error: [`StoreError::Conflict`] when it changed since it was read.
pub async fn update(tx: &mut Tx, row: &ScheduleRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update on_call_schedules
             set name = $3, timezone = $4, rotations = $5, overrides = $6, is_active = $7, updated_at = $8,
                 version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.name.as_str())
        .bind(row.timezone.as_str())
        .bind(row.rotations.clone())
        .bind(row.overrides.clone())
        .bind(row.is_active)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}
