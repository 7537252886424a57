//! What the commands do, family by family: load the facts, let the rule in `patchbay_core::ticket` decide, write the rows
//! that belong to the command. The ticket itself, its steps, the audit and the outbox are the pipeline's to write.
//!
//! A new command on a ticket is a row in the table, a rule, and an arm in the `run` of its family.

mod assignment;
pub(crate) mod billing;
pub(crate) mod closeout;
pub(crate) mod creation;
mod field_work;
pub(crate) mod operations;
mod planning;
mod scheduling;

use patchbay_core::ticket::Command as C;

use crate::error::CommandError;
use crate::work::{Effect, Work};

/// Whether a command touches nothing but its ticket and rows that belong to it alone, so that commands on different
/// tickets can share a transaction without waiting for each other in a circle.
pub(crate) fn keeps_to_its_ticket(command: C) -> bool {
    matches!(command, C::RequestInfo | C::Triage | C::ApprovalDecide | C::TicketUpdate | C::ReviewRelease | C::Escalate)
}

/// Carries out a command on a ticket. Errors undo everything.
pub(crate) async fn run(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    match work.command() {
        C::RequestInfo
        | C::Triage
        | C::ApprovalDecide
        | C::TicketUpdate
        | C::ReviewRelease
        | C::Escalate
        | C::Cancel => planning::run(work).await,
        C::SchedulePropose
        | C::ScheduleConfirm
        | C::ScheduleReject
        | C::ScheduleHold
        | C::ScheduleRelease
        | C::ScheduleRollback
        | C::ScheduleReschedule
        | C::ReturnVisit => scheduling::run(work).await,
        C::Recommend | C::AssignmentDispatch => assignment::run(work).await,
        C::ForceHold
        | C::ForceUnassign
        | C::TechAccept
        | C::TechDecline
        | C::CheckIn
        | C::TechHold
        | C::TechResume
        | C::RequestChange => field_work::run(work).await,
        C::AddEvidence
        | C::Complete
        | C::Candidate
        | C::EvidenceException
        | C::QaVerify
        | C::Close
        | C::ForceClose
        | C::Reopen => closeout::run(work).await,
        C::GenerateInvoice => billing::run(work).await,
        C::TicketCreate
        | C::TicketBlindIntake
        | C::AutonomyPause
        | C::AutonomyRollback
        | C::OutboxReplay
        | C::TicketRead
        | C::TicketList
        | C::TicketTimeline
        | C::TicketEvidence
        | C::TicketInvoice
        | C::Cockpit
        | C::JobPacket
        | C::AutonomyState
        | C::AutonomyHistory
        | C::OutboxList => unreachable!("the table says that this is no command on a ticket"),
    }
}
