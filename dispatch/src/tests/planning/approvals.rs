use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{classification, done, give, last_steps, recorded, topics};
use crate::tests::{App, both_engines, some_id};

both_engines! {
    yes_raises_the_limit_and_no_sends_back;
    what_cannot_be_decided_is_refused;
    an_assistant_does_not_decide_what_it_asked;
}

async fn waiting(app: &App, role: &str) -> (String, Value) {
    let id = recorded(app).await;
    let body = classification(json!({"requires_approval": true, "approval_amount_delta_cents": 5_000}));
    let ticket = done(app, role, &id, "triage", body).await;
    assert_eq!(ticket["state"], "APPROVAL_REQUIRED");
    (id, ticket["approval"]["id"].clone())
}

async fn yes_raises_the_limit_and_no_sends_back(app: App) {
    let (id, approval) = waiting(&app, "dispatcher").await;
    let yes = json!({"approval_id": approval, "decision": "APPROVED", "notes": "go on"});
    let ticket = done(&app, "approver", &id, "approval/decide", yes.clone()).await;
    assert_eq!((&ticket["state"], &ticket["nte_cents"]), (&json!("READY_TO_SCHEDULE"), &json!(30_000)));
    assert_eq!(ticket["approval"]["status"], "APPROVED");
    assert_eq!(last_steps(&app, &id).await, ["APPROVAL_REQUIRED>READY_TO_SCHEDULE"]);
    assert!(topics(&app, &id).await.contains(&"approval.decided".to_owned()));
    assert_eq!(give(&app, "approver", &id, "approval/decide", yes).await.code(), "INVALID_STATE_TRANSITION");

    let (id, approval) = waiting(&app, "dispatcher").await;
    let no = json!({"approval_id": approval, "decision": "DENIED"});
    let ticket = done(&app, "dispatcher", &id, "approval/decide", no.clone()).await;
    assert_eq!((&ticket["state"], &ticket["nte_cents"]), (&json!("TRIAGED"), &json!(25_000)));
    // It can be asked again, and the old question stays answered.
    let again = classification(json!({"requires_approval": true}));
    done(&app, "dispatcher", &id, "triage", again).await;
    let refused = give(&app, "dispatcher", &id, "approval/decide", no).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "APPROVAL_NOT_PENDING"));
    assert_eq!(refused.json()["error"]["policy_error"]["dimension"], "state");
}

async fn what_cannot_be_decided_is_refused(app: App) {
    let (id, _) = waiting(&app, "dispatcher").await;
    let (_, of_another) = waiting(&app, "dispatcher").await;
    for approval in [json!(some_id()), of_another] {
        let body = json!({"approval_id": approval, "decision": "APPROVED"});
        let refused = give(&app, "approver", &id, "approval/decide", body).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::NOT_FOUND, "APPROVAL_NOT_FOUND"));
    }
    let body = json!({"approval_id": some_id(), "decision": "MAYBE"});
    assert_eq!(give(&app, "approver", &id, "approval/decide", body).await.code(), "INVALID_REQUEST");
}

async fn an_assistant_does_not_decide_what_it_asked(app: App) {
    let (id, approval) = waiting(&app, "ai_agent").await;
    let yes = json!({"approval_id": approval, "decision": "APPROVED"});
    assert_eq!(give(&app, "ai_agent", &id, "approval/decide", yes.clone()).await.code(), "FORBIDDEN");
    // The same subject in a role that may decide is still the one who asked: all tokens of the test have one subject.
    let refused = give(&app, "approver", &id, "approval/decide", yes.clone()).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "FORBIDDEN"));
    let other = app.scoped_token("approver", some_id(), &["*".into()], &["*".into()]);
    let decided = app.post(&other, &format!("/tickets/{id}/approval/decide"), some_id(), &yes).await;
    assert_eq!(decided.json()["state"], "READY_TO_SCHEDULE", "{}", decided.text);
}
