//! Rankings of the technicians who could do the work of a ticket. Append-only.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ActorId, RecommendationId, TechnicianId, TicketId};
use serde_json::Value;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A ranking as it is stored.
    #[derive(Clone, Debug)]
    pub struct RecommendationRow {
        /// Our id.
        pub id: RecommendationId,
        /// The ticket.
        pub ticket_id: TicketId,
        /// Who asked.
        pub requested_by: ActorId,
        /// What was asked for.
        pub service_type: String,
        /// How many were asked for.
        pub wanted: i64,
        /// When the work is to be done, from.
        pub window_start: DateTime<Utc>,
        /// When the work is to be done, until.
        pub window_end: DateTime<Utc>,
        /// The best, best first.
        pub candidates: Value,
        /// The best of all.
        pub recommended_tech_id: TechnicianId,
        /// When it was made.
        pub created_at: DateTime<Utc>,
    }
}

/// Keeps a ranking.
pub async fn insert(tx: &mut Tx, row: &RecommendationRow) -> Result<(), StoreError> {
    tx.query(
        "insert into recommendation_snapshots (id, ticket_id, requested_by, service_type, wanted, window_start,
                window_end, candidates, recommended_tech_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(row.id)
    .bind(row.ticket_id)
    .bind(row.requested_by)
    .bind(row.service_type.as_str())
    .bind(row.wanted)
    .bind(row.window_start)
    .bind(row.window_end)
    .bind(row.candidates.clone())
    .bind(row.recommended_tech_id)
    .bind(row.created_at)
    .execute()
    .await
    .map(drop)
}

/// One ranking of a ticket.
pub async fn by_id(
    tx: &mut Tx,
    ticket: TicketId,
    id: RecommendationId,
) -> Result<Option<RecommendationRow>, StoreError> {
    tx.query(
        "select id, ticket_id, requested_by, service_type, wanted, window_start, window_end, candidates,
                recommended_tech_id, created_at
         from recommendation_snapshots where ticket_id = $1 and id = $2",
    )
    .bind(ticket)
    .bind(id)
    .optional()
    .await
}
