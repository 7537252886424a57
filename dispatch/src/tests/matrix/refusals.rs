use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use patchbay_core::ids::TechnicianId;
use patchbay_core::role::Role;
use patchbay_core::ticket::{CommandRow, Ticket, TicketState};
use tokio::task::JoinSet;

use super::{Asker, Place, STATES, bodies, refusal, rows};
use crate::tests::{App, both_engines, some_id};

both_engines! {
    every_refusal_says_why_and_writes_nothing_but_its_audit_entry;
}

/// How many requests are under way at once.
const AT_ONCE: usize = 16;

/// Who asks what about which ticket.
type Question = (&'static CommandRow, Asker, TicketState);

/// Every question that policy is against. A role that may not give the command is asked for once, in one state after the
/// other; whoever may is asked for in every state, elsewhere, and about somebody else's work.
fn questions(tickets: &BTreeMap<TicketState, Ticket>, technician: TechnicianId) -> Vec<Question> {
    let mut questions = Vec::new();
    for (nth, row) in rows().enumerate() {
        for (turn, role) in Role::ALL.iter().copied().enumerate() {
            let here = Asker { role, id: technician.0, reach: Place::Here };
            let elsewhere = Asker { reach: Place::Elsewhere, ..here };
            let other = Asker { id: some_id(), ..here };
            let state = STATES[(nth + turn) % STATES.len()];
            questions.extend([(row, elsewhere, state), (row, other, state)]);
            let states = if row.reach(role).is_some() { STATES } else { &STATES[..1] };
            questions.extend(states.iter().map(|state| (row, here, *state)));
        }
    }
    questions.retain(|(row, asker, state)| refusal(row, *asker, &tickets[state]).is_some());
    questions
}

async fn every_refusal_says_why_and_writes_nothing_but_its_audit_entry(app: App) {
    let app = Arc::new(app);
    let technician = app.technician().await;
    let tickets = app.one_in_each_state(technician).await;
    let questions = questions(&tickets, technician);
    assert!(questions.len() > 1_000, "{}", questions.len());
    let mut bodies_of = BTreeMap::new();
    for (row, asker, state) in &questions {
        let place = (row.tool, asker.role, *state);
        if let Entry::Vacant(entry) = bodies_of.entry(place) {
            entry.insert(bodies::body(&app, row.command, asker.role, &tickets[state]).await);
        }
    }
    // Whatever a refusal of its kind leaves behind once (the head of a chain of audit) is there from here on.
    let before = app.row_counts().await;

    for chunk in questions.chunks(AT_ONCE) {
        let mut requests = JoinSet::new();
        for (row, asker, state) in chunk.iter().copied() {
            let (app, ticket) = (app.clone(), tickets[&state].clone());
            let body = bodies_of[&(row.tool, asker.role, state)].clone();
            requests.spawn(async move {
                let answer = app.ask(row, asker, &ticket, some_id(), &body).await;
                let expect = refusal(row, asker, &ticket).expect("policy is against it");
                let dimension = answer.json()["error"]["policy_error"]["dimension"].as_str().map(str::to_owned);
                let seen = (answer.status.as_u16(), answer.code(), dimension.unwrap_or_default());
                let expect = (expect.0, expect.1.to_owned(), expect.2.to_owned());
                assert_eq!(seen, expect, "{} as {asker:?} in {state}: {}", row.tool, answer.text);
            });
        }
        while let Some(done) = requests.join_next().await {
            done.expect("as expected");
        }
    }

    for ticket in tickets.values() {
        assert_eq!(app.read_back(ticket.id).await, *ticket);
    }
    let mut expect = before;
    *expect.get_mut("audit_events").expect("a table") += i64::try_from(questions.len()).expect("a small number");
    // Refusals for the role are not about a ticket, and chain where no account does.
    let mut after = app.row_counts().await;
    let heads = after.remove("audit_heads").expect("a table") - expect.remove("audit_heads").expect("a table");
    assert!((0..=1).contains(&heads));
    assert_eq!(after, expect);
}
