//! How work came to count as done: what was said about it, what quality found, and what was kept when the ticket ended.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ActorId, RecordId, TicketId};
use patchbay_core::role::Role;
use patchbay_core::ticket::words::QaResult;
use serde_json::Value;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

crate::stored_words!(QaResult);

record! {
    /// Somebody said that the work is done, and the gate agreed.
    #[derive(Clone, Debug)]
    pub struct CompletionRow {
        /// Our id.
        pub id: RecordId,
        /// Which ticket.
        pub ticket_id: TicketId,
        /// With which command.
        pub command: String,
        /// Each point of the checklist.
        pub checklist: Value,
        /// Why nobody signed.
        pub no_signature_reason: Option<String>,
        /// Evidence that was named.
        pub evidence_refs: Option<Vec<String>>,
        /// What was done.
        pub notes: Option<String>,
        /// What the gate found.
        pub gate_result: Value,
        /// Who said it.
        pub actor_id: ActorId,
        /// As what.
        pub actor_role: Role,
        /// When.
        pub created_at: DateTime<Utc>,
    }
}

record! {
    /// Quality looked at the work.
    #[derive(Clone, Debug)]
    pub struct VerificationRow {
        /// Our id.
        pub id: RecordId,
        /// Which ticket.
        pub ticket_id: TicketId,
        /// What was found.
        pub result: QaResult,
        /// In words.
        pub notes: Option<String>,
        /// When it was looked at.
        pub looked_at: DateTime<Utc>,
        /// Who looked.
        pub actor_id: ActorId,
        /// As what.
        pub actor_role: Role,
        /// When it was recorded.
        pub created_at: DateTime<Utc>,
    }
}

record! {
    /// What was kept when a ticket ended.
    #[derive(Clone, Debug)]
    pub struct ArtifactRow {
        /// Which ticket.
        pub ticket_id: TicketId,
        /// What it is: `closeout_packet`.
        pub kind: String,
        /// SHA-256 of the payload's canonical JSON.
        pub hash: String,
        /// What was kept.
        pub payload: Value,
        /// When.
        pub created_at: DateTime<Utc>,
    }
}

/// Records that the work was said to be done.
pub async fn complete(tx: &mut Tx, row: &CompletionRow) -> Result<(), StoreError> {
    tx.query(
        "insert into completions (id, ticket_id, command, checklist, no_signature_reason, evidence_refs, notes,
                gate_result, actor_id, actor_role, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(row.id)
    .bind(row.ticket_id)
    .bind(row.command.as_str())
    .bind(row.checklist.clone())
    .bind(row.no_signature_reason.as_deref())
    .bind(row.evidence_refs.clone())
    .bind(row.notes.as_deref())
    .bind(row.gate_result.clone())
    .bind(row.actor_id)
    .bind(row.actor_role)
    .bind(row.created_at)
    .execute()
    .await
    .map(drop)
}

/// The last time the work was said to be done.
pub async fn latest_completion(tx: &mut Tx, ticket_id: TicketId) -> Result<Option<CompletionRow>, StoreError> {
    tx.query(
        "select id, ticket_id, command, checklist, no_signature_reason, evidence_refs, notes, gate_result, actor_id,
                actor_role, created_at
         from completions where ticket_id = $1 order by id desc limit 1",
    )
    .bind(ticket_id)
    .optional()
    .await
}

/// Records what quality found.
pub async fn verify(tx: &mut Tx, row: &VerificationRow) -> Result<(), StoreError> {
    tx.query(
        "insert into verifications (id, ticket_id, result, notes, looked_at, actor_id, actor_role, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(row.id)
    .bind(row.ticket_id)
    .bind(row.result)
    .bind(row.notes.as_deref())
    .bind(row.looked_at)
    .bind(row.actor_id)
    .bind(row.actor_role)
    .bind(row.created_at)
    .execute()
    .await
    .map(drop)
}

/// What quality found the last time.
pub async fn latest_verification(tx: &mut Tx, ticket_id: TicketId) -> Result<Option<VerificationRow>, StoreError> {
    tx.query(
        "select id, ticket_id, result, notes, looked_at, actor_id, actor_role, created_at
         from verifications where ticket_id = $1 order by id desc limit 1",
    )
    .bind(ticket_id)
    .optional()
    .await
}

/// Keeps something for ever. Error: [`StoreError::Duplicate`] when the ticket has one of this kind.
pub async fn keep(tx: &mut Tx, row: &ArtifactRow) -> Result<(), StoreError> {
    tx.query("insert into closeout_artifacts (ticket_id, kind, hash, payload, created_at) values ($1, $2, $3, $4, $5)")
        .bind(row.ticket_id)
        .bind(row.kind.as_str())
        .bind(row.hash.as_str())
        .bind(row.payload.clone())
        .bind(row.created_at)
        .execute()
        .await
        .map(drop)
}

/// What was kept of a kind.
pub async fn artifact(tx: &mut Tx, ticket_id: TicketId, kind: &str) -> Result<Option<ArtifactRow>, StoreError> {
    tx.query(
        "select ticket_id, kind, hash, payload, created_at from closeout_artifacts where ticket_id = $1 and kind = $2",
    )
    .bind(ticket_id)
    .bind(kind)
    .optional()
    .await
}
