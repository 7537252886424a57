use proptest::prelude::*;

use super::*;
use crate::ids::{AccountId, SiteId, TicketId};
use crate::ticket::create::Request;
use crate::ticket::decision::{Birth, SiteFacts};
use crate::ticket::words::Profile;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_614_400, 0).expect("a time") + TimeDelta::minutes(minutes)
}

fn ticket(priority: TicketPriority) -> Ticket {
    let (account_id, site_id) = (AccountId::new(), SiteId::new());
    let request = Request {
        account_id,
        site_id,
        asset_id: None,
        contact_id: None,
        summary: "A door".into(),
        description: None,
        nte_cents: None,
        category: None,
        urgency: None,
        requested_window: None,
        source: None,
        source_message_id: None,
    };
    let site = SiteFacts {
        account_id,
        site_id,
        profile: Profile::Facility,
        currency: "CAD".into(),
        default_nte_cents: None,
        is_audit_flagged: false,
        region_weight: 500,
    };
    let actor = crate::ctx::Ctx::system(at(0), "c").actor;
    let mut ticket = request.into_ticket(&actor, Birth { id: TicketId::new(), now: at(0) }, &site);
    ticket.priority = priority;
    start(&mut ticket);
    ticket
}

/// The ticket after `change` at `now`, as the pipeline makes it.
fn changed(before: &Ticket, now: DateTime<Utc>, change: impl FnOnce(&mut Ticket)) -> Ticket {
    let mut after = before.clone();
    change(&mut after);
    after.sla = follow(before, &after, now);
    after
}

fn hold(ticket: &mut Ticket, reason: WorkHoldReason) {
    ticket.state = S::OnHold;
    ticket.hold_reason = Some(reason);
}

fn resume(ticket: &mut Ticket) {
    ticket.state = S::InProgress;
    ticket.hold_reason = None;
}

#[track_caller]
fn check(ticket: &Ticket, now: i64, remaining: i64, status: SlaStatus) {
    let standing = ticket.sla_standing(at(now));
    assert_eq!((standing.remaining_minutes, standing.status), (remaining, status));
    assert_eq!(standing.deadline_at, at(now + remaining));
}

#[test]
fn the_priority_sets_the_target_and_the_template_overrides_it() {
    check(&ticket(TicketPriority::Emergency), 0, 60, SlaStatus::Healthy);
    check(&ticket(TicketPriority::Urgent), 0, 240, SlaStatus::Healthy);
    check(&ticket(TicketPriority::Routine), 0, 1440, SlaStatus::Healthy);
    let pinned = changed(&ticket(TicketPriority::Routine), at(5), |ticket| {
        ticket.priority = TicketPriority::Urgent;
        ticket.sla.template_minutes = Some(120);
    });
    check(&pinned, 10, 110, SlaStatus::Healthy);
    assert_eq!(pinned.sla_standing(at(10)).target_minutes, 120);
}

#[test]
fn the_last_45_minutes_warn_and_the_first_second_after_is_a_breach() {
    let ticket = ticket(TicketPriority::Emergency);
    check(&ticket, 14, 46, SlaStatus::Healthy);
    check(&ticket, 15, 45, SlaStatus::Warning);
    check(&ticket, 60, 0, SlaStatus::Warning);
    let late = ticket.sla_standing(at(60) + TimeDelta::seconds(1));
    assert_eq!((late.remaining_minutes, late.status), (-1, SlaStatus::Breach));
    let almost = ticket.sla_standing(at(14) + TimeDelta::seconds(1));
    assert_eq!((almost.remaining_minutes, almost.status), (45, SlaStatus::Warning));
}

#[test]
fn a_window_moves_the_clock_and_giving_it_up_moves_it_back() {
    let planned = changed(&ticket(TicketPriority::Urgent), at(30), |ticket| ticket.scheduled_start = Some(at(600)));
    check(&planned, 30, 810, SlaStatus::Healthy);
    let given_up = changed(&planned, at(100), |ticket| ticket.scheduled_start = None);
    check(&given_up, 100, 140, SlaStatus::Healthy);
}

#[test]
fn waiting_for_the_customer_stops_the_clock_and_other_holds_do_not() {
    let work = changed(&ticket(TicketPriority::Urgent), at(0), |ticket| ticket.state = S::InProgress);
    for reason in WorkHoldReason::ALL {
        let held = changed(&work, at(100), |ticket| hold(ticket, *reason));
        let stops = matches!(reason, WorkHoldReason::CustomerRequest | WorkHoldReason::AccessFailure);
        check(&held, 150, if stops { 140 } else { 90 }, SlaStatus::Healthy);
        let resumed = changed(&held, at(160), resume);
        check(&resumed, 160, if stops { 140 } else { 80 }, SlaStatus::Healthy);
        assert_eq!(resumed.sla.paused_seconds, if stops { 3600 } else { 0 });
        assert_eq!(resumed.sla.paused_since, None);
    }
}

#[test]
fn a_new_window_forgets_the_pauses_and_the_creation_remembers_them() {
    let work = changed(&ticket(TicketPriority::Urgent), at(0), |ticket| ticket.scheduled_start = Some(at(10)));
    let held = changed(&work, at(20), |ticket| hold(ticket, WorkHoldReason::AccessFailure));
    let back = changed(&held, at(50), |ticket| {
        resume(ticket);
        ticket.state = S::ReadyToSchedule;
        ticket.scheduled_start = None;
    });
    check(&back, 50, 220, SlaStatus::Healthy);
    let again = changed(&back, at(60), |ticket| ticket.scheduled_start = Some(at(500)));
    check(&again, 60, 680, SlaStatus::Healthy);
}

#[test]
fn every_state_says_whom_it_waits_for() {
    use DelayAttribution as D;
    let expect = |state: S| match state {
        S::NeedsInfo | S::ApprovalRequired | S::PendingCustomerConfirmation => D::Customer,
        S::Scheduled | S::Dispatched | S::OnSite | S::InProgress | S::OnHold | S::CompletedPendingVerification => {
            D::Provider
        }
        _ => D::Unknown,
    };
    for state in S::ALL {
        assert_eq!(attribution(*state), expect(*state), "{state}");
    }
}

#[test]
fn minutes_read_like_a_clock() {
    let cases = [
        (0, "00:00"),
        (59, "00:59"),
        (60, "01:00"),
        (-1, "-00:01"),
        (-90, "-01:30"),
        (1440, "24:00"),
        (7205, "120:05"),
    ];
    for (minutes, text) in cases {
        assert_eq!(hours_and_minutes(minutes), text);
    }
    assert!(hours_and_minutes(i64::MIN).starts_with('-'));
}

proptest! {
    #[test]
    fn no_target_and_no_moment_overflows(minutes in any::<i64>(), seconds in -8_000_000_000_000_i64..8_000_000_000_000) {
        let mut ticket = ticket(TicketPriority::Routine);
        ticket.sla.template_minutes = Some(minutes);
        start(&mut ticket);
        let now = DateTime::from_timestamp(seconds, 0).expect("within the range");
        let standing = ticket.sla_standing(now);
        prop_assert_eq!(standing.status, status(standing.remaining_minutes));
        let after = changed(&ticket, now, |ticket| hold(ticket, WorkHoldReason::AccessFailure));
        prop_assert!(after.sla.paused_since.is_some());
    }

    #[test]
    fn a_held_clock_shows_the_same_time_left_however_long_it_waits(before in 0_i64..240, wait in 0_i64..100_000) {
        let work = changed(&ticket(TicketPriority::Urgent), at(0), |ticket| ticket.state = S::InProgress);
        let held = changed(&work, at(before), |ticket| hold(ticket, WorkHoldReason::CustomerRequest));
        let left = held.sla_standing(at(before)).remaining_minutes;
        prop_assert_eq!(held.sla_standing(at(before + wait)).remaining_minutes, left);
        let resumed = changed(&held, at(before + wait), resume);
        prop_assert_eq!(resumed.sla_standing(at(before + wait)).remaining_minutes, left);
    }
}

#[test]
fn the_standing_turns_at_the_second_at_which_it_is_said_to() {
    let ticket = ticket(TicketPriority::Emergency);
    let standing = |at: DateTime<Utc>| ticket.sla_standing(at).status;
    let mut ticket_at = at(0);
    let mut turns = Vec::new();
    while let Some(turn) = ticket.sla_turns_at(ticket_at) {
        assert_ne!(standing(turn - TimeDelta::seconds(1)), standing(turn), "{turn}");
        turns.push(standing(turn));
        ticket_at = turn;
    }
    assert_eq!(turns, [SlaStatus::Warning, SlaStatus::Breach]);
    let paused = Ticket { sla: SlaClock { paused_since: Some(at(1)), ..ticket.sla }, ..ticket };
    assert_eq!(paused.sla_turns_at(at(2)), None);
}
