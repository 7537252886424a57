//! The lines of work on a ticket.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ServiceId, TicketId};

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// One line of work, with what the catalog says about it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ServiceLine {
        /// Which service.
        pub service_id: ServiceId,
        /// Its short name.
        pub code: String,
        /// Its name.
        pub name: String,
        /// How many, in hundredths.
        pub qty_hundredths: i64,
        /// Price of one, in minor units.
        pub unit_price_cents: i64,
        /// How it is taxed.
        pub tax_code: Option<String>,
        /// A ticket with it waits for an approval.
        pub requires_approval: bool,
    }
}

/// A line of work about to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewLine {
    /// Which service.
    pub service_id: ServiceId,
    /// How many, in hundredths.
    pub qty_hundredths: i64,
    /// Price of one, in minor units.
    pub unit_price_cents: i64,
}

/// The lines of a ticket, in order.
pub async fn of_ticket(tx: &mut Tx, ticket: TicketId) -> Result<Vec<ServiceLine>, StoreError> {
    tx.query(
        "select l.service_id, s.code, s.name, l.qty_hundredths, l.unit_price_cents, s.tax_code, s.requires_approval
         from ticket_services l join services s on s.id = l.service_id
         where l.ticket_id = $1 order by l.position",
    )
    .bind(ticket)
    .all()
    .await
}

/// What a technician must be able to do for the lines of a ticket.
pub async fn skills(tx: &mut Tx, ticket: TicketId) -> Result<Vec<String>, StoreError> {
    tx.query(
        "select distinct s.skill_key from ticket_services l join services s on s.id = l.service_id
         where l.ticket_id = $1 and s.skill_key is not null order by s.skill_key",
    )
    .bind(ticket)
    .column()
    .await
}

/// Whether a line of the ticket waits for an approval before it may be scheduled.
pub async fn any_requires_approval(tx: &mut Tx, ticket: TicketId) -> Result<bool, StoreError> {
    tx.query(
        "select exists (select 1 from ticket_services l join services s on s.id = l.service_id
                        where l.ticket_id = $1 and s.requires_approval) as found",
    )
    .bind(ticket)
    .scalar()
    .await
}

/// Puts these lines in the place of those the ticket had.
pub async fn replace(tx: &mut Tx, ticket: TicketId, lines: &[NewLine], now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query("delete from ticket_services where ticket_id = $1").bind(ticket).execute().await?;
    for (position, line) in (1_i64..).zip(lines) {
        tx.query(
            "insert into ticket_services (ticket_id, position, service_id, qty_hundredths, unit_price_cents, created_at)
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(ticket)
        .bind(position)
        .bind(line.service_id)
        .bind(line.qty_hundredths)
        .bind(line.unit_price_cents)
        .bind(now)
        .execute()
        .await?;
    }
    Ok(())
}
