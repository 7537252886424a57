//! `tech.decline`: the performer will not come.

use serde::Deserialize;

use super::Rejected;
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::state::TicketState;

/// The fields of `tech.decline`.
#[derive(Clone, Debug, Deserialize)]
pub struct Refusing {
    /// Why.
    pub reason: String,
}

/// What follows from `tech.decline`, and who is not asked again. The window stays agreed with the customer; without one
/// (an emergency is dispatched at once) the ticket waits for a schedule.
pub fn decide(ticket: &Ticket) -> (Change, Rejected) {
    let mut change = Change::of(ticket);
    change.unassign();
    change.ticket.delayed_until = None;
    change.step(match ticket.window() {
        Some(_) => TicketState::Scheduled,
        None => TicketState::ReadyToSchedule,
    });
    change.tell_with(Topic::AssignmentDeclined, ticket.performer_facts());
    (change, ticket.performer())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TechnicianId;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::schedule::tests::window;

    #[test]
    fn whoever_declines_is_remembered_and_the_window_stays() {
        let technician = Some(TechnicianId::new());
        let (start, end) = (Some(window(3).start), Some(window(3).end));
        for (start, end, to) in [(start, end, TicketState::Scheduled), (None, None, TicketState::ReadyToSchedule)] {
            let ticket = Ticket {
                assigned_tech_id: technician,
                accepted_at: start,
                scheduled_start: start,
                scheduled_end: end,
                ..ticket_in(TicketState::Dispatched)
            };
            let (change, rejected) = decide(&ticket);
            assert_eq!(rejected, Rejected { technician, vendor: None });
            assert_eq!((change.ticket.state, change.ticket.window()), (to, ticket.window()));
            assert_eq!((change.ticket.is_assigned(), change.ticket.accepted_at), (false, None));
        }
    }
}
