use std::time::Duration;

use axum::http::StatusCode;
use patchbay_core::ids::{AppointmentId, TechnicianId, TicketId};
use patchbay_core::ticket::TicketState as S;
use patchbay_core::ticket::words::AppointmentStatus;
use patchbay_store::appointments::{self, AppointmentRow};
use patchbay_store::{outbox, schedules};
use serde_json::{Value, json};

use super::{Answer, App, both_engines, some_id};

both_engines! {
    offered_windows_are_confirmed_by_the_customer;
    what_was_not_offered_needs_a_dispatcher_and_a_reason;
    a_tentative_appointment_becomes_confirmed;
    a_rejected_proposal_leaves_nothing_on_offer;
    windows_that_do_not_fit_are_refused;
    a_held_schedule_is_released_in_time;
    a_stale_hold_is_rolled_back;
    the_wrong_hold_thaws_nothing;
    rescheduling_takes_the_work_from_its_performer;
    a_return_visit_starts_again_without_window;
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{}", answer.text);
}

async fn appointments_of(app: &App, ticket: TicketId) -> Vec<AppointmentRow> {
    let mut tx = app.db.read().await.expect("reads");
    appointments::of_ticket(&mut tx, ticket).await.expect("rows")
}

async fn offered(app: &App, ticket: TicketId) -> usize {
    let mut tx = app.db.read().await.expect("reads");
    schedules::live_options(&mut tx, ticket).await.expect("rows").len()
}

/// What others were told by the last command.
async fn told(app: &App, ticket: TicketId) -> Vec<String> {
    let version = app.read_back(ticket).await.version;
    let mut tx = app.db.read().await.expect("reads");
    let rows = outbox::of_aggregate(&mut tx, ticket.0).await.expect("rows");
    rows.into_iter().filter(|row| row.aggregate_version == version).map(|row| row.event_type).collect()
}

async fn offered_windows_are_confirmed_by_the_customer(app: App) {
    let ticket = app.ticket_in(S::ReadyToSchedule, TechnicianId::new()).await;
    let options = [app.window(24), app.window(48)];
    let proposed = app.command(ticket.id, "schedule/propose", &json!({"options": options})).await;
    assert_eq!(proposed.status, StatusCode::OK, "{}", proposed.text);
    let body = proposed.json();
    assert_eq!((&body["state"], &body["scheduled_start"]), (&json!("SCHEDULE_PROPOSED"), &Value::Null));
    assert_eq!(offered(&app, ticket.id).await, 2);
    assert_eq!(told(&app, ticket.id).await, ["schedule.proposed", "ticket.state_changed"]);

    let customer = app.scoped_token("customer", some_id(), &["*".into()], &[app.site.to_string()]);
    let path = format!("/tickets/{}/schedule/confirm", ticket.id);
    let other = app.post(&customer, &path, some_id(), &json!(app.window(72))).await;
    refused(&other, 409, "SCHEDULE_OPTION_MISMATCH");
    assert_eq!(other.json()["error"]["policy_error"]["dimension"], "scheduling");
    assert_eq!(other.json()["error"]["offered"], json!(options));
    let confirmed = app.post(&customer, &path, some_id(), &json!(options[1])).await;
    assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.text);
    assert_eq!(confirmed.json()["scheduled_start"], json!(options[1].start));
    assert_eq!(offered(&app, ticket.id).await, 0);
    let made = appointments_of(&app, ticket.id).await;
    assert_eq!(made.len(), 1);
    assert_eq!((made[0].status, made[0].starts_at), (AppointmentStatus::Confirmed, options[1].start));
    let topics = told(&app, ticket.id).await;
    assert_eq!(topics, ["appointment.confirmed", "notify.account_owner", "ticket.state_changed"]);
    assert!(app.way(ticket.id).await.ends_with(&[S::ScheduleProposed, S::Scheduled]));
}

async fn what_was_not_offered_needs_a_dispatcher_and_a_reason(app: App) {
    let ticket = app.ticket_in(S::ScheduleProposed, TechnicianId::new()).await;
    let window = app.window(72);
    let mut body = json!(window);
    refused(&app.command(ticket.id, "schedule/confirm", &body).await, 409, "SCHEDULE_OPTION_MISMATCH");
    body["override_reason"] = json!("The customer called");
    let path = format!("/tickets/{}/schedule/confirm", ticket.id);
    let supervisor = app.token("supervisor");
    refused(&app.post(&supervisor, &path, some_id(), &body).await, 409, "SCHEDULE_OPTION_MISMATCH");
    assert_eq!(app.command(ticket.id, "schedule/confirm", &body).await.status, StatusCode::OK);
    assert_eq!(app.read_back(ticket.id).await.window(), Some(window));
}

async fn a_tentative_appointment_becomes_confirmed(app: App) {
    for (deviates, expect) in [
        (false, vec![AppointmentStatus::Confirmed]),
        (true, vec![AppointmentStatus::Cancelled, AppointmentStatus::Confirmed]),
    ] {
        let ticket = app.ticket_in(S::ScheduleProposed, TechnicianId::new()).await;
        let window = app.window(24);
        let tentative = AppointmentRow {
            id: AppointmentId::new(),
            ticket_id: ticket.id,
            technician_id: None,
            vendor_id: None,
            starts_at: window.start,
            ends_at: window.end,
            status: AppointmentStatus::Tentative,
            confirmation_method: None,
            confirmed_by: None,
            created_at: app.now(),
            updated_at: app.now(),
        };
        let mut tx = app.db.begin().await.expect("begins");
        appointments::insert(&mut tx, &tentative).await.expect("an appointment");
        tx.commit().await.expect("commits");
        let mut body = json!(if deviates { app.window(48) } else { window });
        body["override_reason"] = json!("as the customer wishes");
        let confirmed = app.command(ticket.id, "schedule/confirm", &body).await;
        assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.text);
        let seen: Vec<AppointmentStatus> =
            appointments_of(&app, ticket.id).await.iter().map(|appointment| appointment.status).collect();
        assert_eq!(seen, expect);
    }
}

async fn a_rejected_proposal_leaves_nothing_on_offer(app: App) {
    let ticket = app.ticket_in(S::ScheduleProposed, TechnicianId::new()).await;
    let rejected = app.command(ticket.id, "schedule/reject", &json!({"reason": "not that week"})).await;
    assert_eq!(rejected.json()["state"], "READY_TO_SCHEDULE", "{}", rejected.text);
    assert_eq!(offered(&app, ticket.id).await, 0);
    let again = app.command(ticket.id, "schedule/propose", &json!({"options": [app.window(200)]})).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(offered(&app, ticket.id).await, 1);
}

async fn windows_that_do_not_fit_are_refused(app: App) {
    let ticket = app.ticket_in(S::ReadyToSchedule, TechnicianId::new()).await;
    let (one, past) = (app.window(24), app.window(-24));
    let upside_down = json!({"start": one.end, "end": one.start});
    for options in [
        json!([]),
        json!([one, app.window(48), app.window(72), app.window(96)]),
        json!([past]),
        json!([upside_down]),
        json!([one, app.window(25)]),
    ] {
        let answer = app.command(ticket.id, "schedule/propose", &json!({"options": options})).await;
        refused(&answer, 400, "INVALID_REQUEST");
        assert!(
            answer.json()["error"]["validation_errors"][0]["path"].as_str().is_some_and(|p| p.starts_with("options"))
        );
    }
    assert_eq!(app.read_back(ticket.id).await, ticket);
}

async fn a_held_schedule_is_released_in_time(app: App) {
    for state in [S::ScheduleProposed, S::Scheduled] {
        let ticket = app.ticket_in(state, TechnicianId::new()).await;
        let asked = json!({"hold_reason": "CUSTOMER_PENDING", "confirmation_window": app.window(0)});
        let held = app.command(ticket.id, "schedule/hold", &asked).await;
        assert_eq!(held.status, StatusCode::CREATED, "{}", held.text);
        let body = held.json();
        assert_eq!(body["state"], "PENDING_CUSTOMER_CONFIRMATION");
        assert_eq!((&body["hold"]["id"], &body["hold"]["status"]), (&body["hold_id"], &json!("ACTIVE")));
        let confirmation = json!({"customer_confirmation_id": body["hold_id"]});
        let released = app.command(ticket.id, "schedule/release", &confirmation).await;
        assert_eq!(released.status, StatusCode::OK, "{}", released.text);
        let after = app.read_back(ticket.id).await;
        assert_eq!((after.state, after.window()), (state, ticket.window()));
        assert_eq!(app.command(ticket.id, "schedule/hold", &asked).await.status, StatusCode::CREATED);
    }
}

async fn a_stale_hold_is_rolled_back(app: App) {
    let ticket = app.ticket_in(S::Scheduled, TechnicianId::new()).await;
    let asked = json!({"hold_reason": "CUSTOMER_UNREACHABLE", "confirmation_window": app.window(0)});
    let hold = app.command(ticket.id, "schedule/hold", &asked).await.json()["hold_id"].clone();
    app.clock.advance(Duration::from_mins(121));
    let late = app.command(ticket.id, "schedule/release", &json!({"customer_confirmation_id": hold})).await;
    refused(&late, 409, "CUSTOMER_CONFIRMATION_STALE");
    let given_up =
        app.command(ticket.id, "schedule/rollback", &json!({"confirmation_id": hold, "reason": "no answer"})).await;
    assert_eq!(given_up.status, StatusCode::OK, "{}", given_up.text);
    let after = app.read_back(ticket.id).await;
    assert_eq!((after.state, after.window()), (S::ReadyToSchedule, None));
    assert_eq!(appointments_of(&app, ticket.id).await[0].status, AppointmentStatus::Cancelled);
    let mut tx = app.db.read().await.expect("reads");
    assert!(schedules::active_hold(&mut tx, ticket.id).await.expect("reads").is_none());
}

async fn the_wrong_hold_thaws_nothing(app: App) {
    let ticket = app.ticket_in(S::PendingCustomerConfirmation, TechnicianId::new()).await;
    let wrong = some_id();
    let release = app.command(ticket.id, "schedule/release", &json!({"customer_confirmation_id": wrong})).await;
    refused(&release, 409, "HOLD_CONFIRMATION_MISSING");
    let rollback = app.command(ticket.id, "schedule/rollback", &json!({"confirmation_id": wrong, "reason": "x"})).await;
    refused(&rollback, 409, "HOLD_CONFIRMATION_MISSING");
    let mut tx = app.db.begin().await.expect("begins");
    schedules::close(&mut tx, ticket.id, app.now()).await.expect("closes");
    tx.commit().await.expect("commits");
    let torn = app.command(ticket.id, "schedule/release", &json!({"customer_confirmation_id": wrong})).await;
    refused(&torn, 409, "HOLD_SNAPSHOT_MISSING");
    assert_eq!(app.read_back(ticket.id).await, ticket);
}

async fn rescheduling_takes_the_work_from_its_performer(app: App) {
    let technician = app.technician().await;
    for state in [S::Scheduled, S::Dispatched] {
        let ticket = app.ticket_in(state, technician).await;
        let mut body = json!(app.window(100));
        body["reason"] = json!("the customer is away");
        body["attribution"] = json!("customer");
        let moved = app.command(ticket.id, "schedule/reschedule", &body).await;
        assert_eq!(moved.status, StatusCode::OK, "{}", moved.text);
        let after = app.read_back(ticket.id).await;
        assert_eq!((after.state, after.window()), (S::Scheduled, Some(app.window(100))));
        assert!(!after.is_assigned());
        assert_eq!(told(&app, ticket.id).await.contains(&"notify.performer".to_owned()), state == S::Dispatched);
        assert_eq!(app.way(ticket.id).await.last(), Some(&S::Scheduled));
        let statuses: Vec<AppointmentStatus> =
            appointments_of(&app, ticket.id).await.iter().map(|appointment| appointment.status).collect();
        assert_eq!(statuses, [AppointmentStatus::Cancelled, AppointmentStatus::Confirmed]);
    }
}

async fn a_return_visit_starts_again_without_window(app: App) {
    let ticket = app.ticket_in(S::OnHold, app.technician().await).await;
    let again = app.command(ticket.id, "schedule/return-visit", &json!({"reason": "parts next week"})).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
    let after = app.read_back(ticket.id).await;
    assert_eq!((after.state, after.window(), after.is_assigned()), (S::ReadyToSchedule, None, false));
    assert_eq!((after.hold_reason, after.held_from_state), (None, None));
    assert_eq!(appointments_of(&app, ticket.id).await[0].status, AppointmentStatus::Done);
}
