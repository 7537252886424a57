//! The commands that classify a ticket, decide about it and look after it.

mod approval;
mod cancel;
mod escalate;
mod info;
mod triage;
mod update;

use patchbay_core::ticket::{Command as C, review};

use crate::error::CommandError;
use crate::work::{Effect, Work};

/// Carries out a command of this family.
pub(super) async fn run(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    match work.command() {
        C::RequestInfo => info::request(work).await,
        C::Triage => triage::triage(work).await,
        C::ApprovalDecide => approval::decide(work).await,
        C::TicketUpdate => update::update(work).await,
        C::Escalate => escalate::escalate(work).await,
        C::Cancel => cancel::cancel(work).await,
        C::ReviewRelease => Ok(review::decide(work.ticket, &work.ctx().actor)?.into()),
        command => unreachable!("{command:?} is not of this family"),
    }
}
