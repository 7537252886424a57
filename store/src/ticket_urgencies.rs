//! How urgent requesters found their tickets, where ranking has raised that: it is ranked anew from what was asked.

use patchbay_core::ids::TicketId;
use patchbay_core::ticket::Urgency;

use crate::error::StoreError;
use crate::tx::Tx;

/// What was asked for a ticket; `None` when that is what it has.
pub async fn asked(tx: &mut Tx, ticket: TicketId) -> Result<Option<Urgency>, StoreError> {
    let found: Vec<Option<Urgency>> =
        tx.query("select asked_urgency from tickets where id = $1").bind(ticket).column().await?;
    Ok(found.into_iter().next().flatten())
}

/// Keeps what was asked for a ticket.
pub async fn keep(tx: &mut Tx, ticket: TicketId, urgency: Urgency) -> Result<(), StoreError> {
    tx.query("update tickets set asked_urgency = $2 where id = $1").bind(ticket).bind(urgency).execute().await.map(drop)
}
