//! `ticket.review_release`: a person has looked, so that the ticket may be dispatched. Source: domain, command 37.

use crate::actor::Actor;
use crate::ticket::command::Command;
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;

/// What follows from `ticket.review_release`. Error: 409 `INVALID_STATE_TRANSITION` when nobody has to look.
pub fn decide(ticket: &Ticket, actor: &Actor) -> Result<Change, Refusal> {
    if !ticket.review_required {
        return Err(Refusal::nothing_changes(Command::ReviewRelease.row(), ticket.state));
    }
    let mut change = Change::of(ticket);
    change.ticket.review_required = false;
    // The reasons stay: they say what the look was about.
    change.ticket.reviewed_by = Some(actor.id);
    change.tell(Topic::ReviewReleased);
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::state::TicketState;

    #[test]
    fn a_look_is_taken_once() {
        let waiting = Ticket { review_required: true, ..ticket_in(TicketState::Scheduled) };
        let change = decide(&waiting, &Actor::system()).expect("released");
        assert!(!change.ticket.review_required && change.steps.is_empty());
        assert_eq!(change.ticket.reviewed_by, Some(Actor::system().id));
        let refusal = decide(&change.ticket, &Actor::system()).expect_err("nothing to look at");
        assert_eq!(refusal.code, Code::InvalidStateTransition);
    }
}
