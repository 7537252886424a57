//! `tech.accept`: the performer will come.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;

/// The fields of `tech.accept`.
#[derive(Clone, Debug, Deserialize)]
pub struct Acceptance {
    /// When the performer will be there.
    pub eta: Option<DateTime<Utc>>,
}

/// What follows from `tech.accept`. `None`: it was accepted before, and nothing follows.
pub fn decide(ticket: &Ticket, asked: &Acceptance, now: DateTime<Utc>) -> Option<Change> {
    if ticket.accepted_at.is_some() {
        return None;
    }
    let mut change = Change::of(ticket);
    change.ticket.accepted_at = Some(now);
    change.tell_with(Topic::AssignmentAccepted, json!({"eta": asked.eta}));
    Some(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::schedule::tests::now;
    use crate::ticket::state::TicketState;

    #[test]
    fn accepting_twice_is_the_same_as_once() {
        let ticket = ticket_in(TicketState::Dispatched);
        let change = decide(&ticket, &Acceptance { eta: None }, now()).expect("accepted");
        assert_eq!((change.ticket.accepted_at, change.steps.len()), (Some(now()), 0));
        assert_eq!(decide(&change.ticket, &Acceptance { eta: Some(now()) }, now()), None);
    }
}
