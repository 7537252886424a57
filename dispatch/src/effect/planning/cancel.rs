//! `ticket.cancel`.

use patchbay_core::ticket::cancel::{self, Cancellation};
use patchbay_store::approvals;

use crate::error::CommandError;
use crate::work::{Effect, Work};

pub(super) async fn cancel(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let cancellation: Cancellation = work.input()?;
    let (ticket, now) = (work.ticket.id, work.ctx().now);
    approvals::cancel(work.tx, ticket, now).await?;
    Ok(cancel::decide(work.ticket, &cancellation).into())
}
