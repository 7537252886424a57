use axum::http::StatusCode;
use patchbay_core::ids::IncidentTemplateId;
use patchbay_core::ticket::TicketPriority;
use patchbay_store::incident_templates::{self, IncidentTemplateRow};
use serde_json::json;

use super::{classification, done, give, last_steps, recorded, story, topics};
use crate::tests::{App, both_engines, some_id};

both_engines! {
    a_new_ticket_is_triaged_in_one_step_or_two;
    triaging_again_without_a_change_is_refused_and_with_one_is_recorded;
    an_estimate_above_the_limit_waits_for_an_approval;
    a_blind_intake_is_scheduled_only_through_its_gate;
    the_newest_template_is_pinned_and_fills_in_its_limit;
    the_intake_is_told_complete_once;
}

async fn a_new_ticket_is_triaged_in_one_step_or_two(app: App) {
    let id = recorded(&app).await;
    let ticket = done(&app, "dispatcher", &id, "triage", classification(json!({"risk_flags": ["dog"]}))).await;
    assert_eq!((&ticket["state"], &ticket["version"]), (&json!("TRIAGED"), &json!(2)));
    assert_eq!((&ticket["priority"], &ticket["incident_type"]), (&json!("URGENT"), &json!("DOOR_WONT_LATCH")));
    assert_eq!((&ticket["template_version"], &ticket["risk_flags"]), (&json!(1), &json!(["dog"])));
    assert_eq!(last_steps(&app, &id).await, ["NEW>TRIAGED"]);

    let id = recorded(&app).await;
    let ready = classification(json!({"ready_to_schedule": true}));
    let ticket = done(&app, "ai_agent", &id, "triage", ready).await;
    assert_eq!((&ticket["state"], &ticket["version"]), (&json!("READY_TO_SCHEDULE"), &json!(2)));
    assert_eq!(last_steps(&app, &id).await, ["NEW>TRIAGED", "TRIAGED>READY_TO_SCHEDULE"]);
    let told = ["ticket.created", "ticket.state_changed", "ticket.triaged", "intake.completed", "ticket.state_changed"];
    assert_eq!(topics(&app, &id).await, told);
    let events = story(&app, &id).await;
    assert_eq!(events[1]["changes"]["priority"], json!(["ROUTINE", "URGENT"]));
    assert_eq!(events[1]["payload"]["ready_to_schedule"], true);
}

async fn triaging_again_without_a_change_is_refused_and_with_one_is_recorded(app: App) {
    let id = recorded(&app).await;
    done(&app, "dispatcher", &id, "triage", classification(json!({}))).await;
    let refused = give(&app, "dispatcher", &id, "triage", classification(json!({}))).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "INVALID_STATE_TRANSITION"));
    assert_eq!(refused.json()["error"]["policy_error"]["dimension"], "state");
    let again = done(&app, "dispatcher", &id, "triage", classification(json!({"category": "doors"}))).await;
    assert_eq!((&again["state"], &again["version"]), (&json!("TRIAGED"), &json!(3)));
    assert_eq!(last_steps(&app, &id).await, Vec::<String>::new());
    assert_eq!(story(&app, &id).await.len(), 3);
}

async fn an_estimate_above_the_limit_waits_for_an_approval(app: App) {
    let id = recorded(&app).await;
    let dear = classification(json!({"nte_cents": 10_000, "estimate_cents": 15_000, "ready_to_schedule": true}));
    let ticket = done(&app, "dispatcher", &id, "triage", dear).await;
    assert_eq!(ticket["state"], "APPROVAL_REQUIRED");
    let approval = &ticket["approval"];
    assert_eq!((&approval["status"], &approval["origin"]), (&json!("PENDING"), &json!("triage")));
    assert_eq!((&approval["approval_type"], &approval["amount_delta_cents"]), (&json!("NTE_INCREASE"), &json!(5_000)));
    assert_eq!(approval["return_state"], "READY_TO_SCHEDULE");
    assert!(topics(&app, &id).await.contains(&"approval.requested".to_owned()));
}

async fn a_blind_intake_is_scheduled_only_through_its_gate(app: App) {
    let mut unsure = app.intake();
    unsure["identity_confidence"] = json!(84);
    unsure["sop_handoff_acknowledged"] = json!(false);
    let made = app.post(&app.token("ai_agent"), "/tickets/intake", some_id(), &unsure).await.json();
    let id = made["id"].as_str().expect("an id").to_owned();
    let refused = give(&app, "dispatcher", &id, "triage", classification(json!({"ready_to_schedule": true}))).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "LOW_IDENTITY_CONFIDENCE"));
    let error = &refused.json()["error"];
    assert_eq!((&error["measured"], &error["threshold"]), (&json!(84), &json!(85)));
    assert_eq!(error["policy_error"]["dimension"], "identity");
    let surer = classification(json!({"ready_to_schedule": true, "identity_confidence": 90}));
    assert_eq!(give(&app, "dispatcher", &id, "triage", surer).await.code(), "SOP_HANDOFF_REQUIRED");
    let called_back =
        classification(json!({"ready_to_schedule": true, "identity_confidence": 90, "sop_handoff_acknowledged": true}));
    let ticket = done(&app, "dispatcher", &id, "triage", called_back).await;
    assert_eq!((&ticket["state"], &ticket["sop_handoff_required"]), (&json!("READY_TO_SCHEDULE"), &json!(false)));
    assert_eq!(last_steps(&app, &id).await, ["TRIAGED>READY_TO_SCHEDULE"]);
    assert_eq!(topics(&app, &id).await.iter().filter(|topic| *topic == "intake.completed").count(), 1);
}

async fn the_newest_template_is_pinned_and_fills_in_its_limit(app: App) {
    let row = IncidentTemplateRow {
        id: IncidentTemplateId::new(),
        incident_type: "DOOR_WONT_LATCH".into(),
        version: 2,
        required_evidence_keys: vec!["photo_after".into()],
        required_checklist_keys: vec![],
        default_priority: TicketPriority::Routine,
        sla_minutes: Some(30),
        default_nte_cents: Some(40_000),
        high_risk: true,
        required_intake_fields: vec!["summary".into(), "category".into()],
        active: true,
        created_at: app.now(),
        updated_at: app.now(),
    };
    let mut tx = app.db.begin().await.expect("begins");
    incident_templates::insert(&mut tx, &row).await.expect("a template");
    tx.commit().await.expect("commits");
    let id = recorded(&app).await;
    let ticket = done(&app, "dispatcher", &id, "triage", classification(json!({}))).await;
    assert_eq!((&ticket["template_version"], &ticket["nte_cents"]), (&json!(2), &json!(40_000)));
    assert_eq!(ticket["risk_flags"], json!(["HIGH_RISK"]));
    let other = classification(json!({"incident_type": "unheard_of"}));
    let ticket = done(&app, "dispatcher", &id, "triage", other).await;
    assert_eq!(ticket["template_version"], json!(null));
}

async fn the_intake_is_told_complete_once(app: App) {
    let id = recorded(&app).await;
    done(&app, "dispatcher", &id, "triage", classification(json!({}))).await;
    done(&app, "dispatcher", &id, "triage", classification(json!({"category": "doors"}))).await;
    assert_eq!(topics(&app, &id).await.iter().filter(|topic| *topic == "intake.completed").count(), 1);
}
