use std::time::Duration;

use axum::http::StatusCode;
use chrono::TimeDelta;
use patchbay_core::ids::{TechnicianId, TicketId};
use patchbay_core::ticket::TicketState as S;
use patchbay_core::ticket::words::AppointmentStatus;
use patchbay_store::performer_rejections::RejectionRow;
use patchbay_store::{appointments, approvals, contact_attempts, performer_rejections, tickets};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, App, both_engines, some_id};

both_engines! {
    accepting_twice_changes_nothing_more;
    declining_is_remembered_and_keeps_the_window;
    an_emergency_without_window_waits_for_a_schedule_when_declined;
    arriving_is_two_steps_and_not_in_the_future;
    only_the_assigned_performer_reports_work;
    a_closed_door_needs_somebody_who_knocked;
    held_work_goes_on_where_it_stopped;
    asking_for_more_money_answers_the_approval;
    the_desk_takes_work_away;
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{}", answer.text);
}

async fn work(app: &App, technician: TechnicianId, ticket: TicketId, path: &str, body: &Value) -> Answer {
    let token = app.performer_token("technician", technician);
    app.post(&token, &format!("/tickets/{ticket}/{path}"), some_id(), body).await
}

async fn rejections(app: &App, ticket: TicketId) -> Vec<RejectionRow> {
    let mut tx = app.db.read().await.expect("reads");
    performer_rejections::of_ticket(&mut tx, ticket).await.expect("rows")
}

async fn accepting_twice_changes_nothing_more(app: App) {
    let technician = app.technician().await;
    let ticket = app.ticket_in(S::Dispatched, technician).await;
    let first = work(&app, technician, ticket.id, "tech/accept", &json!({"eta": app.window(24).start})).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    assert_eq!(first.json()["accepted_at"], json!(app.now()));
    app.clock.advance(Duration::from_mins(1));
    let second = work(&app, technician, ticket.id, "tech/accept", &json!({})).await;
    assert_eq!((second.status, second.json()), (StatusCode::OK, first.json()));
    let timeline = app.get(&app.token("dispatcher"), &format!("/tickets/{}/timeline", ticket.id)).await.json();
    let accepts = timeline["events"].as_array().expect("events").iter().filter(|e| e["tool_name"] == "tech.accept");
    assert_eq!(accepts.count(), 1);
}

async fn declining_is_remembered_and_keeps_the_window(app: App) {
    let technician = app.technician().await;
    let ticket = app.ticket_in(S::Dispatched, technician).await;
    let declined = work(&app, technician, ticket.id, "tech/decline", &json!({"reason": "no van"})).await;
    assert_eq!(declined.status, StatusCode::OK, "{}", declined.text);
    let after = app.read_back(ticket.id).await;
    assert_eq!((after.state, after.window(), after.is_assigned()), (S::Scheduled, ticket.window(), false));
    let remembered = rejections(&app, ticket.id).await;
    assert_eq!((remembered.len(), remembered[0].technician_id), (1, Some(technician)));
    let mut tx = app.db.read().await.expect("reads");
    let live = appointments::live(&mut tx, ticket.id).await.expect("reads").expect("still agreed");
    assert_eq!((live.status, live.technician_id), (AppointmentStatus::Confirmed, None));
}

async fn an_emergency_without_window_waits_for_a_schedule_when_declined(app: App) {
    let technician = app.technician().await;
    let mut ticket = app.ticket_in(S::Dispatched, technician).await;
    let mut tx = app.db.begin().await.expect("begins");
    appointments::cancel_live(&mut tx, ticket.id, app.now()).await.expect("cancels");
    (ticket.scheduled_start, ticket.scheduled_end) = (None, None);
    ticket.version += 1;
    tickets::update(&mut tx, &ticket).await.expect("updates");
    tx.commit().await.expect("commits");
    let declined = app.command(ticket.id, "tech/decline", &json!({"reason": "called the desk"})).await;
    assert_eq!(declined.json()["state"], "READY_TO_SCHEDULE", "{}", declined.text);
}

async fn arriving_is_two_steps_and_not_in_the_future(app: App) {
    let technician = app.technician().await;
    let ticket = app.ticket_in(S::Dispatched, technician).await;
    let early = json!({"timestamp": app.now() + TimeDelta::seconds(301)});
    refused(&work(&app, technician, ticket.id, "tech/check-in", &early).await, 400, "INVALID_REQUEST");
    let arrival = json!({"timestamp": app.now() + TimeDelta::minutes(5), "location": {"lat": 45.5, "lon": -73.6}});
    let there = work(&app, technician, ticket.id, "tech/check-in", &arrival).await;
    assert_eq!(there.status, StatusCode::OK, "{}", there.text);
    assert_eq!(there.json()["version"], ticket.version + 1);
    assert!(app.way(ticket.id).await.ends_with(&[S::Dispatched, S::OnSite, S::InProgress]));
}

async fn only_the_assigned_performer_reports_work(app: App) {
    let (technician, other) = (app.technician().await, app.technician().await);
    let ticket = app.ticket_in(S::Dispatched, technician).await;
    let arrival = json!({"timestamp": app.now()});
    refused(&work(&app, other, ticket.id, "tech/check-in", &arrival).await, 403, "NOT_ASSIGNED");
    let vendor = app.scoped_token("vendor", Uuid::from_u128(9), &["*".into()], &["*".into()]);
    let path = format!("/tickets/{}/tech/accept", ticket.id);
    refused(&app.post(&vendor, &path, some_id(), &json!({})).await, 403, "NOT_ASSIGNED");
    assert_eq!(app.read_back(ticket.id).await, ticket);
}

async fn a_closed_door_needs_somebody_who_knocked(app: App) {
    let technician = app.technician().await;
    let ticket = app.ticket_in(S::InProgress, technician).await;
    let mut body = json!({"reason": "ACCESS_FAILURE", "note": "nobody opens"});
    refused(&work(&app, technician, ticket.id, "tech/hold", &body).await, 400, "INVALID_REQUEST");
    let desk = json!({"reason": "DISPATCH", "note": "the desk's own word"});
    refused(&work(&app, technician, ticket.id, "tech/hold", &desk).await, 400, "INVALID_REQUEST");
    body["contact_attempts"] = json!([{"at": app.now(), "method": "knock", "outcome": "silence"}]);
    let held = work(&app, technician, ticket.id, "tech/hold", &body).await;
    assert_eq!(held.json()["hold_reason"], "ACCESS_FAILURE", "{}", held.text);
    // What was recorded before counts the next time.
    let resumed = work(&app, technician, ticket.id, "tech/resume", &json!({})).await;
    assert_eq!(resumed.json()["state"], "IN_PROGRESS", "{}", resumed.text);
    let again = json!({"reason": "ACCESS_FAILURE", "note": "locked again"});
    assert_eq!(work(&app, technician, ticket.id, "tech/hold", &again).await.status, StatusCode::OK);
    let mut tx = app.db.read().await.expect("reads");
    assert_eq!(contact_attempts::count(&mut tx, ticket.id).await.expect("counts"), 1);
}

async fn held_work_goes_on_where_it_stopped(app: App) {
    let technician = app.technician().await;
    for state in [S::Dispatched, S::InProgress] {
        let ticket = app.ticket_in(state, technician).await;
        let held = app.command(ticket.id, "dispatch/force-hold", &json!({"reason": "storm"})).await;
        assert_eq!(held.json()["hold_reason"], "DISPATCH", "{}", held.text);
        let resumed = work(&app, technician, ticket.id, "tech/resume", &json!({"note": "it is over"})).await;
        assert_eq!(resumed.json()["state"], state.as_str(), "{}", resumed.text);
        let after = app.read_back(ticket.id).await;
        assert_eq!((after.hold_reason, after.held_from_state), (None, None));
        app.way(ticket.id).await;
    }
}

async fn asking_for_more_money_answers_the_approval(app: App) {
    let technician = app.technician().await;
    let ticket = app.ticket_in(S::InProgress, technician).await;
    let mut body = json!({"approval_type": "NTE_INCREASE", "reason": "the frame is rotten"});
    refused(&work(&app, technician, ticket.id, "tech/request-change", &body).await, 400, "INVALID_REQUEST");
    body["amount_delta_cents"] = json!(12_500);
    let asked = work(&app, technician, ticket.id, "tech/request-change", &body).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text);
    let answer = asked.json();
    assert_eq!((&answer["state"], &answer["nte_cents"]), (&json!("APPROVAL_REQUIRED"), &json!(ticket.nte_cents)));
    assert_eq!(
        (&answer["approval"]["status"], &answer["approval"]["origin"]),
        (&json!("PENDING"), &json!("tech_change"))
    );
    let mut tx = app.db.read().await.expect("reads");
    let pending = approvals::pending(&mut tx, ticket.id).await.expect("reads").expect("one");
    assert_eq!(json!(pending.id), answer["approval"]["id"]);
}

async fn the_desk_takes_work_away(app: App) {
    let technician = app.technician().await;
    for (hours, to) in [(0, S::Scheduled), (30, S::ReadyToSchedule)] {
        for state in [S::Dispatched, S::InProgress, S::OnHold] {
            let ticket = app.ticket_in(state, technician).await;
            app.clock.advance(Duration::from_hours(hours));
            let body = json!({"reason": "ill", "reassign_type": "reassign_tech"});
            let taken = app.command(ticket.id, "dispatch/force-unassign", &body).await;
            assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
            let after = app.read_back(ticket.id).await;
            assert_eq!((after.state, after.is_assigned(), after.window().is_some()), (to, false, to == S::Scheduled));
            let mut tx = app.db.read().await.expect("reads");
            let live = appointments::live(&mut tx, ticket.id).await.expect("reads");
            assert_eq!(live.is_some(), to == S::Scheduled);
            assert_eq!(rejections(&app, ticket.id).await[0].technician_id, Some(technician));
        }
    }
    let ticket = app.ticket_in(S::Dispatched, technician).await;
    app.command(ticket.id, "dispatch/force-unassign", &json!({"reason": "swap"})).await;
    assert!(rejections(&app, ticket.id).await.is_empty());
}
