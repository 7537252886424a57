use std::collections::BTreeSet;

use chrono::TimeDelta;
use patchbay_core::ids::{RecordId, TechnicianId, TimeOffId, UserId, VendorId, ZoneId};
use patchbay_core::place::PlaceStatus;
use patchbay_core::technician::TimeOffKind;
use patchbay_core::ticket::{Ticket, TicketPriority, TicketState as S};
use patchbay_store::performer_rejections::{self, RejectionRow};
use patchbay_store::technicians::Technician;
use patchbay_store::time_off::{self, TimeOffRow};
use patchbay_store::vendors::{self, Vendor, VendorRow};
use patchbay_store::zones::{self, ZoneRow};
use patchbay_store::{appointments, recommendations, sites, technicians, tickets};
use serde_json::{Value, json};

use super::{Answer, App, both_engines, some_id};

both_engines! {
    a_ranking_leaves_out_who_does_not_fit_and_is_kept;
    a_ranking_needs_a_window_and_somebody;
    the_work_goes_to_who_was_recommended_or_there_is_a_reason;
    every_guard_refuses_and_writes_nothing;
    an_emergency_skips_the_schedule_for_people_only;
    a_vendor_is_sent_by_its_specialty;
    somebody_in_work_far_away_cannot_begin_elsewhere;
    two_jobs_that_begin_at_once_see_each_other;
    a_technician_acts_under_a_login;
}

#[track_caller]
fn refused(answer: &Answer, code: &str) -> Value {
    assert_eq!(answer.code(), code, "{}", answer.text);
    answer.json()["error"]["policy_error"].clone()
}

/// Technicians that change as a test says.
async fn technician(app: &App, change: impl FnOnce(&mut Technician)) -> TechnicianId {
    let id = app.technician().await;
    let mut tx = app.db.begin().await.expect("begins");
    let mut technician = technicians::by_id(&mut tx, id).await.expect("reads").expect("there");
    change(&mut technician);
    technicians::update(&mut tx, &technician).await.expect("updates");
    tx.commit().await.expect("commits");
    id
}

async fn zone(app: &App, middle: Option<(f64, f64)>) -> ZoneId {
    let id = ZoneId::new();
    let row = ZoneRow {
        id,
        account_id: None,
        name: format!("Zone {id}"),
        description: None,
        centroid_lat: middle.map(|(lat, _)| lat),
        centroid_lon: middle.map(|(_, lon)| lon),
        radius_km: None,
        region_weight: 500,
        status: PlaceStatus::Active,
        version: 1,
        created_at: app.now(),
        updated_at: app.now(),
    };
    let mut tx = app.db.begin().await.expect("begins");
    zones::insert(&mut tx, &row).await.expect("a zone");
    tx.commit().await.expect("commits");
    id
}

/// A ticket at a site of its own in a zone.
async fn ticket_at(app: &mut App, zone: ZoneId, state: S, technician: TechnicianId) -> Ticket {
    let id = app.add_site(app.account).await;
    let mut tx = app.db.begin().await.expect("begins");
    let mut site = sites::by_id(&mut tx, id).await.expect("reads").expect("there");
    site.zone_id = Some(zone);
    sites::update(&mut tx, &site).await.expect("updates");
    tx.commit().await.expect("commits");
    let home = std::mem::replace(&mut app.site, id);
    let ticket = app.ticket_in(state, technician).await;
    app.site = home;
    ticket
}

async fn changed(app: &App, ticket: &Ticket, change: impl FnOnce(&mut Ticket)) {
    let mut tx = app.db.begin().await.expect("begins");
    let mut row = tickets::by_id(&mut tx, ticket.id).await.expect("reads").expect("there");
    change(&mut row);
    row.version += 1;
    tickets::update(&mut tx, &row).await.expect("updates");
    tx.commit().await.expect("commits");
}

async fn a_ranking_leaves_out_who_does_not_fit_and_is_kept(app: App) {
    let fits = technician(&app, |_| {}).await;
    let senior = technician(&app, |technician| technician.row.priority_rank = 1).await;
    technician(&app, |technician| technician.skills = BTreeSet::from(["doors".to_owned()])).await;
    technician(&app, |technician| technician.row.max_active_jobs = 0).await;
    let declined = technician(&app, |_| {}).await;
    let away = technician(&app, |_| {}).await;
    let ticket = app.ticket_in(S::ReadyToSchedule, fits).await;
    let (now, window) = (app.now(), app.window(24));
    let mut tx = app.db.begin().await.expect("begins");
    let rejection = RejectionRow {
        id: RecordId::new(),
        ticket_id: ticket.id,
        technician_id: Some(declined),
        vendor_id: None,
        reason: "no van".into(),
        created_at: now,
    };
    performer_rejections::insert(&mut tx, &rejection).await.expect("a rejection");
    let off = TimeOffRow {
        id: TimeOffId::new(),
        technician_id: away,
        starts_at: window.start + TimeDelta::hours(1),
        ends_at: window.end + TimeDelta::hours(9),
        kind: TimeOffKind::Break,
        note: None,
        cancelled_at: None,
        created_by: patchbay_core::ids::ActorId::new(),
        created_at: now,
    };
    time_off::insert(&mut tx, &off).await.expect("time off");
    tx.commit().await.expect("commits");

    let body = json!({"service_type": "HVAC", "preferred_window": {"start": window.start, "end": window.end}});
    let answer = app.command(ticket.id, "assignment/recommend", &body).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    let reply = answer.json();
    let ranked: Vec<&str> = reply["recommendation"]["candidates"]
        .as_array()
        .expect("a ranking")
        .iter()
        .filter_map(|candidate| candidate["technician_id"].as_str())
        .collect();
    assert_eq!(ranked, [senior.to_string(), fits.to_string()]);
    assert_eq!(reply["recommendation"]["recommended_tech_id"], senior.to_string());
    assert_eq!((&reply["state"], &reply["version"]), (&json!("READY_TO_SCHEDULE"), &json!(ticket.version + 1)));
    let kept = reply["recommendation_snapshot_id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let mut tx = app.db.read().await.expect("reads");
    let row = recommendations::by_id(&mut tx, ticket.id, kept).await.expect("reads").expect("kept");
    assert_eq!((row.recommended_tech_id, row.window_start), (senior, window.start));
}

async fn a_ranking_needs_a_window_and_somebody(app: App) {
    let nobody = technician(&app, |technician| technician.skills.clear()).await;
    let ready = app.ticket_in(S::ReadyToSchedule, nobody).await;
    let body = json!({"service_type": "HVAC"});
    let missing = app.command(ready.id, "assignment/recommend", &body).await;
    assert_eq!(refused(&missing, "ASSIGNMENT_RECOMMENDATION_CONTEXT_MISSING")["dimension"], "assignment");
    let scheduled = app.ticket_in(S::Scheduled, nobody).await;
    let empty = app.command(scheduled.id, "assignment/recommend", &body).await;
    let policy = refused(&empty, "ASSIGNMENT_RECOMMENDATION_UNAVAILABLE");
    assert_eq!((&policy["dimension"], &policy["excluded"]["skill"]), (&json!("assignment"), &json!(1)));
}

async fn the_work_goes_to_who_was_recommended_or_there_is_a_reason(app: App) {
    let best = technician(&app, |technician| technician.row.priority_rank = 1).await;
    let other = technician(&app, |_| {}).await;
    let ticket = app.ticket_in(S::Scheduled, best).await;
    let ranking = app.command(ticket.id, "assignment/recommend", &json!({"service_type": "HVAC"})).await.json();
    let snapshot = &ranking["recommendation_snapshot_id"];
    let mut order = json!({"tech_id": other, "recommendation_snapshot_id": snapshot});
    let mismatch = app.command(ticket.id, "assignment/dispatch", &order).await;
    assert_eq!(refused(&mismatch, "ASSIGNMENT_RECOMMENDATION_MISMATCH")["recommended_tech_id"], best.to_string());
    order["override_reason"] = json!("the customer asked for the other one");
    order["override_code"] = json!("customer_request");
    let sent = app.command(ticket.id, "assignment/dispatch", &order).await;
    assert_eq!(sent.status.as_u16(), 200, "{}", sent.text);
    let body = sent.json();
    assert_eq!((&body["state"], &body["assigned_tech_id"]), (&json!("DISPATCHED"), &json!(other)));
    let mut tx = app.db.read().await.expect("reads");
    let appointment = appointments::live(&mut tx, ticket.id).await.expect("reads").expect("kept");
    assert_eq!(appointment.technician_id, Some(other));
}

async fn every_guard_refuses_and_writes_nothing(mut app: App) {
    let away = technician(&app, |technician| {
        technician.row.availability = patchbay_core::technician::Availability::OnLeave;
    })
    .await;
    let unskilled = technician(&app, |technician| technician.skills = BTreeSet::from(["doors".to_owned()])).await;
    let fits = technician(&app, |_| {}).await;
    let zone = zone(&app, None).await;
    let elsewhere = ticket_at(&mut app, zone, S::Scheduled, fits).await;
    let plumbing = app.ticket_in(S::Scheduled, fits).await;
    changed(&app, &plumbing, |ticket| ticket.category = Some("plumbing".into())).await;
    let flagged = app.ticket_in(S::Scheduled, fits).await;
    changed(&app, &flagged, |ticket| ticket.review_required = true).await;
    let ready = app.ticket_in(S::ReadyToSchedule, fits).await;
    for (ticket, order, code) in [
        (&plumbing, json!({}), "INVALID_REQUEST"),
        (&plumbing, json!({"tech_id": fits, "provider_id": VendorId::new()}), "INVALID_REQUEST"),
        (&plumbing, json!({"tech_id": TechnicianId::new()}), "ASSIGNMENT_NOT_FOUND"),
        (&plumbing, json!({"provider_id": VendorId::new()}), "ASSIGNMENT_NOT_FOUND"),
        (&plumbing, json!({"tech_id": away}), "TECH_UNAVAILABLE"),
        (
            &plumbing,
            json!({"tech_id": fits, "recommendation_snapshot_id": some_id()}),
            "ASSIGNMENT_RECOMMENDATION_MISMATCH",
        ),
        (&plumbing, json!({"tech_id": unskilled}), "ASSIGNMENT_CAPABILITY_MISMATCH"),
        (&elsewhere, json!({"tech_id": fits}), "ASSIGNMENT_ZONE_MISMATCH"),
        (&flagged, json!({"tech_id": fits}), "REVIEW_REQUIRED"),
        (&ready, json!({"tech_id": fits}), "INVALID_STATE_TRANSITION"),
        (&ready, json!({"tech_id": fits, "dispatch_mode": "EMERGENCY_BYPASS"}), "ASSIGNMENT_BYPASS_DENIED"),
    ] {
        let before = app.read_back(ticket.id).await;
        let answer = app.command(ticket.id, "assignment/dispatch", &order).await;
        refused(&answer, code);
        assert_eq!(app.read_back(ticket.id).await, before, "{code}");
    }
}

async fn an_emergency_skips_the_schedule_for_people_only(app: App) {
    let fits = technician(&app, |_| {}).await;
    let ticket = app.ticket_in(S::Triaged, fits).await;
    changed(&app, &ticket, |ticket| ticket.priority = TicketPriority::Emergency).await;
    let order = json!({
        "tech_id": fits, "dispatch_mode": "EMERGENCY_BYPASS", "dispatch_rationale": "the entry cannot be secured",
        "dispatch_confirmation": true,
    });
    let sent = app.command(ticket.id, "assignment/dispatch", &order).await;
    assert_eq!(sent.status.as_u16(), 200, "{}", sent.text);
    let body = sent.json();
    assert_eq!((&body["state"], &body["scheduled_start"]), (&json!("DISPATCHED"), &Value::Null));
    assert_eq!(app.way(ticket.id).await.last(), Some(&S::Dispatched));
}

async fn a_vendor_is_sent_by_its_specialty(app: App) {
    let now = app.now();
    let row = VendorRow {
        id: VendorId::new(),
        name: "Pipes & Co".into(),
        email: None,
        hours: json!([]),
        available_24_7: true,
        priority: 1,
        status: PlaceStatus::Active,
        last_offered_at: None,
        consecutive_declines: 0,
        notes: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let vendor = Vendor { row, phones: Vec::new(), specialties: BTreeSet::from(["plumbing".to_owned()]) };
    let mut tx = app.db.begin().await.expect("begins");
    vendors::insert(&mut tx, &vendor).await.expect("a vendor");
    tx.commit().await.expect("commits");
    let ticket = app.ticket_in(S::Scheduled, app.technician().await).await;
    changed(&app, &ticket, |ticket| ticket.category = Some("electrical".into())).await;
    let order = json!({"provider_id": vendor.row.id});
    let answer = app.command(ticket.id, "assignment/dispatch", &order).await;
    refused(&answer, "ASSIGNMENT_CAPABILITY_MISMATCH");
    changed(&app, &ticket, |ticket| ticket.category = Some("Plumbing".into())).await;
    let system = app.token("system");
    let path = format!("/tickets/{}/assignment/dispatch", ticket.id);
    refused(&app.post(&system, &path, some_id(), &order).await, "FORBIDDEN");
    let sent = app.command(ticket.id, "assignment/dispatch", &order).await;
    assert_eq!(sent.json()["assigned_provider_id"], json!(vendor.row.id), "{}", sent.text);
}

/// Scenario: a technician in work in one zone cannot begin in another one 35 km away.
async fn somebody_in_work_far_away_cannot_begin_elsewhere(mut app: App) {
    let (here, near, far) = (
        zone(&app, Some((45.5, -73.6))).await,
        zone(&app, Some((45.6, -73.6))).await,
        zone(&app, Some((45.815, -73.6))).await,
    );
    let zones = BTreeSet::from([here, near, far]);
    let tess = technician(&app, |technician| technician.zones = zones).await;
    let busy = ticket_at(&mut app, here, S::InProgress, tess).await;
    let close_by = ticket_at(&mut app, near, S::Dispatched, tess).await;
    let distant = ticket_at(&mut app, far, S::Dispatched, tess).await;
    let next = ticket_at(&mut app, far, S::Scheduled, tess).await;
    let held = ticket_at(&mut app, far, S::Dispatched, tess).await;
    changed(&app, &held, |ticket| {
        (ticket.state, ticket.held_from_state) = (S::OnHold, Some(S::InProgress));
    })
    .await;
    let token = app.performer_token("technician", tess);
    let path = |ticket: &Ticket, command: &str| format!("/tickets/{}/tech/{command}", ticket.id);
    let arrive = json!({"timestamp": app.now()});
    // What is held far away is work too: nothing can begin here or there until it is given back.
    let conflict = app.post(&token, &path(&close_by, "check-in"), some_id(), &arrive).await;
    assert_eq!(refused(&conflict, "TECH_ZONE_CONFLICT")["other_ticket_id"], json!(held.id));
    refused(&app.post(&token, &path(&held, "resume"), some_id(), &json!({})).await, "TECH_ZONE_CONFLICT");
    changed(&app, &held, |ticket| ticket.assigned_tech_id = None).await;

    let conflict = app.post(&token, &path(&distant, "check-in"), some_id(), &arrive).await;
    let policy = refused(&conflict, "TECH_ZONE_CONFLICT");
    assert_eq!((&policy["other_ticket_id"], &policy["distance_km"]), (&json!(busy.id), &json!(35.0)));
    refused(&app.command(next.id, "assignment/dispatch", &json!({"tech_id": tess})).await, "TECH_ZONE_CONFLICT");
    let begun = app.post(&token, &path(&close_by, "check-in"), some_id(), &arrive).await;
    assert_eq!(begun.json()["state"], "IN_PROGRESS", "{}", begun.text);
}

async fn two_jobs_that_begin_at_once_see_each_other(mut app: App) {
    let (here, far) = (zone(&app, Some((45.5, -73.6))).await, zone(&app, Some((46.5, -73.6))).await);
    let tess = technician(&app, |technician| technician.zones = BTreeSet::from([here, far])).await;
    let one = ticket_at(&mut app, here, S::Dispatched, tess).await;
    let other = ticket_at(&mut app, far, S::Dispatched, tess).await;
    let arrive = json!({"timestamp": app.now()});
    let (one, other) =
        tokio::join!(app.command(one.id, "tech/check-in", &arrive), app.command(other.id, "tech/check-in", &arrive));
    let mut codes = [one.status.as_u16(), other.status.as_u16()];
    codes.sort_unstable();
    assert_eq!(codes, [200, 409], "{} {}", one.text, other.text);
}

async fn a_technician_acts_under_a_login(app: App) {
    let user = UserId::new();
    let row = patchbay_store::users::UserRow {
        id: user,
        email: "tess@demo.test".into(),
        full_name: "Tess".into(),
        password_hash: "none".into(),
        role: patchbay_core::role::Role::Technician,
        is_active: true,
        max_concurrent_conversations: 5,
        version: 1,
        created_at: app.now(),
        updated_at: app.now(),
    };
    let mut tx = app.db.begin().await.expect("begins");
    patchbay_store::users::insert(&mut tx, &row).await.expect("a user");
    tx.commit().await.expect("commits");
    let tess = technician(&app, |technician| technician.row.user_id = Some(user)).await;
    let ticket = app.ticket_in(S::Dispatched, tess).await;
    let path = format!("/tickets/{}/tech/accept", ticket.id);
    let all = ["*".to_owned()];
    let stranger = app.scoped_token("technician", some_id(), &all, &all);
    refused(&app.post(&stranger, &path, some_id(), &json!({})).await, "NOT_ASSIGNED");
    let login = app.scoped_token("technician", user.0, &all, &all);
    let accepted = app.post(&login, &path, some_id(), &json!({})).await;
    assert_eq!(accepted.status.as_u16(), 200, "{}", accepted.text);
}
