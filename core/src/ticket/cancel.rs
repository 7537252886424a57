//! `ticket.cancel`: the work is called off. Source: domain, command 33.

use serde::Deserialize;
use serde_json::json;

use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::state::TicketState;

/// The fields of `ticket.cancel`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Cancellation {
    /// Why.
    pub reason: String,
    /// The same as a word of the desk's own list.
    pub cancellation_code: Option<String>,
}

/// What follows from `ticket.cancel`: nobody does the work any more, nothing holds it.
pub fn decide(ticket: &Ticket, cancellation: &Cancellation) -> Change {
    let mut change = Change::of(ticket);
    change.unassign();
    change.ticket.hold_reason = None;
    change.ticket.held_from_state = None;
    change.ticket.delayed_until = None;
    change.step(TicketState::Cancelled);
    change.tell_with(
        Topic::TicketCancelled,
        json!({
            "cancellation_code": cancellation.cancellation_code,
            "unassigned_tech_id": ticket.assigned_tech_id,
            "unassigned_provider_id": ticket.assigned_provider_id,
        }),
    );
    change
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TechnicianId;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::words::WorkHoldReason;

    #[test]
    fn nobody_stays_assigned_and_nothing_on_hold() {
        let technician = TechnicianId::new();
        let ticket = Ticket {
            assigned_tech_id: Some(technician),
            hold_reason: Some(WorkHoldReason::Safety),
            held_from_state: Some(TicketState::InProgress),
            ..ticket_in(TicketState::OnHold)
        };
        let change = decide(&ticket, &Cancellation { reason: "sold".into(), cancellation_code: Some("SOLD".into()) });
        assert_eq!(change.ticket.state, TicketState::Cancelled);
        assert!(!change.ticket.is_assigned());
        assert_eq!((change.ticket.hold_reason, change.ticket.held_from_state), (None, None));
        assert_eq!(change.told[0].facts["unassigned_tech_id"], json!(technician));
    }
}
