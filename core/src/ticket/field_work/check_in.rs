//! `tech.check_in`: the performer is there and starts.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;

use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;
use crate::ticket::state::TicketState;

/// How far a performer's clock may be ahead of ours.
pub const MOST_AHEAD: TimeDelta = TimeDelta::minutes(5);

/// The fields of `tech.check_in`. Where the performer stood is kept by the audit log.
#[derive(Clone, Debug, Deserialize)]
pub struct Arrival {
    /// When the performer arrived.
    pub timestamp: DateTime<Utc>,
}

/// What follows from `tech.check_in`, once the performer is known not to be in work too far away: arrival, then work.
/// Error: 400 `INVALID_REQUEST` when the time is more than five minutes ahead.
pub fn decide(ticket: &Ticket, arrival: &Arrival, now: DateTime<Utc>) -> Result<Change, Refusal> {
    if arrival.timestamp > now + MOST_AHEAD {
        return Err(Refusal::misfit("timestamp", "must not be more than 5 minutes ahead"));
    }
    let mut change = Change::of(ticket);
    change.ticket.delayed_until = None;
    change.step(TicketState::OnSite);
    change.step(TicketState::InProgress);
    change.tell_with(Topic::TicketOnSite, json!({"arrived_at": arrival.timestamp}));
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::schedule::tests::now;

    #[test]
    fn arriving_takes_two_steps() {
        let ticket = ticket_in(TicketState::Dispatched);
        let change = decide(&ticket, &Arrival { timestamp: now() + MOST_AHEAD }, now()).expect("checked in");
        let steps: Vec<TicketState> = change.steps.iter().map(|step| step.to).collect();
        assert_eq!(steps, [TicketState::OnSite, TicketState::InProgress]);
        assert_eq!(change.steps[1].from, Some(TicketState::OnSite));
    }

    #[test]
    fn nobody_arrives_in_the_future() {
        let ticket = ticket_in(TicketState::Dispatched);
        let timestamp = now() + MOST_AHEAD + TimeDelta::microseconds(1);
        let refusal = decide(&ticket, &Arrival { timestamp }, now()).expect_err("refused");
        assert_eq!(refusal.code, Code::InvalidRequest);
    }
}
