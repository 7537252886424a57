//! A body for every command that fits the table and the ticket it is about.

use chrono::TimeDelta;
use patchbay_core::role::Role;
use patchbay_core::ticket::{Command as C, Ticket};
use patchbay_store::{approvals, schedules};
use serde_json::{Value, json};

use crate::tests::{App, some_id};

/// A body with which `role` may give the command on `ticket`. What the ticket does not have is an id of nothing.
pub(super) async fn body(app: &App, command: C, role: Role, ticket: &Ticket) -> Value {
    let now = app.now();
    match command {
        C::RequestInfo => json!({"missing_fields": ["serial number"]}),
        C::Triage => json!({"priority": "URGENT", "incident_type": "CLOSER_LEAKING_OR_SLAMMING"}),
        C::ApprovalDecide => json!({"approval_id": approval(app, ticket).await, "decision": "APPROVED"}),
        C::TicketUpdate if role == Role::Technician => {
            json!({"services": [{"service_id": app.service().await, "qty": 1.5}]})
        }
        C::TicketUpdate => json!({"description": "It also squeaks"}),
        C::ReviewRelease | C::TechResume | C::TechAccept | C::GenerateInvoice | C::Close => json!({}),
        C::Escalate => json!({"reason": "nobody answers", "target": "supervisor"}),
        C::SchedulePropose => json!({"options": [app.window(24), app.window(48)]}),
        C::ScheduleConfirm => json!(app.window(24)),
        C::ScheduleHold => json!({"hold_reason": "CUSTOMER_PENDING", "confirmation_window": app.window(0)}),
        C::ScheduleRelease => json!({"customer_confirmation_id": hold(app, ticket).await}),
        C::ScheduleRollback => json!({"confirmation_id": hold(app, ticket).await, "reason": "no answer"}),
        C::ScheduleReschedule => {
            let window = app.window(96);
            json!({"start": window.start, "end": window.end, "reason": "away", "attribution": "customer"})
        }
        C::Recommend => json!({"service_type": "DEFAULT", "preferred_window": app.window(24)}),
        C::AssignmentDispatch => json!({
            "tech_id": app.technician().await, "dispatch_mode": "EMERGENCY_BYPASS",
            "dispatch_rationale": "The entry cannot be secured", "dispatch_confirmation": true,
        }),
        C::Cancel
        | C::ScheduleReject
        | C::ReturnVisit
        | C::ForceHold
        | C::ForceUnassign
        | C::TechDecline
        | C::Reopen => json!({"reason": "as it is"}),
        C::CheckIn => json!({"timestamp": now}),
        C::TechHold => json!({"reason": "PARTS_ORDERED", "note": "a hinge"}),
        C::RequestChange => {
            json!({"approval_type": "NTE_INCREASE", "reason": "the frame is rotten", "amount_delta_cents": 5_000})
        }
        C::AddEvidence => json!({"kind": "PHOTO", "uri": format!("s3://evidence/{}/after.jpg", ticket.id)}),
        C::Complete | C::Candidate => App::completion(),
        C::EvidenceException => json!({
            "evidence_keys": ["photo_before"], "exception_reason": "The lobby was closed to the public",
            "expires_at": now + TimeDelta::days(1),
        }),
        C::QaVerify => json!({"timestamp": now, "result": "PASS"}),
        C::ForceClose => json!({
            "override_code": "LEGAL", "override_reason": "The customer closed the building", "approver_role": role,
        }),
        other => panic!("a new command on a ticket needs a body here: {other:?}"),
    }
}

async fn approval(app: &App, ticket: &Ticket) -> Value {
    let mut tx = app.db.read().await.expect("reads");
    let pending = approvals::pending(&mut tx, ticket.id).await.expect("reads");
    pending.map_or_else(|| json!(some_id()), |approval| json!(approval.id))
}

async fn hold(app: &App, ticket: &Ticket) -> Value {
    let mut tx = app.db.read().await.expect("reads");
    let active = schedules::active_hold(&mut tx, ticket.id).await.expect("reads");
    active.map_or_else(|| json!(some_id()), |hold| json!(hold.id))
}
