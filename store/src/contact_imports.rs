//! Lists of contacts that are read in, row by row, by a job.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ActorId, ContactImportId};
use patchbay_core::vocabulary;
use serde_json::Value;

use crate::error::StoreError;
use crate::tx::Tx;
use crate::{record, stored_words};

vocabulary! {
    /// How far a list is.
    pub enum ImportStatus {
        /// Rows are left.
        Running => "running",
        /// All rows were read.
        Done => "done",
    }
}
stored_words!(ImportStatus);

record! {
    /// A list, without its rows.
    #[derive(Clone, Debug)]
    pub struct ImportRow {
        /// Our id.
        pub id: ContactImportId,
        /// How far it is.
        pub status: ImportStatus,
        /// Rows are checked and nothing is stored.
        pub is_dry_run: bool,
        /// Rows of the list.
        pub total: i64,
        /// Rows that were read.
        pub processed: i64,
        /// Contacts that were made.
        pub created: i64,
        /// Contacts that were there and changed.
        pub updated: i64,
        /// Rows that were refused.
        pub failed: i64,
        /// Why, the first of them: `[{"row","field","problem"}]`.
        pub errors: Value,
        /// Who sent it.
        pub created_by: ActorId,
        /// When it was sent.
        pub created_at: DateTime<Utc>,
        /// When it last made progress.
        pub updated_at: DateTime<Utc>,
    }
}

/// Takes a list in.
pub async fn insert(tx: &mut Tx, row: &ImportRow, document: &str) -> Result<(), StoreError> {
    tx.query(
        "insert into contact_imports (id, status, is_dry_run, document, total, processed, created, updated, failed,
                errors, created_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(row.id)
    .bind(row.status)
    .bind(row.is_dry_run)
    .bind(document)
    .bind(row.total)
    .bind(row.processed)
    .bind(row.created)
    .bind(row.updated)
    .bind(row.failed)
    .bind(row.errors.clone())
    .bind(row.created_by)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await
    .map(drop)
}

/// One list.
pub async fn by_id(tx: &mut Tx, id: ContactImportId) -> Result<Option<ImportRow>, StoreError> {
    tx.query(
        "select id, status, is_dry_run, total, processed, created, updated, failed, errors, created_by, created_at,
                updated_at
         from contact_imports where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The rows of a list, as they were sent. Empty once they were read.
pub async fn document(tx: &mut Tx, id: ContactImportId) -> Result<String, StoreError> {
    tx.query("select document from contact_imports where id = $1").bind(id).scalar().await
}

/// Writes how far a list is, when it is where `from` says. `false`: somebody else was faster.
pub async fn advance(tx: &mut Tx, row: &ImportRow, from: i64) -> Result<bool, StoreError> {
    let moved = tx
        .query(
            "update contact_imports
             set status = $3, processed = $4, created = $5, updated = $6, failed = $7, errors = $8, updated_at = $9,
                 document = case when $3 = 'done' then '' else document end
             where id = $1 and processed = $2 and status = 'running'",
        )
        .bind(row.id)
        .bind(from)
        .bind(row.status)
        .bind(row.processed)
        .bind(row.created)
        .bind(row.updated)
        .bind(row.failed)
        .bind(row.errors.clone())
        .bind(row.updated_at)
        .execute()
        .await?;
    Ok(moved == 1)
}

/// Forgets up to `limit` lists that were sent before `before`.
pub async fn sweep(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
    tx.query("delete from contact_imports where id in (select id from contact_imports where created_at < $1 limit $2)")
        .bind(before)
        .bind(limit)
        .execute()
        .await
}
