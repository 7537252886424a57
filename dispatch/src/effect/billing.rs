//! Not built yet.

use patchbay_core::Code;
use patchbay_core::ticket::Refusal;

use crate::error::CommandError;
use crate::work::{Effect, Work};

/// Carries out a command of this family.
#[expect(clippy::unused_async, reason = "not built yet")]
pub(super) async fn run(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    Err(Refusal::new(Code::NotReady, format!("{} is not built yet", work.asked.row.tool)).into())
}

pub(crate) async fn draft(
    tx: &mut patchbay_store::Tx,
    asked: crate::work::Asked<'_>,
    ticket: &patchbay_core::ticket::Ticket,
) -> Result<patchbay_core::ticket::InvoiceState, CommandError> {
    let _ = (tx, asked);
    Ok(ticket.invoice_state)
}
pub(crate) async fn void(
    tx: &mut patchbay_store::Tx,
    ctx: &patchbay_core::Ctx,
    ticket: &patchbay_core::ticket::Ticket,
) -> Result<patchbay_core::ticket::InvoiceState, CommandError> {
    let _ = (tx, ctx);
    Ok(ticket.invoice_state)
}
