//! `schedule.reject`: the offered windows are turned down.

use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::state::TicketState;

/// What follows from `schedule.reject`: no window is on offer and no appointment is tentative any more.
pub fn decide(ticket: &Ticket) -> Change {
    let mut change = Change::of(ticket);
    change.step(TicketState::ReadyToSchedule);
    change.tell(Topic::ScheduleRejected);
    change
}
