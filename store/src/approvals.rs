//! Questions about tickets that somebody has to decide.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ApprovalId, TicketId};
use patchbay_core::ticket::Approval;
use patchbay_core::ticket::words::{ApprovalOrigin, ApprovalStatus, ApprovalType};

use crate::error::StoreError;
use crate::row::{Record, Row};
use crate::tx::Tx;

crate::stored_words!(ApprovalOrigin, ApprovalStatus, ApprovalType);

impl Record for Approval {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id")?,
            ticket_id: row.get("ticket_id")?,
            approval_type: row.get("approval_type")?,
            origin: row.get("origin")?,
            return_state: row.get("return_state")?,
            status: row.get("status")?,
            reason: row.get("reason")?,
            amount_delta_cents: row.get("amount_delta_cents")?,
            evidence_refs: row.get("evidence_refs")?,
            requested_by: row.get("requested_by")?,
            requested_by_role: row.get("requested_by_role")?,
            requested_by_type: row.get("requested_by_type")?,
            requested_at: row.get("requested_at")?,
            decided_by: row.get("decided_by")?,
            decided_by_role: row.get("decided_by_role")?,
            decided_at: row.get("decided_at")?,
            notes: row.get("notes")?,
        })
    }
}

/// Asks a question. Error: [`StoreError::Duplicate`] when the ticket waits for an answer already.
pub async fn insert(tx: &mut Tx, approval: &Approval) -> Result<(), StoreError> {
    tx.query(
        "insert into approvals (id, ticket_id, approval_type, origin, return_state, status, reason, amount_delta_cents,
                evidence_refs, requested_by, requested_by_role, requested_by_type, requested_at, decided_by,
                decided_by_role, decided_at, notes)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(approval.id)
    .bind(approval.ticket_id)
    .bind(approval.approval_type)
    .bind(approval.origin)
    .bind(approval.return_state)
    .bind(approval.status)
    .bind(approval.reason.as_deref())
    .bind(approval.amount_delta_cents)
    .bind(approval.evidence_refs.clone())
    .bind(approval.requested_by)
    .bind(approval.requested_by_role)
    .bind(approval.requested_by_type)
    .bind(approval.requested_at)
    .bind(approval.decided_by)
    .bind(approval.decided_by_role)
    .bind(approval.decided_at)
    .bind(approval.notes.as_deref())
    .execute()
    .await
    .map(drop)
}

/// One question. Its ticket is locked by whoever is about to answer it.
pub async fn by_id(tx: &mut Tx, id: ApprovalId) -> Result<Option<Approval>, StoreError> {
    tx.query(
        "select id, ticket_id, approval_type, origin, return_state, status, reason, amount_delta_cents, evidence_refs,
                requested_by, requested_by_role, requested_by_type, requested_at, decided_by, decided_by_role,
                decided_at, notes
         from approvals where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The question a ticket waits for.
pub async fn pending(tx: &mut Tx, ticket: TicketId) -> Result<Option<Approval>, StoreError> {
    tx.query(
        "select id, ticket_id, approval_type, origin, return_state, status, reason, amount_delta_cents, evidence_refs,
                requested_by, requested_by_role, requested_by_type, requested_at, decided_by, decided_by_role,
                decided_at, notes
         from approvals where ticket_id = $1 and status = 'PENDING'",
    )
    .bind(ticket)
    .optional()
    .await
}

/// Writes the answer to a question. Error: [`StoreError::Conflict`] when there is one already.
pub async fn decide(tx: &mut Tx, approval: &Approval) -> Result<(), StoreError> {
    let rows = tx
        .query(
            "update approvals set status = $2, decided_by = $3, decided_by_role = $4, decided_at = $5, notes = $6
             where id = $1 and status = 'PENDING'",
        )
        .bind(approval.id)
        .bind(approval.status)
        .bind(approval.decided_by)
        .bind(approval.decided_by_role)
        .bind(approval.decided_at)
        .bind(approval.notes.as_deref())
        .execute()
        .await?;
    if rows == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// Takes back what a ticket waits for, because the ticket does not go on. `false`: it waits for nothing.
pub async fn cancel(tx: &mut Tx, ticket: TicketId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let rows = tx
        .query("update approvals set status = 'CANCELLED', decided_at = $2 where ticket_id = $1 and status = 'PENDING'")
        .bind(ticket)
        .bind(now)
        .execute()
        .await?;
    Ok(rows > 0)
}
