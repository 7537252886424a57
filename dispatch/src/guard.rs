//! What the rule of a command would say to a ticket, as far as it is known before the body is. Asks the commands' own
//! rules; a command without an entry here has no rule beyond policy that the ticket alone decides.

use chrono::{DateTime, Utc};
use patchbay_core::Code;
use patchbay_core::actor::Actor;
use patchbay_core::ids::ActorId;
use patchbay_core::role::Role;
use patchbay_core::ticket::words::ApprovalOrigin;
use patchbay_core::ticket::{Command, Refusal, Ticket, approval, assignment, review};
use patchbay_store::cockpit::QueueRow;

/// What is known beside the ticket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// The question it waits for: where it was asked, by whom, as what.
    question: Option<(ApprovalOrigin, ActorId, Role)>,
    /// Until when the customer may confirm its frozen schedule.
    hold_until: Option<DateTime<Utc>>,
}

impl From<&QueueRow> for Known {
    fn from(row: &QueueRow) -> Self {
        let question = match (row.approval_origin, row.approval_by, row.approval_by_role) {
            (Some(origin), Some(by), Some(role)) => Some((origin, by, role)),
            _ => None,
        };
        Self { question, hold_until: row.hold_until }
    }
}

/// What the rule of `command` says. Policy has agreed before.
pub(crate) fn of(
    command: Command,
    ticket: &Ticket,
    known: &Known,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    match command {
        Command::ApprovalDecide => match known.question {
            Some((origin, by, role)) => approval::may_decide(origin, by, role, actor),
            None => Err(Refusal::new(Code::ApprovalNotFound, "the ticket waits for no approval")),
        },
        Command::ScheduleRelease if known.hold_until.is_some_and(|until| until < now) => {
            Err(Refusal::new(Code::CustomerConfirmationStale, "the confirmation window is over")
                .because("confirmation_window_end", known.hold_until.map(|until| until.to_rfc3339())))
        }
        Command::AssignmentDispatch => assignment::dispatch::check_ticket(ticket, actor),
        Command::ReviewRelease => review::decide(ticket, actor).map(drop),
        _ => Ok(()),
    }
}
