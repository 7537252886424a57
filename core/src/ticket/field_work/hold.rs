//! `tech.hold`: the work is blocked.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::check_in::MOST_AHEAD;
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;
use crate::ticket::state::TicketState;
use crate::ticket::words::WorkHoldReason;

/// The fields of `tech.hold`.
#[derive(Clone, Debug, Deserialize)]
pub struct Blocked {
    /// What blocks the work.
    pub reason: WorkHoldReason,
    /// Attempts to reach the contact on site that were not recorded before.
    #[serde(default)]
    pub contact_attempts: Vec<Attempt>,
}

/// An attempt to reach the contact on site.
#[derive(Clone, Debug, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: DateTime<Utc>,
    /// How.
    pub method: String,
    /// What came of it.
    pub outcome: Option<String>,
}

/// What follows from `tech.hold` when `recorded` attempts to reach the contact are known already. Error: 400
/// `INVALID_REQUEST` when nobody was let in and nobody was tried either, or an attempt lies in the future.
pub fn decide(ticket: &Ticket, asked: &Blocked, recorded: i64, now: DateTime<Utc>) -> Result<Change, Refusal> {
    for (index, attempt) in asked.contact_attempts.iter().enumerate() {
        if attempt.at > now + MOST_AHEAD {
            return Err(Refusal::misfit(
                &format!("contact_attempts[{index}].at"),
                "must not be more than 5 minutes ahead",
            ));
        }
    }
    let has_tried = recorded > 0 || !asked.contact_attempts.is_empty();
    if asked.reason == WorkHoldReason::AccessFailure && !has_tried {
        return Err(Refusal::misfit(
            "contact_attempts",
            "ACCESS_FAILURE needs at least one attempt to reach the contact",
        ));
    }
    Ok(blocked(ticket, asked.reason))
}

/// The work stops, and goes on where it stopped.
pub(super) fn blocked(ticket: &Ticket, reason: WorkHoldReason) -> Change {
    let mut change = Change::of(ticket);
    change.ticket.hold_reason = Some(reason);
    change.ticket.held_from_state = Some(ticket.state);
    change.step(TicketState::OnHold);
    change.tell_with(Topic::TicketOnHold, json!({"hold_reason": reason, "held_from_state": ticket.state}));
    change
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::code::Code;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::schedule::tests::now;

    #[track_caller]
    fn check(reason: WorkHoldReason, tried: &[i64], recorded: i64, expect: Option<Code>) {
        let contact_attempts = tried
            .iter()
            .map(|minutes| Attempt { at: now() + TimeDelta::minutes(*minutes), method: "knock".into(), outcome: None })
            .collect();
        let ticket = ticket_in(TicketState::InProgress);
        let seen = decide(&ticket, &Blocked { reason, contact_attempts }, recorded, now());
        if let Ok(change) = &seen {
            assert_eq!(change.ticket.state, TicketState::OnHold);
            assert_eq!(change.ticket.hold_reason, Some(reason));
            assert_eq!(change.ticket.held_from_state, Some(TicketState::InProgress));
        }
        assert_eq!(seen.err().map(|refusal| refusal.code), expect);
    }

    #[test]
    fn a_closed_door_needs_somebody_who_knocked() {
        check(WorkHoldReason::AccessFailure, &[], 0, Some(Code::InvalidRequest));
        check(WorkHoldReason::AccessFailure, &[-5], 0, None);
        check(WorkHoldReason::AccessFailure, &[], 1, None);
        check(WorkHoldReason::PartsOrdered, &[], 0, None);
    }

    #[test]
    fn nobody_knocks_in_the_future() {
        check(WorkHoldReason::AccessFailure, &[5], 0, None);
        check(WorkHoldReason::AccessFailure, &[-5, 6], 0, Some(Code::InvalidRequest));
    }
}
