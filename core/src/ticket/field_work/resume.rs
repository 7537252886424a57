//! `tech.resume`: the work goes on where it was stopped.

use serde_json::json;

use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::state::TicketState;

/// Where a ticket that is on hold goes on.
pub fn target(ticket: &Ticket) -> TicketState {
    match ticket.held_from_state {
        Some(TicketState::Dispatched) => TicketState::Dispatched,
        _ => TicketState::InProgress,
    }
}

/// What follows from `tech.resume`, once the performer is known not to be in work too far away.
pub fn decide(ticket: &Ticket) -> Change {
    let to = target(ticket);
    let mut change = Change::of(ticket);
    change.resume();
    change.step(to);
    change.tell_with(Topic::TicketResumed, json!({"hold_reason": ticket.hold_reason}));
    change
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::words::WorkHoldReason;

    #[test]
    fn the_work_goes_on_where_it_was_stopped() {
        for state in [TicketState::Dispatched, TicketState::InProgress] {
            let ticket = Ticket {
                held_from_state: Some(state),
                hold_reason: Some(WorkHoldReason::Dispatch),
                ..ticket_in(TicketState::OnHold)
            };
            let after = decide(&ticket).ticket;
            assert_eq!((after.state, after.held_from_state, after.hold_reason), (state, None, None));
        }
    }
}
