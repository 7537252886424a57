//! Appointments to do the work of a ticket. At most one of a ticket is live: tentative or confirmed.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ActorId, AppointmentId, TechnicianId, TicketId, VendorId};
use patchbay_core::ticket::words::{AppointmentStatus, ConfirmationMethod};

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

crate::stored_words!(AppointmentStatus, ConfirmationMethod);

record! {
    /// An appointment.
    #[derive(Clone, Debug)]
    pub struct AppointmentRow {
        /// Our id.
        pub id: AppointmentId,
        /// Its ticket.
        pub ticket_id: TicketId,
        /// Technician who comes.
        pub technician_id: Option<TechnicianId>,
        /// Vendor who comes.
        pub vendor_id: Option<VendorId>,
        /// From.
        pub starts_at: DateTime<Utc>,
        /// Until.
        pub ends_at: DateTime<Utc>,
        /// Where it stands.
        pub status: AppointmentStatus,
        /// How it was agreed.
        pub confirmation_method: Option<ConfirmationMethod>,
        /// Who agreed.
        pub confirmed_by: Option<ActorId>,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it changed last.
        pub updated_at: DateTime<Utc>,
    }
}

/// Makes an appointment. Error: [`StoreError::Duplicate`] when the ticket has a live one.
pub async fn insert(tx: &mut Tx, row: &AppointmentRow) -> Result<(), StoreError> {
    tx.query(
        "insert into appointments (id, ticket_id, technician_id, vendor_id, starts_at, ends_at, status,
                confirmation_method, confirmed_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(row.id)
    .bind(row.ticket_id)
    .bind(row.technician_id)
    .bind(row.vendor_id)
    .bind(row.starts_at)
    .bind(row.ends_at)
    .bind(row.status)
    .bind(row.confirmation_method)
    .bind(row.confirmed_by)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await
    .map(drop)
}

/// The live appointment of a ticket.
pub async fn live(tx: &mut Tx, ticket: TicketId) -> Result<Option<AppointmentRow>, StoreError> {
    tx.query(
        "select id, ticket_id, technician_id, vendor_id, starts_at, ends_at, status, confirmation_method, confirmed_by,
                created_at, updated_at
         from appointments where ticket_id = $1 and status in ('TENTATIVE', 'CONFIRMED')",
    )
    .bind(ticket)
    .optional()
    .await
}

/// All appointments of a ticket, in the order they were made.
pub async fn of_ticket(tx: &mut Tx, ticket: TicketId) -> Result<Vec<AppointmentRow>, StoreError> {
    tx.query(
        "select id, ticket_id, technician_id, vendor_id, starts_at, ends_at, status, confirmation_method, confirmed_by,
                created_at, updated_at
         from appointments where ticket_id = $1 order by id",
    )
    .bind(ticket)
    .all()
    .await
}

/// Says that a tentative appointment is agreed.
pub async fn confirm(
    tx: &mut Tx,
    id: AppointmentId,
    method: Option<ConfirmationMethod>,
    by: ActorId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query(
        "update appointments
         set status = 'CONFIRMED', confirmation_method = $2, confirmed_by = $3, updated_at = $4
         where id = $1 and status = 'TENTATIVE'",
    )
    .bind(id)
    .bind(method)
    .bind(by)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// Says who comes to the live appointment of a ticket; nobody when both are `None`.
pub async fn give(
    tx: &mut Tx,
    ticket: TicketId,
    technician: Option<TechnicianId>,
    vendor: Option<VendorId>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query(
        "update appointments set technician_id = $2, vendor_id = $3, updated_at = $4
         where ticket_id = $1 and status in ('TENTATIVE', 'CONFIRMED')",
    )
    .bind(ticket)
    .bind(technician)
    .bind(vendor)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// Calls the live appointment of a ticket off, if there is one.
pub async fn cancel_live(tx: &mut Tx, ticket: TicketId, now: DateTime<Utc>) -> Result<(), StoreError> {
    end_live(tx, ticket, AppointmentStatus::Cancelled, now).await
}

/// Says that the live appointment of a ticket was kept, if there is one.
pub async fn keep_live(tx: &mut Tx, ticket: TicketId, now: DateTime<Utc>) -> Result<(), StoreError> {
    end_live(tx, ticket, AppointmentStatus::Done, now).await
}

async fn end_live(
    tx: &mut Tx,
    ticket: TicketId,
    status: AppointmentStatus,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query(
        "update appointments set status = $2, updated_at = $3
         where ticket_id = $1 and status in ('TENTATIVE', 'CONFIRMED')",
    )
    .bind(ticket)
    .bind(status)
    .bind(now)
    .execute()
    .await
    .map(drop)
}
