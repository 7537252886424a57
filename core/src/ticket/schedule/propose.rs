//! `schedule.propose`: windows are offered, nothing is committed.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::Window;
use crate::actor::Actor;
use crate::role::Role;
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;
use crate::ticket::state::TicketState;
use crate::ticket::words::OptionSource;

/// The fields of `schedule.propose`.
#[derive(Clone, Debug, Deserialize)]
pub struct Proposal {
    /// One to three windows.
    pub options: Vec<Window>,
}

/// What follows from `schedule.propose`: all windows go on offer in their order, and the ones before them off it. Errors:
/// 400 `INVALID_REQUEST` when a window has begun already or overlaps another.
pub fn decide(ticket: &Ticket, proposal: &Proposal, now: DateTime<Utc>) -> Result<Change, Refusal> {
    for (index, option) in proposal.options.iter().enumerate() {
        if option.start <= now {
            return Err(Refusal::misfit(&format!("options[{index}].start"), "must be in the future"));
        }
        if proposal.options.iter().take(index).any(|earlier| earlier.overlaps(option)) {
            return Err(Refusal::misfit(&format!("options[{index}]"), "must not overlap another window"));
        }
    }
    let mut change = Change::of(ticket);
    change.step(TicketState::ScheduleProposed);
    change.tell_with(Topic::ScheduleProposed, json!({"options": proposal.options}));
    Ok(change)
}

/// Who offers what `actor` proposes.
pub fn source(actor: &Actor) -> OptionSource {
    match actor.role {
        Role::AiAgent => OptionSource::Ai,
        Role::Vendor => OptionSource::Vendor,
        _ => OptionSource::Operator,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::schedule::tests::{now, window};

    #[track_caller]
    fn refused(options: Vec<Window>, path: &str) {
        let ticket = ticket_in(TicketState::ReadyToSchedule);
        let refusal = decide(&ticket, &Proposal { options }, now()).expect_err("refused");
        assert_eq!(refusal.code, Code::InvalidRequest);
        assert_eq!(refusal.facts["validation_errors"][0]["path"], path);
    }

    #[test]
    fn offering_windows_commits_none() {
        let ticket = ticket_in(TicketState::ReadyToSchedule);
        let proposal = Proposal { options: vec![window(1), window(3), window(5)] };
        let change = decide(&ticket, &proposal, now()).expect("offered");
        assert_eq!(change.ticket.state, TicketState::ScheduleProposed);
        assert_eq!(change.ticket.window(), None);
        assert_eq!(change.told[0].facts["options"].as_array().map(Vec::len), Some(3));
    }

    #[test]
    fn windows_begin_in_the_future_and_do_not_overlap() {
        refused(vec![window(0)], "options[0].start");
        refused(vec![window(5), window(-9)], "options[1].start");
        refused(vec![window(5), window(1), window(6)], "options[2]");
    }
}
