//! Evidence of tickets: added, frozen by verification, never changed otherwise and never removed; and what may be missing
//! for a while.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ActorId, EvidenceId, RecordId, TicketId};
use patchbay_core::role::Role;
use serde_json::Value;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A piece of evidence as it is stored.
    #[derive(Clone, Debug)]
    pub struct EvidenceRow {
        /// Our id.
        pub id: EvidenceId,
        /// Ticket it belongs to.
        pub ticket_id: TicketId,
        /// What it is, in upper case.
        pub kind: String,
        /// Which requirement it meets.
        pub evidence_key: Option<String>,
        /// Where its object is.
        pub uri: String,
        /// SHA-256 of its object, lowercase hex.
        pub checksum: Option<String>,
        /// Size of its object.
        pub size_bytes: Option<i64>,
        /// Type of its object.
        pub content_type: Option<String>,
        /// Mark of the object's version in the store, when the store has one.
        pub etag: Option<String>,
        /// Anything else about it.
        pub metadata: Value,
        /// Who added it.
        pub created_by: ActorId,
        /// As what.
        pub created_by_role: Role,
        /// When.
        pub created_at: DateTime<Utc>,
        /// Since when it is frozen.
        pub immutable_at: Option<DateTime<Utc>>,
        /// Who froze it.
        pub immutable_by: Option<ActorId>,
        /// By what.
        pub immutable_reason: Option<String>,
    }
}

record! {
    /// Evidence that may be missing for a while, as it is stored.
    #[derive(Clone, Debug)]
    pub struct ExceptionRow {
        /// Our id.
        pub id: RecordId,
        /// Ticket it is about.
        pub ticket_id: TicketId,
        /// What may be missing.
        pub evidence_keys: Vec<String>,
        /// Why.
        pub reason: String,
        /// Who said so.
        pub granted_by: ActorId,
        /// As what.
        pub granted_by_role: Role,
        /// Until when.
        pub expires_at: DateTime<Utc>,
        /// Since when.
        pub created_at: DateTime<Utc>,
    }
}

/// Adds a piece of evidence, not frozen.
pub async fn insert(tx: &mut Tx, row: &EvidenceRow) -> Result<(), StoreError> {
    tx.query(
        "insert into evidence_items (id, ticket_id, kind, evidence_key, uri, checksum, size_bytes, content_type, etag,
                metadata, created_by, created_by_role, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(row.id)
    .bind(row.ticket_id)
    .bind(row.kind.as_str())
    .bind(row.evidence_key.as_deref())
    .bind(row.uri.as_str())
    .bind(row.checksum.as_deref())
    .bind(row.size_bytes)
    .bind(row.content_type.as_deref())
    .bind(row.etag.as_deref())
    .bind(row.metadata.clone())
    .bind(row.created_by)
    .bind(row.created_by_role)
    .bind(row.created_at)
    .execute()
    .await
    .map(drop)
}

/// All evidence of a ticket, oldest first.
pub async fn of_ticket(tx: &mut Tx, ticket_id: TicketId) -> Result<Vec<EvidenceRow>, StoreError> {
    tx.query(
        "select id, ticket_id, kind, evidence_key, uri, checksum, size_bytes, content_type, etag, metadata, created_by,
                created_by_role, created_at, immutable_at, immutable_by, immutable_reason
         from evidence_items where ticket_id = $1 order by id",
    )
    .bind(ticket_id)
    .all()
    .await
}

/// Freezes all evidence of a ticket that is not frozen yet.
pub async fn freeze(
    tx: &mut Tx,
    ticket_id: TicketId,
    by: ActorId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query(
        "update evidence_items set immutable_at = $2, immutable_by = $3, immutable_reason = $4
         where ticket_id = $1 and immutable_at is null",
    )
    .bind(ticket_id)
    .bind(now)
    .bind(by)
    .bind(reason)
    .execute()
    .await
    .map(drop)
}

/// Lets evidence be missing for a while.
pub async fn grant_exception(tx: &mut Tx, row: &ExceptionRow) -> Result<(), StoreError> {
    tx.query(
        "insert into evidence_exceptions (id, ticket_id, evidence_keys, reason, granted_by, granted_by_role, expires_at,
                created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(row.id)
    .bind(row.ticket_id)
    .bind(row.evidence_keys.clone())
    .bind(row.reason.as_str())
    .bind(row.granted_by)
    .bind(row.granted_by_role)
    .bind(row.expires_at)
    .bind(row.created_at)
    .execute()
    .await
    .map(drop)
}

/// All exceptions of a ticket, oldest first.
pub async fn exceptions(tx: &mut Tx, ticket_id: TicketId) -> Result<Vec<ExceptionRow>, StoreError> {
    tx.query(
        "select id, ticket_id, evidence_keys, reason, granted_by, granted_by_role, expires_at, created_at
         from evidence_exceptions where ticket_id = $1 order by id",
    )
    .bind(ticket_id)
    .all()
    .await
}
