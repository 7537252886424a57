//! Where automation is paused, and what others are told again.

use axum::http::StatusCode;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{DeadLetterId, OutboxId, TicketId};
use patchbay_store::{dead_letters, outbox, tickets};
use serde_json::{Value, json};

use super::planning::{classification, done, recorded};
use crate::effect::operations::paused;
use crate::tests::app::Answer;
use crate::tests::{App, both_engines, some_id};

both_engines! {
    what_is_said_about_a_ticket_counts_before_its_kind_before_everything;
    where_automation_is_paused_and_why_can_be_read;
    a_scope_that_does_not_fit_is_refused;
    only_dead_letters_are_told_again;
    the_outbox_is_listed_by_status_page_by_page_and_within_scope;
}

async fn say(app: &App, word: &str, body: Value) -> Answer {
    app.post(&app.token("supervisor"), &format!("/ops/autonomy/{word}"), some_id(), &body).await
}

async fn said(app: &App, word: &str, scope: &str, key: Option<&str>) {
    let answer = say(app, word, json!({"scope_type": scope, "key": key, "reason": "a test"})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

async fn paused_by(app: &App, ticket: &str) -> Option<&'static str> {
    let id: TicketId = ticket.parse().expect("an id");
    let mut tx = app.db.read().await.expect("reads");
    let ticket = tickets::by_id(&mut tx, id).await.expect("reads").expect("there");
    paused(&mut tx, &ticket).await.expect("reads").map(|control| control.scope_type.as_str())
}

async fn what_is_said_about_a_ticket_counts_before_its_kind_before_everything(app: App) {
    let id = recorded(&app).await;
    done(&app, "dispatcher", &id, "triage", classification(json!({}))).await;
    assert_eq!(paused_by(&app, &id).await, None);
    said(&app, "pause", "GLOBAL", None).await;
    assert_eq!(paused_by(&app, &id).await, Some("GLOBAL"));
    said(&app, "rollback", "INCIDENT", Some("door_wont_latch")).await;
    assert_eq!(paused_by(&app, &id).await, None);
    said(&app, "pause", "TICKET", Some(&id.to_uppercase())).await;
    assert_eq!(paused_by(&app, &id).await, Some("TICKET"));
    said(&app, "rollback", "TICKET", Some(&id)).await;
    assert_eq!(paused_by(&app, &id).await, None);
    let other = recorded(&app).await;
    assert_eq!(paused_by(&app, &other).await, Some("GLOBAL"), "a ticket of no kind is covered by everything only");
}

async fn where_automation_is_paused_and_why_can_be_read(app: App) {
    let id = recorded(&app).await;
    said(&app, "pause", "GLOBAL", None).await;
    said(&app, "pause", "TICKET", Some(&id)).await;
    said(&app, "rollback", "TICKET", Some(&id)).await;
    let token = app.token("auditor");
    let state = app.get(&token, "/ops/autonomy/state").await.json();
    assert_eq!((&state["is_paused"], &state["global"]["reason"]), (&json!(true), &json!("a test")));
    assert_eq!((&state["tickets"][0]["key"], &state["tickets"][0]["is_paused"]), (&json!(id), &json!(false)));
    let elsewhere = app.scoped_token("dispatcher", some_id(), &[some_id().to_string()], &["*".into()]);
    assert_eq!(app.get(&elsewhere, "/ops/autonomy/state").await.json()["tickets"], json!([]));
    let history = app.get(&token, &format!("/ops/autonomy/replay/{id}")).await.json();
    let scopes: Vec<&Value> =
        history["changes"].as_array().expect("rows").iter().map(|row| &row["scope_type"]).collect();
    assert_eq!(scopes, ["GLOBAL", "TICKET", "TICKET"]);
    assert_eq!((&history["is_paused"], &history["effective"]["scope_type"]), (&json!(false), &json!("TICKET")));
    done(&app, "ai_agent", &id, "triage", classification(json!({}))).await;
    let history = app.get(&token, &format!("/ops/autonomy/replay/{id}")).await.json();
    assert_eq!(history["attempts"][0]["tool_name"], "ticket.triage");
    assert_eq!(app.get(&token, &format!("/ops/autonomy/replay/{}", some_id())).await.code(), "TICKET_NOT_FOUND");
    assert_eq!(app.get(&app.token("technician"), "/ops/autonomy/state").await.code(), "FORBIDDEN");
}

async fn a_scope_that_does_not_fit_is_refused(app: App) {
    let unknown = some_id().to_string();
    for (scope, key, code) in [
        ("GLOBAL", Some("x"), "INVALID_REQUEST"),
        ("INCIDENT", None, "INVALID_REQUEST"),
        ("TICKET", Some("T-2026-001"), "INVALID_REQUEST"),
        ("TICKET", Some(unknown.as_str()), "TICKET_NOT_FOUND"),
        ("EVERYTHING", None, "INVALID_REQUEST"),
    ] {
        let answer = say(&app, "pause", json!({"scope_type": scope, "key": key, "reason": "a test"})).await;
        assert_eq!(answer.code(), code, "{scope}: {}", answer.text);
    }
    let one_account = app.scoped_token("dispatcher", some_id(), &[app.account.to_string()], &["*".into()]);
    let body = json!({"scope_type": "GLOBAL", "reason": "a test"});
    let refused = app.post(&one_account, "/ops/autonomy/pause", some_id(), &body).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "FORBIDDEN_SCOPE"));
    let id = recorded(&app).await;
    let body = json!({"scope_type": "TICKET", "key": id, "reason": "a test"});
    let answer = app.post(&one_account, "/ops/autonomy/pause", some_id(), &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

/// Makes the oldest event of a ticket a dead letter.
async fn bury(app: &App, ticket: &str) -> OutboxId {
    let id: TicketId = ticket.parse().expect("an id");
    let now = app.now();
    let mut tx = app.db.begin().await.expect("begins");
    let due = outbox::due(&mut tx, now, 100).await.expect("reads");
    let event = due.into_iter().find(|event| event.aggregate_id == id.0).expect("an event of the ticket");
    outbox::failed(&mut tx, event.id, "nobody listens", None).await.expect("fails");
    let letter = dead_letters::NewDeadLetter {
        id: DeadLetterId::new(),
        source: "outbox",
        kind: &event.event_type,
        ref_id: event.id.into(),
        payload: json!({}),
        error: "nobody listens",
        attempts: 6,
    };
    dead_letters::insert(&mut tx, &Ctx::system(now, "test"), &letter).await.expect("a letter");
    tx.commit().await.expect("commits");
    event.id
}

async fn only_dead_letters_are_told_again(app: App) {
    let ticket = recorded(&app).await;
    let id = bury(&app, &ticket).await;
    let token = app.token("finance");
    let dead = app.get(&token, "/outbox?status=dead_letter").await.json();
    assert_eq!((&dead["data"][0]["id"], &dead["data"][0]["attempt_count"]), (&json!(id), &json!(1)));
    let body = json!({"outbox_id": id});
    let nowhere = app.scoped_token("finance", some_id(), &[some_id().to_string()], &["*".into()]);
    assert_eq!(app.post(&nowhere, "/outbox/replay", some_id(), &body).await.code(), "FORBIDDEN_SCOPE");
    let key = some_id();
    let replayed = app.post(&token, "/outbox/replay", key, &body).await;
    assert_eq!(replayed.status, StatusCode::OK, "{}", replayed.text);
    assert_eq!((&replayed.json()["status"], &replayed.json()["attempt_count"]), (&json!("PENDING"), &json!(0)));
    assert_eq!(app.post(&token, "/outbox/replay", key, &body).await.text, replayed.text);
    let mut tx = app.db.read().await.expect("reads");
    assert_eq!(dead_letters::count_open(&mut tx).await.expect("counts"), 0);
    let told = outbox::of_aggregate(&mut tx, id.0).await.expect("rows");
    assert_eq!(told.iter().map(|row| row.event_type.as_str()).collect::<Vec<_>>(), ["outbox.replayed"]);
    drop(tx);
    let refused = app.post(&token, "/outbox/replay", some_id(), &body).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "OUTBOX_REPLAY_INVALID_STATE"));
    assert_eq!(refused.json()["error"]["status"], "PENDING");
    let missing = app.post(&token, "/outbox/replay", some_id(), &json!({"outbox_id": some_id()})).await;
    assert_eq!((missing.status, missing.code().as_str()), (StatusCode::NOT_FOUND, "OUTBOX_NOT_FOUND"));
}

async fn the_outbox_is_listed_by_status_page_by_page_and_within_scope(app: App) {
    recorded(&app).await;
    let token = app.token("dispatcher");
    let first = app.get(&token, "/outbox?limit=1").await.json();
    assert_eq!(first["data"][0]["event_type"], "ticket.state_changed");
    let cursor = first["next_cursor"].as_str().expect("more");
    let second = app.get(&token, &format!("/outbox?limit=1&cursor={cursor}")).await.json();
    assert_eq!((&second["data"][0]["event_type"], &second["next_cursor"]), (&json!("ticket.created"), &Value::Null));
    assert_eq!(app.get(&token, "/outbox?status=SENT").await.json()["data"], json!([]));
    let elsewhere = app.scoped_token("dispatcher", some_id(), &[some_id().to_string()], &["*".into()]);
    assert_eq!(app.get(&elsewhere, "/outbox").await.json()["data"], json!([]));
    for wrong in ["status=LOST", "limit=0", "cursor=x", "colour=red"] {
        assert_eq!(app.get(&token, &format!("/outbox?{wrong}")).await.code(), "INVALID_QUERY", "{wrong}");
    }
}
