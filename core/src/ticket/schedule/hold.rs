//! `schedule.hold`, `schedule.release` and `schedule.rollback`: the schedule is frozen while the customer confirms, and
//! thawed or given up after.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Window;
use crate::actor::Actor;
use crate::code::Code;
use crate::ids::{ActorId, ScheduleHoldId};
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;
use crate::ticket::state::TicketState;
use crate::ticket::words::{HoldReason, HoldStatus};

/// What froze a schedule, and what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hold {
    /// Our id; who confirms names it.
    pub id: ScheduleHoldId,
    /// Why the schedule is frozen.
    pub reason: HoldReason,
    /// Where the ticket stood.
    pub held_state: TicketState,
    /// The window it had.
    pub held_window: Option<Window>,
    /// Within which the customer has to confirm.
    pub confirmation_window: Window,
    /// Where the hold stands.
    pub status: HoldStatus,
    /// Who froze the schedule.
    pub created_by: ActorId,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// The fields of `schedule.hold`.
#[derive(Clone, Debug, Deserialize)]
pub struct Freeze {
    /// Why.
    pub hold_reason: HoldReason,
    /// Within which the customer has to confirm.
    pub confirmation_window: Window,
}

/// The fields of `schedule.release`.
#[derive(Clone, Debug, Deserialize)]
pub struct Release {
    /// Id of the hold.
    pub customer_confirmation_id: ScheduleHoldId,
}

/// The fields of `schedule.rollback`.
#[derive(Clone, Debug, Deserialize)]
pub struct Rollback {
    /// Id of the hold.
    pub confirmation_id: ScheduleHoldId,
}

/// What follows from `schedule.hold` while `active` freezes the schedule already (`None`: nothing does). The time to
/// confirm may be over: then the hold says that a confirmation went stale, and only a rollback ends it. Errors: 409
/// `SCHEDULE_HOLD_STATE_CONFLICT`, 409 `HOLD_SNAPSHOT_MISSING` when a scheduled ticket has no window.
pub fn freeze(
    ticket: &Ticket,
    asked: &Freeze,
    active: Option<ScheduleHoldId>,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<(Change, Hold), Refusal> {
    if let Some(hold) = active {
        return Err(Refusal::new(Code::ScheduleHoldStateConflict, "the schedule is frozen already")
            .because("hold_id", hold.to_string()));
    }
    let hold = Hold {
        id: ScheduleHoldId::new(),
        reason: asked.hold_reason,
        held_state: ticket.state,
        held_window: ticket.window(),
        confirmation_window: asked.confirmation_window,
        status: HoldStatus::Active,
        created_by: actor.id,
        created_at: now,
    };
    restorable(&hold)?;
    let mut change = Change::of(ticket);
    change.step(TicketState::PendingCustomerConfirmation);
    let facts = json!({
        "hold_id": hold.id, "hold_reason": hold.reason, "confirmation_window": hold.confirmation_window,
    });
    change.tell_with(Topic::ScheduleHeld, facts);
    Ok((change, hold))
}

/// What follows from `schedule.release` of a schedule that `hold` freezes: the ticket stands where it stood. Errors: 409
/// `HOLD_SNAPSHOT_MISSING`, `HOLD_CONFIRMATION_MISSING`, `CUSTOMER_CONFIRMATION_STALE` and
/// `SCHEDULE_HOLD_STATE_CONFLICT`.
pub fn release(ticket: &Ticket, asked: &Release, hold: Option<&Hold>, now: DateTime<Utc>) -> Result<Change, Refusal> {
    let hold = named(asked.customer_confirmation_id, hold)?;
    if now > hold.confirmation_window.end {
        return Err(Refusal::new(Code::CustomerConfirmationStale, "the time to confirm is over; roll the hold back")
            .because("hold_id", hold.id.to_string())
            .because("confirmation_window", json!(hold.confirmation_window)));
    }
    restorable(hold)?;
    let mut change = Change::of(ticket);
    change.set_window(hold.held_window);
    change.step(hold.held_state);
    change.tell_with(Topic::ScheduleReleased, json!({"hold_id": hold.id}));
    Ok(change)
}

/// What follows from `schedule.rollback` of a schedule that `hold` freezes, however old: it has no window any more, none
/// is on offer, and the appointment is off. Errors: 409 `HOLD_SNAPSHOT_MISSING` and `HOLD_CONFIRMATION_MISSING`.
pub fn roll_back(ticket: &Ticket, asked: &Rollback, hold: Option<&Hold>) -> Result<Change, Refusal> {
    let hold = named(asked.confirmation_id, hold)?;
    let mut change = Change::of(ticket);
    change.set_window(None);
    change.step(TicketState::ReadyToSchedule);
    change.tell_with(Topic::ScheduleRolledBack, json!({"hold_id": hold.id}));
    Ok(change)
}

/// The hold a caller names.
fn named(id: ScheduleHoldId, hold: Option<&Hold>) -> Result<&Hold, Refusal> {
    let hold = hold.ok_or_else(|| {
        Refusal::new(Code::HoldSnapshotMissing, "nothing says what the schedule was before it was frozen")
    })?;
    if hold.id == id {
        return Ok(hold);
    }
    Err(Refusal::new(Code::HoldConfirmationMissing, "this is not the hold that freezes the schedule")
        .because("confirmation_id", id.to_string()))
}

/// Whether a ticket can stand again where the hold found it.
fn restorable(hold: &Hold) -> Result<(), Refusal> {
    match (hold.held_state, hold.held_window) {
        (TicketState::ScheduleProposed, _) | (TicketState::Scheduled, Some(_)) => Ok(()),
        (TicketState::Scheduled, None) => {
            Err(Refusal::new(Code::HoldSnapshotMissing, "the ticket is scheduled without a window"))
        }
        (state, _) => Err(Refusal::new(Code::ScheduleHoldStateConflict, "the held state cannot be taken up again")
            .because("held_state", state.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::ticket::create::tests::ticket_in;
    use crate::ticket::schedule::tests::{now, window};

    fn scheduled() -> Ticket {
        let window = window(5);
        Ticket {
            scheduled_start: Some(window.start),
            scheduled_end: Some(window.end),
            ..ticket_in(TicketState::Scheduled)
        }
    }

    fn asked() -> Freeze {
        Freeze { hold_reason: HoldReason::CustomerPending, confirmation_window: window(0) }
    }

    fn frozen(ticket: &Ticket) -> (Ticket, Hold) {
        let (change, hold) = freeze(ticket, &asked(), None, &Actor::system(), now()).expect("frozen");
        assert_eq!(change.ticket.state, TicketState::PendingCustomerConfirmation);
        (change.ticket, hold)
    }

    #[track_caller]
    fn refused<T: std::fmt::Debug>(seen: Result<T, Refusal>, expect: Code) {
        assert_eq!(seen.expect_err("refused").code, expect);
    }

    #[test]
    fn a_released_ticket_stands_where_it_stood() {
        for ticket in [scheduled(), ticket_in(TicketState::ScheduleProposed)] {
            let (held, hold) = frozen(&ticket);
            let release_it = Release { customer_confirmation_id: hold.id };
            let change = release(&held, &release_it, Some(&hold), window(0).end).expect("released");
            assert_eq!((change.ticket.state, change.ticket.window()), (ticket.state, ticket.window()));
        }
    }

    #[test]
    fn a_stale_hold_is_rolled_back_but_not_released() {
        let (held, hold) = frozen(&scheduled());
        let late = window(0).end + TimeDelta::microseconds(1);
        let release_it = Release { customer_confirmation_id: hold.id };
        refused(release(&held, &release_it, Some(&hold), late), Code::CustomerConfirmationStale);
        let change = roll_back(&held, &Rollback { confirmation_id: hold.id }, Some(&hold)).expect("rolled back");
        assert_eq!((change.ticket.state, change.ticket.window()), (TicketState::ReadyToSchedule, None));
    }

    #[test]
    fn only_the_hold_that_freezes_the_schedule_thaws_it() {
        let (held, hold) = frozen(&scheduled());
        let other = ScheduleHoldId::new();
        let release_other = Release { customer_confirmation_id: other };
        refused(release(&held, &release_other, Some(&hold), now()), Code::HoldConfirmationMissing);
        refused(release(&held, &release_other, None, now()), Code::HoldSnapshotMissing);
        refused(roll_back(&held, &Rollback { confirmation_id: other }, Some(&hold)), Code::HoldConfirmationMissing);
        refused(roll_back(&held, &Rollback { confirmation_id: other }, None), Code::HoldSnapshotMissing);
        let impossible = Hold { held_state: TicketState::Dispatched, ..hold.clone() };
        let release_it = Release { customer_confirmation_id: hold.id };
        refused(release(&held, &release_it, Some(&impossible), now()), Code::ScheduleHoldStateConflict);
        let torn = Hold { held_window: None, ..hold.clone() };
        refused(release(&held, &release_it, Some(&torn), now()), Code::HoldSnapshotMissing);
    }

    #[test]
    fn a_schedule_is_frozen_once() {
        let ticket = scheduled();
        let freeze_at = |active, at| freeze(&ticket, &asked(), active, &Actor::system(), at);
        refused(freeze_at(Some(ScheduleHoldId::new()), now()), Code::ScheduleHoldStateConflict);
        assert!(freeze_at(None, window(0).end + TimeDelta::days(1)).is_ok(), "a stale confirmation can be held");
    }
}
