//! `schedule.reschedule`: another window is committed.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::Window;
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;
use crate::ticket::state::TicketState;
use crate::ticket::words::Attribution;

/// The fields of `schedule.reschedule`.
#[derive(Clone, Debug, Deserialize)]
pub struct Rescheduling {
    /// The new window.
    #[serde(flatten)]
    pub window: Window,
    /// Whose wish it was.
    pub attribution: Attribution,
}

/// What follows from `schedule.reschedule`: the appointment is another one, and nobody is on the way any more. Errors:
/// 400 `INVALID_REQUEST` when the window ends before it starts or has begun.
pub fn decide(ticket: &Ticket, asked: &Rescheduling, now: DateTime<Utc>) -> Result<Change, Refusal> {
    let window = asked.window;
    if window.end <= window.start {
        return Err(Refusal::misfit("end", "must be after the start"));
    }
    if window.start <= now {
        return Err(Refusal::misfit("start", "must be in the future"));
    }
    let mut change = Change::of(ticket);
    change.set_window(Some(window));
    change.ticket.delayed_until = None;
    change.unassign();
    change.step(TicketState::Scheduled);
    change
        .tell_with(Topic::ScheduleRescheduled, json!({"attribution": asked.attribution, "previous": ticket.window()}));
    if ticket.is_assigned() {
        change.tell_with(Topic::NotifyPerformer, ticket.performer_facts());
    }
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::ids::TechnicianId;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::schedule::tests::{now, window};

    fn asked(window: Window) -> Rescheduling {
        Rescheduling { window, attribution: Attribution::Customer }
    }

    #[test]
    fn a_scheduled_ticket_takes_a_step_into_its_own_state() {
        let ticket = ticket_in(TicketState::Scheduled);
        let change = decide(&ticket, &asked(window(9)), now()).expect("rescheduled");
        assert_eq!(change.steps.len(), 1);
        assert_eq!((change.steps[0].from, change.steps[0].to), (Some(TicketState::Scheduled), TicketState::Scheduled));
        assert_eq!(change.ticket.window(), Some(window(9)));
        assert!(change.told.iter().all(|told| told.topic != Topic::NotifyPerformer));
    }

    #[test]
    fn whoever_was_on_the_way_is_told_and_not_assigned_any_more() {
        let technician = TechnicianId::new();
        let ticket = Ticket { assigned_tech_id: Some(technician), ..ticket_in(TicketState::Dispatched) };
        let change = decide(&ticket, &asked(window(9)), now()).expect("rescheduled");
        assert!(!change.ticket.is_assigned());
        let told = change.told.iter().find(|told| told.topic == Topic::NotifyPerformer).expect("told");
        assert_eq!(told.facts["previous_tech_id"], technician.to_string());
    }

    #[test]
    fn the_new_window_is_ahead() {
        let ticket = ticket_in(TicketState::Scheduled);
        for wrong in [window(0), Window { start: window(3).end, end: window(3).start }] {
            assert_eq!(decide(&ticket, &asked(wrong), now()).expect_err("refused").code, Code::InvalidRequest);
        }
    }
}
