//! The one change of tickets that is no command: the person who asked is taken out of them when that person is erased.
//! Nothing else of a ticket changes, and no step of its state is taken.

use patchbay_core::Ctx;
use patchbay_core::audit::{AuditEntry, Outcome};
use patchbay_core::ids::TicketId;
use patchbay_store::{StoreError, Tx, audit, contact_erasure};

use crate::pipeline::Dispatch;

impl Dispatch {
    /// Takes name, telephone number and e-mail address of the requester out of tickets, in the caller's transaction.
    pub async fn forget_requester(&self, tx: &mut Tx, ctx: &Ctx, tickets: &[TicketId]) -> Result<(), StoreError> {
        if tickets.is_empty() {
            return Ok(());
        }
        contact_erasure::empty_tickets(tx, tickets, ctx.now).await?;
        for ticket in tickets {
            let entry = AuditEntry {
                ticket_id: Some(*ticket),
                ..AuditEntry::new(ctx, "ticket.forget_requester", Outcome::Success)
            };
            audit::append(tx, &entry).await?;
        }
        Ok(())
    }
}
