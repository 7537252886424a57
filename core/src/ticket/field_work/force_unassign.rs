//! `dispatch.force_unassign`: the work is taken away from its performer.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::Rejected;
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::state::TicketState;
use crate::ticket::words::ReassignKind;

/// The fields of `dispatch.force_unassign`.
#[derive(Clone, Debug, Deserialize)]
pub struct Revocation {
    /// Why.
    pub reason: String,
    /// Who shall get the work next.
    pub reassign_type: Option<ReassignKind>,
}

/// What follows from `dispatch.force_unassign`, and who is not asked again: the technician when another technician shall
/// get the work, the vendor when another vendor shall. The window stays while it is still ahead.
pub fn decide(ticket: &Ticket, asked: &Revocation, now: DateTime<Utc>) -> (Change, Option<Rejected>) {
    let mut change = Change::of(ticket);
    change.unassign();
    change.resume();
    change.ticket.delayed_until = None;
    if ticket.window().is_some_and(|window| window.start > now) {
        change.step(TicketState::Scheduled);
    } else {
        change.set_window(None);
        change.step(TicketState::ReadyToSchedule);
    }
    change.tell_with(Topic::AssignmentRevoked, ticket.performer_facts());
    let performer = ticket.performer();
    let rejected = match asked.reassign_type {
        Some(ReassignKind::Tech) => Rejected { vendor: None, ..performer },
        Some(ReassignKind::Provider) => Rejected { technician: None, ..performer },
        None => return (change, None),
    };
    let is_somebody = rejected.technician.is_some() || rejected.vendor.is_some();
    (change, is_somebody.then_some(rejected))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{TechnicianId, VendorId};
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::schedule::tests::{now, window};

    fn at(state: TicketState, hours: i64) -> Ticket {
        Ticket {
            scheduled_start: Some(window(hours).start),
            scheduled_end: Some(window(hours).end),
            assigned_tech_id: Some(TechnicianId::new()),
            held_from_state: (state == TicketState::OnHold).then_some(TicketState::InProgress),
            ..ticket_in(state)
        }
    }

    #[test]
    fn the_window_stays_while_it_is_ahead() {
        let asked = Revocation { reason: "ill".into(), reassign_type: None };
        for state in [TicketState::Dispatched, TicketState::InProgress, TicketState::OnHold] {
            let ahead = at(state, 3);
            let (change, rejected) = decide(&ahead, &asked, now());
            assert_eq!((change.ticket.state, change.ticket.window()), (TicketState::Scheduled, ahead.window()));
            assert_eq!((change.ticket.is_assigned(), change.ticket.held_from_state), (false, None));
            assert_eq!(rejected, None);
            let (change, _) = decide(&at(state, 0), &asked, now());
            assert_eq!((change.ticket.state, change.ticket.window()), (TicketState::ReadyToSchedule, None));
        }
    }

    #[test]
    fn whoever_shall_be_replaced_is_not_asked_again() {
        let ticket = Ticket { assigned_provider_id: Some(VendorId::new()), ..at(TicketState::Dispatched, 3) };
        let rejected = |reassign_type| {
            decide(&ticket, &Revocation { reason: "ill".into(), reassign_type: Some(reassign_type) }, now()).1
        };
        let (technician, vendor) = (ticket.assigned_tech_id, ticket.assigned_provider_id);
        assert_eq!(rejected(ReassignKind::Tech), Some(Rejected { technician, vendor: None }));
        assert_eq!(rejected(ReassignKind::Provider), Some(Rejected { technician: None, vendor }));
    }
}
