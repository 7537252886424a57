//! Random commands by random callers, one after the other: whatever comes, no invariant of tickets breaks, and both
//! engines tell the same story.

mod invariants;

use std::time::Duration;

use patchbay_core::ids::TechnicianId;
use patchbay_core::role::Role;
use patchbay_core::ticket::{Command as C, CommandRow, Ticket, TicketState as S};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Asker, Place, bodies, is_performer, rows};
use crate::tests::{App, some_id};
use invariants::Watch;

/// Commands of one history.
const STEPS: usize = 200;
/// Histories on SQLite; each is named by its number.
const HISTORIES: u64 = 6;

/// Numbers that look random and are the same each time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Once in `times`.
    fn once_in(&mut self, times: u64) -> bool {
        self.roll().is_multiple_of(times)
    }

    fn pick<'t, T>(&mut self, among: &'t [T]) -> &'t T {
        let count = among.len() as u64;
        among.get(usize::try_from(self.roll() % count).unwrap_or(0)).expect("there is something to pick from")
    }
}

/// A command that is about to be given.
struct Step {
    row: &'static CommandRow,
    asker: Asker,
}

/// Mostly what is possible from where the ticket stands by who may, and now and then anything by anybody.
fn choose(dice: &mut Dice, ticket: &Ticket, technician: TechnicianId) -> Step {
    let is_wild = dice.once_in(6) || ticket.state.is_terminal();
    let possible: Vec<&CommandRow> = rows()
        .filter(|row| is_wild || row.from.contains(&ticket.state))
        // Ends would come too soon.
        .filter(|row| !matches!(row.command, C::Cancel | C::ForceClose) || ticket.version % 9 == 0)
        .collect();
    // The way to the end of the work is one command among many.
    let onward = possible.iter().find(|row| matches!(row.command, C::Complete | C::QaVerify | C::GenerateInvoice));
    let any = *dice.pick(&possible);
    let row = onward.copied().filter(|_| dice.once_in(3)).unwrap_or(any);
    let role = if is_wild { *dice.pick(Role::ALL) } else { dice.pick(row.roles).0 };
    let assigned = ticket.assigned_tech_id.unwrap_or(technician);
    let id = match role {
        _ if is_performer(role) && !dice.once_in(8) => assigned.0,
        // Three people for each role, so that those who must be two sometimes are.
        role => Uuid::from_u128(1_000 + role as u128 * 10 + u128::from(dice.roll() % 3)),
    };
    let reach = if dice.once_in(20) { Place::Elsewhere } else { Place::Here };
    Step { row, asker: Asker { role, id, reach } }
}

/// A body of the table's, or one of the turns that a body can take.
async fn body(app: &App, dice: &mut Dice, step: &Step, ticket: &Ticket, technician: TechnicianId) -> Value {
    let fitting = bodies::body(app, step.row.command, step.asker.role, ticket).await;
    match (step.row.command, dice.roll() % 6) {
        (_, 0) if dice.once_in(3) => json!({}),
        (C::Triage, 1) => json!({"priority": "EMERGENCY", "incident_type": "DOOR_WONT_LATCH"}),
        (C::Triage, 2) => json!({
            "priority": "ROUTINE", "incident_type": "DOOR_WONT_LATCH", "estimate_cents": 90_000,
        }),
        (C::Triage, 3..) => json!({
            "priority": "EMERGENCY", "incident_type": "DOOR_WONT_LATCH", "workflow_outcome": "READY_TO_SCHEDULE",
        }),
        (C::ApprovalDecide, 1 | 2) => json!({"approval_id": fitting["approval_id"], "decision": "DENIED"}),
        (C::AssignmentDispatch, 1..) if ticket.state == S::Scheduled => json!({"tech_id": technician}),
        (C::AssignmentDispatch, 1 | 2) => json!({
            "tech_id": technician, "dispatch_mode": "EMERGENCY_BYPASS",
            "dispatch_rationale": "The entry cannot be secured", "dispatch_confirmation": true,
        }),
        (C::QaVerify, 1) => json!({"timestamp": app.now(), "result": "FAIL", "notes": "the latch still sticks"}),
        (C::RequestChange, 1) => json!({"approval_type": "PROPOSAL", "reason": "a new frame would be better"}),
        (C::GenerateInvoice, 1..) => json!({"lines_override": [
            {"description": "Adjust a latch", "qty": 1, "unit_price_cents": 9_000, "tax_code": "GST"},
        ]}),
        (C::TechHold, 1) => json!({"reason": "CUSTOMER_REQUEST", "note": "come back later"}),
        _ => fitting,
    }
}

/// A history, told so that engines can be compared: no ids, no times.
async fn live(app: &App, number: u64) -> Vec<String> {
    app.bill_to_the_site().await;
    let technician = app.technician().await;
    let mut dice = Dice(number);
    let mut told = Vec::new();
    let mut watch = Watch::new(record(app, &mut dice).await);
    for place in 0..STEPS {
        let mut ticket = app.read_back(watch.id).await;
        if ticket.state.is_terminal() && dice.once_in(3) {
            watch = Watch::new(record(app, &mut dice).await);
            ticket = app.read_back(watch.id).await;
        }
        if ticket.state == S::InProgress && dice.once_in(4) {
            app.prove(&ticket).await;
            watch.look(app, "evidence").await;
            ticket = app.read_back(watch.id).await;
        }
        if dice.once_in(3) {
            app.clock.advance(Duration::from_secs(60 * (dice.roll() % 20)));
        }
        let step = choose(&mut dice, &ticket, technician);
        let body = body(app, &mut dice, &step, &ticket, technician).await;
        let key = some_id();
        let answer = app.ask(step.row, step.asker, &ticket, key, &body).await;
        let what =
            format!("history {number}, step {place}: {} by {} in {}", step.row.tool, step.asker.role, ticket.state);
        assert!(answer.status.as_u16() < 500, "{what}: {}", answer.text);
        watch.after(app, &what, step.row.command, &body, &answer).await;
        if answer.status.is_success() && dice.once_in(4) {
            let again = app.ask(step.row, step.asker, &ticket, key, &body).await;
            assert_eq!((again.status, &again.text), (answer.status, &answer.text), "{what}: replayed");
            watch.look(app, &what).await;
        }
        let state = app.read_back(watch.id).await.state;
        told.push(format!("{} {} {} {} {state}", step.row.tool, step.asker.role, answer.status, answer.code()));
    }
    told
}

/// A new ticket, recorded by hand or by an intake.
async fn record(app: &App, dice: &mut Dice) -> patchbay_core::ids::TicketId {
    let mut body = app.request();
    let mut path = "/tickets";
    if dice.once_in(3) {
        (body, path) = (app.intake(), "/tickets/intake");
        body["summary"] = json!(format!("The front door does not latch, {}", dice.roll()));
        body["identity_confidence"] = json!(if dice.once_in(2) { 95 } else { 20 });
    }
    let made = app.post(&app.token("dispatcher"), path, some_id(), &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["id"].as_str().and_then(|id| id.parse().ok()).expect("a ticket")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_history_breaks_an_invariant() {
    let mut reached = std::collections::BTreeSet::new();
    for number in 1..=HISTORIES {
        let told = Box::pin(live(&App::sqlite().await, number)).await;
        reached.extend(told.iter().filter_map(|line| line.rsplit(' ').next().map(str::to_owned)));
    }
    for state in S::ALL.iter().filter(|state| **state != S::OnSite) {
        assert!(reached.contains(state.as_str()), "no history comes to {state}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_engines_tell_the_same_history() {
    let Some(postgres) = App::postgres().await else { return };
    let sqlite = App::sqlite().await;
    let (one, other) = (Box::pin(live(&sqlite, 77)).await, Box::pin(live(&postgres, 77)).await);
    assert_eq!(one, other);
    assert_eq!(invariants::timelines(&sqlite).await, invariants::timelines(&postgres).await);
}
