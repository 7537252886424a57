//! Who is not to be asked again to do the work of a ticket. Append-only.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{RecordId, TechnicianId, TicketId, VendorId};

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// Somebody who is not to be asked again.
    #[derive(Clone, Debug)]
    pub struct RejectionRow {
        /// Our id.
        pub id: RecordId,
        /// The ticket.
        pub ticket_id: TicketId,
        /// The technician; or:
        pub technician_id: Option<TechnicianId>,
        /// The vendor.
        pub vendor_id: Option<VendorId>,
        /// Why.
        pub reason: String,
        /// Since when.
        pub created_at: DateTime<Utc>,
    }
}

/// Remembers somebody.
pub async fn insert(tx: &mut Tx, row: &RejectionRow) -> Result<(), StoreError> {
    tx.query(
        "insert into performer_rejections (id, ticket_id, technician_id, vendor_id, reason, created_at)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(row.id)
    .bind(row.ticket_id)
    .bind(row.technician_id)
    .bind(row.vendor_id)
    .bind(row.reason.as_str())
    .bind(row.created_at)
    .execute()
    .await
    .map(drop)
}

/// Everybody who is not to be asked again for a ticket.
pub async fn of_ticket(tx: &mut Tx, ticket: TicketId) -> Result<Vec<RejectionRow>, StoreError> {
    tx.query(
        "select id, ticket_id, technician_id, vendor_id, reason, created_at
         from performer_rejections where ticket_id = $1 order by id",
    )
    .bind(ticket)
    .all()
    .await
}
