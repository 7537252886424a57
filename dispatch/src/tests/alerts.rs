//! Alerts over a real database, with a clock that the test moves.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use patchbay_core::job::{JobKind, JobQueue};
use patchbay_core::{Code, Ctx};
use patchbay_store::alert_conditions;
use patchbay_store::jobs::{self, Lease};
use serde_json::json;

use super::{App, both_engines, some_id};
use crate::alerts::{Alerts, AlertsConfig, Report};

both_engines! {
    a_ticket_that_waits_too_long_for_a_date_is_stuck;
    a_ticket_past_its_deadline_is_late;
    the_timer_of_a_ticket_rings_at_the_second_at_which_it_turns;
    a_ticket_that_becomes_urgent_too_late_rings_at_once;
    tickets_of_before_there_were_timers_get_theirs_once;
    refusals_leave_the_window_and_outlive_the_process;
    refused_completions_fire_at_their_threshold;
    an_open_circuit_fires_until_it_closes;
    the_database_checks_the_steps_that_the_table_knows;
}

fn alerts(app: &App) -> Alerts {
    let config = AlertsConfig { stuck_scheduling_count_threshold: 1, ..AlertsConfig::default() };
    Alerts::new(app.db.clone(), app.clock.clone(), config, None)
}

fn minutes(count: u64) -> Duration {
    Duration::from_mins(count)
}

fn fires(report: &Report, code: &str) -> bool {
    report.alerts.iter().any(|alert| alert.code == code)
}

async fn a_ticket_that_waits_too_long_for_a_date_is_stuck(app: App) {
    let alerts = alerts(&app);
    let made = app.post(&app.token("dispatcher"), "/tickets/intake", some_id(), &app.intake()).await;
    assert_eq!(made.json()["state"], "READY_TO_SCHEDULE", "{}", made.text);
    app.clock.advance(minutes(59));
    assert_eq!(alerts.evaluate().await.expect("a report").signals.stuck_scheduling, 0);
    app.clock.advance(minutes(2));
    let report = alerts.evaluate().await.expect("a report");
    assert_eq!(report.signals.stuck_scheduling, 1);
    assert!(fires(&report, "STUCK_SCHEDULING"));
}

async fn a_ticket_past_its_deadline_is_late(app: App) {
    let alerts = alerts(&app);
    let body = app.request();
    let made = app.post(&app.token("dispatcher"), "/tickets", some_id(), &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    app.clock.advance(minutes(24 * 60 - 1));
    assert!(!fires(&alerts.evaluate().await.expect("a report"), "SLA_BREACH"));
    app.clock.advance(minutes(2));
    let report = alerts.evaluate().await.expect("a report");
    assert_eq!(report.signals.sla_breaches, 1);
    assert!(fires(&report, "SLA_BREACH"));
}

/// What rings now, to the end: the codes that are told.
async fn ring(app: &App) -> Vec<String> {
    let mut tx = app.db.begin().await.expect("begins");
    let lease = Lease { owner: "test", now: app.now(), until: app.now() + TimeDelta::seconds(30) };
    let due = jobs::claim(&mut tx, lease, JobQueue::Default, 10).await.expect("claims");
    for job in due.iter().filter(|job| job.kind == JobKind::TicketSlaTimer.as_str()) {
        let ticket = serde_json::from_value(job.payload["ticket_id"].clone()).expect("an id");
        match crate::deadlines::ring(&mut tx, &Ctx::system(app.now(), "test"), ticket).await.expect("rings") {
            Some(at) => jobs::defer(&mut tx, job, at).await.expect("is set anew"),
            None => jobs::complete(&mut tx, job).await.expect("is done"),
        };
    }
    tx.commit().await.expect("commits");
    let mut told = Vec::new();
    for code in ["TICKET_SLA_WARNING", "TICKET_SLA_BREACH"] {
        let text = format!("update events set name = name where payload like '%{code}%'");
        let count = app.raw(&text).await.expect("counts");
        told.extend((0..count).map(|_| code.to_owned()));
    }
    told
}

async fn the_timer_of_a_ticket_rings_at_the_second_at_which_it_turns(app: App) {
    let made = app.post(&app.token("dispatcher"), "/tickets", some_id(), &app.request()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    app.clock.advance(minutes(24 * 60 - 46));
    assert!(ring(&app).await.is_empty());
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(ring(&app).await, ["TICKET_SLA_WARNING"]);
    app.clock.advance(minutes(45) + Duration::from_secs(59));
    assert_eq!(ring(&app).await, ["TICKET_SLA_WARNING"]);
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(ring(&app).await, ["TICKET_SLA_WARNING", "TICKET_SLA_BREACH"]);
    app.clock.advance(minutes(24 * 60));
    assert_eq!(ring(&app).await.len(), 2, "each is told once");
}

async fn a_ticket_that_becomes_urgent_too_late_rings_at_once(app: App) {
    let made = app.post(&app.token("dispatcher"), "/tickets", some_id(), &app.request()).await;
    app.clock.advance(minutes(90));
    assert!(ring(&app).await.is_empty());
    let triage = json!({"priority": "EMERGENCY", "incident_type": "DOOR_WONT_LATCH", "nte_cents": 25000,
        "ready_to_schedule": true});
    let path = format!("/tickets/{}/triage", made.json()["id"].as_str().expect("an id"));
    let triaged = app.post(&app.token("dispatcher"), &path, some_id(), &triage).await;
    assert_eq!(triaged.status, 200, "{}", triaged.text);
    assert_eq!(ring(&app).await, ["TICKET_SLA_BREACH"]);
}

async fn tickets_of_before_there_were_timers_get_theirs_once(app: App) {
    let mut ids = Vec::new();
    for _ in 0..3 {
        let answer = app.post(&app.token("dispatcher"), "/tickets", some_id(), &app.request()).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        ids.push(answer.json()["id"].as_str().expect("an id").to_owned());
    }
    // One is late, one has time, and one is over.
    let sooner = if app.is_sqlite() { "172800000000" } else { "interval '2 days'" };
    let named =
        |id: &str| if app.is_sqlite() { format!("unhex('{}')", id.replace('-', "")) } else { format!("'{id}'") };
    for statement in [
        format!("update tickets set sla_due_at = sla_due_at - {sooner} where id = {}", named(&ids[0])),
        format!("update tickets set state = 'CLOSED' where id = {}", named(&ids[2])),
        "delete from jobs".to_owned(),
    ] {
        assert!(app.raw(&statement).await.expect("an update") > 0, "{statement}");
    }
    assert!(ring(&app).await.is_empty(), "nothing is due");
    carry_over(&app).await;
    carry_over(&app).await;
    assert_eq!(app.row_counts().await["jobs"], 2, "each open ticket has one");
    assert_eq!(ring(&app).await, ["TICKET_SLA_BREACH"]);
    app.clock.advance(minutes(24 * 60 - 45));
    assert_eq!(ring(&app).await, ["TICKET_SLA_WARNING", "TICKET_SLA_BREACH"]);
}

/// What the migration does with tickets of before there were timers.
async fn carry_over(app: &App) {
    let (_, _, sqlite, postgres) =
        patchbay_store::MIGRATIONS.iter().find(|(version, ..)| *version == 38).expect("the migration");
    for statement in if app.is_sqlite() { sqlite } else { postgres }.split_inclusive(';') {
        if !statement.trim().is_empty() {
            app.raw(statement).await.expect("it may run again");
        }
    }
}

async fn refusals_leave_the_window_and_outlive_the_process(app: App) {
    let first = alerts(&app);
    for code in [Code::UnknownRole, Code::InvalidAuthToken, Code::ForbiddenScope, Code::ToolNotAllowed, Code::NotFound]
    {
        first.errors().record(code, app.now());
    }
    assert_eq!(first.evaluate().await.expect("a report").signals.auth_policy_rejections, 4, "before they are written");
    first.errors().flush(&app.db, app.now()).await.expect("written");
    assert_eq!(first.evaluate().await.expect("a report").signals.auth_policy_rejections, 4, "and not twice after");
    let second = alerts(&app);
    second.errors().record(Code::Forbidden, app.now());
    let report = second.evaluate().await.expect("a report");
    assert_eq!(report.signals.auth_policy_rejections, 5);
    assert!(fires(&report, "AUTH_POLICY_FAILURE_SPIKE"));
    app.clock.advance(minutes(17));
    let report = second.evaluate().await.expect("a report");
    assert_eq!(report.signals.auth_policy_rejections, 0);
    assert!(report.alerts.is_empty(), "{report:?}");
}

async fn refused_completions_fire_at_their_threshold(app: App) {
    let alerts = alerts(&app);
    for (code, fires_now) in
        [(Code::CloseoutRequirementsIncomplete, false), (Code::NotFound, false), (Code::ManualReviewRequired, false)]
    {
        alerts.errors().record(code, app.now());
        let report = alerts.evaluate().await.expect("a report");
        assert_eq!(fires(&report, "COMPLETION_REJECTION_SPIKE"), fires_now, "{report:?}");
    }
    alerts.errors().record(Code::CloseoutRequirementsIncomplete, app.now());
    let report = alerts.evaluate().await.expect("a report");
    assert_eq!(report.signals.completion_rejections, 3);
    assert!(fires(&report, "COMPLETION_REJECTION_SPIKE"));
}

async fn an_open_circuit_fires_until_it_closes(app: App) {
    let alerts = alerts(&app);
    let mut tx = app.db.begin().await.expect("begins");
    alert_conditions::begin(&mut tx, "INTEGRATION_CIRCUIT_OPEN", "transactions", app.now()).await.expect("noted");
    alert_conditions::begin(&mut tx, "QUEUE_BACKLOG", "a-team-that-is-gone", app.now()).await.expect("noted");
    tx.commit().await.expect("commits");
    let mut firing = BTreeSet::new();
    alerts.look(&mut firing).await.expect("a look");
    assert_eq!(firing, BTreeSet::from(["INTEGRATION_CIRCUIT_OPEN"]), "what is measured ends by itself, a circuit not");
    let mut tx = app.db.begin().await.expect("begins");
    assert_eq!(alert_conditions::all(&mut tx).await.expect("they can be read").len(), 1);
    alert_conditions::end(&mut tx, "INTEGRATION_CIRCUIT_OPEN", "transactions").await.expect("noted");
    tx.commit().await.expect("commits");
    alerts.look(&mut firing).await.expect("a look");
    assert!(firing.is_empty());
}

async fn the_database_checks_the_steps_that_the_table_knows(app: App) {
    assert_eq!(crate::contract_drift(&app.db).await.expect("it can be read"), Vec::<String>::new());
}
