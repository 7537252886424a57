//! Triage, approvals, updates and what looks after a ticket.

mod approvals;
mod care;
mod questions;
mod triage;
mod updates;

use axum::http::StatusCode;
use patchbay_core::ids::TicketId;
use patchbay_store::outbox;
use serde_json::{Value, json};

use super::app::Answer;
use super::{App, some_id};

/// A recorded ticket.
pub(super) async fn recorded(app: &App) -> String {
    let made = app.post(&app.token("dispatcher"), "/tickets", some_id(), &app.request()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    made.json()["id"].as_str().expect("an id").to_owned()
}

/// Gives a command on a ticket as `role`.
pub(super) async fn give(app: &App, role: &str, ticket: &str, command: &str, body: Value) -> Answer {
    app.post(&app.token(role), &format!("/tickets/{ticket}/{command}"), some_id(), &body).await
}

/// The same, and it must succeed.
pub(super) async fn done(app: &App, role: &str, ticket: &str, command: &str, body: Value) -> Value {
    let answer = give(app, role, ticket, command, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{command}: {}", answer.text);
    answer.json()
}

pub(super) fn classification(more: Value) -> Value {
    let mut body = json!({"priority": "URGENT", "incident_type": "door_wont_latch"});
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

/// The events of a ticket's timeline.
pub(super) async fn story(app: &App, ticket: &str) -> Vec<Value> {
    let timeline = app.get(&app.token("auditor"), &format!("/tickets/{ticket}/timeline")).await.json();
    timeline["events"].as_array().expect("events").clone()
}

/// The steps of the last command, as `FROM>TO`.
pub(super) async fn last_steps(app: &App, ticket: &str) -> Vec<String> {
    let events = story(app, ticket).await;
    let steps = events.last().expect("an event")["transitions"].as_array().expect("steps").clone();
    steps
        .iter()
        .map(|step| {
            format!(
                "{}>{}",
                step["from_state"].as_str().unwrap_or_default(),
                step["to_state"].as_str().unwrap_or_default()
            )
        })
        .collect()
}

/// What others were told of a ticket so far.
pub(super) async fn topics(app: &App, ticket: &str) -> Vec<String> {
    let id: TicketId = ticket.parse().expect("an id");
    let mut tx = app.db.read().await.expect("reads");
    let rows = outbox::of_aggregate(&mut tx, id.0).await.expect("rows");
    rows.into_iter().map(|row| row.event_type).collect()
}
