use std::collections::BTreeSet;
use std::sync::Arc;

use patchbay_core::audit::Outcome;
use patchbay_core::ids::TechnicianId;
use patchbay_core::role::Role;
use patchbay_core::ticket::{Actors, Command as C, CommandRow, Ticket, TicketState as S, Topic};
use patchbay_store::{audit, outbox, tickets};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{Asker, Place, bodies, refusal, rows};
use crate::tests::{App, both_engines, some_id};

both_engines! {
    every_success_writes_one_entry_and_one_version_and_replays_byte_for_byte;
}

/// How many tickets are worked on at once.
const AT_ONCE: usize = 8;
/// From how many states a command starts until it is not tried by every role from each of them.
const FEW: usize = 3;

/// A command by a role from a state.
#[derive(Clone, Copy)]
struct Case {
    row: &'static CommandRow,
    role: Role,
    from: S,
}

/// Every role and every state of every command; of commands that start almost anywhere every role once and every state
/// once.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for row in rows() {
        let states: Vec<S> = row.from.iter().copied().filter(|state| *state != S::OnSite).collect();
        for (nth, (role, _)) in row.roles.iter().enumerate() {
            for (turn, from) in states.iter().enumerate() {
                let is_tried = states.len() <= FEW || nth == 0 || turn == nth % states.len();
                let case = Case { row, role: *role, from: *from };
                if is_tried && has_a_ticket(&case) {
                    cases.push(case);
                }
            }
        }
    }
    cases
}

/// Whether policy and the command's own guards leave the role anything to do from that state.
fn has_a_ticket(case: &Case) -> bool {
    let is_person = case.role.default_actor_type() == patchbay_core::role::ActorType::Human;
    match case.row.command {
        _ if case.row.actors == Actors::Humans && !is_person => false,
        // Whoever does the work has it only once it is dispatched.
        _ if super::is_performer(case.role) => {
            matches!(case.from, S::Dispatched | S::InProgress | S::OnHold | S::CompletedPendingVerification)
        }
        // What a vendor booked is dispatched by the system; nothing else is.
        C::AssignmentDispatch => case.role != Role::System,
        _ => true,
    }
}

async fn every_success_writes_one_entry_and_one_version_and_replays_byte_for_byte(app: App) {
    let app = Arc::new(app);
    let technician = app.technician().await;
    app.bill_to_the_site().await;
    let cases = cases();
    let commands: BTreeSet<&str> = cases.iter().map(|case| case.row.tool).collect();
    assert_eq!(commands.len(), rows().count(), "every command is tried");
    for chunk in cases.chunks(AT_ONCE) {
        let mut requests = JoinSet::new();
        for case in chunk.iter().copied() {
            let app = app.clone();
            requests.spawn(async move { check(&app, case, technician).await });
        }
        while let Some(done) = requests.join_next().await {
            done.expect("as expected");
        }
    }
}

async fn check(app: &App, case: Case, technician: TechnicianId) {
    let Case { row, role, from } = case;
    let name = format!("{} as {role} from {from}", row.tool);
    let before = app.ready_for(row.command, from, technician).await;
    let id = if super::is_performer(role) { technician.0 } else { some_id() };
    let asker = Asker { role, id, reach: Place::Here };
    assert_eq!(refusal(row, asker, &before), None, "{name}");
    let steps_before = app.steps(&before).await;
    let body = bodies::body(app, row.command, role, &before).await;
    let key = some_id();

    let first = app.ask(row, asker, &before, key, &body).await;
    assert_eq!(first.status.as_u16(), row.status, "{name}: {}", first.text);
    let after = app.read_back(before.id).await;
    assert_eq!(after.version, before.version + 1, "{name}");
    assert_eq!(first.json()["version"], after.version, "{name}");
    assert_eq!(first.json()["state"], after.state.as_str(), "{name}");
    if row.to.is_empty() {
        assert_eq!((after.state, app.steps(&after).await), (before.state, steps_before), "{name}");
    } else {
        assert!(row.to.contains(&after.state), "{name}: {}", after.state);
        // Triage of what is triaged takes no step.
        let moves = app.steps(&after).await - steps_before;
        assert!(moves >= 1 || after.state == before.state, "{name}: {moves} steps");
    }
    app.way(before.id).await;
    app.one_entry(&after, row, asker).await;
    app.told_what_the_table_says(&after, row).await;

    let again = app.ask(row, asker, &before, key, &body).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text), "{name}: replays byte for byte");
    assert_eq!(again.headers["idempotency-replayed"], "true", "{name}");
    assert_eq!(app.read_back(before.id).await, after, "{name}: a replay changes nothing");
    app.one_entry(&after, row, asker).await;
}

impl App {
    async fn steps(&self, ticket: &Ticket) -> usize {
        let mut tx = self.db.read().await.expect("reads");
        tickets::transitions(&mut tx, ticket.id).await.expect("steps").len()
    }

    /// The version of the ticket has exactly one audit entry, of this command and this actor.
    async fn one_entry(&self, ticket: &Ticket, row: &CommandRow, asker: Asker) {
        let mut tx = self.db.read().await.expect("reads");
        let entries = audit::of_ticket(&mut tx, ticket.id, None, 1_000).await.expect("entries");
        let of_version: Vec<(&str, Role, Uuid, Outcome)> = entries
            .iter()
            .map(|row| &row.entry)
            .filter(|entry| entry.ticket_version >= Some(ticket.version))
            .map(|entry| (entry.tool_name.as_str(), entry.actor_role, entry.actor_id.0, entry.outcome))
            .collect();
        assert_eq!(of_version, [(row.tool, asker.role, asker.id, Outcome::Success)]);
    }

    /// Others were told of this version only what the table says, and that the state changed if it did.
    async fn told_what_the_table_says(&self, ticket: &Ticket, row: &CommandRow) {
        let mut tx = self.db.read().await.expect("reads");
        let told = outbox::of_aggregate(&mut tx, ticket.id.0).await.expect("rows");
        for event in told.iter().filter(|event| event.aggregate_version == ticket.version) {
            let topic: Topic = event.event_type.parse().expect("a topic");
            assert!(topic == Topic::TicketStateChanged || row.topics.contains(&topic), "{} tells {topic}", row.tool);
        }
    }
}
