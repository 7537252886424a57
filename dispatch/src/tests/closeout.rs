//! From the work to the end of a ticket: the gate, verification, closing and taking up again.

use axum::http::StatusCode;
use chrono::TimeDelta;
use patchbay_core::ids::{TechnicianId, TicketId};
use patchbay_core::ticket::{Ticket, TicketState};
use patchbay_store::{closeouts, outbox, tickets};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{App, both_engines, some_id};
use crate::EvidenceRules;
use crate::tests::Answer;

both_engines! {
    work_is_completed_verified_and_closed_with_its_packet;
    what_is_missing_is_named_and_changes_nothing;
    a_failed_verification_goes_back_to_work;
    whoever_completed_the_work_does_not_verify_it;
    an_exception_holds_until_it_expires;
    an_exception_is_for_people_and_never_for_the_signature;
    work_of_high_risk_is_no_candidate;
    a_ticket_can_be_forced_to_its_end_in_ones_own_role;
    a_billable_ticket_is_not_closed_before_it_is_invoiced;
    verified_work_is_taken_up_again;
    a_completion_replays_byte_for_byte;
    without_a_template_nothing_is_done;
}

/// Who did the work.
const TECHNICIAN: Uuid = Uuid::from_u128(70);

/// A ticket on which the work goes on, as the commands before would have left it.
pub(super) async fn at_work(app: &App, incident_type: &str) -> Ticket {
    let made = app.post(&app.token("dispatcher"), "/tickets", some_id(), &app.request()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let id: TicketId = made.json()["id"].as_str().expect("an id").parse().expect("a UUID");
    rewrite(app, id, |ticket| {
        ticket.state = TicketState::InProgress;
        ticket.incident_type = Some(incident_type.into());
        ticket.template_version = (!incident_type.is_empty()).then_some(1);
        ticket.assigned_tech_id = Some(TechnicianId(TECHNICIAN));
    })
    .await
}

/// Writes a ticket past the commands.
async fn rewrite(app: &App, id: TicketId, change: impl FnOnce(&mut Ticket)) -> Ticket {
    let mut tx = app.db.begin().await.expect("begins");
    let mut ticket = tickets::lock(&mut tx, id).await.expect("reads").expect("is there");
    change(&mut ticket);
    ticket.version += 1;
    tickets::update(&mut tx, &ticket).await.expect("writes");
    tx.commit().await.expect("commits");
    ticket
}

impl App {
    /// A command on a ticket.
    pub(super) async fn on(&self, role: &str, ticket: &Ticket, path: &str, body: Value) -> Answer {
        let sub = if role == "technician" { TECHNICIAN } else { Uuid::from_u128(role.len() as u128) };
        let token = self.scoped_token(role, sub, &["*".into()], &["*".into()]);
        self.post(&token, &format!("/tickets/{}/{path}", ticket.id), some_id(), &body).await
    }

    async fn stored(&self, ticket: &Ticket) -> Ticket {
        let mut tx = self.db.read().await.expect("reads");
        tickets::by_id(&mut tx, ticket.id).await.expect("reads").expect("is there")
    }

    async fn add(&self, ticket: &Ticket, kind: &str, key: &str) {
        let uri = format!("s3://evidence/{}/{key}", ticket.id);
        let added =
            self.on("technician", ticket, "evidence", json!({"kind": kind, "uri": uri, "evidence_key": key})).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    }

    /// Everything that the work on a latch asks for.
    async fn add_all(&self, ticket: &Ticket) {
        self.add(ticket, "PHOTO", "before_photo_latch").await;
        self.add(ticket, "PHOTO", "after_photo_latch").await;
        self.add(ticket, "NOTE", "note_latch_adjustment").await;
    }

    async fn completed(&self) -> Ticket {
        let ticket = at_work(self, "DOOR_WONT_LATCH").await;
        self.add_all(&ticket).await;
        let done = self.on("technician", &ticket, "tech/complete", done()).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
        self.stored(&ticket).await
    }

    async fn verified(&self) -> Ticket {
        let ticket = self.completed().await;
        let passed = self.on("qa", &ticket, "qa/verify", pass(self)).await;
        assert_eq!(passed.status, StatusCode::OK, "{}", passed.text);
        self.stored(&ticket).await
    }
}

/// What is said when everything is done.
fn done() -> Value {
    json!({
        "checklist_status": {
            "work_performed": "latch adjusted", "parts_used_or_needed": "none", "resolution_status": "resolved",
            "onsite_photos_after": true, "billing_authorization": true,
        },
        "no_signature_reason": "nobody was on site to sign",
    })
}

fn pass(app: &App) -> Value {
    json!({"timestamp": app.now(), "result": "PASS"})
}

#[track_caller]
fn refused(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text);
}

#[track_caller]
fn lacks(answer: &Answer, requirement: &str) {
    refused(answer, StatusCode::CONFLICT, "CLOSEOUT_REQUIREMENTS_INCOMPLETE");
    let error = &answer.json()["error"];
    assert_eq!(error["requirement_code"], requirement, "{}", answer.text);
    assert_eq!(error["policy_error"]["dimension"], "evidence");
}

async fn work_is_completed_verified_and_closed_with_its_packet(app: App) {
    let ticket = app.verified().await;
    assert_eq!(ticket.state, TicketState::Verified);
    let list = app.get(&app.token("qa"), &format!("/tickets/{}/evidence", ticket.id)).await.json();
    let evidence = list["evidence"].as_array().expect("a list");
    assert_eq!(evidence.len(), 3);
    assert!(evidence.iter().all(|item| item["is_immutable"] == true && item["immutable_reason"] == "qa.verify"));
    let ticket = rewrite(&app, ticket.id, |ticket| ticket.billable = false).await;
    let closed = app.on("finance", &ticket, "close", json!({"reason": "all done"})).await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.text);
    assert_eq!(closed.json()["state"], "CLOSED");
    let hash = closed.json()["closeout_packet"]["hash"].as_str().expect("a hash").to_owned();

    let mut tx = app.db.read().await.expect("reads");
    let packet = closeouts::artifact(&mut tx, ticket.id, "closeout_packet").await.expect("reads").expect("is kept");
    assert_eq!(packet.hash, hash);
    assert_eq!(patchbay_core::canonical::canonical_hash(&packet.payload), hash);
    assert_eq!(packet.payload["evidence_summary"]["total"], 3);
    assert_eq!(packet.payload["evidence_summary"]["immutable"], 3);
    assert_eq!(packet.payload["gate"]["code"], "READY");
    assert_eq!(packet.payload["verification"]["result"], "PASS");
    assert_eq!(packet.payload["completion"]["command"], "tech.complete");
    assert!(packet.payload["override"].is_null());
    let told = outbox::of_aggregate(&mut tx, ticket.id.0).await.expect("rows");
    let topics: Vec<&str> = told.iter().map(|row| row.event_type.as_str()).collect();
    for topic in ["evidence.added", "ticket.completed", "qa.passed", "ticket.closed"] {
        assert!(topics.contains(&topic), "{topic} of {topics:?}");
    }
}

async fn what_is_missing_is_named_and_changes_nothing(app: App) {
    let ticket = at_work(&app, "DOOR_WONT_LATCH").await;
    let nothing = app.on("technician", &ticket, "tech/complete", json!({"checklist_status": {}})).await;
    lacks(&nothing, "MISSING_REQUIREMENTS");
    let error = nothing.json()["error"].clone();
    assert_eq!((&error["incident_type"], &error["template_version"]), (&json!("DOOR_WONT_LATCH"), &json!(1)));
    assert_eq!(error["missing_checklist_keys"].as_array().map(Vec::len), Some(5));
    lacks(&app.on("technician", &ticket, "tech/complete", done()).await, "MISSING_EVIDENCE");
    app.add_all(&ticket).await;
    let mut body = done();
    body["checklist_status"]["billing_authorization"] = json!("yes");
    lacks(&app.on("technician", &ticket, "tech/complete", body).await, "MISSING_CHECKLIST");
    let mut body = done();
    body.as_object_mut().expect("an object").remove("no_signature_reason");
    lacks(&app.on("technician", &ticket, "tech/complete", body).await, "MISSING_SIGNATURE_CONFIRMATION");
    let mut body = done();
    body["evidence_refs"] = json!([some_id()]);
    lacks(&app.on("technician", &ticket, "tech/complete", body).await, "INVALID_EVIDENCE_REFERENCE");

    let now = app.stored(&ticket).await;
    assert_eq!((now.state, now.version), (TicketState::InProgress, ticket.version + 3), "only evidence was added");
    let mut tx = app.db.read().await.expect("reads");
    assert!(closeouts::latest_completion(&mut tx, ticket.id).await.expect("reads").is_none());
}

async fn a_failed_verification_goes_back_to_work(app: App) {
    let ticket = app.completed().await;
    let silent = app.on("qa", &ticket, "qa/verify", json!({"timestamp": app.now(), "result": "FAIL"})).await;
    refused(&silent, StatusCode::BAD_REQUEST, "INVALID_REQUEST");
    let failed = json!({"timestamp": app.now(), "result": "FAIL", "notes": "the photo shows another door"});
    let failed = app.on("qa", &ticket, "qa/verify", failed).await;
    assert_eq!(failed.status, StatusCode::OK, "{}", failed.text);
    assert_eq!(failed.json()["state"], "IN_PROGRESS");
    assert_eq!(failed.json()["verification"]["result"], "FAIL");
    let list = app.get(&app.token("qa"), &format!("/tickets/{}/evidence", ticket.id)).await.json();
    assert!(list["evidence"].as_array().expect("a list").iter().all(|item| item["is_immutable"] == false));
    let again = app.on("technician", &ticket, "tech/complete", done()).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
    assert_eq!(app.on("qa", &ticket, "qa/verify", pass(&app)).await.json()["state"], "VERIFIED");
}

async fn whoever_completed_the_work_does_not_verify_it(app: App) {
    let ticket = at_work(&app, "DOOR_WONT_LATCH").await;
    app.add_all(&ticket).await;
    assert_eq!(app.on("dispatcher", &ticket, "tech/complete", done()).await.status, StatusCode::OK);
    let own = app.on("dispatcher", &ticket, "qa/verify", pass(&app)).await;
    refused(&own, StatusCode::CONFLICT, "MANUAL_REVIEW_REQUIRED");
    assert_eq!(app.on("qa", &ticket, "qa/verify", pass(&app)).await.status, StatusCode::OK);
}

async fn an_exception_holds_until_it_expires(app: App) {
    let ticket = at_work(&app, "DOOR_WONT_LATCH").await;
    app.add(&ticket, "PHOTO", "before_photo_latch").await;
    app.add(&ticket, "PHOTO", "after_photo_latch").await;
    let except = |hours| {
        json!({
            "evidence_keys": ["note_latch_adjustment"], "exception_reason": "the notes of this day were lost",
            "expires_at": app.now() + TimeDelta::hours(hours),
        })
    };
    let long = app.on("qa", &ticket, "closeout/evidence-exception", except(169)).await;
    refused(&long, StatusCode::BAD_REQUEST, "INVALID_REQUEST");
    let granted = app.on("qa", &ticket, "closeout/evidence-exception", except(1)).await;
    assert_eq!(granted.status, StatusCode::OK, "{}", granted.text);
    let completed = app.on("technician", &ticket, "tech/complete", done()).await;
    assert_eq!(completed.status, StatusCode::OK, "{}", completed.text);
    assert_eq!(completed.json()["closeout_gate"]["waived_evidence_keys"], json!(["note_latch_adjustment"]));
    app.clock.advance(std::time::Duration::from_mins(61));
    lacks(&app.on("qa", &ticket, "qa/verify", pass(&app)).await, "MISSING_EVIDENCE");
    assert_eq!(app.on("qa", &ticket, "closeout/evidence-exception", except(1)).await.status, StatusCode::OK);
    let passed = app.on("qa", &ticket, "qa/verify", pass(&app)).await;
    assert_eq!(passed.status, StatusCode::OK, "{}", passed.text);
    // Frozen is frozen: what was waived when quality looked does not stand in the way of the end.
    app.clock.advance(std::time::Duration::from_mins(61));
    let ticket = rewrite(&app, ticket.id, |ticket| ticket.billable = false).await;
    let closed = app.on("finance", &ticket, "close", json!({})).await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.text);
}

async fn an_exception_is_for_people_and_never_for_the_signature(app: App) {
    let ticket = at_work(&app, "DOOR_WONT_LATCH").await;
    let body = json!({
        "evidence_keys": ["signature_or_no_signature_reason"], "exception_reason": "nobody wanted to sign the paper",
        "expires_at": app.now() + TimeDelta::hours(1),
    });
    let signature = app.on("qa", &ticket, "closeout/evidence-exception", body.clone()).await;
    refused(&signature, StatusCode::BAD_REQUEST, "INVALID_REQUEST");
    refused(
        &app.on("ai_agent", &ticket, "closeout/evidence-exception", body).await,
        StatusCode::FORBIDDEN,
        "FORBIDDEN",
    );
}

async fn work_of_high_risk_is_no_candidate(app: App) {
    let ticket = at_work(&app, "CANNOT_SECURE_ENTRY").await;
    for (kind, key) in
        [("PHOTO", "before_photo_entry"), ("PHOTO", "after_photo_entry_secured"), ("NOTE", "note_security_restored")]
    {
        app.add(&ticket, kind, key).await;
    }
    let candidate = app.on("ai_agent", &ticket, "closeout/candidate", done()).await;
    refused(&candidate, StatusCode::CONFLICT, "MANUAL_REVIEW_REQUIRED");
    let error = candidate.json()["error"].clone();
    assert_eq!(error["requirement_code"], "AUTOMATION_RISK_BLOCK");
    assert_eq!(error["risk_profile"]["level"], "HIGH");
    assert_eq!(error["risk_profile"]["evidence_items"], 3);
    assert_eq!(app.on("technician", &ticket, "tech/complete", done()).await.status, StatusCode::OK);

    let harmless = at_work(&app, "DOOR_WONT_LATCH").await;
    app.add_all(&harmless).await;
    let candidate = app.on("ai_agent", &harmless, "closeout/candidate", done()).await;
    assert_eq!(candidate.status, StatusCode::OK, "{}", candidate.text);
    assert_eq!(
        app.on("qa", &harmless, "qa/verify", pass(&app)).await.status,
        StatusCode::OK,
        "a candidate is verified"
    );
}

async fn a_ticket_can_be_forced_to_its_end_in_ones_own_role(app: App) {
    let ticket = app.completed().await;
    let force = |role: &str| {
        json!({
            "override_code": "CUSTOMER_GONE", "override_reason": "the customer moved out and cannot be reached",
            "approver_role": role,
        })
    };
    let other = app.on("approver", &ticket, "force-close", force("admin")).await;
    refused(&other, StatusCode::FORBIDDEN, "FORBIDDEN");
    let forced = app.on("approver", &ticket, "force-close", force("approver")).await;
    assert_eq!(forced.status, StatusCode::OK, "{}", forced.text);
    assert_eq!(forced.json()["state"], "CLOSED");
    let invoice = app.get(&app.token("finance"), &format!("/tickets/{}/invoice", ticket.id)).await;
    assert_eq!(invoice.json()["state"], "VOIDED", "nobody is left with a draft that cannot be approved");
    let mut tx = app.db.read().await.expect("reads");
    let packet = closeouts::artifact(&mut tx, ticket.id, "closeout_packet").await.expect("reads").expect("is kept");
    assert_eq!(packet.payload["override"]["override_code"], "CUSTOMER_GONE");
    assert_eq!(packet.payload["evidence_summary"]["immutable"], 3);
    drop(tx);
    let untouched = at_work(&app, "DOOR_WONT_LATCH").await;
    let untouched =
        rewrite(&app, untouched.id, |ticket| ticket.state = TicketState::CompletedPendingVerification).await;
    lacks(&app.on("approver", &untouched, "force-close", force("approver")).await, "MISSING_COMPLETION_CONTEXT");
    lacks(&app.on("qa", &untouched, "qa/verify", pass(&app)).await, "MISSING_COMPLETION_CONTEXT");
}

async fn a_billable_ticket_is_not_closed_before_it_is_invoiced(app: App) {
    let ticket = app.verified().await;
    let early = app.on("finance", &ticket, "close", json!({})).await;
    refused(&early, StatusCode::CONFLICT, "INVALID_STATE_TRANSITION");
    assert_eq!(early.json()["error"]["allowed_from_states"], json!(["INVOICED"]));
    let ticket = rewrite(&app, ticket.id, |ticket| ticket.state = TicketState::Invoiced).await;
    assert_eq!(app.on("finance", &ticket, "close", json!({})).await.json()["state"], "CLOSED");
}

async fn verified_work_is_taken_up_again(app: App) {
    let ticket = app.verified().await;
    let reopened =
        app.on("qa", &ticket, "closeout/reopen-after-verification", json!({"reason": "it sticks again"})).await;
    assert_eq!(reopened.status, StatusCode::OK, "{}", reopened.text);
    assert_eq!(reopened.json()["state"], "IN_PROGRESS");
    app.add(&ticket, "PHOTO", "after_photo_latch").await;
    let list = app.get(&app.token("qa"), &format!("/tickets/{}/evidence", ticket.id)).await.json();
    let frozen = list["evidence"].as_array().expect("a list").iter().filter(|item| item["is_immutable"] == true);
    assert_eq!(frozen.count(), 3, "what was verified stays frozen, what is new is not");
}

async fn a_completion_replays_byte_for_byte(app: App) {
    let ticket = at_work(&app, "DOOR_WONT_LATCH").await;
    app.add_all(&ticket).await;
    let token = app.scoped_token("technician", TECHNICIAN, &["*".into()], &["*".into()]);
    let (path, key) = (format!("/tickets/{}/tech/complete", ticket.id), some_id());
    let first = app.post(&token, &path, key, &done()).await;
    let second = app.post(&token, &path, key, &done()).await;
    assert_eq!((first.status, &first.text), (second.status, &second.text));
    assert_eq!(second.headers["idempotency-replayed"], "true");
}

async fn without_a_template_nothing_is_done(app: App) {
    let app = app.with_evidence(EvidenceRules::default());
    for incident_type in ["", "UNHEARD_OF"] {
        let ticket = at_work(&app, incident_type).await;
        lacks(&app.on("technician", &ticket, "tech/complete", done()).await, "TEMPLATE_NOT_FOUND");
    }
}
