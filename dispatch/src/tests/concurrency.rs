use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use patchbay_core::ids::AuditId;
use patchbay_store::audit;
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{App, both_engines, some_id};

both_engines! {
    one_key_in_parallel_makes_one_ticket;
    the_same_intake_in_parallel_makes_one_ticket;
    the_same_message_in_parallel_makes_one_ticket;
    codes_and_audit_entries_of_parallel_requests_have_no_gaps;
}

async fn one_key_in_parallel_makes_one_ticket(app: App) {
    let (app, key) = (Arc::new(app), some_id());
    let mut requests = JoinSet::new();
    for _ in 0..40 {
        let app = app.clone();
        requests.spawn(async move { app.post(&app.token("dispatcher"), "/tickets", key, &app.request()).await });
    }
    let mut bodies = BTreeSet::new();
    while let Some(answer) = requests.join_next().await {
        let answer = answer.expect("answers");
        match answer.status {
            StatusCode::CREATED => drop(bodies.insert(answer.text)),
            _ => assert_eq!(answer.code(), "IDEMPOTENCY_IN_PROGRESS", "{}", answer.text),
        }
    }
    assert_eq!(bodies.len(), 1);
    assert_eq!(app.count().await, 1);
}

async fn the_same_intake_in_parallel_makes_one_ticket(app: App) {
    let app = Arc::new(app);
    let mut requests = JoinSet::new();
    for _ in 0..20 {
        let app = app.clone();
        requests
            .spawn(async move { app.post(&app.token("ai_agent"), "/tickets/intake", some_id(), &app.intake()).await });
    }
    let mut made = 0;
    while let Some(answer) = requests.join_next().await {
        let answer = answer.expect("answers");
        match answer.status {
            StatusCode::CREATED => made += 1,
            _ => assert_eq!(answer.code(), "DUPLICATE_INTAKE", "{}", answer.text),
        }
    }
    assert_eq!(made, 1);
    assert_eq!(app.count().await, 1);
}

async fn the_same_message_in_parallel_makes_one_ticket(app: App) {
    let app = Arc::new(app);
    let mut requests = JoinSet::new();
    for _ in 0..20 {
        let app = app.clone();
        requests.spawn(async move {
            let mut body = app.request();
            body["source"] = json!("sms");
            body["source_message_id"] = json!("SM1");
            app.post(&app.token("system"), "/tickets", some_id(), &body).await
        });
    }
    let mut made = 0;
    while let Some(answer) = requests.join_next().await {
        let answer = answer.expect("answers");
        match answer.status {
            StatusCode::CREATED => made += 1,
            _ => assert_eq!(answer.code(), "DUPLICATE_INTAKE", "{}", answer.text),
        }
    }
    assert_eq!(made, 1);
}

async fn codes_and_audit_entries_of_parallel_requests_have_no_gaps(app: App) {
    let app = Arc::new(app);
    let mut requests = JoinSet::new();
    for number in 0..30 {
        let app = app.clone();
        requests.spawn(async move {
            let mut body = app.request();
            body["summary"] = json!(format!("Lamp {number}"));
            app.post(&app.token("dispatcher"), "/tickets", some_id(), &body).await
        });
    }
    let mut codes = BTreeSet::new();
    while let Some(answer) = requests.join_next().await {
        let answer = answer.expect("answers");
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        codes.insert(answer.json()["code"].as_str().expect("a code").to_owned());
    }
    let expect: BTreeSet<String> = (1..=30).map(|number| format!("T-2026-{number:03}")).collect();
    assert_eq!(codes, expect);

    assert_eq!(entries_in_chain(&app).await, 30);
}

/// How many entries the account's chain of audit has, each of which follows another.
pub(super) async fn entries_in_chain(app: &App) -> usize {
    let mut tx = app.db.read().await.expect("reads");
    let mut rows = audit::of_account(&mut tx, Some(app.account), AuditId(Uuid::nil()), 1000).await.expect("rows");
    let count = rows.len();
    let mut previous: Option<String> = None;
    while !rows.is_empty() {
        let next = rows.iter().position(|row| row.prev_hash == previous).expect("each entry follows another");
        let row = rows.remove(next);
        assert_eq!(row.entry.hash(previous.as_deref()), row.hash);
        previous = Some(row.hash);
    }
    count
}
