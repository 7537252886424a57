//! The windows that were offered for a ticket, and the holds that freeze its schedule.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ActorId, RecordId, ScheduleHoldId, ScheduleOptionId, TicketId};
use patchbay_core::ticket::TicketState;
use patchbay_core::ticket::words::{HoldReason, HoldStatus, OptionSource};

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

crate::stored_words!(HoldReason, HoldStatus, OptionSource);

record! {
    /// A window that was offered for a ticket.
    #[derive(Clone, Debug)]
    pub struct OptionRow {
        /// Our id.
        pub id: ScheduleOptionId,
        /// Its ticket.
        pub ticket_id: TicketId,
        /// The same for all windows that were offered together.
        pub proposal_id: RecordId,
        /// Its place among them, from 1.
        pub position: i64,
        /// From.
        pub starts_at: DateTime<Utc>,
        /// Until.
        pub ends_at: DateTime<Utc>,
        /// Who offered it.
        pub source: OptionSource,
        /// When it was offered.
        pub created_at: DateTime<Utc>,
        /// No longer on offer since.
        pub closed_at: Option<DateTime<Utc>>,
    }
}

record! {
    /// A hold of a ticket's schedule.
    #[derive(Clone, Debug)]
    pub struct HoldRow {
        /// Our id.
        pub id: ScheduleHoldId,
        /// Its ticket.
        pub ticket_id: TicketId,
        /// Why the schedule is frozen.
        pub reason: HoldReason,
        /// Where the ticket stood.
        pub held_state: TicketState,
        /// The window it had, from.
        pub held_start: Option<DateTime<Utc>>,
        /// The window it had, until.
        pub held_end: Option<DateTime<Utc>>,
        /// When the customer has to confirm, from.
        pub confirm_from: DateTime<Utc>,
        /// When the customer has to confirm, until.
        pub confirm_until: DateTime<Utc>,
        /// Where the hold stands.
        pub status: HoldStatus,
        /// Who froze the schedule.
        pub created_by: ActorId,
        /// When.
        pub created_at: DateTime<Utc>,
        /// When it ended.
        pub settled_at: Option<DateTime<Utc>>,
    }
}

/// Offers a window, beside those that are on offer already. Close those first ([`close_options`]) when they are not.
pub async fn offer(tx: &mut Tx, row: &OptionRow) -> Result<(), StoreError> {
    tx.query(
        "insert into schedule_options (id, ticket_id, proposal_id, position, starts_at, ends_at, source, created_at,
                closed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(row.id)
    .bind(row.ticket_id)
    .bind(row.proposal_id)
    .bind(row.position)
    .bind(row.starts_at)
    .bind(row.ends_at)
    .bind(row.source)
    .bind(row.created_at)
    .bind(row.closed_at)
    .execute()
    .await
    .map(drop)
}

/// The windows that are on offer for a ticket, in their order.
pub async fn live_options(tx: &mut Tx, ticket: TicketId) -> Result<Vec<OptionRow>, StoreError> {
    tx.query(
        "select id, ticket_id, proposal_id, position, starts_at, ends_at, source, created_at, closed_at
         from schedule_options where ticket_id = $1 and closed_at is null order by position, id",
    )
    .bind(ticket)
    .all()
    .await
}

/// Takes all windows of a ticket off offer.
pub async fn close_options(tx: &mut Tx, ticket: TicketId, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query("update schedule_options set closed_at = $2 where ticket_id = $1 and closed_at is null")
        .bind(ticket)
        .bind(now)
        .execute()
        .await
        .map(drop)
}

/// Freezes the schedule of a ticket. Error: [`StoreError::Duplicate`] when it is frozen already.
pub async fn hold(tx: &mut Tx, row: &HoldRow) -> Result<(), StoreError> {
    tx.query(
        "insert into schedule_holds (id, ticket_id, reason, held_state, held_start, held_end, confirm_from,
                confirm_until, status, created_by, created_at, settled_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(row.id)
    .bind(row.ticket_id)
    .bind(row.reason)
    .bind(row.held_state)
    .bind(row.held_start)
    .bind(row.held_end)
    .bind(row.confirm_from)
    .bind(row.confirm_until)
    .bind(row.status)
    .bind(row.created_by)
    .bind(row.created_at)
    .bind(row.settled_at)
    .execute()
    .await
    .map(drop)
}

/// The hold that freezes the schedule of a ticket.
pub async fn active_hold(tx: &mut Tx, ticket: TicketId) -> Result<Option<HoldRow>, StoreError> {
    tx.query(
        "select id, ticket_id, reason, held_state, held_start, held_end, confirm_from, confirm_until, status,
                created_by, created_at, settled_at
         from schedule_holds where ticket_id = $1 and status = 'ACTIVE'",
    )
    .bind(ticket)
    .optional()
    .await
}

/// Ends the hold that freezes the schedule of a ticket, if there is one.
pub async fn settle_hold(
    tx: &mut Tx,
    ticket: TicketId,
    status: HoldStatus,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query("update schedule_holds set status = $2, settled_at = $3 where ticket_id = $1 and status = 'ACTIVE'")
        .bind(ticket)
        .bind(status)
        .bind(now)
        .execute()
        .await
        .map(drop)
}

/// Gives the schedule of a ticket up: no window is on offer and no hold freezes it any more.
pub async fn close(tx: &mut Tx, ticket: TicketId, now: DateTime<Utc>) -> Result<(), StoreError> {
    close_options(tx, ticket, now).await?;
    settle_hold(tx, ticket, HoldStatus::RolledBack, now).await
}
