use std::time::Duration;

use axum::http::StatusCode;
use chrono::TimeDelta;
use patchbay_core::ids::{AuditId, TicketId};
use patchbay_core::ticket::{TicketState, Transition, may_follow};
use patchbay_store::{Engine, StoreError, outbox, tickets};
use uuid::Uuid;

use super::{App, both_engines, some_id};

both_engines! {
    the_database_refuses_a_step_that_the_table_does_not_know;
    events_of_a_ticket_are_handed_on_in_order;
    an_event_is_held_by_one;
}

async fn ticket(app: &App) -> TicketId {
    let made = app.post(&app.token("admin"), "/tickets", some_id(), &app.request()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    made.json()["id"].as_str().expect("an id").parse().expect("an id")
}

async fn the_database_refuses_a_step_that_the_table_does_not_know(app: App) {
    let id = ticket(&app).await;
    let states = || TicketState::ALL.iter().copied();
    for from in std::iter::once(None).chain(states().map(Some)) {
        for to in states() {
            let mut tx = app.db.begin().await.expect("begins");
            let step = Transition { from, to };
            let written =
                tickets::append_transition(&mut tx, id, step, "ticket.create", AuditId::new(), app.now()).await;
            match written {
                Ok(()) => assert!(may_follow(from, to), "{from:?} to {to} was written"),
                Err(StoreError::Statement(_)) => assert!(!may_follow(from, to), "{from:?} to {to} was refused"),
                Err(error) => panic!("{error:?}"),
            }
            tx.rollback().await.expect("rolls back");
        }
    }
}

async fn events_of_a_ticket_are_handed_on_in_order(app: App) {
    let (one, other) = (ticket(&app).await, ticket(&app).await);
    let mut tx = app.db.begin().await.expect("begins");
    let first = outbox::due(&mut tx, app.now(), 20).await.expect("reads");
    let seen: Vec<(Uuid, &str)> = first.iter().map(|row| (row.aggregate_id, row.event_type.as_str())).collect();
    assert_eq!(seen, [(one.0, "ticket.created"), (other.0, "ticket.created")], "nothing may overtake what comes first");

    outbox::sent(&mut tx, &[first[0].id]).await.expect("marks");
    let later = app.now() + TimeDelta::seconds(5);
    outbox::failed(&mut tx, first[1].id, "gone", Some(later)).await.expect("marks");
    let second = outbox::due(&mut tx, app.now(), 20).await.expect("reads");
    let seen: Vec<(Uuid, &str)> = second.iter().map(|row| (row.aggregate_id, row.event_type.as_str())).collect();
    assert_eq!(seen, [(one.0, "ticket.state_changed")], "what was put off holds up what comes after it");
    outbox::sent(&mut tx, &[second[0].id]).await.expect("marks");

    let again = outbox::due(&mut tx, later, 20).await.expect("reads");
    assert_eq!(again.iter().map(|row| (row.id, row.attempt_count)).collect::<Vec<_>>(), [(first[1].id, 1)]);
    outbox::failed(&mut tx, first[1].id, "gone", None).await.expect("marks");
    let last = outbox::due(&mut tx, later, 20).await.expect("reads");
    let seen: Vec<(Uuid, &str)> = last.iter().map(|row| (row.aggregate_id, row.event_type.as_str())).collect();
    assert_eq!(seen, [(other.0, "ticket.state_changed")], "a dead letter blocks nobody");
    tx.commit().await.expect("commits");
}

/// Two nodes that look at once never hand on the same event: what one holds the other does not see.
async fn an_event_is_held_by_one(app: App) {
    ticket(&app).await;
    let mut one = app.db.begin().await.expect("begins");
    let held = outbox::due(&mut one, app.now(), 20).await.expect("reads");
    assert_eq!(held.len(), 1);
    if app.db.engine() == Engine::Postgres {
        let mut other = app.db.begin().await.expect("begins");
        assert!(outbox::due(&mut other, app.now(), 20).await.expect("reads").is_empty());
    }
    drop(one);
    // What was dropped is undone a moment later.
    for _ in 0..200 {
        let mut other = app.db.begin().await.expect("begins");
        if outbox::due(&mut other, app.now(), 20).await.expect("reads").len() == 1 {
            return;
        }
        drop(other);
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("whoever goes away without a commit leaves it to others");
}
