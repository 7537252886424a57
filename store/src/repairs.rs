//! Repairs of many dead letters or quarantined events at once.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ActorId, RepairId};
use patchbay_core::vocabulary;
use serde_json::Value;

use crate::error::StoreError;
use crate::tx::Tx;
use crate::{record, stored_words};

vocabulary! {
    /// What is repaired.
    pub enum RepairSubject {
        /// Dead letters.
        Dlq => "dlq",
        /// Quarantined events.
        Quarantine => "quarantine",
    }
}

vocabulary! {
    /// What is done with each.
    pub enum RepairAction {
        /// Done anew.
        Replay => "replay",
        /// Let be.
        Discard => "discard",
    }
}

vocabulary! {
    /// How far a repair is.
    pub enum RepairStatus {
        /// Some are left.
        Running => "running",
        /// All were dealt with.
        Done => "done",
    }
}
stored_words!(RepairSubject, RepairAction, RepairStatus);

record! {
    /// A repair of many.
    #[derive(Clone, Debug)]
    pub struct RepairRow {
        /// Our id.
        pub id: RepairId,
        /// What is repaired.
        pub subject: RepairSubject,
        /// What is done with each.
        pub action: RepairAction,
        /// Which, in this order.
        pub ids: Value,
        /// Why they are let be.
        pub note: Option<String>,
        /// How many in a second.
        pub per_second: i64,
        /// How far it is.
        pub status: RepairStatus,
        /// How many there are.
        pub total: i64,
        /// How many were dealt with.
        pub processed: i64,
        /// How many of them were repaired.
        pub repaired: i64,
        /// How many were settled before.
        pub skipped: i64,
        /// How many could not be.
        pub failed: i64,
        /// Who asked for it.
        pub created_by: ActorId,
        /// When.
        pub created_at: DateTime<Utc>,
        /// When it last made progress.
        pub updated_at: DateTime<Utc>,
    }
}

/// Takes a repair in.
pub async fn insert(tx: &mut Tx, row: &RepairRow) -> Result<(), StoreError> {
    tx.query(
        "insert into repair_runs (id, subject, action, ids, note, per_second, status, total, processed, repaired,
                skipped, failed, created_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(row.id)
    .bind(row.subject)
    .bind(row.action)
    .bind(row.ids.clone())
    .bind(row.note.as_deref())
    .bind(row.per_second)
    .bind(row.status)
    .bind(row.total)
    .bind(row.processed)
    .bind(row.repaired)
    .bind(row.skipped)
    .bind(row.failed)
    .bind(row.created_by)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await
    .map(drop)
}

/// One repair.
pub async fn by_id(tx: &mut Tx, id: RepairId) -> Result<Option<RepairRow>, StoreError> {
    tx.query(
        "select id, subject, action, ids, note, per_second, status, total, processed, repaired, skipped, failed,
                created_by, created_at, updated_at
         from repair_runs where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Writes how far a repair is.
pub async fn update(tx: &mut Tx, row: &RepairRow) -> Result<(), StoreError> {
    tx.query(
        "update repair_runs
         set status = $2, processed = $3, repaired = $4, skipped = $5, failed = $6, updated_at = $7
         where id = $1",
    )
    .bind(row.id)
    .bind(row.status)
    .bind(row.processed)
    .bind(row.repaired)
    .bind(row.skipped)
    .bind(row.failed)
    .bind(row.updated_at)
    .execute()
    .await
    .map(drop)
}

/// Forgets up to `limit` repairs that were asked for before `before`.
pub async fn sweep(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
    tx.query("delete from repair_runs where id in (select id from repair_runs where created_at < $1 limit $2)")
        .bind(before)
        .bind(limit)
        .execute()
        .await
}
