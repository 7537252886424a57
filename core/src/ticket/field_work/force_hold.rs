//! `dispatch.force_hold`: the desk stops the work.

use super::hold;
use crate::ticket::decision::Change;
use crate::ticket::record::Ticket;
use crate::ticket::words::WorkHoldReason;

/// What follows from `dispatch.force_hold`.
pub fn decide(ticket: &Ticket) -> Change {
    hold::blocked(ticket, WorkHoldReason::Dispatch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::state::TicketState;

    #[test]
    fn the_desk_stops_work_on_the_way_and_on_site() {
        for state in [TicketState::Dispatched, TicketState::InProgress] {
            let after = decide(&ticket_in(state)).ticket;
            assert_eq!((after.state, after.held_from_state), (TicketState::OnHold, Some(state)));
            assert_eq!(after.hold_reason, Some(WorkHoldReason::Dispatch));
        }
    }
}
