use axum::http::StatusCode;
use chrono::TimeDelta;
use patchbay_core::ids::{AuditId, TicketId};
use patchbay_core::ticket::{TicketState, Transition, may_follow};
use patchbay_store::{StoreError, outbox, tickets};
use uuid::Uuid;

use super::{App, both_engines, some_id};

both_engines! {
    the_database_refuses_a_step_that_the_table_does_not_know;
    events_of_a_ticket_are_leased_in_order;
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

async fn events_of_a_ticket_are_leased_in_order(app: App) {
    let (one, other) = (ticket(&app).await, ticket(&app).await);
    let until = app.now() + TimeDelta::seconds(60);
    let lease = async |owner: &str| {
        let mut tx = app.db.begin().await.expect("begins");
        let mut rows = outbox::lease(&mut tx, owner, app.now(), until, 20).await.expect("leases");
        tx.commit().await.expect("commits");
        rows.sort_by_key(|row| row.id);
        rows
    };
    let first = lease("a").await;
    let seen: Vec<(Uuid, &str)> = first.iter().map(|row| (row.aggregate_id, row.event_type.as_str())).collect();
    assert_eq!(seen, [(one.0, "ticket.created"), (other.0, "ticket.created")]);
    assert!(lease("b").await.is_empty(), "nothing may overtake what is on its way");

    let mut tx = app.db.begin().await.expect("begins");
    assert!(outbox::sent(&mut tx, first[0].id, "a").await.expect("marks"));
    assert!(!outbox::sent(&mut tx, first[1].id, "b").await.expect("marks"), "only the owner of the lease may");
    assert!(outbox::failed(&mut tx, first[1].id, "a", "gone", None).await.expect("marks"));
    tx.commit().await.expect("commits");
    let second = lease("b").await;
    let kinds: Vec<&str> = second.iter().map(|row| row.event_type.as_str()).collect();
    assert_eq!(kinds, ["ticket.state_changed", "ticket.state_changed"], "a dead letter blocks nobody");
}
