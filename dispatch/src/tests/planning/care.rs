use axum::http::StatusCode;
use patchbay_core::ids::TicketId;
use patchbay_core::ticket::words::ApprovalStatus;
use patchbay_store::{approvals, feed};
use serde_json::json;

use super::{classification, done, give, last_steps, recorded, story, topics};
use crate::tests::{App, both_engines};

both_engines! {
    a_look_releases_the_review_once;
    each_escalation_raises_the_level_and_calls_people;
    calling_off_ends_what_waits;
}

async fn a_look_releases_the_review_once(app: App) {
    app.flag_site().await;
    let id = recorded(&app).await;
    let released = done(&app, "supervisor", &id, "review/release", json!({"note": "looked"})).await;
    assert_eq!((&released["review_required"], &released["version"]), (&json!(false), &json!(2)));
    assert!(released["reviewed_by"].is_string());
    assert!(last_steps(&app, &id).await.is_empty());
    assert!(topics(&app, &id).await.contains(&"ticket.review_released".to_owned()));
    let refused = give(&app, "supervisor", &id, "review/release", json!({})).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "INVALID_STATE_TRANSITION"));
}

async fn each_escalation_raises_the_level_and_calls_people(app: App) {
    let id = recorded(&app).await;
    for level in 1..=2 {
        let body = json!({"reason": "nobody answers +15550100", "target": "supervisor"});
        let ticket = done(&app, "support_agent", &id, "escalate", body).await;
        assert_eq!((&ticket["escalation_level"], &ticket["escalated"]), (&json!(level), &json!(true)));
        assert!(ticket["escalated_at"].is_string());
    }
    assert_eq!(topics(&app, &id).await.iter().filter(|topic| *topic == "ticket.escalated").count(), 2);
    let calls = calls(&app).await;
    assert!(calls[1].payload.contains("\"escalation_level\":2") && calls[1].payload.contains("\"version\":3"));
    assert!(!format!("{:?}", story(&app, &id).await).contains("5550100"), "what people say is no part of the log");
}

/// Both calls, once the feed shows them: on PostgreSQL it waits for transactions of other tests.
async fn calls(app: &App) -> Vec<feed::StoredEvent> {
    for _ in 0..600 {
        let mut tx = app.db.read().await.expect("reads");
        let events = feed::after(&mut tx, feed::Position::START, 100).await.expect("events").events;
        let calls: Vec<_> = events.into_iter().filter(|event| event.name == "ticket.escalated").collect();
        if calls.len() == 2 {
            return calls;
        }
        drop(tx);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the calls do not show in the feed");
}

async fn calling_off_ends_what_waits(app: App) {
    let id = recorded(&app).await;
    let waiting = done(&app, "dispatcher", &id, "triage", classification(json!({"requires_approval": true}))).await;
    let body = json!({"reason": "sold", "cancellation_code": "SOLD"});
    let ticket = done(&app, "finance", &id, "cancel", body.clone()).await;
    assert_eq!((&ticket["state"], &ticket["phase"]), (&json!("CANCELLED"), &json!("cancelled")));
    assert_eq!(last_steps(&app, &id).await, ["APPROVAL_REQUIRED>CANCELLED"]);
    let ticket_id: TicketId = id.parse().expect("an id");
    let mut tx = app.db.read().await.expect("reads");
    assert_eq!(approvals::pending(&mut tx, ticket_id).await.expect("reads"), None);
    let approval = waiting["approval"]["id"].as_str().expect("an id").parse().expect("an id");
    let approval = approvals::by_id(&mut tx, approval).await.expect("reads").expect("there");
    assert_eq!(approval.status, ApprovalStatus::Cancelled);
    drop(tx);
    assert_eq!(give(&app, "finance", &id, "cancel", body).await.code(), "INVALID_STATE_TRANSITION");
    assert_eq!(story(&app, &id).await.last().expect("an event")["payload"]["cancellation_code"], "SOLD");
}
