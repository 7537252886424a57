//! Attempts to reach the contact on site. Append-only.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ActorId, RecordId, TicketId};

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// An attempt to reach the contact.
    #[derive(Clone, Debug)]
    pub struct ContactAttemptRow {
        /// Our id.
        pub id: RecordId,
        /// Its ticket.
        pub ticket_id: TicketId,
        /// When somebody tried.
        pub attempted_at: DateTime<Utc>,
        /// How: telephone, knocking.
        pub method: String,
        /// What came of it.
        pub outcome: Option<String>,
        /// Who says so.
        pub actor_id: ActorId,
        /// When it was recorded.
        pub created_at: DateTime<Utc>,
    }
}

/// Records an attempt.
pub async fn insert(tx: &mut Tx, row: &ContactAttemptRow) -> Result<(), StoreError> {
    tx.query(
        "insert into contact_attempts (id, ticket_id, attempted_at, method, outcome, actor_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(row.id)
    .bind(row.ticket_id)
    .bind(row.attempted_at)
    .bind(row.method.as_str())
    .bind(row.outcome.as_deref())
    .bind(row.actor_id)
    .bind(row.created_at)
    .execute()
    .await
    .map(drop)
}

/// The attempts that were recorded for a ticket, in that order.
pub async fn of_ticket(tx: &mut Tx, ticket: TicketId) -> Result<Vec<ContactAttemptRow>, StoreError> {
    tx.query(
        "select id, ticket_id, attempted_at, method, outcome, actor_id, created_at
         from contact_attempts where ticket_id = $1 order by id",
    )
    .bind(ticket)
    .all()
    .await
}

/// How many attempts were recorded for a ticket.
pub async fn count(tx: &mut Tx, ticket: TicketId) -> Result<i64, StoreError> {
    tx.query("select count(*) from contact_attempts where ticket_id = $1").bind(ticket).scalar().await
}
