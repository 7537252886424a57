//! Scenario 1: an emergency at a facility, from the call to the closed ticket.

use patchbay_core::clock::Clock;
use patchbay_tests::{Plan, both_plans};
use reqwest::Method;
use serde_json::{Value, json};

use super::cast::{Cast, fresh};

both_plans! {
    an_emergency_goes_its_whole_way;
}

const STORY: &[&str] = &[
    "ticket.create", "ticket.triage", "ticket.update", "assignment.dispatch", "tech.check_in", "tech.request_change",
    "approval.decide", "closeout.add_evidence", "closeout.add_evidence", "closeout.add_evidence", "tech.complete",
    "qa.verify", "billing.generate_invoice", "ticket.close",
];

async fn an_emergency_goes_its_whole_way(plan: Plan) {
    let mut cast = Cast::gather(plan).await;
    let now = || json!(Clock::system().now());
    let (post, patch) = (Method::POST, Method::PATCH);
    let request = json!({
        "account_id": cast.account, "site_id": cast.site, "summary": "The front entry does not lock", "nte_cents": 10_000,
    });
    let made = cast.tell("dispatcher", post.clone(), "/tickets", request, 201).await;
    let id = made["id"].as_str().expect("an id").to_owned();
    let at = |command: &str| format!("/tickets/{id}/{command}");

    let triage = json!({"priority": "EMERGENCY", "incident_type": "CANNOT_SECURE_ENTRY", "nte_cents": 30_000});
    let triaged = cast.tell("dispatcher", post.clone(), &at("triage"), triage, 200).await;
    assert_eq!((&triaged["state"], &triaged["priority"]), (&json!("TRIAGED"), &json!("EMERGENCY")));
    assert_eq!(triaged["nte_cents"], 30_000);
    let work = json!({"services": [{"service_id": cast.service, "qty": 1.5}]});
    cast.tell("dispatcher", patch, &format!("/tickets/{id}"), work, 200).await;

    let order = json!({
        "tech_id": cast.technician, "dispatch_mode": "EMERGENCY_BYPASS", "dispatch_confirmation": true,
        "dispatch_rationale": "The premises stand open",
    });
    let sent = cast.tell("dispatcher", post.clone(), &at("assignment/dispatch"), order, 200).await;
    assert_eq!((&sent["state"], &sent["assigned_tech_id"]), (&json!("DISPATCHED"), &json!(cast.technician)));
    let arrival = json!({"timestamp": now(), "location": {"lat": 45.5, "lon": -73.57}});
    let working = cast.tell("technician", post.clone(), &at("tech/check-in"), arrival, 200).await;
    assert_eq!(working["state"], "IN_PROGRESS");

    let more = json!({"approval_type": "NTE_INCREASE", "amount_delta_cents": 15_000, "reason": "The frame is bent"});
    let asked = cast.tell("technician", post.clone(), &at("tech/request-change"), more, 200).await;
    assert_eq!((&asked["state"], &asked["approval"]["status"]), (&json!("APPROVAL_REQUIRED"), &json!("PENDING")));
    let decision = json!({"approval_id": asked["approval"]["id"], "decision": "APPROVED"});
    let approved = cast.tell("approver", post.clone(), &at("approval/decide"), decision, 200).await;
    assert_eq!((&approved["state"], &approved["nte_cents"]), (&json!("IN_PROGRESS"), &json!(45_000)));

    let done = json!({
        "checklist_status": {
            "work_performed": "Frame straightened, lock replaced", "parts_used_or_needed": "One lock",
            "resolution_status": "resolved", "onsite_photos_after": true, "billing_authorization": true,
        },
        "no_signature_reason": "Nobody of the customer was on site",
    });
    let early = cast.give("technician", post.clone(), &at("tech/complete"), done.clone()).await;
    let error = early.body["error"].clone();
    early.expect_error(409, "CLOSEOUT_REQUIREMENTS_INCOMPLETE");
    assert_eq!(error["requirement_code"], "MISSING_EVIDENCE", "{error}");
    assert_eq!(error["policy_error"]["dimension"], "evidence");
    assert_eq!(error["missing_evidence_keys"].as_array().map(Vec::len), Some(3), "{error}");
    for (kind, key) in
        [("PHOTO", "before_photo_entry"), ("PHOTO", "after_photo_entry_secured"), ("NOTE", "note_security_restored")]
    {
        let evidence = json!({"kind": kind, "evidence_key": key, "uri": format!("s3://evidence/{id}/{}", fresh())});
        cast.tell("technician", post.clone(), &at("evidence"), evidence, 201).await;
    }
    let completed = cast.tell("technician", post.clone(), &at("tech/complete"), done, 200).await;
    assert_eq!(completed["state"], "COMPLETED_PENDING_VERIFICATION");
    assert_eq!(completed["invoice_state"], "PENDING_APPROVAL");

    let seen = json!({"timestamp": now(), "result": "PASS"});
    let verified = cast.tell("qa", post.clone(), &at("qa/verify"), seen, 200).await;
    assert_eq!(verified["state"], "VERIFIED");
    let invoiced = cast.tell("finance", post.clone(), &at("billing/generate-invoice"), json!({}), 200).await;
    assert_eq!((&invoiced["state"], &invoiced["invoice_state"]), (&json!("INVOICED"), &json!("APPROVED")));
    let invoice = &invoiced["invoice"];
    // One and a half times 200.00, and 14.975 % of it.
    assert_eq!((&invoice["subtotal_cents"], &invoice["tax_cents"]), (&json!(30_000), &json!(4_493)));
    let closed = cast.tell("finance", post, &at("close"), json!({}), 200).await;
    assert_eq!(closed["state"], "CLOSED");

    let before = cast.everything(&id).await;
    assert_eq!(cast.check_timeline(&before[1]), STORY);
    let audited = cast.audited().await;
    let refused: Vec<_> = audited.iter().filter(|(_, code)| code.is_some()).cloned().collect();
    assert_eq!(audited.len(), STORY.len() + 1);
    assert_eq!(refused, [("tech.complete".to_owned(), Some("CLOSEOUT_REQUIREMENTS_INCOMPLETE".to_owned()))]);
    for row in before[2]["evidence"].as_array().expect("a list") {
        assert_ne!(row["immutable_at"], Value::Null, "verified evidence is frozen: {row}");
    }
    cast.repeat_the_story().await;
    assert_eq!(cast.everything(&id).await, before);
    assert_eq!(cast.audited().await, audited);
}
