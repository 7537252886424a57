//! `ticket.cancel`.

use patchbay_core::ticket::InvoiceState;
use patchbay_core::ticket::cancel::{self, Cancellation};
use patchbay_store::{appointments, approvals, schedules};

use crate::effect::billing;
use crate::error::CommandError;
use crate::work::{Effect, Work};

/// Also ends what the ticket waits for: windows on offer, a hold, the appointment, a decision.
pub(super) async fn cancel(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let cancellation: Cancellation = work.input()?;
    let (ticket, now) = (work.ticket.id, work.ctx().now);
    schedules::close(work.tx, ticket, now).await?;
    appointments::cancel_live(work.tx, ticket, now).await?;
    approvals::cancel(work.tx, ticket, now).await?;
    let mut change = cancel::decide(work.ticket, &cancellation);
    // Work that quality sent back has a draft already.
    if work.ticket.invoice_state != InvoiceState::NotStarted {
        change.ticket.invoice_state = billing::void(work.tx, work.asked.ctx, work.ticket).await?;
    }
    Ok(change.into())
}
