//! `ticket.escalate`: somebody is called in. Source: domain, command 38.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::words::EscalationTarget;

/// The fields of `ticket.escalate`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Call {
    /// Why.
    pub reason: String,
    /// Who is called.
    pub target: EscalationTarget,
}

/// What follows from `ticket.escalate`: the level rises by one.
pub fn decide(ticket: &Ticket, call: &Call, now: DateTime<Utc>) -> Change {
    let mut change = Change::of(ticket);
    change.ticket.escalation_level = ticket.escalation_level.saturating_add(1);
    change.ticket.escalated_at = Some(now);
    change.tell_with(Topic::TicketEscalated, json!({ "target": call.target }));
    change
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::state::TicketState;

    #[test]
    fn each_call_raises_the_level() {
        let ticket = ticket_in(TicketState::InProgress);
        let call = Call { reason: "nobody came".into(), target: EscalationTarget::Supervisor };
        let once = decide(&ticket, &call, ticket.created_at).ticket;
        let twice = decide(&once, &call, ticket.created_at);
        assert_eq!((once.escalation_level, twice.ticket.escalation_level), (1, 2));
        assert!(twice.ticket.projections().escalated && twice.steps.is_empty());
        assert_eq!(twice.told[0].facts["target"], "supervisor");
    }
}
