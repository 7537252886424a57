//! `schedule.confirm`: a window is committed.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::Window;
use crate::actor::Actor;
use crate::code::Code;
use crate::role::{ActorType, Role};
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;
use crate::ticket::state::TicketState;
use crate::ticket::words::ConfirmationMethod;

/// The fields of `schedule.confirm`.
#[derive(Clone, Debug, Deserialize)]
pub struct Confirmation {
    /// The window.
    #[serde(flatten)]
    pub window: Window,
    /// Why one that was not offered.
    pub override_reason: Option<String>,
}

/// What follows from `schedule.confirm` while `offered` is on offer. Errors: 400 `INVALID_REQUEST` when the window ends
/// before it starts or is over, 409 `SCHEDULE_OPTION_MISMATCH` when it was not offered and the actor may not deviate, or
/// does not say why.
pub fn decide(
    ticket: &Ticket,
    confirmation: &Confirmation,
    offered: &[Window],
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<Change, Refusal> {
    let window = confirmation.window;
    if window.end <= window.start {
        return Err(Refusal::misfit("end", "must be after the start"));
    }
    if window.end <= now {
        return Err(Refusal::misfit("end", "must be in the future"));
    }
    let may_deviate = matches!(actor.role, Role::Dispatcher | Role::Admin) && confirmation.override_reason.is_some();
    let is_offered = offered.contains(&window);
    if !is_offered && !may_deviate {
        return Err(Refusal::new(Code::ScheduleOptionMismatch, "the window is not one of those on offer")
            .because("offered", json!(offered)));
    }
    let mut change = Change::of(ticket);
    change.set_window(Some(window));
    change.step(TicketState::Scheduled);
    change.tell_with(Topic::AppointmentConfirmed, json!({"is_offered": is_offered}));
    if ticket.has_requester() {
        change.tell(Topic::NotifyCustomer);
    }
    change.tell(Topic::NotifyAccountOwner);
    Ok(change)
}

/// How `actor` agrees to a window. `None`: the channel the customer wrote on is not known here.
pub fn method(actor: &Actor) -> Option<ConfirmationMethod> {
    match (actor.role, actor.actor_type) {
        (Role::Customer, ActorType::Human) => Some(ConfirmationMethod::Portal),
        (Role::Customer | Role::System, _) => None,
        _ => Some(ConfirmationMethod::Operator),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::schedule::tests::{now, window};

    #[track_caller]
    fn check(role: Role, chosen: Window, reason: Option<&str>, expect: Result<(), Code>) {
        let actor = Actor { role, actor_type: ActorType::Human, ..Actor::system() };
        let confirmation = Confirmation { window: chosen, override_reason: reason.map(str::to_owned) };
        let ticket = ticket_in(TicketState::ScheduleProposed);
        let seen = decide(&ticket, &confirmation, &[window(1), window(5)], &actor, now());
        if let Ok(change) = &seen {
            assert_eq!((change.ticket.state, change.ticket.window()), (TicketState::Scheduled, Some(chosen)));
        }
        assert_eq!(seen.map(drop).map_err(|refusal| refusal.code), expect, "{role} {chosen:?}");
    }

    #[test]
    fn everybody_may_take_what_is_on_offer() {
        for role in [Role::Customer, Role::Dispatcher, Role::System, Role::TeamLead] {
            check(role, window(5), None, Ok(()));
        }
    }

    #[test]
    fn only_dispatchers_and_administrators_deviate_and_say_why() {
        for role in [Role::Dispatcher, Role::Admin] {
            check(role, window(9), Some("the customer called"), Ok(()));
            check(role, window(9), None, Err(Code::ScheduleOptionMismatch));
        }
        for role in [Role::Customer, Role::Supervisor, Role::TeamLead, Role::System] {
            check(role, window(9), Some("please"), Err(Code::ScheduleOptionMismatch));
        }
    }

    #[test]
    fn a_window_that_is_over_or_upside_down_is_not_committed() {
        check(Role::Admin, window(-3), Some("late"), Err(Code::InvalidRequest));
        let upside_down = Window { start: window(3).end, end: window(3).start };
        check(Role::Admin, upside_down, Some("why not"), Err(Code::InvalidRequest));
    }

    #[test]
    fn the_customer_is_told_when_there_is_one() {
        let dispatcher = Actor { role: Role::Dispatcher, ..Actor::system() };
        let confirmation = Confirmation { window: window(1), override_reason: None };
        let mut ticket = ticket_in(TicketState::ScheduleProposed);
        for (phone, expect) in [(None, false), (Some("+15550100".to_owned()), true)] {
            ticket.contact_phone = phone;
            ticket.contact_id = None;
            let change = decide(&ticket, &confirmation, &[window(1)], &dispatcher, now()).expect("confirmed");
            assert_eq!(change.told.iter().any(|told| told.topic == Topic::NotifyCustomer), expect);
        }
    }
}
