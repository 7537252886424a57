//! `schedule.return_visit`: work that is on hold needs another visit.

use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::state::TicketState;

/// What became of the visit that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// Somebody was there.
    Kept,
    /// Nobody came.
    Missed,
}

/// What follows from `schedule.return_visit`, and what became of the appointment so far. Nobody does the work until it is
/// scheduled and dispatched again; evidence stays.
pub fn decide(ticket: &Ticket) -> (Change, Visit) {
    let visit = match ticket.held_from_state {
        Some(TicketState::Dispatched) => Visit::Missed,
        _ => Visit::Kept,
    };
    let mut change = Change::of(ticket);
    change.set_window(None);
    change.resume();
    change.unassign();
    change.step(TicketState::ReadyToSchedule);
    change.tell_with(Topic::ReturnVisit, ticket.performer_facts());
    (change, visit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TechnicianId;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::schedule::tests::window;
    use crate::ticket::words::WorkHoldReason;

    #[test]
    fn another_visit_starts_without_window_and_performer() {
        let ticket = Ticket {
            scheduled_start: Some(window(-3).start),
            scheduled_end: Some(window(-3).end),
            assigned_tech_id: Some(TechnicianId::new()),
            hold_reason: Some(WorkHoldReason::PartsOrdered),
            held_from_state: Some(TicketState::InProgress),
            ..ticket_in(TicketState::OnHold)
        };
        let (change, visit) = decide(&ticket);
        assert_eq!(visit, Visit::Kept);
        let after = change.ticket;
        assert_eq!((after.state, after.window(), after.is_assigned()), (TicketState::ReadyToSchedule, None, false));
        assert_eq!((after.hold_reason, after.held_from_state), (None, None));
        let (_, visit) = decide(&Ticket { held_from_state: Some(TicketState::Dispatched), ..ticket });
        assert_eq!(visit, Visit::Missed);
    }
}
